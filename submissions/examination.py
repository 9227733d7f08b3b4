"""One submission held against every rule: those of its collections, then what its files and years must agree on.

The same for a state that screens and for a district that checks its own files: where the files come from, and what
becomes of the outcome, is known to the caller. Nothing is written here.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import polars as pl

from expectations.collections import CONTRACTS
from expectations.collections.validation import STATE, NotCheckedError, examine
from expectations.notices import EXPLAIN, SEVERITIES, Notice, in_order
from submissions import findings
from submissions.acceptance import Screened, severity_order
from submissions.agreement import NotChecked, agree
from submissions.custody import ACCEPTED, REFUSED, OpenedFile, ReceivedFile, Submission
from submissions.layout import STANDS_FOR, collection_of, notice


class ConservationError(Exception):
    """The rows of a file do not add up. The fault lies here and not in the data."""


@dataclass(frozen=True)
class Outcome:
    """What became of a submission (accepted, refused or not_checked), what was found, and why it was not taken in.

    `passed` are the codes of rules that found nothing, `not_checked` the rules that could not be asked, and `shadow`
    what rules that are not told to districts have found.
    """

    status: str
    collections: Sequence[Screened] = ()
    notices: Sequence[Notice] = ()
    reason: str | None = None
    passed: Sequence[str] = ()
    not_checked: Sequence[NotChecked] = ()
    shadow: Mapping[str, int] = field(default_factory=dict)


def examine_files(
    opened: Iterable[OpenedFile],
    last_year: Mapping[str, pl.DataFrame],
    *,
    district_id: str,
    school_year: int,
    of_state: Mapping[str, pl.DataFrame] | None = None,
) -> Outcome:
    """Hold the files of a submission against every rule.

    `last_year` has what is known of the year before, and `of_state` what the state itself has sent for this one.

    Raises ConservationError and NotCheckedError, which are faults of ours.
    """
    whose = {"district_id": district_id, "school_year": school_year}
    collections, notices = {}, []
    for one_file in opened:
        notices += one_file.notices
        for records in one_file.records:
            if records.collection in collections:
                raise NotCheckedError(f"two files hold the collection {records.collection}")
            one = Screened(one_file.file, records, examine(records.frame, CONTRACTS[records.collection], **whose))
            _prove_conservation(one)
            collections[one.collection] = one
            notices += records.notices
    agreed = agree({name: one.examined for name, one in collections.items()}, last_year, **whose, of_state=of_state)
    screened = [replace(one, agreed=agreed.findings[name]) for name, one in collections.items()]
    for one in screened:
        notices += findings.notices_of(one)
    notices += [*_gone(last_year, collections), *_hardly_read(screened)]
    passed, blind = findings.coverage(screened)
    told = {
        "collections": screened,
        "notices": in_order(notices),
        "passed": [*passed, *agreed.passed],
        "not_checked": [*blind, *agreed.not_checked],
        "shadow": agreed.shadow,
    }
    if elsewhere := _not_theirs(screened, of_state or {}, district_id):
        return Outcome(REFUSED, **told | {"notices": in_order([*notices, elsewhere])}, reason=elsewhere.message)
    unread = [one.collection for one in screened if one.examined.typed.is_empty() and one.records.frame.height]
    if unread:
        what = " or ".join(collection.replace("_", " ") for collection in unread)
        return Outcome(REFUSED, **told, reason=f"Not one {what} record could be read.")
    return Outcome(ACCEPTED, **told)


def _not_theirs(
    collections: Iterable[Screened], of_state: Mapping[str, pl.DataFrame], district_id: str
) -> Notice | None:
    """Say that files are not this district's, or that the zeros before all numbers were lost, by what the state knows.

    Single records that the state does not know are left to the rules; here it is about the submission as a whole.
    """
    directory, registry = of_state.get("school"), of_state.get("student_registry")
    if district_id == STATE:
        return None
    if directory is not None and "district_id" in directory.columns:
        known = directory.filter(pl.col("school_id").is_in(_values(collections, "school_id").implode()))
        theirs = known["district_id"].drop_nulls()
        if len(theirs) and district_id not in theirs:
            message = f"The state's directory has {_counted(len(theirs), 'school')} of these files in another district."
            return notice("SUB-001", f"{message} It has none of them in district {district_id}.")
    if registry is not None:
        numbers = _values(collections, "student_id")
        stripped = registry["student_id"].str.strip_chars_start("0")
        bare = numbers.is_in(stripped.implode()) & ~numbers.is_in(registry["student_id"].implode())
        if len(numbers) and bare.all():
            message = f"Zeros before student_id in the state's registry are lost here. Values: {len(numbers):,}."
            return notice("SUB-010", message, field="student_id", count=len(numbers))
    return None


def _values(collections: Iterable[Screened], name: str) -> pl.Series:
    """Give the different values of a column in all collections."""
    columns = [one.examined.typed[name] for one in collections if name in one.examined.text.columns]
    return pl.concat([pl.Series(name, [], dtype=pl.String), *columns]).drop_nulls().unique()


def _counted(count: int, noun: str) -> str:
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {noun}s"


def _gone(last_year: Mapping[str, pl.DataFrame], sent: Iterable[str]) -> list[Notice]:
    """Name the collections of last year that were not sent this year."""
    return [
        notice("SUB-013", f"Last year's submission had {name}; this one has not.", severity=EXPLAIN, collection=name)
        for name, frame in last_year.items()
        if frame.height and name not in sent
    ]


def _hardly_read(collections: Iterable[Screened]) -> list[Notice]:
    """Name the files of which more than 2 percent of the rows, and of at least 100 rows, were set aside."""
    many = [one for one in collections if one.records.frame.height >= 100]
    return [
        notice(
            "SUB-014",
            f"Of {one.records.frame.height:,} records, {one.examined.set_aside.height:,} were set aside, "
            "more than 2 percent.",
            severity=EXPLAIN,
            collection=one.collection,
            file=one.file.name,
        )
        for one in many
        if one.examined.set_aside.height * 100 > one.records.frame.height * 2
    ]


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


# --- what became of it, in counts


def accounts(submission: Submission, outcome: Outcome) -> list[dict[str, Any]]:
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
    if not one.has_findings:
        return dict.fromkeys(SEVERITIES, 0)
    found = one.findings.drop_nulls("row").group_by(severity_order(pl.col("rule")))
    records = dict(found.agg(pl.col("row").n_unique()).iter_rows())
    return {severity: records.get(order, 0) for order, severity in enumerate(SEVERITIES)}


def _unopened(file: ReceivedFile, notices: Sequence[Notice]) -> dict[str, Any]:
    of_file = [one for one in notices if one.file in (file.name, None)]
    return {
        "file_name": file.name,
        "file_sha256": file.sha256,
        "collection": collection_of(file.name),
        "rows_received": file.rows,
        **{severity: sum(one.count for one in of_file if one.severity == severity) for severity in SEVERITIES},
    }
