"""One row is something that counts beyond school: an exam, a credential, college credit, or an enrollment after it."""

import polars as pl

from expectations.codes import codes
from expectations.collections.columns import column, student_id
from expectations.collections.rules import Rule, contract
from expectations.notices import EXPLAIN, MUST_FIX

COLUMNS = (
    student_id("StudentAcademicRecord.studentReference"),
    column(
        "outcome_kind",
        "code",
        "Kind",
        "What kind of outcome it is.",
        required=True,
        code_set="postsecondary_outcomes",
    ),
    column("outcome_name", "text", "Name", "The name of the exam, credential, course or program."),
    column("outcome_date", "date", "Date", "The day of the award, the exam or the enrollment."),
    column(
        "score",
        "decimal",
        "Score",
        "For an exam: the score.",
        confidential=True,
        ceds="000245",
        edfi="StudentAssessment.scoreResults",
    ),
    column("course_grade", "text", "Grade", "For dual credit: the grade.", confidential=True),
    column("credits_earned", "decimal", "Credits", "For dual credit: the college credits earned.", ceds="000200"),
    column(
        "is_on_approved_list",
        "yes_no",
        "On the approved list",
        "For an industry credential: whether the state's list of approved credentials names it.",
    ),
    column("institution_name", "text", "Institution", "The college, employer or board."),
    column("school_id", "identifier", "School", "The high school of the student.", ceds="001069"),
)

_KIND, _SCORE = pl.col("outcome_kind"), pl.col("score")
_EXAM = _KIND.is_in(codes("postsecondary_outcomes", has_score="true"))
_WHOLE = _SCORE % 1 == 0

RULES = (
    Rule(
        code="PSE-010",
        severity=MUST_FIX,
        fields=("score", "outcome_kind"),
        holds=_SCORE.is_not_null() == _EXAM,
        title="Exam and score do not come together",
        one="{count} outcome is an exam without a score, or has a score and is no exam.",
        many="{count} outcomes are exams without a score, or have a score and are no exams.",
        why="An exam counts from a score on, which the state sets.",
        fix="Give the score of the exam, or correct outcome_kind.",
    ),
    Rule(
        code="PSE-011",
        severity=MUST_FIX,
        catalogue=("V059",),
        fields=("score", "outcome_kind"),
        needs=("score",),
        holds=pl.when(_KIND == "advanced_placement_exam")
        .then(_SCORE.is_between(1, 5) & _WHOLE)
        .when(_KIND == "international_baccalaureate_exam")
        .then(_SCORE.is_between(1, 7) & _WHOLE),
        title="The score is not on the scale of the exam",
        one="{count} exam has a score that is not on its scale: 1 to 5 for AP, 1 to 7 for IB.",
        many="{count} exams have scores that are not on their scale: 1 to 5 for AP, 1 to 7 for IB.",
        why="An exam counts from a score on, which the state sets.",
        fix="Check the score and the kind of exam.",
    ),
    Rule(
        code="PSE-012",
        severity=EXPLAIN,
        fields=("is_on_approved_list", "outcome_kind"),
        holds=(_KIND != "industry_credential") | pl.col("is_on_approved_list").is_not_null(),
        title="It is not said whether a credential is approved",
        one="{count} industry credential does not say whether the state's list names it.",
        many="{count} industry credentials do not say whether the state's list names them.",
        why="Only approved credentials count toward readiness.",
        fix="Fill in is_on_approved_list, or explain why it is not known.",
    ),
    Rule(
        code="PSE-013",
        severity=MUST_FIX,
        fields=("outcome_name", "outcome_kind"),
        holds=~_KIND.is_in(["advanced_placement_exam", "international_baccalaureate_exam", "industry_credential"])
        | pl.col("outcome_name").is_not_null(),
        title="The name of an exam or credential is missing",
        one="{count} exam or credential has no name.",
        many="{count} exams or credentials have no name.",
        why="Two exams of one student can be told apart by their names only.",
        fix="Fill in outcome_name.",
    ),
)

CONTRACT = contract(
    "postsecondary",
    "PSE",
    title="After school",
    description="An exam, credential or college credit that counts beyond school, or an enrollment after it.",
    record="outcome",
    records="outcomes",
    columns=COLUMNS,
    key=("student_id", "outcome_kind", "outcome_name", "outcome_date"),
    rules=RULES,
)
