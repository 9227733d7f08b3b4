"""The plan of the state: its places, its students, and where every student is in each school year.

All students at once, in small arrays; whatever fills more than a few bytes for a student is made district by district
elsewhere. Years before the first one written are lived through as well, so that cohorts have a past.
"""

from collections.abc import Iterator
from dataclasses import dataclass, fields
from pathlib import Path

import numpy as np
import polars as pl

from simulation.calendars import Calendars, calendars
from simulation.places import KG, NINE, PK, RACE_HARDSHIP, TWELVE, Paths, places
from simulation.randomness import draws, uniforms

YEARS_BEFORE = 5
"""Long enough for a cohort of the first year to have gone through six years of high school."""

STAYS, MOVES, LEAVES, RETURNS, NO_SHOW, DROPS_OUT, FINISHES, DIES = range(8)
"""What happens to a student during a school year."""

FALL = 45
"""The day, counted from the first of July, by which those who come in summer have come."""

EXITS = (
    "",
    "01907",
    "01908",
    "01909",
    "01911",
    "01916",
    "01918",
    "01917",
    "01921",
    "01922",
    "01923",
    "01926",
    "01927",
    "01928",
    "01931",
    "01930",
)
"""How a spell ends, by its place here: codes of the set exit_types, blank where the student stays on."""

_EXIT = {code: number for number, code in enumerate(EXITS)}
_MOVED_AWAY = ("01909", "01911", "01916", "01918", "01917", "01931")
_MOVED_AWAY_SHARES = (0.63, 0.13, 0.05, 0.09, 0.01, 0.09)


@dataclass(frozen=True)
class Students:
    """Who has ever been a student, by number: race (place in RACES), hardship of the family, in kindergarten when.

    `kindergarten` is the school year in which the student was, or would have been, in kindergarten; `first_year` the
    first in the state (`first_day`: offset of the day), `first_nine` the first in grade 9 (0: not yet).
    """

    race: np.ndarray
    hardship: np.ndarray
    kindergarten: np.ndarray
    first_year: np.ndarray
    first_day: np.ndarray
    first_nine: np.ndarray


@dataclass(frozen=True)
class Roll:
    """Who is where in one school year: one row per student; days are offsets from the first of July.

    A student has a first spell and, where `second_school` is not -1, a second one after it. `exit` tells how a spell
    ends (place in EXITS, 0: does not end). `last_place` is the place in the year before, -1 for whoever was not here.
    """

    number: np.ndarray
    place: np.ndarray
    last_place: np.ndarray
    school: np.ndarray
    first: np.ndarray
    last: np.ndarray
    exit: np.ndarray
    second_school: np.ndarray
    second_first: np.ndarray
    second_last: np.ndarray
    is_no_show: np.ndarray
    arrives: np.ndarray


@dataclass(frozen=True)
class Cohort:
    """The members of the cohorts that are due, one and two years late: one row per student, as known in one year.

    `exit` is how school ended by then (0: still enrolled), `exit_year` when, `exit_day` the offset of the day. The rows
    stand district by district, `starts` says from where.
    """

    number: np.ndarray
    cohort_year: np.ndarray
    school: np.ndarray
    exit: np.ndarray
    exit_year: np.ndarray
    exit_day: np.ndarray
    starts: np.ndarray


