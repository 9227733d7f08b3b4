"""The report of a submission for programs, `submission-report/1`. Only its shape is decided here."""

import json
from typing import Any

from expectations.notices import SEVERITIES
from submissions.feedback import Card, Feedback, because

SCHEMA = "submission-report/1"
MOST_SAMPLES = 50


def write(feedback: Feedback) -> str:
    """Give the report as text. Totals are exact whatever the samples."""
    return json.dumps(document(feedback), ensure_ascii=False, indent=1, sort_keys=False) + "\n"


def document(feedback: Feedback) -> dict[str, Any]:
    """Give the report as plain values."""
    submission = feedback.submission
    return {
        "schema": SCHEMA,
        "submission": {
            "id": submission.submission_id,
            "district": submission.district_id,
            "school_year": submission.school_year,
            "mapping": submission.mapping,
            "simulated": submission.simulated,
            "files": [
                {"name": one.name, "sha256": one.sha256, "bytes": one.bytes, "rows": one.rows}
                for one in submission.files
            ],
            "received_at": submission.received_at,
            "attempt": feedback.attempt,
        },
        "engine": {
            "rule_pack": feedback.rule_pack,
            "as_of": feedback.as_of and feedback.as_of.isoformat(),
            "mode": "state" if submission.received_at else "precheck",
            "redacted": not feedback.full,
        },
        "verdict": feedback.verdict,
        "status": feedback.status,
        "reason": feedback.reason,
        "coverage": {
            "passed": list(feedback.passed),
            "not_checked": [
                {"rule": one.rule, "because": one.kind, "missing": one.missing, "in_words": because(one, "en")}
                for one in feedback.not_checked
            ],
        },
        "totals": {severity: _totals(feedback.of_severity(severity)) for severity in SEVERITIES}
        | {
            "waived": _totals([card for card in feedback.cards if card.waiver]),
            "explained": _totals([card for card in feedback.cards if card.is_explained and not card.waiver]),
            "passed_rules": len(feedback.passed),
            "not_checked_rules": len(feedback.not_checked),
        },
        "changes_since": _changes(feedback),
        "rows": [
            {name: value for name, value in one.items() if name.startswith(("rows_", "file_name", "collection"))}
            for one in feedback.files
        ],
        "findings": [_finding(card, feedback) for card in feedback.cards],
    }


def _totals(cards: list[Card]) -> dict[str, int]:
    return {"rules": len(cards), "findings": sum(card.count for card in cards)}


def _changes(feedback: Feedback) -> dict[str, int] | None:
    if feedback.changes is None:
        return None
    fixed, new, still = feedback.changes.totals
    return {"attempt": feedback.changes.attempt, "fixed": fixed, "new": new, "still": still}


def _finding(card: Card, feedback: Feedback) -> dict[str, Any]:
    said = {language: card.said(language) for language in ("en", "es")}
    waiver, explanation = card.waiver, card.explanation
    return {
        "rule": card.rule,
        "severity": card.severity,
        "count": card.count,
        "collection": card.notices[0].collection,
        "file": card.notices[0].file,
        "of": feedback.records.get(card.notices[0].collection),
        "fields": [one.field for one in card.notices if one.field],
        "title": {language: words[0].title for language, words in said.items()},
        "messages": {language: [one.message for one in words] for language, words in said.items()},
        "fix": {
            language: list(dict.fromkeys(step for one in words for step in one.fix)) for language, words in said.items()
        },
        "reason_codes": list(card.reasons),
        "waived": waiver
        and {
            "reason": waiver.reason,
            "approver": waiver.approver,
            "approved_on": waiver.approved_on.isoformat(),
            "expires_on": waiver.expires_on.isoformat(),
            "most_records": waiver.most_records,
        },
        "explanation": explanation
        and {
            "reason_codes": list(explanation.reasons),
            "notes": list(explanation.notes),
            "explained_by": explanation.explained_by,
            "explained_on": explanation.explained_on.isoformat(),
            "expires_on": explanation.expires_on.isoformat(),
            "most_records": explanation.most_records,
            "state_reply": explanation.answer
            and {
                "accepted": explanation.answer.is_accepted,
                "reason": explanation.answer.reason,
                "answered_by": explanation.answer.answered_by,
                "answered_on": explanation.answer.answered_on.isoformat(),
            },
        },
        "listed": len(card.listed) or len(card.notices),
        "samples": [
            {name: row[name] for name in ("line", "field", "student", "school", "day", "seen", "expected")}
            for row in card.listed[:MOST_SAMPLES]
        ],
        "samples_capped": card.count > min(len(card.listed), MOST_SAMPLES),
    }
