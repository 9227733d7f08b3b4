"""The collections that say which schools there are, when they teach, and who is in them."""

from collections.abc import Iterator

import numpy as np
import polars as pl

from simulation.district_year import DistrictYear
from simulation.planting import Planted, Truths
from simulation.randomness import uniforms
from simulation.state import State

_MINUTES = {"elementary": 330, "middle": 345, "high": 360, "other": 340}
MONTH = 20
"""Instructional days in an instructional month."""


def collections(year: DistrictYear, truths: Truths) -> Iterator[tuple[str, pl.DataFrame]]:
    """Yield district, school, calendar, student, student_status and enrollment."""
    yield "district", _district(year)
    yield "school", _schools(year)
    yield "calendar", _calendar(year)
    yield (
        "student",
        year.students.select(
            "student_id", "last_name", "first_name", "birth_date", "sex", "hispanic_latino_ethnicity", "races"
        ),
    )
    yield (
        "student_status",
        year.statuses.select(
            year.student_ids.gather(year.statuses["student"]),
            "status",
            "begin_date",
            "end_date",
            "primary_disability",
        ),
    )
    yield (
        "enrollment",
        year.enrollments.select(
            year.student_ids.gather(year.enrollments["student"]),
            year.school_ids.gather(year.enrollments["school"]),
            "grade",
            "entry_date",
            "exit_date",
            "entry_code",
            "exit_code",
            is_primary_school="is_primary",
            accountable_school_id="accountable_school_id",
            exit_type="exit_type",
        ),
    )


def _district(year: DistrictYear) -> pl.DataFrame:
    return pl.DataFrame(
        {
            "district_id": [year.district_id],
            "district_name": [year.district_name],
            "district_type": [year.district_type],
            "information_system_vendor": [year.vendor],
        }
    )


def _schools(year: DistrictYear) -> pl.DataFrame:
    return year.schools.select(
        "school_id",
        "school_name",
        "school_level",
        "lowest_grade",
        "highest_grade",
        title_i_status="is_title_one",
        charter_status="is_charter",
        operational_status=pl.lit("open"),
    )


def _calendar(year: DistrictYear) -> pl.DataFrame:
    """Give each weekday from the first to the last day of instruction; a Wednesday in four is short."""
    early = uniforms(year.seed, "short wednesdays", year.schools["number"].to_numpy()) < 0.25
    parts = []
    for row, days in enumerate(year.days):
        span = np.arange(days[0], days[-1] + 1)
        span = span[np.is_busday(span)]
        taught = np.isin(span, days)
        wednesday = (span.astype(np.int64) - 6) % 7 == 0
        minutes = np.where(taught, _MINUTES[year.schools["school_level"][row]], 0)
        minutes = np.where(taught & wednesday & early[row], minutes - 60, minutes)
        month = 1 + np.maximum(np.cumsum(taught) - 1, 0) // MONTH
        parts.append((np.full(len(span), row), span, taught, month, minutes))
    school, date, taught, month, minutes = (np.concatenate(part) for part in zip(*parts, strict=True))
    return pl.DataFrame(
        {
            "school_id": year.school_ids.gather(school),
            "calendar_date": pl.Series(date.astype(np.int32)).cast(pl.Date),
            "is_instructional": taught,
            "instructional_month": month,
            "instructional_minutes": minutes,
        }
    )


def _calendar_sent_early(state: State, _setting: dict) -> Planted | None:
    """Choose the district that sends next year's calendar with no student, long before the year begins."""
    after = state.school_years[-1] + 1
    district = state.districts.filter(pl.col("schools") > 1).sort("schools", "number")
    if not district.height:
        return None
    return Planted(
        truth="calendar_of_next_year_sent_early",
        says="The district sends the calendar of a year that has not begun. No value of an earlier year may change.",
        school_years=(after,),
        districts=(district["district_id"][0],),
    )


PLANS = {"calendar_of_next_year_sent_early": _calendar_sent_early}
