"""What the strict gate, the contract and the accepted Parquet cost, beside DuckDB's plain typed CSV to Parquet.

One file of five million attendance rows, and 300 small files. DuckDB is told the types and asked for nothing else: it
compares no codes, keeps no line numbers and proves nothing. Both sides are at work in a process as screening has it:
alone with all threads for the large file, one of as many as there are processors for the small ones. Times are those of
the processor, of all threads, and the best of several rounds in which both sides take turns; read the ratios.
"""

import os
import resource
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path

import duckdb
import numpy as np
import polars as pl
from rich.console import Console
from rich.table import Table

from expectations.collections import CONTRACTS
from expectations.collections.validation import examine
from submissions import acceptance, crew, custody, layout, reading, screening
from submissions.acceptance import Screened
from submissions.custody import ReceivedFile, Submission
from submissions.pseudonyms import key_of
from submissions.store import Store

ROWS = int(os.environ.get("BENCH_ATTENDANCE_ROWS", 5_000_000))
FILES, ROWS_OF_SMALL = 300, 2_000
ROUNDS = 5
YEAR = 2025
TYPES = {
    "student_id": "VARCHAR",
    "school_id": "VARCHAR",
    "attendance_date": "DATE",
    "fraction_absent": "DECIMAL(9, 3)",
    "absence_type": "VARCHAR",
}


def main() -> None:
    """Print one table for the large file and the small ones."""
    table = Table("step", f"1 file of {ROWS:,} rows", f"{FILES} files of {ROWS_OF_SMALL:,} rows")
    with tempfile.TemporaryDirectory(prefix="waymark-bench-") as folder:
        large = _compare(_files(Path(folder, "large"), 1, ROWS), Path(folder, "large"))
        small = _compare(_files(Path(folder, "small"), FILES, ROWS_OF_SMALL), Path(folder, "small"))
    for step in large:
        table.add_row(step, _cell(large, step), _cell(small, step))
    Console(width=max(100, Console().width)).print(table)


def _cell(seconds: dict[str, float], step: str) -> str:
    ratio = seconds[step] / next(iter(seconds.values()))
    return f"{seconds[step]:7.2f} s  {ratio:5.2f} ×"


def _files(folder: Path, count: int, rows: int) -> list[Path]:
    folder.mkdir()
    kinds = np.array(["excused", "unexcused", ""])
    paths = []
    for number in range(count):
        row = np.arange(rows)
        frame = pl.DataFrame(
            {
                "student_id": pl.Series(row // 12 + number * rows).cast(pl.String).str.zfill(10),
                "school_id": pl.Series(row // 6_000).cast(pl.String).str.zfill(6),
                "attendance_date": pl.select(
                    pl.date(2024, 9, 1) + pl.duration(days=pl.Series(row % 12 * 20))
                ).to_series(),
                "fraction_absent": np.where(row % 7 == 0, "0.5", "1"),
                "absence_type": kinds[row % 3],
            }
        )
        path = folder / f"{number:04d}" / "attendance.csv"
        path.parent.mkdir()
        frame.write_csv(path, quote_style="never")
        paths.append(path)
    return paths


def _compare(paths: list[Path], folder: Path) -> dict[str, float]:
    """Time each step over all files: seconds of the processor by step, DuckDB first."""
    store = Store(folder / "home")
    ((_, rounds),) = crew.each(_rounds, paths, [(store,)], min(crew.processors(), len(paths)))
    for one in rounds:
        one["receive and screen, to the last word of the feedback"] = _timed(lambda: _whole(store, paths))
        shutil.rmtree(store.root)
    return {step: min(one[step] for one in rounds) for step in rounds[0]}


def _rounds(paths: list[Path], store: Store) -> list[dict[str, float]]:
    return [_round(paths, store) for _ in range(ROUNDS)]


def _round(paths: list[Path], store: Store) -> dict[str, float]:
    seconds = {"DuckDB, typed CSV to Parquet": _timed(lambda: _plain(paths))}
    seconds["DuckDB, with a connection for each file"] = _timed(lambda: [_plain([path]) for path in paths])
    steps, key = dict.fromkeys(("gate", "contract", "accepted Parquet"), 0.0), key_of(store)
    for path in paths:
        _ours(store, path, key, steps)
    shutil.rmtree(store.root)
    return seconds | steps | {"gate + contract + accepted Parquet": sum(steps.values())}


def _timed(work: Callable[[], object]) -> float:
    start = _processor()
    work()
    return _processor() - start


def _processor() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF), resource.getrusage(resource.RUSAGE_CHILDREN)
    return sum(one.ru_utime + one.ru_stime for one in used)


def _plain(paths: list[Path]) -> None:
    columns = ", ".join(f"'{name}': '{kind}'" for name, kind in TYPES.items())
    with duckdb.connect() as connection:
        connection.execute("set enable_progress_bar = false")
        for path in paths:
            source = f"read_csv('{path}', auto_detect = false, header = true, columns = {{{columns}}})"
            target = path.with_suffix(".parquet")
            connection.execute(f"copy (from {source}) to '{target}' (format parquet, compression zstd)")
            target.unlink()


def _ours(store: Store, path: Path, key: bytes, seconds: dict[str, float]) -> None:
    district, contract = path.parent.name, CONTRACTS["attendance"]
    start = _processor()
    table = reading.read(path, path.name)
    gated = _processor()
    (records,) = layout.records(table, None)
    examined = examine(records.frame, contract, district_id=district, school_year=YEAR)
    held = _processor()
    file = ReceivedFile(path.name, "", path.stat().st_size, table.rows)
    facts = {"submission_id": district, "district_id": district, "school_year": YEAR, "mapping": None}
    submission = Submission(**facts, sequence=1, received_at="", files=(file,))
    acceptance.accept(store, submission, [Screened(file, records, examined)], key)
    for step, spent in zip(seconds, np.diff([start, gated, held, _processor()]), strict=True):
        seconds[step] += spent


def _whole(store: Store, paths: list[Path]) -> None:
    for path in paths:
        custody.receive(store, [path], district_id=path.parent.name, school_year=YEAR)
    screening.screen(store, YEAR)
