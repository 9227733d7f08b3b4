"""The dbt build of the indicators of a simulated state, beside one scan-and-group of its largest collection.

BENCH_BUILD_STUDENTS=1000000 builds a million students in one year (about 75 minutes of one processor with the
simulation, 2 GB of records, 12 GB for the warehouse and 20 GB put aside while it is built). BENCH_BUILD_ACCEPTED names
the accepted folder of a home to build instead, and BENCH_BUILD_FOLDER a folder in which the warehouse and what dbt says
of each node stay.
"""

import json
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from pathlib import Path

import duckdb
import polars as pl
from rich.console import Console
from rich.table import Table

from benchmarks.accepted import write_accepted
from orchestration import norms, settings
from orchestration.defs.build import FOUND, PUBLICATION
from orchestration.defs.estimates import ESTIMATES, compute
from orchestration.defs.growth import INPUTS, MEDIANS, STUDENTS
from orchestration.growth_tables import STORED, typed

HOW_MANY = int(os.environ.get("BENCH_BUILD_STUDENTS", "24000"))
YEARS = int(os.environ.get("BENCH_BUILD_YEARS", "1"))
STUDENTS_PER_DISTRICT = 6_000
THREADS = 2
SLOWEST = 25
FINISHED = {"LogModelResult", "LogSeedResult", "LogTestResult"}
STEPS = {
    "foundation": ["--exclude", FOUND, PUBLICATION],
    "tables": ["--select", FOUND, "--exclude", PUBLICATION],
}


