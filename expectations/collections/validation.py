"""How a table of strings is held against a contract: how it is typed, and which rows break which rule.

Everything is vectorised over whole data frames, never lazy ones: pandera passes a LazyFrame without looking at its
data. No rule lives here. A frame of findings has the columns `row`, `rule` and `field`, and never a value.
"""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pandera.polars as pa
import polars as pl
from pandera.config import ValidationDepth, config_context
from pandera.errors import SchemaErrorReason, SchemaErrors

from expectations.codes import code_set_file
from expectations.collections.columns import KINDS
from expectations.collections.rules import ELSEWHERE, EXTRA_COLUMN, MISSING, PADDED, UNREADABLE

FINDINGS = pl.Schema({"row": pl.UInt32(), "rule": pl.String(), "field": pl.String()})
_NONE = FINDINGS.to_frame()
"""No findings; made once, for most files have none."""

SUBMISSION_COLUMNS = ("district_id", "school_year")
"""What any file may carry to say whose it is. They are compared with the submission and not kept."""

STATE = "state"
"""The district under which the state itself submits: its registry, its framework, and its directory, whose rows each
say whose they are."""


class NotCheckedError(Exception):
    """A contract could not be applied. The fault lies here and not in the data."""


@dataclass(frozen=True)
class Examined:
    """A table held against its contract. Every row of `text` stands in `typed` or in `set_aside`, under the same `row`.

    `findings` may name rows of both; a finding about a whole column has no row.
    """

    text: pl.DataFrame
    typed: pl.DataFrame
    set_aside: pl.DataFrame
    findings: pl.DataFrame


def examine(frame: pl.DataFrame, contract: pa.DataFrameSchema, *, district_id: str, school_year: int) -> Examined:
    """Hold a table of strings against a contract, all its rules at once.

    Rows that cannot be read or that belong to another submission are set aside; all others are kept, whatever was
    found. Text columns that the contract does not know are left out; columns that are not text pass through.
    """
    extra = columns_extra([name for name, kind in frame.schema.items() if kind == pl.String], contract)
    frame = (frame.drop(extra) if extra else frame).with_row_index("row")
    read, stripped = _look_once(frame, contract)
    text, padded = trim(frame, contract, read, stripped)
    typed, unreadable = type_columns(text, contract, read)
    elsewhere = find_rows_from_elsewhere(typed, contract, district_id=district_id, school_year=school_year)
    typed = _without(typed, elsewhere["row"])
    year = constant("school_year", school_year, pl.Int16(), typed.height)
    typed = pl.DataFrame([*(one for one in typed if one.name != year.name), year])
    columns = _NONE
    if extra:
        columns = pl.DataFrame({"row": None, "rule": _code(contract, EXTRA_COLUMN), "field": extra}, schema=FINDINGS)
    return Examined(
        text=text,
        typed=typed,
        set_aside=_without(text, typed["row"]) if typed.height < text.height else text.clear(),
        findings=_together([unreadable, elsewhere, find(typed, contract), padded, columns]),
    )


def columns_missing(columns: Iterable[str], contract: pa.DataFrameSchema) -> list[str]:
    """Name the required columns that are not there."""
    return [name for name, column in contract.columns.items() if not column.nullable and name not in set(columns)]


def columns_extra(columns: Iterable[str], contract: pa.DataFrameSchema) -> list[str]:
    """Name the columns that the contract does not know and that are not the sender's own `local_` ones."""
    known = {*contract.columns, *SUBMISSION_COLUMNS}
    return [name for name in columns if name not in known and not name.startswith("local_")]


def _look_once(frame: pl.DataFrame, contract: pa.DataFrameSchema) -> tuple[dict[str, pl.Series], dict[str, pl.Series]]:
    """Read the columns in which every value that is not blank can be read as it was sent, and strip all others.

    No kind but text and codes takes a value with a space at its ends, so there is none in those that were read. What
    is asked of a small file costs by the question, so both are asked at once.
    """
    kinds = {name: column.metadata["kind"] for name, column in contract.columns.items()}
    names = [name for name in dict.fromkeys((*kinds, *SUBMISSION_COLUMNS)) if name in frame.columns]
    strict = [name for name in names if name in kinds and KINDS[kinds[name]].is_strict]
    seen = frame.select(_plainly(name, kinds[name]) if name in strict else _stripped(name) for name in names)
    read = {
        one.name: one for one in seen[strict] if not one.null_count() or one.null_count() == _blanks(frame[one.name])
    }
    doubtful = [name for name in strict if name not in read]
    stripped = frame.select(_stripped(name) for name in doubtful) if doubtful else frame.clear()
    return read, {name: stripped[name] if name in doubtful else seen[name] for name in names if name not in read}


