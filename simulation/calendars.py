"""The instructional days of every school: about 180, begun and broken off at different times in every district.

A day is told by its offset from the first of July with which the school year begins.
"""

from dataclasses import dataclass

import numpy as np
import polars as pl

from simulation.randomness import draws

YEAR_LENGTH, MOST_DAYS = 366, 192
USUAL_DAYS = 180


@dataclass(frozen=True)
class Calendars:
    """The calendars of one school year: `days[c, i]` is the offset of day i of calendar c, beyond its `count` the last.

    `position[c, offset]` is how many instructional days lie before the offset, `of_school` the calendar of each school.
    """

    days: np.ndarray
    count: np.ndarray
    position: np.ndarray
    of_school: np.ndarray

    def first(self, school: np.ndarray) -> np.ndarray:
        """Give the offset of the first day of each school."""
        return self.days[self.of_school[school], 0]

    def last(self, school: np.ndarray) -> np.ndarray:
        """Give the offset of the last day of each school."""
        return self.days[self.of_school[school], -1]

    def day(self, school: np.ndarray, position: np.ndarray) -> np.ndarray:
        """Give the offset of an instructional day of each school, by its position from 0."""
        return self.days[self.of_school[school], position]

    def days_between(self, school: np.ndarray, first: np.ndarray, last: np.ndarray) -> np.ndarray:
        """Count the instructional days of each school from one offset to another, both included."""
        calendar = self.of_school[school]
        return self.position[calendar, last + 1] - self.position[calendar, first]


def first_of_july(school_year: int) -> np.datetime64:
    """Give the day from which offsets count."""
    return np.datetime64(f"{school_year - 1}-07-01")


def calendars(seed: int, school_year: int, districts: pl.DataFrame, schools: pl.DataFrame) -> Calendars:
    """Make a calendar for each district, and one more where it has charter schools, which keep their own."""
    charters = schools["is_charter"].to_numpy()
    own = np.bincount(schools["district"].to_numpy(), weights=charters, minlength=districts.height) > 0
    of_district = np.arange(districts.height)
    of_charters = np.where(own, districts.height + np.cumsum(own) - 1, of_district)
    makers = [(district, "district") for district in of_district] + [(d, "charter") for d in np.flatnonzero(own)]
    days = np.empty((len(makers), MOST_DAYS), dtype=np.int16)
    count = np.empty(len(makers), dtype=np.int16)
    start = first_of_july(school_year)
    holidays = _holidays(school_year)
    for row, (district, kind) in enumerate(makers):
        taught = _taught(seed, school_year, start, holidays, int(district), kind)
        count[row] = len(taught)
        days[row, : len(taught)], days[row, len(taught) :] = taught, taught[-1]
    taught_on = np.zeros((len(makers), YEAR_LENGTH + 2), dtype=np.uint8)
    taught_on[np.arange(len(makers))[:, None], days + 1] = 1
    position = np.cumsum(taught_on, axis=1, dtype=np.int16)
    district_of = schools["district"].to_numpy()
    return Calendars(days, count, position, np.where(charters, of_charters[district_of], of_district[district_of]))


def _taught(
    seed: int, school_year: int, start: np.datetime64, holidays: dict[str, np.ndarray], district: int, kind: str
) -> np.ndarray:
    """Lay out one calendar; what a district always does comes from the district, what happens from the year."""
    habit, year = draws(seed, "calendar habits", district, kind), draws(seed, "calendar", district, kind, school_year)
    open_on = np.is_busday(start + np.arange(365))
    opens = int(np.clip(habit.normal(48, 8), 36, 62)) + int(year.integers(-1, 2))
    open_on[:opens] = False
    closed = [holidays["always"]]
    closed.append(holidays["thanksgiving week"] if habit.random() < 0.5 else holidays["thanksgiving"])
    closed.append(holidays["october"] if habit.random() < 0.4 else holidays["none"])
    closed.append(holidays["february week"] if habit.random() < 0.25 else holidays["february"])
    closed.append(holidays["spring break"] + 7 * int(habit.integers(0, 5)))
    open_on[np.concatenate(closed)] = False
    for chance, most in ((habit, 4), (year, 4)):  # days for staff, days of snow and smoke
        open_on[chance.choice(np.arange(90, 300), size=int(chance.integers(0, most)), replace=False)] = False
    wanted = USUAL_DAYS + int(habit.choice([-4, -2, 0, 0, 0, 0, 0, 0, 1, 3]))
    return np.flatnonzero(open_on)[:wanted].astype(np.int16)


def _holidays(school_year: int) -> dict[str, np.ndarray]:
    """Give the offsets of holidays and breaks of a school year."""
    start = first_of_july(school_year)

    def weekday(month: str, day: str, which: int) -> np.datetime64:
        return (
            np.busday_offset(month, which, roll="forward", weekmask=day)
            if which >= 0
            else np.busday_offset(np.datetime64(month) + 1, which, roll="forward", weekmask=day)
        )

    def offsets(day: np.datetime64 | str, length: int = 1) -> np.ndarray:
        return (np.datetime64(day, "D") - start).astype(int) + np.arange(length)

    fall, spring = school_year - 1, school_year
    thanksgiving = weekday(f"{fall}-11", "Thu", 3)
    winter = np.busday_offset(f"{fall}-12-20", 0, roll="forward", weekmask="Mon")
    presidents = weekday(f"{spring}-02", "Mon", 2)
    return {
        "always": np.concatenate(
            [
                offsets(weekday(f"{fall}-09", "Mon", 0)),
                offsets(f"{fall}-11-11"),
                offsets(winter, 14),
                offsets(weekday(f"{spring}-01", "Mon", 2)),
                offsets(weekday(f"{spring}-05", "Mon", -1)),
                offsets(f"{spring}-06-19"),
            ]
        ),
        "thanksgiving": offsets(thanksgiving, 2),
        "thanksgiving week": offsets(thanksgiving - 3, 5),
        "october": offsets(weekday(f"{fall}-10", "Mon", 1)),
        "none": np.array([], dtype=int),
        "february": offsets(presidents),
        "february week": offsets(presidents, 5),
        "spring break": offsets(np.busday_offset(f"{spring}-03-08", 0, roll="forward", weekmask="Mon"), 5),
    }
