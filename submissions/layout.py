"""Whether a file is in the layout, and of the district and year, that it should be of; and what records it holds.

The layout is the standard's own or that of a mapping. Every row of a file is accounted for here, and none is typed or
judged: that is for the contracts.
"""

import difflib
import re
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl

from expectations.collections import CONTRACTS
from expectations.collections.validation import STATE, SUBMISSION_COLUMNS, columns_extra, columns_missing
from expectations.notices import EXPLAIN, MUST_FIX, Notice
from submissions.mapping import BLANK, Mapping, Record
from submissions.packages import DESCRIPTOR, SUFFIXES
from submissions.reading import LINE, Table

STANDS_FOR = "source_rows"
"""The column that is added here: how many rows of the file a record stands for."""

_TOLD = 20
"""How many columns of a file are named one by one before the rest are counted."""

_RULES = {
    "SUB-001": (
        "Rows belong to another district",
        "Send the rows of one district alone, or send the file as that district.",
    ),
    "SUB-002": (
        "Rows belong to another school year",
        "Send the rows of one school year alone, or name the year they are of.",
    ),
    "SUB-003": (
        "The submission does not hold the files we expected",
        "Send one file for each collection, or one export.",
    ),
    "SUB-004": (
        "The file name is not the name of a collection",
        "Name the file after its collection, such as student.csv.",
    ),
    "SUB-005": ("A column is missing", "Add the column, or give it the name that we expect."),
    "SUB-006": ("A column is not known", "Remove the column, or ask the state team to add it to the mapping."),
    "SUB-007": ("A value does not say whether the row counts", "Ask the state team to add the value to the mapping."),
    "SUB-008": (
        "The columns are those of another file",
        "Check that the right file was sent, with column names on line 1.",
    ),
    "SUB-009": (
        "Numbers that name a student or school were changed on the way",
        "Export again and do not open the file in a spreadsheet, or format the column as text first.",
    ),
    "SUB-010": (
        "Numbers that name a student or school lost the zeros before them",
        "Export again and do not open the file in a spreadsheet, or format the column as text first.",
    ),
    "SUB-011": (
        "The files are not those that were declared",
        f"The upload may not be complete. Send all files and a {DESCRIPTOR} that describes them.",
    ),
    "SUB-012": (
        "The description of the files cannot be read",
        f"Write {DESCRIPTOR} again, or leave it out: it is not required.",
    ),
    "SUB-013": (
        "A collection that was sent last year is missing",
        "Send all files of the year together; what is left out counts as not reported. Or explain why there is none.",
    ),
    "SUB-014": (
        "Many rows of a file could not be read",
        "Look for a column that is written in another way than we expect, and send the file again.",
    ),
}


def notice(rule: str, message: str, table: Table | None = None, **facts: Any) -> Notice:
    """Word a finding about a submission as a whole, or about one of its files."""
    title, fix = _RULES[rule]
    facts = {"severity": MUST_FIX, "file": table.name if table else None, "title": title, "fix": fix} | facts
    return Notice(rule=rule, message=message, **facts)


def collection_of(file_name: str) -> str | None:
    """Name the collection that a file of the standard layout holds; None where its name is not a collection's."""
    stems = [file_name.removesuffix(suffix) for suffix in SUFFIXES if file_name.endswith(suffix)]
    return stems[0] if stems and stems[0] in CONTRACTS else None


def check(table: Table, mapping: Mapping | None, *, district_id: str, school_year: int) -> list[Notice]:
    """Say why a file is not what this district may send for this year; nothing where it is.

    Without a mapping the file is in the standard layout and its name names its collection. The state may name any
    district in it.
    """
    if mapping:
        found = _columns_differ(table, [*mapping.used, *mapping.unused])
        whose = {"SUB-001": mapping.district_id.expression(), "SUB-002": mapping.school_year.expression()}
    else:
        collection = collection_of(table.name)
        if collection is None:
            names = ", ".join(CONTRACTS)
            return [notice("SUB-004", f"The file name names no collection; we expected one of {names}.", table)]
        found = _standard_columns_differ(table, collection)
        named = zip(("SUB-001", "SUB-002"), SUBMISSION_COLUMNS, strict=True)
        whose = {rule: pl.col(column).str.strip_chars() for rule, column in named if column in table.columns}
        if district_id == STATE:
            whose.pop("SUB-001", None)
    if not found:
        expected = {"SUB-001": district_id, "SUB-002": str(school_year)}
        for rule, value in whose.items():
            found += _belong_elsewhere(table, rule, value, expected[rule], blank_is_ours=mapping is None)
    return found


