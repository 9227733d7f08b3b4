"""What a rule is, the rules that all contracts share, and how columns and rules become one pandera contract.

Every rule stands once, in `GENERAL` here or in the `RULES` of its collection, with its severity, its words and what
must hold. No rule of a single collection lives here.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

import pandera.polars as pa
import polars as pl

from expectations.codes import codes, dates_in_force
from expectations.collections.columns import KINDS
from expectations.notices import INFORMATION, MUST_FIX, Notice

UNREADABLE, MISSING, UNKNOWN_CODE, REPEATED_KEY = "001", "002", "003", "004"
ELSEWHERE, EXTRA_COLUMN, PADDED = "005", "006", "007"

SCHOOL_YEARS = range(1900, 2201)
"""The school years that a submission may be of, each named by the year in which it ends."""


@dataclass(frozen=True, kw_only=True)
class Rule:
    """One thing that must hold of a collection, and what a district reads where it does not.

    `holds` is evaluated on the typed frame with `school_year` beside it; null counts as holding, so a rule never
    repeats the finding that a value is blank. Where the same is asked of several columns, it stands there by column,
    and a column without a value is not asked. `surely` is a quicker question about all rows: where the answer is yes,
    the rule holds. The finding points to the first of `fields`. The words may name `{count}`, `{field}`, `{expected}`
    and `{codes}`. Where one of the columns that it `needs` was not sent, the rule can find nothing. `anywhere` says how
    to fix what was found in no column in particular. `catalogue` is the rule's number in the catalogue of submission
    rules.
    """

    code: str
    severity: str
    title: str
    one: str
    many: str
    why: str
    fix: str
    anywhere: str | None = None
    fields: tuple[str, ...] = ()
    needs: tuple[str, ...] = ()
    holds: pl.Expr | Mapping[str, pl.Expr] | None = None
    surely: pl.Expr | None = None
    catalogue: tuple[str, ...] = ()


@dataclass(frozen=True)
class Asked:
    """What to ask of all rows at once: the column that is in doubt where the answer is no, and those it needs."""

    field: str
    needs: tuple[str, ...]
    surely: pl.Expr


GENERAL = (
    Rule(
        code=UNREADABLE,
        severity=MUST_FIX,
        catalogue=("V003", "V004"),
        title="A value cannot be read",
        one="In {count} {record}, {field} is not {expected}.",
        many="In {count} {records}, {field} is not {expected}.",
        why="A row with a value that cannot be read is set aside. The {record} then counts nowhere.",
        fix="Write {field} as {expected}.",
        anywhere="Write the value as the dictionary asks of its column.",
    ),
    Rule(
        code=MISSING,
        severity=MUST_FIX,
        catalogue=("V008",),
        title="A required value is blank",
        one="In {count} {record}, {field} is blank.",
        many="In {count} {records}, {field} is blank.",
        why="Without it nobody can tell where the {record} counts.",
        fix="Fill in {field}.",
        anywhere="Fill in the value.",
    ),
    Rule(
        code=UNKNOWN_CODE,
        severity=MUST_FIX,
        catalogue=("V009",),
        title="A code is not in its code set",
        one="In {count} {record}, {field} holds a code that is not in its code set.",
        many="In {count} {records}, {field} holds a code that is not in its code set.",
        why="A code that no one has defined cannot be counted in any group.",
        fix="Use one of these codes: {codes}.",
        anywhere="Use a code that the dictionary lists for the column.",
    ),
    Rule(
        code=REPEATED_KEY,
        severity=MUST_FIX,
        catalogue=("V010",),
        title="Two rows have the same key",
        one="{count} {record} has the same {key} as another row.",
        many="{count} {records} have the same {key} as another row.",
        why="Rows with the same key say two things about one {record}. Only one of them can be right.",
        fix="Keep the row that is right and take out the others.",
    ),
    Rule(
        code=ELSEWHERE,
        severity=MUST_FIX,
        catalogue=("V011",),
        title="A row belongs to another district or school year",
        one="In {count} {record}, {field} is not that of this submission.",
        many="In {count} {records}, {field} is not that of this submission.",
        why="A submission holds one district and one school year; a row of another is set aside and not counted.",
        fix="Take these rows out of the file; they belong to another submission.",
    ),
    Rule(
        code=EXTRA_COLUMN,
        severity=INFORMATION,
        catalogue=("V002",),
        title="A column is not part of the standard",
        one="The column {field} is not part of the standard and was left out.",
        many="The column {field} of {count} files is not part of the standard and was left out.",
        why="Nothing is counted from a column that the standard does not name.",
        fix="Nothing is needed. To keep the column beside the records, begin its name with local_.",
    ),
    Rule(
        code=PADDED,
        severity=INFORMATION,
        catalogue=("V003",),
        title="Spaces around a value were left out",
        one="In {count} {record}, spaces before or after {field} were left out.",
        many="In {count} {records}, spaces before or after {field} were left out.",
        why="The value was read without the spaces.",
        fix="Nothing is needed. Such spaces often come from an export that pads its columns.",
    ),
)


def contract(
    name: str,
    prefix: str,
    *,
    title: str,
    description: str,
    record: str,
    records: str,
    columns: Sequence[pa.Column],
    key: tuple[str, ...],
    rules: Sequence[Rule] = (),
) -> pa.DataFrameSchema:
    """Build the contract of a collection: its columns with their checks, and in `metadata` its key and all its rules.

    A check carries its rule's code as `name`, its title as `title` and how to fix it as `description`. What the checks
    of a column ask stands in `metadata` as well, so that all can be asked at once.
    """
    has_codes = any(column.metadata["codes"] for column in columns)
    words = {"{record}": record, "{records}": records, "{key}": _listed(key)}
    general = {
        rule.code: replace(
            rule,
            code=f"{prefix}-{rule.code}",
            fields=key if rule.code == REPEATED_KEY else (),
            one=_spoken(rule.one, words),
            many=_spoken(rule.many, words),
            why=_spoken(rule.why, words),
        )
        for rule in GENERAL
        if has_codes or rule.code != UNKNOWN_CODE
    }
    required = [column.name for column in columns if not column.nullable]
    holds: dict[str, list[tuple[Rule, pl.Expr]]] = {column.name: [] for column in columns}
    for column in columns:
        if column.metadata["codes"]:
            unknown = replace(general[UNKNOWN_CODE], needs=(column.name,))
            holds[column.name].append((unknown, _in_code_set(column)))
    alone = pl.struct(key).is_unique() | ~known(*(name for name in key if name in required))
    holds[key[0]].append((replace(general[REPEATED_KEY], surely=_surely_alone(key)), alone))
    for rule in rules:
        holds[rule.fields[0]].append((rule, rule.holds))
    asked = [one for name, of_column in holds.items() for rule_of in of_column for one in _asked(name, *rule_of)]
    return pa.DataFrameSchema(
        {column.name: column.set_checks([_check(*one) for one in holds[column.name]]) for column in columns},
        name=name,
        title=title,
        description=description,
        metadata={
            "prefix": prefix,
            "key": key,
            "rules": {rule.code: rule for rule in (*general.values(), *rules)},
            "asked": [replace(one, surely=one.surely.alias(str(place))) for place, one in enumerate(asked)],
        },
    )


def notice(
    contract: pa.DataFrameSchema,
    code: str,
    *,
    count: int,
    field: str | None = None,
    file: str | None = None,
    line: int | None = None,
    seen: str | None = None,
) -> Notice:
    """Say what a rule of the contract found, in the rule's words."""
    rule = contract.metadata["rules"][code]
    column = contract.columns.get(field)
    words = {
        "{count}": f"{count:,}",
        "{field}": field or "",
        "{expected}": KINDS[column.metadata["kind"]].expected if column else "",
        "{codes}": ", ".join(codes(column.metadata["codes"])) if column and column.metadata["codes"] else "",
    }
    return Notice(
        rule=code,
        severity=rule.severity,
        collection=contract.name,
        file=file,
        line=line,
        field=field,
        title=rule.title,
        message=_spoken(rule.one if count == 1 else rule.many, words),
        fix=_spoken(rule.fix, words),
        count=count,
        seen=seen,
    )


