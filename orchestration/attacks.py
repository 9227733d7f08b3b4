"""A release candidate before the attackers: published rows become counts with bounds, findings become named cells.

Beside them, what they need not try: the sensitive numbers that published worlds prove open.

What a reader can work out is decided in `methods.attacks`; what nobody may work out, by the policy. Only that judgment
reads results before hiding, and what the strongest reader knows of them: by how much a sum is off. Every equation and
every bound comes from published rows.
"""

from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import duckdb
import numpy as np
import polars as pl

from expectations.releases.disclosure import judge_attacks, judge_proof
from expectations.releases.publication import KEYS
from methods.attacks.attack import Moves, alike, attack
from methods.attacks.published import Counts, Layout
from methods.attacks.rounding import numerators, numerators_between
from methods.attacks.system import OPEN
from orchestration import ledger, warehouse
from orchestration.ledger import CELL, COUNTS_ALL, RATES, SENSITIVE, Before, coded
from orchestration.settings import WORKERS, Home

PLACE = ("level", "entity_id")
TABLE = tuple(key for key in KEYS if key not in (*PLACE, "student_group"))
NUMBERS = (*TABLE, "quantity")
"""What the numbers of one kind in one table have in common."""
NARROWED = 100_000
"""The most sensitive numbers that the gate tries by programs, which take minutes for more; `make bench` tries more."""
NO_PART = ("not_applicable", "not_collected")
"""Statuses of rows behind which nobody looks for a number. What was not reported is a number that nobody knows."""
SHOWN = ("student_count", "numerator", "denominator", "value", "low_bound", "high_bound")
COUNTED = ("student_count", "numerator", "denominator")
WHOLE_GROUP, PROGRAM, STATE = "ALL", "program", ("state", "state")

LISTS = ("pub_entities", "pub_student_groups")
RESULTS = f"""
    select {", ".join(KEYS)}, value_status, mode, {", ".join(SHOWN)} from publication.pub_indicator_results
"""
MEASURES = f"""
    select
        indicator, measure, statistic, decimals, statistic in {RATES} and not is_by_unit as counts_students,
        (indicator, measure) in ({COUNTS_ALL}) as counts_all
    from marts.dim_measure
    order by indicator, measure
"""
ROUNDING = """
    select policy_id, first_school_year, last_school_year, student_count_from, student_count_to, decimals
    from reference.policy_rounding where unit = 'percent' order by all
"""
RULES = """
    select
        rules.indicator, rules.policy_id, level, student_group,
        rules.first_school_year, rules.last_school_year, count_base, whole_percents_to, minimum
    from marts.dim_disclosure as rules
    inner join marts.dim_minimum_n as minimums
        on rules.indicator = minimums.indicator and rules.policy_id = minimums.policy_id and purpose = 'publication'
        and rules.first_school_year between minimums.first_school_year and minimums.last_school_year
    order by all
"""
TRUE = f"""
    with counted as (
        select
            {", ".join(KEYS)}, cast(student_count as decimal(28, 4)) as student_count,
            cast(case when student_count = 0 then 0 else numerator end as decimal(28, 4)) as numerator,
            cast(case when student_count = 0 then 0 else denominator end as decimal(28, 4)) as denominator
        from marts.fct_indicator_results
    )
    select
        {", ".join(KEYS)},
        {", ".join(f"case when {name} = floor({name}) then cast({name} as bigint) end as {name}" for name in COUNTED)}
    from counted
"""
"""The numbers behind the results. The attack is told no more of them than by how much sums of them are off."""


@dataclass(frozen=True)
class Candidate:
    """Everything that is public of a release, as tables: results, places, groups, measures, and the rules of showing.

    Texts of results, measures and rules are `coded`, and so is whatever is joined with them.
    `rollups` names more ways to add places up: `rollup`, and level and entity_id of a child and of its parent.
    """

    results: pl.DataFrame
    entities: pl.DataFrame
    groups: pl.DataFrame
    measures: pl.DataFrame
    rules: pl.DataFrame
    rounding: pl.DataFrame
    rollups: pl.DataFrame | None = None


