"""Screening: every changed district of a school year is held against the contracts, in one call.

What can be counted becomes the accepted Parquet; the district reads back what was found. A district that cannot be
taken in keeps its last accepted version and never stops the others. Rules and words live in `expectations`, custody and
layouts beside this module; no indicator is computed here.
"""

import hashlib
import traceback
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from functools import cached_property
from pathlib import Path
from typing import Any

import polars as pl

from expectations import catalogue
from expectations.collections.validation import STATE
from expectations.notices import MUST_FIX, Notice, in_order
from submissions import crew, custody, delivery, explanations, findings, history, mapping, waivers
from submissions.acceptance import accept, place_of, prepare_accepted, write
from submissions.custody import ACCEPTED, REFUSED, SCREENED, Submission
from submissions.examination import ConservationError, Outcome, accounts, examine_files
from submissions.explanations import Explanation
from submissions.feedback import NOT_CHECKED, Changes, Feedback
from submissions.pseudonyms import fingerprint, key_of
from submissions.reading import Refused
from submissions.store import Store
from submissions.waivers import Waiver

__all__ = ["MANIFEST", "ConservationError", "Screening", "prepare_accepted", "screen"]

FORMAT = 3
"""The version of what is written here. Raise it when the accepted Parquet changes: all districts are screened anew."""

SMALL = 32 * 2**20
"""Up to so many bytes in all, submissions are screened in this process: to start others would take longer."""

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


@dataclass(frozen=True)
class Screening:
    """What screening a school year did. `not_checked` says for each district why it could not be checked: our fault.

    `waivers_not_read` says why the table of waivers could not be read; then nothing was waived.
    """

    school_year: int
    manifest: pl.DataFrame
    screened: list[str] = field(default_factory=list)
    unchanged: list[str] = field(default_factory=list)
    not_checked: dict[str, str] = field(default_factory=dict)
    waivers_not_read: str | None = None


def screen(
    store: Store,
    school_year: int,
    districts: Collection[str] = (),
    on_progress: Callable[[int, int], Any] | None = None,
    processes: int | None = None,
) -> Screening:
    """Screen every district of a school year whose submission or rules have changed, and those named in `districts`.

    Writes the accepted, quarantined and identity Parquet and the feedback of each, the ledger, and the manifest of the
    year. The state's own submission comes first, for the others are held against it. `on_progress` is told how many of
    how many districts are done. Unless `processes` says how many, there are as many as the machine can take, and none
    beside this one for what is small; what comes out is the same. Raises KeyLostError and OSError, which concern every
    district alike; whatever concerns one district is recorded for that one.
    """
    prepare_accepted(store)
    key, before = key_of(store), _History(store, school_year)
    others = [district_id for district_id in before.in_force if district_id != STATE]
    screened, unchanged, not_checked = [], [], {}
    for turn in ([STATE], others) if STATE in before.in_force else (others,):
        home = _Home.of(store, school_year, key)
        packs = {district_id: home.pack(before.in_force[district_id]) for district_id in turn}
        changed = [one for one in turn if one in districts or not _is_up_to_date(store, before, one, packs[one])]
        unchanged += [one for one in turn if one not in changed]
        expected = len(screened) + len(changed) + (len(others) if turn is not others else 0)
        tasks = [(before.in_force[district_id], packs[district_id]) for district_id in changed]
        for district_id, status, reason in _each(home, tasks, processes):
            screened.append(district_id)
            if status == NOT_CHECKED:
                not_checked[district_id] = reason
            if on_progress:
                on_progress(len(screened), expected)
    manifest = _write_manifest(store, school_year)
    screened.sort(key=lambda district_id: (district_id != STATE, district_id))
    return Screening(school_year, manifest, screened, unchanged, not_checked, home.waivers_not_read)


