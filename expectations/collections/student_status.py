"""One row is a spell in which a student holds a program status, such as English learner."""

import polars as pl

from expectations.collections.columns import column
from expectations.collections.rules import Rule, apart_in_time, contract, first_day, last_day
from expectations.notices import EXPLAIN, MUST_FIX

KEY = ("student_id", "status", "begin_date")
COLUMNS = (
    column(
        "student_id",
        "identifier",
        "Student",
        "The state's number of the student, leading zeros kept. A pseudonym takes its place once the file is accepted.",
        required=True,
        confidential=True,
        ceds="001071",
        edfi="Student.studentUniqueId",
    ),
    column(
        "status",
        "code",
        "Status",
        "The program status that the student holds.",
        required=True,
        code_set="student_statuses",
        ceds="000086, 000149, 000151, 000180, 000189, 000249, 001576",
        edfi="StudentEducationOrganizationAssociation.studentCharacteristics",
    ),
    column(
        "begin_date",
        "date",
        "Begin date",
        "The first day of the status. Blank: in force on the first day of the school year.",
        edfi="StudentProgramAssociation.beginDate",
    ),
    column(
        "end_date",
        "date",
        "End date",
        "The last day of the status. Blank: still in force.",
        edfi="StudentProgramAssociation.endDate",
    ),
)

RULES = (
    Rule(
        code="STS-010",
        severity=MUST_FIX,
        catalogue="V020",
        fields=("end_date", "begin_date"),
        needs=("begin_date", "end_date"),
        holds=pl.col("begin_date") <= pl.col("end_date"),
        title="A status ends before it begins",
        one="{count} student status ends before it begins.",
        many="{count} student statuses end before they begin.",
        why="These dates decide whether the student counts in the group.",
        fix="Check the begin and end dates of the program in your student information system.",
    ),
    Rule(
        code="STS-011",
        severity=MUST_FIX,
        catalogue="V020",
        fields=("begin_date", "end_date"),
        holds=apart_in_time("begin_date", "end_date", of=("student_id", "status")) | pl.struct(KEY).is_duplicated(),
        title="Two spells of one status overlap",
        one="{count} student status begins before an earlier spell of the same status has ended.",
        many="{count} student statuses begin before an earlier spell of the same status has ended.",
        why="With overlapping spells it is not known from when to when the status was held.",
        fix="Close the earlier spell before the later one begins, or join them into one.",
    ),
    Rule(
        code="STS-012",
        severity=EXPLAIN,
        catalogue="V020",
        fields=("begin_date", "end_date"),
        holds=(pl.col("begin_date") <= last_day()).fill_null(True)
        & (pl.col("end_date") >= first_day()).fill_null(True),
        title="A status is not in force during the school year",
        one="{count} student status is not in force on any day of the school year.",
        many="{count} student statuses are not in force on any day of the school year.",
        why="Such a status does not place the student in any group this year.",
        fix="Check the year in the dates, or leave the row out.",
    ),
)

CONTRACT = contract(
    "student_status",
    "STS",
    title="Student status",
    description="A dated spell of a program status: economic disadvantage, English learner, disability and others.",
    record="student status",
    records="student statuses",
    columns=COLUMNS,
    key=KEY,
    rules=RULES,
)
