"""Rules across files and years, run over what a district sent: each select once, over tables in memory.

The selects and their cards stand in `expectations/agreement`; which submission and which last year is known to the
caller. A rule that lacks a collection, a column or a year is not checked, and is never told as passed.
"""

import csv
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache

import duckdb
import polars as pl

from expectations.agreement import CARDS, LAST_YEAR, SET_ASIDE, Card
from expectations.codes import code_set_file
from expectations.collections import CONTRACTS
from expectations.collections.validation import Examined

AGREED = pl.Schema(
    {"row": pl.UInt32(), "rule": pl.String(), "field": pl.String(), "seen": pl.String(), "expected": pl.String()}
)
"""A finding of a rule across files: `row` is one of the rule's collection, or null where it is about many records."""

NOT_SENT, NO_COLUMN, NO_LAST_YEAR, FAULT = "collection", "column", "last_year", "fault"


@dataclass(frozen=True)
class NotChecked:
    """A rule that could not be asked: which, the kind of what was missing, and its name."""

    rule: str
    kind: str
    missing: str


@dataclass(frozen=True)
class Agreement:
    """What the rules across files found in each collection, which of them found nothing, and which were not asked."""

    findings: Mapping[str, pl.DataFrame]
    shadow: Mapping[str, int]
    passed: tuple[str, ...]
    not_checked: tuple[NotChecked, ...]


def agree(
    sent: Mapping[str, Examined],
    last_year: Mapping[str, pl.DataFrame],
    *,
    district_id: str,
    school_year: int,
    cards: Iterable[Card] = tuple(CARDS.values()),
) -> Agreement:
    """Run every card in effect over the collections that were sent, and those of last year where they are known.

    A card whose own collection was not sent is not asked and not told. A rule in shadow is counted and tells nothing.
    """
    found: dict[str, list[pl.DataFrame]] = {name: [] for name in sent}
    shadow, passed, not_checked = {}, [], []
    with _connection(sent, last_year, district_id, school_year) as connection:
        for card in cards:
            if card.collection not in sent or not card.holds_in(school_year):
                continue
            if missing := _missing(card, sent, last_year):
                not_checked.append(missing)
                continue
            try:
                rows = _run(connection, card)
            except duckdb.Error:
                not_checked.append(NotChecked(card.code, FAULT, card.code))
                continue
            if card.shadow:
                shadow[card.code] = rows.height
            elif rows.height:
                found[card.collection].append(rows)
            else:
                passed.append(card.code)
    findings = {name: pl.concat([AGREED.to_frame(), *frames]) for name, frames in found.items()}
    return Agreement(findings, shadow, tuple(passed), tuple(not_checked))


def last_year_of(frame: pl.DataFrame, collection: str) -> pl.DataFrame:
    """Give what a rule may ask of last year: the columns of the contract, without the personal ones."""
    return frame.select(
        pl.col(name).cast(column.dtype.type) if name in frame.columns else pl.lit(None, column.dtype.type).alias(name)
        for name, column in CONTRACTS[collection].columns.items()
        if not column.metadata["personal"]
    )


def _missing(card: Card, sent: Mapping[str, Examined], last_year: Mapping[str, pl.DataFrame]) -> NotChecked | None:
    for name in card.collections:
        if name not in sent:
            return NotChecked(card.code, NOT_SENT, name)
    for named in card.columns:
        collection, column = named.split(".")
        if column not in sent[collection].text.columns:
            return NotChecked(card.code, NO_COLUMN, named)
    for name in card.last_year:
        if name not in last_year:
            return NotChecked(card.code, NO_LAST_YEAR, name)
    return None


def _connection(
    sent: Mapping[str, Examined], last_year: Mapping[str, pl.DataFrame], district_id: str, school_year: int
) -> duckdb.DuckDBPyConnection:
    """Open a database in memory that holds the tables a select may name and reaches nothing else."""
    connection = duckdb.connect(
        ":memory:",
        config={"autoinstall_known_extensions": False, "autoload_known_extensions": False, "threads": 2},
    )
    days = {"first_day": date(school_year - 1, 7, 1), "last_day": date(school_year, 6, 30)}
    tables = {"submission": pl.DataFrame([{"district_id": district_id, "school_year": school_year} | days])}
    for name, examined in sent.items():
        columns = list(CONTRACTS[name].columns)
        tables[name] = examined.typed.select("row", *columns)
        aside = examined.set_aside
        tables[name + SET_ASIDE] = aside.select(
            "row", *(pl.col(c) if c in aside.columns else pl.lit(None, pl.String).alias(c) for c in columns)
        )
    tables |= {name + LAST_YEAR: frame for name, frame in last_year.items()}
    for name in {name for card in CARDS.values() for name in card.code_sets}:
        tables[f"code_{name}"] = _code_set(name)
    for name, frame in tables.items():
        connection.register(name, frame.to_arrow())
    connection.execute("set python_enable_replacements = false")
    connection.execute("set enable_external_access = false")
    connection.execute("set lock_configuration = true")
    return connection


@cache
def _code_set(name: str) -> pl.DataFrame:
    with code_set_file(name).open(encoding="utf-8", newline="") as lines:
        return pl.DataFrame(list(csv.DictReader(lines)))


def _run(connection: duckdb.DuckDBPyConnection, card: Card) -> pl.DataFrame:
    rows = pl.from_arrow(connection.execute(card.select).to_arrow_table())
    return rows.select(
        pl.col("row").cast(pl.UInt32),
        pl.lit(card.code).alias("rule"),
        pl.lit(card.fields[0]).alias("field"),
        pl.col("seen").cast(pl.String),
        pl.col("expected").cast(pl.String),
    ).sort("row", "seen", "expected", nulls_last=True)