def is_current(store: Store, school_year: int) -> bool:
    """Tell whether `screen` would change nothing: no submission, rule, waiver or explanation is new. Writes nothing."""
    place, before = store.manifest / f"{school_year}.parquet", _History(store, school_year)
    if not place.is_file() or not store.pseudonym_key.is_file():
        return False
    home = _Home.of(store, school_year, key_of(store))
    if not all(_is_up_to_date(store, before, one, home.pack(sent)) for one, sent in before.in_force.items()):
        return False
    return pl.DataFrame(_manifest_rows(before), schema=MANIFEST).equals(pl.read_parquet(place))


def is_screened(store: Store, submission: Submission) -> bool:
    """Tell whether a submission in force was taken in, with the rules, waivers and explanations of today."""
    if not store.pseudonym_key.is_file():
        return False
    home = _Home.of(store, submission.school_year, key_of(store))
    before = _History(store, submission.school_year)
    in_force = before.in_force.get(submission.district_id)
    return in_force == submission and _is_up_to_date(store, before, submission.district_id, home.pack(submission))


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


@dataclass(frozen=True)
class _Home:
    """What screening needs to know beside the submission: the key, waivers, last year, and what the state has sent."""

    store: Store
    school_year: int
    key: bytes
    waivers: list[Waiver]
    explanations: list[tuple[str, int, Explanation]]
    last_year: dict[str, str]
    waivers_not_read: str | None = None
    today: date = field(default_factory=lambda: datetime.now(UTC).date())

    @classmethod
    def of(cls, store: Store, school_year: int, key: bytes) -> "_Home":
        """Look about in a home. Where the waivers cannot be read nothing is waived, and no district waits for that."""
        try:
            waived, not_read = waivers.waivers(store), None
        except waivers.WaiverError as error:
            waived, not_read = [], f"Nothing is waived: {error}."
        before = history.accepted_before(store, school_year)
        return cls(store, school_year, key, waived, explanations.explanations(store), before, not_read)

    @cached_property
    def state_submission(self) -> str | None:
        """Name what the state itself sent, by which its districts are judged."""
        return history.accepted_of_state(self.store, self.school_year)

    @cached_property
    def of_state(self) -> dict[str, pl.DataFrame]:
        """Give what the state itself sent; read once for all districts."""
        return history.of_state(self.store, self.school_year) if self.state_submission else {}

    def waivers_for(self, submission: Submission) -> list[Waiver]:
        """Give the waivers that hold today for a district and year, whatever they are about."""
        whose = submission.district_id, submission.school_year
        return [
            one
            for one in self.waivers
            if (one.district_id, one.school_year) == whose and one.approved_on <= self.today <= one.expires_on
        ]

    def explanations_for(self, submission: Submission) -> list[Explanation]:
        """Give what a district has said for a year and holds today."""
        whose = submission.district_id, submission.school_year
        every = [one for *of, one in self.explanations if tuple(of) == whose]
        return [one for one in every if one.explained_on <= self.today <= one.expires_on]

    def pack(self, submission: Submission) -> str:
        """Name all that decides what screening makes of the same bytes, and of what it tells."""
        last_year = self.last_year.get(submission.district_id, "")
        waived = str(self.waivers_for(submission)) if self.waivers else ""
        explained = str(self.explanations_for(submission)) if self.explanations else ""
        state = (self.state_submission or "") if submission.district_id != STATE else ""
        parts = [str(FORMAT), edition(submission.mapping), fingerprint(self.key), last_year, waived, explained, state]
        return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:16]


def edition(mapping_name: str | None) -> str:
    """Name the present state of the rules and of a layout."""
    try:
        layout = mapping.load(mapping_name).sha256 if mapping_name else ""
    except mapping.MappingError:
        layout = "missing"
    return hashlib.sha256(f"{catalogue.version()}\n{layout}".encode()).hexdigest()[:16]


