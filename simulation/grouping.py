"""Groups within a class: in which level of mathematics a student is taught, and how often a school groups anew.

Levels follow a chain whose steps are known, so the truth about mobility is the matrix of the chain itself.
"""

from collections.abc import Iterator

import numpy as np
import polars as pl

from simulation.competencies import FIRST_GRADE, LAST_GRADE
from simulation.schooling import Schooling, chosen, coded, yes_no
from simulation.stays import DAYS, Stays

LEVELS = 3
PERIODS = (5, 30, 90)
"""Instructional days after which a school groups anew: every week, every six weeks, every semester."""
STAYING = (0.82, 0.60, 0.92)
"""The chance to stay in one's level when it does."""
SHARES = (0.12, 0.48, 0.40)
BASES = ("mastery_data", "interest", "student_choice", "administrative", "teacher_move")
BASES_SHARES = ((0.7, 0.12, 0.1, 0.03, 0.05), (0.55, 0.1, 0.1, 0.15, 0.1), (0.15, 0.0, 0.0, 0.8, 0.05))
LABELS = ("Blue group", "Green group", "Gold group")
STAYS_AT_ONCE = 60_000


def steps(staying: float) -> np.ndarray:
    """Give the chances to go from a level (row) to a level: most who move go one step."""
    leaving = 1 - staying
    return np.array(
        [
            [staying, 0.8 * leaving, 0.2 * leaving],
            [0.5 * leaving, staying, 0.5 * leaving],
            [0.2 * leaving, 0.8 * leaving, staying],
        ]
    )


def pattern(schooling: Schooling) -> np.ndarray:
    """Say how often each school groups anew, as a place in PERIODS."""
    return chosen(schooling.of_school("grouping"), SHARES)


def instructional_groups(schooling: Schooling) -> Iterator[pl.DataFrame]:
    """Give the memberships in groups, in parts: a new row only where the level changes."""
    how = pattern(schooling)
    taught = np.flatnonzero((schooling.stays.grade >= FIRST_GRADE) & (schooling.stays.grade <= LAST_GRADE))
    for begin in range(0, len(taught), STAYS_AT_ONCE):
        stays = schooling.stays.of(taught[begin : begin + STAYS_AT_ONCE])
        for kind in range(len(PERIODS)):
            rows = np.flatnonzero(how[stays.school] == kind)
            if len(rows):
                yield _memberships(schooling, stays.of(rows), kind)


def levels(schooling: Schooling, stays: Stays, kind: int, periods: int) -> np.ndarray:
    """Give the level of each student in each period (period by stay). It begins as the third of the grade that fits."""
    chain = np.cumsum(steps(STAYING[kind]), axis=1)
    level = np.digitize(schooling.standing(1, stays), (-0.43, 0.43))
    found = np.empty((periods, len(stays)), dtype=np.int8)
    for period in range(periods):
        if period:
            chance = schooling.this_year(f"group {kind} {period}", stays.number)
            level = (chance[:, None] > chain[level]).sum(axis=1)
        found[period] = level
    return found


def _memberships(schooling: Schooling, stays: Stays, kind: int) -> pl.DataFrame:
    length = PERIODS[kind]
    periods = -(-DAYS // length)
    level = levels(schooling, stays, kind, periods)
    first, last = stays.first // length, stays.last // length
    period = np.arange(periods)[:, None]
    changes = np.zeros(level.shape, dtype=bool)
    changes[1:] = level[1:] != level[:-1]
    begins = (changes | (period == first)) & (period >= first) & (period <= last)
    stay, at = np.nonzero(begins.T)
    begin = np.maximum(at * length, stays.first[stay])
    closes = np.r_[stay[1:] == stay[:-1], False]
    end = np.where(closes, np.r_[begin[1:], 0] - 1, stays.last[stay])
    here = stays.of(stay)
    level = level[at, stay]
    key = here.number * 64 + at
    school = schooling.school_numbers[here.school].astype(np.int64)
    group = (school * 100 + here.grade) * 10 + level + 1
    return pl.DataFrame(
        {
            "group_id": group,
            "student_id": schooling.year.student_ids.gather(here.student),
            "school_id": schooling.year.school_ids.gather(here.school),
            "group_kind": "flexible",
            "begin_date": schooling.calendar.dates(here.school, begin),
            "end_date": schooling.calendar.dates(here.school, end),
            "course_subject": "02",
            "level_order": level + np.int8(1),
            "basis": coded(chosen(schooling.this_year("basis", key), BASES_SHARES[kind]), BASES),
            "group_label": coded(level, LABELS),
            "is_exclusive": yes_no(np.ones(len(stay), dtype=bool)),
            "minutes_per_week": 120,
        }
    )


def mobility(schooling: Schooling) -> pl.DataFrame:
    """Give what is true of each school: how often it groups anew, and the Shorrocks index of the chain."""
    how = pattern(schooling)
    index = np.array([(LEVELS - np.trace(steps(staying))) / (LEVELS - 1) for staying in STAYING])
    return pl.DataFrame(
        {
            "school_year": pl.repeat(schooling.year.school_year, len(how), eager=True),
            "district_id": pl.repeat(schooling.year.district_id, len(how), eager=True),
            "school_id": schooling.year.school_ids,
            "days_between_groupings": np.array(PERIODS)[how],
            "shorrocks_index": index[how],
        }
    )
