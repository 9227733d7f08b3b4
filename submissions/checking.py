"""The check that a district makes before it sends: the strict gate, the layouts and the rules of the state, without it.

Nothing is sent, and nothing is kept: the files pass through a folder that is gone when the check is over. What is found
is what the state will find, because the same gate and the same rules find it; nothing is decided here.
"""

import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import polars as pl

from submissions import custody
from submissions.agreement import last_year_of
from submissions.custody import REFUSED, Receipt, Submission
from submissions.examination import Outcome, accounts, examine_files
from submissions.feedback import COULD_NOT_CHECK, NEEDS_EXPLANATION, NEEDS_WORK, NOT_CHECKED, READY, Feedback
from submissions.screening import fault, feedback_on, refused_at_the_door
from submissions.store import Store

EXIT_CODES = {READY: 0, NEEDS_WORK: 1, NEEDS_EXPLANATION: 2, COULD_NOT_CHECK: 3}


class LastYearError(Exception):
    """The files given as last year's cannot be read."""


def check(
    paths: Sequence[Path],
    *,
    district_id: str,
    school_year: int,
    mapping: str | None = None,
    last_year: Sequence[Path] = (),
    full: bool = False,
    as_of: date | None = None,
) -> Feedback:
    """Hold files against every rule as the state would, and say what it would say.

    `last_year` are the files that were accepted for the year before, in the same layout; without them the rules about
    both years are not checked. The report speaks of the day `as_of`, by default today. A `full` one shows students'
    numbers and must stay on this machine. Raises LastYearError; otherwise as `custody.receive`.
    """
    with tempfile.TemporaryDirectory(prefix="waymark-check-") as folder:
        store, whose = Store(Path(folder)), {"district_id": district_id, "school_year": school_year}
        receipt = custody.receive(store, paths, **whose, mapping=mapping)
        before = _read_last_year(store, last_year, district_id, school_year - 1, mapping)
        submission = replace(_submission(receipt), sequence=0, received_at="")
        outcome = _examine(store, receipt, before)
        as_of = as_of or datetime.now(UTC).date()
        return feedback_on(submission, outcome, accounts(submission, outcome), full=full, as_of=as_of)


def _examine(store: Store, receipt: Receipt, last_year: Mapping[str, pl.DataFrame]) -> Outcome:
    if receipt.status == REFUSED:
        return refused_at_the_door(receipt.notices)
    whose = {"district_id": receipt.district_id, "school_year": receipt.school_year}
    try:
        return examine_files(custody.open_submission(store, _submission(receipt)), last_year, **whose)
    except (OSError, MemoryError):
        raise
    except Exception as error:
        return Outcome(NOT_CHECKED, reason=fault(error))


def _read_last_year(
    store: Store, paths: Sequence[Path], district_id: str, school_year: int, mapping: str | None
) -> dict[str, pl.DataFrame]:
    if not paths:
        return {}
    receipt = custody.receive(store, paths, district_id=district_id, school_year=school_year, mapping=mapping)
    if receipt.status == REFUSED:
        raise LastYearError(f"Last year's files cannot be read: {receipt.notices[0].message}")
    opened = custody.open_submission(store, _submission(receipt))
    outcome = examine_files(opened, {}, district_id=district_id, school_year=school_year)
    return {one.collection: last_year_of(one.examined.typed, one.collection) for one in outcome.collections}


def _submission(receipt: Receipt) -> Submission:
    return Submission(**{name: getattr(receipt, name) for name in Submission.__dataclass_fields__})
