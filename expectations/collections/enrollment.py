"""One row is a spell in which a student is enrolled in a school."""

import polars as pl

from expectations.collections.columns import column, student_id
from expectations.collections.rules import Rule, apart_in_time, contract, in_school_year
from expectations.notices import MUST_FIX

COLUMNS = (
    student_id("StudentSchoolAssociation.studentReference"),
    column(
        "school_id",
        "identifier",
        "School",
        "The school where the student is enrolled.",
        required=True,
        ceds="001069",
        edfi="StudentSchoolAssociation.schoolReference",
    ),
    column(
        "grade",
        "code",
        "Grade",
        "The grade in which the student is enrolled.",
        required=True,
        code_set="grades",
        ceds="000100",
        edfi="StudentSchoolAssociation.entryGradeLevelDescriptor",
    ),
    column(
        "entry_date",
        "date",
        "Entry date",
        "The first day of the enrollment. Blank: enrolled on the first day of the school year.",
        ceds="000097",
        edfi="StudentSchoolAssociation.entryDate",
    ),
    column(
        "exit_date",
        "date",
        "Exit date",
        "The last day of the enrollment. Blank: still enrolled.",
        ceds="000107",
        edfi="StudentSchoolAssociation.exitWithdrawDate",
    ),
    column(
        "entry_code",
        "text",
        "Entry code",
        "How the student came, in the state's own codes.",
        ceds="000099",
        edfi="StudentSchoolAssociation.entryTypeDescriptor",
    ),
    column(
        "exit_code",
        "text",
        "Exit code",
        "How the student left, in the state's own codes.",
        ceds="000110",
        edfi="StudentSchoolAssociation.exitWithdrawTypeDescriptor",
    ),
    column(
        "is_primary_school",
        "yes_no",
        "Primary school",
        "Whether this is the school that counts the student first, where a student attends two.",
        edfi="StudentSchoolAssociation.primarySchool",
    ),
    column(
        "accountable_school_id",
        "identifier",
        "Accountable school",
        "The school that answers for the student, where it is not the school of enrollment.",
        ceds="001069",
        edfi="StudentEducationOrganizationResponsibilityAssociation.educationOrganizationReference",
    ),
    column(
        "exit_type",
        "code",
        "Exit type",
        "How the student left, in the codes of the Common Education Data Standards.",
        code_set="exit_types",
        in_force_on="exit_date",
        ceds="000110",
        edfi="StudentSchoolAssociation.exitWithdrawTypeDescriptor",
    ),
)

RULES = (
    Rule(
        code="ENR-010",
        severity=MUST_FIX,
        catalogue=("V025",),
        fields=("exit_date", "entry_date"),
        needs=("entry_date", "exit_date"),
        holds=pl.col("entry_date") <= pl.col("exit_date"),
        title="The exit date is before the entry date",
        one="{count} enrollment ends before it starts.",
        many="{count} enrollments end before they start.",
        why="Days enrolled are counted from these dates.",
        fix="Check the exit date. If the student came back, send a second enrollment.",
    ),
    Rule(
        code="ENR-011",
        severity=MUST_FIX,
        catalogue=("V025",),
        fields=("entry_date", "exit_date"),
        holds=in_school_year("entry_date", "exit_date"),
        title="An enrollment date is outside the school year",
        one="{count} enrollment has a date outside the school year, which runs from July 1 to June 30.",
        many="{count} enrollments have a date outside the school year, which runs from July 1 to June 30.",
        why="An enrollment counts in the school year in which it lies.",
        fix="Check the year of the date. For a student who stays on, give this year's first day.",
    ),
    Rule(
        code="ENR-012",
        severity=MUST_FIX,
        catalogue=("V030",),
        fields=("exit_code", "exit_date"),
        holds=pl.col("exit_date").is_null() == pl.col("exit_code").is_null(),
        title="Exit date and exit code do not come together",
        one="{count} enrollment has an exit date without an exit code, or a code without a date.",
        many="{count} enrollments have an exit date without an exit code, or a code without a date.",
        why="How and when a student left decides where the student counts.",
        fix="Fill in both exit_date and exit_code, or clear both.",
    ),
    Rule(
        code="ENR-013",
        severity=MUST_FIX,
        catalogue=("V028",),
        fields=("is_primary_school", "school_id", "entry_date", "exit_date"),
        needs=("is_primary_school",),
        holds=apart_in_time("entry_date", "exit_date", of=("student_id", "is_primary_school"))
        | ~pl.col("is_primary_school").fill_null(False),
        title="A student has two primary schools at once",
        one="{count} enrollment at a primary school begins before an earlier one has ended.",
        many="{count} enrollments at a primary school begin before an earlier one has ended.",
        why="Only one school at a time can be the first to count a student.",
        fix="Mark one school as primary for each day, or close the earlier enrollment.",
    ),
)

CONTRACT = contract(
    "enrollment",
    "ENR",
    title="Enrollment",
    description="A spell of enrollment of a student in a school, with its dates, grade and how it began and ended.",
    record="enrollment",
    records="enrollments",
    columns=COLUMNS,
    key=("student_id", "school_id", "entry_date"),
    rules=RULES,
)
