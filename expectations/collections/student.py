"""One row is a student in a school year."""

import polars as pl

from expectations.collections.columns import column, student_id
from expectations.collections.rules import Rule, contract, first_day, last_day
from expectations.notices import EXPLAIN, MUST_FIX

YOUNGEST, OLDEST = 3, 22
"""Ages in the school year, in full years: the usual range of public schooling with special education at both ends."""

COLUMNS = (
    student_id("Student.studentUniqueId"),
    column("last_name", "text", "Last name", "The student's last name.", personal=True, edfi="Student.lastSurname"),
    column("first_name", "text", "First name", "The student's first name.", personal=True, edfi="Student.firstName"),
    column(
        "birth_date",
        "date",
        "Birth date",
        "The day the student was born.",
        personal=True,
        ceds="000033",
        edfi="Student.birthDate",
    ),
    column(
        "sex",
        "code",
        "Sex",
        "The student's sex as recorded by the district.",
        code_set="sexes",
        ceds="000255",
        edfi="StudentEducationOrganizationAssociation.sexDescriptor",
    ),
    column(
        "hispanic_latino_ethnicity",
        "yes_no",
        "Hispanic or Latino",
        "Whether the student is Hispanic or Latino, of whatever race.",
        ceds="000144",
        edfi="StudentEducationOrganizationAssociation.hispanicLatinoEthnicity",
    ),
    column(
        "races",
        "codes",
        "Races",
        "Every race selected for the student, with ; between the codes. The groups are made from these later.",
        code_set="races",
        ceds="001943",
        edfi="StudentEducationOrganizationAssociation.races",
    ),
)

_BORN = pl.col("birth_date")
_YOUNG_ENOUGH = first_day().dt.offset_by(f"-{OLDEST + 1}y") < _BORN
_OLD_ENOUGH = last_day().dt.offset_by(f"-{YOUNGEST}y") >= _BORN
_SAME_PERSON = ("last_name", "first_name", "birth_date", "sex")

RULES = (
    Rule(
        code="STU-010",
        severity=MUST_FIX,
        catalogue=("V016",),
        fields=("birth_date",),
        needs=("birth_date",),
        holds=last_day() >= _BORN,
        title="The birth date is after the end of the school year",
        one="{count} student has a birth date after the end of the school year.",
        many="{count} students have a birth date after the end of the school year.",
        why="Ages are worked out from this date.",
        fix="Check the year of the birth date in your student information system.",
    ),
    Rule(
        code="STU-011",
        severity=MUST_FIX,
        catalogue=("V016",),
        fields=("birth_date",),
        needs=("birth_date",),
        holds=(_YOUNG_ENOUGH & _OLD_ENOUGH) | (last_day() < _BORN),
        title=f"The age is outside {YOUNGEST} to {OLDEST} years",
        one=f"{{count}} student is younger than {YOUNGEST} or older than {OLDEST} in the school year.",
        many=f"{{count}} students are younger than {YOUNGEST} or older than {OLDEST} in the school year.",
        why="An age outside this range nearly always is a birth date typed wrong.",
        fix="Check the birth date in your student information system.",
    ),
    Rule(
        code="STU-012",
        severity=EXPLAIN,
        catalogue=("V018",),
        fields=("races", "hispanic_latino_ethnicity"),
        holds=pl.col("races").is_not_null() | pl.col("hispanic_latino_ethnicity").fill_null(False),
        title="No race or ethnicity is given",
        one="{count} student has no race and is not marked Hispanic or Latino.",
        many="{count} students have no race and are not marked Hispanic or Latino.",
        why="Such a student counts among all students and in no race or ethnicity group.",
        fix="Fill in races or hispanic_latino_ethnicity, or explain why neither is known.",
    ),
    Rule(
        code="STU-013",
        severity=EXPLAIN,
        catalogue=("V015",),
        fields=("student_id", *_SAME_PERSON),
        needs=_SAME_PERSON[:3],
        holds=(pl.col("student_id").min().over(_SAME_PERSON) == pl.col("student_id").max().over(_SAME_PERSON))
        | pl.any_horizontal(pl.col(name).is_null() for name in _SAME_PERSON[:3]),
        title="Two students share name, birth date and sex",
        one="{count} student has the name, birth date and sex of another student.",
        many="{count} students have the name, birth date and sex of another student.",
        why="One child under two numbers is counted twice and loses the results of earlier years.",
        fix="If it is one child, keep one student_id. If they are two, explain it.",
    ),
)

CONTRACT = contract(
    "student",
    "STU",
    title="Student",
    description="A student in a school year: the number, the identity (kept private) and the raw selections of race.",
    record="student",
    records="students",
    columns=COLUMNS,
    key=("student_id",),
    rules=RULES,
)