def first_day() -> pl.Expr:
    """Give the first day of the school year, 1 July: one day, for all rows are of one year."""
    return _of_year(7, 1, before=1)


def last_day() -> pl.Expr:
    """Give the last day of the school year, 30 June."""
    return _of_year(6, 30)


def _of_year(month: int, day: int, before: int = 0) -> pl.Expr:
    """Look up a day of the school year, which takes half the time of putting a date together for a small file."""
    days = pl.Series([date(year - before, month, day) for year in SCHOOL_YEARS])
    return pl.lit(days).get(pl.col("school_year").first() - SCHOOL_YEARS.start, null_on_oob=True)


def in_school_year(*dates: str) -> dict[str, pl.Expr]:
    """Hold where each of the dates lies in the school year or is blank."""
    return {date: pl.col(date).is_between(first_day(), last_day()) for date in dates}


def known(*names: str) -> pl.Expr:
    """Hold where none is blank. Rules that compare the rows of a group ask it of the columns that make the group."""
    return pl.all_horizontal(pl.col(name).is_not_null() for name in names)


def apart_in_time(begin: str, end: str, of: Sequence[str]) -> pl.Expr:
    """Hold where a spell begins no earlier than the day on which every earlier spell of the same `of` has ended.

    A blank begin is the first day of the school year, a blank end its last. Of two that overlap the later is found.
    """
    begins, ends = pl.col(begin).fill_null(first_day()), pl.col(end).fill_null(last_day())
    earlier_end = ends.cum_max().shift(1).over(of, order_by=begins)
    return (begins >= earlier_end) | ~known(*of)


