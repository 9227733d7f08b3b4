"""The mask: every result that too few students stand behind, by the minimum of its own policy and year; no other."""

import dagster as dg
import duckdb
import polars as pl
import pytest

from orchestration import settings, warehouse
from orchestration.defs.disclosure import KEYS, disclosure_mask

RESULT = {
    "school_year": 2025,
    "level": "school",
    "entity_id": "0001",
    "indicator": "test_participation",
    "policy_id": "essa_baseline",
    "population": "reporting",
    "student_group": "ALL",
    "grade_span": "all",
    "subject": "MATH",
    "measure": "percent_tested",
    "student_count": 10,
    "value_status": "ok",
}
MINIMUMS = [
    ("test_participation", "essa_baseline", "publication", 2020, 2024, 5),
    ("test_participation", "essa_baseline", "publication", 2025, 2099, 10),
    ("test_participation", "essa_baseline", "accountability", 2020, 2099, 20),
    ("test_participation", "historical_sample", "publication", 1980, 2017, 30),
    ("suspension_rate", "essa_baseline", "publication", 2025, 2099, 50),
]


def hide(place, *changes):
    settings.enter(place)
    run_id = "aaaaaaaa-0000-4000-8000-000000000000"
    folder = warehouse.begin(place, run_id)
    results = pl.DataFrame([RESULT | change for change in changes])
    columns = ["indicator", "policy_id", "purpose", "first_school_year", "last_school_year", "minimum"]
    minimums = pl.DataFrame(MINIMUMS, schema=columns, orient="row")
    with duckdb.connect(str(folder / warehouse.FILE)) as connection:
        connection.execute("create schema marts")
        connection.register("results", results)
        connection.register("minimums", minimums)
        connection.execute("create table marts.fct_indicator_results as from results")
        connection.execute("create table marts.dim_minimum_n as from minimums")
    outcome = dg.materialize([disclosure_mask], run_config={}, raise_on_error=False)
    return outcome, folder


@pytest.fixture(autouse=True)
def same_run(monkeypatch):
    """Let the asset find the build that the test began: a repeat of a run continues the build of its parent."""
    resume = warehouse.resume
    monkeypatch.setattr(warehouse, "resume", lambda place, *_: resume(place, "aaaaaaaa"))


def hidden(folder):
    return pl.read_parquet(folder / warehouse.MASK)


def test_the_mask_holds_the_key_of_small_groups_with_the_reason(place):
    outcome, folder = hide(place, {"student_count": 9}, {"student_count": 10, "entity_id": "0002"})
    assert outcome.success
    mask = hidden(folder)
    assert mask.columns == [*KEYS, "mask_reason"]
    assert mask.select("entity_id", "mask_reason").rows() == [("0001", "minimum_n")]


def test_the_minimum_is_that_of_the_policy_and_the_year_and_of_publication(place):
    _, folder = hide(
        place,
        {"school_year": 2024, "student_count": 5, "entity_id": "shown"},
        {"school_year": 2025, "student_count": 5, "entity_id": "hidden"},
        {"school_year": 2025, "student_count": 15, "entity_id": "shown too"},
        {"school_year": 1986, "policy_id": "historical_sample", "student_count": 29, "entity_id": "hidden too"},
    )
    assert hidden(folder)["entity_id"].to_list() == ["hidden too", "hidden"]


def test_a_year_without_a_minimum_stops_the_run_instead_of_showing_everything(place):
    outcome, folder = hide(place, {"school_year": 2010, "student_count": 3})
    assert not outcome.success
    assert not (folder / warehouse.MASK).exists()


def test_a_number_whose_students_are_not_counted_is_hidden_and_a_reason_is_not(place):
    _, folder = hide(
        place,
        {"student_count": None, "entity_id": "number"},
        {"student_count": None, "entity_id": "reason", "value_status": "not_reported"},
        {"student_count": 0, "entity_id": "nobody", "value_status": "no_students"},
    )
    assert hidden(folder)["entity_id"].to_list() == ["number"]


def test_when_nothing_is_hidden_the_mask_is_an_empty_table_of_the_same_columns(place):
    _, folder = hide(place, {})
    assert hidden(folder).shape == (0, len(KEYS) + 1)


def test_the_metadata_tells_counts_only(place):
    outcome, _ = hide(place, {"student_count": 9}, {"entity_id": "0002"})
    (event,) = outcome.get_asset_materialization_events()
    assert {name: value.value for name, value in event.materialization.metadata.items()} == {"cells": 2, "hidden": 1}
