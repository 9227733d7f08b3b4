"""Makes a whole state: plans it, shares its districts out among processes, and writes what each makes.

What the records hold is decided in the content modules that `CONTENT` and `OF_THE_STATE` list.
"""

import json
import os
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import polars as pl

from simulation import attendance, cohorts, discipline, faults, planting, registry, roster, teaching
from simulation.district_year import DistrictYear, district_year
from simulation.planting import Truths
from simulation.state import State, plan
from simulation.writing import Submission

CONTENT = (roster, attendance, discipline, cohorts, teaching)
"""Modules with `collections(year, truths)`, in the order in which a district's files are written."""

OF_THE_STATE = (registry, teaching)
"""Modules with `state_collections(state, school_year, truths)`: what the state itself submits."""

PLANS = {name: plan for module in (roster, attendance, teaching) for name, plan in module.PLANS.items()}
"""The plan of every truth in truths.yaml."""

STATE_FOLDER, TRUTH = "state", "truth"
LAST_YEAR = 2025

Progress = Callable[[int, int], None]
"""Called with the students done and the students there are."""


@dataclass(frozen=True)
class Made:
    """What was written: rows by collection, and the truths that are planted."""

    folder: Path
    rows: Mapping[str, int]
    truths: Truths


class FolderInUseError(FileExistsError):
    """The folder holds something already; nothing is mixed with it."""


def simulate(
    folder: Path,
    *,
    students: int,
    years: int = 1,
    districts: int = 1,
    seed: int = 1,
    settings: planting.Settings | None = None,
    rate_of_faults: float = 0,
    processes: int = 2,
    last_year: int = LAST_YEAR,
    on_progress: Progress = lambda done, total: None,
    written_as: type[Submission] = Submission,
) -> Made:
    """Write a state into a new or empty folder. The bytes depend on everything but the number of processes.

    Of each rule that can be broken, `rate_of_faults` of the records get a fault, in the largest district one at least.
    `written_as` makes the files of a submission of its frames.
    """
    if folder.exists() and any(folder.iterdir()):
        raise FolderInUseError(17, "The folder is not empty", str(folder))
    folder.mkdir(parents=True, exist_ok=True)
    school_years = tuple(range(last_year - years + 1, last_year + 1))
    state = plan(seed, students, school_years, districts)
    truths = planting.plant(state, planting.settings() if settings is None else settings, PLANS)
    with tempfile.TemporaryDirectory(prefix=".plan-", dir=folder) as place:
        tasks = _tasks(state, truths)
        work = _Work(folder, Path(place), seed, school_years, truths, rate_of_faults, tasks[0][2], written_as)
        rows = Counter()
        total, done = sum(size for size, *_ in tasks), 0
        results = _results(work, state, tasks, processes)
        del state  # several processes read it from disk; it need not stay here as well
        for size, written in results:
            rows.update(written)
            done += size
            on_progress(done, total)
        work.join_truths()
    _describe(folder, students, school_years, districts, seed, truths, rate_of_faults)
    return Made(folder, dict(sorted(rows.items())), truths)


@dataclass
class _Work:
    """What a process needs to know to make any district."""

    folder: Path
    place: Path
    seed: int
    school_years: tuple[int, ...]
    truths: Truths
    rate_of_faults: float
    largest: int
    written_as: type[Submission]
    state: State | None = None

    def make(self, school_year: int, district: int | None) -> Counter:
        """Make the submission of a district, or of the state itself, and give its rows by collection."""
        if school_year not in self.school_years:
            name = self.state.districts["district_id"][district]
            parts = roster.sent_early(self.state, school_year, district)
        elif district is None:
            name = STATE_FOLDER
            parts = (
                part
                for module in OF_THE_STATE
                for part in module.state_collections(self.state, school_year, self.truths)
            )
        else:
            year = district_year(self.state, school_year, district)
            name = year.district_id
            parts = district_parts(year, self.truths)
        submission = self.written_as(self.folder / str(school_year) / name)
        for collection, frame in parts:
            if collection.startswith(f"{TRUTH}/"):
                self._keep(collection.removeprefix(f"{TRUTH}/"), f"{school_year}-{name}", frame)
            else:
                submission.write(collection, frame)
        submission.close()
        if self.rate_of_faults and school_year in self.school_years:
            at_least = 1 if district in (None, self.largest) else 0
            planted = faults.plant(submission.folder, rate=self.rate_of_faults, seed=self.seed, at_least=at_least)
            self._keep(faults.TRUTH, f"{school_year}-{name}", planted.truth)
            return Counter(submission.rows) + Counter(planted.added)
        return Counter(submission.rows)

    def _keep(self, truth: str, whose: str, frame: pl.DataFrame) -> None:
        folder = self.place / TRUTH / truth
        folder.mkdir(parents=True, exist_ok=True)
        if frame.height:
            number = len(list(folder.glob(f"{whose}-*")))
            frame.write_ipc(folder / f"{whose}-{number:03d}.arrow")

    def join_truths(self) -> None:
        """Put the parts of each truth together, in the order of years and districts."""
        (self.folder / TRUTH).mkdir()
        for parts in sorted((self.place / TRUTH).glob("*")):
            with (self.folder / TRUTH / f"{parts.name}.csv").open("wb") as file:
                for number, path in enumerate(sorted(parts.iterdir())):
                    pl.read_ipc(path).write_csv(file, include_header=number == 0)


