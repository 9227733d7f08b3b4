"""One row is a spell in which a student holds a program status, such as English learner."""

import polars as pl

from expectations.collections.columns import column, student_id
from expectations.collections.rules import Rule, apart_in_time, contract, first_day, known, last_day
from expectations.notices import EXPLAIN, MUST_FIX

KEY = ("student_id", "status", "begin_date")
COLUMNS = (
    student_id("Student.studentUniqueId"),
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
    column(
        "primary_disability",
        "code",
        "Primary disability",
        "For a disability under IDEA: its category.",
        code_set="disability_categories",
        edfi="StudentSpecialEducationProgramAssociation.disabilities",
    ),
)

RECENT_DAYS = 366
"""A recent arrival is recent for a year."""

YEARS_AS_FORMER = 4
"""For so many school years after the exit a former English learner may count with English learners."""

_STATUS, _BEGIN = pl.col("status"), pl.col("begin_date").fill_null(first_day())
_END = pl.col("end_date").fill_null(last_day())
_ENGLISH = _STATUS.is_in(["english_learner", "former_english_learner"])
_CATEGORY = pl.col("primary_disability")


def _before(day: pl.Expr) -> pl.Expr:
    """Give the latest such day among the student's earlier spells of the same kind of English-learner status."""
    return day.cum_max().shift(1).over("student_id", _ENGLISH, order_by=_BEGIN)


RULES = (
    Rule(
        code="STS-010",
        severity=MUST_FIX,
        catalogue=("V020",),
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
        catalogue=("V020",),
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
        catalogue=("V020",),
        fields=("begin_date", "end_date"),
        holds=(pl.col("begin_date") <= last_day()).fill_null(True)
        & (pl.col("end_date") >= first_day()).fill_null(True),
        title="A status is not in force during the school year",
        one="{count} student status is not in force on any day of the school year.",
        many="{count} student statuses are not in force on any day of the school year.",
        why="Such a status does not place the student in any group this year.",
        fix="Check the year in the dates, or leave the row out.",
    ),
    Rule(
        code="STS-013",
        severity=MUST_FIX,
        catalogue=("V021",),
        fields=("begin_date", "end_date", "status", "student_id"),
        needs=("student_id",),
        holds=~(_ENGLISH & known("student_id"))
        | (_before(_END) <= _BEGIN).fill_null(True)
        | (_STATUS.shift(1).over("student_id", _ENGLISH, order_by=_BEGIN) == _STATUS),
        title="A student is an English learner and a former one at once",
        one="{count} student status makes a student an English learner and a former one on the same day.",
        many="{count} student statuses make a student an English learner and a former one on the same day.",
        why="On any day a student is an English learner, a former one, or neither.",
        fix="End english_learner before former_english_learner begins.",
    ),
    Rule(
        code="STS-014",
        severity=MUST_FIX,
        catalogue=("V024",),
        fields=("primary_disability", "status"),
        needs=("primary_disability",),
        holds=(_STATUS != "disability") | _CATEGORY.is_not_null() | _CATEGORY.is_null().all(),
        title="A disability has no category",
        one="{count} student status is a disability without its category.",
        many="{count} student statuses are disabilities without their category.",
        why="The state reports students with disabilities by category.",
        fix="Fill in primary_disability for every disability, as for the others.",
    ),
    Rule(
        code="STS-015",
        severity=MUST_FIX,
        catalogue=("V024",),
        fields=("begin_date", "end_date", "status"),
        needs=("begin_date",),
        holds=(_STATUS != "recently_arrived_english_learner")
        | ((_END - pl.col("begin_date")).dt.total_days() <= RECENT_DAYS),
        title="A recent arrival lasts longer than a year",
        one="{count} student status says recently arrived for more than 12 months.",
        many="{count} student statuses say recently arrived for more than 12 months.",
        why="The law lets results of recent arrivals be left out for 12 months only.",
        fix="End the status 12 months after the student's arrival.",
    ),
    Rule(
        code="STS-016",
        severity=MUST_FIX,
        catalogue=("V023",),
        fields=("begin_date", "end_date", "status"),
        needs=("begin_date",),
        holds=(_STATUS != "former_english_learner")
        | (pl.col("begin_date") >= pl.date(pl.col("school_year") - YEARS_AS_FORMER - 1, 7, 1))
        | (pl.col("end_date") < first_day()).fill_null(False),
        title="A former English learner is one for too long",
        one=f"{{count}} student status says former English learner more than {YEARS_AS_FORMER} years after the exit.",
        many=f"{{count}} student statuses say former English learner more than {YEARS_AS_FORMER} years after the exit.",
        why="The law lets former English learners count with the others for 4 years, no more (20 USC 6311(b)(3)).",
        fix=f"End the status on June 30 of the {YEARS_AS_FORMER}th school year after the exit.",
    ),
    Rule(
        code="STS-017",
        severity=MUST_FIX,
        catalogue=("V021",),
        fields=("begin_date", "status"),
        holds=(_STATUS != "former_english_learner") | pl.col("begin_date").is_not_null(),
        title="A former English learner has no date of exit",
        one="{count} student status says former English learner without the day on which that began.",
        many="{count} student statuses say former English learner without the day on which that began.",
        why="For how long a former English learner is followed is counted from the day of the exit.",
        fix="Fill in begin_date with the day after the last day as an English learner.",
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
