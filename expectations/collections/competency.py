"""One row is a competency of a framework. The state, or whoever adopts the framework, submits it."""

import polars as pl

from expectations.collections.columns import column
from expectations.collections.rules import Rule, contract
from expectations.notices import MUST_FIX

MOST_MONTHS = 36
"""The months of instruction that one competency can take."""

COLUMNS = (
    column(
        "competency_id",
        "reference",
        "Competency",
        "The identifier of the competency, as in the framework's CASE document.",
        required=True,
        ceds="000689",
        edfi="LearningStandard.learningStandardId",
    ),
    column(
        "framework_version",
        "reference",
        "Framework version",
        "The framework and its version.",
        required=True,
        edfi="LearningStandard.contentStandard",
    ),
    column(
        "statement",
        "text",
        "Statement",
        "What a student who has mastered the competency can do.",
        required=True,
        ceds="000690",
        edfi="LearningStandard.description",
    ),
    column(
        "course_subject",
        "code",
        "Subject area",
        "The subject area of the competency.",
        required=True,
        code_set="course_subjects",
        edfi="LearningStandard.academicSubjects",
    ),
    column(
        "nominal_grade",
        "code",
        "Nominal grade",
        "The grade in which the framework expects the competency to be mastered.",
        required=True,
        code_set="grades",
        edfi="LearningStandard.gradeLevels",
    ),
    column(
        "nominal_months",
        "decimal",
        "Nominal months",
        "The months of instruction that the framework expects the competency to take; nine make a school year.",
        required=True,
    ),
    column(
        "is_essential",
        "yes_no",
        "Essential",
        "Whether later competencies depend on it so much that a gap in it is a major one.",
        required=True,
    ),
    column(
        "mastery_level",
        "integer",
        "Mastery level",
        "The lowest level of the scale that is mastery.",
        ceds="000725",
    ),
    column("highest_level", "integer", "Highest level", "The highest level of the scale; the lowest is 0 or 1."),
    column(
        "parent_competency_id",
        "reference",
        "Parent",
        "The competency of the same framework that it is a part of.",
        ceds="000872",
        edfi="LearningStandard.parentLearningStandardReference",
    ),
    column(
        "has_public_rubric",
        "yes_no",
        "Public rubric",
        "Whether students and families can read how the competency is judged.",
    ),
)

_PARENT, _MONTHS = pl.col("parent_competency_id"), pl.col("nominal_months")

RULES = (
    Rule(
        code="CMP-010",
        severity=MUST_FIX,
        fields=("nominal_months",),
        needs=("nominal_months",),
        holds=(_MONTHS > 0) & (_MONTHS <= MOST_MONTHS),
        title="The nominal months are out of range",
        one=f"{{count}} competency takes no months, or more than {MOST_MONTHS}.",
        many=f"{{count}} competencies take no months, or more than {MOST_MONTHS}.",
        why="Pace and gaps are weighed by the months that a competency takes.",
        fix="Give the months of instruction that the framework expects, such as 0.5 for half a month.",
    ),
    Rule(
        code="CMP-011",
        severity=MUST_FIX,
        catalogue=("V107",),
        fields=("mastery_level", "highest_level"),
        needs=("mastery_level", "highest_level"),
        holds=(pl.col("mastery_level") >= 1) & (pl.col("mastery_level") <= pl.col("highest_level")),
        title="The mastery level is not on the scale",
        one="{count} competency has a mastery level below 1 or above the highest level.",
        many="{count} competencies have a mastery level below 1 or above the highest level.",
        why="The level decides which decisions count as mastery.",
        fix="Check mastery_level and highest_level; they may have been exchanged.",
    ),
    Rule(
        code="CMP-012",
        severity=MUST_FIX,
        catalogue=("V104",),
        fields=("parent_competency_id", "competency_id", "framework_version"),
        needs=("parent_competency_id",),
        holds=_PARENT.is_null()
        | (
            pl.struct(pl.col("framework_version"), _PARENT.alias("competency_id")).is_in(
                pl.struct("framework_version", "competency_id").implode()
            )
            & (pl.col("competency_id") != _PARENT)
        ),
        title="The parent is not in the framework",
        one="{count} competency names a parent that is itself or is not in the same framework.",
        many="{count} competencies name a parent that is themselves or is not in the same framework.",
        why="Without its parent a competency cannot be shown in its place.",
        fix="Correct parent_competency_id, add the parent, or leave the column blank.",
    ),
)

CONTRACT = contract(
    "competency",
    "CMP",
    title="Competency",
    description="A competency of the adopted framework: subject, nominal grade and months, whether it is essential.",
    record="competency",
    records="competencies",
    columns=COLUMNS,
    key=("competency_id", "framework_version"),
    rules=RULES,
)
