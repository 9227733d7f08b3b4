"""Growth percentiles: computed from the foundation of the build, before the indicators that show them.

What is computed is decided in `methods` and laid out by `norms`; here records are read and tables are written. Norms
(scales and baselines) are fitted once, kept in the home, and used again, so that next year's scores do not change this
year's percentiles.
"""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import dagster as dg
import duckdb
import polars as pl

from orchestration import norms, warehouse
from orchestration.growth_tables import STORED, typed
from orchestration.settings import WORKERS
from orchestration.work import at_work, write_table
from reports.growth_fit import write_fit_pages
from submissions.store import make_private

INPUTS = {
    "records": "from intermediate.int_growth_records",
    "cut_scores": "from intermediate.int_growth_cut_scores",
    "policies": "from reference.policy_growth_percentile where level = 'state'",
}
MEMBERS = ("int_growth_in_entities", "int_student_group_sets", "int_group_set_members")
MEDIANS = {"median_growth_percentile": "percentile", "median_baseline_percentile": "baseline_percentile"}
STUDENTS = """
    with
        found as (
            select $measure as measure, school_year, subject, grade, student_id, growth_percentile
            from read_parquet($percentiles)
        ),
        compared as (select distinct measure, school_year, subject, grade from found),
        by_set as (
            select policy_id, school_year, level, entity_id, population, subject, measure, group_set, growth_percentile,
                case when level <> 'school' then primary_school_id end as cluster_id, count(*) as student_count
            from intermediate.int_growth_in_entities
            inner join compared using (school_year, subject, grade)
            inner join intermediate.int_student_group_sets using (policy_id, school_year, student_id)
            left join found using (measure, school_year, subject, grade, student_id)
            where exclusion is null
            group by all
        )
    select by_set.* exclude (group_set, student_count), student_group, sum(student_count)::bigint as student_count
    from by_set
    inner join intermediate.int_group_set_members using (group_set)
    group by all
"""
DEPS = [table.split()[1].split(".") for table in INPUTS.values()]
DESCRIPTIONS = {
    "percentile": "The growth percentile of every student, subject and school year that has one.",
    "baseline_percentile": "The percentile of students among the earlier cohorts of the baseline.",
    "cohort": "Every cohort, computed or refused with the reason, and how well it fits.",
    "scale": "The knots, boundaries and limits of each subject and grade, with their version.",
    "coefficient": "The coefficients of every growth model, by which others can be scored as well.",
    "fit": "The tables of fit of every cohort.",
    "projection": "Where students are heading, and the percentile that reaches each performance level.",
}


@dg.multi_asset(
    name="growth",
    specs=[
        dg.AssetSpec(["growth", name], deps=DEPS, description=description) for name, description in DESCRIPTIONS.items()
    ],
    group_name="growth",
)
def percentiles(context: dg.AssetExecutionContext) -> Iterator[dg.MaterializeResult]:
    """Compute the growth percentiles of every school year; a cohort that has none is named with the reason."""
    with at_work("Growth") as place, ThreadPoolExecutor(WORKERS) as pool:
        folder = warehouse.resume(place, context.run.run_id, context.run.parent_run_id)
        with duckdb.connect(str(folder / warehouse.FILE), read_only=True) as connection:
            read = {name: connection.sql(table).pl() for name, table in INPUTS.items()}
        files = {name: make_private(place.growth) / f"{name}s.parquet" for name in STORED}
        stored = {name: pl.read_parquet(kept) if kept.exists() else typed(name, []) for name, kept in files.items()}
        tables, to_keep = norms.compute(**read, stored=stored, run=pool.map)
        for name, kept in files.items():
            write_table(to_keep[name], kept)
        refused = tables["cohort"].filter(~pl.col("is_computed"))
        sentences = {"refused": [f"{name}: {reason}" for name, reason in refused.select("cohort", "reason").rows()]}
        for name, table in tables.items():
            facts = write_table(table, folder / f"growth_{name}.parquet")
            yield dg.MaterializeResult(["growth", name], metadata=facts | (sentences if name == "cohort" else {}))


@dg.asset(key=["growth", "fit_pages"], deps=[["growth", "cohort"], ["growth", "fit"]], group_name="growth")
def fit_pages(context: dg.AssetExecutionContext) -> dg.MaterializeResult:
    """How well each cohort fits, on pages for the state's data team; they stay with the build."""
    with at_work("The pages of fit") as place:
        folder = warehouse.resume(place, context.run.run_id, context.run.parent_run_id)
        tables = [pl.read_parquet(folder / f"growth_{name}.parquet") for name in ("cohort", "fit")]
        pages = write_fit_pages(*tables, make_private(folder / "growth_fit"))
        return dg.MaterializeResult(metadata={"pages": len(pages), "index": str(pages[0])})


@dg.asset(
    key=["growth", "median"],
    deps=[*(["growth", name] for name in MEDIANS.values()), *(["intermediate", name] for name in MEMBERS)],
    group_name="growth",
)
def medians(context: dg.AssetExecutionContext) -> dg.MaterializeResult:
    """The median growth percentile of every entity and student group, with its bootstrap interval."""
    with at_work("The growth medians") as place:
        folder = warehouse.resume(place, context.run.run_id, context.run.parent_run_id)
        with duckdb.connect(str(folder / warehouse.FILE), read_only=True) as connection:
            files = {name: str(folder / f"growth_{table}.parquet") for name, table in MEDIANS.items()}
            asked = [{"measure": name, "percentiles": file} for name, file in files.items()]
            rows = pl.concat(connection.execute(STUDENTS, one).pl() for one in asked)
        return dg.MaterializeResult(metadata=write_table(norms.medians(rows), folder / "growth_median.parquet"))
