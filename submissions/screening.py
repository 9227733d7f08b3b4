"""Screening: every changed district of a school year is held against the contracts, in one call.

What can be counted becomes the accepted Parquet; the district reads back what was found. A district that cannot be
taken in keeps its last accepted version and never stops the others. Rules and words live in `expectations`, custody and
layouts beside this module; no indicator is computed here.
"""

import hashlib
import traceback
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import polars as pl

from expectations.collections import CONTRACTS
from expectations.collections.validation import NotCheckedError, examine, rule_pack
from expectations.notices import MUST_FIX, SEVERITIES, Notice, in_order
from submissions import custody, feedback, findings, mapping
from submissions.acceptance import Screened, accept, place_of, prepare_accepted, severity_order, write
from submissions.custody import ACCEPTED, REFUSED, SCREENED, Submission
from submissions.feedback import NOT_CHECKED, Feedback
from submissions.layout import STANDS_FOR, collection_of
from submissions.pseudonyms import fingerprint, key_of
from submissions.reading import Refused
from submissions.store import Store

__all__ = ["MANIFEST", "ConservationError", "Screening", "prepare_accepted", "screen"]

FORMAT = 1
"""The version of what is written here. Raise it when the accepted Parquet changes: all districts are screened anew."""

MANIFEST = pl.Schema(
    {
        "school_year": pl.Int16(),
        "district_id": pl.String(),
        "submission_id": pl.String(),
        "mapping": pl.String(),
        "file_name": pl.String(),
        "file_sha256": pl.String(),
        "collection": pl.String(),
        "rows_received": pl.Int64(),
        "rows_accepted": pl.Int64(),
        "rows_quarantined": pl.Int64(),
        "rows_not_applicable": pl.Int64(),
        "records_accepted": pl.Int64(),
        "must_fix": pl.Int64(),
        "explain": pl.Int64(),
        "information": pl.Int64(),
        "status": pl.String(),
        "reason": pl.String(),
    }
)
"""A row is a file and collection of a submission in force, or of a later one that was not taken in.

Rows are those of the file; `must_fix`, `explain` and `information` count records. Where a file was not opened,
`collection` and `rows_received` may be null.
"""


class ConservationError(Exception):
    """The rows of a file do not add up. The fault lies here and not in the data."""


@dataclass(frozen=True)
class Screening:
    """What screening a school year did. `not_checked` says for each district why it could not be checked: our fault."""

    school_year: int
    manifest: pl.DataFrame
    screened: list[str] = field(default_factory=list)
    unchanged: list[str] = field(default_factory=list)
    not_checked: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class _Outcome:
    """What became of a submission (accepted, refused or not_checked), what was found, and why it was not taken in."""

    status: str
    collections: Sequence[Screened] = ()
    notices: Sequence[Notice] = ()
    reason: str | None = None


def screen(
    store: Store,
    school_year: int,
    districts: Collection[str] = (),
    on_progress: Callable[[int, int], Any] | None = None,
) -> Screening:
    """Screen every district of a school year whose submission or rules have changed, and those named in `districts`.

    Writes the accepted, quarantined and identity Parquet and the feedback of each, the ledger, and the manifest of the
    year. `on_progress` is told how many of how many districts are done. Raises KeyLostError and OSError, which concern
    every district alike; whatever concerns one district is recorded for that one.
    """
    prepare_accepted(store)
    key = key_of(store)
    before = _History(store, school_year)
    rules = rule_pack(CONTRACTS.values())
    packs = {district_id: _pack(one, rules, key) for district_id, one in before.in_force.items()}
    unchanged = [
        district_id
        for district_id, pack in packs.items()
        if district_id not in districts and _is_up_to_date(store, before, district_id, pack)
    ]
    changed = [district_id for district_id in packs if district_id not in unchanged]
    not_checked = {}
    for done, district_id in enumerate(changed, 1):
        outcome = _screen_and_record(store, before.in_force[district_id], key, packs[district_id])
        if outcome.status == NOT_CHECKED:
            not_checked[district_id] = outcome.reason
        if on_progress:
            on_progress(done, len(changed))
    return Screening(school_year, _write_manifest(store, school_year), changed, unchanged, not_checked)


# --- what has changed