def tried(
    place: Home,
    connection: duckdb.DuckDBPyConnection,
    candidate: Candidate,
    sensitive: pl.DataFrame,
    folder: Path | None = None,
) -> list[dict]:
    """Attack what a build would publish together with every earlier release; give one result for each promise.

    The certificates in the build's `folder` are tried before programs are, and not read where none is tried.
    """
    narrowed = sensitive.height <= NARROWED
    claims = _claims(folder, sensitive) if folder and narrowed else None
    earlier, known = ledger.earlier(place, connection), _known(connection)
    with ThreadPoolExecutor(WORKERS) as pool:
        found = worked_out(candidate, sensitive, earlier, None if narrowed else 0, claims, known, pool.map)
    if (shut := to_withhold(candidate.results, found.filter(release=""))).height:
        ledger.withhold(place, shut)
    shows = candidate.results.filter(pl.any_horizontal(pl.col(SHOWN).is_not_null()))
    must = coded(ledger.constraints(place, connection).filter(pl.col("must") == "hide"))
    kinds = {"hidden_before": "reopened", "few_moved": "change"}
    shown = shows.join(must.filter(pl.col("because").is_in(list(kinds))), on=KEYS, how="inner").with_columns(
        pl.col("because").replace_strict(kinds, return_dtype=pl.String).alias("attack")
    )
    rows = shown.select(pl.lit("").alias("release"), *KEYS, pl.lit("row", pl.Categorical).alias("quantity"), "attack")
    return judge_attacks(pl.concat([found, rows]).sort(pl.all()), sensitive.height, narrowed=narrowed, shown=SHOWN)


def to_withhold(results: pl.DataFrame, found: pl.DataFrame) -> pl.DataFrame:
    """Name the rows (by key) to hide so that the `found` cells are not found again.

    That is the row of a cell, or where it is hidden already, all that its table shows of the place, and where it shows
    nothing there, the whole table.
    """
    shows = results.filter(pl.col("value_status") != "suppressed").select(KEYS)
    left, named = found.select(KEYS).unique(), []
    for of in (KEYS, (*TABLE, *PLACE), TABLE):
        named.append(shows.join(left, on=of, how="semi"))
        left = left.join(named[-1], on=of, how="anti")
    return pl.concat(named).unique().sort(KEYS)


def proven(sensitive: pl.DataFrame, folder: Path) -> dict:
    """Hold the certificates of a build against every sensitive number: two worlds must differ in it by its width."""
    if not (folder / warehouse.CERTIFICATES).exists():
        return judge_proof(sensitive.select(pl.lit("").alias("release"), *CELL), sensitive.height, SHOWN)
    systems = coded(pl.read_parquet(folder / warehouse.SYSTEMS))
    certified = ("level", "entity_id", "student_group")
    changed = pl.scan_parquet(folder / warehouse.CERTIFICATES)
    own = changed.filter(pl.all_horizontal(pl.col(name) == pl.col(f"changed_{name}") for name in certified))
    rooms = own.select("system", *certified, room=pl.col("high_world") - pl.col("low_world")).collect()
    quantity = pl.col("quantity").cast(pl.String).replace("student_count", "students").alias("called")
    found = (
        coded(sensitive.with_columns(quantity))
        .join(systems.rename({"quantity": "called"}), on=[*TABLE, "called"], how="left")
        .join(coded(rooms), on=["system", *certified], how="left")
    )
    missing = found.filter(pl.col("room").fill_null(0) < pl.col("width"))
    return judge_proof(missing.select(pl.lit("").alias("release"), *CELL).sort(pl.all()), sensitive.height, SHOWN)


def read(connection: duckdb.DuckDBPyConnection) -> tuple[Candidate, pl.DataFrame]:
    """Give the candidate of a build, and the counts that nobody may work out with the width that must remain open."""
    results = coded(connection.execute(RESULTS).pl())
    places = (connection.execute(f"select * from publication.{name} order by all").pl() for name in LISTS)
    rules = (coded(connection.execute(query).pl()) for query in (MEASURES, RULES, ROUNDING))
    return Candidate(results, *places, *rules), coded(connection.execute(SENSITIVE).pl())


