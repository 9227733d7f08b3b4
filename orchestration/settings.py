"""Where everything stands: the home folder, the environment of a run, and the lock of the home.

Importing this module writes nothing; `enter` does, and every entry point (command, asset) calls it first. No policy and
no number about students belongs here.
"""

import fcntl
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from submissions.store import Store, make_private, write_atomically

ROOT = Path(__file__).resolve().parent.parent
DBT_PROJECT = ROOT / "dbt_project"
DBT = (sys.executable, "-P", "-m", "orchestration.dbt_process")
MANIFEST = DBT_PROJECT / "target" / "manifest.json"
DBT_THREADS = 2
"""The nodes that dbt builds at a time, as its profile says; the query of each has its share of the processors."""
INDICATORS = DBT_PROJECT / "models" / "indicators"
WORKERS = 2
"""The threads that a step hands parts of a method to; what comes out does not depend on how many they are."""

DAGSTER_YAML = """\
# Written by Waymark at every start; a change made here does not last.
telemetry: {enabled: false}
nux: {enabled: false}
concurrency: {runs: {max_concurrent_runs: 1}}
compute_logs:
  module: dagster._core.storage.noop_compute_log_manager
  class: NoOpComputeLogManager
event_log_storage:
  module: orchestration.event_log
  class: EventLog
  config: {base_dir: {env: WAYMARK_EVENT_LOG}}
"""


class CannotRunError(Exception):
    """Say why nothing can run here, in a sentence for the person who asked."""


@dataclass(frozen=True)
class Home:
    """The home folder of one state, and the folders that a run adds to the store of submissions."""

    root: Path

    @property
    def store(self) -> Store:
        return Store(self.root)

    @property
    def warehouse(self) -> Path:
        return self.root / "warehouse"

    @property
    def growth(self) -> Path:
        return self.root / "growth"

    @property
    def releases(self) -> Path:
        return self.root / "releases"

    @property
    def operations(self) -> Path:
        return self.root / "operations"

    @property
    def dagster(self) -> Path:
        return self.root / "dagster"

    @property
    def log(self) -> Path:
        return self.dagster / "run.log"


def home() -> Home:
    """Name the home folder: WAYMARK_HOME, or `data` where the command was given."""
    return Home(Path(os.environ.get("WAYMARK_HOME") or "data").absolute())


def environment(place: Home) -> dict[str, str]:
    """Give the variables by which Dagster, dbt and Great Expectations find their way and send nothing outside.

    dbt works in the home folder, and its paths start there and go through the link `next`: they are the same for every
    build of every home, which spares dbt a full parse each time.
    """
    building = (place.warehouse / "next").relative_to(place.root)
    return {
        "WAYMARK_HOME": str(place.root),
        "WAYMARK_ACCEPTED": str(place.store.accepted.relative_to(place.root)),
        "WAYMARK_WAREHOUSE": str(building / "waymark.duckdb"),
        "WAYMARK_ESTIMATES": str(building),
        "WAYMARK_DISCLOSURE_MASK": str(building / "disclosure_mask.parquet"),
        "WAYMARK_QUERY_THREADS": str(max(1, len(os.sched_getaffinity(0)) // DBT_THREADS)),
        "WAYMARK_EVENT_LOG": str(place.dagster / "history" / "runs"),
        "DAGSTER_HOME": str(place.dagster),
        "DBT_SEND_ANONYMOUS_USAGE_STATS": "false",
        "GX_ANALYTICS_ENABLED": "false",
    }


def enter(place: Home | None = None) -> Home:
    """Prepare this process for work in the home: private files, folders, environment, Dagster's own settings."""
    place = place or home()
    os.umask(0o077)
    if place.root.is_dir() and place.root.stat().st_mode & 0o077:
        if any(place.root.iterdir()):
            raise CannotRunError(
                f"The home folder {place.root} can be read by others, and student records are kept there. "
                f"Run `chmod 700 {place.root}`, or choose another folder with --home."
            )
        place.root.chmod(0o700)
    try:
        for folder in (place.root, place.warehouse / "builds", place.releases, place.dagster):
            make_private(folder)
        settings = place.dagster / "dagster.yaml"
        if not settings.exists() or settings.read_text() != DAGSTER_YAML:
            with write_atomically(settings) as part:
                part.write_text(DAGSTER_YAML)
    except OSError as error:
        raise CannotRunError(f"The home folder {place.root} cannot be written to: {error.strerror}.") from None
    os.environ.update(environment(place))
    return place


_held: dict[Path, IO[str]] = {}


def hold(place: Home) -> None:
    """Keep the home for this process until it ends, so that no second run writes beside it."""
    if place.root in _held:
        return
    handle = (place.root / "lock").open("w")
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        handle.close()
        raise CannotRunError(
            f"Another run is at work in {place.root}. Wait until it has finished and try again."
        ) from None
    _held[place.root] = handle


def release(place: Home) -> None:
    """Let others run in the home before this process ends."""
    if place.root in _held:
        _held.pop(place.root).close()


def ensure_manifest() -> Path:
    """Let dbt read the project again when a file of it is newer than what dbt last understood.

    Of several processes that find it so, one lets dbt read and the others wait for what it writes.
    """
    if not _is_current(MANIFEST):
        MANIFEST.parent.mkdir(parents=True, exist_ok=True)
        with (MANIFEST.parent / "lock").open("w") as handle:
            fcntl.flock(handle, fcntl.LOCK_EX)
            if not _is_current(MANIFEST):
                parse_project()
    return MANIFEST


def _is_current(manifest: Path) -> bool:
    return manifest.exists() and manifest.stat().st_mtime >= _newest(DBT_PROJECT)


def _newest(project: Path) -> float:
    sources = [project / "dbt_project.yml", project / "profiles.yml"]
    for folder in ("models", "macros", "tests"):
        sources += [project / folder, *(project / folder).rglob("*")]
    return max(source.stat().st_mtime for source in sources if source.exists())


def parse_project() -> None:
    """Run `dbt parse`; what dbt says about the project is about code, never about students."""
    words = [*DBT, "parse", "--quiet", "--log-level-file", "none"]
    project = {"DBT_PROJECT_DIR": str(DBT_PROJECT), "DBT_PROFILES_DIR": str(DBT_PROJECT)}
    done = subprocess.run(words, env=os.environ | environment(home()) | project, capture_output=True, text=True)
    if done.returncode:
        raise CannotRunError(f"dbt cannot read the project in {DBT_PROJECT}:\n{(done.stdout + done.stderr).strip()}")