def _blanks(values: pl.Series) -> int:
    return (values == "").sum()


def trim(
    frame: pl.DataFrame, contract: pa.DataFrameSchema, read: Mapping[str, pl.Series], stripped: Mapping[str, pl.Series]
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Put in the columns whose values were stripped, and make blanks null; give the frame and the findings."""
    text = frame.clone()
    for name, values in stripped.items():
        text.replace_column(text.get_column_index(name), values)
    padded = {name: values != frame[name] for name, values in stripped.items()}
    for name in (*(name for name, values in read.items() if values.null_count()), *stripped):
        value = text[name]
        if (is_blank := value == "").any():
            text.replace_column(text.get_column_index(name), value.set(is_blank, None))
    return text, _findings(frame["row"], padded, _code(contract, PADDED))


def find_rows_from_elsewhere(
    frame: pl.DataFrame, contract: pa.DataFrameSchema, *, district_id: str, school_year: int
) -> pl.DataFrame:
    """Find the rows that name another district or school year than the submission's; the state names any district."""
    submission = {"district_id": district_id, "school_year": str(school_year)}
    if district_id == STATE:
        del submission["district_id"]
    named = {name: frame[name] != value for name, value in submission.items() if name in frame.columns}
    return _findings(frame["row"], named, _code(contract, ELSEWHERE))


def type_columns(
    frame: pl.DataFrame, contract: pa.DataFrameSchema, already: Mapping[str, pl.Series] = MappingProxyType({})
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Read the trimmed text of every column of the contract as its kind of value, but for those read `already`.

    Gives the rows that could be read, typed, with the contract's columns first (those not sent are null) and the other
    columns as they were; and the findings, whose rows are left out of the first.
    """
    sent = [name for name in contract.columns if name in frame.columns]
    kinds = {name: column.metadata["kind"] for name, column in contract.columns.items()}
    doubtful = [name for name in sent if name not in already and KINDS[kinds[name]].is_strict]
    read = frame.select(_read(name, kinds[name]) for name in doubtful) if doubtful else frame.clear()
    columns = []
    for name, kind in kinds.items():
        if name not in sent:
            columns.append(constant(name, None, KINDS[kind].dtype, frame.height))
        else:
            columns.append(already[name] if name in already else read[name] if name in doubtful else frame[name])
    typed = pl.DataFrame([*columns, *(one for one in frame if one.name not in kinds)])
    some_lost = [name for name in sent if typed[name].null_count() > frame[name].null_count()]
    lost = {name: typed[name].is_null() & frame[name].is_not_null() for name in some_lost}
    findings = _findings(frame["row"], lost, _code(contract, UNREADABLE))
    return _without(typed, findings["row"]), findings


@cache
def _stripped(name: str) -> pl.Expr:
    return pl.col(name).str.strip_chars()


@cache
def _read(name: str, kind: str) -> pl.Expr:
    return KINDS[kind].read(pl.col(name))


@cache
def _plainly(name: str, kind: str) -> pl.Expr:
    return (KINDS[kind].plainly or KINDS[kind].read)(pl.col(name))


def constant(name: str, value: Any, kind: pl.DataType, height: int) -> pl.Series:
    """Give a column that holds one value in every row, in a tenth of the time that a query takes."""
    return _value(name, value, kind).new_from_index(0, height)


@lru_cache(maxsize=4096)
def _value(name: str, value: Any, kind: pl.DataType) -> pl.Series:
    return pl.Series(name, [value], dtype=kind)


def _without(frame: pl.DataFrame, rows: pl.Series) -> pl.DataFrame:
    return frame.filter(~pl.col("row").is_in(rows.implode())) if len(rows) else frame


def find(typed: pl.DataFrame, contract: pa.DataFrameSchema) -> pl.DataFrame:
    """Find every row of a typed frame that breaks a rule of the contract.

    The frame needs `row` and `school_year` beside the contract's columns. Raises NotCheckedError, without a value of
    the data, when the contract does not apply to the frame.
    """
    if not isinstance(typed, pl.DataFrame):
        raise TypeError("a contract is applied to a DataFrame; pandera would pass a LazyFrame unread")
    broken, doubtful = [], _columns_in_doubt(typed, contract)
    if not doubtful:
        return _NONE
    with config_context(validation_enabled=True, validation_depth=ValidationDepth.SCHEMA_AND_DATA):
        try:
            contract.select_columns(doubtful).validate(typed, lazy=True)
        except SchemaErrors as errors:
            broken = errors.schema_errors
    found = []
    for error in broken:
        if error.reason_code is SchemaErrorReason.SERIES_CONTAINS_NULLS:
            rule = _code(contract, MISSING)
        elif error.reason_code is SchemaErrorReason.DATAFRAME_CHECK:
            rule = error.check.name
        else:
            raise NotCheckedError(f"the contract of {contract.name} could not be applied: {error.reason_code.value}")
        rows = typed["row"].filter(~error.check_output.to_series())
        found.append(pl.select(row=rows, rule=pl.lit(rule), field=pl.lit(error.schema.name)))
    return _together(found)


def _columns_in_doubt(typed: pl.DataFrame, contract: pa.DataFrameSchema) -> list[str]:
    """Ask all rules at once, and name the columns of those that do not hold everywhere.

    Most rules hold of most submissions, and pandera asks each on its own: for a small file that takes ten times as
    long. A rule that needs a column without a value is not asked. A frame that is not of the contract is in doubt
    altogether.
    """
    kinds = {name: column.dtype.type for name, column in contract.columns.items()}
    schema = typed.schema
    if any(schema.get(name) != kind for name, kind in kinds.items()):
        return list(kinds)
    nulls = {name: typed[name].null_count() for name in kinds}
    empty = {name for name in kinds if nulls[name] == typed.height}
    asked = [one for one in contract.metadata["asked"] if empty.isdisjoint(one.needs)]
    holds = typed.select(one.surely for one in asked).row(0) if asked else ()
    doubtful = {one.field for one, all_hold in zip(asked, holds, strict=True) if not all_hold}
    doubtful |= {name for name, column in contract.columns.items() if not column.nullable and nulls[name]}
    return [name for name in kinds if name in doubtful]


def accepted_schema(contract: pa.DataFrameSchema) -> pl.Schema:
    """Give the columns and types of the accepted Parquet of a collection; `local_` columns may follow them.

    Personal columns are not in it, and student_id holds the pseudonym.
    """
    kept = {name: column.dtype.type for name, column in contract.columns.items() if not column.metadata["personal"]}
    return pl.Schema(
        {
            **kept,
            "school_year": pl.Int16(),
            "district_id": pl.String(),
            "record_line": pl.Int64(),
            "source_rows": pl.Int32(),
            "submission_id": pl.String(),
            "worst_severity": pl.String(),
            "finding_codes": pl.String(),
        }
    )


def rule_pack(contracts: Iterable[pa.DataFrameSchema]) -> str:
    """Name the present state of the rules: a hash over the sources of the contracts and the code sets they use."""
    folder = Path(__file__).resolve().parent
    code_sets = {column.metadata["codes"] for contract in contracts for column in contract.columns.values()} - {None}
    sources = [*sorted(folder.glob("*.py")), *(code_set_file(name) for name in sorted(code_sets))]
    digest = hashlib.sha256()
    for source in sources:
        digest.update(f"{source.name}\n{hashlib.sha256(source.read_bytes()).hexdigest()}\n".encode())
    return digest.hexdigest()[:16]


def _code(contract: pa.DataFrameSchema, number: str) -> str:
    return f"{contract.metadata['prefix']}-{number}"


def _findings(rows: pl.Series, flags: Mapping[str, pl.Series], rule: str) -> pl.DataFrame:
    """Turn flags by column into findings; a null flag is no finding."""
    found = [
        pl.select(row=rows.filter(flag), rule=pl.lit(rule), field=pl.lit(name))
        for name, flag in flags.items()
        if flag.any()
    ]
    return _together(found)


def _together(found: Sequence[pl.DataFrame]) -> pl.DataFrame:
    some = [frame for frame in found if frame.height]
    return pl.concat([_NONE, *some]) if some else _NONE
