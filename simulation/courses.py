"""What a district sends about its classes: sections, who was in them with which outcome, teachers, grades, placements.

Who is in which class stands in `classes`.
"""

from collections.abc import Iterator

import numpy as np
import polars as pl

from simulation.classes import (
    AP_COURSE,
    CAREER,
    DUAL_COURSE,
    ELECTIVE,
    GIFTED,
    INTERNSHIP,
    LEVELS,
    MATHEMATICS,
    READING,
    Classes,
    Courses,
)
from simulation.randomness import uniforms
from simulation.schooling import HIGH_GRADE, SECONDARY_GRADE, Schooling, chosen, coded, yes_no
from simulation.stays import DAYS, Stays

GRADES = ("KG", *(f"{grade:02d}" for grade in range(1, 13)))
LABELS = ("Foundations", "Grade level", "Extended", "Honors", "AP", "College")
PROGRAMS = ("regular", "gifted", "career_technical", "internship")
OUTCOMES = ("passed", "failed", "withdrawn")
LETTERS = ("F", "D", "C", "B", "A")
CRITERIA = ("multiple_measures", "test_score", "recommendation", "grades")
SOURCES = ("written_rule", "teacher", "counselor", "family")
EXPERIENCE_BEGINS = 2010
STAYS_AT_ONCE = 100_000

_LATER = {
    READING: (("01001", "English I"), ("01002", "English II"), ("01003", "English III"), ("01004", "English IV")),
    MATHEMATICS: (("02052", "Algebra I"), ("02072", "Geometry"), ("02056", "Algebra II"), ("02110", "Pre-Calculus")),
}
COURSES = {
    READING: [(f"{1028 + grade:05d}", f"Language arts, grade {GRADES[grade]}") for grade in range(HIGH_GRADE)],
    MATHEMATICS: [(f"{2030 + grade:05d}", f"Mathematics, grade {GRADES[grade]}") for grade in range(HIGH_GRADE)],
}
OTHERS = {
    ELECTIVE: ("05", "Visual arts"),
    AP_COURSE: ("04", "AP United States History"),
    DUAL_COURSE: ("01", "College composition"),
    CAREER: ("14", "Health care pathway"),
    INTERNSHIP: ("22", "Internship"),
    GIFTED: ("23", "Gifted and talented"),
}
COMPONENTS = (("Tests", 40, 0), ("Projects and performances", 40, 0), ("Practice", 20, 0), ("Habits of work", 0, 1))


def course_sections(schooling: Schooling, classes: Classes) -> Iterator[pl.DataFrame]:
    """Give the sections of the district."""
    for courses in classes.courses:
        if not len(courses.number):
            continue
        listed = _catalogue()
        of_subject = courses.kind <= MATHEMATICS
        course = np.where(of_subject, courses.kind * 13 + courses.grade, 26 + courses.kind - ELECTIVE)
        has_grade = of_subject | (courses.kind == GIFTED)
        program = np.select([courses.kind == GIFTED, courses.kind == CAREER, courses.kind == INTERNSHIP], [1, 2, 3], 0)
        first = np.zeros(len(course), dtype=np.int64)
        labelled = (courses.level != 1) & of_subject & (schooling.of_school("labels")[courses.school] < 0.7)
        yield pl.DataFrame(
            {
                "section_id": courses.number,
                "school_id": schooling.year.school_ids.gather(courses.school),
                "course_id": listed["course_id"].gather(course),
                "course_name": listed["course_name"].gather(course),
                "course_subject": listed["course_subject"].gather(course),
                "sced_code": listed["sced_code"].gather(course),
                "course_level": coded(courses.level, LEVELS),
                "track_label": coded(courses.level, LABELS),
                "section_program": coded(program, PROGRAMS),
                "term": pl.repeat("year", len(course), eager=True),
                "begin_date": schooling.calendar.dates(courses.school, first),
                "end_date": schooling.calendar.dates(courses.school, first + DAYS - 1),
                "grade": coded(np.clip(courses.grade, 0, 12), GRADES),
                "minutes_per_week": np.where(courses.kind == GIFTED, 90, np.where(courses.grade < 6, 400, 250)),
                "staff_id": courses.staff,
                "_labelled": labelled,
                "_has_grade": has_grade,
            }
        ).select(
            "section_id",
            "school_id",
            "course_id",
            "course_name",
            "course_subject",
            "sced_code",
            "course_level",
            pl.when("_labelled").then("track_label"),
            "section_program",
            "term",
            "begin_date",
            "end_date",
            pl.when("_has_grade").then("grade"),
            "minutes_per_week",
            "staff_id",
        )


def _catalogue() -> pl.DataFrame:
    """List the courses: 13 of each subject by grade, then the others by kind."""
    rows = []
    for kind, subject in ((READING, "01"), (MATHEMATICS, "02")):
        for code, name in (*COURSES[kind], *_LATER[kind]):
            rows.append((f"C{code}", name, subject, code))
    rows += [(f"C{subject}-{kind}", name, subject, None) for kind, (subject, name) in OTHERS.items()]
    return pl.DataFrame(rows, schema=["course_id", "course_name", "course_subject", "sced_code"], orient="row")


def section_enrollments(schooling: Schooling, classes: Classes) -> Iterator[pl.DataFrame]:
    """Give who was in which section, with the outcome, in parts."""
    for begin in range(0, len(schooling.stays), STAYS_AT_ONCE):
        rows = np.arange(begin, min(begin + STAYS_AT_ONCE, len(schooling.stays)))
        for block, courses in enumerate(classes.courses):
            section = courses.section[schooling.stays.seat[rows]]
            taken = section >= 0
            if taken.any():
                yield _enrolled(schooling, schooling.stays.of(rows[taken]), courses, section[taken], block)


