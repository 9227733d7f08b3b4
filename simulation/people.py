"""Who a student is: number, names, birth date, sex, race, and the program statuses held over the years.

All of it is a function of the student's number and of what the state knows of the student, so every district that the
student comes to, in every year, says the same. Days are whole numbers counted from 1970, as NumPy counts them.
"""

from dataclasses import dataclass

import numpy as np
import polars as pl

from simulation.places import RACES, WORDS
from simulation.randomness import normals, uniforms
from simulation.state import State, hidden_numbers

STATUSES = (
    "economic_disadvantage",
    "english_learner",
    "disability",
    "gifted",
    "section_504",
    "homeless",
    "foster",
    "migrant",
    "military",
    "former_english_learner",
    "recently_arrived_english_learner",
)
OPEN = np.iinfo(np.int32).max
"""The end of a status that has not ended."""

_LAST_NAMES = pl.Series([begin + end for begin in WORDS["last_beginnings"] for end in WORDS["last_endings"]])
_FIRST_NAMES = pl.Series([begin + end for begin in WORDS["first_beginnings"] for end in WORDS["first_endings"]])
_LEARNERS_AT_ENTRY = np.array([0.10, 0.36, 0.06, 0.50, 0.26, 0.035, 0.06])
"""The share of each race (in the order of RACES) that enters school as an English learner."""

_EARLY = {
    "SLI": 0.46,
    "DD": 0.22,
    "AUT": 0.17,
    "OHI": 0.05,
    "ID": 0.04,
    "MD": 0.02,
    "HI": 0.02,
    "OI": 0.01,
    "VI": 0.01,
}
_LATER = {
    "SLD": 0.46,
    "OHI": 0.21,
    "SLI": 0.11,
    "AUT": 0.08,
    "EMN": 0.075,
    "ID": 0.045,
    "TBI": 0.006,
    "HI": 0.006,
    "VI": 0.005,
    "DB": 0.003,
}


@dataclass(frozen=True)
class Spells:
    """Spells of one status: rows of whoever holds it, and the first and last day (OPEN: still in force)."""

    status: str
    row: np.ndarray
    begin: np.ndarray
    end: np.ndarray
    category: np.ndarray | None = None


def july(school_year: np.ndarray | int) -> np.ndarray:
    """Give the first of July with which each school year begins, as a number of days."""
    months = (np.asarray(school_year, np.int64) - 1 - 1970) * 12 + 6
    return months.astype("datetime64[M]").astype("datetime64[D]").astype(np.int32)


def student_ids(seed: int, numbers: np.ndarray) -> pl.Series:
    """Give the number by which districts know each student: ten digits, some with leading zeros."""
    return pl.Series("student_id", hidden_numbers(seed, numbers)).cast(pl.String).str.zfill(10)


def names(seed: int, numbers: np.ndarray) -> tuple[pl.Series, pl.Series]:
    """Give the last and first names of students."""

    def one_of(words: pl.Series, purpose: str) -> pl.Series:
        return words.gather((uniforms(seed, purpose, numbers) * len(words)).astype(np.uint32))

    return one_of(_LAST_NAMES, "last name").alias("last_name"), one_of(_FIRST_NAMES, "first name").alias("first_name")


def birth_dates(state: State, numbers: np.ndarray) -> np.ndarray:
    """Give birth dates: five years old on the first of September of kindergarten, one in thirty a year older."""
    kindergarten = state.students.kindergarten[numbers]
    held_back = uniforms(state.seed, "started late", numbers) < 0.033
    youngest = july(kindergarten - 5 - held_back) + 62
    return youngest - (uniforms(state.seed, "birthday", numbers) * 365).astype(np.int32)


def sexes(seed: int, numbers: np.ndarray) -> pl.Series:
    """Give the sex that districts record."""
    chance = uniforms(seed, "sex", numbers)
    return pl.Series("sex", ["F", "M", "X"]).gather(np.searchsorted([0.4865, 0.999], chance))


def selections(seed: int, numbers: np.ndarray, race: np.ndarray) -> tuple[pl.Series, pl.Series]:
    """Give the answers to the two questions on ethnicity and race that lead to each student's race."""
    chance = uniforms(seed, "races selected", numbers)
    hispanic = race == RACES.index("HI")
    several = ["AA;WH", "AS;WH", "AI;WH", "AA;AS", "AI;AA;WH", "PI;WH"]
    of_several = np.searchsorted([0.42, 0.74, 0.88, 0.93, 0.97], chance)
    of_hispanic = np.searchsorted([0.52, 0.88, 0.94], chance)
    selected = ["AI", "AS", "AA", None, "PI", "WH", *several, None, "WH", "AI", "AA"]
    row = np.where(race == RACES.index("MR"), 6 + of_several, np.where(hispanic, 12 + of_hispanic, race))
    yes_no = pl.Series(["No", "Yes"])
    return yes_no.gather(hispanic.astype(np.uint8)), pl.Series(selected, dtype=pl.String).gather(row)


