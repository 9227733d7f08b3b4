"""The competency framework of the made-up state: grades 1 to 9 of two subjects, and what comes before what.

Only the framework lives here, as arrays for those who simulate learning and as the two collections that the state
submits. When a student masters a competency stands in `learning`.
"""

import numpy as np
import polars as pl

FRAMEWORK_VERSION = "SIM-1"
SUBJECTS = ("RLA", "MATH")
COURSE_SUBJECTS = {"RLA": "01", "MATH": "02"}
FIRST_GRADE, LAST_GRADE = 1, 9
MONTHS_IN_A_YEAR = 9.0
MASTERY_LEVEL, HIGHEST_LEVEL = 3, 4

MONTHS = (3.0, 2.5, 2.0, 1.5)
"""The nominal months of the four strands of a grade, in the order in which they are taught: nine make a year."""

STRANDS = {
    "RLA": (
        ("Read stories and poems closely", "theme, character and the words an author chooses"),
        ("Read to learn", "main ideas, evidence and the shape of an argument"),
        ("Write", "opinions with reasons, explanations and accounts"),
        ("Speak and listen", "discussion, presentation and standard English"),
    ),
    "MATH": (
        ("Reason with numbers", "the operations and number systems"),
        ("Reason with patterns and equations", "expressions, relations and functions"),
        ("Measure and show data", "units, displays and what they tell"),
        ("Reason about space", "shapes, their properties and how they move"),
    ),
}

STRAND_COUNT = len(MONTHS)
SIZE = STRAND_COUNT * (LAST_GRADE - FIRST_GRADE + 1)
"""Competencies of one subject. Position 0 is the first strand of grade 1, 4 the first of grade 2, and so on."""

POSITIONS = np.arange(SIZE)
GRADES = (FIRST_GRADE + POSITIONS // STRAND_COUNT).astype(np.int8)
WEIGHTS = np.tile(np.array(MONTHS), LAST_GRADE - FIRST_GRADE + 1)
FINISHES = GRADES + np.tile(np.cumsum(MONTHS), LAST_GRADE - FIRST_GRADE + 1) / MONTHS_IN_A_YEAR
"""Where each is expected to be mastered, as a grade and its part: the last of grade 4 at 5.0."""

ESSENTIAL = POSITIONS % STRAND_COUNT == 0


def hard_prerequisites(position: int) -> tuple[int, ...]:
    """Give the positions of the competencies of the same subject that are needed before this one.

    The first two strands build on themselves from grade to grade, and the second on the first within the grade.
    """
    strand = position % STRAND_COUNT
    before = (position - STRAND_COUNT,) if strand < 2 and position >= STRAND_COUNT else ()
    return (*before, position - 1) if strand == 1 else before


def soft_prerequisites(position: int) -> tuple[int, ...]:
    """Give the positions of the competencies of the same subject that help with this one."""
    strand = position % STRAND_COUNT
    if strand < 2:
        return ()
    return (position - 1, position - STRAND_COUNT) if position >= STRAND_COUNT else (position - 1,)


def competency_ids(subject: str) -> list[str]:
    """Give the identifiers of a subject's competencies, by position."""
    return [
        f"{subject}-{grade:02d}-{1 + position % STRAND_COUNT}"
        for position, grade in zip(POSITIONS, GRADES, strict=True)
    ]


def competencies() -> pl.DataFrame:
    """Give the collection of competencies."""
    return pl.concat(
        pl.DataFrame(
            {
                "competency_id": competency_ids(subject),
                "framework_version": FRAMEWORK_VERSION,
                "statement": [
                    f"{does}, grade {grade}: {about}"
                    for grade in range(FIRST_GRADE, LAST_GRADE + 1)
                    for does, about in STRANDS[subject]
                ],
                "course_subject": COURSE_SUBJECTS[subject],
                "nominal_grade": [f"{grade:02d}" for grade in GRADES],
                "nominal_months": WEIGHTS,
                "is_essential": ESSENTIAL,
                "mastery_level": MASTERY_LEVEL,
                "highest_level": HIGHEST_LEVEL,
                "has_public_rubric": POSITIONS % 11 != 7,
            }
        )
        for subject in SUBJECTS
    )


def competency_edges() -> pl.DataFrame:
    """Give the collection of relations: within a subject, and soft ones from reading to mathematics."""
    rows = []
    for subject in SUBJECTS:
        ids = competency_ids(subject)
        for strength, prerequisites in (("hard", hard_prerequisites), ("soft", soft_prerequisites)):
            rows += [(ids[before], ids[after], strength) for after in POSITIONS for before in prerequisites(int(after))]
    reading, mathematics = (competency_ids(subject) for subject in SUBJECTS)
    rows += [(reading[p], mathematics[p + 1], "soft") for p in POSITIONS if p % STRAND_COUNT == 1]
    return pl.DataFrame(rows, schema=["from_competency_id", "to_competency_id", "strength"], orient="row").with_columns(
        framework_version=pl.lit(FRAMEWORK_VERSION), edge_type=pl.lit("precedes")
    )
