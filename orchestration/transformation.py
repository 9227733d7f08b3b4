"""How dbt is called: which asset each of its nodes is, and what of its words goes further.

No asset is defined here, and no SQL. dbt's output is read and not passed on, because a failed node can quote rows.
"""

import contextlib
import importlib.metadata
import io
from collections.abc import Iterator, Mapping
from functools import cached_property
from pathlib import Path
from typing import Any

import dagster as dg
from dagster_dbt import DagsterDbtTranslator, DbtCliResource
from packaging.version import Version

from orchestration import progress, settings
from orchestration.work import without_values

FINISHED = {"LogModelResult", "LogSeedResult", "LogTestResult", "SkippingDetails"}


CHECKED = ("marts", "publication")


class Stages(DagsterDbtTranslator):
    """Name every node [stage, name] and group it by stage.

    Tests of the last stages are shown as asset checks. All the others run too and stop the build as those do, but an
    event for each of a thousand tests would take longer than the tests.
    """

    def get_asset_key(self, dbt_resource_props: Mapping[str, Any]) -> dg.AssetKey:
        return dg.AssetKey([_stage(dbt_resource_props), dbt_resource_props["name"]])

    def get_group_name(self, dbt_resource_props: Mapping[str, Any]) -> str:
        return _stage(dbt_resource_props)

    def get_asset_check_spec(self, asset_spec: dg.AssetSpec, *about: Any, **more: Any) -> dg.AssetCheckSpec | None:
        is_checked = asset_spec.key.path[0] in CHECKED
        return super().get_asset_check_spec(asset_spec, *about, **more) if is_checked else None


def _stage(node: Mapping[str, Any]) -> str:
    if node["resource_type"] == "source":
        return node["source_name"]
    return "reference" if node["resource_type"] == "seed" else node["fqn"][1]


class Dbt(DbtCliResource):
    """Run dbt without asking the network for its newest version and without a second connection to the warehouse."""

    @cached_property
    def _cli_version(self) -> Version:
        return Version(importlib.metadata.version("dbt-core"))

    def _initialize_dbt_core_adapter(self, args: Any) -> None:
        return None


def resource() -> Dbt:
    """Give dbt as it stands beside this Python, for the project of this checkout; it keeps no log and no results."""
    python, *module = settings.DBT
    return Dbt(
        project_dir=str(settings.DBT_PROJECT),
        profiles_dir=str(settings.DBT_PROJECT),
        dbt_executable=python,
        global_config_flags=[*module, "--log-level-file", "none", "--no-write-json"],
    )


def build(context: dg.AssetExecutionContext, dbt: Dbt, folder: Path) -> Iterator[Any]:
    """Build the nodes asked for in the build folder and pass on their Dagster events; name the nodes that failed."""
    target = folder / "dbt" / context.op_execution_context.op.name
    # Unit tests speak of the code, not of the data; `make test` runs them.
    arguments = ["build", "--exclude-resource-type", "unit_test"]
    invocation = dbt.cli(arguments, context=context, raise_on_error=False, target_path=target)
    manifest, translator = invocation.manifest, invocation.dagster_dbt_translator
    tell, done, total, failed = progress.teller(context, "dbt nodes"), 0, 0, {}
    for event in _unheard(invocation.stream_raw_events()):
        name, data = event.raw_event["info"]["name"], event.raw_event["data"]
        total = max(total, data.get("total") or 0)
        if name in FINISHED:
            done += 1
            tell(done, max(done, total))
        node = data.get("node_info", {}).get("unique_id", "dbt")
        if name == "LogTestResult" and data["status"] == "fail":
            failed[node] = f"{data['num_failures']} {'row breaks' if data['num_failures'] == 1 else 'rows break'} it"
        elif name in ("RunResultError", "MainEncounteredError"):
            failed.setdefault(node, without_values(str(event)))
        if not _is_unchecked_test(manifest, node):
            found = event.to_default_asset_events(manifest, translator, context, target)
            yield from (told for told in found if not isinstance(told, dg.AssetObservation))
    if failed or not invocation.is_successful():
        sentences = [f"{node}: {reason}" for node, reason in sorted(failed.items())]
        raise dg.Failure("\n".join(["dbt did not finish the build.", *sentences]), allow_retries=False)


def _is_unchecked_test(manifest: Mapping[str, Any], node: str) -> bool:
    test = manifest["nodes"].get(node, {})
    subject = manifest["nodes"].get(test.get("attached_node"))
    return test.get("resource_type") == "test" and (subject is None or _stage(subject) not in CHECKED)


def _unheard(events: Iterator[Any]) -> Iterator[Any]:
    while True:
        with contextlib.redirect_stdout(io.StringIO()):
            event = next(events, None)
        if event is None:
            return
        yield event
