"""Every indicator computed a second time, in pandas and from the catalogue, must give the same number everywhere."""

import importlib
from pathlib import Path
from types import ModuleType

import duckdb
import pandas as pd
import polars as pl
import pytest

from tests.references.state import KEYS, State

REFERENCES = Path(__file__).resolve().parent.parent / "references"
INDICATORS = REFERENCES.parent.parent / "dbt_project" / "models" / "indicators"
# Compared on the real districts: no grade of the simulated state has the students that a growth cohort needs.
GROWTH = ("growth_percentile", "growth_to_standard")
SLUGS = sorted(path.stem for path in REFERENCES.glob("*.py") if (INDICATORS / path.stem).is_dir())


def reference(slug: str) -> ModuleType:
    return importlib.import_module(f"tests.references.{slug}")


def published(warehouse: Path, slug: str) -> pd.DataFrame:
    with duckdb.connect(str(warehouse), read_only=True) as connection:
        found = connection.execute(
            f"""
            select {", ".join(KEYS)}, cast(value as double) as value
            from marts.fct_indicator_results
            where indicator = ? and value is not null
            """,
            [slug],
        ).df()
    return found[~found["measure"].isin(getattr(reference(slug), "LEFT_OUT", ()))]


def with_enough_coverage(state: State, slug: str, results: pd.DataFrame) -> pd.DataFrame:
    policy = state.policy(slug)
    if "completeness" not in results or "minimum_coverage" not in policy:
        return results
    limits = policy[["policy_id", "school_year", "level", "minimum_coverage"]]
    results = results.merge(limits, on=["policy_id", "school_year", "level"], how="left")
    return results[~(results["completeness"] < results["minimum_coverage"])]


def differences(state: State, warehouse: Path, slug: str) -> pd.DataFrame:
    """List the keys whose number is in one computation only, or differs by more than 1e-9 or a tolerance it states."""
    mine = state.reported(slug, with_enough_coverage(state, slug, reference(slug).compute(state)))
    mine = mine[mine["value"].notna()].astype({"school_year": "int64", "value": "float64"})
    mine = mine.assign(tolerance=mine.get("tolerance", 1e-9))
    theirs = published(warehouse, slug).astype({"school_year": "int64"})
    assert not mine.duplicated(KEYS).any()
    both = mine[[*KEYS, "value", "tolerance"]].merge(
        theirs, on=KEYS, how="outer", suffixes=("_second", "_first"), indicator=True
    )
    differs = (both["value_second"] - both["value_first"]).abs() > both["tolerance"]
    return both[differs | (both["_merge"] != "both")]


@pytest.fixture(scope="module")
def small(small_state) -> State:
    return State(small_state.home / "accepted")


@pytest.fixture(scope="module")
def simulated(simulated_state) -> State:
    return State(simulated_state.home / "accepted")


@pytest.mark.parametrize("slug", SLUGS)
def test_the_small_state_has_the_same_numbers_twice(slug: str, small: State, small_state) -> None:
    found = differences(small, small_state.home / "warehouse/current/waymark.duckdb", slug)
    assert found.empty, found.head(10).to_string()


@pytest.mark.parametrize("slug", SLUGS)
def test_a_simulated_state_has_the_same_numbers_twice(slug: str, simulated: State, simulated_state) -> None:
    theirs = published(simulated_state.home / "warehouse/current/waymark.duckdb", slug)
    assert (len(theirs) > 0) == (slug not in GROWTH)
    found = differences(simulated, simulated_state.home / "warehouse/current/waymark.duckdb", slug)
    assert found.empty, found.head(10).to_string()


def test_every_growth_cohort_of_the_simulated_state_is_refused_for_its_size(simulated_state) -> None:
    cohorts = pl.read_parquet(simulated_state.home / "warehouse/current/growth_cohort.parquet").filter(
        step="percentile"
    )
    assert cohorts.height > 0
    assert not cohorts["is_computed"].any()
    assert cohorts["reason"].str.contains(r"^\d+ students with a prior score; the least is 1000$").all()
