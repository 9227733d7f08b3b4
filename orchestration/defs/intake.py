"""The door: every changed district of a school year is screened in one step; its rows become the accepted collections.

Screening itself belongs to `submissions`. Districts are data, not partitions; a refused one is a result, not a failure.
A collection that no district has sent in the year is passed over: most states collect a part of the standard.
"""

from collections.abc import Iterator

import dagster as dg
import polars as pl
from pydantic import Field

from expectations.collections import CONTRACTS
from orchestration import progress
from orchestration.work import at_work
from submissions import screening
from submissions.store import Store

SCHOOL_YEARS = dg.DynamicPartitionsDefinition(name="school_year")
SUBMISSIONS = dg.AssetKey(["received", "submissions"])
MANIFEST = dg.AssetKey(["accepted", "manifest"])
STATE_TEAM = dg.AssetKey(["reports", "state_team"])
COUNTS = (
    "rows_received",
    "rows_accepted",
    "rows_quarantined",
    "rows_not_applicable",
    "must_fix",
    "explain",
    "information",
)

# Check -> what it promises, the total that must be zero, and how grave a breach is.
CHECKS = {
    "rows_reconcile": (
        "Every row received is accepted, in quarantine, or not applicable to the collection.",
        "files_that_do_not_reconcile",
        dg.AssetCheckSeverity.ERROR,
    ),
    "must_fix": ("No record has a finding that must be fixed.", "must_fix", dg.AssetCheckSeverity.WARN),
    "explain": ("No record has a finding that needs an explanation.", "explain", dg.AssetCheckSeverity.WARN),
}

submissions_received = dg.AssetSpec(
    SUBMISSIONS,
    group_name="received",
    description="What districts sent, by hash, with the ledger of what happened to it. Written by `waymark receive`.",
)


class IntakeConfig(dg.Config):
    """Which districts to screen again though nothing of theirs has changed."""

    districts: list[str] = Field(default_factory=list, description="Empty: only districts that have changed.")


def _specs() -> list[dg.AssetSpec]:
    described = {name: contract.description for name, contract in CONTRACTS.items()}
    described["manifest"] = "What became of every file: rows, records and findings. Written whatever was sent."
    return [
        dg.AssetSpec(["accepted", name], deps=[SUBMISSIONS], group_name="accepted", description=description)
        for name, description in described.items()
    ]


def _check_specs() -> list[dg.AssetCheckSpec]:
    return [
        dg.AssetCheckSpec(check, asset=["accepted", name], description=promise, blocking=check == "rows_reconcile")
        for name in CONTRACTS
        for check, (promise, _, _) in CHECKS.items()
    ]


@dg.multi_asset(
    name="door",
    specs=_specs(),
    check_specs=_check_specs(),
    partitions_def=SCHOOL_YEARS,
    backfill_policy=dg.BackfillPolicy.single_run(),
    can_subset=True,
)
def door(context: dg.AssetExecutionContext, config: IntakeConfig) -> Iterator[dg.MaterializeResult]:
    """Screen the changed districts of a school year and report totals, never a student."""
    with at_work("The door") as place:
        tell = progress.teller(context, "districts")
        years = [int(key) for key in context.partition_keys]
        done = [screening.screen(place.store, year, config.districts, tell) for year in years]
        manifest = pl.concat(screened.manifest for screened in done)
        for sentence in {one.waivers_not_read for one in done} - {None}:
            context.log.warning(sentence)
        districts = _districts(done, manifest) | {
            "manifest": [str(place.store.manifest / f"{y}.parquet") for y in years]
        }
        for name in _arrived(place.store, years, manifest):
            found = totals(manifest, name)
            judged = [_judge(name, check, found) for check in CHECKS]
            yield dg.MaterializeResult(["accepted", name], metadata=found | districts, check_results=judged)
        yield dg.MaterializeResult(MANIFEST, metadata=districts)


def _arrived(store: Store, years: list[int], manifest: pl.DataFrame) -> list[str]:
    """Name the collections that districts have sent in these years, now or before."""
    now = set(manifest["collection"])
    return [
        name for name in CONTRACTS if name in now or any((store.accepted / name / str(year)).is_dir() for year in years)
    ]


def totals(manifest: pl.DataFrame, collection: str) -> dict[str, int]:
    """Add up what the manifest says of one collection over the submissions that were accepted."""
    files = manifest.filter(pl.col("collection") == collection, pl.col("status") == "accepted")
    kept = pl.sum_horizontal("rows_accepted", "rows_quarantined", "rows_not_applicable")
    counts = {name: int(files[name].sum()) for name in COUNTS}
    return counts | {"files_that_do_not_reconcile": files.filter(kept != pl.col("rows_received")).height}


def accounts(store: Store) -> tuple[dict[str, dict[str, int]], list[tuple[int, str, str]]]:
    """Give the totals of every collection over all school years, and the refused districts with the reason."""
    manifest = pl.read_parquet(store.manifest / "*.parquet")
    refused = manifest.filter(pl.col("status") == "refused").select("school_year", "district_id", "reason").unique()
    sent = [name for name in CONTRACTS if name in set(manifest["collection"])]
    return {name: totals(manifest, name) for name in sent}, refused.sort(pl.all()).rows()


def _districts(done: list[screening.Screening], manifest: pl.DataFrame) -> dict[str, int]:
    return {
        "districts_screened": sum(len(screened.screened) for screened in done),
        "districts_unchanged": sum(len(screened.unchanged) for screened in done),
        "districts_not_checked": sum(len(screened.not_checked) for screened in done),
        "districts_refused": manifest.filter(pl.col("status") == "refused")["district_id"].n_unique(),
    }


def _judge(collection: str, check: str, found: dict[str, int]) -> dg.AssetCheckResult:
    _, counted, severity = CHECKS[check]
    return dg.AssetCheckResult(
        passed=found[counted] == 0,
        asset_key=["accepted", collection],
        check_name=check,
        severity=severity,
        metadata={counted: found[counted]},
    )


intake = dg.define_asset_job("intake", selection=dg.AssetSelection.assets(door) | dg.AssetSelection.assets(STATE_TEAM))
