"""What a simulated state costs, by its size: the cost per student should be the same from 100,000 students on.

Each size runs in processes of its own, so that peak memory is its own; it is that of the largest process, times the
processes at work at once, plus that of the one that plans. A state of six million needs about 40 GB of disk for a
while: BENCH_SIMULATED_STUDENTS=100000,6000000.
"""

import os
import resource
import shutil
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

from rich.console import Console
from rich.table import Table

from simulation.simulate import simulate

SIZES = tuple(int(size) for size in os.environ.get("BENCH_SIMULATED_STUDENTS", "24000,100000,300000").split(","))
STUDENTS_PER_DISTRICT = 6_000
PROCESSES = 2


def main() -> None:
    """Print a row for each size, and the rows of each collection for the largest."""
    table = Table(
        "students", "districts", "rows", "GB of files", "s", "processor s", "processor µs a student", "peak MB"
    )
    rows: dict[str, int] = {}
    for students in SIZES:
        with ProcessPoolExecutor(1, get_context("spawn")) as pool:
            districts = max(1, students // STUDENTS_PER_DISTRICT)
            rows, written, seconds, worked, peak = pool.submit(_simulate, students, districts).result()
        table.add_row(
            f"{students:,}",
            f"{districts:,}",
            f"{sum(rows.values()):,}",
            f"{written / 1e9:.2f}",
            f"{seconds:.0f}",
            f"{worked:.0f}",
            f"{worked / students * 1e6:.0f}",
            f"{peak / 1e6:,.0f}",
        )
    console = Console(width=max(100, Console().width))
    console.print(table)
    of_largest = Table("collection", f"rows of {SIZES[-1]:,} students")
    for collection, count in rows.items():
        of_largest.add_row(collection, f"{count:,}")
    console.print(of_largest)


def _simulate(students: int, districts: int) -> tuple[dict[str, int], int, float, float, float]:
    place = Path(tempfile.mkdtemp(prefix="waymark-bench-"))
    start = time.perf_counter()
    try:
        made = simulate(place, students=students, districts=districts, processes=PROCESSES)
        seconds = time.perf_counter() - start
        written = sum(path.stat().st_size for path in place.rglob("*") if path.is_file())
    finally:
        shutil.rmtree(place)
    own, theirs = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    worked = sum(used.ru_utime + used.ru_stime for used in (own, theirs))
    return dict(made.rows), written, seconds, worked, (own.ru_maxrss + PROCESSES * theirs.ru_maxrss) * 1024
