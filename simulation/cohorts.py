"""Graduation cohorts with their documents, and what counts beyond school: exams, credentials, college, work."""

from collections.abc import Iterator

import numpy as np
import polars as pl

from simulation.columns import dates, where, words
from simulation.district_year import DistrictYear
from simulation.groups import memberships
from simulation.people import july
from simulation.planting import Truths
from simulation.randomness import normals, uniforms

_OUTCOMES = {
    None: "continuing",
    "01921": "graduated",
    "01922": "other_credential",
    "01928": "other_credential",
    "01926": "aged_out",
    "01927": "dropped_out",
    "01931": "unknown",
}
_REMOVALS = {
    "01909": "transfer_out",
    "01911": "transfer_out",
    "01918": "transfer_out",
    "01916": "emigrated",
    "01917": "prison_juvenile",
    "01923": "deceased",
}
_SOURCES = {
    "01909": "receiving_school",
    "01911": "receiving_school",
    "01918": "home_school_notice",
    "01916": "family",
    "01917": "facility",
    "01923": "public_record",
}
_WITHOUT_DOCUMENT = 0.09
"""The share of those who went to another school of whom no document came back: they stay in the cohort."""

_EXAMS = ("Biology", "Calculus", "Chemistry", "English Language", "English Literature", "Psychology", "US History")
_CREDENTIALS = ("Automotive Service", "Certified Nursing Assistant", "Food Protection", "Networking", "Welding")
_COURSES = ("College Algebra", "College Writing", "Introduction to Psychology", "Public Speaking")
_AFTER = (None, "two_year_college", "four_year_college", "apprenticeship", "military", "employment")


def collections(year: DistrictYear, truths: Truths) -> Iterator[tuple[str, pl.DataFrame]]:
    """Yield graduation_cohort, postsecondary, and who has really graduated."""
    if not year.cohort.height:
        return
    members = _members(year)
    yield (
        "graduation_cohort",
        members.select(
            "student_id",
            "cohort_year",
            year.school_ids.gather(members["school"]),
            "outcome",
            "joined_as",
            "first_grade_nine_school_year",
            "outcome_date",
            "diploma_type",
            "exit_type",
            "removal_reason",
            "documentation_source",
            "documentation_date",
        ),
    )
    yield from (("postsecondary", part) for part in _beyond_school(year, members) if part.height)
    yield "truth/graduation", _truth(year, members)


def _members(year: DistrictYear) -> pl.DataFrame:
    cohort, seed = year.cohort, year.seed
    number, exits = cohort["number"].to_numpy(), cohort["exit_type"]
    gone = exits.is_in(list(_REMOVALS)).fill_null(False).to_numpy()
    moved = exits.replace_strict(_REMOVALS, default=None, return_dtype=pl.String) == "transfer_out"
    undocumented = moved.fill_null(False).to_numpy() & (uniforms(seed, "no document", number) < _WITHOUT_DOCUMENT)
    removed = gone & ~undocumented
    outcome = exits.replace_strict(_OUTCOMES, default="unknown", return_dtype=pl.String)
    outcome = pl.select(pl.when(pl.Series(removed)).then(pl.lit("removed")).otherwise(outcome)).to_series()
    source = where(exits.replace_strict(_SOURCES, default=None, return_dtype=pl.String), removed)
    abroad = removed & (exits == "01916").fill_null(False).to_numpy()
    seen = abroad & (uniforms(seed, "seen abroad", number) < 0.9)
    source = pl.select(pl.when(pl.Series(seen)).then(pl.lit("public_record")).otherwise(source)).to_series()
    left = cohort["exit_date"].to_physical().fill_null(0).to_numpy()
    documented = left + 8 + (uniforms(seed, "document came", number) * 70).astype(np.int32)
    return cohort.with_columns(
        is_removed=pl.Series(removed),
        is_undocumented=pl.Series(undocumented),
        outcome=outcome,
        joined_as=words(
            ("first_time_grade_9", "transfer_in"), (cohort["first_year"] > cohort["first_nine"]).to_numpy()
        ),
        first_grade_nine_school_year="first_nine",
        outcome_date="exit_date",
        diploma_type=_diplomas(year, number, exits),
        removal_reason=where(exits.replace_strict(_REMOVALS, default=None, return_dtype=pl.String), removed),
        documentation_source=source,
        documentation_date=dates(documented, removed),
    )


def _diplomas(year: DistrictYear, number: np.ndarray, exits: pl.Series) -> pl.Series:
    chance = uniforms(year.seed, "diploma", number)
    diploma = words(("state_alternate", "00806", "00807"), np.searchsorted([0.007, 0.84], chance))
    other = words(("00814", "00816"), chance < 0.6)
    return pl.select(
        pl.when(exits == "01921")
        .then(diploma)
        .when(exits == "01922")
        .then(other)
        .when(exits == "01928")
        .then(pl.lit("00814"))
    ).to_series()


