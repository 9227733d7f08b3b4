"""Four homes made by the command line itself: real exports of districts, Project STAR, a small and a simulated state.

Each is made once per test session, by the first process that asks for it; tests read them and leave them as they are.
"""

import fcntl
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pytest

SMALL_STATE = Path(__file__).parent.parent / "small_state"
PLANTED_NAME, PLANTED_ID = b"Zyxwvutsdottir", b"7316529"
FINGERPRINT = """
select md5(string_agg(result::varchar, '' order by result::varchar)) from publication.pub_indicator_results as result
"""
"""A query that gives one text for everything that a build would publish."""
WAYMARK = Path(sys.executable).parent / "waymark"


@dataclass(frozen=True)
class Waymark:
    """A home folder and the command line that works in it."""

    home: Path

    def __call__(self, *arguments: str | Path) -> subprocess.CompletedProcess:
        """Run `waymark` with the arguments and return what it printed and how it ended."""
        environment = os.environ | {"WAYMARK_HOME": str(self.home), "COLUMNS": "200", "NO_COLOR": "1"}
        return subprocess.run(
            [WAYMARK, *map(str, arguments)], env=environment, capture_output=True, text=True, timeout=1800
        )

    def done(self, *arguments: str | Path) -> subprocess.CompletedProcess:
        """Run `waymark` and insist that it ends with 0."""
        result = self(*arguments)
        assert result.returncode == 0, result.stdout + result.stderr
        return result

    def query(self, sql: str) -> list[tuple]:
        """Ask the current warehouse."""
        with duckdb.connect(str(self.home / "warehouse/current/waymark.duckdb"), read_only=True) as connection:
            return connection.execute(sql).fetchall()

    @property
    def release(self) -> Path:
        """The release now published."""
        return (self.home / "releases/current").resolve()


def through_the_corridor(
    home: Path, exports: Path, *mapping: str, acknowledged: str = "the_state_moves_plausibly"
) -> Waymark:
    """Receive, run and publish; made-up and sampled states move by more than a real one."""
    waymark = Waymark(home)
    waymark.done("receive", exports, *mapping)
    waymark.done("run")
    waymark.done("publish", "--acknowledge", acknowledged, "--by", "The tests", "--reason", "Known of this state")
    return waymark


@pytest.fixture(scope="session")
def once(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str, Callable[[Path], Waymark]], Waymark]:
    """A function that makes the home of a name in a folder, or waits for the process of this session that makes it."""
    several = "PYTEST_XDIST_WORKER" in os.environ
    shared = tmp_path_factory.getbasetemp().parent if several else tmp_path_factory.getbasetemp()

    def make(name: str, maker: Callable[[Path], Waymark]) -> Waymark:
        folder, made = shared / name, shared / f"{name}.made"
        with (shared / f"{name}.lock").open("w") as handle:
            fcntl.flock(handle, fcntl.LOCK_EX)
            if not made.exists():
                shutil.rmtree(folder, ignore_errors=True)
                folder.mkdir(mode=0o700)
                maker(folder)
                made.touch()
        return Waymark(folder / "home")

    return make


@pytest.fixture(scope="session")
def districts(sgpdata: Path, once) -> Waymark:
    """Fifteen real district-year exports, received, run and published."""

    def make(folder: Path) -> Waymark:
        too_many = "every_hidden_number_has_room"  # programs are not tried on 292,650 numbers
        return through_the_corridor(folder / "home", sgpdata, "--mapping", "sgpdata", acknowledged=too_many)

    return once("districts", make)


@pytest.fixture(scope="session")
def star(once) -> Waymark:
    """Project STAR, received, run and published."""

    def make(folder: Path) -> Waymark:
        Waymark(folder / "home").done("sample", "star", "--out", folder / "exports")
        return through_the_corridor(folder / "home", folder / "exports", "--mapping", "star")

    return once("star", make)


@pytest.fixture(scope="session")
def small_state(once) -> Waymark:
    """The small state, in which student b09 has a name and a number that nobody else has, and a sex that is no code."""

    def make(folder: Path) -> Waymark:
        shutil.copytree(SMALL_STATE / "2025", folder / "sent/2025")
        for file in (folder / "sent/2025/0101").glob("*.csv"):
            content = file.read_bytes().replace(b"\nb09,Example,B09,", b"\nb09," + PLANTED_NAME + b",B09,")
            if file.name == "student.csv":
                content = content.replace(PLANTED_NAME + b",B09,2015-03-09,F,", PLANTED_NAME + b",B09,2015-03-09,Q,")
            file.write_bytes(content.replace(b"\nb09,", b"\n" + PLANTED_ID + b","))
        return through_the_corridor(folder / "home", folder / "sent")

    return once("small_state", make)


@pytest.fixture(scope="session")
def simulated_state(once) -> Waymark:
    """A simulated state with every truth planted and no fault, a quarter of the demo, received, run and published."""

    def make(folder: Path) -> Waymark:
        size = ("--students", "6000", "--years", "2", "--districts", "6", "--seed", "1")
        Waymark(folder / "home").done("simulate", *size, "--out", folder / "sent")
        return through_the_corridor(folder / "home", folder / "sent")

    return once("simulated_state", make)