def _enrolled(schooling: Schooling, stays: Stays, courses: Courses, section: np.ndarray, block: int) -> pl.DataFrame:
    subject = min(block, 1)
    leaves = stays.last < DAYS - 1
    standing = schooling.standing(subject, stays, stays.last)
    habits = schooling.normal_this_year("effort", stays.number)
    points = np.clip(2.75 + 0.6 * standing + 0.35 * habits, 0, 4)
    graded, credited = stays.grade >= SECONDARY_GRADE, stays.grade >= HIGH_GRADE
    fails = credited & (points < 1.25)
    outcome = np.where(leaves, 2, fails)
    repeats = schooling.this_year("repeats", stays.number) < np.minimum(0.04 * np.exp(-standing), 0.4)
    repeats &= (block == 1) & credited
    marked = graded & ~leaves
    return pl.DataFrame(
        {
            "student_id": schooling.year.student_ids.gather(stays.student),
            "section_id": courses.number[section],
            "begin_date": schooling.calendar.dates(stays.school, stays.first),
            "end_date": schooling.calendar.dates(stays.school, stays.last),
            "course_outcome": coded(outcome, OUTCOMES),
            "final_grade": coded(np.where(fails, 0, np.clip(np.rint(points), 1, 4)), LETTERS),
            "grade_points": np.round(np.where(fails, 0, points), 1),
            "credits_attempted": np.ones(len(section), dtype=np.int8),
            "credits_earned": (outcome == 0).astype(np.int8),
            "is_repeat": yes_no(repeats),
            "_marked": marked,
            "_credited": credited,
        }
    ).select(
        "student_id",
        "section_id",
        "begin_date",
        "end_date",
        "course_outcome",
        pl.when("_marked").then("final_grade"),
        pl.when("_marked").then("grade_points"),
        pl.when("_credited").then("credits_attempted"),
        pl.when("_credited").then("credits_earned"),
        "is_repeat",
    )


def staff_assignments(schooling: Schooling, classes: Classes) -> Iterator[pl.DataFrame]:
    """Give the teachers of the sections, with their experience."""
    staff, school, number = (
        np.concatenate([getattr(courses, name) for courses in classes.courses])
        for name in ("staff", "school", "number")
    )
    _, whose, load = np.unique(staff, return_inverse=True, return_counts=True)
    seed, school_year = schooling.year.seed, schooling.year.school_year
    began = EXPERIENCE_BEGINS - 22 * uniforms(seed, "experience", staff) ** 1.5 + 14 * uniforms(seed, "newer", staff)
    years = np.clip(school_year - np.floor(began), 0, 40).astype(np.int16)
    yield pl.DataFrame(
        {
            "staff_id": staff,
            "school_id": schooling.year.school_ids.gather(school),
            "section_id": number,
            "assignment_kind": "teacher",
            "begin_date": pl.Series([None] * len(staff), dtype=pl.Date),
            "end_date": pl.Series([None] * len(staff), dtype=pl.Date),
            "full_time_equivalent": np.floor(1000 / load[whose]) / 1000,
            "experience_years": years,
            "is_out_of_field": yes_no(uniforms(seed, "out of field", staff) < 0.06),
            "has_emergency_credential": yes_no((years < 3) & (uniforms(seed, "emergency", staff) < 0.2)),
        }
    )


def grade_components(schooling: Schooling, classes: Classes) -> Iterator[pl.DataFrame]:
    """Give what the grades of sections are made of; habits of work stand beside the grade with no weight."""
    del schooling
    for courses in classes.courses[:2]:
        number = courses.number[courses.grade >= SECONDARY_GRADE]
        for place, (name, weight, kind) in enumerate(COMPONENTS):
            yield pl.DataFrame({"section_id": number}).with_columns(
                component_id=pl.lit(place + 1),
                component_kind=pl.lit(("academic", "habit")[kind]),
                component_name=pl.lit(name),
                weight=pl.lit(weight),
            )


def placement_decisions(schooling: Schooling, classes: Classes) -> Iterator[pl.DataFrame]:
    """Give the decisions about accelerated mathematics in grades 6 to 9."""
    decided = classes.placement
    seats = schooling.stays.of(classes.first_stay).of(decided.seat)
    rows = np.flatnonzero(seats.grade <= HIGH_GRADE)
    if not len(rows):
        return
    seats, score, cut, is_placed = seats.of(rows), decided.score[rows], decided.cut[rows], decided.is_placed[rows]
    eligible = score >= cut
    day = np.datetime64(f"{schooling.year.school_year - 1}-07-01") + np.floor(
        20 * schooling.this_year("decision", seats.number)
    ).astype("timedelta64[D]")
    asked = np.where(eligible == is_placed, 0, chosen(schooling.this_year("asked", seats.number), [0, 0.6, 0.2, 0.2]))
    basis = chosen(uniforms(schooling.year.seed, "criterion", seats.school), [0.5, 0.4, 0.1])
    yield pl.DataFrame(
        {
            "student_id": schooling.year.student_ids.gather(seats.student),
            "school_id": schooling.year.school_ids.gather(seats.school),
            "course_subject": "02",
            "course_tier": "accelerated",
            "is_placed": yes_no(is_placed),
            "decision_date": pl.Series(day, dtype=pl.Date),
            "grade": coded(seats.grade, GRADES),
            "is_eligible_by_rule": yes_no(eligible),
            "criterion": coded(basis, CRITERIA),
            "recommended_by": coded(asked, SOURCES),
            "prior_score": score,
            "override_reason": pl.repeat("The recommendation was followed.", len(rows), eager=True),
            "_overrides": eligible != is_placed,
        }
    ).select(pl.exclude("override_reason", "_overrides"), pl.when("_overrides").then("override_reason"))