def statuses(state: State, school_year: int, numbers: np.ndarray) -> list[Spells]:
    """Give every spell of a status that touches the school year, by whoever is in school all year."""
    seed, students = state.seed, state.students
    race, hardship = students.race[numbers], students.hardship[numbers]
    kindergarten = students.kindergarten[numbers].astype(np.int32)
    homes = _Homes(seed, school_year, numbers, race, hardship)
    spells = [
        *homes.spells(),
        *_english(state, numbers, race, kindergarten),
        *_disability(seed, numbers, hardship, kindergarten),
        _gifted(seed, numbers, hardship, kindergarten),
        _section_504(seed, numbers, kindergarten),
        _military(seed, numbers),
    ]
    first, last = int(july(school_year)), int(july(school_year + 1)) - 1
    return [_within(spell, first, last) for spell in spells]


def _within(spell: Spells, first: int, last: int) -> Spells:
    touches = (spell.begin <= last) & (spell.end >= first) & (spell.begin <= spell.end)
    category = None if spell.category is None else spell.category[touches]
    end = np.where(spell.end > last, OPEN, spell.end)[touches]
    return Spells(spell.status, spell.row[touches], spell.begin[touches], end, category)


class _Homes:
    """Statuses that follow from where and how a family lives, decided anew every year though seldom changed."""

    def __init__(self, seed: int, year: int, numbers: np.ndarray, race: np.ndarray, hardship: np.ndarray) -> None:
        self.seed, self.year, self.numbers = seed, year, numbers
        self.first, self.last = int(july(year)), int(july(year + 1)) - 1
        self.homeless = self._chance("homeless") < 0.018 * np.exp(0.75 * hardship)
        self.foster = self._chance("foster") < 0.004 * np.exp(0.5 * hardship)
        worked = uniforms(seed, "migrant", numbers)
        self.migrant = worked < np.where(race == RACES.index("HI"), 0.016, 0.0015)
        income = hardship + 0.3 * normals(seed, f"income {year}", numbers)
        self.poor = (income > 0.02) | self.homeless | self.foster | self.migrant

    def _chance(self, purpose: str) -> np.ndarray:
        return uniforms(self.seed, f"{purpose} {self.year}", self.numbers)

    def spells(self) -> list[Spells]:
        rows = np.arange(len(self.numbers))
        chance = self._chance("certified")
        late = chance < 0.06
        begin = np.where(late, self.first + 75 + (chance * 2500).astype(np.int32), self.first)
        end = np.where((chance > 0.98) & ~late, self.first + 100 + (self._chance("ended") * 150).astype(np.int32), OPEN)
        found = [Spells("economic_disadvantage", rows[self.poor], begin[self.poor], end[self.poor])]
        day = self.first + 30 + (self._chance("home lost") * 280).astype(np.int32)
        begin = np.where(self._chance("since last year") < 0.35, self.first, day)
        found.append(Spells("homeless", rows[self.homeless], begin[self.homeless], np.full(self.homeless.sum(), OPEN)))
        begin = self.first + (self._chance("placed") * 220).astype(np.int32)
        end = np.minimum(begin + 40 + (self._chance("back home") * 400).astype(np.int32), OPEN)
        found.append(Spells("foster", rows[self.foster], begin[self.foster], end[self.foster]))
        found.append(
            Spells("migrant", rows[self.migrant], np.full(self.migrant.sum(), self.first), self._open("migrant"))
        )
        return found

    def _open(self, name: str) -> np.ndarray:
        return np.full(getattr(self, name).sum(), OPEN)


