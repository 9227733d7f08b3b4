"""One row is a spell of a student in a section, with its outcome."""

import polars as pl

from expectations.codes import codes
from expectations.collections.columns import column, student_id
from expectations.collections.rules import Rule, apart_in_time, contract, in_school_year, surely_apart_in_time
from expectations.notices import MUST_FIX

KEY = ("student_id", "section_id", "begin_date")
COLUMNS = (
    student_id("StudentSectionAssociation.studentReference"),
    column(
        "section_id",
        "reference",
        "Section",
        "The section, by its number in the course sections.",
        required=True,
        ceds="000978",
        edfi="StudentSectionAssociation.sectionReference",
    ),
    column(
        "begin_date",
        "date",
        "Begin date",
        "The student's first day in the section. Blank: the first day of the section.",
        edfi="StudentSectionAssociation.beginDate",
    ),
    column(
        "end_date",
        "date",
        "End date",
        "The student's last day in the section. Blank: the last day of the section.",
        edfi="StudentSectionAssociation.endDate",
    ),
    column(
        "course_outcome",
        "code",
        "Outcome",
        "What came of the course for the student.",
        code_set="course_outcomes",
        edfi="CourseTranscript.courseAttemptResultDescriptor",
    ),
    column(
        "final_grade",
        "text",
        "Final grade",
        "The grade as it stands on the report card.",
        confidential=True,
        edfi="CourseTranscript.finalLetterGradeEarned",
    ),
    column(
        "grade_points",
        "decimal",
        "Grade points",
        "The final grade as a number on the district's scale.",
        confidential=True,
        edfi="CourseTranscript.finalNumericGradeEarned",
    ),
    column(
        "credits_attempted",
        "decimal",
        "Credits attempted",
        "The credits that the course is worth.",
        ceds="000199",
        edfi="CourseTranscript.attemptedCredits",
    ),
    column(
        "credits_earned",
        "decimal",
        "Credits earned",
        "The credits that the student earned.",
        ceds="000200",
        edfi="CourseTranscript.earnedCredits",
    ),
    column(
        "is_repeat",
        "yes_no",
        "Repeated",
        "Whether the student takes the course again after not passing it.",
        edfi="StudentSectionAssociation.repeatIdentifierDescriptor",
    ),
)

_ATTEMPTED, _EARNED, _OUTCOME = pl.col("credits_attempted"), pl.col("credits_earned"), pl.col("course_outcome")
_PASSED = _OUTCOME.is_in(codes("course_outcomes", earns_credit="true"))

RULES = (
    Rule(
        code="SEN-010",
        severity=MUST_FIX,
        catalogue=("V079",),
        fields=("end_date", "begin_date"),
        needs=("begin_date", "end_date"),
        holds=pl.col("begin_date") <= pl.col("end_date"),
        title="A student leaves a section before entering it",
        one="{count} section enrollment ends before it begins.",
        many="{count} section enrollments end before they begin.",
        why="These dates decide who was taught together, and for how long.",
        fix="Check the begin and end dates of the student in the section.",
    ),
    Rule(
        code="SEN-011",
        severity=MUST_FIX,
        catalogue=("V079",),
        fields=("begin_date", "end_date"),
        holds=apart_in_time("begin_date", "end_date", of=("student_id", "section_id")) | pl.struct(KEY).is_duplicated(),
        surely=surely_apart_in_time("begin_date", "end_date", of=("student_id", "section_id")),
        title="Two spells in one section overlap",
        one="{count} section enrollment begins before an earlier one in the same section has ended.",
        many="{count} section enrollments begin before an earlier one in the same section has ended.",
        why="A student who is in a section twice is counted twice in it.",
        fix="Close the earlier spell before the later one begins, or join them into one.",
    ),
    Rule(
        code="SEN-012",
        severity=MUST_FIX,
        catalogue=("V086",),
        fields=("credits_earned", "credits_attempted"),
        needs=("credits_earned", "credits_attempted"),
        holds=(_EARNED >= 0) & (_EARNED <= _ATTEMPTED),
        title="More credits are earned than attempted",
        one="{count} section enrollment has credits earned below 0 or above those attempted.",
        many="{count} section enrollments have credits earned below 0 or above those attempted.",
        why="Progress toward graduation is counted in credits earned.",
        fix="Check credits_earned and credits_attempted.",
    ),
    Rule(
        code="SEN-013",
        severity=MUST_FIX,
        catalogue=("V086",),
        fields=("course_outcome", "credits_earned", "credits_attempted"),
        needs=("course_outcome", "credits_earned"),
        holds=((_EARNED > 0) == _PASSED) | (_ATTEMPTED == 0).fill_null(False),
        title="Outcome and credits disagree",
        one="{count} section enrollment is passed without credit, or earns credit without being passed.",
        many="{count} section enrollments are passed without credit, or earn credit without being passed.",
        why="Passing the course and earning its credit say the same thing.",
        fix="Correct course_outcome or credits_earned. For a course without credit attempt 0 credits.",
    ),
    Rule(
        code="SEN-014",
        severity=MUST_FIX,
        catalogue=("V006",),
        fields=("begin_date", "end_date"),
        holds=in_school_year("begin_date", "end_date"),
        title="A section enrollment is outside the school year",
        one="{count} section enrollment has a date outside the school year, which runs from July 1 to June 30.",
        many="{count} section enrollments have a date outside the school year, which runs from July 1 to June 30.",
        why="A section enrollment counts in the school year in which it lies.",
        fix="Check the year of the dates, or leave the row out.",
    ),
)

CONTRACT = contract(
    "section_enrollment",
    "SEN",
    title="Section enrollment",
    description="A spell of a student in a section, with the outcome, the grade and the credits.",
    record="section enrollment",
    records="section enrollments",
    columns=COLUMNS,
    key=KEY,
    rules=RULES,
)