def _known(connection: duckdb.DuckDBPyConnection) -> pl.DataFrame:
    """Give the numbers behind the results, those that are whole: key, quantity and known."""
    rows = coded(connection.execute(TRUE).pl())
    parts = (
        rows.select(*KEYS, pl.lit(name, pl.Categorical).alias("quantity"), pl.col(name).alias("known"))
        for name in COUNTED
    )
    return pl.concat(parts).drop_nulls("known")


def worked_out(
    candidate: Candidate,
    sensitive: pl.DataFrame,
    earlier: Sequence[Before] = (),
    programs: int | None = None,
    claims: tuple[pl.DataFrame, pl.DataFrame] | None = None,
    known: pl.DataFrame | None = None,
    run: Callable[..., Iterable] = map,
) -> pl.DataFrame:
    """List the sensitive cells that a reader can work out or narrow down: release, key, quantity and attack.

    The release is empty for the candidate. A reader is taken to know which numbers are the same as in an earlier one.
    With `programs`, only so many cells are tried by programs. `claims` are ways from a world of the candidate to
    others (way, key, quantity and step) and that world (key, quantity and value), which are tried before.

    A reader is mistaken about a sum that is off because places overlap, and about tables that show the same and are
    not: what follows from a mistake tells nobody. With the numbers `known` (key, quantity and known) none is made.
    `run` may be the `map` of a pool of threads.
    """
    frames = [_counts(candidate, candidate.results).with_columns(release=pl.lit(""), same=pl.lit(True))]
    targets = [sensitive.with_columns(release=pl.lit(""))]
    for before in earlier:
        counts = _counts(candidate, before.results).with_columns(release=pl.lit(before.version))
        same = before.unchanged.select(*CELL, same=pl.lit(True))
        frames.append(counts.join(same, on=CELL, how="left").with_columns(pl.col("same").fill_null(False)))
        # What has changed since is nobody's business still, and how much room it needed is not kept.
        gone = before.sensitive.join(before.unchanged, on=CELL, how="anti")
        targets.append(gone.with_columns(width=pl.lit(1, pl.Int64), release=pl.lit(before.version)))
    cells = pl.concat(frames).with_columns(
        _code(["release", *NUMBERS]).alias("table"),
        _code(PLACE).alias("place"),
        _code(["student_group"]).alias("group"),
    )
    cells = _with_known(cells, known).sort("table", "place", "group").with_row_index("position")
    arrays = {name: cells[name].to_numpy().astype(np.int64) for name in ("table", "place", "group", "low", "high")}
    counts = Counts(**arrays, number=_numbers(cells, arrays))
    wanted = cells.join(pl.concat(targets, how="diagonal"), on=["release", *CELL], how="inner", maintain_order="left")
    asked = wanted["position"].to_numpy(), wanted["width"].to_numpy()
    layout = _layout(candidate, cells)
    moves = None if claims is None else _moves(claims, cells, counts.number, layout.sums)
    told = cells["known"].fill_null(-1).to_numpy() if known is not None else None
    found = attack(counts, layout, *asked, programs=programs, moves=moves, known=told, run=run)
    attacks = pl.Series("attack", found.attack.tolist(), dtype=pl.String)
    named = pl.DataFrame({"position": found.count.astype(np.uint32)}).with_columns(attacks)
    return named.join(cells, on="position").select("release", *CELL, "attack").sort("release", *CELL)


def _with_known(cells: pl.DataFrame, known: pl.DataFrame | None) -> pl.DataFrame:
    """Add what is known of each number that is the same now; what its own row refutes is of another number."""
    if known is None:
        return cells.with_columns(known=pl.lit(None, pl.Int64))
    holds = pl.col("same") & pl.col("known").is_between("low", "high")
    return cells.join(known, on=CELL, how="left").with_columns(pl.when(holds).then("known"))


