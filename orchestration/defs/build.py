"""The build: dbt's models as assets, in a fresh warehouse file that becomes current when all of it is there.

No SQL and no formula here; what is built and in which order is dbt's own graph. Methods stand between the two steps of
the tables: they read what the first has built, and the second is all that reads what they found.
"""

import dagster as dg
from dagster_dbt import dbt_assets

from orchestration import settings, transformation, warehouse
from orchestration.work import at_work
from submissions import custody

FOUND, PUBLICATION = "source:growth+ source:estimates+", "fqn:waymark.publication+"
MANIFEST = settings.MANIFEST if settings.MANIFEST.exists() else settings.ensure_manifest()
PROJECT = {"manifest": MANIFEST, "dagster_dbt_translator": transformation.Stages()}


@dbt_assets(name="foundation", exclude=f"{FOUND} {PUBLICATION}", **PROJECT)
def foundation(context: dg.AssetExecutionContext, dbt: transformation.Dbt):
    with at_work("The build") as place:
        folder = warehouse.begin(place, context.run.run_id, from_current=not makes_all_tables(context.job_def))
        yield from transformation.build(context, dbt, folder)


@dbt_assets(name="tables", select=FOUND, exclude=PUBLICATION, **PROJECT)
def tables(context: dg.AssetExecutionContext, dbt: transformation.Dbt):
    with at_work("The build") as place:
        folder = warehouse.resume(place, context.run.run_id, context.run.parent_run_id)
        yield from transformation.build(context, dbt, folder)


@dbt_assets(name="publication", select=PUBLICATION, **PROJECT)
def publication(context: dg.AssetExecutionContext, dbt: transformation.Dbt):
    with at_work("The publication tables") as place:
        folder = warehouse.resume(place, context.run.run_id, context.run.parent_run_id)
        yield from transformation.build(context, dbt, folder)
        sequence = max((event["sequence"] for event in custody.events(place.store)), default=0)
        warehouse.complete(place, folder, {"run_id": context.run.run_id, "ledger_sequence": sequence})


def makes_all_tables(job: dg.JobDefinition) -> bool:
    """Tell whether a run makes every table, and so needs none of the warehouse that is current."""
    return job.asset_layer.executable_asset_keys >= foundation.keys | tables.keys


build = dg.define_asset_job(
    "build",
    selection=dg.AssetSelection.assets(foundation, tables, publication)
    | dg.AssetSelection.groups("growth", "estimates", "disclosure"),
)
