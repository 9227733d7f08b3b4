"""How the command line runs a job: on the records that Dagster's pages show, with its words kept off the screen."""

import queue

import dagster as dg
import pytest

from orchestration import definitions, progress, runs, settings
from orchestration.work import at_work

YEARS = dg.DynamicPartitionsDefinition(name="school_year")


@dg.asset(partitions_def=YEARS)
def told(context: dg.AssetExecutionContext):
    tell = progress.teller(context, "districts")
    print("a word of dbt")
    for done in range(3):
        tell(done + 1, 3)


@dg.asset
def broken():
    with at_work("The build"):
        raise ValueError("0000000417")


@dg.asset(check_specs=[dg.AssetCheckSpec("no_error", asset="gate", blocking=True)])
def gate():
    return dg.MaterializeResult(check_results=[dg.AssetCheckResult(passed=False, check_name="no_error")])


@dg.asset
def stopped():
    raise KeyboardInterrupt


@pytest.fixture
def execute(place, monkeypatch):
    """Run a small job by name, and give its outcome and what was told on the way."""
    settings.enter(place)
    assets = [told, broken, gate, stopped]
    jobs = [dg.define_asset_job(f"{asset.key.path[0]}_job", selection=[asset]) for asset in assets]
    monkeypatch.setattr(definitions, "defs", dg.Definitions(assets, jobs=jobs, executor=dg.in_process_executor))

    def run(name, **arguments):
        steps = []
        outcome = runs.execute(place, f"{name}_job", lambda *step: steps.append(step), **arguments)
        return outcome, steps

    return run


def statuses():
    with dg.DagsterInstance.get() as instance:
        return [(run.job_name, run.status.value) for run in instance.get_runs()]


def test_a_run_tells_its_steps_and_stands_in_the_records_of_the_home(execute, place, capfd):
    outcome, steps = execute("told", partition="1986")
    assert outcome == runs.Outcome(True, (), False)
    assert steps[0] == ("told", None)
    assert steps[-1] == ("told", progress.Progress(3, 3, "districts"))
    assert statuses() == [("told_job", "SUCCESS")]
    assert capfd.readouterr() == ("", "")
    assert "a word of dbt" in place.log.read_text()
    assert place.log.stat().st_mode & 0o077 == 0


def test_a_failed_run_gives_its_sentence_and_keeps_the_value_out_of_the_log(execute, place):
    outcome, _ = execute("broken")
    assert not outcome.success
    assert outcome.failures[0].startswith("The build broke: ValueError at ")
    assert not outcome.stopped_by_check
    assert "0000000417" not in place.log.read_text()


def test_a_blocking_check_is_told_apart_from_a_failure(execute):
    outcome, _ = execute("gate")
    assert (outcome.success, outcome.stopped_by_check) == (False, True)


def test_a_run_that_is_interrupted_is_not_told_as_a_failure(execute):
    with pytest.raises(KeyboardInterrupt):
        execute("stopped")


def test_a_run_whose_process_was_killed_does_not_hold_up_the_queue(execute):
    with dg.DagsterInstance.get() as instance:
        job = definitions.defs.resolve_job_def("gate_job")
        dead = instance.create_run_for_job(job, status=dg.DagsterRunStatus.STARTED)
    execute("told", partition="1986")
    with dg.DagsterInstance.get() as instance:
        assert instance.get_run_by_id(dead.run_id).status == dg.DagsterRunStatus.FAILURE


def test_who_watches_a_run_from_another_process_hears_of_its_events_at_once(place):
    settings.enter(place)
    heard = queue.SimpleQueue()
    with dg.DagsterInstance.get() as console, dg.DagsterInstance.get() as at_work:
        console.event_log_storage.watch("a-run", None, lambda event, cursor: heard.put(event.dagster_event.message))
        for said in ("1 of 2 districts", "2 of 2 districts"):
            at_work.report_engine_event(said, job_name="intake", run_id="a-run")
            assert heard.get(timeout=5) == said
        at_work.report_engine_event("another", job_name="intake", run_id="b-run")
        assert [event.dagster_event.message for event in console.all_logs("b-run")] == ["another"]
