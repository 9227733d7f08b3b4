"""What is known of a district beside its submission: what was accepted of it last year, and what its last attempt had.

Last year alone is looked at, never the next, so that what is sent later does not change what was found. Marks of
findings are kept under the key of the home; no one without it can tell a record from them.
"""

from pathlib import Path

import polars as pl

from expectations.collections import CONTRACTS
from expectations.collections.validation import STATE
from submissions import custody
from submissions.acceptance import place_of, reference_place, write
from submissions.agreement import last_year_of, ordered
from submissions.custody import ACCEPTED, RECEIVED, REFUSED, Submission
from submissions.feedback import Changes
from submissions.pseudonyms import exchange
from submissions.store import Store

OF_STATE = ("district", "school", "student_registry", "competency", "competency_edge")
"""The collections that the state itself sends."""


def accepted_before(store: Store, school_year: int) -> dict[str, str]:
    """Name for each district the submission that was last accepted for the year before."""
    return {
        event["district_id"]: event["submission_id"]
        for event in custody.events(store)
        if event["event"] == ACCEPTED and event["school_year"] == school_year - 1
    }


def accepted_of_state(store: Store, school_year: int) -> str | None:
    """Name the submission of the state itself that was last accepted for a year."""
    accepted = [
        event["submission_id"]
        for event in custody.events(store)
        if event["event"] == ACCEPTED and (event["district_id"], event["school_year"]) == (STATE, school_year)
    ]
    return accepted[-1] if accepted else None


def of_state(store: Store, school_year: int) -> dict[str, pl.DataFrame]:
    """Give what was accepted of the state itself for a year: its directory, its framework and its registry of students.

    The registry is under the numbers of the students and says who they are: no more than the rules may look at it.
    """
    known = {}
    for name in OF_STATE:
        place = place_of(store.accepted, name, school_year, STATE)
        if place.is_file():
            frame = pl.read_parquet(place)
            columns = [c for c in CONTRACTS[name].columns if c in frame.columns]
            whose = pl.when(pl.col("district_id") != STATE).then(pl.col("district_id"))
            known[name] = frame.select(*columns).with_columns(frame.select(whose).to_series())
    who = store.identity / str(school_year) / f"{STATE}.parquet"
    if "student_registry" in known and who.is_file():
        registry = known["student_registry"].rename({"student_id": "pseudonym"})
        people = pl.read_parquet(who).unique("pseudonym", maintain_order=True)
        known["student_registry"] = ordered(registry.join(people, on="pseudonym", how="inner").drop("pseudonym"))
    return known


def last_year(store: Store, *, district_id: str, school_year: int) -> dict[str, pl.DataFrame]:
    """Give what was accepted of a district for the year before, by collection, under the numbers of the students."""
    who = store.identity / str(school_year - 1) / f"{district_id}.parquet"
    people = pl.read_parquet(who, columns=["student_id", "pseudonym"]).unique() if who.is_file() else None
    known = {}
    for name, contract in CONTRACTS.items():
        place = place_of(store.accepted, name, school_year - 1, district_id)
        if not place.is_file():
            continue
        frame = pl.read_parquet(place)
        if "student_id" in contract.columns and people is not None:
            numbers = pl.col("student_id").replace_strict(
                people["pseudonym"], people["student_id"], default=None, return_dtype=pl.String
            )
            frame = frame.with_columns(numbers)
        place = reference_place(store, school_year - 1, district_id)
        if name == "determination" and place.is_file():
            theirs = pl.read_parquet(place)
            own = exchange(frame["determination_id"], theirs["pseudonym"], theirs["determination_id"])
            frame = frame.with_columns(own)
        known[name] = last_year_of(frame, name)
    return known


def attempt(store: Store, submission: Submission) -> int:
    """Count the submissions of a district and year up to this one."""
    return len(_attempts(store, submission))


def changes(store: Store, submission: Submission, marks: pl.DataFrame) -> tuple[int, Changes | None]:
    """Keep the marks of a submission's findings, and compare them with those of the attempt before it, where kept."""
    write(marks, _place(store, submission.school_year, submission.submission_id))
    attempts = _attempts(store, submission)
    for number in range(len(attempts) - 1, 0, -1):
        place = _place(store, submission.school_year, attempts[number - 1])
        if place.is_file():
            return len(attempts), Changes(number, compare(pl.read_parquet(place), marks))
    return len(attempts), None


def compare(before: pl.DataFrame, now: pl.DataFrame) -> dict[str, tuple[int, int, int]]:
    """Count for each rule the findings that are gone, new and still there."""
    both = (
        before.join(now, on=["rule", "mark"], how="full", coalesce=True, suffix="_now")
        .with_columns(pl.col("count", "count_now").fill_null(0).cast(pl.Int64))
        .with_columns(still=pl.min_horizontal("count", "count_now"))
        .group_by("rule")
        .agg(
            fixed=(pl.col("count") - pl.col("still")).sum(),
            new=(pl.col("count_now") - pl.col("still")).sum(),
            still=pl.col("still").sum(),
        )
    )
    return {rule: counts for rule, *counts in both.sort("rule").select("rule", "fixed", "new", "still").iter_rows()}


def _attempts(store: Store, submission: Submission) -> list[str]:
    """Name the submissions of a district and year in order of receipt, up to this one."""
    whose = submission.district_id, submission.school_year
    sent = dict.fromkeys(
        event["submission_id"]
        for event in custody.events(store)
        if event["event"] in (RECEIVED, REFUSED)
        and (event["district_id"], event["school_year"]) == whose
        and event["sequence"] <= submission.sequence
    )
    return list(sent)


def _place(store: Store, school_year: int, submission_id: str) -> Path:
    return store.root / "private" / "findings" / str(school_year) / f"{submission_id}.parquet"
