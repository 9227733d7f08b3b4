"""Rules across files and years, run over what a district sent: each select once, over tables in memory.

The selects and their cards stand in `expectations/agreement`; which submission, which last year and what the state
itself has sent is known to the caller. A rule that lacks a collection, a column or a year is not checked, and is never
told as passed.
"""

import os
import threading
from collections.abc import Iterable, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from functools import cache

import duckdb
import polars as pl

from expectations.agreement import CARDS, FRAMEWORK, LAST_YEAR, OF_STATE, SET_ASIDE, Card
from expectations.codes import code_set, policy_file
from expectations.collections import CONTRACTS
from expectations.collections.validation import STATE, Examined

AGREED = pl.Schema(
    {"row": pl.UInt32(), "rule": pl.String(), "field": pl.String(), "seen": pl.String(), "expected": pl.String()}
)
"""A finding of a rule across files: `row` is one of the rule's collection, or null where it is about many records."""
NOTHING = AGREED.to_frame()
"""No such findings; made once, for most files have none."""

NOT_SENT, NO_COLUMN, NO_LAST_YEAR, NOT_OF_STATE, FAULT = "collection", "column", "last_year", "of_state", "fault"
NO_POLICY = "policy"

POLICY = "policy_"
_POLICIES = {
    "cut_scores": {
        "policy_id": pl.String(),
        "first_school_year": pl.Int16(),
        "last_school_year": pl.Int16(),
        "subject": pl.String(),
        "grade": pl.String(),
        "performance_level": pl.Int16(),
        "cut_score": pl.Decimal(9, 3),
    },
    "removal_rates": {
        "first_school_year": pl.Int16(),
        "last_school_year": pl.Int16(),
        "state_median_percent": pl.Decimal(9, 3),
    },
}
"""The columns of the tables of policy that a select may ask for."""

MOST_COPIED = 5_000_000
"""Up to so many rows in all, tables are copied into a database that is kept for the next submission. Copied tables
answer twice to several times as fast; those of more rows are read where they stand, for their copy takes a gigabyte."""


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
    of_state: Mapping[str, pl.DataFrame] | None = None,
    cards: Iterable[Card] = tuple(CARDS.values()),
) -> Agreement:
    """Run every card in effect over the collections that were sent, and those of last year where they are known.

    `of_state` is what the state itself has sent for the year. A card whose own collection was not sent is not asked and
    not told. A rule in shadow is counted and tells nothing.
    """
    known = {name + LAST_YEAR: frame for name, frame in last_year.items()}
    if district_id != STATE:
        known |= {name + OF_STATE: _about(sent, name, frame) for name, frame in (of_state or {}).items()}
        known |= {name: frame for name, frame in (of_state or {}).items() if name in FRAMEWORK and name not in sent}
    asked = [card for card in cards if card.collection in sent and card.holds_in(school_year)]
    known |= {POLICY + name: policy(name, school_year) for name in {name for card in asked for name in card.policies}}
    if district_id == STATE:
        asked = [card for card in asked if not card.of_state]
    not_checked = [missing for card in asked if (missing := _missing(card, sent, known))]
    lacking = {one.rule for one in not_checked}
    asked = [card for card in asked if card.code not in lacking]
    found: dict[str, list[pl.DataFrame]] = {name: [] for name in sent}
    shadow, passed = {}, []
    tables = _tables(asked, sent, known, district_id, school_year)
    with _database(tables) as connection:
        for card in asked:
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
    findings = {name: pl.concat([NOTHING, *frames]) if frames else NOTHING for name, frames in found.items()}
    return Agreement(findings, shadow, tuple(passed), tuple(sorted(not_checked, key=lambda one: one.rule)))


def last_year_of(frame: pl.DataFrame, collection: str) -> pl.DataFrame:
    """Give what a rule may ask of last year: the columns of the contract, without the personal ones."""
    return frame.select(
        pl.col(name).cast(column.dtype.type) if name in frame.columns else pl.lit(None, column.dtype.type).alias(name)
        for name, column in CONTRACTS[collection].columns.items()
        if not column.metadata["personal"]
    )


def policy(name: str, school_year: int) -> pl.DataFrame:
    """Give the rows of a table of policy that hold in a school year."""
    frame = pl.read_csv(policy_file(name), infer_schema=False).select(
        pl.col(column).cast(kind) for column, kind in _POLICIES[name].items()
    )
    return frame.filter(pl.lit(school_year).is_between("first_school_year", "last_school_year"))


def ordered(registry: pl.DataFrame) -> pl.DataFrame:
    """Order the state's registry so that `agree` finds the students of a district in it without looking at all."""
    return registry.with_columns(_namesake()).sort("student_id")


def _namesake() -> pl.Expr:
    return pl.struct(pl.col("last_name").str.to_lowercase(), "birth_date").hash().alias("_namesake")


def _about(sent: Mapping[str, Examined], collection: str, frame: pl.DataFrame) -> pl.DataFrame:
    """Keep of what the state sent about students that which may be about a student of this submission."""
    if collection != "student_registry":
        return frame
    registry = frame if "_namesake" in frame.columns else ordered(frame)
    numbers = [one.typed["student_id"] for one in sent.values() if "student_id" in one.typed.columns]
    ours = pl.concat([registry["student_id"].clear(), *numbers]).drop_nulls().unique()
    ends = [registry["student_id"].search_sorted(ours, side=side).alias(side) for side in ("left", "right")]
    rows = pl.select(pl.int_ranges(*ends)).to_series().explode().drop_nulls()
    if "student" in sent:
        people = sent["student"].typed.select("last_name", "birth_date").drop_nulls().select(_namesake()).to_series()
        alike = registry["_namesake"].is_in(people.unique().implode()).arg_true()
        rows = pl.concat([rows.cast(pl.UInt32), alike.cast(pl.UInt32)])
    return registry[rows.unique().sort()].drop("_namesake")


