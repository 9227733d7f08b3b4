"""Disclosure control by size: nine tables of a made-up state, as exact counts, the hardest way of publishing.

The tables are enrollment by group, achievement in two subjects, participation, chronic absence, suspension, four-year
graduation, mastery versus expected and access to acceleration. Counts and numerators are protected as one release, and
the proof is written as a release has it and checked from there. Sizes: BENCH_HIDDEN_SCHOOLS=1000,10000.
"""

import os
import resource
import tempfile
import time
from multiprocessing import get_context
from pathlib import Path

import numpy as np
import polars as pl
from numpy.typing import NDArray
from rich.console import Console
from rich.table import Table

from methods.disclosure import linked
from methods.disclosure.certificates import Proof, prove, too_narrow
from orchestration.defs.disclosure import proof_files
from reports.proofs import DATA, FILES, PROOF, check_certificates

GROUPS = ["total", *["race_ethnicity"] * 7, "sex", "sex", "", "", "", ""]
RACES = (0.01, 0.055, 0.15, 0.28, 0.004, 0.45, 0.05)
PROGRAMS = ((2, 2), (1, 9), (4, 24), (1, 15))
TABLES = {
    # the share of the students who are counted in the table, and the share of those who are in the numerator
    "enrollment": (1.0, None),
    "achievement, reading": (0.47, 0.45),
    "achievement, mathematics": (0.47, 0.38),
    "participation": (0.49, 0.96),
    "chronic absence": (0.98, 0.22),
    "suspension": (1.0, 0.04),
    "graduation": (0.07, 0.86),
    "mastery versus expected": (0.9, 0.55),
    "acceleration access": (0.6, 0.18),
}
MINIMUM, FLOOR, WIDTH = 10, 3, 5
SIZES = tuple(int(size) for size in os.environ.get("BENCH_HIDDEN_SCHOOLS", "1000,10000").split(","))


def main() -> None:
    """Print one row for each table and size, and the whole."""
    console = Console(width=max(120, Console().width))
    for schools in SIZES:
        with get_context("spawn").Pool(1) as pool:
            rows, cells, hiding, proving, peak, told = pool.apply(measure, (schools,))
        table = Table(
            "table", "cells", "hidden first", "hidden after", "not protectable", "shown %", "of first rule alone %",
            title=f"{schools:,} schools: {cells:,} cells, {hiding:.0f} processor s to hide, {proving:.0f} to prove, "
            f"peak {peak:,.0f} MB", caption=told,
        )  # fmt: skip
        for row in rows:
            table.add_row(*map(str, row))
        console.print(table)


def measure(schools: int) -> tuple[list[tuple], int, float, float, float, str]:
    """Protect the nine tables of a state; give a row for each, the cells, processor seconds, memory, and the proof."""
    rows, hierarchy = state(schools)
    protected(*state(20))
    began = time.process_time()
    hidden, systems = linked.hide(rows, hierarchy)
    hiding = time.process_time() - began
    proofs, reasons = proven(rows, hierarchy, hidden, systems)
    proving = time.process_time() - began - hiding
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3
    found = []
    for number, name in enumerate(TABLES):
        own = reasons[rows.table == number]
        first, after, lost = (np.isin(own, kinds).sum() for kinds in ([1, 2, 3], [4], [5]))
        shown, alone = 100 * (own == linked.SHOWN).mean(), 100 * (own.size - first) / own.size
        found.append((name, f"{own.size:,}", f"{first:,}", f"{after:,}", f"{lost:,}", f"{shown:.1f}", f"{alone:.1f}"))
    sensitive = sum(system.sensitive.size for system in systems)
    wide = sum(
        np.isin(np.setdiff1d(system.sensitive, too_narrow(system, proof)), proof.certified).sum()
        for system, proof in zip(systems, proofs, strict=True)
    )
    with tempfile.TemporaryDirectory() as folder:
        lines = as_release(Path(folder), rows, hierarchy, reasons, systems, proofs)
        began = time.perf_counter()
        faults = check_certificates(Path(folder))
        checking = time.perf_counter() - began
    told = f"{wide:,} of {sensitive:,} sensitive numbers have a certificate as wide as W; {lines:,} lines checked in "
    told += f"{checking:.0f} s: {' '.join(faults) or 'no fault'}"
    return found, rows.table.size, hiding, proving, peak, told


