"""What students and teachers say: ratings of habits of work, and surveys about school, with known reliabilities.

Behind the answers to a construct stands one trait; an answer is the trait and an error, cut into the steps of a scale.
"""

from collections.abc import Iterator

import numpy as np
import polars as pl

from simulation.groups import counts_by_school
from simulation.places import RACES
from simulation.randomness import normals, uniforms
from simulation.schooling import Schooling, coded, yes_no
from simulation.stays import DAYS, Stays

HABITS = ("persistence", "collaboration", "self_direction", "planning")
HABIT_GRADES = (3, 12)
HABIT_LOADING, SELF_LOADING = 0.75, 0.55
"""How much of a rating is the trait, for the teacher and for the student, as correlations."""
HABIT_CUTS = (-1.3, -0.2, 1.0)
HIGHEST_RATING = 4

CONSTRUCTS = ("belonging", "engagement", "agency_voice")
ITEMS = 4
"""Questions to a construct; the last is reversed."""
SURVEY_GRADES = (4, 12)
ITEM_LOADING = 0.72
SCHOOL_SHARE = 0.05
"""The share of the variance of a trait that lies between schools."""
CUTS = (-1.7, -0.9, -0.1, 0.8)
GAPS = {"economic_disadvantage": -0.15, "disability": -0.15}
"""How a trait differs for groups, in standard deviations."""
RESPONSE, RESPONSE_SPREAD = 0.55, 0.35
STRAIGHT, SKIPPED = 0.02, 0.02
STAYS_AT_ONCE = 60_000


def habit_ratings(schooling: Schooling) -> Iterator[pl.DataFrame]:
    """Give the ratings of habits in spring by a teacher and by the student, in districts that rate them."""
    if not rates_habits(schooling):
        return
    low, high = HABIT_GRADES
    for stays in _at(schooling, 0.75, low, high):
        day = np.full(len(stays), int(DAYS * 0.75))
        trait = habit_trait(schooling, stays)
        for role, loading in (("teacher", HABIT_LOADING), ("student", SELF_LOADING)):
            for habit in HABITS:
                error = schooling.normal_this_year(f"{habit} {role}", stays.number)
                seen = loading * trait + np.sqrt(1 - loading**2) * error
                yield pl.DataFrame(
                    {
                        "student_id": schooling.year.student_ids.gather(stays.student),
                        "habit_id": pl.repeat(habit, len(stays), eager=True),
                        "rating_date": schooling.calendar.dates(stays.school, day),
                        "rater_role": pl.repeat(role, len(stays), eager=True),
                        "score": 1 + np.digitize(seen, HABIT_CUTS),
                        "highest_score": pl.repeat(HIGHEST_RATING, len(stays), eager=True),
                        "rater_id": pl.repeat(None, len(stays), dtype=pl.String, eager=True),
                        "school_id": schooling.year.school_ids.gather(stays.school),
                    }
                )


def rates_habits(schooling: Schooling) -> bool:
    """Say whether the district rates habits of work: about half of them do."""
    return bool(uniforms(schooling.year.seed, "rates habits", np.array([schooling.year.district]))[0] < 0.55)


def habit_trait(schooling: Schooling, stays: Stays) -> np.ndarray:
    """Give the trait behind a student's habits: mostly the student's own, and a little of how the student stands."""
    own = normals(schooling.year.seed, "habits", stays.number)
    return 0.95 * own + 0.3 * np.clip(schooling.standing(1, stays), -2, 2)


def surveys(schooling: Schooling) -> Iterator[tuple[str, pl.DataFrame]]:
    """Give who was invited to the survey in winter and what those who took part answered."""
    wave = f"SPRING-{schooling.year.school_year}"
    low, high = SURVEY_GRADES
    for stays in _at(schooling, 0.6, low, high):
        respondent = np.floor(schooling.this_year("respondent", stays.number) * 2**53).astype(np.int64)
        order = np.argsort(respondent)
        stays, respondent = stays.of(order), respondent[order]
        yield "survey_roster", _roster(schooling, stays, respondent, wave)
        takes = np.flatnonzero(schooling.this_year("takes part", stays.number) < response_chances(schooling, stays))
        stays, respondent = stays.of(takes), respondent[takes]
        day = np.full(len(stays), int(DAYS * 0.6)) + (respondent % 8).astype(np.int32)
        date = schooling.calendar.dates(stays.school, np.minimum(day, stays.last))
        straight = schooling.this_year("straight", stays.number) < STRAIGHT
        for construct in CONSTRUCTS:
            trait = survey_trait(schooling, stays, construct)
            for item in range(ITEMS):
                given = _answers(schooling, stays, respondent, date, wave, construct, item, trait, straight)
                yield "survey_response", given


def survey_trait(schooling: Schooling, stays: Stays, construct: str) -> np.ndarray:
    """Give the trait behind the answers to a construct."""
    school = normals(schooling.year.seed, f"climate {construct}", schooling.school_numbers)[stays.school]
    own = schooling.normal_this_year(construct, stays.number)
    trait = np.sqrt(SCHOOL_SHARE) * school + np.sqrt(1 - SCHOOL_SHARE) * own
    return trait + sum(gap * schooling.has(status)[stays.student] for status, gap in GAPS.items())


def response_chances(schooling: Schooling, stays: Stays) -> np.ndarray:
    """Give how likely each student is to take part: by school, and less in the group that is planted to stay away."""
    chance = (RESPONSE + RESPONSE_SPREAD * schooling.of_school("response"))[stays.school]
    if (planted := schooling.planted("survey_misses_a_group")) is not None:
        absent = schooling.has("economic_disadvantage")[stays.student]
        chance = np.where(absent, planted.facts["response_of_group"], planted.facts["response_of_others"])
    return chance