def _is_up_to_date(store: Store, before: _History, district_id: str, pack: str) -> bool:
    accepted, problem = before.accepted.get(district_id), before.open_problem(district_id)
    if accepted is None or (problem and problem["event"] == NOT_CHECKED):
        return False
    same = (accepted["submission_id"], accepted["rule_pack"]) == (before.in_force[district_id].submission_id, pack)
    places = (place_of(store.accepted, r["collection"], r["school_year"], district_id) for r in accepted["manifest"])
    return same and all(place.is_file() for place in places)


# --- one submission


def _each(
    home: _Home, tasks: list[tuple[Submission, str]], processes: int | None
) -> Iterator[tuple[str, str, str | None]]:
    """Screen submissions, the largest first; yield the district, what became of its submission, and why."""
    tasks = sorted(tasks, key=lambda task: (-_bytes(task[0]), task[0].district_id))
    if processes is None:
        processes = crew.processors() if sum(_bytes(submission) for submission, _ in tasks) > SMALL else 0
    if not processes:
        yield from (_screen_and_record(home, *task) for task in tasks)
        return
    for place, answer in crew.each(_screen_and_record, home, tasks, min(processes, len(tasks))):
        if isinstance(answer, crew.Ended):
            reason = f"The process that checked these files ended before it was done ({answer.why})."
            answer = _record(home, *tasks[place], Outcome(NOT_CHECKED, reason=reason))
        yield answer


def _bytes(submission: Submission) -> int:
    return sum(file.bytes for file in submission.files)


def _screen_and_record(home: _Home, submission: Submission, pack: str) -> tuple[str, str, str | None]:
    """Screen one submission, keep what was accepted, and record the outcome, whatever it is."""
    custody.record_event(home.store, SCREENED, **_facts(submission, pack))
    try:
        return _record(home, submission, pack, _try_to_take_in(home, submission))
    except OSError:
        raise
    except Exception as error:
        return _record(home, submission, pack, Outcome(NOT_CHECKED, reason=fault(error)))


def _facts(submission: Submission, pack: str) -> dict[str, Any]:
    return {
        "submission_id": submission.submission_id,
        "district_id": submission.district_id,
        "school_year": submission.school_year,
        "received_sequence": submission.sequence,
        "rule_pack": pack,
    }


def _record(home: _Home, submission: Submission, pack: str, outcome: Outcome) -> tuple[str, str, str | None]:
    rows = accounts(submission, outcome)
    delivery.deliver(home.store, _feedback(home, submission, outcome, rows))
    told: dict[str, Any] = {"reason": outcome.reason, "manifest": rows}
    if outcome.shadow:
        told["shadow"] = dict(outcome.shadow)
    custody.record_event(home.store, outcome.status, **_facts(submission, pack), **told)
    return submission.district_id, outcome.status, outcome.reason


def _try_to_take_in(home: _Home, submission: Submission) -> Outcome:
    """Turn whatever goes wrong with one district into an outcome; raise only what concerns every district."""
    whose = {"district_id": submission.district_id, "school_year": submission.school_year}
    try:
        opened = custody.open_submission(home.store, submission)
        of_state = home.of_state if submission.district_id != STATE else None
        outcome = examine_files(opened, history.last_year(home.store, **whose), **whose, of_state=of_state)
        if outcome.status == ACCEPTED:
            accept(home.store, submission, outcome.collections, home.key)
        return outcome
    except (custody.DamagedError, FileNotFoundError):
        return Outcome(NOT_CHECKED, reason="The bytes in our store are not those that we received.")
    except Refused as refused:
        reason = "The layout that we read this file with has changed and no longer fits it."
        return Outcome(NOT_CHECKED, notices=refused.notices, reason=reason)
    except mapping.MappingError:
        return Outcome(NOT_CHECKED, reason=f"The layout {submission.mapping} can no longer be read.")
    except OSError:
        raise
    except MemoryError:
        return Outcome(NOT_CHECKED, reason="There was not enough memory to check these files.")
    except Exception as error:
        return Outcome(NOT_CHECKED, reason=fault(error))