@dataclass(frozen=True)
class State:
    """A state through its school years; `rows[year]` lists the rows of the roll by district, from `starts` on.

    There are calendars for one year more than there are other records.
    """

    seed: int
    school_years: tuple[int, ...]
    districts: pl.DataFrame
    schools: pl.DataFrame
    students: Students
    calendars: dict[int, Calendars]
    rolls: dict[int, Roll]
    rows: dict[int, np.ndarray]
    starts: dict[int, np.ndarray]
    cohorts: dict[int, Cohort]

    def rows_of(self, school_year: int, district: int) -> np.ndarray:
        """Give the rows of the roll of students who were in the district in the year, by their number."""
        starts = self.starts[school_year]
        return self.rows[school_year][starts[district] : starts[district + 1]]

    def save(self, folder: Path) -> None:
        """Write the plan so that several processes can read it at once."""
        self.districts.write_ipc(folder / "districts.arrow")
        self.schools.write_ipc(folder / "schools.arrow")
        for name, array in self._arrays():
            np.save(folder / f"{name}.npy", array)

    def _arrays(self) -> Iterator[tuple[str, np.ndarray]]:
        groups = {"students": self.students}
        groups |= {f"calendars-{year}": calendars for year, calendars in self.calendars.items()}
        for year in self.school_years:
            groups |= {f"roll-{year}": self.rolls[year], f"cohort-{year}": self.cohorts[year]}
            yield f"rows-{year}", self.rows[year]
            yield f"starts-{year}", self.starts[year]
        for group, table in groups.items():
            yield from ((f"{group}-{field.name}", getattr(table, field.name)) for field in fields(table))

    @classmethod
    def load(cls, folder: Path, seed: int, school_years: tuple[int, ...]) -> "State":
        """Open a plan that was saved; its arrays stay on disk until they are asked for."""

        def array(name: str) -> np.ndarray:
            return np.load(folder / f"{name}.npy", mmap_mode="r")

        def table(kind: type, name: str) -> "Students | Roll | Cohort | Calendars":
            return kind(**{field.name: array(f"{name}-{field.name}") for field in fields(kind)})

        return cls(
            seed,
            school_years,
            pl.read_ipc(folder / "districts.arrow"),
            pl.read_ipc(folder / "schools.arrow"),
            table(Students, "students"),
            {year: table(Calendars, f"calendars-{year}") for year in (*school_years, school_years[-1] + 1)},
            {year: table(Roll, f"roll-{year}") for year in school_years},
            {year: array(f"rows-{year}") for year in school_years},
            {year: array(f"starts-{year}") for year in school_years},
            {year: table(Cohort, f"cohort-{year}") for year in school_years},
        )


def plan(seed: int, students: int, school_years: tuple[int, ...], districts: int) -> State:
    """Plan a state with so many students in the fall of every year."""
    district_frame, school_frame, paths = places(seed, students, districts)
    district_of = school_frame["district"].to_numpy()
    lives = _Lives(seed, students, paths, district_of, school_years[0] - YEARS_BEFORE, len(school_years) + YEARS_BEFORE)
    made: dict[str, dict] = {name: {} for name in ("calendars", "rolls", "rows", "starts", "cohorts")}
    for year in range(school_years[0] - YEARS_BEFORE, school_years[-1] + 1):
        of_year = calendars(seed, year, district_frame, school_frame)
        roll = lives.live_through(year, of_year)
        if year in school_years:
            rows, starts = _by_district(roll, district_of, districts)
            values = (of_year, roll, rows, starts, lives.cohorts_due(year, districts))
            for name, value in zip(made, values, strict=True):
                made[name][year] = value
    after = school_years[-1] + 1
    made["calendars"][after] = calendars(seed, after, district_frame, school_frame)
    return State(seed, school_years, district_frame, school_frame, lives.students(), **made)


def _by_district(roll: Roll, district_of: np.ndarray, districts: int) -> tuple[np.ndarray, np.ndarray]:
    """List the rows of the roll district by district; whoever was in two stands in both lists."""
    first, second = district_of[roll.school], np.where(roll.second_school >= 0, district_of[roll.second_school], -1)
    also = np.flatnonzero((second >= 0) & (second != first))
    district = np.concatenate([first, second[also]]).astype(np.int32)
    row = np.concatenate([np.arange(len(first), dtype=np.int32), also.astype(np.int32)])
    order = np.lexsort((roll.number[row], district))
    return row[order], np.searchsorted(district[order], np.arange(districts + 1))


