"""Counting what is true by school, district and student group. The groups are those of every indicator."""

from collections.abc import Mapping

import numpy as np
import polars as pl

from simulation.district_year import DistrictYear
from simulation.places import RACES

PROGRAMS = {"SED": "economic_disadvantage", "EL": "english_learner", "SWD": "disability", "GIF": "gifted"}

_SUM_OF = {"b": np.int64, "i": np.int64}


def memberships(people: pl.DataFrame) -> dict[str, np.ndarray]:
    """Give for each group whether each row of `people` belongs to it, as far as its columns say."""
    groups = {"ALL": np.ones(people.height, bool)}
    race = people["race"]
    groups |= {code: (race == code).to_numpy() for code in RACES}
    if "sex" in people.columns:
        groups |= {f"GENDER_{code}": (people["sex"] == code).to_numpy() for code in "FMX"}
    groups |= {code: people[name].to_numpy() for code, name in PROGRAMS.items() if name in people.columns}
    return groups


def counts_by_school(
    year: DistrictYear, student: pl.Series, school: pl.Series, values: Mapping[str, np.ndarray]
) -> pl.DataFrame:
    """Sum values of students in schools, by school and group; a group that a school does not have is left out."""
    counts = _counts(year, student, school.to_numpy(), values)
    return counts.with_columns(school_id=year.school_ids.gather(counts["school_id"]))


def counts_in_district(year: DistrictYear, student: pl.Series, values: Mapping[str, np.ndarray]) -> pl.DataFrame:
    """Sum values of students in the district as a whole, by group."""
    return _counts(year, student, np.zeros(len(student), np.int64), values).drop("school_id")


def _counts(year: DistrictYear, student: pl.Series, at: np.ndarray, values: Mapping[str, np.ndarray]) -> pl.DataFrame:
    size = year.schools.height
    parts = []
    for group, member in memberships(year.students[student]).items():
        here = np.flatnonzero(np.bincount(at[member], minlength=size))
        sums = {
            name: np.bincount(at[member], value[member], size)[here].astype(_SUM_OF.get(value.dtype.kind, np.float64))
            for name, value in values.items()
        }
        parts.append(
            pl.DataFrame(
                {
                    "school_year": np.full(len(here), year.school_year),
                    "district_id": pl.repeat(year.district_id, len(here), eager=True),
                    "school_id": here,
                    "student_group": pl.repeat(group, len(here), eager=True),
                    **sums,
                }
            )
        )
    return pl.concat(parts)