def surely_apart_in_time(begin: str, end: str, of: Sequence[str]) -> pl.Expr:
    """Ask whether spells are apart in time, and no two of the same `of` begin on one day."""
    begins, ends = pl.col(begin).fill_null(first_day()), pl.col(end).fill_null(last_day())
    return surely_in_order(begins, begins, ends, of)


def surely_in_order(order: pl.Expr, begins: pl.Expr, ends: pl.Expr, of: Sequence[str]) -> pl.Expr:
    """Ask whether each row comes after the one before it of the same `of`, and begins no earlier than that one ends.

    One sort by hashes takes a quarter of the time of groups. A blank, or two hashes that are the same, is no yes.
    """
    group = pl.struct(of).hash()
    place = pl.arg_sort_by(group, order)
    group, order, begins, ends = (one.gather(place) for one in (group, order, begins, ends))
    follows = (order > order.shift(1)) & (begins >= ends.shift(1))
    return (group.ne_missing(group.shift(1)) | follows).fill_null(False).all()


def _asked(name: str, rule: Rule, holds: pl.Expr | Mapping[str, pl.Expr]) -> list[Asked]:
    """Say what to ask of all rows for one rule of the column `name`."""
    if isinstance(holds, Mapping):
        return [Asked(name, (*rule.needs, column), one.all()) for column, one in holds.items()]
    return [Asked(name, rule.needs, holds.all() if rule.surely is None else rule.surely)]


def _check(rule: Rule, holds: pl.Expr | Mapping[str, pl.Expr]) -> pa.Check:
    if isinstance(holds, Mapping):
        holds = pl.all_horizontal(one.fill_null(True) for one in holds.values())
    return pa.Check(lambda data: data.lazyframe.select(holds), name=rule.code, title=rule.title, description=rule.fix)


def _in_code_set(column: pa.Column) -> pl.Expr:
    known = codes(column.metadata["codes"])
    if column.metadata["kind"] == "code":
        return pl.col(column.name).is_in(known) & _in_force(column)
    one_of = "|".join(known)
    return pl.col(column.name).str.contains(rf"\A({one_of})(;({one_of}))*\z")


def _in_force(column: pa.Column) -> pl.Expr:
    """Hold where the code was in force on the date of its record; a code without dates always is."""
    dates = dates_in_force(column.metadata["codes"])
    on = column.metadata["in_force_on"]
    day = pl.coalesce(pl.col(on), last_day()) if on else last_day()
    ends = (
        pl.col(column.name).replace_strict({code: ends[end] for code, ends in dates.items()}, default=None)
        for end in (0, 1)
    )
    begins, ends = (end.cast(pl.Date) for end in ends)
    return ((begins <= day).fill_null(True) & (day <= ends).fill_null(True)) if dates else pl.lit(True)


def _surely_alone(key: Sequence[str]) -> pl.Expr:
    """Ask for as many hashes as keys, which proves that all are alone, in a third of the time."""
    return pl.struct(key).hash().n_unique() == pl.len()


def _listed(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def _spoken(sentence: str, words: dict[str, str]) -> str:
    for place, word in words.items():
        sentence = sentence.replace(place, word)
    return sentence