def district_parts(year: DistrictYear, truths: Truths) -> Iterator[tuple[str, pl.DataFrame]]:
    """Yield all that a district submits, and the parts of the truth."""
    for module in CONTENT:
        yield from module.collections(year, truths)


def _tasks(state: State, truths: Truths) -> list[tuple[int, int, int | None]]:
    """List what is to be made, as size, year and district, the largest first so that processes end together."""
    tasks: list[tuple[int, int, int | None]] = []
    for year in state.school_years:
        sizes = (state.starts[year][1:] - state.starts[year][:-1]).tolist()
        tasks += [(size, year, district) for district, size in enumerate(sizes)]
        tasks.append((len(state.rolls[year].number) // 50, year, None))
    if early := truths.get("calendar_of_next_year_sent_early"):
        ids = state.districts["district_id"].to_list()
        tasks += [(0, year, ids.index(district_id)) for year in early.school_years for district_id in early.districts]
    return sorted(tasks, key=lambda task: (-task[0], task[1], -1 if task[2] is None else task[2]))


def _results(
    work: _Work, state: State, tasks: list[tuple[int, int, int | None]], processes: int
) -> Iterator[tuple[int, Counter]]:
    if processes == 1:
        work.state = state
        yield from ((size, work.make(year, district)) for size, year, district in tasks)
        return
    state.save(work.place)
    del state
    with _one_thread_each(), ProcessPoolExecutor(processes, get_context("spawn"), _begin, (work,)) as pool:
        waiting = {pool.submit(_make, year, district): size for size, year, district in tasks}
        try:
            for made in as_completed(waiting):
                yield waiting[made], made.result()
        finally:
            pool.shutdown(cancel_futures=True)


class _one_thread_each:  # noqa: N801 - reads as the phrase that it stands for
    """Let each process compute on one thread: there are as many processes as the machine should be given."""

    def __enter__(self) -> None:
        self.before = os.environ.get("POLARS_MAX_THREADS")
        os.environ["POLARS_MAX_THREADS"] = "1"

    def __exit__(self, *_: Any) -> None:
        del os.environ["POLARS_MAX_THREADS"]
        if self.before is not None:
            os.environ["POLARS_MAX_THREADS"] = self.before


_work: _Work | None = None
"""The work of this process, where it is one of several."""


def _begin(work: _Work) -> None:
    global _work
    work.state = State.load(work.place, work.seed, work.school_years)
    _work = work


def _make(school_year: int, district: int | None) -> Counter:
    return _work.make(school_year, district)


def _describe(
    folder: Path,
    students: int,
    school_years: tuple[int, ...],
    districts: int,
    seed: int,
    truths: Truths,
    rate_of_faults: float,
) -> None:
    planted = json.dumps(truths.listed(), indent=2, ensure_ascii=False)
    (folder / TRUTH / "planted.json").write_text(planted + "\n", encoding="utf-8")
    span = str(school_years[0]) if len(school_years) == 1 else f"{school_years[0]} to {school_years[-1]}"
    words = _README.format(
        students=students, districts=districts, span=span, seed=seed, state=STATE_FOLDER, truth=TRUTH
    )
    if rate_of_faults:
        words += _FAULTS.format(truth=TRUTH, faults=faults.TRUTH, rate=rate_of_faults)
    (folder / "README.md").write_text(words, encoding="utf-8")


_README = """# Simulated records

**No person, school or district in this folder exists.** Waymark made it up: {students:,} students in each fall,
{districts:,} districts, school years {span}, seed {seed}. Any likeness to real names or numbers is chance.

`<school_year>/<district_id>/<collection>.csv` is what districts would send, `<school_year>/{state}/` what the state
itself adds. `{truth}/` says what is really true: `planted.json` lists the truths that were planted. The pipeline never
reads it.
"""

_FAULTS = """
The files are broken on purpose: of each of many rules, {rate:.2%} of the records that it looks at. Every finding that
must come of it stands in `{truth}/{faults}.csv`, with file, line and rule.
"""
