"""One row is a student's registration for one test, and the result where the student took it."""

import polars as pl

from expectations.codes import codes
from expectations.collections.columns import column
from expectations.collections.rules import Rule, contract, first_day, last_day
from expectations.notices import EXPLAIN, MUST_FIX

COLUMNS = (
    column(
        "student_id",
        "identifier",
        "Student",
        "The state's number of the student, leading zeros kept. A pseudonym takes its place once the file is accepted.",
        required=True,
        confidential=True,
        ceds="001071",
        edfi="StudentAssessment.studentReference",
    ),
    column(
        "school_id",
        "identifier",
        "School",
        "The school that the test is reported for.",
        required=True,
        ceds="001069",
        edfi="StudentAssessment.reportedSchoolReference",
    ),
    column(
        "subject",
        "code",
        "Subject",
        "The subject of the test.",
        required=True,
        code_set="subjects",
        ceds="000021",
        edfi="Assessment.academicSubjects",
    ),
    column(
        "grade_assessed",
        "code",
        "Grade assessed",
        "The grade for which the student was tested, which need not be the grade of enrollment.",
        required=True,
        code_set="grades",
        ceds="000126",
        edfi="StudentAssessment.whenAssessedGradeLevelDescriptor",
    ),
    column(
        "assessment_form",
        "code",
        "Form",
        "The form of the test. Blank: the regular form.",
        code_set="assessment_forms",
    ),
    column(
        "administration_date",
        "date",
        "Administration date",
        "The day of the test.",
        edfi="StudentAssessment.administrationDate",
    ),
    column(
        "attempt_number",
        "integer",
        "Attempt",
        "1 for the first attempt at this test in the school year, 2 for the second, and so on. Blank: the only one.",
    ),
    column(
        "participation_status",
        "code",
        "Participation",
        "Whether the student took the test.",
        required=True,
        code_set="participation_statuses",
        ceds="000025",
    ),
    column(
        "reason_not_tested",
        "code",
        "Reason not tested",
        "Why the student did not take the test, or why the result does not count.",
        code_set="reasons_not_tested",
        ceds="000540",
        edfi="StudentAssessment.reasonNotTestedDescriptor",
    ),
    column(
        "scale_score",
        "decimal",
        "Scale score",
        "The score on the scale of the test.",
        confidential=True,
        ceds="000245",
        edfi="StudentAssessment.scoreResults",
    ),
    column(
        "scale_score_standard_error",
        "decimal",
        "Standard error of the scale score",
        "The conditional standard error of measurement at this score.",
        confidential=True,
        edfi="StudentAssessment.scoreResults",
    ),
    column(
        "performance_level",
        "integer",
        "Performance level",
        "The level reached, 1 for the lowest.",
        confidential=True,
        ceds="000717",
        edfi="StudentAssessment.performanceLevels",
    ),
    column(
        "full_academic_year_school",
        "yes_no",
        "Full academic year in the school",
        "Whether the student was in this school for the full academic year, as the sender declares it.",
    ),
    column(
        "full_academic_year_district",
        "yes_no",
        "Full academic year in the district",
        "Whether the student was in this district for the full academic year, as the sender declares it.",
    ),
    column(
        "full_academic_year_state",
        "yes_no",
        "Full academic year in the state",
        "Whether the student was in the state's schools for the full academic year, as the sender declares it.",
    ),
)

LOWEST_LEVEL, HIGHEST_LEVEL = 1, 9

_STATUS = pl.col("participation_status")
_NOT_TESTED = _STATUS.is_in(codes("participation_statuses", is_participant="false"))
_RESULTS = ("scale_score", "performance_level")
_NO_RESULT = pl.all_horizontal(pl.col(name).is_null() for name in _RESULTS)
_HERE, _IN_DISTRICT, _IN_STATE = (
    pl.col(f"full_academic_year_{place}").cast(pl.Int8) for place in ("school", "district", "state")
)

