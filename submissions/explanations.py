"""Explanations: dated records by which a district says why a finding is right as it stands.

They come back in the workbook of findings. What was said stands in the ledger; the notes, which may name someone, stand
beside it in the private folder. A finding that is explained is still found, counted and shown, as explained, and is
asked about again once it is found in more records. What must be fixed cannot be explained. The state answers it; one
that is refused settles nothing, and what the state said stands in the next report.
"""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from expectations.catalogue import reasons_of
from expectations.notices import EXPLAIN, Notice
from submissions import custody
from submissions.custody import Submission
from submissions.store import Store, write_atomically

EXPLAINED, ANSWERED = "explained", "answered"
DAYS = 365
"""How long an explanation holds."""


class ExplanationError(Exception):
    """Nothing can be explained: there is no report that asks for it."""


@dataclass(frozen=True)
class Note:
    """What the sender says of one finding: a reason code, a note, or both."""

    rule: str
    file: str
    line: int | None
    field: str | None
    reason_code: str | None
    note: str | None


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What the state says of an explanation: whether it stands, why, who said so, and when."""

    is_accepted: bool
    reason: str
    answered_by: str
    answered_on: date


@dataclass(frozen=True, kw_only=True)
class Explanation:
    """What a district says of a rule's findings: why, up to how many records, who said so, and until when it holds."""

    rule: str
    reasons: tuple[str, ...]
    explained_by: str
    explained_on: date
    expires_on: date
    most_records: int
    notes: tuple[str, ...] = ()
    answer: Answer | None = None

    @property
    def is_refused(self) -> bool:
        """Whether the state did not let it stand; one that was not answered yet stands."""
        return self.answer is not None and not self.answer.is_accepted


def explain(
    store: Store, submission: Submission, notes: Sequence[Note], *, explained_by: str, on: date | None = None
) -> tuple[list[Explanation], list[str]]:
    """Keep what a district says of the findings of a submission; give it, and what could not be kept, in sentences.

    It holds for as many records as were explained, and for all where each that was listed was. Raises
    ExplanationError where the submission has no report.
    """
    path = store.feedback / submission.submission_id / "report.json"
    if not path.is_file():
        raise ExplanationError(f"The submission {submission.submission_id} has no report to explain anything of.")
    found = {one["rule"]: one for one in json.loads(path.read_text(encoding="utf-8"))["findings"]}
    today = on or datetime.now(UTC).date()
    kept, left = [], []
    for rule in dict.fromkeys(note.rule for note in notes):
        said = [note for note in notes if note.rule == rule and note.reason_code]
        asked = found.get(rule)
        wrong = _wrong(rule, asked, [note.reason_code for note in said])
        if wrong:
            left.append(wrong)
            continue
        kept.append(
            Explanation(
                rule=rule,
                reasons=tuple(dict.fromkeys(note.reason_code for note in said)),
                explained_by=explained_by,
                explained_on=today,
                expires_on=today + timedelta(days=DAYS),
                most_records=asked["count"] if len(said) >= asked["listed"] else len(said),
                notes=tuple(dict.fromkeys(note.note for note in said if note.note)),
            )
        )
    if kept:
        _record(store, submission, kept)
    return kept, left


def answer(
    store: Store,
    rule: str,
    *,
    district_id: str,
    school_year: int,
    is_accepted: bool,
    reason: str,
    answered_by: str,
    on: date | None = None,
) -> Answer:
    """Keep the state's answer to the last explanation that a district gave of a rule in a year.

    The reason stands in the ledger and in the district's report, so it may name no student. Raises ExplanationError
    where nothing was explained, or no reason is given.
    """
    if not reason.strip():
        raise ExplanationError("An answer has a reason.")
    if not any(whose[:2] == (district_id, school_year) and whose[2].rule == rule for whose in explanations(store)):
        raise ExplanationError(f"District {district_id} has not explained {rule} for {school_year}.")
    given = {"is_accepted": is_accepted, "reason": reason.strip(), "answered_by": answered_by}
    day = on or datetime.now(UTC).date()
    whose = {"district_id": district_id, "school_year": school_year}
    custody.record_event(store, ANSWERED, **whose, rule=rule, answered_on=day.isoformat(), **given)
    return Answer(**given, answered_on=day)


