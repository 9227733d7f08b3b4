"""How the command line runs a job: the same job as in Dagster's UI, in this process, on the same records.

What Dagster writes to the screen goes to the log of the home instead; what the person should see comes back as progress
and as an outcome.
"""

import contextlib
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import dagster as dg

from orchestration import progress
from orchestration.settings import Home

Listener = Callable[[str, progress.Progress | None], None]


@dataclass(frozen=True)
class Outcome:
    """How a run ended: with the sentences of the steps that failed, and whether a blocking check stopped it."""

    success: bool
    failures: tuple[str, ...]
    stopped_by_check: bool


def execute(
    place: Home, job: str, on_progress: Listener, *, partition: str | None = None, config: Any = None
) -> Outcome:
    """Run a job of the house and wait for its end; `on_progress` takes the step and how far it is."""
    from orchestration.definitions import defs

    run_id = str(uuid.uuid4())
    with (
        dg.DagsterInstance.get() as instance,
        place.log.open("a") as log,
        contextlib.redirect_stdout(log),
        contextlib.redirect_stderr(log),
    ):
        close_dead_runs(instance)
        if partition:
            instance.add_dynamic_partitions("school_year", [partition])
        instance.add_event_listener(run_id, _listener(on_progress))
        result = defs.resolve_job_def(job).execute_in_process(
            run_config=config, instance=instance, partition_key=partition, raise_on_error=False, run_id=run_id
        )
    failed = [event.step_failure_data for event in result.all_events if event.is_step_failure]
    if any(data.error.cls_name in ("DagsterExecutionInterruptedError", "KeyboardInterrupt") for data in failed):
        raise KeyboardInterrupt
    told = tuple(data.user_failure_data.description for data in failed if data.user_failure_data)
    return Outcome(result.success, told, any("AssetCheckFailed" in (data.error.cls_name or "") for data in failed))


def close_dead_runs(instance: dg.DagsterInstance) -> None:
    """Mark the runs that were killed as failed, for a run thought to be going on holds up the queue.

    Only for a process that holds the home: then no other run can be alive in it.
    """
    alive = dg.RunsFilter(statuses=[dg.DagsterRunStatus.STARTING, dg.DagsterRunStatus.STARTED])
    for run in instance.get_runs(alive):
        instance.report_run_failed(run, "The process of this run ended before the run did.")


def _listener(on_progress: Listener) -> Callable[[dg.EventLogEntry], None]:
    def listen(entry: dg.EventLogEntry) -> None:
        event = entry.dagster_event
        if event is None:
            told = progress.read(entry.user_message)
            if told:
                on_progress(entry.step_key, told)
        elif event.event_type_value == "STEP_START":
            on_progress(event.step_key, None)

    return listen
