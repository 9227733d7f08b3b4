"""Everything that Dagster knows of this house. Importing it reads dbt's manifest and no data, and writes nothing."""

import dagster as dg

from orchestration import transformation, watch
from orchestration.defs import build, disclosure, estimates, growth, intake, publish, state_team

defs = dg.Definitions(
    assets=[
        intake.submissions_received,
        intake.door,
        build.foundation,
        growth.percentiles,
        growth.medians,
        growth.fit_pages,
        *estimates.assets,
        build.tables,
        disclosure.disclosure_mask,
        build.publication,
        publish.release_gate,
        publish.release,
        state_team.previews,
        state_team.pages,
    ],
    jobs=[intake.intake, build.build, publish.publish, state_team.state_team],
    sensors=[watch.sensor(intake.SCHOOL_YEARS, [intake.intake, build.build, state_team.state_team])],
    resources={"dbt": transformation.resource()},
    executor=dg.in_process_executor,
)