def fault(error: Exception) -> str:
    """Name the kind of an error and the last line of this project it passed; the message may hold values."""
    root = Path(__file__).resolve().parent.parent
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if "site-packages" not in frame.filename]
    own = [frame for frame in frames if Path(frame.filename).is_relative_to(root)]
    place = f" at {Path(own[-1].filename).relative_to(root)}:{own[-1].lineno}" if own else ""
    return f"Our program failed ({type(error).__name__}{place})."


# --- what is told


def _feedback(home: _Home, submission: Submission, outcome: Outcome, rows: list[dict[str, Any]]) -> Feedback:
    attempt, changes = history.changes(home.store, submission, findings.marks(outcome.collections, home.key))
    whose = {"district_id": submission.district_id, "school_year": submission.school_year}
    waived = waivers.in_force(home.waivers_for(submission), outcome.notices, **whose, on=home.today)
    explained = explanations.in_force(home.explanations_for(submission), outcome.notices, on=home.today)
    settled = {"waived": waived, "explained": explained, "as_of": home.today}
    return feedback_on(submission, outcome, rows, attempt=attempt, changes=changes, **settled)


def feedback_on(
    submission: Submission,
    outcome: Outcome,
    rows: list[dict[str, Any]],
    *,
    attempt: int | None = None,
    changes: Changes | None = None,
    waived: dict[str, Waiver] | None = None,
    explained: dict[str, Explanation] | None = None,
    full: bool = False,
    as_of: date | None = None,
) -> Feedback:
    """Put together what is told of a submission: the same for a state and for a district on its own machine."""
    return Feedback(
        submission=submission,
        status=outcome.status,
        reason=outcome.reason,
        rule_pack=edition(submission.mapping) if outcome.collections else None,
        notices=outcome.notices,
        findings=findings.listed(outcome.collections, full=full),
        files=rows,
        records={one.collection: one.records.frame.height for one in outcome.collections},
        passed=outcome.passed,
        not_checked=outcome.not_checked,
        attempt=attempt,
        changes=changes,
        waived=waived or {},
        explained=explained or {},
        full=full,
        as_of=as_of,
    )


def _write_manifest(store: Store, school_year: int) -> pl.DataFrame:
    """Derive the manifest of a year from the ledger, and see that whoever was refused at the door has feedback."""
    before = _History(store, school_year)
    for district_id in before.problem:
        problem = before.open_problem(district_id)
        if problem and "manifest" not in problem:
            submission, outcome = _refused(problem)
            rows, attempt = accounts(submission, outcome), history.attempt(store, submission)
            delivery.deliver(store, feedback_on(submission, outcome, rows, attempt=attempt))
    manifest = pl.DataFrame(_manifest_rows(before), schema=MANIFEST)
    write(manifest, store.manifest / f"{school_year}.parquet")
    return manifest


def _manifest_rows(before: _History) -> list[dict[str, Any]]:
    """Say what is accepted, and what came after it and was not taken in."""
    rows = []
    for district_id in sorted({*before.accepted, *before.problem}):
        if district_id in before.accepted:
            rows += before.accepted[district_id]["manifest"]
        if problem := before.open_problem(district_id):
            rows += problem["manifest"] if "manifest" in problem else accounts(*_refused(problem))
    return rows


def _refused(event: dict[str, Any]) -> tuple[Submission, Outcome]:
    """Describe a submission that never came as far as screening."""
    return custody.submission_of(event), refused_at_the_door(Notice(**one) for one in event["notices"])


def refused_at_the_door(notices: Iterable[Notice]) -> Outcome:
    """Say what became of files that the strict gate did not let in; the reason names the file, of which many come."""
    notices = in_order(notices)
    reasons = (f"{one.file}: {one.message}" if one.file else one.message for one in notices if one.severity == MUST_FIX)
    return Outcome(REFUSED, notices=notices, reason=next(reasons, None))
