"""Absences day by day: most students miss a few days, some very many. Suspensions are absences as well."""

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import polars as pl

from simulation import discipline
from simulation.columns import dates, words
from simulation.district_year import DistrictYear
from simulation.groups import counts_by_school, counts_in_district
from simulation.places import KG, NINE, RACES
from simulation.planting import Planted, Truths
from simulation.randomness import normals, uniforms
from simulation.roster import MONTH
from simulation.state import State

SENDS_SUMMARIES = "District-built"
"""Districts with a system of their own send days expected and absent for each enrollment, the others each absence."""

TYPES = ("excused", "unexcused", "not_stated", "out_of_school_suspension")
EXCUSED, UNEXCUSED, NOT_STATED, SUSPENDED = range(4)
_BY_PLACE = np.array([0.35, 0.3, 0.1, 0.0, -0.08, -0.12, -0.1, -0.05, 0.02, 0.1, 0.3, 0.32, 0.38, 0.5])
_BY_RACE = np.array([0.38, -0.26, 0.14, 0.06, 0.42, -0.06, 0.0])
"""In the order of RACES, beside what hardship does."""

_LEVEL = -2.94
"""Chosen so that about a quarter of students miss a tenth of their days, as in the nation after 2022."""

_STEPS = 1024
_AT_ONCE = 120_000
_LONGEST_ILLNESS = 5


