"""The contract of the attendance collection over ten million typed rows, beside the same checks in raw SQL.

Both sides start from a table in memory and end with the rows that break each rule; a few rows break one, and the two
must find the same. Reading and typing are timed in `submissions`.
"""

import os
import resource
import time
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

import duckdb
import polars as pl
from rich.console import Console
from rich.table import Table

from expectations.codes import codes
from expectations.collections import CONTRACTS
from expectations.collections.validation import find

ROWS = int(os.environ.get("BENCH_CONTRACT_ROWS", 10_000_000))
YEAR = 2025
DAYS = 60
"""The days of absence of one student, so that there are a sixtieth as many students as rows."""

IN_YEAR = f"between date '{YEAR - 1}-07-01' and date '{YEAR}-06-30'"
HALVES = "(days_absent * 2) % 1 <> 0 or (days_expected * 2) % 1 <> 0"
DAY = "attendance_date is not null and fraction_absent is not null and days_expected is null and days_absent is null"
SUM = "attendance_date is null and fraction_absent is null and days_expected is not null and days_absent is not null"
BROKEN = {
    "ATT-002": "student_id is null or school_id is null",
    "ATT-003": "absence_type not in ({codes})",
    "ATT-010": "days_absent < 0 or days_absent > days_expected",
    "ATT-011": HALVES,
    "ATT-012": "fraction_absent <= 0 or fraction_absent > 1",
    "ATT-013": f"not coalesce(is_exempt, false) and not ({DAY}) and not ({SUM})",
    "ATT-014": "is_exempt and coalesce(fraction_absent, days_expected, days_absent) is not null",
    "ATT-015": f"attendance_date not {IN_YEAR} or entry_date not {IN_YEAR}",
    "ATT-016": "days_expected <= 0 or days_expected > 250",
}
BY_GROUP = {
    "ATT-004": ("student_id, school_id, attendance_date, entry_date", "count(*) > 1"),
    "ATT-017": ("student_id, school_id", "min(attendance_date is null) <> max(attendance_date is null)"),
}


def main() -> None:
    """Print one row for each side."""
    table = Table("side", "rows", "findings", "wall s", "processor s", "peak MB more", "ratio")
    sides = {}
    for side in (_in_sql, _by_contract):
        with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
            sides[side.__name__] = pool.submit(_timed, side.__name__).result()
    assert sides["_in_sql"]["found"] == sides["_by_contract"]["found"], "the two sides find different rows"
    for name, title in (("_in_sql", "raw SQL (DuckDB)"), ("_by_contract", "the contract")):
        one = sides[name]
        ratio = one["wall"] / sides["_in_sql"]["wall"]
        figures = (f"{one['wall']:.2f}", f"{one['processor']:.2f}", f"{one['peak']:,.0f}", f"{ratio:.2f} ×")
        table.add_row(title, f"{ROWS:,}", f"{sum(one['found'].values()):,}", *figures)
    Console(width=max(100, Console().width)).print(table)


def _rows() -> pl.DataFrame:
    """Make up absences of whole and half days, with one row in 100,000 spoiled in each of four ways."""
    row = pl.int_range(pl.len(), dtype=pl.UInt32)
    student, day = row // DAYS, row % DAYS
    spoiled = row % 100_000
    contract = CONTRACTS["attendance"]
    made = pl.DataFrame({"row": pl.int_range(ROWS, dtype=pl.UInt32, eager=True)}).select(
        "row",
        student_id=pl.format("{}", 1_000_000_000 + student.cast(pl.Int64)),
        school_id=pl.format("{}", 1000 + (student % 2000).cast(pl.Int64)),
        attendance_date=pl.date(YEAR - 1, 8, 20)
        + pl.duration(days=day * 4 - pl.when(spoiled == 8).then(4).otherwise(0)),
        fraction_absent=pl.when(spoiled == 1).then(2).when(row % 3 == 0).then(0.5).otherwise(1),
        absence_type=pl.when(spoiled == 2).then(pl.lit("sick")).when(row % 2 == 0).then(pl.lit("excused")),
        days_expected=pl.when(spoiled == 3).then(180),
        school_year=pl.lit(YEAR, pl.Int16),
    )
    kinds = {name: column.dtype.type for name, column in contract.columns.items()}
    absent = [pl.lit(None).alias(name) for name in kinds if name not in made.columns]
    return made.with_columns(absent).select(
        "row", *(pl.col(name).cast(kind) for name, kind in kinds.items()), "school_year"
    )


def _timed(side: str) -> dict:
    rows = _rows()
    run = globals()[side](rows)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    processor, wall = time.process_time(), time.perf_counter()
    found = run()
    processor, wall = time.process_time() - processor, time.perf_counter() - wall
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024 - before
    return {"found": dict(sorted(found.items())), "processor": processor, "wall": wall, "peak": peak}


def _by_contract(rows: pl.DataFrame):
    return lambda: dict(find(rows, CONTRACTS["attendance"])["rule"].value_counts().iter_rows())


def _in_sql(rows: pl.DataFrame):
    connection = duckdb.connect()
    connection.execute("set enable_progress_bar = false")
    connection.register("arriving", rows.to_arrow())
    connection.execute("create table attendance as select * from arriving")
    connection.unregister("arriving")
    known = ", ".join(f"'{code}'" for code in codes("absence_types"))
    selects = [
        f"select row, '{rule}' as rule from attendance where {broken.format(codes=known)}"
        for rule, broken in BROKEN.items()
    ]
    for rule, (key, broken) in BY_GROUP.items():
        alike = " and ".join(f"attendance.{name} is not distinct from grouped.{name}" for name in key.split(", "))
        grouped = f"(select {key} from attendance group by {key} having {broken}) as grouped"
        selects.append(f"select row, '{rule}' as rule from attendance inner join {grouped} on {alike}")

    def run() -> dict[str, int]:
        connection.execute(f"create table found as {' union all '.join(selects)}")
        return dict(connection.execute("select rule, count(*) from found group by rule").fetchall())

    return run
