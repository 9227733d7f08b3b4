"""One row is an assignment of a member of the staff to a school or to a section."""

import polars as pl

from expectations.collections.columns import column
from expectations.collections.rules import Rule, contract, in_school_year, known
from expectations.notices import EXPLAIN, MUST_FIX

MOST_FULL_TIME, MOST_YEARS = 2, 40
"""The most that one person can work, in full-time equivalents, and the most years of experience."""

COLUMNS = (
    column(
        "staff_id",
        "identifier",
        "Staff member",
        "The state's number of the member of the staff.",
        required=True,
        confidential=True,
        edfi="Staff.staffUniqueId",
    ),
    column(
        "school_id",
        "identifier",
        "School",
        "The school of the assignment.",
        required=True,
        ceds="001069",
        edfi="StaffSchoolAssociation.schoolReference",
    ),
    column(
        "section_id",
        "reference",
        "Section",
        "The section that is taught. Blank: the assignment is to the school.",
        ceds="000978",
        edfi="StaffSectionAssociation.sectionReference",
    ),
    column(
        "assignment_kind",
        "code",
        "Kind of assignment",
        "What the person does there.",
        required=True,
        code_set="staff_assignment_kinds",
        edfi="StaffEducationOrganizationAssignmentAssociation.staffClassificationDescriptor",
    ),
    column(
        "begin_date",
        "date",
        "Begin date",
        "The first day of the assignment. Blank: the first day of the school year.",
        edfi="StaffEducationOrganizationAssignmentAssociation.beginDate",
    ),
    column(
        "end_date",
        "date",
        "End date",
        "The last day of the assignment. Blank: still in force.",
        edfi="StaffEducationOrganizationAssignmentAssociation.endDate",
    ),
    column(
        "full_time_equivalent",
        "decimal",
        "Full-time equivalent",
        "The part of a full position, 1 for all of it.",
        edfi="StaffEducationOrganizationAssignmentAssociation.fullTimeEquivalency",
    ),
    column(
        "experience_years",
        "integer",
        "Years of experience",
        "The years of teaching before this school year.",
        edfi="Staff.yearsOfPriorTeachingExperience",
    ),
    column(
        "is_out_of_field",
        "yes_no",
        "Out of field",
        "Whether the person teaches a subject or grade that the credential does not cover.",
    ),
    column(
        "has_emergency_credential",
        "yes_no",
        "Emergency credential",
        "Whether the person teaches on an emergency or provisional credential.",
    ),
)

_FULL_TIME, _YEARS = pl.col("full_time_equivalent"), pl.col("experience_years")

RULES = (
    Rule(
        code="STA-010",
        severity=EXPLAIN,
        catalogue=("V082",),
        fields=("full_time_equivalent", "staff_id"),
        needs=("full_time_equivalent", "staff_id"),
        holds=(_FULL_TIME.sum().over("staff_id") <= MOST_FULL_TIME) | ~known("staff_id"),
        title=f"One person works more than {MOST_FULL_TIME} full positions",
        one=f"{{count}} staff assignment is of a person who fills more than {MOST_FULL_TIME} positions in all.",
        many=f"{{count}} staff assignments are of people who fill more than {MOST_FULL_TIME} positions in all.",
        why="Numbers of students to a teacher are worked out from full-time equivalents.",
        fix="Check full_time_equivalent in all assignments of the person, or explain it.",
    ),
    Rule(
        code="STA-011",
        severity=EXPLAIN,
        catalogue=("V083",),
        fields=("experience_years",),
        needs=("experience_years",),
        holds=_YEARS <= MOST_YEARS,
        title=f"The experience is more than {MOST_YEARS} years",
        one=f"{{count}} staff assignment gives more than {MOST_YEARS} years of experience.",
        many=f"{{count}} staff assignments give more than {MOST_YEARS} years of experience.",
        why="How experienced teachers are shared among schools is worked out from these years.",
        fix="Check experience_years, or confirm it in an explanation.",
    ),
    Rule(
        code="STA-012",
        severity=MUST_FIX,
        catalogue=("V083",),
        fields=("experience_years", "full_time_equivalent"),
        holds=(_YEARS >= 0).fill_null(True) & ((_FULL_TIME > 0) & (_FULL_TIME <= MOST_FULL_TIME)).fill_null(True),
        title="Experience or full-time equivalent is out of range",
        one=f"{{count}} staff assignment has experience below 0, or a part not above 0 and up to {MOST_FULL_TIME}.",
        many=f"{{count}} staff assignments have experience below 0, or a part not above 0 and up to {MOST_FULL_TIME}.",
        why="Neither can be counted as it stands.",
        fix="Give whole years from 0, and 1 for a full position.",
    ),
    Rule(
        code="STA-013",
        severity=MUST_FIX,
        fields=("end_date", "begin_date"),
        needs=("begin_date", "end_date"),
        holds=pl.col("begin_date") <= pl.col("end_date"),
        title="An assignment ends before it begins",
        one="{count} staff assignment ends before it begins.",
        many="{count} staff assignments end before they begin.",
        why="These dates decide who taught whom.",
        fix="Check the begin and end dates of the assignment.",
    ),
    Rule(
        code="STA-014",
        severity=EXPLAIN,
        catalogue=("V081",),
        fields=("staff_id", "experience_years"),
        needs=("staff_id", "experience_years"),
        holds=(_YEARS.min() == _YEARS.max()).over("staff_id") | ~known("staff_id"),
        title="One number has two lengths of experience",
        one="{count} staff assignment gives another experience than other assignments of the same person.",
        many="{count} staff assignments give another experience than other assignments of the same person.",
        why="One number should be one person; two lengths of experience suggest that two people share it.",
        fix="Check that the number is of one person, and give the same experience in all rows.",
    ),
    Rule(
        code="STA-015",
        severity=MUST_FIX,
        catalogue=("V006",),
        fields=("begin_date", "end_date"),
        holds=in_school_year("begin_date", "end_date"),
        title="An assignment is outside the school year",
        one="{count} staff assignment has a date outside the school year, which runs from July 1 to June 30.",
        many="{count} staff assignments have a date outside the school year, which runs from July 1 to June 30.",
        why="An assignment counts in the school year in which it lies.",
        fix="Check the year of the dates. For one who stays on, leave begin_date blank.",
    ),
)

CONTRACT = contract(
    "staff_assignment",
    "STA",
    title="Staff assignment",
    description="An assignment of a member of the staff to a school or section, with experience and field.",
    record="staff assignment",
    records="staff assignments",
    columns=COLUMNS,
    key=("staff_id", "school_id", "section_id", "begin_date"),
    rules=RULES,
)
