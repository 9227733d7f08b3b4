"""The synthetic panel with the reference package's answers, and cohorts that other tests make up."""

import json
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from methods.growth_percentiles.percentiles import Records
from methods.growth_percentiles.quantile_regression import warm

FIXTURE = Path(__file__).parent / "fixture"


@pytest.fixture(scope="session", autouse=True)
def compiled() -> None:
    """Compile the kernels once, so that no single test is charged for it."""
    warm()


@pytest.fixture(scope="session")
def panel() -> Records:
    """The 4,601-student panel as records: grades 3 to 6 in 2022 to 2025, with gaps and retained students."""
    wide = pl.read_csv(FIXTURE / "fixture_panel.csv")
    years = [
        wide.select(
            student="ID",
            school_year=pl.lit(year),
            grade=pl.col(f"GRADE_{year}"),
            score=pl.col(f"SS_{year}").cast(float),
        )
        for year in (2022, 2023, 2024, 2025)
    ]
    long = pl.concat(years).drop_nulls()
    subject = np.full(long.height, "READING")
    return Records(long["student"].to_numpy(), long["school_year"].to_numpy(), subject, *_numbers(long))


def _numbers(long: pl.DataFrame) -> tuple[np.ndarray, np.ndarray]:
    return long["grade"].to_numpy(), long["score"].to_numpy()


@pytest.fixture(scope="session")
def expected() -> pl.DataFrame:
    """The reference package's percentiles and cuts for the panel, one row a student."""
    return pl.read_csv(FIXTURE / "fixture_sgp.csv").sort("ID")


@pytest.fixture(scope="session")
def expected_knots() -> dict:
    """The reference package's knots, boundaries and limits by grade."""
    return json.loads((FIXTURE / "fixture_knots.json").read_text())["READING"]


@pytest.fixture(scope="session")
def expected_coefficients() -> dict[int, np.ndarray]:
    """The reference package's coefficients for grade 6, by order."""
    return {order: pl.read_csv(FIXTURE / f"fixture_qrmatrix_6_{order}.csv").to_numpy() for order in (1, 2, 3)}


@pytest.fixture(scope="session")
def large_cohort() -> tuple[np.ndarray, np.ndarray, pl.DataFrame]:
    """50,000 students: three priors (most recent first), current score and the reference package's percentiles."""
    scores = pl.read_csv(FIXTURE / "sim50k.csv.gz")
    answers = pl.read_csv(FIXTURE / "sim50k_sgp.csv.gz").sort("ID")
    return scores.select("p1", "p2", "p3").to_numpy().astype(float), scores["y"].to_numpy().astype(float), answers