def _beyond_school(year: DistrictYear, members: pl.DataFrame) -> Iterator[pl.DataFrame]:
    """Yield what the cohort that is due has earned until now, then where the cohort before went in the fall."""
    due = members.filter((pl.col("cohort_year") == year.school_year) & ~pl.col("is_removed"))
    number, hardship = due["number"].to_numpy(), due["hardship"].to_numpy()
    ability = normals(year.seed, "ability", number) - 0.25 * hardship
    reach = np.where(due["outcome"].to_numpy() == "graduated", 0.0, -1.6)
    july_now = int(july(year.school_year))

    def taken(purpose: str, level: float, slope: float) -> tuple[np.ndarray, np.ndarray]:
        chance = uniforms(year.seed, purpose, number)
        rows = np.flatnonzero(chance < 1 / (1 + np.exp(-(level + slope * ability + reach))))
        return rows, uniforms(year.seed, f"{purpose} then", number[rows])

    for round_number in range(3):
        rows, luck = taken(f"exam {round_number}", -1.5 - 0.5 * round_number, 1.1)
        exam = (number[rows] + 2 * round_number) % len(_EXAMS)
        score = np.clip(np.round(2.6 + 0.8 * ability[rows] + 1.1 * (luck - 0.5) * 2), 1, 5).astype(int)
        yield _outcomes(
            year,
            due[rows],
            "advanced_placement_exam",
            july_now + 313 - 365 * (luck > 0.6),
            outcome_name=words([f"AP {name}" for name in _EXAMS], exam),
            score=pl.Series(score).cast(pl.String),
            institution_name=pl.lit("Exam board"),
        )
    rows, luck = taken("entrance exam", 0.3, 0.6)
    score = (np.clip(np.round(101 + 17 * ability[rows] + 16 * (luck - 0.5)), 40, 160) * 10).astype(int)
    yield _outcomes(
        year,
        due[rows],
        "entrance_exam",
        july_now + 95 - 120 * (luck > 0.5),
        outcome_name=pl.lit("College entrance exam"),
        score=pl.Series(score).cast(pl.String),
        institution_name=pl.lit("Exam board"),
    )
    rows, luck = taken("dual credit", -1.5, 0.5)
    yield _outcomes(
        year,
        due[rows],
        "dual_credit",
        july_now + 330 - 365 * (luck > 0.7),
        outcome_name=words(_COURSES, luck * 4),
        course_grade=words(("A", "B", "C", "D"), np.searchsorted([0.42, 0.77, 0.94], (luck * 37) % 1)),
        credits_earned=words(("3", "4", "6"), (luck * 11) % 1 * 3),
        institution_name=pl.lit("Community college"),
    )
    rows, luck = taken("industry credential", -1.9, -0.25)
    yield _outcomes(
        year,
        due[rows],
        "industry_credential",
        july_now + 300 - 365 * (luck > 0.8),
        outcome_name=words(_CREDENTIALS, luck * 5),
        is_on_approved_list=pl.Series((luck * 13) % 1 < 0.8),
    )
    for kind, level, slope in (("biliteracy_seal", -3.4, 0.4), ("work_based_learning", -2.4, -0.1)):
        rows, luck = taken(kind, level, slope)
        yield _outcomes(year, due[rows], kind, july_now + 310 + (luck * 20).astype(int))
    done = members.filter((pl.col("cohort_year") == year.school_year - 1) & (pl.col("outcome") == "graduated"))
    number = done["number"].to_numpy()
    drive = normals(year.seed, "ability", number) - 0.4 * done["hardship"].to_numpy()
    luck = uniforms(year.seed, "after school", number)
    college = 1 / (1 + np.exp(-(0.55 + 0.75 * drive)))
    four_years = 1 / (1 + np.exp(-(0.5 + 0.9 * drive)))
    rest = np.searchsorted([0.06, 0.11, 0.62], (luck - college) / np.maximum(1 - college, 1e-9)) + 3
    to = np.where(luck < college, np.where(luck < college * four_years, 2, 1), np.where(rest > 5, 0, rest))
    went = np.flatnonzero(to > 0)
    yield _outcomes(
        year,
        done[went],
        words(_AFTER, to[went]),
        july_now + 56 + (luck[went] * 20).astype(int),
        institution_name=words((None, "Community college", "State university", None, None, None), to[went]),
    )


def _outcomes(
    year: DistrictYear, who: pl.DataFrame, kind: str | pl.Series, day: np.ndarray, **columns: pl.Series | pl.Expr
) -> pl.DataFrame:
    blank = pl.lit(None, pl.String)
    return who.select(
        "student_id",
        outcome_kind=pl.lit(kind) if isinstance(kind, str) else kind,
        outcome_name=columns.get("outcome_name", blank),
        outcome_date=dates(day),
        score=columns.get("score", blank),
        course_grade=columns.get("course_grade", blank),
        credits_earned=columns.get("credits_earned", blank),
        is_on_approved_list=columns.get("is_on_approved_list", pl.lit(None, pl.Boolean)),
        institution_name=columns.get("institution_name", blank),
        school_id=year.school_ids.gather(who["school"]),
    )


def _truth(year: DistrictYear, members: pl.DataFrame) -> pl.DataFrame:
    """Count the members of each cohort by school and group: who is in it, and how the rate really stands."""
    graduated = pl.col("outcome") == "graduated"
    in_time = pl.col("exit_date") <= pl.date(pl.col("cohort_year"), 8, 31)
    counts = [
        members.filter(pl.Series(member))
        .group_by("school", "cohort_year")
        .agg(
            members=pl.len(),
            removed=pl.col("is_removed").sum(),
            left_without_document=pl.col("is_undocumented").sum(),
            graduates=graduated.sum(),
            graduates_in_four_years=(graduated & in_time).sum(),
        )
        .sort("cohort_year", "school")
        .select(student_group=pl.lit(group), school="school", counts=pl.struct(pl.exclude("school")))
        for group, member in memberships(members).items()
    ]
    rows = pl.concat(counts)
    return rows.select(
        school_year=pl.lit(year.school_year),
        district_id=pl.lit(year.district_id),
        school_id=year.school_ids.gather(rows["school"]),
        student_group="student_group",
        counts="counts",
    ).unnest("counts")
