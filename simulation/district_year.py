"""What is true of one district in one school year: the frames that every collection of the district is made from."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import polars as pl

from simulation import people
from simulation.calendars import first_of_july
from simulation.columns import dates, where, words
from simulation.places import NINE, PLACES, RACES
from simulation.randomness import draws
from simulation.state import EXITS, State

_EXIT_CODES = pl.Series([f"W{code[-2:]}" if code else None for code in EXITS])
_EXIT_TYPES = pl.Series([code or None for code in EXITS])
_ENTRY_CODES = pl.Series(["E1", "E2", "E3", "E4", "R1"])
"""Stayed on; from elsewhere in the state; from outside in the fall; from outside during the year; came back."""

LEAVES_FIRST_DAY_BLANK = "Tallyhouse"
"""The system of this vendor gives no entry date for students who have stayed on, as the standard allows."""


@dataclass(frozen=True)
class DistrictYear:
    """One district in one school year.

    `schools`: one row per school, in the order in which `school` columns of the other frames point to rows (0, 1, …).
      number (Int32, of the school in the state, the key of its own random numbers), school_id, school_name,
      school_level, lowest_place and highest_place (Int8), lowest_grade, highest_grade, is_charter, is_title_one,
      hardship (Float32, the mean of its neighborhoods, standard normal over the state), students (Int32, in the fall).
    `days`: for each school the instructional days of the year as datetime64[D], in order.
    `students`: one row per student of the district in the year; `student` columns point to rows of this frame.
      number (Int64, of the student in the state, the key of `uniforms` and `normals`), student_id, place (Int8, of the
      grade: 0 PK, 1 KG, 2 grade 1, … 13 grade 12), grade (its code), last_place (Int8 of the year before, -1 where not
      in the state), first_year (Int16, the student's first school year in the state), kindergarten (Int16, the school
      year in which the student was or would have been in kindergarten), race (AI AS AA HI PI WH MR), sex,
      birth_date, hardship (Float32, of the family, standard normal), school (Int32, the primary school, the last of
      the year), fall_school (Int32, the first of the year), entry and exit (Date, first and last day in the district
      in the year, both always filled), is_here_at_end, days_enrolled (Int16, instructional days in primary schools),
      and one Boolean for each status held on any day in the district: economic_disadvantage, english_learner,
      disability, gifted, section_504, homeless, foster, migrant, military, former_english_learner,
      recently_arrived_english_learner. Sorted by number.
    `statuses`: student, status, begin_date (Date, may be null), end_date (Date, may be null), primary_disability.
    `enrollments`: student, school (both Int32), first_day, last_day (Date, always filled), first_position (Int16, the
      first day is `days[school][first_position]`), days (Int16, instructional days of the spell), is_primary (Boolean),
      is_no_show, entry_date, exit_date (Date, as the district reports them: null exit = still enrolled), grade,
      entry_code, exit_code, exit_type, accountable_school_id. By student, then by first day.
    `cohort`: the members of graduation cohorts that the district answers for: number, student_id, race, hardship,
      school, cohort_year, first_year, first_nine, exit_type (null: still enrolled), exit_year, exit_date.
    """

    seed: int
    school_year: int
    district: int
    district_id: str
    district_name: str
    district_type: str
    vendor: str
    city: str
    schools: pl.DataFrame
    days: tuple[np.ndarray, ...]
    students: pl.DataFrame
    statuses: pl.DataFrame
    enrollments: pl.DataFrame
    cohort: pl.DataFrame

    @cached_property
    def student_ids(self) -> pl.Series:
        """The numbers as districts write them, to be gathered by row."""
        return self.students["student_id"]

    @cached_property
    def school_ids(self) -> pl.Series:
        """The numbers of the schools as districts write them, to be gathered by row."""
        return self.schools["school_id"]

    @cached_property
    def day_table(self) -> np.ndarray:
        """`days` as numbers of days from 1970, school by position; beyond the last day of a school its last."""
        table = np.zeros((len(self.days), max(len(days) for days in self.days)), np.int32)
        for row, days in enumerate(self.days):
            table[row, : len(days)], table[row, len(days) :] = days.astype(np.int32), days[-1].astype(np.int32)
        return table

    def draws(self, purpose: str, *key: int | str) -> np.random.Generator:
        """Give the stream of random numbers of a purpose in this district and year."""
        return draws(self.seed, purpose, self.school_year, self.district, *key)


def district_year(state: State, school_year: int, district: int) -> DistrictYear:
    """Gather what is true of a district in a school year."""
    facts = state.districts.row(district, named=True)
    schools = schools_of(state, district)
    rows = state.rows_of(school_year, district)
    here = _Here(state, school_year, district, rows, schools)
    enrollments = here.enrollments(facts["vendor"])
    students = here.students(enrollments)
    statuses, held = _statuses(state, school_year, students)
    fall = np.bincount(students["fall_school"], minlength=schools.height).astype(np.int32)
    return DistrictYear(
        seed=state.seed,
        school_year=school_year,
        district=district,
        district_id=facts["district_id"],
        district_name=facts["district_name"],
        district_type=facts["district_type"],
        vendor=facts["vendor"],
        city=facts["city"],
        schools=schools.with_columns(students=pl.Series(fall)),
        days=days_of(state, school_year, schools),
        students=students.with_columns(held),
        statuses=statuses,
        enrollments=enrollments.drop("first_offset", "last_offset"),
        cohort=_cohort(state, school_year, district, schools),
    )


def schools_of(state: State, district: int) -> pl.DataFrame:
    """Give the schools of a district as a district year has them, but for the students."""
    return state.schools.filter(pl.col("district") == district).drop("district", "within")


def days_of(state: State, school_year: int, schools: pl.DataFrame) -> tuple[np.ndarray, ...]:
    """Give the instructional days of schools in a year."""
    calendars, start = state.calendars[school_year], first_of_july(school_year)
    of_school = calendars.of_school[schools["number"].to_numpy()]
    return tuple(start + calendars.days[calendar, : calendars.count[calendar]].astype(int) for calendar in of_school)


class _Here:
    """The rows of the roll that touch one district, taken apart into spells in the district."""

    def __init__(self, state: State, year: int, district: int, rows: np.ndarray, schools: pl.DataFrame) -> None:
        self.state, self.year, self.rows, self.calendars = state, year, rows, state.calendars[year]
        self.roll, self.first_school = state.rolls[year], int(schools["number"][0])
        self.count = schools.height
        self.number = np.asarray(self.roll.number[rows])
        self.place = np.asarray(self.roll.place[rows])
        self.draw = draws(state.seed, "enrollments", year, district)

    def _is_here(self, school: np.ndarray) -> np.ndarray:
        return (school >= self.first_school) & (school < self.first_school + self.count)

    def enrollments(self, vendor: str) -> pl.DataFrame:
        """Give the spells in the district: first ones, second ones, and those at a second school beside them."""
        roll, rows, calendars = self.roll, self.rows, self.calendars
        school, second = np.asarray(roll.school[rows]), np.asarray(roll.second_school[rows])
        last_place = np.asarray(roll.last_place[rows])
        exit_of_first = np.asarray(roll.exit[rows])
        one, two = np.flatnonzero(self._is_here(school)), np.flatnonzero(self._is_here(second))
        came_back = second[two] == school[two]
        entry = np.where(roll.arrives[rows[one]], 3, np.where(last_place[one] >= 0, 0, 2))
        also = self._beside(school, second, exit_of_first)
        other = self._other_school(school[also], self.place[also])
        also, other = also[other >= 0], other[other >= 0]
        student = np.concatenate([one, two, also])
        at = np.concatenate([school[one], second[two], other])
        first = np.concatenate([roll.first[rows[one]], roll.second_first[rows[two]], calendars.first(other)])
        last = np.concatenate([roll.last[rows[one]], roll.second_last[rows[two]], calendars.last(other)])
        exits = np.concatenate([exit_of_first[one], np.zeros(len(two) + len(also), np.int8)])
        entries = np.concatenate([entry, np.where(came_back, 4, 1), np.zeros(len(also), np.int64)])
        is_primary = np.arange(len(student)) < len(one) + len(two)
        no_show = np.concatenate([roll.is_no_show[rows[one]], np.zeros(len(two) + len(also), bool)])
        order = np.lexsort((~is_primary, first, student))
        student, at, first, last = student[order], at[order], first[order], last[order]
        exits, entries = exits[order], entries[order]
        reported = (first > calendars.first(at)) | (entries > 0) | (vendor != LEAVES_FIRST_DAY_BLANK)
        july = int(people.july(self.year))
        return pl.DataFrame(
            {
                "student": student.astype(np.int32),
                "school": (at - self.first_school).astype(np.int32),
                "first_day": dates(july + first),
                "last_day": dates(july + last),
                "first_position": calendars.position[calendars.of_school[at], first].astype(np.int16),
                "days": calendars.days_between(at, first, last).astype(np.int16),
                "is_primary": is_primary[order],
                "is_no_show": no_show[order],
                "entry_date": dates(july + first, reported),
                "exit_date": dates(july + last, exits > 0),
                "grade": words(PLACES, self.place[student]),
                "entry_code": _ENTRY_CODES.gather(entries),
                "exit_code": _EXIT_CODES.gather(exits),
                "exit_type": _EXIT_TYPES.gather(exits),
                "accountable_school_id": self._accountable(at, student),
                "first_offset": first.astype(np.int16),
                "last_offset": last.astype(np.int16),
            }
        )

    def _beside(self, school: np.ndarray, second: np.ndarray, exits: np.ndarray) -> np.ndarray:
        """Choose the students who also take courses at a second high school of the district, all year long."""
        full_year = (second < 0) & (exits == 0) & ~np.asarray(self.roll.arrives[self.rows])
        may = self._is_here(school) & full_year & (self.place >= NINE)
        return np.flatnonzero(may & (self.draw.random(len(school)) < 0.008))

    def _other_school(self, school: np.ndarray, place: np.ndarray) -> np.ndarray:
        """Find another school of the district with the grade, -1 where there is none."""
        lowest, highest = (self.state.schools[name].to_numpy() for name in ("lowest_place", "highest_place"))
        numbers = np.arange(self.first_school, self.first_school + self.count)
        high = numbers[(lowest[numbers] <= NINE) & (highest[numbers] > NINE + 2)]
        if len(high) < 2:
            return np.full(len(school), -1)
        found = high[self.draw.integers(len(high), size=len(school))]
        return np.where((found != school) & (highest[found] >= place), found, -1)

    def _accountable(self, school: np.ndarray, student: np.ndarray) -> pl.Series:
        """Name the home school that answers for a few students of charter high schools."""
        is_charter = self.state.schools["is_charter"].to_numpy()[school]
        answers = np.flatnonzero(is_charter & (self.draw.random(len(school)) < 0.02) & (self.place[student] >= NINE))
        other = self._other_school(school[answers], self.place[student[answers]])
        ids = np.full(len(school), -1)
        ids[answers] = other
        return where(self.state.schools["school_id"].gather(np.maximum(ids, 0)), ids >= 0)

    def students(self, enrollments: pl.DataFrame) -> pl.DataFrame:
        """Give the students of the district with what does not change, and where the year took them."""
        state, numbers = self.state, self.number
        primary = enrollments.filter("is_primary")
        student = primary["student"].to_numpy()
        lowest = np.searchsorted(student, np.arange(len(numbers)))
        highest = np.searchsorted(student, np.arange(len(numbers)), side="right") - 1
        school = primary["school"].to_numpy()
        last = primary["last_offset"].to_numpy()[highest]
        hispanic, races = people.selections(state.seed, numbers, state.students.race[numbers])
        last_name, first_name = people.names(state.seed, numbers)
        days = np.bincount(student, weights=primary["days"].to_numpy(), minlength=len(numbers))
        end = self.calendars.last(school[highest] + self.first_school)
        return pl.DataFrame(
            {
                "number": numbers.astype(np.int64),
                "student_id": people.student_ids(state.seed, numbers),
                "last_name": last_name,
                "first_name": first_name,
                "birth_date": dates(people.birth_dates(state, numbers)),
                "sex": people.sexes(state.seed, numbers),
                "hispanic_latino_ethnicity": hispanic,
                "races": races,
                "race": words(RACES, state.students.race[numbers]),
                "place": self.place,
                "grade": words(PLACES, self.place),
                "last_place": np.asarray(self.roll.last_place[self.rows]),
                "first_year": state.students.first_year[numbers],
                "kindergarten": state.students.kindergarten[numbers],
                "hardship": state.students.hardship[numbers],
                "school": school[highest],
                "fall_school": school[lowest],
                "entry": primary["first_day"].gather(lowest),
                "exit": primary["last_day"].gather(highest),
                "is_here_at_end": last == end,
                "days_enrolled": days.astype(np.int16),
            }
        )


def _statuses(state: State, school_year: int, students: pl.DataFrame) -> tuple[pl.DataFrame, list[pl.Series]]:
    """Give the spells of statuses held in the district, and for each status who held it on any day."""
    numbers = students["number"].to_numpy()
    entry = students["entry"].to_physical().to_numpy()
    leaves = students["exit"].to_physical().to_numpy()
    first = int(people.july(school_year))
    frames, held = [], {status: np.zeros(len(numbers), bool) for status in people.STATUSES}
    for spell in people.statuses(state, school_year, numbers):
        begin = np.where(
            (spell.begin == first) & (entry[spell.row] > first + 75) & (spell.status != "military"),
            entry[spell.row],
            spell.begin,
        )
        here = (begin <= leaves[spell.row]) & (spell.end >= entry[spell.row])
        row, begin, end = spell.row[here], begin[here], spell.end[here]
        held[spell.status][row] = True
        frames.append(
            pl.DataFrame(
                {
                    "student": row.astype(np.int32),
                    "status": pl.repeat(spell.status, len(row), eager=True),
                    "begin_date": dates(begin, begin > first)
                    if spell.status in ("economic_disadvantage", "homeless", "migrant", "military", "foster")
                    else dates(begin),
                    "end_date": dates(end, end < people.OPEN),
                    "primary_disability": pl.Series(spell.category[here], dtype=pl.String)
                    if spell.category is not None
                    else pl.repeat(None, len(row), dtype=pl.String, eager=True),
                }
            )
        )
    spells = pl.concat(frames).sort("student", "status", "begin_date", maintain_order=True)
    return spells, [pl.Series(status, values) for status, values in held.items()]


def _cohort(state: State, school_year: int, district: int, schools: pl.DataFrame) -> pl.DataFrame:
    cohort, students = state.cohorts[school_year], state.students
    rows = slice(cohort.starts[district], cohort.starts[district + 1])
    numbers, exits = np.asarray(cohort.number[rows]), np.asarray(cohort.exit[rows])
    when = people.july(cohort.exit_year[rows]) + cohort.exit_day[rows]
    return pl.DataFrame(
        {
            "number": numbers.astype(np.int64),
            "student_id": people.student_ids(state.seed, numbers),
            "race": words(RACES, students.race[numbers]),
            "hardship": students.hardship[numbers],
            "school": cohort.school[rows] - int(schools["number"][0]),
            "cohort_year": cohort.cohort_year[rows],
            "first_year": students.first_year[numbers],
            "first_nine": students.first_nine[numbers],
            "exit_type": _EXIT_TYPES.gather(exits),
            "exit_year": cohort.exit_year[rows],
            "exit_date": dates(when, exits > 0),
        }
    )
