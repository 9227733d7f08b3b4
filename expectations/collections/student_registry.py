"""One row is a student number of the state, with the facts that say whose it is. The state itself submits it."""

import polars as pl

from expectations.collections.columns import column, student_id
from expectations.collections.rules import Rule, contract, known, last_day
from expectations.notices import EXPLAIN, MUST_FIX

COLUMNS = (
    student_id("Student.studentUniqueId"),
    column(
        "last_name",
        "text",
        "Last name",
        "The student's last name.",
        required=True,
        personal=True,
        edfi="Student.lastSurname",
    ),
    column(
        "first_name",
        "text",
        "First name",
        "The student's first name.",
        required=True,
        personal=True,
        edfi="Student.firstName",
    ),
    column(
        "birth_date",
        "date",
        "Birth date",
        "The day the student was born.",
        required=True,
        personal=True,
        ceds="000033",
        edfi="Student.birthDate",
    ),
    column(
        "sex",
        "code",
        "Sex",
        "The student's sex as recorded by the state.",
        code_set="sexes",
        ceds="000255",
        edfi="Student.birthSexDescriptor",
    ),
    column(
        "registry_status",
        "code",
        "Status of the number",
        "Whether the number is in use. Blank: in use.",
        code_set="registry_statuses",
    ),
    column("registered_date", "date", "Registered", "The day on which the number was given out."),
    column(
        "first_grade_nine_school_year",
        "integer",
        "First year in grade 9",
        "The school year, by the year in which it ends, in which the student was first in grade 9. Blank: not yet.",
        ceds="000046",
    ),
    column(
        "enrolled_district_id",
        "identifier",
        "District of enrollment",
        "The district in which the state last knew the student to be enrolled. Blank: in none.",
        ceds="001068",
    ),
    column("enrolled_since_date", "date", "Enrolled since", "The day on which the student entered that district."),
)

_SAME_PERSON = ("last_name", "first_name", "birth_date", "sex")
_IN_USE = pl.col("registry_status").fill_null("active") == "active"

RULES = (
    Rule(
        code="REG-010",
        severity=EXPLAIN,
        catalogue=("V013",),
        fields=("student_id", *_SAME_PERSON, "registry_status"),
        needs=_SAME_PERSON[:3],
        holds=(pl.col("student_id").filter(_IN_USE).n_unique().over(_SAME_PERSON) <= 1)
        | ~_IN_USE
        | ~known(*_SAME_PERSON[:3]),
        title="One person seems to have two numbers",
        one="{count} number in use has the name, birth date and sex of another number.",
        many="{count} numbers in use have the name, birth date and sex of another number.",
        why="A student under two numbers is counted twice and loses the results of earlier years.",
        fix="Keep one number in use and mark the other as merged, or explain that they are two people.",
    ),
    Rule(
        code="REG-011",
        severity=MUST_FIX,
        catalogue=("V016",),
        fields=("birth_date",),
        needs=("birth_date",),
        holds=pl.col("birth_date") <= last_day(),
        title="The birth date lies after the school year",
        one="{count} registered student is born after the end of the school year.",
        many="{count} registered students are born after the end of the school year.",
        why="Who a student is cannot be confirmed with a birth date that cannot be right.",
        fix="Check the year of the birth date in the registry.",
    ),
    Rule(
        code="REG-012",
        severity=MUST_FIX,
        catalogue=("V044",),
        fields=("first_grade_nine_school_year",),
        needs=("first_grade_nine_school_year",),
        holds=pl.col("first_grade_nine_school_year").is_between(pl.col("school_year") - 12, pl.col("school_year")),
        title="The first year in grade 9 cannot be right",
        one="{count} registered student has a first year in grade 9 in the future or more than 12 years ago.",
        many="{count} registered students have a first year in grade 9 in the future or more than 12 years ago.",
        why="This year decides to which graduation cohort the student belongs.",
        fix="Give the year in which that school year ended, such as 2025 for 2024-25.",
    ),
)

CONTRACT = contract(
    "student_registry",
    "REG",
    title="Student registry",
    description="The state's student numbers with the facts that identify a person (kept private). Sent by the state.",
    record="registered student",
    records="registered students",
    columns=COLUMNS,
    key=("student_id",),
    rules=RULES,
)
