"""Waivers: dated records by which the state sets a finding aside for a while, and says who decided so and why.

They stand in one table of the home, `received/waivers.csv`, which people write and nothing here changes. A waived
finding is still found, still counted and still shown, as waived. No rule is weakened.
"""

import csv
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from expectations.catalogue import SEVERITY
from expectations.notices import Notice
from submissions.store import Store

COLUMNS = ("rule", "district_id", "school_year", "reason", "approver", "approved_on", "expires_on", "most_records")


class WaiverError(Exception):
    """The table of waivers cannot be read. Nothing is waived until it can."""


@dataclass(frozen=True, kw_only=True)
class Waiver:
    """One decision: for which rule, district and school year, up to how many records, from when and until when."""

    rule: str
    district_id: str
    school_year: int
    reason: str
    approver: str
    approved_on: date
    expires_on: date
    most_records: int


def waivers(store: Store) -> list[Waiver]:
    """Read the waivers of a home; none where there is no table. Raises WaiverError, naming the line."""
    path = store.received / "waivers.csv"
    if not path.is_file():
        return []
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            lines = csv.DictReader(file, strict=True)
            if tuple(lines.fieldnames or ()) != COLUMNS:
                raise WaiverError(f"line 1 of {path.name} must name {', '.join(COLUMNS)}")
            return [_waiver(row, f"line {lines.line_num} of {path.name}") for row in lines]
    except UnicodeDecodeError:
        raise WaiverError(f"{path.name} is not UTF-8; save it as CSV UTF-8") from None
    except csv.Error:
        raise WaiverError(f"{path.name} is not CSV; look for a quotation mark that is not closed") from None


def _waiver(row: dict[str, str], where: str) -> Waiver:
    blank = [name for name in COLUMNS if not (row[name] or "").strip()]
    if None in row:
        raise WaiverError(f"{where} has more values than line 1 has names")
    if blank:
        raise WaiverError(f"{where} has nothing in {', '.join(blank)}")
    if row["rule"].strip() not in SEVERITY:
        raise WaiverError(f"{where} names a rule that there is not")
    kinds = dict.fromkeys(("school_year", "most_records"), int)
    kinds |= dict.fromkeys(("approved_on", "expires_on"), date.fromisoformat)
    values = {}
    for name in COLUMNS:
        try:
            values[name] = kinds.get(name, str)(row[name].strip())
        except ValueError:
            kind = "a whole number" if kinds[name] is int else "a date written YYYY-MM-DD"
            raise WaiverError(f"{where} has in {name} what is not {kind}") from None
    return Waiver(**values)


def in_force(
    every: Iterable[Waiver], notices: Iterable[Notice], *, district_id: str, school_year: int, on: date
) -> dict[str, Waiver]:
    """Give the waiver of each rule that holds for a submission on a day; one that more records exceed does not hold."""
    counts: dict[str, int] = {}
    for notice in notices:
        counts[notice.rule] = counts.get(notice.rule, 0) + notice.count
    return {
        one.rule: one
        for one in every
        if (one.district_id, one.school_year) == (district_id, school_year)
        and one.approved_on <= on <= one.expires_on
        and 0 < counts.get(one.rule, 0) <= one.most_records
    }