class _History:
    """What the ledger says of a school year: what is in force, and what became of it."""

    def __init__(self, store: Store, school_year: int) -> None:
        self.in_force = custody.submissions_in_force(store, school_year)
        self.accepted: dict[str, dict] = {}
        self.problem: dict[str, dict] = {}
        for event in custody.events(store):
            if event.get("school_year") != school_year:
                continue
            if event["event"] == ACCEPTED:
                self.accepted[event["district_id"]] = event
            elif event["event"] in (REFUSED, NOT_CHECKED):
                self.problem[event["district_id"]] = event

    def open_problem(self, district_id: str) -> dict | None:
        """Give the last event of a submission that was not taken in, unless it or a newer one was taken in since."""
        problem, accepted = self.problem.get(district_id), self.accepted.get(district_id)
        if problem is None or accepted is None:
            return problem
        if problem["submission_id"] == accepted["submission_id"]:
            return problem if problem["sequence"] > accepted["sequence"] else None
        arrived = problem.get("received_sequence", problem["sequence"])
        return problem if arrived > accepted["received_sequence"] else None


def _pack(submission: Submission, rules: str, key: bytes) -> str:
    """Name all that decides what screening makes of the same bytes."""
    try:
        layout = mapping.load(submission.mapping).sha256 if submission.mapping else ""
    except mapping.MappingError:
        layout = "missing"
    parts = "\n".join([str(FORMAT), rules, layout, fingerprint(key)])
    return hashlib.sha256(parts.encode()).hexdigest()[:16]


def _is_up_to_date(store: Store, before: _History, district_id: str, pack: str) -> bool:
    accepted, problem = before.accepted.get(district_id), before.open_problem(district_id)
    if accepted is None or (problem and problem["event"] == NOT_CHECKED):
        return False
    same = (accepted["submission_id"], accepted["rule_pack"]) == (before.in_force[district_id].submission_id, pack)
    places = (place_of(store.accepted, r["collection"], r["school_year"], district_id) for r in accepted["manifest"])
    return same and all(place.is_file() for place in places)


# --- one submission


def _screen_and_record(store: Store, submission: Submission, key: bytes, pack: str) -> _Outcome:
    """Screen one submission, keep what was accepted, and record the outcome, whatever it is."""
    facts = {
        "submission_id": submission.submission_id,
        "district_id": submission.district_id,
        "school_year": submission.school_year,
        "received_sequence": submission.sequence,
        "rule_pack": pack,
    }
    custody.record_event(store, SCREENED, **facts)
    outcome = _try_to_take_in(store, submission, key)
    rows = _manifest_rows(submission, outcome)
    _give_feedback(store, submission, outcome, rows, pack)
    custody.record_event(store, outcome.status, **facts, reason=outcome.reason, manifest=rows)
    return outcome


def _try_to_take_in(store: Store, submission: Submission, key: bytes) -> _Outcome:
    """Turn whatever goes wrong with one district into an outcome; raise only what concerns every district."""
    try:
        outcome = _screen(store, submission)
        if outcome.status == ACCEPTED:
            accept(store, submission, outcome.collections, key)
        return outcome
    except (custody.DamagedError, FileNotFoundError):
        return _Outcome(NOT_CHECKED, reason="The bytes in our store are not those that we received.")
    except Refused as refused:
        reason = "The layout that we read this file with has changed and no longer fits it."
        return _Outcome(NOT_CHECKED, notices=refused.notices, reason=reason)
    except mapping.MappingError:
        return _Outcome(NOT_CHECKED, reason=f"The layout {submission.mapping} can no longer be read.")
    except (OSError, MemoryError):
        raise
    except Exception as error:
        return _Outcome(NOT_CHECKED, reason=f"Our program failed ({_where(error)}).")


def _where(error: Exception) -> str:
    """Name the kind of an error and the last line of this project it passed; the message may hold values."""
    root = Path(__file__).resolve().parent.parent
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if "site-packages" not in frame.filename]
    own = [frame for frame in frames if Path(frame.filename).is_relative_to(root)]
    place = f" at {Path(own[-1].filename).relative_to(root)}:{own[-1].lineno}" if own else ""
    return f"{type(error).__name__}{place}"


def _screen(store: Store, submission: Submission) -> _Outcome:
    collections, notices = [], []
    for opened in custody.open_submission(store, submission):
        notices += opened.notices
        for records in opened.records:
            if any(one.collection == records.collection for one in collections):
                raise NotCheckedError(f"two files hold the collection {records.collection}")
            contract = CONTRACTS[records.collection]
            whose = {"district_id": submission.district_id, "school_year": submission.school_year}
            one = Screened(opened.file, records, examine(records.frame, contract, **whose))
            _prove_conservation(one)
            collections.append(one)
            notices += [*records.notices, *findings.notices_of(one)]
    unread = [one.collection for one in collections if one.examined.typed.is_empty() and one.records.frame.height]
    if unread:
        what = " or ".join(collection.replace("_", " ") for collection in unread)
        return _Outcome(REFUSED, collections, in_order(notices), f"Not one {what} record could be read.")
    return _Outcome(ACCEPTED, collections, in_order(notices))


