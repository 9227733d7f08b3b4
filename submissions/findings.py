"""Findings in words and in rows: what screening found in one collection, for the district that sent it.

Counts are always exact; rows are listed up to a limit. No personal value, student's number or score is ever shown: the
line and the name of the field lead to the record. What a rule says stands in `expectations`.
"""

import polars as pl

from expectations.collections import CONTRACTS, RULES
from expectations.collections.rules import MISSING, PADDED, notice
from expectations.notices import Notice, masked
from submissions.acceptance import Screened
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
        "of": pl.Int64(),
    }
)
"""A finding of one record; `of` is how many findings of its rule there are in all."""


def notices_of(one: Screened) -> list[Notice]:
    """Say once for each rule and field how many records it found and on which line the first stands."""
    lines = one.examined.text.select("row", LINE)
    found = (
        one.examined.findings.join(lines, on="row", how="left")
        .group_by("rule", "field")
        .agg(pl.len().alias("count"), pl.col(LINE).min().alias("line"))
    )
    return [
        notice(CONTRACTS[one.collection], file=one.file.name, code=row.pop("rule"), **row)
        for row in found.iter_rows(named=True)
    ]


def listed(one: Screened) -> pl.DataFrame:
    """List the first findings of each rule in the order of the file, with what was seen where that may be shown."""
    found = (
        one.examined.findings.join(one.examined.text.select("row", LINE), on="row", how="left")
        .sort("rule", LINE, "row", "field", nulls_last=True)
        .with_columns(of=pl.len().over("rule"), place=pl.int_range(pl.len()).over("rule"))
        .filter(pl.col("place") < MOST_LISTED)
    )
    show = _Shown(one)
    seen = [show.finding(*finding) for finding in found.select("row", "rule", "field").iter_rows()]
    return found.select(
        "rule",
        collection=pl.lit(one.collection),
        file=pl.lit(one.file.name),
        line=LINE,
        field="field",
        seen=pl.Series(seen, dtype=pl.String),
        of=pl.col("of").cast(pl.Int64),
    )


def coverage(one: Screened) -> tuple[list[str], list[str]]:
    """Name the rules that found nothing, and those that could find nothing for want of a column that was not sent."""
    found, sent = set(one.examined.findings["rule"]), set(one.examined.text.columns)
    quiet = [rule for code, rule in CONTRACTS[one.collection].metadata["rules"].items() if code not in found]
    blind = [rule.code for rule in quiet if not set(rule.needs) <= sent]
    return [rule.code for rule in quiet if rule.code not in blind], blind


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
