"""Publication: the release gate, then the release with its pages. Nothing is published by the run that computes it.

What must hold is said in `expectations`, what is shown in `reports`; here the current build meets both.
"""

import json
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import dagster as dg
import duckdb
import polars as pl

from expectations.releases.publication import check_release
from orchestration import progress, settings, warehouse
from orchestration.work import at_work
from reports.handover import hand_over
from reports.release import Dossier, current_release, publish_release
from submissions.store import write_atomically

if TYPE_CHECKING:
    import pandas as pd

GATE = dg.AssetKey(["reports", "release_gate"])
RESULTS = dg.AssetKey(["publication", "pub_indicator_results"])
MINIMUM = "select min(minimum) from reference.policy_minimum_n where purpose = 'publication'"
UNITS = "select concat(indicator, '/', measure), unit from publication.pub_measures"
ERRORS, WARNINGS = (
    dg.AssetCheckSpec("no_error", asset=GATE, blocking=True, description="Every promise of a release holds."),
    dg.AssetCheckSpec("no_warning", asset=GATE, description="Nothing in the release looks unusual."),
)


@dg.asset(key=GATE, deps=[RESULTS], group_name="reports", check_specs=[ERRORS, WARNINGS])
def release_gate(context: dg.AssetExecutionContext) -> dg.MaterializeResult:
    """Test the results of the current build against every promise that a release makes."""
    with at_work("The release gate") as place:
        folder = warehouse.current(place)
        with duckdb.connect(str(folder / warehouse.FILE), read_only=True) as connection:
            frame = connection.execute("select * from publication.pub_indicator_results").df()
            minimum = connection.execute(MINIMUM).fetchone()[0]
            units = dict(connection.execute(UNITS).fetchall())
        results = check_release(frame, minimum, units, _released_before(place))
        with write_atomically(folder / warehouse.GATE) as part:
            part.write_text(json.dumps(results, indent=2) + "\n")
        return dg.MaterializeResult(metadata={"build": folder.name}, check_results=list(_verdicts(results)))


@dg.asset(key=["reports", "release"], deps=[GATE], group_name="reports")
def release(context: dg.AssetExecutionContext) -> dg.MaterializeResult:
    """The data files, pages and methodology that readers see, from the current build."""
    with at_work("The release") as place:
        folder = warehouse.current(place)
        results, tell = _passed(folder), progress.teller(context, "pages")
        with tempfile.TemporaryDirectory(prefix=".handed-over-", dir=folder) as aside:
            handed = hand_over(folder / warehouse.FILE, settings.INDICATORS, Path(aside))
            made = publish_release(handed, place.releases, Dossier(gate_results=results), on_progress=tell)
        return dg.MaterializeResult(metadata={"version": made.name, "site": str(made / "site" / "index.html")})


def _released_before(place: settings.Home) -> "pd.DataFrame | None":
    release = current_release(place.releases)
    return release and pl.read_parquet(release / "data" / "values.parquet").drop("release").to_pandas()


def broken(results: list[dict], severity: str) -> list[str]:
    """List the promises of this severity that do not hold, with what was observed."""
    failed = [result for result in results if not result["success"] and result["severity"] == severity]
    return [f"{result['title']} ({result['observed']})" for result in failed]


def _verdicts(results: list[dict]) -> Iterator[dg.AssetCheckResult]:
    for check, severity, grave in (
        ("no_error", "error", dg.AssetCheckSeverity.ERROR),
        ("no_warning", "warning", dg.AssetCheckSeverity.WARN),
    ):
        found = broken(results, severity)
        yield dg.AssetCheckResult(check_name=check, passed=not found, severity=grave, metadata={"broken": found})


def _passed(folder: Path) -> list[dict]:
    """Give the gate's results for this build, or refuse: no road leads around the gate."""
    noted = folder / warehouse.GATE
    results = json.loads(noted.read_text()) if noted.exists() else []
    if not results or broken(results, "error"):
        raise settings.CannotRunError("The current build has not passed the release gate. Run `waymark publish`.")
    return results


publish = dg.define_asset_job("publish", selection=dg.AssetSelection.assets(release_gate, release))
