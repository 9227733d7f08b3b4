"""How a table of strings is held against a contract: how it is typed, and which rows break which rule.

Everything is vectorised over whole data frames, never lazy ones: pandera passes a LazyFrame without looking at its
data. No rule lives here. A frame of findings has the columns `row`, `rule` and `field`, and never a value.
"""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

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
    extra = columns_extra(frame.select(pl.selectors.string()).columns, contract)
    text, padded = trim(frame.drop(extra).with_row_index("row"), contract)
    typed, unreadable = type_columns(text, contract)
    elsewhere = find_rows_from_elsewhere(typed, contract, district_id=district_id, school_year=school_year)
    typed = typed.filter(~pl.col("row").is_in(elsewhere["row"].implode()))
    typed = typed.with_columns(school_year=pl.lit(school_year, pl.Int16))
    columns = pl.DataFrame({"row": None, "rule": _code(contract, EXTRA_COLUMN), "field": extra}, schema=FINDINGS)
    return Examined(
        text=text,
        typed=typed,
        set_aside=text.filter(~pl.col("row").is_in(typed["row"].implode())),
        findings=pl.concat([unreadable, elsewhere, find(typed, contract), padded, columns]),
    )


def columns_missing(columns: Iterable[str], contract: pa.DataFrameSchema) -> list[str]:
    """Name the required columns that are not there."""
    return [name for name, column in contract.columns.items() if not column.nullable and name not in set(columns)]


def columns_extra(columns: Iterable[str], contract: pa.DataFrameSchema) -> list[str]:
    """Name the columns that the contract does not know and that are not the sender's own `local_` ones."""
    known = {*contract.columns, *SUBMISSION_COLUMNS}
    return [name for name in columns if name not in known and not name.startswith("local_")]


def trim(frame: pl.DataFrame, contract: pa.DataFrameSchema) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Leave out the spaces around values and make blanks null; give the frame and the findings."""
    names = [name for name in dict.fromkeys((*contract.columns, *SUBMISSION_COLUMNS)) if name in frame.columns]
    stripped = frame.select(pl.col(names).str.strip_chars())
    padded = pl.select(frame["row"], *((stripped[name] != frame[name]).alias(name) for name in names))
    blank = stripped.select((pl.col(names) == "").any()).row(0, named=True)
    blanks_null = stripped.with_columns(pl.col(name).replace("", None) for name in names if blank[name])
    return frame.with_columns(blanks_null.get_columns()), _findings(padded, _code(contract, PADDED))


def find_rows_from_elsewhere(
    frame: pl.DataFrame, contract: pa.DataFrameSchema, *, district_id: str, school_year: int
) -> pl.DataFrame:
    """Find the rows that name another district or school year than the submission's; the state names any district."""
    submission = {"district_id": district_id, "school_year": str(school_year)}
    if district_id == STATE:
        del submission["district_id"]
    named = [pl.col(name) != value for name, value in submission.items() if name in frame.columns]
    return _findings(frame.select("row", *named), _code(contract, ELSEWHERE))


def type_columns(frame: pl.DataFrame, contract: pa.DataFrameSchema) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Read the trimmed text of every column of the contract as its kind of value.

    Gives the rows that could be read, typed, with the contract's columns first (those not sent are null) and the other
    columns as they were; and the findings, whose rows are left out of the first.
    """
    sent = [name for name in contract.columns if name in frame.columns]
    kinds = {name: KINDS[column.metadata["kind"]] for name, column in contract.columns.items()}
    read = frame.select(
        kind.read(pl.col(name)) if name in sent else pl.lit(None, kind.dtype).alias(name)
        for name, kind in kinds.items()
    )
    some_lost = [name for name in sent if read[name].null_count() > frame[name].null_count()]
    lost = frame.select("row", *((read[name].is_null() & frame[name].is_not_null()).alias(name) for name in some_lost))
    findings = _findings(lost, _code(contract, UNREADABLE))
    typed = read.hstack(frame.select(pl.exclude(*kinds)))
    return typed.filter(~pl.col("row").is_in(findings["row"].implode())), findings


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
    found = [_NONE]
    for error in broken:
        if error.reason_code is SchemaErrorReason.SERIES_CONTAINS_NULLS:
            rule = _code(contract, MISSING)
        elif error.reason_code is SchemaErrorReason.DATAFRAME_CHECK:
            rule = error.check.name
        else:
            raise NotCheckedError(f"the contract of {contract.name} could not be applied: {error.reason_code.value}")
        rows = typed["row"].filter(~error.check_output.to_series())
        found.append(pl.select(row=rows, rule=pl.lit(rule), field=pl.lit(error.schema.name)))
    return pl.concat(found)


def _columns_in_doubt(typed: pl.DataFrame, contract: pa.DataFrameSchema) -> list[str]:
    """Ask all rules at once, and name the columns of those that do not hold everywhere.

    Most rules hold of most submissions, and pandera asks each on its own: for a small file that takes ten times as
    long. A frame that is not of the contract is in doubt altogether.
    """
    kinds = {name: column.dtype.type for name, column in contract.columns.items()}
    if any(typed.schema.get(name) != kind for name, kind in kinds.items()):
        return list(kinds)
    asked = [(name, expression) for name, of_column in contract.metadata["holds"].items() for expression in of_column]
    holds = typed.select(one.all().alias(str(place)) for place, (_, one) in enumerate(asked)).row(0)
    doubtful = {name for (name, _), all_hold in zip(asked, holds, strict=True) if not all_hold}
    doubtful |= {name for name, column in contract.columns.items() if not column.nullable and typed[name].null_count()}
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


def _findings(flags: pl.DataFrame, rule: str) -> pl.DataFrame:
    """Turn columns of flags beside `row` into findings; a null flag is no finding."""
    flagged = flags.select(pl.exclude("row").any())
    found = [
        pl.select(row=flags["row"].filter(flags[name]), rule=pl.lit(rule), field=pl.lit(name))
        for name, is_found in zip(flagged.columns, flagged.rows()[0] if flagged.width else (), strict=True)
        if is_found
    ]
    return pl.concat([_NONE, *found]) if found else _NONE