def _claims(folder: Path, sensitive: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame] | None:
    """Read the proof of a build: how its sensitive numbers could change (way, key, quantity and step), and its worlds.

    A certificate stands for every table that holds the same numbers, and in each is two ways from the base world.
    """
    if not (folder / warehouse.CERTIFICATES).exists():
        return None
    own = (*PLACE, "student_group")
    names = {f"changed_{name}": name for name in own}
    systems = coded(
        pl.read_parquet(folder / warehouse.SYSTEMS).with_columns(
            pl.col("quantity").replace("students", "student_count")
        )
    )
    base = coded(pl.read_parquet(folder / warehouse.WORLDS).drop("quantity"))
    asked = sensitive.select(CELL).join(systems, on=NUMBERS, how="inner").with_row_index("way")
    changed = coded(pl.read_parquet(folder / warehouse.CERTIFICATES).drop("quantity"))
    found = asked.join(changed, on=["system", *own], how="inner").drop(own).rename(names)
    found = found.join(base, on=["system", *own], how="left")
    ways = pl.concat(
        [
            found.select(
                (2 * pl.col("way").cast(pl.Int64) + end).alias("way"), *CELL, step=pl.col(world) - pl.col("value")
            )
            for end, world in enumerate(("low_world", "high_world"))
        ]
    )
    return ways.filter(pl.col("step") != 0), systems.join(base, on="system").select(*CELL, "value")


def _moves(
    claims: tuple[pl.DataFrame, pl.DataFrame],
    cells: pl.DataFrame,
    number: np.ndarray,
    sums: tuple[np.ndarray, np.ndarray],
) -> Moves:
    """Find the counts of the candidate that claims name; a way with a count that is not there is left out.

    What a way takes from one share of a whole it may give to any other, and what it adds to a whole to any share.
    """
    numbered = cells.with_columns(pl.Series("number", number))
    at = numbered.filter(pl.col("release") == "").select(*CELL, "number")
    ways = claims[0].join(at, on=CELL, how="left").filter(pl.col("number").is_not_null().all().over("way"))
    # Tables that are read as one have their ways in common.
    same = ways.group_by("way").agg(pl.struct("number", "step").hash(0).sum().alias("hash"))
    kept = same.group_by("hash").agg(pl.col("way").min())
    ways = ways.join(kept, on="way", how="semi").select("way", "number", "step")
    tables = cells["table"].to_numpy()
    parts = pl.DataFrame(
        {"part": number[sums[0]], "whole": number[sums[1]], "of": tables[sums[1]], "in": tables[sums[0]]}
    )
    parts = parts.with_columns(pl.col("in").rank("dense").over("of").cast(pl.Int64).alias("share")).unique()
    others = parts.join(parts.select("whole", "of", "share", other="part"), on=["whole", "of"], suffix="_other")
    others = others.filter(pl.col("part") != pl.col("other"))
    given = ways.join(others, left_on="number", right_on="part").select(
        "way", pl.col("share_other").alias("share"), pl.col("other").alias("number"), -pl.col("step")
    )
    added = ways.join(parts, left_on="number", right_on="whole").select(
        "way", "share", pl.col("part").alias("number"), "step"
    )
    more = pl.concat([given, added]).unique()
    again = more.select("way", "share").unique().join(ways, on="way").select(more.columns)
    every = pl.concat([ways.select("way", pl.lit(0, pl.Int64).alias("share"), "number", "step"), again, more])
    every = every.with_columns(_code(["way", "share"]).alias("way")).sort("way", "number")
    world = claims[1].join(at, on=CELL, how="inner").group_by("number").agg(pl.col("value").min()).sort("number")
    return Moves(
        *(every[name].to_numpy() for name in ("way", "number", "step")),
        world["number"].to_numpy(),
        world["value"].to_numpy(),
    )


def _code(columns: Sequence[str]) -> pl.Expr:
    return pl.struct(*columns).rank("dense").cast(pl.Int64) - 1


def _numbers(cells: pl.DataFrame, arrays: dict[str, np.ndarray]) -> np.ndarray:
    """Say which counts are one number: those of tables that are read as one, and those that did not change since.

    Where two of them are known to differ they are two numbers; one that is not known is taken for the least that is.
    """
    read_as = cells.select(
        *NUMBERS, "place", "group", "release", "same", "known", read_as=alike(**arrays)[arrays["table"]]
    )
    now = read_as.filter(pl.col("release") == "").select(*NUMBERS, now="read_as").unique(NUMBERS)
    named = read_as.join(now, on=NUMBERS, how="left", maintain_order="left").with_columns(
        pl.when("same").then(pl.coalesce("now", "read_as")).otherwise("read_as").alias("name")
    )
    one = ["name", "place", "group"]
    least = pl.col("known").min().over(one)
    return named.with_columns(pl.col("known").fill_null(least)).select(_code([*one, "known"])).to_series().to_numpy()


