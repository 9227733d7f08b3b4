"""The collections that say which schools there are, when they teach, and who is in them."""

from collections.abc import Iterator

import numpy as np
import polars as pl

from simulation.columns import dates
from simulation.district_year import DistrictYear, days_of, schools_of
from simulation.planting import Planted, Truths
from simulation.randomness import uniforms
from simulation.state import State

_MINUTES = {"elementary": 330, "middle": 345, "high": 360, "other": 340}
MONTH = 20
"""Instructional days in an instructional month."""


def collections(year: DistrictYear, truths: Truths) -> Iterator[tuple[str, pl.DataFrame]]:
    """Yield district, school, calendar, student, student_status and enrollment."""
    yield "district", _district(year.district_id, year.district_name, year.district_type, year.vendor, year.city)
    yield "school", _schools(year.schools, year.city)
    yield "calendar", _calendar(year.seed, year.schools, year.days)
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


def sent_early(state: State, school_year: int, district: int) -> Iterator[tuple[str, pl.DataFrame]]:
    """Yield what a district sends that has loaded its calendar, and no student, before the year begins."""
    schools = schools_of(state, district)
    facts = state.districts.row(district, named=True)
    own = ("district_id", "district_name", "district_type", "vendor", "city")
    yield "district", _district(*(facts[name] for name in own))
    yield "school", _schools(schools, facts["city"])
    yield "calendar", _calendar(state.seed, schools, days_of(state, school_year, schools))


def _district(district_id: str, name: str, kind: str, vendor: str, city: str) -> pl.DataFrame:
    return pl.DataFrame(
        {
            "district_id": [district_id],
            "district_name": [name],
            "district_type": [kind],
            "information_system_vendor": [vendor],
            "city": [city],
        }
    )


def _schools(schools: pl.DataFrame, city: str) -> pl.DataFrame:
    return schools.select(
        "school_id",
        "school_name",
        "school_level",
        "lowest_grade",
        "highest_grade",
        title_i_status="is_title_one",
        charter_status="is_charter",
        operational_status=pl.lit("open"),
        city=pl.lit(city),
    )


def _calendar(seed: int, schools: pl.DataFrame, days_of_schools: tuple[np.ndarray, ...]) -> pl.DataFrame:
    """Give each weekday from the first to the last day of instruction; in some schools Wednesdays are short."""
    early = uniforms(seed, "short wednesdays", schools["number"].to_numpy()) < 0.25
    parts = []
    for row, days in enumerate(days_of_schools):
        span = np.arange(days[0], days[-1] + 1)
        span = span[np.is_busday(span)]
        taught = np.isin(span, days)
        wednesday = (span.astype(np.int64) - 6) % 7 == 0
        minutes = np.where(taught, _MINUTES[schools["school_level"][row]], 0)
        minutes = np.where(taught & wednesday & early[row], minutes - 60, minutes)
        month = 1 + np.maximum(np.cumsum(taught) - 1, 0) // MONTH
        parts.append((np.full(len(span), row), span, taught, month, minutes))
    school, date, taught, month, minutes = (np.concatenate(part) for part in zip(*parts, strict=True))
    return pl.DataFrame(
        {
            "school_id": schools["school_id"].gather(school),
            "calendar_date": dates(date),
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