def _missing(card: Card, sent: Mapping[str, Examined], known: Mapping[str, pl.DataFrame]) -> NotChecked | None:
    for name in card.collections:
        if name not in sent and name not in known:
            return NotChecked(card.code, NOT_SENT, name)
    for named in card.columns:
        collection, column = named.split(".")
        if collection in sent and column not in sent[collection].text.columns:
            return NotChecked(card.code, NO_COLUMN, named)
    for name in card.last_year:
        if name + LAST_YEAR not in known:
            return NotChecked(card.code, NO_LAST_YEAR, name)
    for named in card.of_state:
        collection, _, column = named.partition(".")
        frame = known.get(collection + OF_STATE)
        if frame is None or (column and (column not in frame.columns or frame[column].is_null().all())):
            return NotChecked(card.code, NOT_OF_STATE, named)
    for name in card.policies:
        if known[POLICY + name].is_empty():
            return NotChecked(card.code, NO_POLICY, POLICY + name)
    return None


# --- the tables


def _tables(
    cards: Iterable[Card],
    sent: Mapping[str, Examined],
    known: Mapping[str, pl.DataFrame],
    district_id: str,
    school_year: int,
) -> dict[str, pl.DataFrame]:
    """Give the tables that the selects of the cards name, but for those that hold nothing for every district."""
    named = {name for card in cards for name in _named(card.select)}
    days = {"first_day": date(school_year - 1, 7, 1), "last_day": date(school_year, 6, 30)}
    tables = {"submission": pl.DataFrame([{"district_id": district_id, "school_year": school_year} | days])}
    for name, examined in sent.items():
        columns = list(CONTRACTS[name].columns)
        if name in named:
            tables[name] = examined.typed.select("row", *columns)
        aside = examined.set_aside
        if name + SET_ASIDE in named and aside.height:
            tables[name + SET_ASIDE] = aside.select(
                "row", *(pl.col(c) if c in aside.columns else pl.lit(None, pl.String).alias(c) for c in columns)
            )
    return tables | {name: frame for name, frame in known.items() if name in named}


@cache
def _named(select: str) -> frozenset[str]:
    """Name the tables of a select; none where it is no select, and then it fails when it is run."""
    try:
        return frozenset(duckdb.get_table_names(select))
    except duckdb.Error:
        return frozenset()


_kept = threading.local()


@contextmanager
def _database(tables: Mapping[str, pl.DataFrame]):
    """Open a database in memory that holds the tables a select may name and reaches nothing else."""
    if sum(frame.height for frame in tables.values()) > MOST_COPIED:
        with _opened(threads=2) as connection:
            for name, frame in tables.items():
                if name.endswith(SET_ASIDE):
                    connection.execute(f'drop table "{name}"')
                connection.register(name, frame.to_arrow())
            yield connection
        return
    if getattr(_kept, "process", None) != os.getpid():  # a process that was forked off has the memory and no threads
        _kept.connection, _kept.process = _opened(threads=1), os.getpid()
    connection, copied = _kept.connection, []
    try:
        for name, frame in tables.items():
            connection.register("incoming", frame.to_arrow())
            copied.append(name)
            connection.execute(f'create or replace table "{name}" as from incoming')
        connection.unregister("incoming")
        yield connection
    except BaseException:
        _kept.process = None
        raise
    for name in copied:
        empty = name.endswith(SET_ASIDE)
        connection.execute(f'truncate "{name}"' if empty else f'drop table "{name}"')


def _opened(threads: int) -> duckdb.DuckDBPyConnection:
    """Open a database with the code sets, and with tables of what was set aside, which most often is nothing."""
    connection = duckdb.connect(
        ":memory:",
        config={"autoinstall_known_extensions": False, "autoload_known_extensions": False, "threads": threads},
    )
    tables = {f"code_{name}": pl.DataFrame(code_set(name)) for card in CARDS.values() for name in card.code_sets}
    for name, contract in CONTRACTS.items():
        columns = {"row": pl.UInt32(), **dict.fromkeys(contract.columns, pl.String())}
        tables[name + SET_ASIDE] = pl.DataFrame(schema=columns)
    for name, frame in tables.items():
        connection.register("incoming", frame.to_arrow())
        connection.execute(f'create table "{name}" as from incoming')
    connection.unregister("incoming")
    connection.execute("set enable_progress_bar = false")
    connection.execute("set python_enable_replacements = false")
    connection.execute("set enable_external_access = false")
    connection.execute("set lock_configuration = true")
    return connection


def _run(connection: duckdb.DuckDBPyConnection, card: Card) -> pl.DataFrame:
    answer = connection.execute(card.select).to_arrow_table()
    if not answer.num_rows:
        return NOTHING
    return (
        pl.from_arrow(answer)
        .select(
            pl.col("row").cast(pl.UInt32),
            pl.lit(card.code).alias("rule"),
            pl.lit(card.fields[0]).alias("field"),
            pl.col("seen").cast(pl.String),
            pl.col("expected").cast(pl.String),
        )
        .sort("row", "seen", "expected", nulls_last=True)
    )
