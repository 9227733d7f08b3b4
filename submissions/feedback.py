"""What a district reads back about a submission: `findings.csv`, record by record, and `report.html`, one page.

The page stands alone: no script, no request, readable on paper and by a screen reader. Nothing is judged here, and no
value of a student is known here: what may be shown was decided before.
"""

import base64
import csv
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jinja2
import polars as pl
from markupsafe import Markup

from expectations.collections import CONTRACTS, RULES
from expectations.collections.rules import Rule
from expectations.notices import EXPLAIN, INFORMATION, MUST_FIX, SEVERITIES, Notice
from submissions.custody import REFUSED, Submission
from submissions.store import Store, make_private, write_atomically

NOT_CHECKED = "not_checked"
"""What became of a submission that could not be checked through no fault of the district."""

COLUMNS = ("rule", "severity", "collection", "file", "line", "field", "what_is_wrong", "what_we_saw", "how_to_fix")
TOTAL = "findings_of_this_rule"
"""The last column of findings.csv: how many findings of the rule there are, listed or not."""

FIRST = 5
"""The findings of a rule that the page shows; findings.csv lists more."""

SEVERITY_WORDS = {MUST_FIX: "Must fix", EXPLAIN: "Explain", INFORMATION: "For information"}

_TEMPLATES = Path(__file__).parent / "templates"


@dataclass(frozen=True)
class Feedback:
    """All that is said about a submission.

    `findings` are rows as `submissions.findings` lists them, `files` rows of the manifest, and `records` how many
    records each collection has. `passed` and `not_looked_at` are codes of rules.
    """

    submission: Submission
    status: str
    reason: str | None
    rule_pack: str | None
    notices: Sequence[Notice]
    findings: pl.DataFrame
    files: Sequence[dict[str, Any]]
    records: dict[str, int]
    passed: Sequence[str]
    not_looked_at: Sequence[str]


@dataclass(frozen=True)
class Card:
    """A rule that found something: what it says of each field, the first findings, and how many are listed of all."""

    rule: str
    severity: str
    title: str
    why: str | None
    notices: list[Notice]
    first: list[dict[str, Any]]
    listed: int

    @property
    def count(self) -> int:
        return sum(one.count for one in self.notices)


def write(store: Store, feedback: Feedback) -> Path:
    """Write both files for a submission, over those of an earlier screening, and give their folder."""
    folder = make_private(store.feedback / feedback.submission.submission_id)
    with (
        write_atomically(folder / "findings.csv") as part,
        part.open("w", encoding="utf-8-sig", newline="") as file,
    ):
        csv.writer(file).writerows(_rows(feedback))
    with write_atomically(folder / "report.html") as part:
        part.write_text(render(feedback), encoding="utf-8")
    return folder


def render(feedback: Feedback) -> str:
    """Give the page as text."""
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(_TEMPLATES),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["counted"] = _counted
    style = (_TEMPLATES / "report.css").read_text(encoding="utf-8")
    cards = _cards(feedback)
    by_severity = {severity: [card for card in cards if card.severity == severity] for severity in SEVERITIES}
    verdict, tone = _verdict(feedback, by_severity)
    return environment.get_template("report.html").render(
        feedback=feedback,
        submission=feedback.submission,
        school_year=f"{feedback.submission.school_year - 1}–{feedback.submission.school_year % 100:02d}",
        verdict=verdict,
        tone=tone,
        cards=by_severity,
        severity_words=SEVERITY_WORDS,
        files=feedback.files,
        set_aside=sum(file["rows_quarantined"] for file in feedback.files),
        passed=_by_collection(feedback, feedback.passed),
        not_looked_at=_by_collection(feedback, feedback.not_looked_at),
        style=Markup(style),
        style_sha256=base64.b64encode(hashlib.sha256(style.encode()).digest()).decode(),
    )


def _verdict(feedback: Feedback, cards: dict[str, list[Card]]) -> tuple[str, str]:
    """Say in words what became of the submission, and in which tone."""
    if feedback.status == NOT_CHECKED:
        return "We could not check this submission. The fault is ours, and there is nothing for you to do.", EXPLAIN
    if feedback.status == REFUSED:
        return "This submission was not taken in.", MUST_FIX
    if fix := cards[MUST_FIX]:
        records = sum(file[MUST_FIX] for file in feedback.files)
        in_records = f" in {_counted(records, 'record')}" if records else ""
        return f"Taken in, with {_counted(len(fix), 'thing')} to fix{in_records}.", MUST_FIX
    if explain := cards[EXPLAIN]:
        return f"Taken in. Nothing must be fixed; {_counted(len(explain), 'thing')} to explain.", EXPLAIN
    return "Taken in. There is nothing to fix and nothing to explain.", "ok"


def _cards(feedback: Feedback) -> list[Card]:
    listed = feedback.findings.partition_by("rule", as_dict=True)
    by_rule: dict[str, list[Notice]] = {}
    for one in feedback.notices:
        by_rule.setdefault(one.rule, []).append(one)
    cards = []
    for code, notices in by_rule.items():
        rows = listed.get((code,), feedback.findings.clear()).drop_nulls("line")
        cards.append(
            Card(
                rule=code,
                severity=notices[0].severity,
                title=notices[0].title,
                why=RULES[code].why if code in RULES else None,
                notices=notices,
                first=rows.head(FIRST).rows(named=True),
                listed=rows.height,
            )
        )
    return sorted(cards, key=lambda card: (-card.count, card.rule))


def _by_collection(feedback: Feedback, codes: Sequence[str]) -> dict[str, list[Rule]]:
    """Group rules under the titles of the collections that were sent."""
    of = {CONTRACTS[name].title: CONTRACTS[name].metadata["rules"] for name in feedback.records}
    groups = {title: [rule for code, rule in rules.items() if code in codes] for title, rules in of.items()}
    return {title: rules for title, rules in groups.items() if rules}


def _rows(feedback: Feedback) -> list[tuple]:
    """Give findings.csv: a row for each finding listed, and one for each notice that is about no record."""
    said = {(one.rule, one.field): one for one in feedback.notices}
    rows = [
        (said[row["rule"], row["field"]], row["line"], row["seen"], row["of"])
        for row in feedback.findings.iter_rows(named=True)
    ]
    in_records = {(one.rule, one.field) for one, *_ in rows}
    rows += [
        (one, one.line, one.seen, one.count) for one in feedback.notices if (one.rule, one.field) not in in_records
    ]
    rows.sort(key=lambda row: (SEVERITIES.index(row[0].severity), row[0].rule))
    table = [
        (one.rule, one.severity, one.collection, one.file, line, one.field, one.title, seen, one.fix, total)
        for one, line, seen, total in rows
    ]
    return [(*COLUMNS, TOTAL), *(tuple(map(_harmless, row)) for row in table)]


def _harmless(cell: Any) -> Any:
    """Keep a spreadsheet from taking a text for a formula."""
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(("=", "+", "-", "@", "\t", "\r")) else cell


def _counted(number: int, noun: str) -> str:
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"
