"""One row is a day, or part of a day, on which a student was absent; or the sum of days of one enrollment."""

import polars as pl

from expectations.collections.columns import column, student_id
from expectations.collections.rules import Rule, contract, in_school_year, known
from expectations.notices import EXPLAIN, MUST_FIX

MOST_DAYS = 250
"""Days that a student can be expected in one school year."""

COLUMNS = (
    student_id("StudentSchoolAttendanceEvent.studentReference"),
    column(
        "school_id",
        "identifier",
        "School",
        "The school that the student was absent from.",
        required=True,
        ceds="001069",
        edfi="StudentSchoolAttendanceEvent.schoolReference",
    ),
    column(
        "attendance_date",
        "date",
        "Date",
        "The day of the absence. Blank: the row is the summary of an enrollment.",
        edfi="StudentSchoolAttendanceEvent.eventDate",
    ),
    column(
        "entry_date",
        "date",
        "Entry date",
        "In a summary: the entry date of the enrollment. Blank: the enrollment that began with the school year.",
        ceds="000097",
        edfi="StudentSchoolAssociation.entryDate",
    ),
    column(
        "fraction_absent",
        "decimal",
        "Part of the day",
        "For a day: the part of it that the student was absent, 1 for the whole day.",
        edfi="StudentSchoolAttendanceEvent.eventDuration",
    ),
    column(
        "absence_type",
        "code",
        "Kind of absence",
        "For a day: why the student was absent.",
        code_set="absence_types",
        ceds="000599",
        edfi="StudentSchoolAttendanceEvent.attendanceEventCategoryDescriptor",
    ),
    column(
        "days_expected",
        "decimal",
        "Days expected",
        "In a summary: the instructional days of the enrollment.",
    ),
    column(
        "days_absent",
        "decimal",
        "Days absent",
        "In a summary: the days that the student was absent.",
        ceds="000201",
    ),
    column(
        "is_exempt",
        "yes_no",
        "Exempt",
        "Whether attendance is not taken for the student. Blank: it is taken.",
    ),
)

_DAY, _FRACTION = pl.col("attendance_date").is_not_null(), pl.col("fraction_absent")
_EXPECTED, _ABSENT = pl.col("days_expected"), pl.col("days_absent")
_EXEMPT = pl.col("is_exempt").fill_null(False)
_AMOUNTS = ("fraction_absent", "days_expected", "days_absent")
_ALL_SUMMED, _NONE_SUMMED = _EXPECTED.is_not_null() & _ABSENT.is_not_null(), _EXPECTED.is_null() & _ABSENT.is_null()
_ENROLLED = ("student_id", "school_id")
_STUDENT = pl.struct(_ENROLLED)
_SUMMED = _STUDENT.filter(~_DAY).implode()
_BOTH = _STUDENT.filter(_DAY & _STUDENT.is_in(_SUMMED)).implode()

