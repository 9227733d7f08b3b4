"""What the modules about learning share about one district in one year: trajectories, stays, calendar and truths.

No record is made here; the parts of `CONTENT` make them.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import polars as pl

from simulation.district_year import DistrictYear
from simulation.learning import Learners, learners, spread
from simulation.places import RACES
from simulation.planting import Planted, Truths
from simulation.randomness import normals, uniforms
from simulation.stays import DAYS, Calendar, Stays, stays

YES_NO = pl.Enum(["No", "Yes"])
ELEMENTARY_GRADES, SECONDARY_GRADE, HIGH_GRADE = 5, 6, 9
"""The last grade with one teacher for all subjects, and the first grades of middle and high school."""


@dataclass(frozen=True)
class Schooling:
    """One district in one year, as those who simulate learning see it."""

    year: DistrictYear
    truths: Truths
    stays: Stays
    learners: Learners
    calendar: Calendar

    @cached_property
    def school_numbers(self) -> np.ndarray:
        """The numbers of the schools in the state, the keys of what a school always does."""
        return self.year.schools["number"].to_numpy()

    @cached_property
    def races(self) -> np.ndarray:
        """The race group of each student, as the row of its code in RACES."""
        return self.year.students["race"].cast(pl.Enum(RACES)).to_physical().to_numpy()

    @cached_property
    def is_first_stay(self) -> np.ndarray:
        """Say which stays are the first of their students in the district."""
        order = np.lexsort((self.stays.time(self.stays.first), self.stays.student))
        first = np.zeros(len(order), dtype=bool)
        first[order[np.flatnonzero(np.diff(self.stays.student[order], prepend=-1))]] = True
        return first

    @cached_property
    def first_school(self) -> np.ndarray:
        """Give each student the first school in the district."""
        first = self.stays.of(self.is_first_stay)
        school = np.zeros(self.year.students.height, dtype=np.int64)
        school[first.student] = first.school
        return school

    def has(self, status: str) -> np.ndarray:
        """Say which students hold a program status on any day."""
        return self.year.students[status].to_numpy()

    def of_school(self, purpose: str) -> np.ndarray:
        """Give each school a number between 0 and 1 that it always has for a purpose."""
        return uniforms(self.year.seed, purpose, self.school_numbers)

    def this_year(self, purpose: str, numbers: np.ndarray) -> np.ndarray:
        """Give each number a value between 0 and 1 for this year."""
        return uniforms(self.year.seed, f"{purpose} {self.year.school_year}", numbers)

    def normal_this_year(self, purpose: str, numbers: np.ndarray) -> np.ndarray:
        """Give each number a value of a standard normal distribution for this year."""
        return normals(self.year.seed, f"{purpose} {self.year.school_year}", numbers)

    def planted(self, truth: str) -> Planted | None:
        """Give a truth if it is planted in this district in this year."""
        return self.truths.in_district(truth, self.year.district_id, self.year.school_year)

    def planted_schools(self, truth: str) -> np.ndarray:
        """Say in which schools a truth is planted this year: all of the district where the truth names none."""
        planted = self.planted(truth)
        if planted is None:
            return np.zeros(len(self.school_numbers), dtype=bool)
        if not planted.schools:
            return np.ones(len(self.school_numbers), dtype=bool)
        return self.year.school_ids.is_in(planted.schools).to_numpy()

    def standing(self, subject: int, stays: Stays, day: np.ndarray | float = 0) -> np.ndarray:
        """Give how far each student stands above the middle of the grade on a day, in standard deviations."""
        here = self.learners.of(stays.student)
        grade = stays.grade.astype(np.float32)
        expected = grade + day / DAYS
        return (here.levels(subject, stays.time(day)) - expected) / spread(grade)


def schooling(year: DistrictYear, truths: Truths) -> Schooling:
    """Look at a district in a year."""
    return Schooling(year, truths, stays(year), learners(year.seed, year.students), Calendar(year))


def yes_no(values: np.ndarray) -> pl.Series:
    """Write truth values as a district does."""
    return pl.Series(values.astype(np.uint8)).cat.to(YES_NO)


def coded(places: np.ndarray, codes: list[str] | tuple[str, ...]) -> pl.Series:
    """Write places in a list of codes as the codes."""
    return pl.Series(np.asarray(places).astype(np.uint8 if len(codes) < 256 else np.uint16)).cat.to(pl.Enum(codes))


def chosen(uniform: np.ndarray, shares: np.ndarray | list[float]) -> np.ndarray:
    """Turn numbers between 0 and 1 into places, each with its share."""
    return np.searchsorted(np.cumsum(shares)[:-1], uniform, side="right")