RULES = (
    Rule(
        code="ASM-010",
        severity=MUST_FIX,
        catalogue="V059",
        fields=("performance_level",),
        needs=("performance_level",),
        holds=pl.col("performance_level").is_between(LOWEST_LEVEL, HIGHEST_LEVEL),
        title="The performance level does not exist",
        one=f"{{count}} assessment has a performance level outside {LOWEST_LEVEL} to {HIGHEST_LEVEL}.",
        many=f"{{count}} assessments have a performance level outside {LOWEST_LEVEL} to {HIGHEST_LEVEL}.",
        why="Proficiency is counted from the level.",
        fix=f"Give the level as a number, {LOWEST_LEVEL} for the lowest.",
    ),
    Rule(
        code="ASM-011",
        severity=MUST_FIX,
        catalogue="V061",
        fields=("participation_status", *_RESULTS),
        holds=~_NOT_TESTED | _NO_RESULT,
        title="A student who was not tested has a result",
        one="{count} assessment has a score or a level though the student was not tested.",
        many="{count} assessments have a score or a level though the student was not tested.",
        why="The student counts as not tested, and the result counts nowhere.",
        fix="If the student took the test, correct participation_status. If not, clear the result.",
    ),
    Rule(
        code="ASM-012",
        severity=MUST_FIX,
        catalogue="V061",
        fields=("reason_not_tested", "participation_status"),
        holds=(_STATUS != "not_participated") | pl.col("reason_not_tested").is_not_null(),
        title="The reason for not testing is missing",
        one="{count} assessment has no reason although the student was not tested.",
        many="{count} assessments have no reason although the student was not tested.",
        why="The state reports why students were not tested.",
        fix="Fill in reason_not_tested; use not_stated where no reason is on record.",
    ),
    Rule(
        code="ASM-013",
        severity=MUST_FIX,
        catalogue="V061",
        fields=("participation_status", *_RESULTS),
        holds=(_STATUS != "participated") | ~_NO_RESULT,
        title="A student who was tested has no result",
        one="{count} assessment has neither a score nor a level though the student was tested.",
        many="{count} assessments have neither a score nor a level though the student was tested.",
        why="The student counts as tested but cannot count as proficient.",
        fix="Add the result. If no score counts, use participated_no_score.",
    ),
    Rule(
        code="ASM-014",
        severity=MUST_FIX,
        catalogue="V061",
        fields=("reason_not_tested", "participation_status"),
        needs=("reason_not_tested",),
        holds=(_STATUS != "participated") | pl.col("reason_not_tested").is_null(),
        title="A student who was tested has a reason for not testing",
        one="{count} assessment gives a reason for not testing though the student was tested.",
        many="{count} assessments give a reason for not testing though the student was tested.",
        why="A student was tested or was not; the two columns say different things.",
        fix="Clear reason_not_tested, or correct participation_status.",
    ),
    Rule(
        code="ASM-015",
        severity=MUST_FIX,
        catalogue="V059",
        fields=("scale_score_standard_error", "scale_score"),
        needs=("scale_score_standard_error",),
        holds=pl.col("scale_score_standard_error").is_null()
        | ((pl.col("scale_score_standard_error") > 0) & pl.col("scale_score").is_not_null()),
        title="A standard error has no score or is not above zero",
        one="{count} assessment has a standard error without a score, or one not above zero.",
        many="{count} assessments have a standard error without a score, or one not above zero.",
        why="Growth weighs each score by its standard error.",
        fix="Add the score, or clear the standard error where none is known.",
    ),
    Rule(
        code="ASM-016",
        severity=MUST_FIX,
        catalogue="V006",
        fields=("administration_date",),
        needs=("administration_date",),
        holds=pl.col("administration_date").is_between(first_day(), last_day()),
        title="The test was given outside the school year",
        one="{count} assessment was given outside the school year, which runs from July 1 to June 30.",
        many="{count} assessments were given outside the school year, which runs from July 1 to June 30.",
        why="A result counts in the school year in which the test was given.",
        fix="Check the year of the date. Results of another year belong to that year's submission.",
    ),
    Rule(
        code="ASM-017",
        severity=MUST_FIX,
        catalogue="V060",
        fields=("attempt_number",),
        needs=("attempt_number",),
        holds=pl.col("attempt_number") >= 1,
        title="The attempt number is below 1",
        one="{count} assessment has an attempt number below 1.",
        many="{count} assessments have an attempt number below 1.",
        why="The number of the attempt decides which of several results counts.",
        fix="Number the attempts from 1, or leave attempt_number blank where there is only one.",
    ),
    Rule(
        code="ASM-018",
        severity=EXPLAIN,
        fields=("full_academic_year_school", "full_academic_year_district", "full_academic_year_state"),
        holds=(_HERE <= _IN_DISTRICT).fill_null(True)
        & (_IN_DISTRICT <= _IN_STATE).fill_null(True)
        & (_HERE <= _IN_STATE).fill_null(True),
        title="The declarations of a full academic year disagree",
        one="{count} assessment declares a full academic year in a school or district but not around it.",
        many="{count} assessments declare a full academic year in a school or district but not around it.",
        why="A year in the school is also a year in its district and in the state.",
        fix="Check the three full_academic_year columns, or explain how they are decided.",
    ),
)

CONTRACT = contract(
    "assessment",
    "ASM",
    title="Assessment",
    description="A student's registration for one test: subject, form, participation, and the result if there is one.",
    record="assessment",
    records="assessments",
    columns=COLUMNS,
    key=("student_id", "subject", "assessment_form", "administration_date", "attempt_number"),
    rules=RULES,
)
