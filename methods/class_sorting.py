"""How far sections sort students of different groups, beside what chance alone would do.

Mutual information of section and group in nats (Theil 1971; Mora and Ruiz-Castillo 2011), its exact split between and
within units, and the distribution it would have if the students of each cell were dealt to sections of the same sizes
by lot. Which students, sections and groups count is for whoever calls.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Arrays = Mapping[str, NDArray]
Whole = NDArray[np.int64]
Real = NDArray[np.float64]

SEED = 20_011
DRAWS_AT_ONCE = 4_000_000
"""Numbers held at a time while dealing students to sections."""
NORMAL = 1.959963985
QUANTILES = (0.025, 0.975)


@dataclass(frozen=True)
class Information:
    """One element per cell: students, mutual information and entropy of the categories times students, and variance.

    The variance is that of the mutual information itself (Roulston 1999); it is 0 for a cell with one section.
    """

    students: Whole
    information: Real
    diversity: Real
    variance: Real


def information(cell: Whole, section: Whole, category: Whole, count: Whole) -> Information:
    """Measure each cell from counts by section and category; all codes are whole numbers from 0.

    A section lies in one cell. Counts are positive, and a pair of section and category stands once.
    """
    size = int(cell.max(initial=-1)) + 1
    students = np.bincount(cell, count, size)
    of_section = np.bincount(section, count)
    pair = cell * (int(category.max(initial=-1)) + 1) + category
    of_category = np.bincount(pair, count)
    ratio = np.log(count * students[cell] / (of_section[section] * of_category[pair]))
    share = count / students[cell]
    mutual = np.bincount(cell, share * ratio, size)
    variance = (np.bincount(cell, share * ratio**2, size) - mutual**2) / students
    diversity = _nats(students) - np.bincount(
        np.arange(len(of_category)) // (category.max(initial=0) + 1), _nats(of_category), size
    )
    return Information(students.astype(np.int64), mutual * students, diversity, np.maximum(variance, 0))


def by_lot(
    cell: Whole, section: Whole, category: Whole, count: Whole, draws: int, seed: int = SEED
) -> Iterator[tuple[Whole, Real]]:
    """Deal the students of each cell to sections of the same sizes, as often as `draws` says.

    Gives parts (cells, mutual information times students, of shape cells × draws). The margins stay as they are, so a
    table has a multivariate hypergeometric distribution. The same input gives the same draws.
    """
    margins, sizes = _ragged(cell, _codes(cell, category), count), _ragged(cell, section, count)
    nats = _nats(np.arange(int(margins.sum(axis=1).max(initial=0)) + 1))
    shape = np.column_stack([(table > 0).sum(axis=1) for table in (margins, sizes)])
    for categories, sections in np.unique(shape, axis=0):
        alike = np.flatnonzero((shape == (categories, sections)).all(axis=1))
        at_once = max(1, DRAWS_AT_ONCE // (draws * int(categories)))
        for part in np.split(alike, range(at_once, len(alike), at_once)):
            generator = np.random.Generator(np.random.Philox(key=[seed, part[0]]))
            margin, size = margins[part, :categories], sizes[part, :sections]
            left = np.repeat(margin[:, :, None], draws, axis=2)
            found = np.zeros((len(part), draws))
            for place in range(1, sections):
                found += _deal(generator, left, size[:, place], nats)
            found += nats[left].sum(axis=1)
            fixed = nats[size].sum(axis=1) + nats[margin].sum(axis=1) - nats[margin.sum(axis=1)]
            yield part, found - fixed[:, None]


def class_sorting(table: Arrays) -> dict[str, NDArray]:
    """Measure the sorting of every school, district and the state from counts of students by section and category.

    Columns: policy_id, school_year, subject, student_group, district_id, school_id, grade, section_id, category,
    student_count and draws. Gives the columns of the estimates; a measure that needs two units has no row where there
    is one.
    """
    names = ("policy_id", "school_year", "subject", "student_group", "school_id", "grade", "section_id", "category")
    order = np.lexsort([_codes(table[name]) for name in reversed(names)])
    table = {name: column[order] for name, column in table.items()}
    asked = _codes(table["policy_id"], table["school_year"], table["subject"], table["student_group"])
    cell = _codes(asked, table["school_id"], table["grade"])
    section = _codes(cell, table["section_id"])
    category = _codes(table["category"])
    count = table["student_count"].astype(np.int64)
    cells = information(cell, section, category, count)
    row = _first_rows(cell)
    units = {
        "school": _codes(asked, table["school_id"])[row],
        "district": _codes(asked, table["district_id"])[row],
        "state": asked[row],
    }
    sums = {level: np.zeros((unit.max(initial=-1) + 1, int(table["draws"][0]))) for level, unit in units.items()}
    for part, found in by_lot(cell, section, category, count, int(table["draws"][0])):
        for level, unit in units.items():
            np.add.at(sums[level], unit[part], found)
    sections = np.bincount(cell[_first_rows(section)], minlength=len(row))
    columns: dict[str, list[NDArray]] = {name: [] for name in (*_WHERE, *_WHAT)}
    for level, unit in units.items():
        where = row[_first_rows(unit)]
        measured = _school_parts(table, cell, category, count, unit[cell]) if level != "school" else {}
        for measure, numbers in (_measured(cells, unit, sums[level]) | measured).items():
            names = {name: table[name][where] for name in ("policy_id", "school_year", "subject", "student_group")}
            entity = {"school": table["school_id"], "district": table["district_id"]}.get(level)
            names["level"] = np.full(len(where), level)
            names["entity_id"] = np.full(len(where), "state") if entity is None else entity[where]
            names["measure"] = np.full(len(where), measure)
            names["unit_count"] = np.bincount(unit, sections).astype(np.int64)
            names["student_count"] = np.bincount(unit, cells.students).astype(np.int64)
            for name, values in (names | numbers).items():
                columns[name].append(values)
    return {name: np.concatenate(values) for name, values in columns.items()}


_WHERE = (
    "policy_id",
    "school_year",
    "subject",
    "student_group",
    "level",
    "entity_id",
    "measure",
    "unit_count",
    "student_count",
)
_WHAT = ("value", "standard_error", "interval_low", "interval_high")


def _measured(cells: Information, unit: Whole, chance: Real) -> dict[str, dict[str, Real]]:
    """Give the measures of each unit: sorting, what chance does, what is beyond it, and how rarely chance does so."""
    diversity = np.bincount(unit, cells.diversity)
    found = np.bincount(unit, cells.information) / diversity
    error = np.sqrt(np.bincount(unit, cells.students**2 * cells.variance)) / diversity
    by_chance = chance / diversity[:, None]
    mean = by_chance.mean(axis=1)
    low, high = np.quantile(by_chance, QUANTILES, axis=1)
    as_much = (by_chance >= found[:, None] - 1e-12).sum(axis=1)
    nothing = np.full(len(found), np.nan)
    return {
        "sorting": _numbers(found, error, np.maximum(found - NORMAL * error, 0), np.minimum(found + NORMAL * error, 1)),
        "sorting_by_chance": _numbers(mean, by_chance.std(axis=1), low, high),
        "sorting_beyond_chance": _numbers(found - mean, by_chance.std(axis=1), found - high, found - low),
        "chance_of_as_much": _numbers((as_much + 1) / (chance.shape[1] + 1), nothing, nothing, nothing),
        "mutual_information": _numbers(
            np.bincount(unit, cells.information) / np.bincount(unit, cells.students), nothing, nothing, nothing
        ),
    }


def _school_parts(table: Arrays, cell: Whole, category: Whole, count: Whole, unit: Whole) -> dict[str, dict[str, Real]]:
    """Split the mutual information of a district or the state: between schools, between their grades, within these."""
    school = _codes(unit, table["school_id"])
    total = np.bincount(unit, count)
    entropies = []
    for level in (unit, school, cell):
        parent = unit[_first_rows(level)]
        pair = _codes(level, category)
        of_pair = np.bincount(pair, count)
        nats = np.bincount(parent, _nats(np.bincount(level, count)), len(total))
        nats -= np.bincount(unit[_first_rows(pair)], _nats(of_pair), len(total))
        entropies.append(nats / total)
    nothing = np.full(len(total), np.nan)
    return {
        "between_schools": _numbers(np.maximum(entropies[0] - entropies[1], 0), nothing, nothing, nothing),
        "between_grades": _numbers(np.maximum(entropies[1] - entropies[2], 0), nothing, nothing, nothing),
    }


def _numbers(value: Real, error: Real, low: Real, high: Real) -> dict[str, Real]:
    return dict(zip(_WHAT, (value, error, low, high), strict=True))


def _nats(count: NDArray) -> Real:
    """Give n·ln n, which is 0 for 0."""
    return count * np.log(np.maximum(count, 1))


def _codes(*columns: NDArray) -> Whole:
    """Number the combinations of columns from 0, in their order."""
    code = np.zeros(len(columns[0]), dtype=np.int64)
    for column in columns:
        values, inverse = np.unique(column.astype(str) if column.dtype == object else column, return_inverse=True)
        code = np.unique(code * len(values) + inverse, return_inverse=True)[1]
    return code


def _first_rows(code: Whole) -> Whole:
    """Give the first row of each code, in the order of codes."""
    return np.unique(code, return_index=True)[1]


def _ragged(cell: Whole, unit: Whole, count: Whole) -> Whole:
    """Lay the sizes of each cell's units side by side, with zeros behind."""
    sizes = np.bincount(unit, count).astype(np.int64)
    home = cell[_first_rows(unit)]
    order = np.argsort(home, kind="stable")
    home, sizes = home[order], sizes[order]
    starts = np.searchsorted(home, np.arange(int(home.max(initial=-1)) + 1))
    place = np.arange(len(home)) - starts[home]
    laid = np.zeros((len(starts), int(place.max(initial=-1)) + 1), dtype=np.int64)
    laid[home, place] = sizes
    return laid


def _deal(generator: np.random.Generator, left: Whole, size: Whole, nats: Real) -> Real:
    """Deal one section of each cell from the students left, category by category, and take them away."""
    wanted = np.repeat(size[:, None], left.shape[2], axis=1)
    rest = left.sum(axis=1)
    found = np.zeros(wanted.shape)
    for category in range(left.shape[1] - 1):
        rest -= left[:, category]
        dealt = generator.hypergeometric(left[:, category], rest, wanted)
        left[:, category] -= dealt
        wanted -= dealt
        found += nats[dealt]
    left[:, -1] -= wanted
    return found + nats[wanted]
