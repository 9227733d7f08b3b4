"""Who is in which school from which instructional day to which: what everything that happens at school hangs on.

The year of every school has 180 days here (`DAYS`, the first is 0), so that what follows is arithmetic and a student is
in one place at a time, whatever the calendars. Only dates are looked up in the calendar of the school.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import polars as pl

from simulation.district_year import DistrictYear

DAYS = 180


@dataclass(frozen=True)
class Stays:
    """Stays of students in their primary schools: `student` and `school` are rows of the district year.

    `grade` is 0 in kindergarten, `first` and `last` are days, `number` is the student's. Sorted by school, student and
    first day.
    """

    year: DistrictYear
    student: np.ndarray
    school: np.ndarray
    grade: np.ndarray
    first: np.ndarray
    last: np.ndarray
    number: np.ndarray

    def __len__(self) -> int:
        return len(self.student)

    def of(self, rows: np.ndarray | slice) -> "Stays":
        """Take some of the stays."""
        columns = ("student", "school", "grade", "first", "last", "number")
        return Stays(self.year, *(getattr(self, column)[rows] for column in columns))

    @cached_property
    def seat(self) -> np.ndarray:
        """Number the pairs of school and student: a student who comes back to a school has the same seat."""
        starts = np.r_[True, (np.diff(self.student) != 0) | (np.diff(self.school) != 0)] if len(self) else []
        return np.cumsum(starts).astype(np.int64) - 1

    def time(self, day: np.ndarray | float) -> np.ndarray:
        """Give the time of a day: a school year and its part."""
        return np.float32(self.year.school_year - 1) + np.asarray(day, dtype=np.float32) / np.float32(DAYS)

    def during(self, day: np.ndarray) -> np.ndarray:
        """Say where a day lies in the stay."""
        return (day >= self.first) & (day <= self.last)


class Calendar:
    """Gives dates from days in the calendars of the schools of a district."""

    def __init__(self, year: DistrictYear) -> None:
        lengths = np.array([len(days) for days in year.days])
        self._begins, self._lasts = np.r_[0, np.cumsum(lengths)[:-1]], lengths - 1
        self._days = np.concatenate(year.days).astype("datetime64[D]")

    def dates(self, school: np.ndarray, day: np.ndarray) -> pl.Series:
        """Give the dates of days, each in the calendar of its school."""
        return pl.Series(self._days[self._begins[school] + _taught(day, self._lasts[school])], dtype=pl.Date)


def _taught(day: np.ndarray, last: np.ndarray) -> np.ndarray:
    """Find the instructional day that a day falls on, where the last of them is known: first to first, last to last."""
    return (day * last + DAYS // 2) // (DAYS - 1)


def _from(taught: np.ndarray, last: np.ndarray) -> np.ndarray:
    """Find the first day that falls on an instructional day or a later one."""
    return -((DAYS // 2 - (DAYS - 1) * taught) // np.maximum(last, 1))


def stays(year: DistrictYear) -> Stays:
    """Find the stays of the students of a district from kindergarten on: enrollments that hold a day."""
    spells = (
        year.enrollments.filter(pl.col("is_primary") & ~pl.col("is_no_show"))
        .select("student", "school", "first_day", "last_day")
        .sort("school", "student", "first_day")
    )
    school = spells["school"].to_numpy()
    first_day, last_day = (spells[name].to_numpy().astype("datetime64[D]") for name in ("first_day", "last_day"))
    first, last = np.zeros((2, len(spells)), dtype=np.int32)
    bounds = np.searchsorted(school, np.arange(len(year.days) + 1))
    for row, days in enumerate(year.days):
        of_school = slice(bounds[row], bounds[row + 1])
        end = np.array(len(days) - 1)
        first[of_school] = _from(np.searchsorted(days, first_day[of_school], side="left"), end)
        last[of_school] = _from(np.searchsorted(days, last_day[of_school], side="right"), end) - 1
    last = np.minimum(last, DAYS - 1)
    student = spells["student"].to_numpy()
    order = np.lexsort((first, student))
    again = np.diff(student[order], prepend=-1) == 0
    first[order[1:]] = np.where(again[1:], np.maximum(first[order[1:]], last[order[:-1]] + 1), first[order[1:]])
    grade = (year.students["place"].to_numpy()[student] - 1).astype(np.int8)
    numbers = year.students["number"].to_numpy()[student]
    every = Stays(year, student, school, grade, first, last, numbers)
    return every.of(np.flatnonzero((first <= last) & (grade >= 0)))