def explanations(store: Store) -> list[tuple[str, int, Explanation]]:
    """Give what every district said, with the district, the school year and the answer, in the order of the ledger."""
    given: list[tuple[str, int, Explanation]] = []
    for event in custody.events(store):
        whose = event.get("district_id"), event.get("school_year")
        if event["event"] == EXPLAINED:
            said = zip(event["explanations"], _notes(store, event["notes"]), strict=True)
            given += [(*whose, _explanation(one, notes)) for one, notes in said]
        elif event["event"] == ANSWERED:
            about = [place for place, (*of, one) in enumerate(given) if (*of, one.rule) == (*whose, event["rule"])]
            given[about[-1]] = (*whose, replace(given[about[-1]][2], answer=_answer(event)))
    return given


def in_force(every: Iterable[Explanation], notices: Iterable[Notice], *, on: date) -> dict[str, Explanation]:
    """Give the last explanation of each rule that holds on a day; one that more records exceed does not hold.

    One that the state refused is among them, for its answer is told; it settles nothing.
    """
    counts: dict[str, int] = {}
    for notice in notices:
        if notice.severity == EXPLAIN:
            counts[notice.rule] = counts.get(notice.rule, 0) + notice.count
    last = {one.rule: one for one in every if one.explained_on <= on <= one.expires_on}
    return {rule: one for rule, one in last.items() if 0 < counts.get(rule, 0) <= one.most_records}


def _wrong(rule: str, asked: dict | None, reasons: Sequence[str]) -> str | None:
    if asked is None:
        return f"{rule} found nothing in this submission."
    if asked["severity"] != EXPLAIN:
        return f"{rule} has nothing to explain: it is for information, or has to be fixed."
    if not reasons:
        return f"{rule} has a note and no reason code; choose one of {', '.join(reasons_of(rule))}."
    if not set(reasons) <= set(reasons_of(rule)):
        return f"{rule} is explained by one of {', '.join(reasons_of(rule))}."
    return None


def _record(store: Store, submission: Submission, kept: Sequence[Explanation]) -> None:
    whose = {"district_id": submission.district_id, "school_year": submission.school_year}
    name = f"{submission.submission_id}-{len(custody.events(store)):08d}.json"
    with write_atomically(_place(store, name)) as part:
        part.write_text(json.dumps([one.notes for one in kept], ensure_ascii=False) + "\n", encoding="utf-8")
    said = [
        {
            "rule": one.rule,
            "reasons": one.reasons,
            "explained_by": one.explained_by,
            "explained_on": one.explained_on.isoformat(),
            "expires_on": one.expires_on.isoformat(),
            "most_records": one.most_records,
        }
        for one in kept
    ]
    custody.record_event(
        store, EXPLAINED, submission_id=submission.submission_id, **whose, explanations=said, notes=name
    )


def _explanation(said: dict, notes: Sequence[str]) -> Explanation:
    days = {name: date.fromisoformat(said[name]) for name in ("explained_on", "expires_on")}
    return replace(Explanation(**said | days), reasons=tuple(said["reasons"]), notes=tuple(notes))


def _answer(event: dict) -> Answer:
    said = {name: event[name] for name in ("is_accepted", "reason", "answered_by")}
    return Answer(**said, answered_on=date.fromisoformat(event["answered_on"]))


def _notes(store: Store, name: str) -> list[list[str]]:
    return json.loads(_place(store, name).read_text(encoding="utf-8"))


def _place(store: Store, name: str) -> Path:
    return store.root / "private" / "explanations" / name
