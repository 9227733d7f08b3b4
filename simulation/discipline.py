"""What schools do after incidents: suspensions above all, unequally given, as the nation's records show."""

from collections.abc import Iterator

import numpy as np
import polars as pl

from simulation.columns import dates, where, words
from simulation.district_year import DistrictYear
from simulation.groups import counts_by_school, counts_in_district
from simulation.places import RACES
from simulation.planting import Truths
from simulation.randomness import normals

ACTIONS = (
    "in_school_suspension",
    "out_of_school_suspension",
    "detention",
    "restorative_practice",
    "law_enforcement_referral",
    "expulsion_with_services",
    "interim_setting",
)
_ACTION_SHARES = (0.40, 0.40, 0.09, 0.09, 0.012, 0.004, 0.004)
IN_SCHOOL, OUT_OF_SCHOOL, EXPULSION, INTERIM = 0, 1, 5, 6
_BY_PLACE = np.array([0.01, 0.1, 0.2, 0.3, 0.45, 0.6, 0.8, 1.5, 1.9, 1.9, 1.8, 1.4, 1.1, 0.8])
_BY_RACE = np.array([1.5, 0.3, 2.5, 1.0, 1.2, 0.85, 1.2])
"""In the order of RACES; after the Civil Rights Data Collection, where Black students are suspended two to three times
as often as others."""

INCIDENTS = ("disruption", "defiance", "physical_violence", "threat", "harassment", "attendance", "property", "drugs")
_INCIDENT_SHARES = (0.27, 0.22, 0.19, 0.07, 0.08, 0.05, 0.05, 0.07)
REASONS = ("drugs", "weapons", "serious_bodily_injury", "hearing_officer")


def actions(year: DistrictYear) -> pl.DataFrame:
    """Give the actions of the year: spell (row of enrollments), action, position of its first day, days, and more."""
    draw, students = year.draws("discipline"), year.students
    spells = year.enrollments.with_row_index("spell").filter(
        pl.col("is_primary") & ~pl.col("is_no_show") & (pl.col("days") > 10)
    )
    student = spells["student"].to_numpy()
    number = students["number"].to_numpy()[student]
    race = students["race"].replace_strict(RACES, list(range(len(RACES))), return_dtype=pl.Int8).to_numpy()[student]
    rate = 0.052 * _BY_PLACE[students["place"].to_numpy()[student]] * _BY_RACE[race]
    rate *= np.exp(0.3 * students["hardship"].to_numpy()[student] + 0.9 * normals(year.seed, "conduct", number) - 0.45)
    rate *= np.where(students["sex"].to_numpy()[student] == "M", 1.35, 0.65)
    rate *= np.where(students["disability"].to_numpy()[student], 1.7, 0.9)
    strict = np.exp(0.35 * normals(year.seed, "strictness", year.schools["number"].to_numpy()))
    rate *= strict[spells["school"].to_numpy()] * spells["days"].to_numpy() / 180
    count = np.minimum(draw.poisson(rate), 6)
    row = np.repeat(np.arange(spells.height), count)
    size = len(row)
    action = np.searchsorted(np.cumsum(_ACTION_SHARES)[:-1], draw.random(size))
    learner = students["disability"].to_numpy()[student[row]]
    action = np.where((action == INTERIM) & ~learner, OUT_OF_SCHOOL, action)
    days = np.minimum(draw.geometric(np.where(action == IN_SCHOOL, 0.6, 0.42)), 10)
    days = np.where(action == EXPULSION, draw.integers(20, 60, size=size), days)
    days = np.where(action == INTERIM, draw.integers(10, 45, size=size), days)
    length = spells["days"].to_numpy()[row]
    begins = 1 + (draw.random(size) * (length - 1)).astype(np.int64)
    days = np.minimum(days, length - begins)
    begins = begins - (days < 1)
    return pl.DataFrame(
        {
            "spell": spells["spell"].gather(row),
            "action": action,
            "begins": begins + spells["first_position"].to_numpy()[row],
            "days": np.maximum(days, 1),
            "is_half": (action == IN_SCHOOL) & (days <= 1) & (draw.random(size) < 0.2),
            "incident": np.searchsorted(np.cumsum(_INCIDENT_SHARES)[:-1], draw.random(size)),
            "days_before": (draw.random(size) < 0.4).astype(np.int64),
            "has_disability": learner,
            "chance": draw.random(size),
        }
    ).sort("spell", "begins", "action", maintain_order=True)


def collections(year: DistrictYear, truths: Truths) -> Iterator[tuple[str, pl.DataFrame]]:
    """Yield discipline, and who is really suspended."""
    taken = actions(year)
    spells = year.enrollments.select("student", "school")[taken["spell"]]
    school, action = spells["school"].to_numpy(), taken["action"].to_numpy()
    begins, days = taken["begins"].to_numpy(), taken["days"].to_numpy()
    has_days = np.isin(action, (IN_SCHOOL, OUT_OF_SCHOOL, EXPULSION, INTERIM))
    table = year.day_table
    idea = taken["has_disability"].to_numpy() & has_days
    first_days, last_days = table[school, begins], table[school, begins + np.where(has_days, days, 1) - 1]
    chance = taken["chance"].to_numpy()
    frame = pl.DataFrame(
        {
            "incident_id": pl.Series(np.arange(1, taken.height + 1)).cast(pl.String).str.zfill(7),
            "student_id": year.student_ids.gather(spells["student"]),
            "school_id": year.school_ids.gather(spells["school"]),
            "action": words(ACTIONS, action),
            "begin_date": dates(first_days),
            "end_date": dates(last_days),
            "days": where(
                pl.select(
                    pl.when(taken["is_half"]).then(pl.lit("0.5")).otherwise(taken["days"].cast(pl.String))
                ).to_series(),
                has_days,
            ),
            "incident_type": words(INCIDENTS, taken["incident"].to_numpy()),
            "incident_date": dates(table[school, begins - taken["days_before"].to_numpy()]),
            "is_idea_removal": idea,
            "receives_services": where(pl.Series(chance < 0.8), idea),
            "interim_removal_reason": where(words(REASONS, chance * 4), idea & (action == INTERIM)),
        }
    )
    yield "discipline", frame
    suspended = np.isin(action, (IN_SCHOOL, OUT_OF_SCHOOL)) & ~taken["is_half"].to_numpy()
    pairs = spells.filter(pl.Series(suspended)).unique(maintain_order=True)
    students = pairs.select("student").unique(maintain_order=True)["student"]
    yield "truth/suspended_students", counts_by_school(year, pairs["student"], pairs["school"], _one_each(pairs.height))
    yield "truth/suspended_students_in_districts", counts_in_district(year, students, _one_each(len(students)))


def _one_each(count: int) -> dict[str, np.ndarray]:
    return {"suspended": np.ones(count, bool)}
