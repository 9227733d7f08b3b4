"""The state's own register of student numbers."""

from collections.abc import Iterator

import numpy as np
import polars as pl

from simulation import people
from simulation.columns import dates, where, words
from simulation.planting import Truths
from simulation.randomness import uniforms
from simulation.state import State, hidden_numbers

_AT_ONCE = 400_000
_SECOND_NUMBERS = 5_000_000_000
"""From here on numbers are second ones, given by mistake to students who had one already."""


def state_collections(state: State, school_year: int, truths: Truths) -> Iterator[tuple[str, pl.DataFrame]]:
    """Yield student_registry: everyone in school this year or in a cohort that is due, and numbers given twice."""
    numbers = np.union1d(state.rolls[school_year].number, state.cohorts[school_year].number).astype(np.int64)
    for start in range(0, len(numbers), _AT_ONCE):
        yield "student_registry", _register(state, school_year, numbers[start : start + _AT_ONCE])


def _register(state: State, school_year: int, numbers: np.ndarray) -> pl.DataFrame:
    twice = numbers[uniforms(state.seed, "second number", numbers) < 0.001]
    of = np.concatenate([numbers, twice])
    own = np.arange(len(of)) < len(numbers)
    given = np.where(own, of, of + _SECOND_NUMBERS)
    last_name, first_name = people.names(state.seed, of)
    registered = people.july(state.students.first_year[of]) + state.students.first_day[of] - 7
    nine = state.students.first_nine[of].astype(np.int64)
    known = (nine > 0) & (nine <= school_year)
    return pl.DataFrame(
        {
            "student_id": pl.Series(hidden_numbers(state.seed, given)).cast(pl.String).str.zfill(10),
            "last_name": last_name,
            "first_name": first_name,
            "birth_date": dates(people.birth_dates(state, of)),
            "sex": people.sexes(state.seed, of),
            "registry_status": words(("merged", "active"), own),
            "registered_date": dates(registered),
            "first_grade_nine_school_year": where(pl.Series(nine), known),
        }
    )
