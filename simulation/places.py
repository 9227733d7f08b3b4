"""The districts and schools of the state, and the paths through them that neighborhoods take from grade to grade.

No student lives here. A path is a neighborhood with its schools: one that takes in charter schools is a path beside the
neighborhood's own. Paths stand in the order of the map, so that near ones have numbers that are near.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl
import yaml
from scipy.special import ndtri

from simulation.randomness import draws, normals

RACES = ("AI", "AS", "AA", "HI", "PI", "WH", "MR")
RACE_SHARES = np.array([0.009, 0.056, 0.149, 0.292, 0.004, 0.438, 0.052])
RACE_HARDSHIP = np.array([0.55, -0.35, 0.55, 0.45, 0.35, -0.35, -0.05])
PLACES = ("PK", "KG", *(f"{grade:02d}" for grade in range(1, 13)))
"""The grades in their order: a student's `place` is an index of this."""

PK, KG, NINE, TWELVE = 0, 1, 10, 13
WORDS: dict[str, list[str]] = yaml.load(
    Path(__file__).with_name("names.yaml").read_text(encoding="utf-8"), yaml.CSafeLoader
)

STUDENTS_PER_SCHOOL = 400
_SPREAD_OF_DISTRICTS = 1.6
"""Of the logarithm of their size. In the Common Core of Data half of the districts hold a twentieth of the students."""
_VENDOR_SHARES = (0.36, 0.28, 0.19, 0.12, 0.05)


@dataclass(frozen=True)
class Paths:
    """For each path: its district, its school in each place (-1: none), its weight, its mix of races, its hardship."""

    district: np.ndarray
    school: np.ndarray
    weight: np.ndarray
    races: np.ndarray
    hardship: np.ndarray


def places(seed: int, students: int, districts: int) -> tuple[pl.DataFrame, pl.DataFrame, Paths]:
    """Make districts and schools (a frame each) and the paths through them."""
    draw = draws(seed, "places")
    sizes = np.exp(_SPREAD_OF_DISTRICTS * ndtri((np.arange(districts) + 0.5) / districts))
    sizes = draw.permutation(np.maximum(sizes / sizes.sum(), 0.12 / districts * min(1, 60 * districts / students)))
    sizes *= students / sizes.sum()
    schools_of = _divided(sizes, max(districts, round(students / STUDENTS_PER_SCHOOL)))
    hardship = draw.normal(size=districts) * 0.6
    vendor = draw.permutation(np.searchsorted(np.cumsum(_VENDOR_SHARES)[:-1], (np.arange(districts) + 0.5) / districts))
    built = [_district(seed, d, sizes[d], int(schools_of[d]), hardship[d]) for d in range(districts)]
    starts = np.concatenate([[0], np.cumsum([len(schools) for schools, _ in built])])
    host = _hosts(built)
    rows, paths = [], []
    for d, (schools, ways) in enumerate(built):
        rows += [{"district": d, **school} for school in schools]
        for way in ways:
            school = np.where(way["school"] >= 0, way["school"] + starts[d], -1)
            if (missing := school[KG:] < 0).any():
                school[KG:][missing] = (host[d][1] + starts[host[d][0]])[KG:][missing]
            paths.append({**way, "district": d, "school": school})
    schools = pl.DataFrame(rows, schema=_SCHOOL_SCHEMA)
    hardship = _standardized(paths, hardship)
    made = _peopled(seed, paths)
    return _frame_of_districts(seed, schools_of, hardship, vendor, built), _frame_of_schools(schools, made), made


_SCHOOL_SCHEMA = {
    "district": pl.Int32,
    "within": pl.Int32,
    "school_name": pl.String,
    "school_level": pl.String,
    "lowest_place": pl.Int8,
    "highest_place": pl.Int8,
    "is_charter": pl.Boolean,
}


def _divided(sizes: np.ndarray, count: int) -> np.ndarray:
    """Divide schools among districts by size, with one at least for each."""
    wanted = sizes / sizes.sum() * count
    given = np.maximum(1, np.floor(wanted)).astype(int)
    order = np.argsort(-(wanted - given), kind="stable")
    for step in range(abs(count - given.sum())):
        if given.sum() < count:
            given[order[step % len(order)]] += 1
        else:
            given[np.argmax(given)] -= 1
    return given


