"""An estimate: one line is one asset, which reads one table of the build and writes one file with its columns."""

import dagster as dg
import duckdb
import numpy as np
import polars as pl
import pytest

from orchestration import settings, warehouse
from orchestration.defs.estimates import Estimate, asset_of

SCHEMA = {"entity_id": pl.String, "spread": pl.Float64, "units": pl.Int32}


def spread(columns):
    names, place = np.unique(columns["entity_id"], return_inverse=True)
    return {
        "units": np.bincount(place),
        "entity_id": names,
        "spread": [np.std(columns["score"][place == one]) for one in range(names.size)],
    }


def broken(columns):
    raise ValueError(f"cannot work with {columns['score']}")


def estimate(place, rows, method=spread):
    settings.enter(place)
    folder = warehouse.begin(place, "aaaaaaaa-0000-4000-8000-000000000000")
    with duckdb.connect(str(folder / warehouse.FILE)) as connection:
        connection.register("rows", rows)
        connection.execute("create schema intermediate; create table intermediate.int_scores as from rows")
    asset = asset_of(Estimate("spread", "intermediate.int_scores", method, SCHEMA, "How far scores lie apart."))
    return asset, dg.materialize([asset], raise_on_error=False), folder / "estimates_spread.parquet"


@pytest.fixture(autouse=True)
def same_run(monkeypatch):
    """Let the asset find the build that the test began: a repeat of a run continues the build of its parent."""
    resume = warehouse.resume
    monkeypatch.setattr(warehouse, "resume", lambda place, *_: resume(place, "aaaaaaaa"))


ROWS = pl.DataFrame({"entity_id": ["b", "a", "a"], "score": [5.0, 1.0, 3.0]})


def test_the_file_has_the_columns_of_the_schema_in_their_order_and_types(place):
    _, outcome, file = estimate(place, ROWS)
    assert outcome.success
    found = pl.read_parquet(file)
    assert found.schema == pl.Schema(SCHEMA)
    assert found.rows() == [("a", 1.0, 2), ("b", 0.0, 1)]


def test_any_order_of_rows_in_the_table_gives_the_same_bytes(place, tmp_path):
    files = [estimate(place, rows)[2].read_bytes() for rows in (ROWS, ROWS.reverse())]
    assert files[0] == files[1]


def test_an_empty_table_gives_an_empty_file_that_dbt_can_read(place):
    _, outcome, file = estimate(place, ROWS.clear(), broken)
    assert outcome.success
    assert pl.read_parquet(file).schema == pl.Schema(SCHEMA)


def test_the_asset_follows_its_table_and_tells_counts_and_a_checksum(place):
    asset, outcome, _ = estimate(place, ROWS)
    assert asset.keys == {dg.AssetKey(["estimates", "spread"])}
    assert asset.dependency_keys == {dg.AssetKey(["intermediate", "int_scores"])}
    (event,) = outcome.get_asset_materialization_events()
    told = {name: value.value for name, value in event.materialization.metadata.items()}
    assert (told["rows"], told["rows_read"], len(told["sha256"])) == (2, 3, 64)


def test_a_method_that_breaks_stops_the_run_and_its_message_goes_nowhere(place):
    _, outcome, file = estimate(place, ROWS, broken)
    assert not outcome.success
    (failure,) = [event.step_failure_data for event in outcome.all_events if event.is_step_failure]
    assert "cannot work" not in failure.user_failure_data.description
    assert not file.exists()