def _prove_conservation(one: Screened) -> None:
    accepted, set_aside = _rows(one.examined.typed), _rows(one.examined.set_aside)
    received, not_applicable = one.records.rows_received, one.records.rows_not_applicable
    if received != accepted + set_aside + not_applicable:
        raise ConservationError(
            f"{one.collection}: of {received} rows received, {accepted} were accepted, {set_aside} set aside and "
            f"{not_applicable} not applicable"
        )


def _rows(frame: pl.DataFrame) -> int:
    """Count the rows of the file that the records stand for."""
    return int(frame[STANDS_FOR].sum())


# --- what is told


def _give_feedback(
    store: Store, submission: Submission, outcome: _Outcome, rows: list[dict[str, Any]], pack: str | None
) -> None:
    covered = {one.collection: findings.coverage(one) for one in outcome.collections}
    feedback.write(
        store,
        Feedback(
            submission=submission,
            status=outcome.status,
            reason=outcome.reason,
            rule_pack=pack,
            notices=outcome.notices,
            findings=pl.concat([findings.LISTED.to_frame(), *map(findings.listed, outcome.collections)]),
            files=rows,
            records={one.collection: one.records.frame.height for one in outcome.collections},
            passed=[code for passed, _ in covered.values() for code in passed],
            not_looked_at=[code for _, blind in covered.values() for code in blind],
        ),
    )


def _manifest_rows(submission: Submission, outcome: _Outcome) -> list[dict[str, Any]]:
    """Describe each file and collection of a submission in counts; where nothing was opened, each file."""
    shared = {name: getattr(submission, name) for name in ("school_year", "district_id", "submission_id", "mapping")}
    shared |= {"rows_accepted": 0, "rows_quarantined": 0, "rows_not_applicable": 0, "records_accepted": 0}
    shared |= {"status": ACCEPTED if outcome.status == ACCEPTED else REFUSED, "reason": outcome.reason}
    if not outcome.collections:
        return [shared | _unopened(file, outcome.notices) for file in submission.files]
    rows = []
    for one in outcome.collections:
        row = shared | {
            "file_name": one.file.name,
            "file_sha256": one.file.sha256,
            "collection": one.collection,
            "rows_received": one.records.rows_received,
        }
        if outcome.status == ACCEPTED:
            row |= {
                "rows_accepted": _rows(one.examined.typed),
                "rows_quarantined": _rows(one.examined.set_aside),
                "rows_not_applicable": one.records.rows_not_applicable,
                "records_accepted": one.examined.typed.height,
            }
        rows.append(row | _records_by_severity(one))
    return rows


def _records_by_severity(one: Screened) -> dict[str, int]:
    found = one.examined.findings.drop_nulls("row").group_by(severity_order(pl.col("rule")))
    records = dict(found.agg(pl.col("row").n_unique()).iter_rows())
    return {severity: records.get(order, 0) for order, severity in enumerate(SEVERITIES)}


def _unopened(file: custody.ReceivedFile, notices: Sequence[Notice]) -> dict[str, Any]:
    of_file = [one for one in notices if one.file in (file.name, None)]
    return {
        "file_name": file.name,
        "file_sha256": file.sha256,
        "collection": collection_of(file.name),
        "rows_received": file.rows,
        **{severity: sum(one.count for one in of_file if one.severity == severity) for severity in SEVERITIES},
    }


def _write_manifest(store: Store, school_year: int) -> pl.DataFrame:
    """Derive the manifest of a year from the ledger: what is accepted, and what came after it and was not taken in."""
    history, rows = _History(store, school_year), []
    for district_id in sorted({*history.accepted, *history.problem}):
        if district_id in history.accepted:
            rows += history.accepted[district_id]["manifest"]
        if problem := history.open_problem(district_id):
            rows += problem["manifest"] if "manifest" in problem else _refused_at_the_door(store, problem)
    manifest = pl.DataFrame(rows, schema=MANIFEST)
    write(manifest, store.manifest / f"{school_year}.parquet")
    return manifest


def _refused_at_the_door(store: Store, event: dict[str, Any]) -> list[dict[str, Any]]:
    """Describe a submission that never came as far as screening, and see that the district has its feedback."""
    submission = custody.submission_of(event)
    notices = in_order(Notice(**one) for one in event["notices"])
    reason = next((one.message for one in notices if one.severity == MUST_FIX), None)
    outcome = _Outcome(REFUSED, notices=notices, reason=reason)
    rows = _manifest_rows(submission, outcome)
    _give_feedback(store, submission, outcome, rows, pack=None)
    return rows
