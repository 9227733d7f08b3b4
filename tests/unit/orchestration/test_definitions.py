"""The definitions: they load quickly and read no data, and every asset has its stage as first part and as group."""

import json
import subprocess
import sys

import dagster as dg
import pytest

from orchestration import settings
from orchestration.definitions import defs
from orchestration.defs import build

STAGES = {
    "received",
    "accepted",
    "reference",
    "staging",
    "intermediate",
    "estimates",
    "growth",
    "indicators",
    "marts",
    "disclosure",
    "publication",
    "reports",
}
LOAD = """
import json, sys, time
import dagster as dg
from orchestration.definitions import defs
dg.Definitions.validate_loadable(defs)
print(json.dumps({"seconds": time.process_time(), "gx": "great_expectations" in sys.modules}))
"""


@pytest.fixture(scope="module")
def graph():
    return defs.resolve_asset_graph()


def test_they_load_in_seconds_without_great_expectations_and_write_no_home(tmp_path):
    env = {"PATH": "", "WAYMARK_HOME": str(tmp_path / "home")}
    done = subprocess.run([sys.executable, "-c", LOAD], env=env, cwd=settings.ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout.splitlines()[-1])
    assert told["seconds"] < 10
    assert not told["gx"]
    assert not (tmp_path / "home").exists()


def test_every_asset_is_named_stage_and_name_and_grouped_by_its_stage(graph):
    for key in graph.get_all_asset_keys():
        assert len(key.path) == 2, key
        assert key.path[0] in STAGES, key
        assert graph.get(key).group_name == key.path[0], key
    assert {key.path[0] for key in graph.get_all_asset_keys()} == STAGES


def test_the_accepted_collections_are_the_sources_of_staging(graph):
    assert dg.AssetKey(["accepted", "assessment"]) in graph.get(dg.AssetKey(["staging", "stg_assessment"])).parent_keys


def test_the_mask_stands_between_the_results_and_what_is_published(graph):
    mask = dg.AssetKey(["disclosure", "disclosure_mask"])
    assert dg.AssetKey(["marts", "fct_indicator_disclosure"]) in graph.get(mask).parent_keys
    assert mask in graph.get(dg.AssetKey(["publication", "pub_indicator_results"])).parent_keys


def test_the_build_goes_from_staging_to_publication_and_publishes_nothing():
    stages = {key.path[0] for key in defs.resolve_job_def("build").asset_layer.executable_asset_keys}
    assert stages == STAGES - {"received", "accepted", "reports"}


def test_dbt_builds_in_three_steps_between_which_methods_compute(graph):
    steps = list(defs.resolve_job_def("build").graph.node_dict)
    assert {"foundation", "growth", "tables", "disclosure__disclosure_mask", "publication"} <= set(steps)
    computed = dg.AssetKey(["growth", "percentile"])
    assert dg.AssetKey(["intermediate", "int_growth_records"]) in graph.get(computed).parent_keys
    assert not any(key.path[0] in ("staging", "intermediate") for key in graph.get(computed).child_keys)


def test_only_a_run_of_every_table_starts_without_the_current_warehouse():
    whole = defs.resolve_job_def("build")
    assert build.makes_all_tables(whole)
    growth, mart = dg.AssetKey(["growth", "median"]), dg.AssetKey(["marts", "dim_growth_cohort"])
    for chosen in ({growth}, {growth, mart}, build.foundation.keys | {mart}):
        assert not build.makes_all_tables(whole.get_subset(asset_selection=chosen))


def test_only_the_door_is_partitioned_and_by_school_year(graph):
    partitioned = {key.path[0] for key in graph.get_all_asset_keys() if graph.get(key).is_partitioned}
    assert partitioned == {"accepted"}
    assert graph.get(dg.AssetKey(["accepted", "school"])).partitions_def == dg.DynamicPartitionsDefinition(
        name="school_year"
    )


def test_tests_of_dbt_are_checks_of_their_asset(graph):
    keys = graph.asset_check_keys
    assert any(key.asset_key.path[0] == "publication" for key in keys)
    assert dg.AssetCheckKey(dg.AssetKey(["accepted", "student"]), "rows_reconcile") in keys


def test_the_workspace_file_names_these_definitions(checkout):
    assert "python_module: orchestration.definitions" in (checkout / "workspace.yaml").read_text()