# ---- from published rows to counts ----


def _counts(candidate: Candidate, results: pl.DataFrame) -> pl.DataFrame:
    """Give every count behind the published rows with the two bounds that its own row tells."""
    in_force = pl.col("school_year").is_between("first_school_year", "last_school_year")
    shown, base = pl.col("student_count"), pl.col("count_base")
    least = pl.when(shown.is_not_null()).then(pl.min_horizontal(shown, "minimum"))
    is_empty = pl.col("value_status") == "no_students"
    rows = (
        results.join(candidate.measures, on=["indicator", "measure"], how="inner")
        .join(candidate.rules, on=["indicator", "policy_id", "level", "student_group"], how="inner")
        .filter(in_force & ~pl.col("value_status").is_in(NO_PART))
        .with_columns(
            count_low=pl.when(is_empty).then(0).otherwise(pl.max_horizontal(shown - base // 2, least).fill_null(0)),
            count_high=pl.when(is_empty).then(0).otherwise((shown + (base - 1) // 2).fill_null(OPEN)),
        )
        .with_columns(
            of_low=pl.coalesce("denominator", pl.when("counts_all").then("count_low").otherwise(0)).cast(pl.Int64),
            of_high=pl.coalesce("denominator", "count_high").cast(pl.Int64),
        )
    )
    rates = rows.filter("counts_students").join(_decimals(candidate), on=["policy_id"], how="left")
    within = pl.col("student_count").fill_null(0).is_between("student_count_from", "student_count_to")
    rates = rates.filter(within & pl.col("school_year").is_between("rounding_from", "rounding_to"))
    low, high = _numerators(rates)
    return coded(
        pl.concat(
            [
                _quantity(rows, "student_count", "count_low", "count_high"),
                _quantity(rates.filter(~pl.col("counts_all")), "denominator", "of_low", "of_high"),
                _quantity(rates.with_columns(low=pl.Series(low), high=pl.Series(high)), "numerator", "low", "high"),
            ]
        )
    )


def _decimals(candidate: Candidate) -> pl.DataFrame:
    names = {"first_school_year": "rounding_from", "last_school_year": "rounding_to", "decimals": "rounded_to"}
    return candidate.rounding.rename(names)


def _quantity(rows: pl.DataFrame, quantity: str, low: str, high: str) -> pl.DataFrame:
    bounds = pl.col(low).cast(pl.Int64).alias("low"), pl.col(high).cast(pl.Int64).alias("high")
    return rows.select(*KEYS, pl.lit(quantity).alias("quantity"), *bounds)


def _numerators(rates: pl.DataFrame) -> tuple[np.ndarray, np.ndarray]:
    """Bound each numerator by itself where it is shown, else by its percent or range, else by its denominator."""
    of_low, of_high = rates["of_low"].to_numpy(), rates["of_high"].to_numpy()
    value, low_bound, high_bound, numerator = (
        rates[name].cast(pl.Float64).to_numpy() for name in ("value", "low_bound", "high_bound", "numerator")
    )
    # A share in the mode `ranges` is a whole percent: with decimals, one share would be what the others leave.
    has_no_decimals = (pl.col("statistic") == "share") | (pl.col("student_count") <= pl.col("whole_percents_to"))
    is_whole = rates.select(has_no_decimals & (pl.col("mode") == "ranges")).to_series().fill_null(False).to_numpy()
    decimals = np.where(is_whole, 0, np.minimum(rates["decimals"].to_numpy(), rates["rounded_to"].to_numpy()))
    low, high = np.zeros(of_low.size, np.int64), of_high.copy()
    is_range, is_value = (rates["value_status"] == "range").to_numpy(), ~np.isnan(value)
    low[is_value] = numerators(value[is_value], of_low[is_value], decimals[is_value])[0]
    high[is_value] = numerators(value[is_value], of_high[is_value], decimals[is_value])[1]
    low[is_range] = numerators_between(low_bound[is_range], high_bound[is_range], of_low[is_range])[0]
    high[is_range] = numerators_between(low_bound[is_range], high_bound[is_range], of_high[is_range])[1]
    shown = ~np.isnan(numerator)
    low[shown] = high[shown] = numerator[shown]
    return low, np.minimum(high, OPEN)


# ---- how counts add up ----


def _layout(candidate: Candidate, cells: pl.DataFrame) -> Layout:
    group = dict(cells.select("student_group", "group").unique().rows())
    there = candidate.groups.filter(pl.col("student_group").is_in(list(group)))
    members: dict[str, list[int]] = {}
    for code, kind in there.select("student_group", "group_kind").rows():
        members.setdefault(kind, []).append(group[code])
    whole = group[WHOLE_GROUP]
    divides = [own for kind, own in sorted(members.items()) if kind not in ("all", PROGRAM)]
    return Layout(
        rollups=_rollups(candidate, cells.select(pl.col(PLACE).cast(pl.String), "place").unique()),
        partitions=[(whole, own) for own in divides],
        parts=[(whole, own) for own in members.get(PROGRAM, [])],
        pairs=_pairs(cells),
        sums=_sums(candidate, cells),
    )


def _rollups(candidate: Candidate, places: pl.DataFrame) -> list[tuple[np.ndarray, np.ndarray]]:
    """Schools add up to districts, districts to the state, and whatever else is published to what it names."""
    own = candidate.entities.select(*PLACE, "district_id").unique(PLACE)
    schools = own.filter(pl.col("level") == "school").with_columns(parent_level=pl.lit("district"))
    districts = own.filter(pl.col("level") == "district").with_columns(parent_level=pl.lit(STATE[0]))
    districts = districts.with_columns(district_id=pl.lit(STATE[1]))
    named = [
        frame.rename({"district_id": "parent_id"}).with_columns(rollup=pl.lit("")) for frame in (schools, districts)
    ]
    if candidate.rollups is not None:
        named.append(candidate.rollups.select(named[0].columns))
    links = (
        pl.concat(named)
        .join(places, on=PLACE, how="inner")
        .join(places.rename({"place": "parent"}), left_on=["parent_level", "parent_id"], right_on=PLACE, how="inner")
        .sort("rollup", "place", "parent")
    )
    return [
        (own["place"].to_numpy(), own["parent"].to_numpy())
        for own in links.partition_by("rollup", "level", "parent_level")
    ]


def _pairs(cells: pl.DataFrame) -> tuple[np.ndarray, np.ndarray]:
    """A numerator is no more than its denominator, and a denominator no more than its students."""
    at = cells.select("release", *KEYS, "quantity", "position").pivot(on="quantity", values="position")
    for quantity in ("denominator", "numerator"):
        if quantity not in at.columns:
            at = at.with_columns(pl.lit(None, pl.UInt32).alias(quantity))
    of = at.with_columns(pl.coalesce("denominator", "student_count").alias("of"))
    less = [of.filter(pl.col("numerator").is_not_null()).select("numerator", "of").rename({"numerator": "less"})]
    less.append(at.filter(pl.col("denominator").is_not_null()).select(less="denominator", of="student_count"))
    both = pl.concat(less).sort("less", "of")
    return both["less"].to_numpy().astype(np.int64), both["of"].to_numpy().astype(np.int64)


def _sums(candidate: Candidate, cells: pl.DataFrame) -> tuple[np.ndarray, np.ndarray]:
    """Shares of one indicator add up to what they are shares of: the levels of a test to the students tested."""
    shares = candidate.measures.filter((pl.col("statistic") == "share") & pl.col("counts_students"))
    own = cells.join(shares.select("indicator", "measure", "counts_all"), on=["indicator", "measure"], how="inner")
    of = pl.when("counts_all").then(pl.lit("student_count")).otherwise(pl.lit("denominator"))
    key = ["release", *(name for name in KEYS if name != "measure")]
    wholes = own.filter(pl.col("quantity") == of).group_by(key).agg(pl.col("position").min().alias("whole"))
    parts = own.filter(pl.col("quantity") == "numerator").join(wholes, on=key, how="inner").sort("position")
    return parts["position"].to_numpy().astype(np.int64), parts["whole"].to_numpy().astype(np.int64)
