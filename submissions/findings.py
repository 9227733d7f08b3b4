"""Findings in words and in rows: what the rules found in a submission, for the district that sent it.

Counts are always exact; rows are listed up to a limit. Unless the list is a full one, which stays with the sender, no
personal value, student's number or score is shown: the line and the field lead to the record. What a rule says stands
in `expectations`.
"""

from collections.abc import Sequence

import pandera.polars as pa
import polars as pl

from expectations.agreement import Card
from expectations.catalogue import SEVERITY, rule_of, say
from expectations.collections import CONTRACTS, RULES
from expectations.collections.rules import MISSING, PADDED
from expectations.notices import Notice, masked
from submissions.acceptance import Screened
from submissions.agreement import NO_COLUMN, NotChecked
from submissions.pseudonyms import pseudonyms_of
from submissions.reading import LINE

MOST_LISTED = 1_000
"""The findings of one rule that are listed record by record."""

MOST_DISTINCT = 10
"""Up to so many different wrong values of a field are shown as they are. More are hardly codes but, where columns were
exchanged, perhaps names; then only their shape is shown."""

LONGEST = 40
"""The characters of a value that are shown."""

LISTED = pl.Schema(
    {
        "rule": pl.String(),
        "collection": pl.String(),
        "file": pl.String(),
        "line": pl.Int64(),
        "field": pl.String(),
        "seen": pl.String(),
        "expected": pl.String(),
        "student": pl.String(),
        "day": pl.String(),
        "school": pl.String(),
        "local": pl.String(),
        "of": pl.Int64(),
    }
)
"""A finding of one record; `of` is how many findings of its rule there are in all.

`student` is a number that this report gives the student, so that findings of one student can be told to be so; in a
full report it is the student's own, and `local` holds the sender's own columns.
"""

MARKS = pl.Schema({"rule": pl.String(), "mark": pl.String(), "count": pl.UInt32()})
"""How often each rule found each record, by marks from which no one without the key can tell a record."""


def notices_of(one: Screened) -> list[Notice]:
    """Say once for each rule and field how many records it found and on which line the first stands."""
    if not one.has_findings:
        return []
    lines = one.examined.text.select("row", LINE)
    found = (
        one.findings.join(lines, on="row", how="left")
        .group_by("rule", "field")
        .agg(pl.len().alias("count"), pl.col(LINE).min().alias("line"))
    )
    return [_notice(one, **row) for row in found.iter_rows(named=True)]


def _notice(one: Screened, rule: str, field: str, count: int, line: int | None) -> Notice:
    said = say(rule, "en", count=count, field=field)
    place = {"collection": one.collection, "file": one.file.name, "line": line, "field": field}
    return Notice(
        rule=rule,
        severity=SEVERITY[rule],
        title=said.title,
        message=said.message,
        fix=" ".join(said.fix),
        count=count,
        **place,
    )


def listed(collections: Sequence[Screened], *, full: bool = False) -> pl.DataFrame:
    """List the first findings of each rule in the order of the file, with what was seen where that may be shown.

    A `full` list holds students' numbers and the sender's own columns; it is for the sender's own machine.
    """
    numbers = None if full else _numbers(collections)
    return pl.concat([LISTED.to_frame(), *(_listed(one, numbers) for one in collections if one.has_findings)])


def _numbers(collections: Sequence[Screened]) -> pl.DataFrame:
    """Number the students in the order in which the files first name them."""
    named = [one.examined.text.select("student_id") for one in collections if "student_id" in one.examined.text.columns]
    everyone = pl.concat([pl.DataFrame(schema={"student_id": pl.String()}), *named]).drop_nulls()
    return everyone.unique(maintain_order=True).with_row_index("student", offset=1)


def _listed(one: Screened, numbers: pl.DataFrame | None) -> pl.DataFrame:
    text = one.examined.text
    own = one.examined.findings.with_columns(seen=pl.lit(None, pl.String), expected=pl.lit(None, pl.String))
    found = (
        pl.concat([own, one.agreed.select(own.columns)])
        .join(text.select("row", LINE), on="row", how="left")
        .sort("rule", LINE, "row", "field", "seen", nulls_last=True)
        .with_columns(of=pl.len().over("rule"), place=pl.int_range(pl.len()).over("rule"))
        .filter(pl.col("place") < MOST_LISTED)
    )
    show = _Shown(one)
    seen = [
        seen if rule not in RULES else show.finding(row, rule, field)
        for row, rule, field, seen in found.select("row", "rule", "field", "seen").iter_rows()
    ]
    dates = [name for name, c in CONTRACTS[one.collection].columns.items() if _is_open_date(c)]
    local = [name for name in text.columns if name.startswith("local_")] if numbers is None else []
    about = text.select(
        "row",
        student_id=pl.col("student_id") if "student_id" in text.columns else pl.lit(None, pl.String),
        day=pl.coalesce([name for name in dates if name in text.columns] or [pl.lit(None, pl.String)]),
        school=pl.col("school_id") if "school_id" in text.columns else pl.lit(None, pl.String),
        local=pl.concat_str(
            [pl.format("{} {}", pl.lit(name), name) for name in local], separator="; ", ignore_nulls=True
        )
        if local
        else pl.lit(None, pl.String),
    )
    rows = found.with_columns(seen=pl.Series(seen, dtype=pl.String)).join(
        about, on="row", how="left", maintain_order="left"
    )
    if numbers is None:
        rows = rows.with_columns(student=pl.col("student_id"))
    else:
        rows = rows.join(numbers, on="student_id", how="left", maintain_order="left")
        rows = rows.with_columns(student=pl.format("#{}", "student"))
    where = rows.with_columns(
        collection=pl.lit(one.collection),
        file=pl.lit(one.file.name),
        line=pl.col(LINE),
        school=_written_as("school", r"\A[0-9A-Za-z_-]{1,20}\z"),
        day=_written_as("day", r"\A[0-9]{4}-[0-9]{2}-[0-9]{2}\z"),
    )
    return where.select(pl.col(name).cast(kind) for name, kind in LISTED.items())


