"""Who is in which school from which instructional day to which: what everything that happens at school hangs on.

Days are places in the calendar of the school (0 is its first instructional day), so that what follows is arithmetic.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import polars as pl

from simulation.district_year import DistrictYear


@dataclass(frozen=True)
class Stays:
    """Stays of students in their primary schools: `student` and `school` are rows of the district year.

    `grade` is 0 in kindergarten; `first` and `last` are days in the calendar of the school, which has
    `length` days; `number` is the student's. Sorted by school, student and first day.
    """

    year: DistrictYear
    student: np.ndarray
    school: np.ndarray
    grade: np.ndarray
    first: np.ndarray
    last: np.ndarray
    length: np.ndarray
    number: np.ndarray

    def __len__(self) -> int:
        return len(self.student)

    def of(self, rows: np.ndarray | slice) -> "Stays":
        """Take some of the stays."""
        columns = ("student", "school", "grade", "first", "last", "length", "number")
        return Stays(self.year, *(getattr(self, column)[rows] for column in columns))

    @cached_property
    def seat(self) -> np.ndarray:
        """Number the pairs of school and student: a student who comes back to a school has the same seat."""
        starts = np.r_[True, (np.diff(self.student) != 0) | (np.diff(self.school) != 0)] if len(self) else []
        return np.cumsum(starts).astype(np.int64) - 1

    def time(self, day: np.ndarray | float) -> np.ndarray:
        """Give the time of a day in the calendar of each stay's school: a school year and its part."""
        return (self.year.school_year - 1 + day / self.length).astype(np.float32)

    def during(self, day: np.ndarray) -> np.ndarray:
        """Say where a day lies in the stay."""
        return (day >= self.first) & (day <= self.last)


class Calendar:
    """Gives dates from days in the calendars of the schools of a district."""

    def __init__(self, year: DistrictYear) -> None:
        lengths = np.array([len(days) for days in year.days])
        self._begins = np.r_[0, np.cumsum(lengths)[:-1]]
        self._days = np.concatenate(year.days).astype("datetime64[D]")

    def dates(self, school: np.ndarray, day: np.ndarray) -> pl.Series:
        """Give the dates of days, each in the calendar of its school."""
        return pl.Series(self._days[self._begins[school] + day], dtype=pl.Date)


def stays(year: DistrictYear) -> Stays:
    """Find the stays of the students of a district from kindergarten on: enrollments that hold an instructional day."""
    spells = (
        year.enrollments.filter(pl.col("is_primary") & ~pl.col("is_no_show"))
        .select("student", "school", "first_day", "last_day")
        .sort("school", "student", "first_day")
    )
    school = spells["school"].to_numpy()
    first_day, last_day = (spells[name].to_numpy().astype("datetime64[D]") for name in ("first_day", "last_day"))
    first, last, length = np.zeros((3, len(spells)), dtype=np.int32)
    bounds = np.searchsorted(school, np.arange(len(year.days) + 1))
    for row, days in enumerate(year.days):
        of_school = slice(bounds[row], bounds[row + 1])
        first[of_school] = np.searchsorted(days, first_day[of_school], side="left")
        last[of_school] = np.searchsorted(days, last_day[of_school], side="right") - 1
        length[of_school] = len(days)
    student = spells["student"].to_numpy()
    grade = (year.students["place"].to_numpy()[student] - 1).astype(np.int8)
    numbers = year.students["number"].to_numpy()[student]
    every = Stays(year, student, school, grade, first, last, length, numbers)
    return every.of(np.flatnonzero((first <= last) & (grade >= 0)))
