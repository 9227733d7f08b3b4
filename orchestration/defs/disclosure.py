"""Disclosure: which results of the build must be hidden, written as a mask that dbt reads as a source.

Which row is hidden is decided in `methods`; here results are read, the method is called, and what it found is written.
"""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import dagster as dg
import duckdb
import numpy as np
import polars as pl

from expectations.releases.publication import KEYS
from methods.disclosure import linked
from methods.disclosure.certificates import Proof, prove, too_narrow
from methods.disclosure.network import Ints
from orchestration import ledger, progress, warehouse
from orchestration.settings import WORKERS
from orchestration.work import at_work
from submissions.store import write_atomically

RESULTS, ENTITIES = dg.AssetKey(["marts", "fct_indicator_disclosure"]), dg.AssetKey(["marts", "dim_entity"])
LEVELS = ("state", "district", "school")
PLACES = """
    select level, entity_id, district_id, row_number() over (order by level, entity_id) - 1 as place
    from (select level, entity_id, district_id from marts.dim_entity)
    order by place
"""
GROUPS = """
    select code, group_kind, row_number() over (order by sort_order, code) - 1 as number
    from reference.code_student_groups order by number
"""
ROWS = f"""
    select
        {", ".join(KEYS)},
        dense_rank() over (order by school_year, policy_id) as joint,
        dense_rank() over (
            order by school_year, policy_id, indicator, population, grade_span, subject, measure
        ) as number_of_table,
        exact_student_count as students,
        exact_other_count as others,
        cast(exact_numerator * 10000 as bigint) as numerator,
        cast(exact_denominator * 10000 as bigint) as denominator,
        cast(value * 10000 as bigint) as value,
        cast(low_bound * 10000 as bigint) as low,
        cast(high_bound * 10000 as bigint) as high,
        shown_decimals as decimals,
        student_count as shown_count,
        value_status,
        is_share_of_students,
        (indicator, measure) in (select (indicator, measure) from marts.dim_measure where statistic = 'share')
            as is_one_of_several,
        (indicator, measure) in ({ledger.COUNTS_ALL}) as counts_all,
        dense_rank() over (
            order by school_year, policy_id, indicator, population, grade_span, subject
        ) as number_of_whole,
        mode,
        minimum,
        count_base,
        numerator_floor as floor,
        interval_width as width
    from marts.fct_indicator_disclosure
    where value_status not in ('not_applicable', 'not_collected', 'not_reported') or exact_student_count <> 0
    order by number_of_table, level, entity_id, student_group
"""


@dg.asset(key=["disclosure", "disclosure_mask"], deps=[RESULTS, ENTITIES], group_name="disclosure")
def disclosure_mask(context: dg.AssetExecutionContext) -> dg.MaterializeResult:
    """The key of every result that must be hidden, with the internal reason."""
    with at_work("The disclosure mask") as place:
        folder = warehouse.resume(place, context.run.run_id, context.run.parent_run_id)
        with duckdb.connect(str(folder / warehouse.FILE), read_only=True) as connection:
            results, places, groups = (connection.sql(query).pl() for query in (ROWS, PLACES, GROUPS))
            must = ledger.constraints(place, connection)
        rows, hierarchy = numbers_of(results, places, groups)
        rows = with_few_moved(rows, results, must)
        before = [
            _named(results, must.filter(of))
            for of in (pl.col("because").is_in(["hidden_before", "narrowed"]), "is_same")
        ]
        linked.check(rows, results["count_base"].is_not_null().to_numpy())
        reasons, systems = linked.hide(rows, hierarchy, progress.teller(context, "systems"), *before)
        # Before the proof, which then has them hidden; after it, for what it has withheld: hiding more narrows nothing.
        reasons = with_other_shares(results, reasons)
        width = int(rows.width.max(initial=1))
        tell = progress.teller(context, "proofs")
        shares = published_numerators(results, rows)
        with ThreadPoolExecutor(WORKERS) as pool:
            proofs, reasons = prove(rows, hierarchy, systems, reasons, shares, width, tell, pool.map)
        reasons = with_other_shares(results, reasons)
        reason = pl.Series("mask_reason", np.array(linked.REASONS)[reasons])
        mask = results.select(*KEYS, reason).filter(pl.col("mask_reason") != linked.REASONS[linked.SHOWN])
        files = {warehouse.MASK: mask} | proof_files(results, systems, proofs)
        for name, table in files.items():
            with write_atomically(folder / name) as part:
                table.write_parquet(part)
        by_reason = dict(mask["mask_reason"].value_counts().sort("mask_reason").iter_rows())
        told = {"cells": results.height, "hidden": mask.height, "systems": len(systems), **by_reason}
        return dg.MaterializeResult(metadata=told | _proven(systems, proofs))


