"""What the strict gate, the contract and the accepted Parquet cost, beside DuckDB's plain typed CSV to Parquet.

One file of five million attendance rows; some 300 small files as the districts of a simulated state send them, every
collection of a year together; and the extreme, 300 districts that send attendance alone. DuckDB is told the types and
asked for nothing else: it compares no codes, keeps no line numbers and proves nothing. Both sides are at work in a
process as screening has it: alone with all threads for the large file, one of as many as there are processors for the
small ones. Times are those of the processor, of all threads, and the best of several rounds in which both sides take
turns; read the ratios.
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
from expectations.collections.validation import STATE, examine
from simulation.simulate import simulate
from submissions import acceptance, crew, custody, layout, reading, screening
from submissions.acceptance import Screened
from submissions.custody import ReceivedFile, Submission
from submissions.pseudonyms import key_of
from submissions.store import Store

ROWS = int(os.environ.get("BENCH_ATTENDANCE_ROWS", 5_000_000))
FILES, ROWS_OF_SMALL = 300, 2_000
ROUNDS = 5
YEAR = 2025
STUDENTS, DISTRICTS = 7_800, 13
TYPES = {"date": "DATE", "decimal": "DECIMAL(9, 3)", "rating": "DECIMAL(9, 3)", "integer": "SMALLINT"}
"""What DuckDB is told of a kind of value; all others are text."""


def main() -> None:
    """Print one table for the large file, the small ones together, and the small ones one by one."""
    table = Table("step")
    with tempfile.TemporaryDirectory(prefix="waymark-bench-") as folder:
        large = _attendance(Path(folder, "large"), 1, ROWS)
        together = _simulated(Path(folder, "together"))
        alone = _attendance(Path(folder, "alone"), FILES, ROWS_OF_SMALL)
        columns = [_compare(sent) for sent in (large, together, alone)]
        for sent in (large, together, alone):
            files = sum(len(paths) for paths in sent)
            table.add_column(f"files: {files:,}, districts: {len(sent):,}, rows of a file: {_rows(sent) // files:,}")
    for step in columns[0]:
        table.add_row(step, *(_cell(seconds, step) for seconds in columns))
    Console(width=max(120, Console().width)).print(table)


def _cell(seconds: dict[str, float], step: str) -> str:
    ratio = seconds[step] / next(iter(seconds.values()))
    return f"{seconds[step]:7.2f} s  {ratio:5.2f} ×"


def _simulated(folder: Path) -> list[list[Path]]:
    simulate(folder, students=STUDENTS, districts=DISTRICTS, last_year=YEAR)
    districts = sorted(place for place in (folder / str(YEAR)).iterdir() if place.name != STATE)
    return [sorted(district.glob("*.csv")) for district in districts]


def _rows(sent: list[list[Path]]) -> int:
    return sum(path.read_bytes().count(b"\n") - 1 for paths in sent for path in paths)


def _attendance(folder: Path, districts: int, rows: int) -> list[list[Path]]:
    folder.mkdir()
    kinds = np.array(["excused", "unexcused", ""])
    sent = []
    for number in range(districts):
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
        sent.append([path])
    return sent


def _compare(sent: list[list[Path]]) -> dict[str, float]:
    """Time each step over the files of every district: seconds of the processor by step, DuckDB first."""
    store = Store(sent[0][0].parents[1] / "home")
    ((_, rounds),) = crew.each(_rounds, sent, [(store,)], min(crew.processors(), len(sent)))
    seconds = {step: min(one[step] for one in rounds) for step in rounds[0]}
    seconds["receive and screen, to the last word of the feedback, once"] = _timed(lambda: _whole(store, sent))
    shutil.rmtree(store.root)
    return seconds


def _rounds(sent: list[list[Path]], store: Store) -> list[dict[str, float]]:
    return [_round(sent, store) for _ in range(ROUNDS)]


def _round(sent: list[list[Path]], store: Store) -> dict[str, float]:
    every = [path for paths in sent for path in paths]
    seconds = {"DuckDB, typed CSV to Parquet": _timed(lambda: _plain(every))}
    seconds["DuckDB, with a connection for each file"] = _timed(lambda: [_plain([path]) for path in every])
    steps, key = dict.fromkeys(("gate", "contract", "accepted Parquet"), 0.0), key_of(store)
    for paths in sent:
        _ours(store, paths, key, steps)
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
    with duckdb.connect() as connection:
        connection.execute("set enable_progress_bar = false")
        for path in paths:
            with path.open() as file:
                names = file.readline().strip().split(",")
            kinds = {name: column.metadata["kind"] for name, column in CONTRACTS[path.stem].columns.items()}
            columns = ", ".join(f"'{name}': '{TYPES.get(kinds.get(name), 'VARCHAR')}'" for name in names)
            source = f"read_csv('{path}', auto_detect = false, header = true, columns = {{{columns}}})"
            target = path.with_suffix(".parquet")
            connection.execute(f"copy (from {source}) to '{target}' (format parquet, compression zstd)")
            target.unlink()


def _ours(store: Store, paths: list[Path], key: bytes, seconds: dict[str, float]) -> None:
    district = paths[0].parent.name
    start = _processor()
    tables = [reading.read(path, path.name) for path in paths]
    gated = _processor()
    screened = []
    for path, table in zip(paths, tables, strict=True):
        (records,) = layout.records(table, None)
        examined = examine(records.frame, CONTRACTS[path.stem], district_id=district, school_year=YEAR)
        screened.append(Screened(ReceivedFile(path.name, "", path.stat().st_size, table.rows), records, examined))
    held = _processor()
    facts = {"submission_id": district, "district_id": district, "school_year": YEAR, "mapping": None}
    files = tuple(one.file for one in screened)
    acceptance.accept(store, Submission(**facts, sequence=1, received_at="", files=files), screened, key)
    for step, spent in zip(seconds, np.diff([start, gated, held, _processor()]), strict=True):
        seconds[step] += spent


def _whole(store: Store, sent: list[list[Path]]) -> None:
    for paths in sent:
        custody.receive(store, paths, district_id=paths[0].parent.name, school_year=YEAR)
    screening.screen(store, YEAR)
