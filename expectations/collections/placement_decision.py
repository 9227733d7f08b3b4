"""One row is a decision whether a student takes an accelerated, standard or remedial course."""

import polars as pl

from expectations.collections.columns import column, student_id
from expectations.collections.rules import Rule, contract, first_day, known, last_day
from expectations.notices import EXPLAIN, MUST_FIX

KEY = ("student_id", "school_id", "course_subject", "course_tier")
COLUMNS = (
    student_id("StudentAcademicRecord.studentReference"),
    column("school_id", "identifier", "School", "The school that decided.", required=True, ceds="001069"),
    column(
        "course_subject",
        "code",
        "Subject area",
        "The subject area of the course.",
        required=True,
        code_set="course_subjects",
    ),
    column("course_tier", "code", "Tier", "The tier that was decided about.", required=True, code_set="course_tiers"),
    column("is_placed", "yes_no", "Placed", "Whether the student was placed in the tier.", required=True),
    column("decision_date", "date", "Date of decision", "The day of the decision."),
    column("grade", "code", "Grade", "The grade that the course is taken in.", code_set="grades", ceds="000100"),
    column(
        "is_eligible_by_rule",
        "yes_no",
        "Eligible by the rule",
        "Whether the written rule makes the student eligible for the tier.",
    ),
    column("criterion", "code", "Criterion", "What the decision rests on.", code_set="placement_criteria"),
    column("recommended_by", "code", "Recommended by", "Who asked for the placement.", code_set="placement_sources"),
    column(
        "prior_score",
        "decimal",
        "Earlier score",
        "The score that was known when it was decided.",
        confidential=True,
    ),
    column(
        "override_reason",
        "text",
        "Reason",
        "Why the decision differs from the written rule.",
        confidential=True,
    ),
)

_ELIGIBLE, _PLACED = pl.col("is_eligible_by_rule"), pl.col("is_placed")

RULES = (
    Rule(
        code="PLC-010",
        severity=EXPLAIN,
        catalogue=("V126",),
        fields=("criterion", "recommended_by"),
        holds=pl.col("criterion").is_not_null() & pl.col("recommended_by").is_not_null(),
        title="The criterion of a placement is missing",
        one="{count} placement decision does not say what it rests on or who recommended it.",
        many="{count} placement decisions do not say what they rest on or who recommended them.",
        why="Fair access can be shown only where it is known how students are placed.",
        fix="Fill in criterion and recommended_by, or explain why they are not known.",
    ),
    Rule(
        code="PLC-011",
        severity=EXPLAIN,
        catalogue=("V126",),
        fields=("override_reason", "is_placed", "is_eligible_by_rule"),
        needs=("is_eligible_by_rule",),
        holds=(_ELIGIBLE == _PLACED) | _ELIGIBLE.is_null() | pl.col("override_reason").is_not_null(),
        title="A decision against the rule has no reason",
        one="{count} placement decision differs from the written rule and gives no reason.",
        many="{count} placement decisions differ from the written rule and give no reason.",
        why="Exceptions are looked at by who asked for them and for whom.",
        fix="Fill in override_reason, or explain why none is on record.",
    ),
    Rule(
        code="PLC-012",
        severity=MUST_FIX,
        catalogue=("V006",),
        fields=("decision_date",),
        needs=("decision_date",),
        holds=pl.col("decision_date").is_between(first_day().dt.offset_by("-1y"), last_day()),
        title="The date of a decision is too early or too late",
        one="{count} placement decision is dated after the school year or more than a year before it.",
        many="{count} placement decisions are dated after the school year or more than a year before it.",
        why="A decision counts in the school year of the course.",
        fix="Check the year of the date.",
    ),
    Rule(
        code="PLC-013",
        severity=MUST_FIX,
        fields=("is_placed", "student_id", "course_subject", "course_tier"),
        needs=("student_id",),
        holds=(_PLACED.sum().over("student_id", "course_subject") <= 1)
        | ~_PLACED
        | ~known("student_id")
        | pl.struct(KEY).is_duplicated(),
        title="A student is placed in two tiers of one subject",
        one="{count} placement decision places a student who is placed in another tier of the subject as well.",
        many="{count} placement decisions place students who are placed in another tier of the subject as well.",
        why="Placement is compared by tier, and a student is in one tier of a subject.",
        fix="Keep the decision that took effect, and set is_placed to No in the others.",
    ),
)

CONTRACT = contract(
    "placement_decision",
    "PLC",
    title="Placement decision",
    description="A decision about an accelerated, standard or remedial course, with criterion and earlier score.",
    record="placement decision",
    records="placement decisions",
    columns=COLUMNS,
    key=KEY,
    rules=RULES,
)
