"""Violations of named rules, planted in the files of a submission at a known rate, each written down as a truth.

What a fault does to a row stands in faults.yaml. Nothing here knows how a rule finds it; a test proves that it does.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import yaml

from simulation.randomness import draws

HIGHEST_RATE = 0.01
"""With more, so many rows of a file could not be read that this would be a finding of its own."""

ONE_OF = ("student_id", "respondent_id", "section_id")
"""A fault happens to one row of each: two of the same kind could be told from each other only by their lines."""

TRUTH = "faults"
FOUND = pl.Schema(
    {
        "fault": pl.String(),
        "file": pl.String(),
        "line": pl.Int64(),
        "rule": pl.String(),
        "role": pl.String(),
    }
)
"""A finding that must come; of each fault one is `planted`, all others are a `consequence` of the same edit. The line
is blank where the finding is about the whole file."""

PLANTED, CONSEQUENCE = "planted", "consequence"


@dataclass(frozen=True)
class Fault:
    """One way to break a rule.

    `set` gives new values of columns as SQL of the row, `when` says which rows it can happen to. Where `add` is true
    the row stays as it is, and a changed copy of it is added at the end of the file. `also` are other rules that the
    same change breaks in the same row, and rows that agree with the changed row in all columns `among` break the rule
    as well. `column` adds a column to the file instead.
    """

    rule: str
    set: tuple[tuple[str, str], ...] = ()
    when: str = "true"
    add: bool = False
    also: tuple[str, ...] = ()
    among: tuple[str, ...] = ()
    one_per: str | None = None
    column: str | None = None


@dataclass(frozen=True)
class Planted:
    """What must be found, and how many rows each collection has beyond those that it had."""

    truth: pl.DataFrame
    added: Mapping[str, int]


@cache
def faults() -> dict[str, tuple[Fault, ...]]:
    """Give the faults that can be planted in each collection."""
    known = yaml.load(Path(__file__).with_suffix(".yaml").read_text(encoding="utf-8"), yaml.CSafeLoader)
    return {
        collection: tuple(_fault(rule, **words) for rule, words in rules.items()) for collection, rules in known.items()
    }


def plant(folder: Path, *, rate: float, seed: int, at_least: int) -> Planted:
    """Break the files of a submission, and say what must be found.

    Of each rule, `rate` of the records of a file get a fault, and never fewer than `at_least` where the file has rows
    that the fault can happen to. No row gets two. Rows are added at the end, so every other line stays in its place.
    """
    year, district_id = int(folder.parent.name), folder.name
    parts, added = [FOUND.to_frame()], {}
    for path in sorted(folder.iterdir()):
        collection = path.name.split(".")[0]
        if collection not in faults():
            continue
        file = _File(pl.read_csv(path, infer_schema=False), draws(seed, "faults", year, district_id, collection))
        for fault in faults()[collection]:
            file.plant(fault, rate, at_least, year)
        if file.found:
            _write(file.frame(), path)
            parts.append(file.truth(f"{year}-{district_id}-{collection}", f"{year}/{district_id}/{path.name}"))
            added[collection] = file.last_line - file.rows.height - 1
    return Planted(pl.concat(parts), added)


class _File:
    """A file while it is being broken."""

    def __init__(self, rows: pl.DataFrame, draw: np.random.Generator) -> None:
        self.rows, self.draw, self.clean = rows, draw, rows
        self.height = rows.height
        self.free = np.ones(rows.height, bool)
        self.added: list[pl.DataFrame] = []
        self.last_line = rows.height + 1
        self.found: list[tuple[int, int | None, str, str]] = []
        self.faults = 0

    def plant(self, fault: Fault, rate: float, at_least: int, year: int) -> None:
        count = max(int(rate * self.height + self.draw.random()), at_least)
        if fault.column:
            if count:
                self._add_column(fault)
            return
        when, changes = _read(fault, year)
        if not {name for one in (when, *changes) for name in one.meta.root_names()} <= set(self.rows.columns):
            return
        chosen = self._choose(fault, when, count)
        if not len(chosen):
            return
        after = self.clean[chosen].with_columns(one.cast(pl.String) for one in changes)
        self.free[chosen] = False
        if fault.add:
            self.added.append(after)
            lines = [self.last_line + place for place in range(1, len(chosen) + 1)]
            self.last_line += len(chosen)
        else:
            self._replace(chosen, after)
            lines = (chosen + 2).tolist()
        for line, others in zip(lines, self._among(fault, after, lines), strict=True):
            self._tell(fault, line, others)

    def _choose(self, fault: Fault, when: pl.Expr, count: int) -> np.ndarray:
        """Choose rows that had no fault before; where none is left, a copy can be made of one that had."""
        may = self.clean.select(pl.repeat(True, pl.len()) & when).to_series().fill_null(False).to_numpy()
        if (may & self.free).any() or not fault.add or fault.among:
            may = may & self.free
        rows = self.draw.permutation(np.flatnonzero(may))
        per = fault.one_per or next((name for name in ONE_OF if name in self.clean.columns), None)
        if per:
            rows = rows[self.clean[per].gather(rows).is_first_distinct().to_numpy()]
        return np.sort(rows[:count])

    def _replace(self, chosen: np.ndarray, after: pl.DataFrame) -> None:
        for name in after.columns:
            blank = pl.repeat(None, self.height, dtype=pl.String, eager=True)
            column = self.rows[name] if name in self.rows.columns else blank
            self.rows = self.rows.with_columns(column.scatter(chosen, after[name]).alias(name))

    def _among(self, fault: Fault, after: pl.DataFrame, lines: list[int]) -> Iterator[list[int]]:
        """Give the lines of the other rows that agree with each changed row; no later fault happens to them."""
        if not fault.among:
            yield from ([] for _ in lines)
            return
        keys = after.select(fault.among).with_row_index("which")
        alike = self.rows.select(fault.among).with_row_index("row").join(keys, on=fault.among, nulls_equal=True)
        self.free[alike["row"].to_numpy()] = False
        rows, which = alike["row"].to_numpy().astype(int), alike["which"].to_numpy()
        for place, line in enumerate(lines):
            yield sorted({*(rows[which == place] + 2).tolist()} - {line})

    def _tell(self, fault: Fault, line: int | None, others: list[int]) -> None:
        self.faults += 1
        self.found.append((self.faults, line, fault.rule, PLANTED))
        self.found += [(self.faults, line, rule, CONSEQUENCE) for rule in fault.also]
        self.found += [(self.faults, other, fault.rule, CONSEQUENCE) for other in others]

    def _add_column(self, fault: Fault) -> None:
        self.rows = self.rows.with_columns(pl.lit("x").alias(fault.column))
        self._tell(fault, None, [])

    def frame(self) -> pl.DataFrame:
        """Give the rows as they are now, the added ones at the end."""
        return pl.concat([self.rows, *self.added], how="diagonal")

    def truth(self, name: str, path: str) -> pl.DataFrame:
        """Give what must be found in this file."""
        found = pl.DataFrame(self.found, schema=["number", "line", "rule", "role"], orient="row")
        of_file = found.with_columns(fault=pl.format("{}-{}", pl.lit(name), "number"), file=pl.lit(path))
        return of_file.select(pl.col(column).cast(kind) for column, kind in FOUND.items())


def _fault(rule: str, **words: Any) -> Fault:
    words["set"] = tuple(words.get("set", {}).items())
    words |= {name: tuple(words[name]) for name in ("also", "among") if name in words}
    return Fault(rule, **words)


def _read(fault: Fault, year: int) -> tuple[pl.Expr, list[pl.Expr]]:
    first = np.datetime64(f"{year}-02-01")
    saturday = np.busday_offset(first, 0, roll="forward", weekmask="Sat")
    facts = {"year": year, "before": year - 1, "saturday": saturday, "sunday": saturday + 1}
    changes = [pl.sql_expr(sql.format(**facts)).alias(name) for name, sql in fault.set]
    return pl.sql_expr(fault.when.format(**facts)), changes


def _write(frame: pl.DataFrame, path: Path) -> None:
    frame.write_csv(path, compression="gzip" if path.suffix == ".gz" else "uncompressed")
