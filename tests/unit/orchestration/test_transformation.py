"""How dbt is called: its nodes become events of their assets, and its failures are named without a value of a table."""

import subprocess
import sys
import time
from pathlib import Path

import dagster as dg
import pytest
from dagster_dbt import dbt_assets

from orchestration import settings, transformation
from orchestration.work import at_work

PROJECT = {
    "records.csv": "value\nAdams-0417\n",
    "dbt_project.yml": "{name: tiny, version: 1.0.0, config-version: 2, profile: tiny, models: {+materialized: table}}",
    "profiles.yml": "tiny: {target: t, outputs: {t: {type: duckdb, path: \"{{ env_var('WAYMARK_WAREHOUSE') }}\"}}}",
    "models/staging/stg_good.sql": "select 1 as student_id union all select 1",
    "models/marts/fct_good.sql": "select 1 as student_id union all select 1",
    "models/staging/stg_cast.sql": "select cast(value as integer) as score from '{{ env_var(\"RECORDS\") }}'",
    "models/staging/stg_name.sql": "select no_such_column from (select 1 as student_id)",
    "models/marts/fct_after.sql": "select score from {{ ref('stg_cast') }}",
    "models/staging/staging.yml": "{models: [{name: stg_good, columns: [{name: student_id, data_tests: [unique]}]}]}",
    "models/marts/marts.yml": "{models: [{name: fct_good, columns: [{name: student_id, data_tests: [unique]}]}]}",
}


@pytest.fixture(scope="module")
def tried(tmp_path_factory):
    """A run of a project of which one node holds, one test fails and two models break."""
    project = tmp_path_factory.mktemp("project")
    place = settings.Home(tmp_path_factory.mktemp("home"))
    for name, text in PROJECT.items():
        (project / name).parent.mkdir(parents=True, exist_ok=True)
        (project / name).write_text(text)
    with pytest.MonkeyPatch.context() as patch:
        for name, value in settings.environment(place).items():
            patch.setenv(name, value)
        patch.setenv("WAYMARK_WAREHOUSE", "tiny.duckdb")
        patch.setenv("RECORDS", str(project / "records.csv"))
        patch.setenv("DBT_PROJECT_DIR", str(project))
        patch.setenv("DBT_PROFILES_DIR", str(project))
        patch.setattr(settings, "environment", lambda _: {})
        patch.setattr(settings, "DBT_PROJECT", project)
        subprocess.run([*settings.DBT, "parse", "--quiet"], check=True)

        @dbt_assets(manifest=project / "target" / "manifest.json", dagster_dbt_translator=transformation.Stages())
        def tiny(context: dg.AssetExecutionContext, dbt: transformation.Dbt):
            with at_work("The build") as home:
                yield from transformation.build(context, dbt, home.root)

        with dg.DagsterInstance.ephemeral() as instance:
            dbt = transformation.resource()
            result = dg.materialize([tiny], instance=instance, resources={"dbt": dbt}, raise_on_error=False)
            yield result, [str(entry) for entry in instance.all_logs(result.run_id)], place
    settings.release(place)


def test_a_node_that_holds_is_an_event_of_the_asset_of_its_stage(tried):
    result, _, _ = tried
    made = [event.asset_key.path for event in result.get_asset_materialization_events()]
    assert sorted(made) == [["marts", "fct_good"], ["staging", "stg_good"]]


def test_a_test_of_the_last_stages_that_fails_is_a_failed_check_of_its_asset(tried):
    result, _, _ = tried
    (check,) = result.get_asset_check_evaluations()
    assert (check.asset_key.path, check.check_name, check.passed) == (
        ["marts", "fct_good"],
        "unique_fct_good_student_id",
        False,
    )


def test_the_failure_names_every_node_that_failed_and_what_kind_of_failure_it_was(tried):
    result, _, _ = tried
    assert not result.success
    (failure,) = [event.step_failure_data for event in result.all_events if event.is_step_failure]
    lines = failure.user_failure_data.description.splitlines()
    assert lines[0] == "dbt did not finish the build."
    assert "model.tiny.stg_cast: Conversion Error" in lines
    for model in ("stg_good", "fct_good"):
        assert any(line.startswith(f"test.tiny.unique_{model}_student_id") and "1 row " in line for line in lines)
    assert any(line.startswith("model.tiny.stg_name: ") and "no_such_column" in line for line in lines)
    assert not any("fct_after" in line for line in lines)


def test_progress_is_told_up_to_the_last_node(tried):
    _, log, _ = tried
    assert any("7 of 7 dbt nodes" in entry for entry in log)


def test_no_value_of_a_table_reaches_dagster_or_a_file(tried):
    _, log, place = tried
    assert not [entry for entry in log if "Adams" in entry]
    files = [path for path in place.root.rglob("*") if path.is_file()]
    assert any("compiled" in path.parts for path in files)
    assert not [path for path in files if b"Adams-0417" in path.read_bytes()]


CHILD = """
import os
from orchestration.dbt_process import end_with
print(os.getpid(), flush=True)
end_with(os.getppid())
"""
RUN = """
import subprocess, sys
child = subprocess.Popen([sys.executable, "-c", sys.argv[1]], stdout=subprocess.PIPE)
print(child.stdout.readline().decode())
"""


@pytest.mark.skipif(not Path("/proc").is_dir(), reason="this system does not list its processes in /proc")
def test_dbt_ends_when_the_run_that_started_it_is_gone():
    run = subprocess.run([sys.executable, "-c", RUN, CHILD], capture_output=True, check=True, text=True)
    process = Path("/proc", str(int(run.stdout)), "cmdline")
    last = time.monotonic() + 10
    while process.exists() and process.read_bytes() and time.monotonic() < last:
        time.sleep(0.1)
    assert time.monotonic() < last


def test_dbt_is_not_asked_for_its_version_over_the_network(monkeypatch):
    monkeypatch.setattr(subprocess, "check_output", lambda *_, **__: pytest.fail("dbt --version asks the network"))
    assert str(transformation.resource()._cli_version).startswith("1.11")


DEBUG = """
from orchestration.dbt_process import say_no_debug
from dbt_common.events.base_types import EventLevel
from dbt_common.events.event_manager import EventManager
from dbt.adapters.events.types import SQLQuery
from dbt_common.events.types import Note
say_no_debug()
manager, heard = EventManager(), []
manager.callbacks.append(lambda message: heard.append(message.info.msg))
manager.fire_event(SQLQuery(conn_name="waymark", sql="select 1", node_info={}))
manager.fire_event(Note(msg="quiet"), level=EventLevel.DEBUG)
manager.fire_event(Note(msg="of interest"), level=EventLevel.INFO)
manager.fire_event(Note(msg="grave"), level=EventLevel.ERROR)
print(heard)
"""


def test_dbt_says_nothing_of_the_debug_level():
    said = subprocess.run([sys.executable, "-c", DEBUG], capture_output=True, check=True, text=True)
    assert said.stdout.strip() == "['of interest', 'grave']"