class _Lives:
    """All students while the years go by. Numbers are given in the order of arrival."""

    def __init__(
        self, seed: int, students: int, paths: Paths, district_of: np.ndarray, first_year: int, years: int
    ) -> None:
        self.seed, self.target, self.paths, self.district_of = seed, students, paths, district_of
        most = int(students * (1.05 + 0.22 * years)) + 500
        self.count = 0
        self.race = np.empty(most, np.int8)
        self.hardship = np.empty(most, np.float32)
        self.kindergarten = np.empty(most, np.int16)
        self.first_year = np.empty(most, np.int16)
        self.first_day = np.full(most, FALL, np.int16)
        self.first_nine = np.zeros(most, np.int16)
        self.exit = np.zeros(most, np.int8)
        self.exit_year = np.zeros(most, np.int16)
        self.exit_day = np.zeros(most, np.int16)
        self.last_school = np.full(most, -1, np.int32)
        self.edges = np.concatenate([[0.0], np.cumsum(paths.weight)])
        self.edges /= self.edges[-1]
        has_preschool = paths.weight * (paths.school[:, PK] >= 0)
        self.preschool_edges = np.concatenate([[0.0], np.cumsum(has_preschool)]) / max(has_preschool.sum(), 1e-9)
        self.mix = np.cumsum(paths.races, axis=1)
        self.left_last_year = np.empty(0, np.int64)
        draw = draws(seed, "first students")
        place = np.searchsorted(np.cumsum(_share_of_places()), draw.random(students)).astype(np.int8)
        has_preschool_in_state = has_preschool.sum() > 0
        if not has_preschool_in_state:
            place = np.maximum(place, KG)
        behind = ((draw.random(students) < 0.045) & (place > KG)).astype(np.int16)
        self.number, self.path = self._enter(draw, place, behind, first_year)
        self.place, self.last_place = place, np.where(place > KG, place - 1, -1).astype(np.int8)

    def students(self) -> Students:
        """Give the students that there have been."""
        upto = slice(0, self.count)
        return Students(
            self.race[upto],
            self.hardship[upto],
            self.kindergarten[upto],
            self.first_year[upto],
            self.first_day[upto],
            self.first_nine[upto],
        )

    def _enter(
        self, draw: np.random.Generator, place: np.ndarray, behind: np.ndarray | int, year: int
    ) -> tuple[np.ndarray, np.ndarray]:
        """Let students into the state: their numbers and their paths."""
        size = len(place)
        number = np.arange(self.count, self.count + size, dtype=np.int32)
        self.count += size
        if self.count > len(self.race):
            raise MemoryError("More students entered the state than there is room for.")
        path = self._paths_at(draw.random(size), place == PK)
        chance = draw.random(size)
        race = (chance[:, None] > self.mix[path][:, :-1]).sum(axis=1) if size < 10_000 else self._races(chance, path)
        self.race[number] = race
        self.hardship[number] = (
            0.55 * self.paths.hardship[path] + 0.62 * RACE_HARDSHIP[race] + 0.74 * draw.normal(size=size)
        )
        self.kindergarten[number] = year - (place.astype(np.int16) - KG) - behind
        self.first_year[number] = year
        late = place > NINE
        self.first_nine[number] = np.where(late, year - (place.astype(np.int16) - NINE), 0)
        return number, path

    def _races(self, chance: np.ndarray, path: np.ndarray) -> np.ndarray:
        race = np.zeros(len(chance), np.int8)
        for column in range(self.mix.shape[1] - 1):
            race += chance > self.mix[path, column]
        return race

    def _paths_at(self, spot: np.ndarray, needs_preschool: np.ndarray | bool = False) -> np.ndarray:
        """Find the paths at spots of the map, 0 to 1."""
        path = np.searchsorted(self.edges, spot, side="right") - 1
        if np.any(needs_preschool):
            preschool = np.searchsorted(self.preschool_edges, spot, side="right") - 1
            path = np.where(needs_preschool, preschool, path)
        return np.clip(path, 0, len(self.paths.weight) - 1).astype(np.int32)

    def _move(self, draw: np.random.Generator, number: np.ndarray, path: np.ndarray) -> np.ndarray:
        """Find new paths: half of them in the district, most others near, and rather among one's own."""
        size, edges, district = len(number), self.edges, self.paths.district[path]
        lowest = np.searchsorted(self.paths.district, district, side="left")
        highest = np.searchsorted(self.paths.district, district, side="right")
        here = edges[lowest] + draw.random(size) * (edges[highest] - edges[lowest])
        near = ((edges[path] + edges[path + 1]) / 2 + draw.laplace(scale=0.08, size=size)) % 1.0
        spot = np.where(draw.random(size) < 0.5, here, near)
        first = self._paths_at(spot)
        second = self._paths_at((spot + draw.normal(scale=0.003, size=size)) % 1.0)
        race, mix = self.race[number], self.paths.races
        return np.where(mix[second, race] > mix[first, race], second, first).astype(np.int32)

    def live_through(self, year: int, of_year: Calendars) -> Roll:
        """Let a school year go by: who is where, and then who goes on to the next one."""
        draw = draws(self.seed, "year", year)
        self._fill_up(draw, year)
        number, place, path = self.number, self.place, self.path
        fall = len(number)
        event = self._events(draw, number, place)
        arrivals = round(0.016 * self.target)
        if arrivals:
            place_of_arrivals = draw.integers(KG, TWELVE + 1, size=arrivals).astype(np.int8)
            newcomers, path_of_arrivals = self._enter(draw, place_of_arrivals, 0, year)
            number, place = np.concatenate([number, newcomers]), np.concatenate([place, place_of_arrivals])
            path = np.concatenate([path, path_of_arrivals])
        size = len(number)
        event = np.concatenate([event, np.zeros(size - fall, np.int8)])
        last_place = np.concatenate([self.last_place, np.full(size - fall, -1, np.int8)])
        arrives = np.arange(size) >= fall
        new_path = path.copy()
        movers = np.flatnonzero(event == MOVES)
        new_path[movers] = self._move(draw, number[movers], path[movers])
        roll, goes_on = self._spells(draw, number, place, last_place, path, new_path, event, arrives, of_year)
        self._remember(roll, goes_on, event, place, year)
        self._go_on(draw, year, number, place, new_path, goes_on, of_year, roll)
        return roll

    def _fill_up(self, draw: np.random.Generator, year: int) -> None:
        """Let in the new kindergarten, those who come from elsewhere, and some who had dropped out."""
        back = self.left_last_year[draw.random(len(self.left_last_year)) < 0.12]
        self.exit[back], self.exit_year[back], self.exit_day[back] = 0, 0, 0
        share = _share_of_places()
        has_preschool = self.preschool_edges[-1] > 0
        starting = np.full(round(self.target * share[PK]) if has_preschool else 0, PK, np.int8)
        already = int((self.place == KG).sum())
        beginning = np.full(max(0, round(self.target * share[KG] * 0.97) - already), KG, np.int8)
        others = max(0, self.target - len(self.number) - len(back) - len(starting) - len(beginning))
        elsewhere = np.searchsorted(np.cumsum(_share_of_newcomers()), draw.random(others)).astype(np.int8)
        place = np.concatenate([starting, beginning, elsewhere])
        behind = ((draw.random(len(place)) < 0.06) & (place > KG)).astype(np.int16)
        number, path = self._enter(draw, place, behind, year)
        place_of_back = self._place_of(back, year)
        school_paths = self._paths_at(draw.random(len(back)))
        self.number = np.concatenate([self.number, back.astype(np.int32), number])
        self.path = np.concatenate([self.path, school_paths, path])
        self.place = np.concatenate([self.place, place_of_back, place])
        self.last_place = np.concatenate([self.last_place, place_of_back, np.full(len(place), -1, np.int8)])

    def _place_of(self, number: np.ndarray, year: int) -> np.ndarray:
        """Give the grade in which one who dropped out begins again."""
        return np.clip(NINE + year - 1 - self.first_nine[number], NINE, TWELVE).astype(np.int8)

    def _events(self, draw: np.random.Generator, number: np.ndarray, place: np.ndarray) -> np.ndarray:
        """Decide what happens to each student during the year; hardship makes moves likelier."""
        hard = np.exp(0.45 * self.hardship[number])
        high, last = place >= NINE, place == TWELVE
        chances = (
            (MOVES, np.where(place > PK, 0.05 * hard**1.5, 0.0)),
            (LEAVES, np.full(len(number), 0.013)),
            (RETURNS, 0.005 * hard),
            (NO_SHOW, 0.0045 * hard),
            (DROPS_OUT, np.where(high, 0.0045 * hard**1.8, 0.0)),
            (FINISHES, np.where(last, 0.012, 0.0)),
            (DIES, np.full(len(number), 0.0002)),
        )
        chance = draw.random(len(number))
        event = np.zeros(len(number), np.int8)
        upto = np.zeros(len(number))
        for kind, likely in chances:
            event[(chance >= upto) & (chance < upto + likely)] = kind
            upto += likely
        return event

    def _spells(
        self,
        draw: np.random.Generator,
        number: np.ndarray,
        place: np.ndarray,
        last_place: np.ndarray,
        path: np.ndarray,
        new_path: np.ndarray,
        event: np.ndarray,
        arrives: np.ndarray,
        of_year: Calendars,
    ) -> tuple[Roll, np.ndarray]:
        """Give the spells of the year, and who is in school when it ends."""
        size = len(number)
        school = self.paths.school[path, place]
        school = np.where(school < 0, self.paths.school[path, KG], school)
        count = of_year.count[of_year.of_school[school]]
        first, last = of_year.first(school), of_year.last(school)
        position = np.clip(draw.random(size) * count, 5, count - 8).astype(np.int16)
        first = np.where(arrives, of_year.day(school, position), first)
        leaves = event != STAYS
        ends = np.where(event == FINISHES, count // 2, position)
        last = np.where(leaves, of_year.day(school, ends), last)
        is_no_show = event == NO_SHOW
        last = np.where(is_no_show, first, last)
        later = self.paths.school[new_path, place]
        later = np.where(later < 0, self.paths.school[new_path, KG], later)
        has_second = ((event == MOVES) & (later != school)) | (event == RETURNS)
        stayed = (event == MOVES) & (later == school)
        last = np.where(stayed, of_year.last(school), last)
        gap = np.where(
            event == RETURNS, draw.integers(8, 21, size=size), np.minimum(draw.geometric(0.35, size=size) - 1, 9)
        )
        calendar = of_year.of_school[later]
        start = of_year.position[calendar, last + 1] + gap
        in_time = has_second & (start < of_year.count[calendar])
        second_first = of_year.days[calendar, np.minimum(start, of_year.count[calendar] - 1)]
        exits = np.zeros(size, np.int8)
        away = np.array([_EXIT[code] for code in _MOVED_AWAY], np.int8)
        how = away[np.searchsorted(np.cumsum(_MOVED_AWAY_SHARES)[:-1], draw.random(size))]
        near = self.district_of[school] == self.district_of[later]
        exits = np.where(event == LEAVES, how, exits)
        exits = np.where(is_no_show, _EXIT["01931"], exits)
        exits = np.where((event == MOVES) & ~stayed, np.where(near, _EXIT["01907"], _EXIT["01908"]), exits)
        exits = np.where(event == RETURNS, _EXIT["01931"], exits)
        exits = np.where(event == DROPS_OUT, _EXIT["01927"], exits)
        exits = np.where(event == FINISHES, _EXIT["01921"], exits)
        exits = np.where(event == DIES, _EXIT["01923"], exits)
        lost = has_second & ~in_time
        exits = np.where(lost, _EXIT["01909"], exits)
        roll = Roll(
            number=number.astype(np.int32),
            place=place.astype(np.int8),
            last_place=last_place.astype(np.int8),
            school=school.astype(np.int32),
            first=first.astype(np.int16),
            last=last.astype(np.int16),
            exit=exits.astype(np.int8),
            second_school=np.where(in_time, later, -1).astype(np.int32),
            second_first=np.where(in_time, second_first, -1).astype(np.int16),
            second_last=np.where(in_time, of_year.last(later), -1).astype(np.int16),
            is_no_show=is_no_show,
            arrives=arrives,
        )
        return roll, in_time | (exits == 0)

    def _remember(self, roll: Roll, goes_on: np.ndarray, event: np.ndarray, place: np.ndarray, year: int) -> None:
        """Note who is in grade 9 for the first time, where each was last, and who has left."""
        number = roll.number
        at = ~roll.is_no_show
        self.first_day[number[roll.arrives]] = roll.first[roll.arrives]
        new = at & (place == NINE) & (self.first_nine[number] == 0)
        self.first_nine[number[new]] = year
        school = np.where(roll.second_school >= 0, roll.second_school, roll.school)
        self.last_school[number[at]] = school[at]
        left = ~goes_on
        self.exit[number[left]] = roll.exit[left]
        self.exit_year[number[left]] = year
        self.exit_day[number[left]] = roll.last[left]

    def _go_on(
        self,
        draw: np.random.Generator,
        year: int,
        number: np.ndarray,
        place: np.ndarray,
        path: np.ndarray,
        goes_on: np.ndarray,
        of_year: Calendars,
        roll: Roll,
    ) -> None:
        """Let the year end: graduate, leave, move, repeat a grade or go on."""
        hard = self.hardship[number]
        chance, high = draw.random(len(number)), place >= NINE
        is_senior = goes_on & (place == TWELVE)
        exits = np.zeros(len(number), np.int8)
        graduates = 0.955 - 0.022 * np.clip(hard, -1.2, 3)
        edges = (("01921", graduates), ("01922", 0.010), ("01928", 0.012), ("01926", 0.003), ("01927", 0.008))
        upto = np.zeros(len(number))
        for code, likely in edges:
            exits[is_senior & (chance >= upto) & (chance < upto + likely)] = _EXIT[code]
            upto = upto + likely
        ends = draw.random(len(number))
        junior = goes_on & ~is_senior
        away = np.array([_EXIT[code] for code in _MOVED_AWAY], np.int8)
        how = away[np.searchsorted(np.cumsum(_MOVED_AWAY_SHARES)[:-1], draw.random(len(number)))]
        leaves = junior & (ends < 0.021)
        exits[leaves] = how[leaves]
        drops = junior & high & (ends >= 0.021) & (ends < 0.021 + 0.0035 * np.exp(0.9 * hard))
        exits[drops] = _EXIT["01927"]
        left = exits > 0
        school = np.where(roll.second_school >= 0, roll.second_school, roll.school)
        self.exit[number[left]] = exits[left]
        self.exit_year[number[left]] = year
        self.exit_day[number[left]] = of_year.last(school[left])
        self._write_last_exits(roll, is_senior & left, exits)
        stays = np.flatnonzero(goes_on & ~left)
        repeat = np.array([0.0, 0.022, 0.018, 0.010, *[0.006] * 6, 0.020, 0.012, 0.008, 1.0])[place[stays]]
        overage = year - (place[stays].astype(np.int16) - KG) - self.kindergarten[number[stays]]
        again = (draw.random(len(stays)) < repeat * np.exp(0.4 * hard[stays])) & (
            (overage < 1) | (place[stays] == TWELVE)
        )
        again |= place[stays] == TWELVE
        self.left_last_year = number[(self.exit[number] == _EXIT["01927"]) & (self.exit_year[number] == year)]
        self.number, self.last_place = number[stays], place[stays]
        self.place = np.where(again, place[stays], place[stays] + 1).astype(np.int8)
        self.path = path[stays]
        moves = np.flatnonzero(draw.random(len(stays)) < 0.055 * np.exp(0.35 * hard[stays]))
        self.path[moves] = self._move(draw, self.number[moves], self.path[moves])

    @staticmethod
    def _write_last_exits(roll: Roll, ends: np.ndarray, exits: np.ndarray) -> None:
        """Close the last spell of seniors who are done, on its last day; other spells stay open over the summer."""
        alone = ends & (roll.second_school < 0)
        roll.exit[alone] = exits[alone]

    def cohorts_due(self, year: int, districts: int) -> Cohort:
        """Give the members of the cohorts that are due this year, or were in the two years before."""
        number = np.flatnonzero((self.first_nine[: self.count] > 0) & (self.last_school[: self.count] >= 0))
        cohort = self.first_nine[number] + 3
        due = (cohort <= year) & (cohort > year - 3)
        number, cohort = number[due], cohort[due]
        district = self.district_of[self.last_school[number]]
        order = np.argsort(district, kind="stable")
        number, cohort = number[order], cohort[order]
        return Cohort(
            number.astype(np.int32),
            cohort.astype(np.int16),
            self.last_school[number],
            self.exit[number],
            self.exit_year[number],
            self.exit_day[number],
            np.searchsorted(district[order], np.arange(districts + 1)),
        )


def _share_of_places() -> np.ndarray:
    """The share of students in each place: a quarter of a grade in preschool, a little more in grade 9."""
    share = np.array([0.25, 0.98, *[1.0] * 8, 1.08, 1.02, 0.98, 0.96])
    return share / share.sum()


def _share_of_newcomers() -> np.ndarray:
    share = np.array([0.0, 0.6, 1.2, 1.1, 1, 1, 1, 1, 1, 1, 1.3, 0.8, 0.5, 0.25])
    return share / share.sum()


def hidden_numbers(seed: int, numbers: np.ndarray, digits: int = 10) -> np.ndarray:
    """Give each student a number that tells nothing about the order of arrival, and none twice."""
    half = 10 ** (digits // 2)
    left, right = np.divmod(np.asarray(numbers, np.int64), half)
    for turn in range(4):
        mixed = (uniforms(seed, f"student number {turn}", right) * half).astype(np.int64)
        left, right = right, (left + mixed) % half
    return left * half + right
