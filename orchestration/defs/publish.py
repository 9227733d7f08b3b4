"""Publication: the release gate, then the release with its pages. Nothing is published by the run that computes it.

Both are thin: what is tested and what goes into a release is said in `orchestration.gate`.
"""

from collections.abc import Iterator

import dagster as dg

from expectations.releases.checklist import Result, broken
from orchestration import gate, progress, warehouse
from orchestration.work import at_work
from reports.release import publish_release

GATE = dg.AssetKey(["reports", "release_gate"])
RESULTS = dg.AssetKey(["publication", "pub_indicator_results"])
ERRORS, WARNINGS = (
    dg.AssetCheckSpec("no_error", asset=GATE, blocking=True, description="Every promise of a release holds."),
    dg.AssetCheckSpec(
        "no_open_warning",
        asset=GATE,
        blocking=True,
        description="Whatever looks unusual has been acknowledged by name.",
    ),
)


@dg.asset(key=GATE, deps=[RESULTS], group_name="reports", check_specs=[ERRORS, WARNINGS])
def release_gate(context: dg.AssetExecutionContext) -> dg.MaterializeResult:
    """Test what the current build hands over against every promise that a release makes."""
    with at_work("The release gate") as place:
        folder = warehouse.current(place)
        results = gate.test(place, folder)
        return dg.MaterializeResult(metadata={"build": folder.name}, check_results=list(_verdicts(results)))


@dg.asset(key=["reports", "release"], deps=[GATE], group_name="reports")
def release(context: dg.AssetExecutionContext) -> dg.MaterializeResult:
    """The data files, pages and methodology that readers see, from what the current build handed over."""
    with at_work("The release") as place:
        folder = warehouse.current(place)
        dossier, tell = gate.dossier(place, folder), progress.teller(context, "pages")
        made = publish_release(folder / gate.HANDED_OVER, place.releases, dossier, on_progress=tell)
        gate.record(place, made)
        return dg.MaterializeResult(metadata={"version": made.name, "site": str(made / "site" / "index.html")})


def _verdicts(results: list[Result]) -> Iterator[dg.AssetCheckResult]:
    for check, severity in (("no_error", "error"), ("no_open_warning", "warning")):
        found = [f"{one['title']} ({one['observed']})" for one in broken(results, severity)]
        passed = bool(results) and not found
        yield dg.AssetCheckResult(
            check_name=check, passed=passed, severity=dg.AssetCheckSeverity.ERROR, metadata={"broken": found}
        )


publish = dg.define_asset_job("publish", selection=dg.AssetSelection.assets(release_gate, release))
