"""Tests on the vertical scale: the state's in spring, interim ones in fall and winter, and English proficiency.

A score is the true level on the scale, with what school and teacher add this year, and an error of known size.
"""

from collections.abc import Iterator

import numpy as np
import polars as pl

from simulation.classes import Classes
from simulation.learning import (
    SCHOOL_EFFECT,
    STANDARD_ERROR,
    SUBJECTS,
    TEACHER_EFFECT,
    equivalents,
    scale_scores,
    spread,
)
from simulation.randomness import normals, uniforms
from simulation.schooling import Schooling, chosen, coded
from simulation.stays import DAYS, Stays

STATE_TEST_GRADES = (3, 4, 5, 6, 7, 8, 11)
INTERIM_GRADES = (1, 2, 3, 4, 5, 6, 7, 8, 9)
SCALE = "VERTICAL-1"
CUTS = (-0.7, 0.95, 2.5)
"""Where levels 2, 3 and 4 begin in spring, in grades from the start of the grade."""

WINDOWS = {"fall": 0.09, "winter": 0.5, "spring": 0.83}
"""When the windows of two weeks open, as a part of the year."""
WINDOW_DAYS = 10

STATE_STATUS = ("participated", "participated_no_score", "not_participated", "medical_exemption")
STATE_STATUS_SHARES = [0.965, 0.006, 0.026, 0.003]
REASONS = ("absent", "parent_refusal", "not_stated", "medical", "invalidated")
FORMS = ("regular", "accommodated", "alternate")
DOMAINS = ("listening", "speaking", "reading", "writing", "composite")
ROWS_AT_ONCE = 50_000
COLUMNS = (
    "student_id",
    "school_id",
    "subject",
    "grade_assessed",
    "assessment_form",
    "administration_date",
    "attempt_number",
    "participation_status",
    "reason_not_tested",
    "scale_score",
    "scale_score_standard_error",
    "performance_level",
    "assessment_id",
    "language_domain",
    "test_window",
    "vertical_scale_id",
    "grade_level_equivalent",
)


def cut_scores(grade: np.ndarray) -> np.ndarray:
    """Give the scores at which levels 2, 3 and 4 of a grade begin: cut by grade."""
    return np.rint(scale_scores(np.asarray(grade)[None, :] + np.array(CUTS)[:, None]))


def assessments(schooling: Schooling, classes: Classes) -> Iterator[pl.DataFrame]:
    """Give the assessments of the district in parts."""
    for begin in range(0, len(schooling.stays), ROWS_AT_ONCE):
        rows = np.arange(begin, min(begin + ROWS_AT_ONCE, len(schooling.stays)))
        stays = schooling.stays.of(rows)
        for subject in range(len(SUBJECTS)):
            bonus = classes.teacher_effects(subject)[rows] * TEACHER_EFFECT
            for window in WINDOWS:
                yield _on_scale(schooling, stays, subject, window, bonus)
    yield _english_proficiency(schooling, schooling.stays)


def _day(schooling: Schooling, stays: Stays, purpose: str, opens: float) -> np.ndarray:
    return (DAYS * opens + np.floor(WINDOW_DAYS * schooling.this_year(purpose, stays.number))).astype(np.int32)


def true_scores(schooling: Schooling, stays: Stays, subject: int, day: np.ndarray, bonus: np.ndarray) -> np.ndarray:
    """Give the level that a test without error would find: the student's own, and what school and teacher add."""
    own = schooling.learners.of(stays.student).levels(subject, stays.time(day))
    school = SCHOOL_EFFECT * normals(schooling.year.seed, f"school {SUBJECTS[subject]}", schooling.school_numbers)
    return own + school[stays.school] * spread(stays.grade) + bonus * day / DAYS


