"""Disclosure: which results of the build must be hidden, written as a mask that dbt reads as a source.

Which cell is hidden is decided in `methods`; here results are read, the method is called, and the mask is written.
"""

import dagster as dg
import duckdb
import polars as pl

from expectations.releases.publication import KEYS
from methods.disclosure import primary_mask
from orchestration import warehouse
from orchestration.work import at_work
from submissions.store import write_atomically

RESULTS, MINIMUMS = dg.AssetKey(["marts", "fct_indicator_results"]), dg.AssetKey(["marts", "dim_minimum_n"])
CELLS = f"""
    select {", ".join(f"results.{key}" for key in KEYS)}, results.student_count, minimums.minimum
    from marts.fct_indicator_results as results
    left join
        marts.dim_minimum_n as minimums
        on results.indicator = minimums.indicator
        and results.policy_id = minimums.policy_id
        and results.school_year between minimums.first_school_year and minimums.last_school_year
        and minimums.purpose = 'publication'
    where results.student_count is not null or results.value_status = 'ok'
    order by all
"""


@dg.asset(key=["disclosure", "disclosure_mask"], deps=[RESULTS, MINIMUMS], group_name="disclosure")
def disclosure_mask(context: dg.AssetExecutionContext) -> dg.MaterializeResult:
    """The key of every result that must be hidden because too few students stand behind it."""
    with at_work("The disclosure mask") as place:
        folder = warehouse.resume(place, context.run.run_id, context.run.parent_run_id)
        with duckdb.connect(str(folder / warehouse.FILE), read_only=True) as connection:
            cells = connection.sql(CELLS).pl()
        marked = primary_mask(cells["student_count"].cast(pl.Float64), cells["minimum"].cast(pl.Float64))
        mask = cells.filter(marked).select(*KEYS, pl.lit("minimum_n").alias("mask_reason"))
        with write_atomically(folder / warehouse.MASK) as part:
            mask.write_parquet(part)
        return dg.MaterializeResult(metadata={"cells": cells.height, "hidden": mask.height})