def protected(rows: linked.Rows, hierarchy: linked.Hierarchy) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Hide and prove; give the reasons before the proof and after it."""
    hidden, systems = linked.hide(rows, hierarchy)
    return hidden, proven(rows, hierarchy, hidden, systems)[1]


def proven(
    rows: linked.Rows, hierarchy: linked.Hierarchy, hidden: NDArray[np.int64], systems: list[linked.System]
) -> tuple[list[Proof], NDArray[np.int64]]:
    """Prove what is hidden; give the proofs and the reasons after them."""
    return prove(rows, hierarchy, systems, hidden, (rows.numerator, rows.numerator), WIDTH)


def as_release(
    folder: Path,
    rows: linked.Rows,
    hierarchy: linked.Hierarchy,
    reasons: NDArray[np.int64],
    systems: list[linked.System],
    proofs: list[Proof],
) -> int:
    """Write what the check of a release reads: its values and the proof. Give the lines of the certificates."""
    levels, kinds = np.array(["state", "district", "school"]), {"total": "all", "": "program"}
    above = np.where(hierarchy.level == 2, hierarchy.parent, -1).astype(str)
    places = pl.DataFrame(
        {
            "level": levels[hierarchy.level],
            "entity_id": np.arange(hierarchy.level.size).astype(str),
            "district_id": above,
        }
    ).with_columns(pl.when(level="state").then(pl.lit("state")).otherwise("entity_id").alias("entity_id"))
    groups = pl.DataFrame(
        {
            "student_group": [f"G{number:02}" for number in range(len(hierarchy.family))],
            "group_kind": [kinds.get(kind, kind) for kind in hierarchy.family],
        }
    )
    is_shown = rows.has_number & (reasons == linked.SHOWN)
    values = places["level", "entity_id"][rows.place].with_columns(
        groups["student_group"][rows.group],
        pl.Series("number_of_table", rows.table),
        pl.lit(2025, pl.Int16).alias("school_year"),
        *(pl.lit(name).alias(name) for name in ("policy_id", "population", "grade_span", "subject", "measure")),
        pl.Series("indicator", np.array(list(TABLES)))[rows.table],
        pl.Series("student_count", rows.students).set(pl.Series(~is_shown), None),
        pl.Series("numerator", rows.numerator).set(pl.Series(~is_shown | (rows.numerator < 0)), None),
        pl.lit("counts").alias("mode"),
        pl.Series("value_status", np.where(is_shown, "ok", "suppressed")),
        *(pl.lit(None, pl.Float64).alias(name) for name in ("value", "low_bound", "high_bound")),
    )
    rules = values.select("indicator", "policy_id", "level", "student_group").unique(maintain_order=True)
    rules = rules.with_columns(count_base=1, minimum=MINIMUM, first_school_year=2025, last_school_year=2025)
    (folder / DATA).mkdir()
    (folder / PROOF).mkdir()
    values.write_parquet(folder / DATA / "values.parquet")
    values.write_csv(folder / DATA / "values.csv")
    places.write_csv(folder / DATA / "entities.csv")
    groups.write_csv(folder / DATA / "student_groups.csv")
    tables = [*proof_files(values.with_columns(counts_all=False), systems, proofs).values(), rules]
    for name, table in zip(FILES, tables, strict=True):
        table.write_parquet(folder / PROOF / f"{name}.parquet")
    return tables[FILES.index("certificates")].height


def state(schools: int, seed: int = 1) -> tuple[linked.Rows, linked.Hierarchy]:
    """Make up nine tables: a third of the districts have one school, a few have hundreds; groups cluster in places."""
    rng = np.random.default_rng(seed)
    districts = max(2, schools // 10)
    weight = rng.pareto(1.05, districts) + 0.3
    weight[: districts // 3] = 0
    home = np.repeat(np.arange(districts), 1 + rng.multinomial(schools - districts, weight / weight.sum()))
    parent = np.concatenate([[-1], np.zeros(districts, dtype=np.int64), 1 + home])
    level = np.repeat([0, 1, 2], [1, districts, schools])
    size = np.clip(rng.lognormal(6, 0.75, schools), 15, 3_500)
    local = rng.gamma(np.tile(np.array(RACES) * 6 + 0.02, (districts, 1)))
    mix = rng.gamma(25 * (local / local.sum(axis=1, keepdims=True))[home] + 0.01)
    race = rng.poisson(size[:, None] * mix / mix.sum(axis=1, keepdims=True))
    program = np.column_stack([rng.beta(a, b, schools) for a, b in PROGRAMS])
    places, groups = len(parent), len(GROUPS)
    parts = {name: [] for name in ("table", "place", "group", "students", "denominator", "numerator")}
    for number, (counted, share) in enumerate(TABLES.values()):
        of_race = rng.binomial(race, counted)
        rates = np.clip(rng.normal(share or 0, 0.12, (schools, 1)) * rng.uniform(0.8, 1.2, (1, 7)), 0.005, 0.995)
        own = _roll_up(_groups(of_race, program, rng), parent, level)
        if share is None:
            numerators = np.full_like(own, -1)
        else:
            numerators = _roll_up(_nested(rng.binomial(of_race, rates), own[level == 2], rng), parent, level)
        place, group = np.divmod(np.arange(places * groups), groups)
        kept = own[:, 0][place] > 0
        measured = own if share is not None else np.full_like(own, -1)
        values = (np.full(kept.size, number), place, group, own.ravel(), measured.ravel(), numerators.ravel())
        for part, value in zip(parts.values(), values, strict=True):
            part.append(value[kept])
    column = {name: np.concatenate(part) for name, part in parts.items()}
    count = column["table"].size
    rows = linked.Rows(
        joint=np.zeros(count, dtype=np.int64),
        **column,
        students_low=column["students"],
        students_high=column["students"],
        numerator_low=column["numerator"],
        numerator_high=column["numerator"],
        takes_part=column["students"] > 0,
        has_number=column["students"] > 0,
        is_empty=column["students"] == 0,
        is_exact=np.ones(count, dtype=bool),
        is_open_ended=np.zeros(count, dtype=bool),
        minimum=np.full(count, MINIMUM),
        floor=np.full(count, FLOOR),
        width=np.full(count, WIDTH),
        whole=np.full(count, -1),
        others=np.full(count, -1),
    )
    return rows, linked.Hierarchy(parent, level, GROUPS)


def _groups(race: NDArray[np.int64], program: NDArray[np.float64], rng: np.random.Generator) -> NDArray[np.int64]:
    everyone = race.sum(axis=1)
    girls = rng.binomial(everyone, 0.49)
    return np.column_stack([everyone, race, girls, everyone - girls, rng.binomial(everyone[:, None], program)])


def _nested(race: NDArray[np.int64], own: NDArray[np.int64], rng: np.random.Generator) -> NDArray[np.int64]:
    """Share out who is counted over the other groups, without ever counting more than there are."""
    everyone = race.sum(axis=1)
    girls = rng.hypergeometric(own[:, 8], own[:, 9], everyone)
    programs = rng.hypergeometric(own[:, 10:], own[:, :1] - own[:, 10:], np.repeat(everyone[:, None], 4, axis=1))
    return np.column_stack([everyone, race, girls, everyone - girls, programs])


def _roll_up(schools: NDArray[np.int64], parent: NDArray[np.int64], level: NDArray[np.int64]) -> NDArray[np.int64]:
    found = np.zeros((len(parent), schools.shape[1]), dtype=np.int64)
    found[level == 2] = schools
    np.add.at(found, parent[level == 2], schools)
    found[0] = found[level == 1].sum(axis=0)
    return found