def main() -> None:
    """Print what each step and the slowest nodes take, and the ratio of the whole to one scan-and-group."""
    given, kept = os.environ.get("BENCH_BUILD_ACCEPTED"), os.environ.get("BENCH_BUILD_FOLDER")
    with nullcontext(kept) if kept else tempfile.TemporaryDirectory(prefix="waymark-bench-") as place:
        folder = Path(place).absolute()
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "waymark.duckdb").unlink(missing_ok=True)
        if given:
            accepted = Path(given).absolute()
        else:
            districts = max(1, HOW_MANY // STUDENTS_PER_DISTRICT)
            accepted = write_accepted(folder / "state", students=HOW_MANY, years=YEARS, districts=districts)
        _print(folder, accepted)


def _print(folder: Path, accepted: Path) -> None:
    largest, rows = max(((name.name, _rows(name)) for name in accepted.iterdir()), key=lambda one: one[1])
    baseline, worked = min(_scan_and_group(accepted / largest) for _ in range(3))
    console = Console(width=max(120, Console().width))
    console.print(
        f"{largest} is largest with {rows:,} rows; to scan it and group it by student takes {baseline:.2f} s, "
        f"{worked:.2f} s of a processor."
    )
    _parse(folder, accepted)
    steps, nodes = Table("step", "s", "processor s", "tables s", "tests s", "peak MB"), {}
    whole, before = 0.0, _processor()
    for step, selection in STEPS.items():
        if step == "tables":
            start = time.perf_counter()
            _methods(folder)
            steps.add_row("methods", f"{time.perf_counter() - start:.1f}", "", "", "", "")
        since = _processor()
        seconds, of_step = _dbt(folder, accepted, step, selection)
        whole += seconds
        nodes |= of_step
        by_kind = defaultdict(float)
        for name, taken in of_step.items():
            by_kind[name.partition(".")[0]] += taken
        peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
        tables = by_kind["model"] + by_kind["seed"]
        worked_here = _processor() - since
        steps.add_row(
            step, f"{seconds:.1f}", f"{worked_here:.1f}", f"{tables:.1f}", f"{by_kind['test']:.1f}", f"{peak:,.0f}"
        )
    console.print(steps)
    slowest = Table("node", "s", "share %")
    every = sum(nodes.values())
    for name, taken in sorted(nodes.items(), key=lambda one: -one[1])[:SLOWEST]:
        slowest.add_row(name.replace(".waymark.", " "), f"{taken:.1f}", f"{100 * taken / every:.1f}")
    console.print(slowest)
    worked_for_all, peak = _processor() - before, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 2**20
    console.print(
        f"dbt built all results in {whole:.0f} s, {whole / baseline:.0f} times one scan-and-group; in processor "
        f"seconds {worked_for_all:.0f}, {worked_for_all / worked:.0f} times. The largest process held {peak:.1f} GB."
    )


def _processor() -> float:
    """Give the processor seconds of all processes that were started and have ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _rows(collection: Path) -> int:
    return pl.scan_parquet(collection / "*/*.parquet", missing_columns="insert").select(pl.len()).collect().item()


def _scan_and_group(collection: Path) -> tuple[float, float]:
    """Read every column of a collection and count, and add up, by school year, school and student."""
    start, worked = time.perf_counter(), time.process_time()
    with duckdb.connect(config={"threads": THREADS}) as connection:
        connection.execute(
            f"""
            create table grouped as
            select school_year, district_id, student_id, count(*) as row_count, min(columns(* exclude
                (school_year, district_id, student_id)))
            from read_parquet('{collection}/*/*.parquet', union_by_name = true)
            group by school_year, district_id, student_id
            """
        )
    return time.perf_counter() - start, time.process_time() - worked


def _parse(folder: Path, accepted: Path) -> None:
    """Read the project once before the steps, as a home does before its first run."""
    _call(folder, accepted, folder / "dbt", ["parse"])
    for step in STEPS:
        (folder / "dbt" / step).mkdir(exist_ok=True)
        shutil.copy(folder / "dbt" / "partial_parse.msgpack", folder / "dbt" / step)


def _dbt(folder: Path, accepted: Path, step: str, selection: list[str]) -> tuple[float, dict[str, float]]:
    """Run one step of the build as the build does, with no results file; give its seconds and those of each node."""
    target = folder / "dbt" / step
    start = time.perf_counter()
    said = _call(folder, accepted, target, ["build", "--exclude-resource-type", "unit_test", *selection])
    seconds = time.perf_counter() - start
    (target / "said.jsonl").write_text(said)
    events = [json.loads(line) for line in said.splitlines() if line.startswith("{")]
    told = [event["data"] for event in events if event["info"]["name"] in FINISHED]
    return seconds, {one["node_info"]["unique_id"]: one["execution_time"] for one in told}


def _call(folder: Path, accepted: Path, target: Path, command: list[str]) -> str:
    places = {
        "WAYMARK_HOME": folder,
        "WAYMARK_WAREHOUSE": folder / "waymark.duckdb",
        "WAYMARK_ACCEPTED": accepted,
        "WAYMARK_ESTIMATES": folder,
        "WAYMARK_DISCLOSURE_MASK": folder / "not_read_here.parquet",
        "DBT_TARGET_PATH": target,
        "DBT_PROFILES_DIR": settings.DBT_PROJECT,
        "DBT_PROJECT_DIR": settings.DBT_PROJECT,
    }
    environment = os.environ | {name: str(place) for name, place in places.items()}
    quiet = [*settings.DBT, "--log-level-file", "none", "--log-format", "json", "--no-write-json"]
    done = subprocess.run([*quiet, *command], env=environment, capture_output=True, text=True, cwd=settings.ROOT)
    if done.returncode:
        sys.exit(done.stdout[-5000:] + done.stderr)
    return done.stdout


def _methods(folder: Path) -> None:
    """Compute what stands between the two steps of the tables."""
    with duckdb.connect(str(folder / "waymark.duckdb"), read_only=True) as connection:
        for estimate in ESTIMATES:
            compute(estimate, connection)[0].write_parquet(folder / f"estimates_{estimate.name}.parquet")
        read = {name: connection.sql(table).pl() for name, table in INPUTS.items()}
        with ThreadPoolExecutor(THREADS) as pool:
            tables, _ = norms.compute(**read, stored={name: typed(name, []) for name in STORED}, run=pool.map)
        for name, table in tables.items():
            table.write_parquet(folder / f"growth_{name}.parquet")
        files = {name: str(folder / f"growth_{table}.parquet") for name, table in MEDIANS.items()}
        asked = [{"measure": name, "percentiles": file} for name, file in files.items()]
        rows = pl.concat(connection.execute(STUDENTS, one).pl() for one in asked)
    norms.medians(rows).write_parquet(folder / "growth_median.parquet")


if __name__ == "__main__":
    main()