def _district(seed: int, district: int, size: float, count: int, hardship: float) -> tuple[list[dict], list[dict]]:
    """Make the schools of a district and the paths through them; a school that it lacks is -1."""
    draw = draws(seed, "district", district)
    names = draw.permutation(len(WORDS["places"]) * len(WORDS["landscapes"]))
    schools: list[dict] = []

    def school(kind: str, level: str, lowest: int, highest: int, is_charter: bool = False) -> int:
        place, landscape = divmod(int(names[len(schools) % len(names)]), len(WORDS["landscapes"]))
        words = f"{WORDS['places'][place]} {WORDS['landscapes'][landscape]} {kind}"
        if is_charter:
            words = words.replace(kind, f"Charter {kind}")
        schools.append(
            {
                "within": len(schools) + 1,
                "school_name": words,
                "school_level": level,
                "lowest_place": lowest,
                "highest_place": highest,
                "is_charter": is_charter,
            }
        )
        return len(schools) - 1

    def way(elementary: int, middle: int, high: int, weight: float, axis: float) -> dict:
        at = np.full(len(PLACES), -1)
        for one in (high, middle, elementary):
            if one >= 0:
                at[schools[one]["lowest_place"] : schools[one]["highest_place"] + 1] = one
        return {"school": at, "weight": weight, "hardship": axis}

    if count == 1:
        whole = draw.random() < 0.6
        only = (
            school("School", "other", PK, TWELVE) if whole else school("Elementary School", "elementary", KG, NINE - 1)
        )
        return schools, [way(only, -1, -1, size, hardship)]
    if count == 2:
        low, high = school("Elementary School", "elementary", PK, 7), school("High School", "high", 8, TWELVE)
        return schools, [way(low, -1, high, size, hardship)]
    charters = round(0.1 * count) if count >= 8 else 0
    highs = max(1, round(0.19 * (count - charters)))
    middles = max(1, round(0.22 * (count - charters)))
    hoods = count - charters - highs - middles
    axes = np.sort(draw.normal(size=hoods)) * 0.65 + hardship
    weights = np.exp(draw.normal(size=hoods) * 0.25)
    first = [school("Elementary School", "elementary", PK if draw.random() < 0.55 else KG, 6) for _ in range(hoods)]
    second = [school("Middle School", "middle", 7, 9) for _ in range(middles)]
    third = [school("High School", "high", NINE, TWELVE) for _ in range(highs)]
    ways = [
        way(first[h], second[h * middles // hoods], third[h * highs // hoods], weights[h], axes[h])
        for h in range(hoods)
    ]
    for _ in range(charters):
        hood = int(draw.integers(hoods))
        middle, high = second[hood * middles // hoods], third[hood * highs // hoods]
        match int(draw.integers(4)):
            case 0:
                way_of = way(school("Academy", "other", KG, TWELVE, True), -1, -1, 0.9, axes[hood])
            case 1:
                way_of = way(first[hood], middle, school("Early College", "high", NINE, TWELVE, True), 0.8, axes[hood])
            case _:
                way_of = way(school("Academy", "elementary", KG, NINE - 1, True), -1, high, 0.8, axes[hood])
        ways.append(way_of)
    total = sum(one["weight"] for one in ways)
    for one in ways:
        one["weight"] *= size / total
    return schools, sorted(ways, key=lambda one: one["hardship"])


def _hosts(built: list[tuple[list[dict], list[dict]]]) -> list[tuple[int, np.ndarray]]:
    """Find for each district the nearest one that has every grade, and a path there, for the grades it lacks."""
    whole = [d for d, (_, ways) in enumerate(built) if (ways[0]["school"][KG:] >= 0).all()]
    if not whole:
        schools, ways = built[0]
        schools[0] |= {"highest_place": TWELVE, "school_level": "other"}
        ways[0]["school"][KG:] = 0
        whole = [0]
    near = np.array(whole)
    hosts = (int(near[np.argmin(np.abs(near - d))]) for d in range(len(built)))
    return [(host, built[host][1][len(built[host][1]) // 2]["school"]) for host in hosts]


def _standardized(paths: list[dict], hardship_of_district: np.ndarray) -> np.ndarray:
    """Let the hardship of neighborhoods have mean 0 and deviation 0.9 over the state, however few districts it has."""
    weight = np.array([path["weight"] for path in paths])
    hardship = np.array([path["hardship"] for path in paths])
    mean = np.average(hardship, weights=weight)
    deviation = np.sqrt(np.average((hardship - mean) ** 2, weights=weight)) or 1.0
    for path in paths:
        path["hardship"] = (path["hardship"] - mean) / deviation * 0.9
    return (hardship_of_district - mean) / deviation * 0.9


def _peopled(seed: int, paths: list[dict]) -> Paths:
    """Give each path its mix of races: near ones are alike, and the state as a whole has the shares of the nation."""
    district = np.array([path["district"] for path in paths], dtype=np.int32)
    weight = np.array([path["weight"] for path in paths])
    hardship = np.array([path["hardship"] for path in paths])
    number = np.arange(len(paths))
    logs = np.log(RACE_SHARES) + 0.9 * RACE_HARDSHIP * hardship[:, None]
    for race, code in enumerate(RACES):
        logs[:, race] += 0.75 * normals(seed, f"districts of {code}", district)
        logs[:, race] += 0.45 * normals(seed, f"neighborhoods of {code}", number)
    mix = np.exp(logs)
    mix /= mix.sum(axis=1, keepdims=True)
    for _ in range(30):
        mix *= RACE_SHARES / (weight @ mix / weight.sum())
        mix /= mix.sum(axis=1, keepdims=True)
    school = np.array([path["school"] for path in paths], dtype=np.int32)
    return Paths(district, school, weight, mix, hardship)


def _frame_of_districts(
    seed: int, schools_of: np.ndarray, hardship: np.ndarray, vendor: np.ndarray, built: list
) -> pl.DataFrame:
    count = len(schools_of)
    width = max(4, len(str(count * 10)))
    order = draws(seed, "district names").permutation(len(WORDS["places"]) * len(WORDS["landscapes"]))
    names, cities, types = [], [], []
    for d in range(count):
        place, landscape = divmod(int(order[d % len(order)]), len(WORDS["landscapes"]))
        again = f" {d // len(order) + 1}" if d >= len(order) else ""
        whole = (built[d][1][0]["school"][KG:] >= 0).all()
        types.append("unified" if whole else "elementary")
        kind = "Unified" if whole else "Elementary"
        cities.append(f"{WORDS['places'][place]} {WORDS['landscapes'][landscape]}")
        names.append(f"{cities[-1]} {kind}{again}")
    return pl.DataFrame(
        {
            "number": np.arange(count, dtype=np.int32),
            "district_id": [f"{(d + 1) * 10:0{width}d}" for d in range(count)],
            "district_name": names,
            "city": cities,
            "district_type": types,
            "vendor": [WORDS["vendors"][v] for v in vendor],
            "hardship": hardship.astype(np.float32),
            "schools": schools_of.astype(np.int32),
        }
    )


def _frame_of_schools(schools: pl.DataFrame, paths: Paths) -> pl.DataFrame:
    """Number the schools and say how hard life is for their students, and which receive Title I funds."""
    count = schools.height
    sums, weights = np.zeros(count), np.zeros(count)
    for place in range(KG, TWELVE + 1):
        weights += np.bincount(paths.school[:, place], weights=paths.weight, minlength=count)
        sums += np.bincount(paths.school[:, place], weights=paths.weight * paths.hardship, minlength=count)
    hardship = sums / np.maximum(weights, 1e-9)
    width = max(4, len(str(count * 3)))
    return schools.with_columns(
        number=pl.Series(np.arange(count, dtype=np.int32)),
        school_id=pl.Series([f"{(s + 1) * 3:0{width}d}" for s in range(count)]),
        hardship=pl.Series(hardship.astype(np.float32)),
        is_title_one=pl.Series(hardship > np.quantile(hardship, 0.42)),
        lowest_grade=pl.Series([PLACES[place] for place in schools["lowest_place"]]),
        highest_grade=pl.Series([PLACES[place] for place in schools["highest_place"]]),
    )