def _english(state: State, numbers: np.ndarray, race: np.ndarray, kindergarten: np.ndarray) -> list[Spells]:
    """English learners from kindergarten, or from arrival; most are reclassified within two to seven years."""
    seed, students = state.seed, state.students
    arrived = students.first_year[numbers].astype(np.int32)
    is_newcomer = (arrived > kindergarten) & (arrived > students.first_year[0])
    likely = _LEARNERS_AT_ENTRY[race] * np.where(is_newcomer, 0.45, 1.0)
    is_learner = uniforms(seed, "english learner", numbers) < likely
    start_year = np.where(
        is_newcomer, arrived, np.maximum(kindergarten, np.where(arrived == kindergarten + 1, arrived, 0))
    )
    offset = np.where(is_newcomer, students.first_day[numbers], 50)
    begin = july(start_year) + offset
    left = np.cumprod(
        1 - np.array([0.02, 0.07, 0.12, 0.17, 0.20, 0.20, 0.18, 0.15, 0.12, 0.10, 0.10, 0.10, 0.10, 0.10])
    )
    years = np.searchsorted(-left, -uniforms(seed, "years as learner", numbers)).astype(np.int32)
    season = uniforms(seed, "reclassified", numbers)
    day = np.where(season < 0.75, 250 + season * 120, 80 + season * 60).astype(np.int32)
    end = np.where(years < len(left), july(start_year + years) + day, OPEN)
    end = np.maximum(end, begin + 120)
    rows = np.flatnonzero(is_learner)
    begin, end = begin[rows], end[rows]
    former = end < OPEN
    since = end[former].astype(np.int64) + 1
    is_new = is_newcomer[rows] & (uniforms(seed, "from abroad", numbers[rows]) < 0.55)
    recent = begin[is_new]
    return [
        Spells("english_learner", rows, begin, end),
        Spells("former_english_learner", rows[former], since, since + 1460),
        Spells("recently_arrived_english_learner", rows[is_new], recent, np.minimum(recent + 364, end[is_new])),
    ]


def _disability(seed: int, numbers: np.ndarray, hardship: np.ndarray, kindergarten: np.ndarray) -> list[Spells]:
    """Disabilities are found from preschool on, most of them in the first grades; some leave special education."""
    is_boy = uniforms(seed, "sex", numbers) >= 0.4865
    likely = 0.2 * np.where(is_boy, 1.3, 0.7) * np.exp(0.16 * hardship)
    rows = np.flatnonzero(uniforms(seed, "disability", numbers) < likely)
    number = numbers[rows]
    when = np.cumsum([0.12, 0.16, 0.16, 0.16, 0.14, 0.10, 0.06, 0.04, 0.03, 0.02])
    years = np.searchsorted(when, uniforms(seed, "found", number)).astype(np.int32) - 1
    begin = july(kindergarten[rows] + years) + 60 + (uniforms(seed, "day found", number) * 270).astype(np.int32)
    chance = uniforms(seed, "disability category", number)
    early, later = list(_EARLY), list(_LATER)
    category = np.where(
        years <= 0,
        np.array(early)[np.minimum(np.searchsorted(np.cumsum(list(_EARLY.values())), chance), len(early) - 1)],
        np.array(later)[np.minimum(np.searchsorted(np.cumsum(list(_LATER.values())), chance), len(later) - 1)],
    )
    leaves = (uniforms(seed, "special education ends", number) < np.where(category == "SLI", 0.5, 0.08)) & (
        category != "DD"
    )
    stay = 900 + (uniforms(seed, "years of special education", number) * 1500).astype(np.int32)
    grown = july(kindergarten[rows] + 4) - 20
    end = np.where(category == "DD", grown, np.where(leaves, begin + stay, OPEN))
    delayed = category == "DD"
    return [
        Spells("disability", rows, begin, end, category),
        Spells(
            "disability",
            rows[delayed],
            grown[delayed] + 1,
            np.full(delayed.sum(), OPEN),
            np.where(chance[delayed] < 0.58, "SLD", "OHI"),
        ),
    ]


def _gifted(seed: int, numbers: np.ndarray, hardship: np.ndarray, kindergarten: np.ndarray) -> Spells:
    """Gifted programs begin in grade 3 and find the well-off before the able: a sorting that is meant to be found."""
    shown = normals(seed, "ability", numbers) - 0.45 * hardship + 0.6 * normals(seed, "seen as gifted", numbers)
    rows = np.flatnonzero(shown > 1.72)
    return Spells("gifted", rows, july(kindergarten[rows] + 3) + 95, np.full(len(rows), OPEN))


def _section_504(seed: int, numbers: np.ndarray, kindergarten: np.ndarray) -> Spells:
    rows = np.flatnonzero(uniforms(seed, "section 504", numbers) > 0.955)
    years = 2 + (uniforms(seed, "plan since", numbers[rows]) * 8).astype(np.int32)
    return Spells("section_504", rows, july(kindergarten[rows] + years) + 110, np.full(len(rows), OPEN))


def _military(seed: int, numbers: np.ndarray) -> Spells:
    rows = np.flatnonzero(uniforms(seed, "military", numbers) < 0.018)
    return Spells("military", rows, np.full(len(rows), int(july(2000))), np.full(len(rows), OPEN))
