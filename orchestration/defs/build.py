"""The build: dbt's models as assets, in a fresh warehouse file that becomes current when all of it is there.

No SQL and no formula here; what is built and in which order is dbt's own graph.
"""

import dagster as dg
from dagster_dbt import dbt_assets

from orchestration import settings, transformation, warehouse
from orchestration.work import at_work
from submissions import custody

PUBLICATION = "fqn:waymark.publication+"
MANIFEST = settings.MANIFEST if settings.MANIFEST.exists() else settings.ensure_manifest()


@dbt_assets(manifest=MANIFEST, name="tables", exclude=PUBLICATION, dagster_dbt_translator=transformation.Stages())
def tables(context: dg.AssetExecutionContext, dbt: transformation.Dbt):
    with at_work("The build") as place:
        folder = warehouse.begin(place, context.run.run_id, from_current=context.is_subset)
        yield from transformation.build(context, dbt, folder)


@dbt_assets(manifest=MANIFEST, name="publication", select=PUBLICATION, dagster_dbt_translator=transformation.Stages())
def publication(context: dg.AssetExecutionContext, dbt: transformation.Dbt):
    with at_work("The publication tables") as place:
        folder = warehouse.resume(place, context.run.run_id, context.run.parent_run_id)
        yield from transformation.build(context, dbt, folder)
        sequence = max((event["sequence"] for event in custody.events(place.store)), default=0)
        warehouse.complete(place, folder, {"run_id": context.run.run_id, "ledger_sequence": sequence})


build = dg.define_asset_job(
    "build",
    selection=dg.AssetSelection.assets(tables, publication)
    | dg.AssetSelection.assets(["disclosure", "disclosure_mask"]),
)
