"""What a district reads back about a submission, in one shape, and the files that say it.

`findings.csv` and `findings.xlsx` are record by record, `report.html` one page in English and Spanish, `report.json`
for programs. How the last three look stands beside this module. Nothing is judged here, and unless the report is a full
one no value of a student is known here: what may be shown was decided before.
"""

import csv
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import Any

import polars as pl

from expectations.catalogue import ENGLISH, SEVERITY, Said, reasons_of, say
from expectations.collections import CONTRACTS
from expectations.notices import EXPLAIN, MUST_FIX, SEVERITIES, Notice
from submissions import door_words
from submissions.agreement import FAULT, NO_COLUMN, NO_LAST_YEAR, NO_POLICY, NOT_OF_STATE, NOT_SENT, NotChecked
from submissions.custody import REFUSED, Submission
from submissions.explanations import Explanation
from submissions.waivers import Waiver

NOT_CHECKED = "not_checked"
"""What became of a submission that could not be checked through no fault of the district."""

COLUMNS = ("rule", "severity", "collection", "file", "line", "field", "what_is_wrong", "what_we_saw", "how_to_fix")
TOTAL = "findings_of_this_rule"
"""The last column of findings.csv: how many findings of the rule there are, listed or not."""

FIRST = 5
"""The findings of a rule that the page shows; findings.csv lists more."""

NEEDS_WORK, NEEDS_EXPLANATION = "needs_work", "needs_explanation"
READY, COULD_NOT_CHECK = "ready_to_certify", "could_not_check"


@dataclass(frozen=True)
class Changes:
    """What changed since an earlier attempt, in findings: in all, and of each rule (fixed, new, still)."""

    attempt: int
    of: Mapping[str, tuple[int, int, int]]

    @property
    def totals(self) -> tuple[int, int, int]:
        return tuple(sum(counts) for counts in zip(*self.of.values(), strict=True)) if self.of else (0, 0, 0)


@dataclass(frozen=True)
class Feedback:
    """All that is said about a submission.

    `findings` are rows as `submissions.findings` lists them, `files` rows of the manifest, and `records` how many
    records each collection has. `passed` are codes of rules. `attempt` counts the submissions of the district and year.
    `as_of` is the day on which it is asked what holds, such as a waiver.
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
    not_checked: Sequence[NotChecked] = ()
    attempt: int | None = None
    changes: Changes | None = None
    waived: Mapping[str, Waiver] = field(default_factory=dict)
    explained: Mapping[str, Explanation] = field(default_factory=dict)
    full: bool = False
    as_of: date | None = None

    @cached_property
    def cards(self) -> list["Card"]:
        """The rules that found something, the gravest first, then those that found most; those settled last."""
        listed = self.findings.partition_by("rule", as_dict=True)
        by_rule: dict[str, list[Notice]] = {}
        for one in self.notices:
            by_rule.setdefault(one.rule, []).append(one)
        cards = []
        for code, notices in by_rule.items():
            every = listed.get((code,), self.findings.clear())
            shown = every.filter(pl.col("line").is_not_null() | pl.col("seen").is_not_null()).rows(named=True)
            settled = self.waived.get(code), self.explained.get(code)
            cards.append(Card(code, notices[0].severity, tuple(notices), shown, *settled))
        return sorted(cards, key=lambda card: card.place)

    @property
    def verdict(self) -> str:
        """Say in one word what follows."""
        open_cards = [card.severity for card in self.cards if card.is_open]
        if self.status == NOT_CHECKED:
            return COULD_NOT_CHECK
        if self.status == REFUSED or MUST_FIX in open_cards:
            return NEEDS_WORK
        return NEEDS_EXPLANATION if EXPLAIN in open_cards else READY

    def of_severity(self, severity: str) -> list["Card"]:
        """Give the cards of a severity that still ask for something."""
        return [card for card in self.cards if card.severity == severity and card.is_open]


@dataclass(frozen=True)
class Card:
    """A rule that found something: what it says of each field, what is listed of its findings, and what settles it."""

    rule: str
    severity: str
    notices: tuple[Notice, ...]
    listed: list[dict[str, Any]]
    waiver: Waiver | None = None
    explanation: Explanation | None = None

    @property
    def is_open(self) -> bool:
        """Whether the card still asks for something: it is neither waived nor explained."""
        return self.waiver is None and not self.is_explained

    @property
    def is_explained(self) -> bool:
        """Whether the district said why it is right, and the state did not refuse that."""
        return self.explanation is not None and not self.explanation.is_refused

    @property
    def place(self) -> tuple:
        """Where the card stands in a report: settled last, the gravest first, then by what it found."""
        return not self.is_open, SEVERITIES.index(self.severity), -self.count, self.rule

    @property
    def count(self) -> int:
        return sum(one.count for one in self.notices)

    @property
    def first(self) -> list[dict[str, Any]]:
        return self.listed[:FIRST]

    @property
    def expects(self) -> bool:
        """Whether a finding shown first says what was expected."""
        return any(row["expected"] is not None for row in self.first)

    @property
    def title(self) -> str:
        return self.notices[0].title

    @property
    def reasons(self) -> tuple[str, ...]:
        return reasons_of(self.rule) if self.rule in SEVERITY else ()

    def said(self, language: str) -> list[Said]:
        """Give the words for each field; a rule of the door is said where it is known."""
        return [words_of(one, language) for one in self.notices]


def words_of(notice: Notice, language: str) -> Said:
    """Say a notice in a language, as far as it is known in it."""
    if notice.rule in SEVERITY:
        return say(notice.rule, language, count=notice.count, field=notice.field)
    return door_words.words(notice, language)


def because(one: NotChecked, language: str) -> str:
    """Say in words why a rule was not checked."""
    kinds = {
        ENGLISH: {
            NOT_SENT: "not sent: {}",
            NO_COLUMN: "not sent: {}",
            NO_LAST_YEAR: "not known of last year: {}",
            NOT_OF_STATE: "needs the state's own records, and is checked where they are: {}",
            NO_POLICY: "the state has set none for this school year: {}",
            FAULT: "the rule could not be run; the fault is ours",
        },
        "es": {
            NOT_SENT: "no se envió: {}",
            NO_COLUMN: "no se envió: {}",
            NO_LAST_YEAR: "no se conoce del año pasado: {}",
            NOT_OF_STATE: "necesita registros del propio estado y se revisa donde los hay: {}",
            NO_POLICY: "el estado no ha fijado ninguna para este año escolar: {}",
            FAULT: "la regla no se pudo aplicar; la falla es nuestra",
        },
    }
    return kinds[language][one.kind].format(one.missing)


def table(feedback: Feedback) -> list[tuple]:
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
    cells = [
        (one.rule, one.severity, one.collection, one.file, line, one.field, one.title, seen, one.fix, total)
        for one, line, seen, total in rows
    ]
    return [(*COLUMNS, TOTAL), *(tuple(map(harmless, row)) for row in cells)]


def write_table(feedback: Feedback, path: Path) -> None:
    """Write findings.csv."""
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        csv.writer(file).writerows(table(feedback))


def harmless(cell: Any) -> Any:
    """Keep a spreadsheet from taking a text for a formula."""
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(("=", "+", "-", "@", "\t", "\r")) else cell


def titles(feedback: Feedback) -> dict[str, str]:
    """Name the collections that were sent."""
    return {name: CONTRACTS[name].title for name in feedback.records}