def _belong_elsewhere(table: Table, rule: str, value: pl.Expr, expected: str, blank_is_ours: bool) -> list[Notice]:
    ours = (value == expected) | (value == BLANK) if blank_is_ours else value == expected
    other = table.frame.filter(~ours).select(LINE, value.alias("value"))
    if not other.height:
        return []
    what = "district" if rule == "SUB-001" else "school year"
    line, count = other[LINE][0], other.height
    if other["value"].n_unique() == 1 and re.fullmatch(r"[\w-]{1,20}", other["value"][0]):  # a constant is no student's
        seen = f"{what} {other['value'][0]}"
    else:
        seen = f"another {what}"
    rows = "1 row names" if count == 1 else f"{count:,} rows name"
    message = f"{rows} {seen}, first on line {line:,}; we expected {what} {expected}."
    return [notice(rule, message, table, line=line, count=count)]


def _columns_differ(table: Table, expected: list[str]) -> list[Notice]:
    missing = [name for name in expected if name not in table.columns]
    unknown = [name for name in table.columns if name not in expected]
    alike = len({name.casefold() for name in expected} & {name.strip().casefold() for name in table.columns})
    if 2 * alike < len(expected):  # the line may hold a student's values, so they are not repeated
        seen = f"Line 1 names {alike:,} of the {len(expected):,} columns we expected, such as {expected[0]}."
        return [notice("SUB-008", seen, table, line=1)]
    found = _renamed(table, missing, unknown)
    for name in missing:
        if name not in {one.field for one in found}:
            found.append(notice("SUB-005", f"Column {name} is missing from line 1.", table, line=1, field=name))
    for name in unknown[:_TOLD]:
        seen = f"Column {_shown(name)} on line 1 is not part of this layout."
        found.append(notice("SUB-006", seen, table, line=1, field=_shown(name)))
    if more := unknown[_TOLD:]:
        seen = f"{len(more):,} more columns on line 1 are not part of this layout."
        found.append(notice("SUB-006", seen, table, line=1, count=len(more)))
    return found


def _standard_columns_differ(table: Table, collection: str) -> list[Notice]:
    contract = CONTRACTS[collection]
    required = columns_missing(table.columns, contract)
    if len(required) == len(columns_missing([], contract)):
        names = ", ".join(required)
        return [
            notice("SUB-008", f"Line 1 names none of the columns that {collection} requires: {names}.", table, line=1)
        ]
    extra = columns_extra(table.columns, contract)
    found = _renamed(table, [name for name in contract.columns if name not in table.columns], extra)
    for name in required:
        if name not in {one.field for one in found}:
            found.append(notice("SUB-005", f"Column {name} is missing from line 1.", table, line=1, field=name))
    return found


def _renamed(table: Table, missing: list[str], unknown: list[str]) -> list[Notice]:
    """Match missing columns with the unknown ones that are named almost alike, and take those out of `unknown`."""
    found = []
    for name in missing:
        plain = {other.strip().casefold(): other for other in unknown}
        if near := difflib.get_close_matches(name.casefold(), plain, 1, cutoff=0.8):
            other = plain[near[0]]
            unknown.remove(other)
            seen = f"Column {name} is missing from line 1; column {_shown(other)} has a name much like it."
            fix = f"Rename {_shown(other)} to {name}."
            found.append(notice("SUB-005", seen, table, line=1, field=name, fix=fix))
    return found


def _shown(name: str) -> str:
    return name if len(name) <= 40 else name[:40] + "…"


# --- numbers that name someone or something

_CHANGED = {
    "are written with a power of ten": r"\A[0-9](\.[0-9]+)?[eE]\+[0-9]+\z|\A[0-9]\.[0-9]+[eE][0-9]+\z",
    "have a decimal point": r"\A[0-9]+\.[0-9]*\z",
    "hold letters that are not a to z": r"[^\x00-\x7F]",
}