def _is_open_date(column: pa.Column) -> bool:
    return column.metadata["kind"] == "date" and not column.metadata["confidential"]


def _written_as(name: str, pattern: str) -> pl.Expr:
    """Show a value only where it is written as it should be; columns may have been exchanged."""
    return pl.when(pl.col(name).str.contains(pattern)).then(pl.col(name))


def coverage(collections: Sequence[Screened]) -> tuple[list[str], list[NotChecked]]:
    """Name the contracts' rules that found nothing, and those that could find nothing for want of a column."""
    passed, blind = [], []
    for one in collections:
        found, sent = set(one.examined.findings["rule"]), set(one.examined.text.columns)
        for code, rule in CONTRACTS[one.collection].metadata["rules"].items():
            missing = [name for name in rule.needs if name not in sent]
            if missing and code not in found:
                blind.append(NotChecked(code, NO_COLUMN, ", ".join(f"{one.collection}.{name}" for name in missing)))
            elif code not in found:
                passed.append(code)
    return passed, blind


def marks(collections: Sequence[Screened], key: bytes) -> pl.DataFrame:
    """Mark each finding by its rule and the key of its record, under a key, so that attempts can be compared."""
    parts = [MARKS.to_frame()]
    for one in collections:
        if not one.has_findings:
            continue
        text = one.examined.text
        names = [name for name in CONTRACTS[one.collection].metadata["key"] if name in text.columns]
        record = pl.concat_str([pl.col(name).fill_null("") for name in names], separator="\x1f")
        found = pl.concat(
            [one.examined.findings.with_columns(seen=pl.lit(None, pl.String)), one.agreed.drop("expected")]
        )
        subject = pl.coalesce("record", pl.col("seen").str.split(":").list.first(), pl.lit(""))
        counted = (
            found.join(text.select("row", record=record), on="row", how="left")
            .select("rule", mark=pl.concat_str(pl.lit(one.collection), "field", subject, separator="\x1f"))
            .group_by("rule", "mark")
            .agg(pl.len().alias("count").cast(pl.UInt32))
        )
        parts.append(counted.with_columns(pseudonyms_of(counted["mark"], key)))
    return pl.concat(parts).sort("rule", "mark")


class _Shown:
    """What may be shown of the values behind the findings of a collection."""

    def __init__(self, one: Screened) -> None:
        self.columns = CONTRACTS[one.collection].columns
        self.findings, self.text = one.examined.findings, one.examined.text
        self.open: dict[tuple[str, str], bool] = {}

    def finding(self, row: int | None, rule: str, field: str) -> str | None:
        """Show the values of the fields that a rule looks at; for a confidential value alone, its shape."""
        if row is None or rule.endswith((MISSING, PADDED)):
            return None
        fields = [name for name in RULES[rule].fields or [field] if name in self.text.columns]
        if fields == [field]:
            return self.value(row, rule, field)
        open_fields = [name for name in fields if not self.confidential(name)]
        return "; ".join(f"{name} {self.value(row, rule, name)}" for name in open_fields) or None

    def value(self, row: int, rule: str, name: str) -> str:
        value = self.text[name][row]
        if value is None:
            return "blank"
        return value[:LONGEST] if self.may_show(rule, name) else masked(value)

    def may_show(self, rule: str, name: str) -> bool:
        if (rule, name) not in self.open:
            about = pl.col("rule") == rule
            if not RULES[rule].fields:
                about &= pl.col("field") == name
            rows = self.findings.filter(about)["row"].drop_nulls()
            few = self.text[name].gather(rows).n_unique() <= MOST_DISTINCT
            is_read = RULES[rule].holds is not None and self.columns[name].metadata["kind"] in ("date", "integer")
            self.open[rule, name] = not self.confidential(name) and (few or is_read)
        return self.open[rule, name]

    def confidential(self, name: str) -> bool:
        return name in self.columns and self.columns[name].metadata["confidential"]


def fields_of(code: str, field: str | None) -> tuple[str, ...]:
    """Name the fields that a person has to look at for a finding."""
    rule = rule_of(code) if code in SEVERITY else None
    return (rule.fields if isinstance(rule, Card) or (rule and rule.fields) else ()) or ((field,) if field else ())
