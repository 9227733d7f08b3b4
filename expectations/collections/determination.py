"""One row is a decision that a student has, or has not yet, mastered a competency. Decisions are never deleted."""

import polars as pl

from expectations.collections.columns import column, student_id
from expectations.collections.rules import Rule, contract, known, last_day
from expectations.notices import EXPLAIN, MUST_FIX

FEWEST, SHARE = 5, 0.8
"""So many decisions about a student, with such a share of them on one day by one person, look like an upload."""

COLUMNS = (
    column(
        "determination_id",
        "reference",
        "Determination",
        "The district's number of the decision, used once.",
        required=True,
        confidential=True,
    ),
    student_id("StudentCompetencyObjective.studentReference"),
    column(
        "competency_id",
        "reference",
        "Competency",
        "The competency that is decided about.",
        required=True,
        ceds="000689",
        edfi="StudentCompetencyObjective.objectiveCompetencyObjectiveReference",
    ),
    column("framework_version", "reference", "Framework version", "The framework and its version.", required=True),
    column("decided_date", "date", "Date of decision", "The day of the decision.", required=True),
    column(
        "is_mastery",
        "yes_no",
        "Mastered",
        "Whether the competency is mastered.",
        required=True,
        confidential=True,
    ),
    column(
        "origin",
        "code",
        "Origin",
        "Where the mastery comes from: instruction, a diagnostic on entry, or the record of another school.",
        required=True,
        code_set="determination_origins",
    ),
    column(
        "level",
        "integer",
        "Level",
        "The level on the scale of the competency.",
        confidential=True,
        ceds="000725",
        edfi="StudentCompetencyObjective.competencyLevelDescriptor",
    ),
    column("decided_by", "identifier", "Decided by", "The number of the person who decided.", confidential=True),
    column("school_id", "identifier", "School", "The school where it was decided.", ceds="001069"),
    column(
        "supersedes_determination_id",
        "reference",
        "Supersedes",
        "The earlier decision that this one takes the place of.",
        confidential=True,
    ),
    column("method_version", "reference", "Method", "The version of the method that the decision was made with."),
    column("audit_level", "integer", "Level of the audit", "The level that an auditor found.", confidential=True),
    column(
        "audit_weight",
        "decimal",
        "Weight of the audit",
        "How many decisions the audited one stands for in the sample.",
    ),
)

_BEFORE, _MASTERY, _LEVEL = pl.col("supersedes_determination_id"), pl.col("is_mastery"), pl.col("level")
_TAUGHT = pl.col("origin") == "instruction"
_OF_STUDENT = (_TAUGHT.sum()).over("student_id")
_OF_THE_BATCH = (_TAUGHT.sum()).over("student_id", "decided_date", "decided_by")

RULES = (
    Rule(
        code="DET-010",
        severity=MUST_FIX,
        catalogue=("V119",),
        fields=("supersedes_determination_id", "determination_id"),
        needs=("supersedes_determination_id", "determination_id"),
        holds=pl.col("determination_id") != _BEFORE,
        title="A decision supersedes itself",
        one="{count} determination takes the place of itself.",
        many="{count} determinations take the place of themselves.",
        why="Which decision is in force is found by following what each supersedes.",
        fix="Name the earlier decision, or leave supersedes_determination_id blank.",
    ),
    Rule(
        code="DET-011",
        severity=MUST_FIX,
        catalogue=("V119",),
        fields=("supersedes_determination_id",),
        needs=("supersedes_determination_id",),
        holds=_BEFORE.is_null() | _BEFORE.is_unique(),
        title="Two decisions supersede the same one",
        one="{count} determination takes the place of one that another determination supersedes as well.",
        many="{count} determinations take the place of one that another determination supersedes as well.",
        why="With a fork in the history it is not known which decision is in force.",
        fix="Let the later decision supersede the one before it.",
    ),
    Rule(
        code="DET-012",
        severity=MUST_FIX,
        catalogue=("V107",),
        fields=("is_mastery", "level", "competency_id", "framework_version"),
        needs=("level",),
        holds=_MASTERY | (_LEVEL.filter(_MASTERY).min().over("framework_version", "competency_id") > _LEVEL),
        title="Mastery and level disagree",
        one="{count} determination is not mastery at a level at which the same competency is mastered elsewhere.",
        many="{count} determinations are not mastery at a level at which the same competency is mastered elsewhere.",
        why="The same level is mastery for every student, or for none.",
        fix="Correct is_mastery or level.",
    ),
    Rule(
        code="DET-013",
        severity=EXPLAIN,
        catalogue=("V103",),
        fields=("decided_date", "student_id", "decided_by", "origin"),
        needs=("decided_date", "student_id"),
        holds=(_OF_THE_BATCH < SHARE * _OF_STUDENT)
        | (_OF_STUDENT < FEWEST)
        | ~_TAUGHT
        | ~known("student_id", "decided_date"),
        title="Nearly all decisions about a student are of one day",
        one="{count} determination is of a student for whom nearly all were decided on one day by one person.",
        many="{count} determinations are of students for whom nearly all were decided on one day by one person.",
        why="The day of an upload is not the day of learning; pace and timeliness would be wrong.",
        fix="Give the day of each decision, or explain why they were made on one day.",
    ),
    Rule(
        code="DET-014",
        severity=MUST_FIX,
        catalogue=("V006",),
        fields=("decided_date",),
        needs=("decided_date",),
        holds=pl.col("decided_date") <= last_day(),
        title="A decision is dated after the school year",
        one="{count} determination is dated after the end of the school year, June 30.",
        many="{count} determinations are dated after the end of the school year, June 30.",
        why="A decision counts in the school year in which it was made.",
        fix="Check the year of the date. Decisions of a later year belong to that year's submission.",
    ),
    Rule(
        code="DET-015",
        severity=MUST_FIX,
        fields=("audit_weight", "audit_level"),
        needs=("audit_weight",),
        holds=pl.col("audit_weight").is_null() | ((pl.col("audit_weight") > 0) & pl.col("audit_level").is_not_null()),
        title="The weight of an audit has no audit or is not above zero",
        one="{count} determination has the weight of an audit without its level, or one not above zero.",
        many="{count} determinations have the weight of an audit without its level, or one not above zero.",
        why="The share of decisions that an audit changes is weighed by the sample.",
        fix="Fill in audit_level, or clear audit_weight where nothing was audited.",
    ),
)

CONTRACT = contract(
    "determination",
    "DET",
    title="Determination",
    description="A decision that a competency is, or is not yet, mastered, with its origin and what it supersedes.",
    record="determination",
    records="determinations",
    columns=COLUMNS,
    key=("determination_id",),
    rules=RULES,
)
