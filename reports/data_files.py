"""The tables of a release as files: CSV and Parquet for programs, parts by year and level that a spreadsheet can open.

Everything is written by columns, never row by row. In CSV files text that a spreadsheet would run has an apostrophe
before it; numbers and the empty cell stay what they are.
"""

from collections.abc import Iterator
from pathlib import Path

import polars as pl

from reports import words
from reports.contents import Contents, dictionary
from reports.workbook import write_workbook

MOST_ROWS = 1_048_575
"""The rows that a sheet of a spreadsheet holds below its header."""


def write_data_files(contents: Contents, folder: Path, version: str) -> None:
    """Write every table of a release into its folder `data`."""
    release = pl.lit(version).alias("release")
    contents.tables["values"].select(release, pl.all()).write_parquet(
        folder / "values.parquet", compression="zstd", statistics=True
    )
    values = contents.values.select(release, pl.all())
    for file, table in {**contents.tables, "values": values}.items():
        write_csv(table, folder / f"{file}.csv", texts_of(file))
    kinds = {name: about[0] for name, about in dictionary()["values"]["fields"].items()}
    for name, part in parts_of(values):
        (folder / name).parent.mkdir(exist_ok=True)
        write_csv(part, folder / f"{name}.csv", texts_of("values"))
        write_workbook(part, folder / f"{name}.xlsx", kinds)


def parts_of(values: pl.DataFrame, most_rows: int = MOST_ROWS) -> Iterator[tuple[str, pl.DataFrame]]:
    """Give the results in parts of a school year and a level, each short enough for a spreadsheet, with their names."""
    for year, level in values.select("school_year", "level").unique(maintain_order=True).iter_rows():
        part = values.filter(school_year=year, level=level)
        for place, start in enumerate(range(0, part.height, most_rows), start=1):
            name = f"{year}/{level}" + (f"-{place}" if place > 1 else "")
            yield name, part.slice(start, most_rows)


def texts_of(file: str) -> list[str]:
    """Name the columns of a file that hold text."""
    return [name for name, about in dictionary()[file]["fields"].items() if about[0] == "string"]


def write_csv(table: pl.DataFrame, path: Path, texts: list[str]) -> None:
    """Write a table in UTF-8, with what a spreadsheet would run guarded in the columns of text."""
    table.with_columns(words.guarded(pl.col(texts))).write_csv(path)