def collections(year: DistrictYear, truths: Truths) -> Iterator[tuple[str, pl.DataFrame]]:
    """Yield attendance, and what is really true of it."""
    spells = year.enrollments.filter("is_primary")
    taken = discipline.actions(year)
    exact = truths.in_district("students_exactly_at_thresholds", year.district_id, year.school_year)
    unsent = truths.in_district("school_month_without_attendance", year.district_id, year.school_year)
    rounded_up = truths.in_district("vendor_sends_half_days_as_whole", year.district_id, year.school_year)
    absent = np.zeros(spells.height)
    chances = _Chances(year)
    draw = year.draws("absences")
    suspensions = _suspensions(year, taken)
    for start in range(0, spells.height, _AT_ONCE):
        block = spells[start : start + _AT_ONCE]
        here = (suspensions[:, 0] >= start) & (suspensions[:, 0] < start + block.height)
        spell, position, kind, fraction = chances.days(block, suspensions[here] - [start, 0], draw)
        if exact:
            spell, position, kind, fraction = _set_exactly(year, exact, block, spell, position, kind, fraction)
        absent[start : start + block.height] = np.bincount(spell, fraction, block.height)
        if year.vendor != SENDS_SUMMARIES:
            school = block["school"].to_numpy()[spell]
            if unsent:
                row = year.school_ids.to_list().index(unsent.schools[0])
                kept = (school != row) | (position // MONTH + 1 != unsent.facts["instructional_month"])
                spell, position, kind, fraction, school = (
                    column[kept] for column in (spell, position, kind, fraction, school)
                )
            yield (
                "attendance",
                pl.DataFrame(
                    {
                        "student_id": year.student_ids.gather(block["student"].gather(spell)),
                        "school_id": year.school_ids.gather(school),
                        "attendance_date": dates(year.day_table[school, position]),
                        "fraction_absent": words(("1", "0.5"), (fraction < 1) & (rounded_up is None)),
                        "absence_type": words(TYPES, kind),
                    }
                ),
            )
    if year.vendor == SENDS_SUMMARIES:
        yield "attendance", _summaries(year, spells, absent)
    yield from _truth(year, spells, absent)
    if exact:
        yield "truth/students_exactly_at_thresholds", _who_is_exact(year, exact, spells, absent)


class _Chances:
    """How likely each student is to be absent, and on which days of the calendar absences fall."""

    def __init__(self, year: DistrictYear) -> None:
        self.year = year
        students, schools = year.students, year.schools
        number = students["number"].to_numpy()
        place = students["place"].to_numpy()
        logit = _LEVEL + _BY_PLACE[place] + 0.34 * students["hardship"].to_numpy()
        race = students["race"].replace_strict(RACES, range(len(RACES)), return_dtype=pl.Int8).to_numpy()
        logit += _BY_RACE[race] + 0.66 * normals(year.seed, "absence", number)
        logit += 0.38 * normals(year.seed, f"absence {year.school_year}", number)
        logit += 0.14 * students["disability"].to_numpy() + 0.55 * students["homeless"].to_numpy()
        self.student = logit
        self.school = 0.24 * normals(year.seed, "absence in school", schools["number"].to_numpy())
        self.school += 0.1 * normals(year.seed, f"absence in school {year.school_year}", schools["number"].to_numpy())
        self.before, self.day_at = self._seasons()

    def _seasons(self) -> tuple[np.ndarray, np.ndarray]:
        """Give the part of absences before each day of each school, and the day at each step of a table of that."""
        days = self.year.day_table
        weekday = (days - 4) % 7
        month = np.arange(days.shape[1]) / days.shape[1]
        weight = np.array([1.18, 0.95, 0.93, 0.98, 1.22, 1.0, 1.0])[weekday]
        weight = weight * (1 + 0.28 * np.sin((month - 0.32) * np.pi * 1.5))
        taught = np.arange(days.shape[1])[None, :] < np.array([len(one) for one in self.year.days])[:, None]
        sums = np.cumsum(weight * taught, axis=1)
        before = np.concatenate([np.zeros((len(days), 1)), sums], axis=1) / sums[:, -1:]
        steps = (np.arange(_STEPS) + 0.5) / _STEPS
        return before, np.array([np.searchsorted(row[1:], steps) for row in before], np.int16)

    def days(
        self, spells: pl.DataFrame, suspensions: np.ndarray, draw: np.random.Generator
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
        """Draw the absences of spells: spell, day in the calendar, kind, part of the day; sorted by the first two."""
        student, school = spells["student"].to_numpy(), spells["school"].to_numpy()
        first, length = spells["first_position"].to_numpy().astype(np.int64), spells["days"].to_numpy().astype(np.int64)
        chance = 1 / (1 + np.exp(-(self.student[student] + self.school[school])))
        chance = np.minimum(chance, 0.62)
        wanted = -np.log1p(-chance) * length / 1.42
        illnesses = np.where(spells["is_no_show"].to_numpy(), 0, draw.poisson(wanted))
        row = np.repeat(np.arange(len(student), dtype=np.int64), illnesses)
        low = self.before[school, first][row]
        high = self.before[school, first + length][row]
        step = ((low + draw.random(len(row), np.float32) * (high - low)) * _STEPS).astype(np.int64)
        day = self.day_at[school[row], np.minimum(step, _STEPS - 1)].astype(np.int64)
        more = np.minimum(draw.geometric(0.72, len(row)), _LONGEST_ILLNESS)
        days_of = np.repeat(np.arange(len(row)), more)
        within = np.arange(len(days_of)) - np.repeat(np.cumsum(more) - more, more)
        key = (row * 256 + np.maximum(day, first[row]))[days_of] + within
        key = key[(key & 255) < (first + length)[key >> 8]]
        missed = np.flatnonzero(spells["is_no_show"].to_numpy())
        key = np.concatenate([key, missed * 256 + first[missed]])
        key = np.unique(np.concatenate([key * 2 + 1, (suspensions[:, 0] * 256 + suspensions[:, 1]) * 2]))
        key = key[np.concatenate([[True], key[1:] >> 1 != key[:-1] >> 1])] if len(key) else key
        spell, position, suspended = key >> 9, (key >> 1) & 255, (key & 1) == 0
        luck = draw.random(len(key), np.float32)
        kind = np.where(luck < 0.57 - 0.1 * np.tanh(self.student[student] + 2.4)[spell], EXCUSED, UNEXCUSED)
        kind = np.where(luck > 0.985, NOT_STATED, kind)
        kind = np.where(suspended, SUSPENDED, kind)
        part = np.where((draw.random(len(key), np.float32) < 0.11) & ~suspended, 0.5, 1.0)
        part[spells["is_no_show"].to_numpy()[spell]] = 1.0
        return spell, position, kind, part


def _suspensions(year: DistrictYear, taken: pl.DataFrame) -> np.ndarray:
    """Give the days out of school of suspensions and expulsions: row among the primary spells, day in the calendar."""
    out = taken.filter(pl.col("action").is_in([discipline.OUT_OF_SCHOOL, discipline.EXPULSION]))
    row_of = np.cumsum(year.enrollments["is_primary"].to_numpy()) - 1
    days = out["days"].to_numpy()
    which = np.repeat(np.arange(out.height), days)
    within = np.arange(len(which)) - np.repeat(np.cumsum(days) - days, days)
    return np.stack([row_of[out["spell"].to_numpy()][which], out["begins"].to_numpy()[which] + within], axis=1)


def _summaries(year: DistrictYear, spells: pl.DataFrame, absent: np.ndarray) -> pl.DataFrame:
    return pl.DataFrame(
        {
            "student_id": year.student_ids.gather(spells["student"]),
            "school_id": year.school_ids.gather(spells["school"]),
            "entry_date": spells["entry_date"],
            "days_expected": spells["days"],
            "days_absent": absent,
        }
    )


def _truth(year: DistrictYear, spells: pl.DataFrame, absent: np.ndarray) -> Iterator[tuple[str, pl.DataFrame]]:
    """Yield what is true of students in each school and, their days put together, in the district."""
    days = spells.select("student", "school", "days", absent=pl.Series(absent))
    in_schools, in_district = (
        days.group_by(keys, maintain_order=True).agg(pl.col("days", "absent").sum())
        for keys in (["student", "school"], ["student"])
    )
    yield "truth/attendance", counts_by_school(year, in_schools["student"], in_schools["school"], _judged(in_schools))
    yield "truth/attendance_in_districts", counts_in_district(year, in_district["student"], _judged(in_district))


def _judged(seats: pl.DataFrame) -> dict[str, np.ndarray]:
    days, missed = seats["days"].to_numpy().astype(np.int64), seats["absent"].to_numpy()
    return {
        "students": np.ones(len(days), bool),
        "days_expected": days,
        "days_absent": missed,
        "students_of_ten_days": days >= 10,
        "chronically_absent_of_ten_days": (days >= 10) & (missed * 10 >= days),
    }


# ---- planted ----


def _set_exactly(
    year: DistrictYear, planted: Planted, block: pl.DataFrame, *columns: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Give the chosen students exactly a tenth of their days, or half a day less, in place of what was drawn."""
    spell, position, kind, part = columns
    rows, missed = _exact(year, planted, block)
    kept = ~np.isin(spell, rows)
    days = np.ceil(missed).astype(np.int64)
    row = np.repeat(rows, days)
    turn = np.arange(len(row)) - np.repeat(np.cumsum(days) - days, days)
    first = block["first_position"].to_numpy().astype(np.int64)
    step = block["days"].to_numpy().astype(np.int64)[row] // np.maximum(np.repeat(days, days), 1)
    is_half = (turn == 0) & np.repeat(missed < days, days)
    spell = np.concatenate([spell[kept], row])
    position = np.concatenate([position[kept], first[row] + turn * step])
    kind = np.concatenate([kind[kept], np.full(len(row), EXCUSED)])
    part = np.concatenate([part[kept], np.where(is_half, 0.5, 1.0)])
    order = np.lexsort((position, spell))
    return spell[order], position[order], kind[order], part[order]


def _exact(year: DistrictYear, planted: Planted, spells: pl.DataFrame) -> tuple[np.ndarray, np.ndarray]:
    """Choose spells of students who stay all year and are never suspended, and the days that they are to miss."""
    suspended = discipline.actions(year).select("spell")
    never = ~year.students.with_row_index("student")["student"].is_in(
        year.enrollments["student"].gather(suspended["spell"]).unique().implode()
    )
    number = year.students["number"].to_numpy()
    alone = np.bincount(year.enrollments["student"], minlength=year.students.height) == 1
    chance = uniforms(year.seed, f"exactly at a threshold {year.school_year}", number)
    may = alone & never.to_numpy() & year.students["is_here_at_end"].to_numpy()
    length = np.zeros(len(number), np.int64)
    all_spells = year.enrollments.filter("is_primary")
    length[all_spells["student"].to_numpy()] = all_spells["days"].to_numpy()
    may &= length % 10 == 0
    chosen = np.flatnonzero(may)[np.argsort(chance[may], kind="stable")[: planted.facts["students"]]]
    missed = np.where(np.arange(len(chosen)) % 2 == 0, length[chosen] / 10, length[chosen] / 10 - 0.5)
    row_of = np.full(len(number), -1)
    row_of[spells["student"].to_numpy()] = np.arange(spells.height)
    here = row_of[chosen] >= 0
    return row_of[chosen][here], missed[here]


def _who_is_exact(year: DistrictYear, planted: Planted, spells: pl.DataFrame, absent: np.ndarray) -> pl.DataFrame:
    rows, _ = _exact(year, planted, spells)
    return pl.DataFrame(
        {
            "school_year": np.full(len(rows), year.school_year),
            "district_id": pl.repeat(year.district_id, len(rows), eager=True),
            "school_id": year.school_ids.gather(spells["school"].gather(rows)),
            "student_id": year.student_ids.gather(spells["student"].gather(rows)),
            "days_expected": spells["days"].gather(rows),
            "days_absent": absent[rows],
            "is_chronically_absent": absent[rows] * 10 >= spells["days"].gather(rows).to_numpy(),
        }
    )


def _sound(state: State) -> pl.DataFrame:
    """Give the districts that send days as they are."""
    return state.districts.filter(~pl.col("vendor").is_in([SENDS_SUMMARIES, _erring_vendor(state) or ""]))


def _erring_vendor(state: State) -> str | None:
    """Choose the vendor with the fewest districts, two at least, so that most of the state is sound."""
    vendors = state.districts.filter(pl.col("vendor") != SENDS_SUMMARIES).group_by("vendor").len()
    shared = vendors.filter(pl.col("len") >= 2).sort("len", "vendor")
    return shared["vendor"][0] if shared.height and vendors.height > 1 else None


def _district_of_exact(state: State) -> int | None:
    """Choose the largest sound district with a calendar of whole tenths."""
    fall = np.diff(state.starts[state.school_years[-1]])
    count = state.calendars[state.school_years[-1]].count
    may = [number for number in _sound(state)["number"] if count[number] % 10 == 0]
    return max(may, key=lambda number: fall[number], default=None)


def _month_without_attendance(state: State, setting: Mapping[str, Any]) -> Planted | None:
    """Choose an elementary school, outside the district of those who are exactly at thresholds."""
    schools = state.schools.join(_sound(state).select("number", "district_id"), left_on="district", right_on="number")
    schools = schools.filter((pl.col("lowest_place") <= KG) & (pl.col("highest_place") < NINE)).sort("number")
    taken = _district_of_exact(state)
    schools = schools.filter(pl.col("district") != (-1 if taken is None else taken))
    if not schools.height:
        return None
    chosen = schools.row(schools.height // 3, named=True)
    month = setting["instructional_month"]
    return Planted(
        truth="school_month_without_attendance",
        says=f"No absence of instructional month {month} of the school was sent. It is not a month without absences.",
        school_years=(state.school_years[-1],),
        districts=(chosen["district_id"],),
        schools=(chosen["school_id"],),
        facts={"instructional_month": month},
    )


def _exactly_at_thresholds(state: State, setting: Mapping[str, Any]) -> Planted | None:
    district, last = _district_of_exact(state), state.school_years[-1]
    if district is None:
        return None
    fall = int(np.diff(state.starts[last])[district])
    return Planted(
        truth="students_exactly_at_thresholds",
        says="These students missed exactly a tenth of their days, every other one half a day less. The first are "
        "chronically absent, the others are not.",
        school_years=(last,),
        districts=(state.districts["district_id"][district],),
        facts={"students": min(int(setting["students"]), fall // 8)},
    )


def _half_days_as_whole(state: State, setting: Mapping[str, Any]) -> Planted | None:
    vendor = _erring_vendor(state)
    if vendor is None:
        return None
    return Planted(
        truth="vendor_sends_half_days_as_whole",
        says=f"The system of {vendor} writes half days of absence as whole days, in all of its districts.",
        districts=tuple(state.districts.filter(pl.col("vendor") == vendor)["district_id"]),
        facts={"vendor": vendor},
    )


PLANS = {
    "school_month_without_attendance": _month_without_attendance,
    "students_exactly_at_thresholds": _exactly_at_thresholds,
    "vendor_sends_half_days_as_whole": _half_days_as_whole,
}
