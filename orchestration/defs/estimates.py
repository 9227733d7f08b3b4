"""Statistics that need resampling: each reads one table of the foundation and is read by dbt as a source.

One line of ESTIMATES is one asset. The statistic itself is a function in `methods` that takes arrays and gives arrays;
what it needs to know of the policy stands in columns of the table.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import dagster as dg
import duckdb
import polars as pl
from numpy.typing import NDArray

from methods.agreement import agreement_by_pool, severity_by_pool
from methods.class_sorting import class_sorting
from orchestration import warehouse
from orchestration.work import at_work, write_table

Arrays = Mapping[str, NDArray]


@dataclass(frozen=True)
class Estimate:
    """A statistic: what it is called, the table it reads, the function that computes it, and the columns it gives.

    The function takes the table's columns by name, in rows sorted by all of them from the left, and gives the columns
    of `schema`. It gives the same result for the same rows, so it draws from a fixed seed. An empty table gives an
    empty result without a call.
    """

    name: str
    table: str
    method: Callable[[Arrays], Arrays]
    schema: Mapping[str, pl.DataType]
    description: str


NUMBERS = {name: pl.Float64() for name in ("value", "standard_error", "interval_low", "interval_high")}
ESTIMATES: tuple[Estimate, ...] = (
    Estimate(
        "agreement",
        "intermediate.int_rated_pairs",
        agreement_by_pool,
        {"cell": pl.Int64(), "measure": pl.String(), **NUMBERS, "interval_method": pl.String()},
        "How far two scores of the same pieces agree, for every entity, subject and student group, with intervals.",
    ),
    Estimate(
        "severity",
        "intermediate.int_severity_pairs",
        severity_by_pool,
        {"pool": pl.String(), "district_id": pl.String(), **NUMBERS, "interval_method": pl.String()},
        "By how many points the raters of each district score above the others who scored the same pieces.",
    ),
    Estimate(
        "class_sorting",
        "intermediate.int_class_counts",
        class_sorting,
        {
            "policy_id": pl.String(),
            "school_year": pl.Int16(),
            "level": pl.String(),
            "entity_id": pl.String(),
            "subject": pl.String(),
            "student_group": pl.String(),
            "measure": pl.String(),
            **NUMBERS,
            "unit_count": pl.Int64(),
            "student_count": pl.Int64(),
        },
        "How far sections sort students by group in every school, district and the state, beside what chance would do.",
    ),
)


def compute(estimate: Estimate, connection: duckdb.DuckDBPyConnection) -> tuple[pl.DataFrame, int]:
    """Compute one statistic from the foundation of a build; give the table and how many rows were read for it."""
    rows = connection.sql(f"select * from {estimate.table} order by all").pl()
    found = estimate.method({name: rows[name].to_numpy() for name in rows.columns}) if rows.height else {}
    table = pl.DataFrame(found, schema=None if found else estimate.schema)
    return table.select(list(estimate.schema)).cast(dict(estimate.schema)).fill_nan(None), rows.height


def asset_of(estimate: Estimate) -> dg.AssetsDefinition:
    """Make the asset that computes one statistic."""

    @dg.asset(
        key=["estimates", estimate.name],
        deps=[estimate.table.split(".")],
        group_name="estimates",
        description=estimate.description,
    )
    def computed(context: dg.AssetExecutionContext) -> dg.MaterializeResult:
        with at_work(f"The estimate {estimate.name}") as place:
            folder = warehouse.resume(place, context.run.run_id, context.run.parent_run_id)
            with duckdb.connect(str(folder / warehouse.FILE), read_only=True) as connection:
                table, rows_read = compute(estimate, connection)
            facts = write_table(table, folder / f"estimates_{estimate.name}.parquet")
            return dg.MaterializeResult(metadata=facts | {"rows_read": rows_read})

    return computed


assets = [asset_of(estimate) for estimate in ESTIMATES]
