"""One row is a day in the calendar of a school."""

import polars as pl

from expectations.collections.columns import column
from expectations.collections.rules import Rule, contract, in_school_year
from expectations.notices import EXPLAIN, MUST_FIX

LONGEST_DAY = 720
"""Minutes of instruction that a day can have."""

COLUMNS = (
    column(
        "school_id",
        "identifier",
        "School",
        "The school whose calendar it is.",
        required=True,
        ceds="001069",
        edfi="CalendarDate.schoolReference",
    ),
    column("calendar_date", "date", "Date", "The day.", required=True, edfi="CalendarDate.date"),
    column(
        "is_instructional",
        "yes_no",
        "Instructional day",
        "Whether students are taught on this day.",
        required=True,
        edfi="CalendarDate.calendarEvents",
    ),
    column(
        "instructional_month",
        "integer",
        "Instructional month",
        "The month of instruction in which the day lies, counted from 1 at the start of the school year.",
    ),
    column("instructional_minutes", "integer", "Minutes of instruction", "The minutes of instruction on this day."),
)

RULES = (
    Rule(
        code="CAL-010",
        severity=MUST_FIX,
        catalogue=("V006",),
        fields=("calendar_date",),
        needs=("calendar_date",),
        holds=in_school_year("calendar_date"),
        title="A calendar day is outside the school year",
        one="{count} calendar day lies outside the school year, which runs from July 1 to June 30.",
        many="{count} calendar days lie outside the school year, which runs from July 1 to June 30.",
        why="Absence and the full academic year are counted in days of this school year.",
        fix="Check the year of the date. Days of another year belong to that year's submission.",
    ),
    Rule(
        code="CAL-011",
        severity=MUST_FIX,
        fields=("instructional_minutes", "is_instructional"),
        needs=("instructional_minutes",),
        holds=pl.when("is_instructional")
        .then(pl.col("instructional_minutes").is_between(1, LONGEST_DAY))
        .when(~pl.col("is_instructional"))
        .then(pl.col("instructional_minutes") == 0),
        title="Minutes and kind of day disagree",
        one=f"{{count}} calendar day has minutes that do not fit: 1 to {LONGEST_DAY} where instructional, else 0.",
        many=f"{{count}} calendar days have minutes that do not fit: 1 to {LONGEST_DAY} where instructional, else 0.",
        why="Time in school is added up from these minutes.",
        fix="Check instructional_minutes and is_instructional, or leave the minutes blank.",
    ),
    Rule(
        code="CAL-012",
        severity=MUST_FIX,
        fields=("instructional_month",),
        needs=("instructional_month",),
        holds=pl.col("instructional_month").is_between(1, 12),
        title="The instructional month is not 1 to 12",
        one="{count} calendar day has an instructional month outside 1 to 12.",
        many="{count} calendar days have an instructional month outside 1 to 12.",
        why="Pace and growth are measured in months of instruction.",
        fix="Count the months from 1 at the start of the school year, or leave the column blank.",
    ),
    Rule(
        code="CAL-013",
        severity=EXPLAIN,
        fields=("calendar_date", "is_instructional"),
        holds=(pl.col("calendar_date").dt.weekday() <= 5) | ~pl.col("is_instructional"),
        title="An instructional day is on a weekend",
        one="{count} instructional day is a Saturday or a Sunday.",
        many="{count} instructional days are Saturdays or Sundays.",
        why="One wrong day in the calendar changes the attendance of every student of the school.",
        fix="Check the date, or explain why there was school on this day.",
    ),
)

CONTRACT = contract(
    "calendar",
    "CAL",
    title="Calendar",
    description="A day in the calendar of a school, and whether students are taught on it.",
    record="calendar day",
    records="calendar days",
    columns=COLUMNS,
    key=("school_id", "calendar_date"),
    rules=RULES,
)