RULES = (
    Rule(
        code="ATT-010",
        severity=MUST_FIX,
        catalogue=("V037",),
        fields=("days_absent", "days_expected"),
        needs=("days_absent", "days_expected"),
        holds=(_ABSENT >= 0) & (_ABSENT <= _EXPECTED),
        title="More days absent than expected",
        one="{count} attendance record has days absent below 0 or above the days expected.",
        many="{count} attendance records have days absent below 0 or above the days expected.",
        why="Chronic absence compares days absent with days expected.",
        fix="Check days_absent and days_expected; they may have been exchanged.",
    ),
    Rule(
        code="ATT-011",
        severity=EXPLAIN,
        catalogue=("V038",),
        fields=("days_absent", "days_expected"),
        holds={name: 2 * pl.col(name) % 1 == 0 for name in ("days_absent", "days_expected")},
        title="Days are neither whole nor half",
        one="{count} attendance record has days that are neither whole nor half days.",
        many="{count} attendance records have days that are neither whole nor half days.",
        why="Where a state counts in half days, other parts of a day are counted differently elsewhere.",
        fix="Give whole and half days, or explain that absence is counted in hours or minutes.",
    ),
    Rule(
        code="ATT-012",
        severity=MUST_FIX,
        catalogue=("V037",),
        fields=("fraction_absent",),
        needs=("fraction_absent",),
        holds=(_FRACTION > 0) & (_FRACTION <= 1),
        title="The part of the day is not above 0 and up to 1",
        one="{count} attendance record has a part of the day that is not above 0 and up to 1.",
        many="{count} attendance records have a part of the day that is not above 0 and up to 1.",
        why="Days absent are added up from these parts.",
        fix="Give 1 for a whole day, 0.5 for half a day. Leave out days on which the student was there.",
    ),
    Rule(
        code="ATT-013",
        severity=MUST_FIX,
        catalogue=("V039",),
        fields=("attendance_date", *_AMOUNTS),
        holds=_EXEMPT | (_DAY & _FRACTION.is_not_null() & _NONE_SUMMED) | (~_DAY & _FRACTION.is_null() & _ALL_SUMMED),
        title="A record is neither a day nor a summary",
        one="{count} attendance record is neither a day with its part absent nor a summary with both days.",
        many="{count} attendance records are neither days with their part absent nor summaries with both days.",
        why="A record that mixes the two would be counted twice or not at all.",
        fix="For a day give attendance_date and fraction_absent; for a summary days_expected and days_absent.",
    ),
    Rule(
        code="ATT-014",
        severity=MUST_FIX,
        catalogue=("V040",),
        fields=("is_exempt", *_AMOUNTS),
        needs=("is_exempt",),
        holds=~_EXEMPT | pl.all_horizontal(pl.col(name).is_null() for name in _AMOUNTS),
        title="An exempt student has days",
        one="{count} attendance record of an exempt student gives days or a part of a day.",
        many="{count} attendance records of exempt students give days or a part of a day.",
        why="Attendance is not taken for an exempt student, so there is nothing to count.",
        fix="Clear the days, or set is_exempt to No.",
    ),
    Rule(
        code="ATT-015",
        severity=MUST_FIX,
        catalogue=("V006",),
        fields=("attendance_date", "entry_date"),
        holds=in_school_year("attendance_date", "entry_date"),
        title="An attendance date is outside the school year",
        one="{count} attendance record has a date outside the school year, which runs from July 1 to June 30.",
        many="{count} attendance records have a date outside the school year, which runs from July 1 to June 30.",
        why="An absence counts in the school year in which it lies.",
        fix="Check the year of the date. Days of another year belong to that year's submission.",
    ),
    Rule(
        code="ATT-016",
        severity=EXPLAIN,
        catalogue=("V041",),
        fields=("days_expected",),
        needs=("days_expected",),
        holds=(_EXPECTED > 0) & (_EXPECTED <= MOST_DAYS),
        title="The days expected are unusual",
        one=f"{{count}} attendance record expects no days, or more than {MOST_DAYS}.",
        many=f"{{count}} attendance records expect no days, or more than {MOST_DAYS}.",
        why="A student with no days expected is left out; with too many, absence looks rarer than it is.",
        fix="Check days_expected against the calendar of the school, or explain it.",
    ),
    Rule(
        code="ATT-017",
        severity=MUST_FIX,
        catalogue=("V039",),
        fields=("attendance_date", *_ENROLLED),
        holds=~_STUDENT.is_in(_BOTH) | ~known(*_ENROLLED),
        surely=_DAY.all() | ~_DAY.any(),
        title="A student has both days and a summary",
        one="{count} attendance record is of a student who has both days and a summary in the school.",
        many="{count} attendance records are of students who have both days and a summary in the school.",
        why="The same absences would be counted twice.",
        fix="Send either the days or the summary of a student in a school, not both.",
    ),
)

CONTRACT = contract(
    "attendance",
    "ATT",
    title="Attendance",
    description="A day or part of a day that a student was absent, or the days expected and absent of one enrollment.",
    record="attendance record",
    records="attendance records",
    columns=COLUMNS,
    key=("student_id", "school_id", "attendance_date", "entry_date"),
    rules=RULES,
)