def with_few_moved(rows: linked.Rows, results: pl.DataFrame, must: pl.DataFrame) -> linked.Rows:
    """Treat as too small what would tell how the few students did who came or went since an earlier release."""
    few = _named(results, must.filter(pl.col("because") == "few_moved"))
    return replace(rows, minimum=np.where(few, np.maximum(rows.minimum, rows.students + 1), rows.minimum))


def _named(results: pl.DataFrame, keys: pl.DataFrame) -> np.ndarray:
    """Say which results are among the keys."""
    found = results.join(keys.select(*KEYS, found=pl.lit(True)), on=KEYS, how="left", maintain_order="left")
    return found["found"].fill_null(False).to_numpy()


def with_other_shares(results: pl.DataFrame, reasons: np.ndarray) -> np.ndarray:
    """Hide every share of a whole where one of its shares is hidden, for it is what the others leave."""
    whole = [*(key for key in KEYS if key != "measure"), "is_one_of_several"]
    hidden = pl.Series("hidden", reasons != linked.SHOWN)
    beside = results.select(whole).with_columns(hidden).select(pl.col("hidden").any().over(whole))["hidden"].to_numpy()
    follows = beside & results["is_one_of_several"].to_numpy() & (reasons == linked.SHOWN)
    return np.where(follows, linked.SECONDARY, reasons)


