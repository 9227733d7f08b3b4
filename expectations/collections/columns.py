"""How a column of a contract is declared, and how the text of each kind of value is read.

Only kinds of values live here: which columns a collection has stands in its contract, what must hold of them in its
rules. A kind never guesses: a text that is not written as the kind says is not a value.
"""

from collections.abc import Callable
from dataclasses import dataclass

import pandera.polars as pa
import polars as pl

from expectations.codes import codes


@dataclass(frozen=True)
class Kind:
    """A kind of value: its type, what a district has to write, and how text is read (as null where it cannot be).

    A strict kind reads no text that is blank or has a space before or after it. `plainly` reads what most texts of the
    kind are, in fewer steps, and gives null for others.
    """

    dtype: pl.DataType
    expected: str
    read: Callable[[pl.Expr], pl.Expr]
    is_strict: bool = True
    plainly: Callable[[pl.Expr], pl.Expr] | None = None


def _when_written_as(pattern: str, read: Callable[[pl.Expr], pl.Expr]) -> Callable[[pl.Expr], pl.Expr]:
    return lambda text: read(pl.when(text.str.contains(pattern)).then(text))


_IDENTIFIER = r"\A[0-9A-Za-z_-]{1,20}\z"
_OF_TOTALS = r"\A(?i:(sub|grand)?totals?|sum|count)\z"
"""What stands in the place of an identifier where a row is no record but adds up those above it."""


def _read_identifiers(text: pl.Series) -> pl.Series:
    """Read identifiers. Most are numbers, and a word comes after every number, so totals are seldom looked for."""
    is_one = text.str.contains(_IDENTIFIER)
    if (text >= "A").any():
        is_one &= ~text.str.contains(_OF_TOTALS)
    return text if is_one.all() else text.set(~is_one, None)


DECIMAL = pl.Decimal(9, 3)
KINDS = {
    "identifier": Kind(
        pl.String(),
        "1 to 20 letters, digits, hyphens or underscores",
        lambda text: text.map_batches(_read_identifiers, return_dtype=pl.String()),
        plainly=_when_written_as(r"\A[0-9][0-9A-Za-z_-]{0,19}\z", lambda text: text),
    ),
    "reference": Kind(
        pl.String(),
        "1 to 64 letters, digits, hyphens, underscores, periods or colons",
        _when_written_as(r"\A[0-9A-Za-z_.:-]{1,64}\z", lambda text: text),
    ),
    "text": Kind(pl.String(), "text", lambda text: text, is_strict=False),
    "code": Kind(pl.String(), "a code of its code set", lambda text: text, is_strict=False),
    "codes": Kind(pl.String(), "codes of its code set with ; between them", lambda text: text, is_strict=False),
    "yes_no": Kind(
        pl.Boolean(),
        "Yes or No",
        lambda text: text.replace_strict({"Yes": True, "No": False}, default=None, return_dtype=pl.Boolean),
    ),
    "date": Kind(
        pl.Date(),
        "a date written YYYY-MM-DD",
        _when_written_as(r"\A[0-9]{4}-[0-9]{2}-[0-9]{2}\z", lambda text: text.str.to_date("%Y-%m-%d", strict=False)),
    ),
    "integer": Kind(
        pl.Int16(),
        "a whole number of at most 4 digits",
        _when_written_as(r"\A-?[0-9]{1,4}\z", lambda text: text.cast(pl.Int16, strict=False)),
    ),
    "decimal": Kind(
        DECIMAL,
        "a number with at most 6 digits before the point and 3 after it",
        _when_written_as(r"\A-?[0-9]{1,6}(\.[0-9]{1,3})?\z", lambda text: text.cast(DECIMAL, strict=False)),
    ),
    "rating": Kind(
        DECIMAL,
        "a number from 0 to 999 with at most 3 digits after the point",
        _when_written_as(r"\A[0-9]{1,3}(\.[0-9]{1,3})?\z", lambda text: text.cast(DECIMAL, strict=False)),
    ),
}


def column(
    name: str,
    kind: str,
    title: str,
    description: str,
    *,
    required: bool = False,
    code_set: str | None = None,
    in_force_on: str | None = None,
    personal: bool = False,
    confidential: bool = False,
    ceds: str | None = None,
    edfi: str | None = None,
) -> pa.Column:
    """Declare a column of a contract.

    `personal` columns reach the private identity table only. The values of `confidential` columns, and of personal
    ones, are never shown in a finding. A confidential identifier is the number of a person, and a confidential
    reference that of a record about one, which may be made from it: a pseudonym takes the place of both once the file
    is accepted. `ceds` is the number of the element in the Common Education Data Standards.
    A code has to be in force on the date `in_force_on` of its record, or on the last day of the school year.
    """
    if (code_set is not None) != (kind in ("code", "codes")):
        raise ValueError(f"{name}: a code set belongs to a column of codes and to no other")
    if code_set:
        codes(code_set)
    return pa.Column(
        KINDS[kind].dtype,
        name=name,
        nullable=not required,
        title=title,
        description=description,
        metadata={
            "kind": kind,
            "codes": code_set,
            "in_force_on": in_force_on,
            "personal": personal,
            "confidential": confidential or personal,
            "person": kind in ("identifier", "reference") and confidential,
            "ceds": ceds,
            "edfi": edfi,
        },
    )


def student_id(edfi: str) -> pa.Column:
    """Declare the column that says which student a row is about."""
    return column(
        "student_id",
        "identifier",
        "Student",
        "The state's number of the student, leading zeros kept. A pseudonym takes its place once the file is accepted.",
        required=True,
        confidential=True,
        ceds="001071",
        edfi=edfi,
    )
