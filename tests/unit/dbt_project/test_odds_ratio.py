"""The odds ratio of placement at equal attainment, from the model's own SQL, on many simulated states at once."""

from pathlib import Path

import duckdb
import jinja2
import numpy as np
import polars as pl
import pytest

MODEL = Path(__file__).resolve().parents[3] / "dbt_project/models/intermediate/int_placement_summaries.sql"
REPLICATES, STRATA = 200, 24


def summaries(strata: pl.DataFrame) -> pl.DataFrame:
    """Run the model on strata given as a table."""
    sql = jinja2.Template(MODEL.read_text()).render(ref=lambda name: {"int_placement_strata": "strata"}[name])
    with duckdb.connect() as connection:
        connection.register("strata", strata)
        return connection.sql(sql).pl()


def replicates(odds_ratio: float, seed: int) -> pl.DataFrame:
    """Draw strata of equals that differ in size and in how many are placed, with one odds ratio in all of them."""
    draw, shape = np.random.default_rng(seed), (REPLICATES, STRATA)
    focal, others = draw.integers(4, 40, shape), draw.integers(4, 60, shape)
    odds = np.exp(draw.normal(-0.5, 1.0, shape))
    focal_placed = draw.binomial(focal, odds * odds_ratio / (1 + odds * odds_ratio))
    other_placed = draw.binomial(others, odds / (1 + odds))
    return pl.DataFrame(
        {
            "policy_id": "p",
            "school_year": 2025,
            "level": "district",
            "entity_id": np.repeat(np.arange(REPLICATES), STRATA),
            "population": "reporting",
            "subject": "MATH",
            "student_group": "SED",
            "stratum": np.tile(np.arange(STRATA), REPLICATES),
            "focal_placed": focal_placed.ravel(),
            "focal_not_placed": (focal - focal_placed).ravel(),
            "other_placed": other_placed.ravel(),
            "other_not_placed": (others - other_placed).ravel(),
        }
    )


@pytest.mark.parametrize("odds_ratio", [0.4, 1.0, 2.5])
def test_the_odds_ratio_that_was_planted_is_in_its_interval_in_90_to_99_of_100_replicates(odds_ratio: float) -> None:
    found = summaries(replicates(odds_ratio, seed=5))
    log, error = np.log(found["odds_ratio"].to_numpy().astype(float)), found["log_error"].to_numpy().astype(float)
    covered = np.abs(log - np.log(odds_ratio)) <= 1.959963985 * error
    assert len(covered) == REPLICATES
    assert 0.90 <= covered.mean() <= 0.99


def test_strata_that_share_one_odds_ratio_are_homogeneous_on_average() -> None:
    found = summaries(replicates(1.0, seed=6))
    per_degree = found["breslow_day"].to_numpy().astype(float) / found["degrees_of_freedom"].to_numpy()
    assert per_degree.mean() == pytest.approx(1, abs=0.1)