def _at(schooling: Schooling, part: float, low: int, high: int) -> Iterator[Stays]:
    """Go through the stays of some grades that hold the day at a part of the year."""
    every = schooling.stays
    there = every.during(np.array(int(DAYS * part))) & (every.grade >= low) & (every.grade <= high)
    rows = np.flatnonzero(there)
    for begin in range(0, len(rows), STAYS_AT_ONCE):
        yield every.of(rows[begin : begin + STAYS_AT_ONCE])


def _roster(schooling: Schooling, stays: Stays, respondent: np.ndarray, wave: str) -> pl.DataFrame:
    sex = schooling.year.students["sex"].replace_strict({"F": 0, "M": 1, "X": 2}).to_numpy()[stays.student]
    place = schooling.races[stays.student] * 3 + sex
    texts = [f"{race};GENDER_{sex}" for race in RACES for sex in "FMX"]
    for code, status in (("SED", "economic_disadvantage"), ("EL", "english_learner"), ("SWD", "disability")):
        place = place * 2 + schooling.has(status)[stays.student]
        texts = [f"{text}{suffix}" for text in texts for suffix in ("", f";{code}")]
    return pl.DataFrame(
        {
            "respondent_id": respondent,
            "wave": pl.repeat(wave, len(stays), eager=True),
            "school_id": schooling.year.school_ids.gather(stays.school),
            "respondent_role": pl.repeat("student", len(stays), eager=True),
            "invited_date": schooling.calendar.dates(stays.school, np.full(len(stays), int(DAYS * 0.6)) - 5),
            "grade": coded(stays.grade - 1, [f"{grade:02d}" for grade in range(1, 13)]),
            "student_groups": coded(place, texts),
        }
    )


def _answers(
    schooling: Schooling,
    stays: Stays,
    respondent: np.ndarray,
    date: pl.Series,
    wave: str,
    construct: str,
    item: int,
    trait: np.ndarray,
    straight: np.ndarray,
) -> pl.DataFrame:
    error = schooling.normal_this_year(f"{construct} {item}", stays.number)
    value = 1 + np.digitize(ITEM_LOADING * trait + np.sqrt(1 - ITEM_LOADING**2) * error, CUTS)
    is_reversed = item == ITEMS - 1
    value = np.where(straight, 4, 6 - value if is_reversed else value)
    skipped = schooling.this_year(f"skips {construct} {item}", stays.number) < SKIPPED
    return pl.DataFrame(
        {
            "respondent_id": respondent,
            "wave": pl.repeat(wave, len(stays), eager=True),
            "item_id": pl.repeat(f"{construct}-{item + 1}", len(stays), eager=True),
            "construct": pl.repeat(construct, len(stays), eager=True),
            "is_reversed": yes_no(np.full(len(stays), is_reversed)),
            "value": value.astype(np.int8),
            "response_date": date,
            "_skipped": skipped,
        }
    ).select(
        "respondent_id",
        "wave",
        "item_id",
        "construct",
        "is_reversed",
        pl.when(~pl.col("_skipped")).then("value"),
        "response_date",
    )


def truth(schooling: Schooling) -> pl.DataFrame:
    """Give what is true of those who are invited, by school and group: sums of traits and of chances to take part."""
    low, high = SURVEY_GRADES
    every = list(_at(schooling, 0.6, low, high))
    if not every:
        return pl.DataFrame()
    student, school = (np.concatenate([getattr(stays, name) for stays in every]) for name in ("student", "school"))
    sums = {"invited": np.ones(len(student), dtype=bool)}
    sums["expected_to_take_part"] = np.concatenate([response_chances(schooling, stays) for stays in every])
    for construct in CONSTRUCTS:
        sums[construct] = np.concatenate([survey_trait(schooling, stays, construct) for stays in every])
    return counts_by_school(schooling.year, pl.Series(student), pl.Series(school), sums)


def reliability(loading: float, cuts: tuple[float, ...], items: int) -> float:
    """Give Cronbach's alpha of some answers with one trait behind them, all cut into the same steps.

    The correlation of two answers follows from that of what lies behind them.
    """
    from scipy.stats import multivariate_normal  # takes a second to import, and one process alone asks for it

    steps = np.array([-9.0, *cuts, 9.0])
    normal = multivariate_normal(cov=[[1.0, loading**2], [loading**2, 1.0]])
    below = np.array([[normal.cdf([a, b]) for b in steps] for a in steps])
    joint = np.diff(np.diff(below, axis=0), axis=1)
    values = np.arange(1, len(cuts) + 2)
    share = joint.sum(axis=0)
    mean = values @ share
    correlation = (values - mean) @ joint @ (values - mean) / ((values - mean) ** 2 @ share)
    return float(items * correlation / (1 + (items - 1) * correlation))


def reliabilities(school_year: int) -> pl.DataFrame:
    """Give the alpha of each construct of the survey, and of the habits as a teacher and as a student rates them.

    It holds of those who read the questions; the few who tick one answer throughout are not in it.
    """
    of_survey = reliability(ITEM_LOADING, CUTS, ITEMS)
    rows = [(school_year, construct, "student", of_survey) for construct in CONSTRUCTS]
    for role, loading in (("teacher", HABIT_LOADING), ("student", SELF_LOADING)):
        rows.append((school_year, "habits", role, reliability(loading, HABIT_CUTS, len(HABITS))))
    return pl.DataFrame(rows, schema=["school_year", "measure", "answered_by", "alpha"], orient="row")