def published_numerators(results: pl.DataFrame, rows: linked.Rows) -> tuple[np.ndarray, np.ndarray]:
    """Give the least and the most that a published share allows of the students that are published with it."""
    low, high = _ends(results)
    fewest = np.where(results["counts_all"].to_numpy(), rows.students_low, rows.minimum)
    least, most = -(-low * fewest // 10**6), high * rows.students_high // 10**6
    return np.where(rows.is_exact, rows.numerator, least), np.where(rows.is_exact, rows.numerator, most)


def _proven(systems: list[linked.System], proofs: list[Proof]) -> dict[str, int]:
    """Count the certificates, and the sensitive cells that they leave narrower than the policy asks."""
    narrow = sum(too_narrow(system, proof).size for system, proof in zip(systems, proofs, strict=True))
    return {"certificates": sum(proof.certified.size for proof in proofs), "narrow": narrow}


def proof_files(results: pl.DataFrame, systems: list[linked.System], proofs: list[Proof]) -> dict[str, pl.DataFrame]:
    """Lay out the proof as the three tables that the method's README describes."""
    place = results.select("level", "entity_id", "student_group")
    table = results["number_of_table"].to_numpy()
    members, worlds, changes = [], [], []
    for number, (system, proof) in enumerate(zip(systems, proofs, strict=True)):
        # A table may have rows of the first beside its own.
        own = np.argmax(table[system.rows] != table[system.rows[0]], axis=1)
        members += [(number, system.quantity, int(row)) for row in system.rows[np.arange(own.size), own]]
        hidden = np.flatnonzero(~proof.is_exact)
        worlds.append((np.full(hidden.size, number), proof.rows[hidden], proof.base[hidden]))
        low, high = (
            _changes([getattr(pair, side) for pair in proof.worlds], proof.base.size) for side in ("low", "high")
        )
        spot = np.union1d(low[0], high[0])
        pair, cell = np.divmod(spot, proof.base.size)
        numbers = [proof.base[cell], proof.base[cell]]
        for world, (at, changed) in zip(numbers, (low, high), strict=True):
            world[np.searchsorted(spot, at)] = changed
        changes.append((np.full(spot.size, number), proof.rows[proof.certified[pair]], proof.rows[cell], *numbers))
    quantities = pl.Series([system.quantity for system in systems], dtype=pl.String)

    def stacked(parts: list[tuple[np.ndarray, ...]], width: int) -> list[np.ndarray]:
        return [np.concatenate([part[at] for part in parts] or [np.empty(0, np.int64)]) for at in range(width)]

    system, row, value = stacked(worlds, 3)
    base = place[row].with_columns(value=pl.Series(value, dtype=pl.Int64))
    of, certified, changed, low, high = stacked(changes, 5)
    certificates = pl.concat(
        [place[certified], place[changed].select(pl.all().name.prefix("changed_"))], how="horizontal"
    ).with_columns(low_world=pl.Series(low, dtype=pl.Int64), high_world=pl.Series(high, dtype=pl.Int64))
    tables = pl.DataFrame(members, schema={"system": pl.Int32, "quantity": pl.String, "row": pl.UInt32}, orient="row")
    keys = results.select(
        "school_year", "policy_id", "indicator", "population", "grade_span", "subject", "measure", "counts_all"
    )
    return {
        warehouse.SYSTEMS: pl.concat([tables.drop("row"), keys[tables["row"]]], how="horizontal"),
        warehouse.WORLDS: base.select(
            pl.Series("system", system, dtype=pl.Int32), quantities[system].alias("quantity"), pl.all()
        ),
        warehouse.CERTIFICATES: certificates.select(
            pl.Series("system", of, dtype=pl.Int32), quantities[of].alias("quantity"), pl.all()
        ),
    }


def _changes(worlds: list[tuple[Ints, Ints]], size: int) -> tuple[Ints, Ints]:
    """Put the worlds of a proof into one column: which cell of which world is changed, and the number it has there."""
    nothing = [np.empty(0, np.int64)]
    of = np.repeat(np.arange(len(worlds)), [changed.size for changed, _ in worlds])
    changed, numbers = (np.concatenate([world[at] for world in worlds] or nothing) for at in range(2))
    return of * size + changed, numbers


def numbers_of(
    results: pl.DataFrame, places: pl.DataFrame, groups: pl.DataFrame
) -> tuple[linked.Rows, linked.Hierarchy]:
    """Put the results into the numbers that the method works with: places, groups and intervals of whole numbers."""
    number = {(level, entity): place for level, entity, _, place in places.iter_rows()}
    above = [
        -1
        if level == "state"
        else number.get(("state", "state") if level == "district" else ("district", district), -1)
        for level, _, district, _ in places.iter_rows()
    ]
    kinds = {"all": "total", "program": ""}
    hierarchy = linked.Hierarchy(
        parent=np.array(above),
        level=np.array([LEVELS.index(level) for level in places["level"]]),
        family=[kinds.get(kind, kind) for kind in groups["group_kind"]],
    )
    located = results.join(places, on=["level", "entity_id"], how="left", maintain_order="left").join(
        groups, left_on="student_group", right_on="code", how="left", maintain_order="left"
    )
    taken = {name: located[name].cast(pl.Int64).fill_null(-1).to_numpy() for name in ("place", "number", "joint")}
    column = {
        name: results[name].cast(pl.Int64).fill_null(-1).to_numpy()
        for name in (
            "number_of_table",
            "students",
            "others",
            "shown_count",
            "minimum",
            "floor",
            "width",
            "numerator",
            "denominator",
            "number_of_whole",
        )
    }
    is_share = results["is_share_of_students"].to_numpy()
    takes_part = ~results["value_status"].is_in(["not_applicable", "not_collected", "not_reported", "no_students"])
    numerator, denominator = (
        np.where(is_share, np.maximum(column[name], 0) // 10_000, -1) for name in ("numerator", "denominator")
    )
    base = results["count_base"].cast(pl.Int64).fill_null(1).to_numpy()
    has_number = results["value_status"].is_in(["ok", "incomplete", "range"]).to_numpy()
    is_exact = (results["mode"] == "counts").to_numpy()
    low, high = _numerators(results, column["denominator"])
    return linked.Rows(
        joint=taken["joint"],
        table=column["number_of_table"],
        place=taken["place"],
        group=taken["number"],
        students=column["students"],
        students_low=np.maximum(column["shown_count"] - base // 2, np.where(base > 1, column["minimum"], 0)),
        students_high=column["shown_count"] + (base - 1) // 2,
        denominator=denominator,
        numerator=numerator,
        numerator_low=np.where(is_exact, numerator, np.clip(low, 0, numerator)),
        numerator_high=np.where(is_exact, numerator, np.clip(high, numerator, denominator)),
        takes_part=takes_part.to_numpy(),
        has_number=has_number,
        is_empty=(results["value_status"] == "no_students").to_numpy() & (column["students"] == 0),
        is_exact=is_exact,
        is_open_ended=(results["value_status"] == "range").to_numpy()
        & (results["low"].is_null() | results["high"].is_null()).to_numpy(),
        minimum=column["minimum"],
        floor=column["floor"],
        width=column["width"],
        whole=np.where(is_share & results["is_one_of_several"].to_numpy(), column["number_of_whole"], -1),
        others=column["others"],
    ), hierarchy


def _numerators(results: pl.DataFrame, denominator: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Give the whole numbers that a published share allows of a denominator, both in ten-thousandths."""
    low, high = _ends(results)
    return -(-low * denominator // 10**10), high * denominator // 10**10


def _ends(results: pl.DataFrame) -> tuple[np.ndarray, np.ndarray]:
    half = 5_000 // 10 ** results["decimals"].cast(pl.Int64).fill_null(0).to_numpy()
    value = results["value"]
    return (
        results["low"].fill_null(value - half).fill_null(0).to_numpy(),
        results["high"].fill_null(value + half).fill_null(1_000_000).to_numpy(),
    )