def _on_scale(schooling: Schooling, stays: Stays, subject: int, window: str, bonus: np.ndarray) -> pl.DataFrame:
    name = SUBJECTS[subject]
    day = _day(schooling, stays, f"{window} {name}", WINDOWS[window])
    is_state = np.isin(stays.grade, STATE_TEST_GRADES) & (window == "spring")
    takes = is_state | np.isin(stays.grade, INTERIM_GRADES)
    there = schooling.this_year(f"{window} {name} attends", stays.number)
    rows = np.flatnonzero(takes & stays.during(day) & (is_state | (there < 0.95)))
    stays, day, is_state, there, bonus = stays.of(rows), day[rows], is_state[rows], there[rows], bonus[rows]

    status = np.where(is_state, chosen(there, STATE_STATUS_SHARES), 0)
    reason = np.where(status == 3, 3, np.where(status == 1, 4, chosen(there * 997 % 1, [0.6, 0.3, 0.1])))
    disability = schooling.has("disability")[stays.student]
    form = uniforms(schooling.year.seed, "test form", stays.number)
    form = np.where(is_state & disability, chosen(form, [0.64, 0.3, 0.06]), 0)
    error = STANDARD_ERROR * (1 + 0.15 * np.abs(schooling.standing(subject, stays, day)))
    score = scale_scores(true_scores(schooling, stays, subject, day, bonus))
    score = np.rint(score + error * schooling.normal_this_year(f"{window} {name}", stays.number))
    cuts = cut_scores(stays.grade)
    if (planted := schooling.planted("scores_exactly_at_cuts")) is not None:
        at = schooling.planted_schools("scores_exactly_at_cuts")[stays.school] & is_state
        share = planted.facts["share"]
        at &= schooling.this_year(f"at the cut {name}", stays.number) < share
        score = np.where(at, cuts[1], score)
    level = 1 + (score >= cuts).sum(axis=0)
    scored, on_scale = status == 0, (status == 0) & (form != 2)
    known = {"reason_not_tested": ~scored, "performance_level": scored & is_state}
    return pl.DataFrame(
        {
            "student_id": schooling.year.student_ids.gather(stays.student),
            "school_id": schooling.year.school_ids.gather(stays.school),
            "subject": name,
            "grade_assessed": coded(stays.grade - 1, [f"{grade:02d}" for grade in range(1, 13)]),
            "assessment_form": coded(form, FORMS),
            "administration_date": schooling.calendar.dates(stays.school, day),
            "attempt_number": np.ones(len(stays), dtype=np.int8),
            "participation_status": coded(status, STATE_STATUS),
            "reason_not_tested": coded(reason, REASONS),
            "scale_score": score.astype(np.int32),
            "scale_score_standard_error": np.round(error, 1),
            "performance_level": level.astype(np.int8),
            "assessment_id": coded(is_state, [f"INTERIM-{name}", f"STATE-{name}"]),
            "test_window": coded(is_state | (window != "spring"), ["on_demand", window]),
            "vertical_scale_id": pl.repeat(SCALE, len(stays), dtype=pl.String, eager=True),
            "grade_level_equivalent": np.round(equivalents(score), 1),
            "language_domain": pl.repeat(None, len(stays), dtype=pl.String, eager=True),
        }
    ).select(_kept(name, on_scale if name in _SCALED else known.get(name)) for name in COLUMNS)


_SCALED = ("scale_score", "scale_score_standard_error", "vertical_scale_id", "grade_level_equivalent")


def _kept(name: str, where: np.ndarray | None) -> pl.Expr:
    """Keep a column, or only what of it is known."""
    return pl.col(name) if where is None else pl.when(pl.Series(where)).then(name)


def _english_proficiency(schooling: Schooling, stays: Stays) -> pl.DataFrame:
    """Test the English of English learners in winter, or of later ones as soon as they come or are found."""
    dates = schooling.calendar.dates
    day = _day(schooling, stays, "english", 0.6)
    spells = schooling.year.statuses.filter(pl.col("status") == "english_learner").select(
        "student", begin=pl.col("begin_date"), end=pl.col("end_date").fill_null(pl.date(2200, 1, 1))
    )
    tests = (
        pl.DataFrame({"row": np.arange(len(stays)), "student": stays.student, "date": dates(stays.school, day)})
        .with_columns(first=dates(stays.school, stays.first), last=dates(stays.school, stays.last))
        .join(spells, on="student")
        .with_columns(date=pl.max_horizontal("date", "first", "begin"))
        .filter(pl.col("date") <= pl.min_horizontal("last", "end"))
        .sort("student", "date", "row")
        .unique("student", keep="first", maintain_order=True)
        .sort("row")
    )
    rows, date = tests["row"].to_numpy(), tests["date"]
    stays, day = stays.of(rows), np.maximum(day, stays.first)[rows]
    seed, number = schooling.year.seed, stays.number
    since = stays.time(day) - schooling.year.students["first_year"].to_numpy()[stays.student] + 1
    pace = np.clip(0.55 + 0.18 * normals(seed, "english rate", number), 0.1, 1.2)
    start = np.clip(1.9 + 0.6 * normals(seed, "english level", number) + 0.25 * (stays.grade == 0), 1.0, 4.5)
    level = np.clip(start + pace * np.minimum(since, 6), 1.0, 6.0)
    found = {code: level + 0.35 * schooling.normal_this_year(f"english {code}", number) for code in DOMAINS[:-1]}
    found["composite"] = sum(found.values()) / len(found)
    tested = schooling.this_year("english attends", number) < 0.97
    known = dict.fromkeys(("scale_score", "scale_score_standard_error", "performance_level"), tested)
    known["reason_not_tested"] = ~tested
    parts = []
    for code, seen in found.items():
        level = np.clip(np.floor(seen), 1, 6).astype(np.int8)
        score = np.rint(200 + 50 * np.clip(seen, 0.5, 6.5)).astype(np.int32)
        parts.append(
            pl.DataFrame(
                {
                    "student_id": schooling.year.student_ids.gather(stays.student),
                    "school_id": schooling.year.school_ids.gather(stays.school),
                    "subject": "ELP",
                    "grade_assessed": coded(stays.grade, ["KG", *(f"{grade:02d}" for grade in range(1, 13))]),
                    "assessment_form": coded(np.zeros(len(stays)), FORMS),
                    "administration_date": date,
                    "attempt_number": np.ones(len(stays), dtype=np.int8),
                    "participation_status": coded(np.where(tested, 0, 2), STATE_STATUS),
                    "reason_not_tested": coded(np.zeros(len(stays)), REASONS),
                    "scale_score": score,
                    "scale_score_standard_error": 8.0,
                    "performance_level": level,
                    "assessment_id": "ELP",
                    "language_domain": code,
                    "test_window": "winter",
                    "vertical_scale_id": None,
                    "grade_level_equivalent": None,
                }
            ).select(_kept(name, known.get(name)) for name in COLUMNS)
        )
    return pl.concat(parts)