class Identifiers:
    """The numbers of students and schools in the files of one submission, and whether a spreadsheet changed them.

    Such damage is that of a column and not of a row, so it keeps the file out.
    """

    def __init__(self, compare: bool) -> None:
        self.compare = compare
        self.known: dict[str, list[tuple[Table, pl.DataFrame]]] = {}

    def add(self, table: Table, mapping: Mapping | None) -> list[Notice]:
        """Look at a checked file, say what is wrong with its numbers, and keep them to compare with other files."""
        found = []
        for name, value in _identifiers(table, mapping).items():
            values = table.frame.group_by(value=value).agg(pl.col(LINE).min(), pl.len().alias("count"))
            unusual = values.filter(pl.col("value").str.contains("[^0-9A-Za-z_-]"))
            for what, pattern in _CHANGED.items() if unusual.height else ():
                changed = unusual.filter(pl.col("value").str.contains(pattern))
                if changed.height:
                    line, count = changed[LINE].min(), changed["count"].sum()
                    seen = f"{count:,} values of {name} {what}, first on line {line:,}."
                    found.append(notice("SUB-009", seen, table, line=line, field=name, count=count))
            if self.compare:
                numbers = values.filter(pl.col("value").str.contains(r"\A[0-9]+\z"))
                self.known.setdefault(name, []).append((table, numbers))
        return found

    def lost_zeros(self) -> list[Notice]:
        """Find the files whose numbers stand with zeros before them in another file of the submission."""
        found = []
        for name, files in self.known.items():
            for table, numbers in files:
                if numbers["value"].str.starts_with("0").any():
                    continue
                elsewhere = [other["value"] for _, other in files if other is not numbers]
                others = pl.concat([pl.Series([], dtype=pl.String), *elsewhere]).unique()
                bare = others.filter(others.str.starts_with("0")).str.strip_chars_start("0")
                bare = bare.filter(~bare.is_in(others.implode()))
                lines = numbers.filter(pl.col("value").is_in(bare.implode()))[LINE].sort()
                if len(lines):
                    seen = f"Zeros before {name} in another file are lost here. Rows: {len(lines):,}."
                    where = {"line": lines[0], "field": name, "count": len(lines)}
                    found.append(notice("SUB-010", seen, table, **where))
        return found


def _identifiers(table: Table, mapping: Mapping | None) -> dict[str, pl.Expr]:
    """Name the identifying columns of the collections in a file, and how each is read from it."""
    if mapping is None:
        contract = CONTRACTS[collection_of(table.name)]
        named = {name: pl.col(name).str.strip_chars() for name in contract.columns if name in table.columns}
        return {name: value for name, value in named.items() if _is_identifier(contract.columns[name])}
    named = {}
    for collection, (record, *_) in mapping.collections.items():
        for name, column in CONTRACTS[collection].columns.items():
            if name in record.values and _is_identifier(column):
                named.setdefault(name, record.values[name].expression())
    return named


def _is_identifier(column: Any) -> bool:
    return column.metadata["kind"] == "identifier"


# --- the records of each collection


@dataclass(frozen=True)
class Records:
    """The records of one collection in one file: text, with the line each came from and the rows it stands for.

    `rows_received` counts a row of the export once for each record that the mapping may make of it. It always equals
    the sum of `source_rows` and `rows_not_applicable`.
    """

    collection: str
    frame: pl.DataFrame
    rows_received: int
    rows_not_applicable: int = 0
    notices: tuple[Notice, ...] = ()


def records(table: Table, mapping: Mapping | None) -> list[Records]:
    """Give the records of every collection that a checked file holds, in the order of the mapping.

    Rows of an export that say the same of a collection become one record, which stands for them all. Rows of a file in
    the standard layout stay as they are.
    """
    if mapping is None:
        frame = table.frame.hstack([pl.Series(STANDS_FOR, np.ones(table.rows, np.int32))])
        return [Records(collection_of(table.name), frame, table.rows)]
    return [_mapped(table, collection, made) for collection, made in mapping.collections.items()]


def _mapped(table: Table, collection: str, made: tuple[Record, ...]) -> Records:
    columns = [name for name in CONTRACTS[collection].columns if name in made[0].values]
    columns += [name for name in made[0].values if name not in columns]
    frames, not_applicable, notices = [], 0, []
    for record in made:
        rows = table.frame
        if record.where:
            kept, known = record.where.expressions()
            not_known = rows.filter(~known)
            if not_known.height:
                notices.append(_does_not_say(table, collection, record.where.value.column, not_known[LINE]))
            rows = rows.filter(kept)
            not_applicable += table.rows - rows.height
        frames.append(rows.select(*(record.values[name].expression().alias(name) for name in columns), LINE))
    frame = (
        pl.concat(frames)
        .group_by(columns, maintain_order=True)
        .agg(pl.col(LINE).min(), pl.len().cast(pl.Int32).alias(STANDS_FOR))
        .sort(LINE, maintain_order=True)
    )
    return Records(collection, frame, table.rows * len(made), not_applicable, tuple(notices))


def _does_not_say(table: Table, collection: str, column: str, lines: pl.Series) -> Notice:
    rows = "1 row has" if len(lines) == 1 else f"{len(lines):,} rows have"
    message = f"{rows} a value in {column} that the mapping does not know, so they make no {collection} record."
    facts = {"severity": EXPLAIN, "collection": collection, "field": column, "line": lines[0], "count": len(lines)}
    return notice("SUB-007", message, table, **facts)
