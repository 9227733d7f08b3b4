"""What the state team and the districts look at in private, made from what has happened so far. Nothing is published.

The pages of the state team follow every intake; what they say is gathered in `orchestration.operations`.
"""

import dagster as dg

from orchestration import operations, progress
from orchestration.work import at_work

MANIFEST, RESULTS = dg.AssetKey(["accepted", "manifest"]), dg.AssetKey(["publication", "pub_indicator_results"])


@dg.asset(key=["reports", "previews"], deps=[RESULTS], group_name="reports", op_tags={"dagster/priority": "1"})
def previews(context: dg.AssetExecutionContext) -> dg.MaterializeResult:
    """Each district's numbers as they will be published, beside its report; first, for the pages link to them."""
    with at_work("The districts' previews") as place:
        written = operations.write_previews(place, progress.teller(context, "districts"))
        return dg.MaterializeResult(metadata={"districts": len(written)})


@dg.asset(key=["reports", "state_team"], deps=[MANIFEST], group_name="reports")
def pages(context: dg.AssetExecutionContext) -> dg.MaterializeResult:
    """Where districts, collections, rules and releases stand: private pages for the state's data team."""
    with at_work("The state team's pages") as place:
        first = operations.write(place, context.instance)
        return dg.MaterializeResult(metadata={"pages": str(first)})


state_team = dg.define_asset_job("state_team", selection=dg.AssetSelection.assets(previews, pages))
