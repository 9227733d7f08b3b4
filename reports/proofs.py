"""The proof that hidden numbers stay open, checked from the files of a release alone and without a solver.

Shares nothing with the method that made the proof. What is certified stands in the README of `methods/disclosure`.
"""

from pathlib import Path

import polars as pl

DATA, PROOF = "data", "certificates"
FILES = ("systems", "worlds", "certificates", "rules")
PLACE = ("level", "entity_id")
CELL = (*PLACE, "student_group")
TABLE = ("school_year", "policy_id", "indicator", "population", "grade_span", "subject", "measure")
KEYS = (*TABLE, *CELL)
NO_PART = ("not_applicable", "not_collected", "not_reported", "no_students")
WHOLE, DIVIDES = "all", ("race_ethnicity", "sex")
FAR = 1 << 40
"""The upper bound of a number of which nothing is published."""


def check_certificates(release: Path) -> list[str]:
    """Check without a solver that every hidden number stays open, from the release's own files alone.

    The base world must fit all that is published. Each certificate changes it in cells that are not published exactly,
    within what is published of them and in every sum to nothing, so neither of its two worlds can be told from truth.
    """
    if not (release / DATA / "values.parquet").is_file():
        return []
    if not all((release / PROOF / f"{name}.parquet").is_file() for name in FILES):
        return ["The proofs that hidden numbers stay open are not there."]
    worlds, proofs = (_read(release, name) for name in ("worlds", "certificates"))
    cells = (
        _intervals(release)
        .group_by("system", *CELL)
        .agg(
            pl.col("low").max(),
            pl.col("high").min(),
            pl.col("is_hidden").all(),
            pl.col("above", "family", "quantity").first(),
        )
    )
    cells = cells.join(worlds.drop("quantity"), on=["system", *CELL], how="full", coalesce=True)
    exact = pl.col("low") == pl.col("high")
    faults = [
        _counted(cells.filter(pl.col("low").is_null()), "numbers of the base world are of no published row"),
        _counted(
            cells.filter(exact & pl.col("value").is_not_null()), "numbers of the base world are published exactly"
        ),
        _counted(cells.filter(_outside("value")), "numbers of the base world are not what is published of them"),
    ]
    # A shown number without a base is the least that it can be; a hidden one takes part in nothing.
    cells = cells.filter(exact | pl.col("value").is_not_null() | ~pl.col("is_hidden"))
    cells = cells.with_columns(pl.when(~exact).then(pl.coalesce("value", "low")).alias("value"))
    changed = proofs.select(
        "system",
        *(pl.col(name).alias(f"certified_{name}") for name in CELL),
        *(pl.col(f"changed_{name}").alias(name) for name in CELL),
        "low_world",
        "high_world",
    )
    changed = changed.join(cells, on=["system", *CELL], how="left").with_columns(
        move=pl.col("high_world") - pl.col("low_world")
    )
    one = ["system", *(f"certified_{name}" for name in CELL)]
    own = changed.filter(pl.all_horizontal(pl.col(name) == pl.col(f"certified_{name}") for name in CELL))
    certified = own.select("system", *CELL, "move")
    faults += [
        _counted(changed.filter(pl.col("value").is_null()), "certificates change a number that is published exactly"),
        _counted(
            changed.filter(_outside("low_world") | _outside("high_world")), "certificates leave what is published"
        ),
        _counted(certified.filter(pl.col("move") < 1), "certificates leave their number no room"),
        _counted(_sums(changed, cells, one), "certificates change a sum"),
        _counted(_above_their_place(changed, cells, one), "certificates give a group more than its place"),
    ]
    return [fault for fault in faults if fault]


def certified(release: Path) -> tuple[int, int]:
    """Count the numbers of a release that no table shows, and those of them that have a certificate."""
    hidden = _intervals(release).group_by("system", *CELL).agg(pl.col("is_hidden").all()).filter("is_hidden")
    proven = hidden.join(_read(release, "certificates"), on=["system", *CELL], how="semi")
    return hidden.height, proven.height


def _intervals(release: Path) -> pl.DataFrame:
    """Give every published number that takes part, with its system and the bounds that its row tells (see above)."""
    texts = pl.read_csv(release / DATA / "values.csv", infer_schema=False, columns=[*KEYS, "value"])
    decimals = texts.select(*KEYS, decimals=pl.col("value").str.extract(r"\.(\d+)$").str.len_chars().fill_null(0))
    values = pl.read_parquet(release / DATA / "values.parquet").filter(~pl.col("value_status").is_in(NO_PART))
    systems = _read(release, "systems")
    all_counted = systems.filter(quantity="numerator").select(*TABLE, "counts_all")
    rules, places = _read(release, "rules"), pl.read_csv(release / DATA / "entities.csv", infer_schema=False)
    groups = pl.read_csv(release / DATA / "student_groups.csv", infer_schema=False)
    above = pl.when(pl.col("level") == "school").then(pl.concat_str(pl.lit("district/"), "district_id"))
    above = above.when(pl.col("level") == "district").then(pl.lit("state/state"))
    shown, is_counts = pl.col("student_count").is_not_null(), pl.col("mode") == "counts"
    half = 0.5 / pl.lit(10.0).pow("decimals")
    rows = (
        values.join(rules, on=["indicator", "policy_id", "level", "student_group"], how="inner")
        .filter(pl.col("school_year").is_between("first_school_year", "last_school_year"))
        .join(decimals.with_columns(pl.col("school_year").cast(values.schema["school_year"])), on=KEYS, how="left")
        .join(places.select(*PLACE, above=above).unique(PLACE), on=PLACE, how="left")
        .join(groups.select("student_group", family="group_kind"), on="student_group", how="left")
        .join(all_counted, on=TABLE, how="left")
        .with_columns(pl.col("value", "low_bound", "high_bound", "numerator").cast(pl.Float64), is_hidden=~shown)
        .with_columns(
            students_low=pl.when(shown & is_counts)
            .then("student_count")
            .when(shown)
            .then(pl.max_horizontal(pl.col("student_count") - pl.col("count_base") // 2, "minimum"))
            .otherwise(0),
            students_high=pl.when(shown & is_counts)
            .then("student_count")
            .when(shown)
            .then(pl.col("student_count") + (pl.col("count_base") - 1) // 2)
            .otherwise(FAR),
            share_low=pl.coalesce("low_bound", pl.col("value") - half, 0.0),
            share_high=pl.coalesce("high_bound", pl.col("value") + half, 100.0),
        )
    )
    fewest = pl.when("counts_all").then("students_low").otherwise("minimum")
    least = ((pl.col("share_low") * 10_000).round() * fewest / 1_000_000).ceil()
    most = ((pl.col("share_high") * 10_000).round() * pl.col("students_high") / 1_000_000).floor()
    known = pl.col("numerator").is_not_null()
    numerators = rows.filter(pl.col("mode").is_in(["counts", "ranges"])).with_columns(
        low=pl.when(known).then("numerator").when(shown).then(least).otherwise(0),
        high=pl.when(known).then("numerator").when(shown).then(most).otherwise(FAR),
        quantity=pl.lit("numerator"),
    )
    students = rows.with_columns(low="students_low", high="students_high", quantity=pl.lit("students"))
    wanted = [
        *TABLE,
        *CELL,
        "quantity",
        pl.col("low").cast(pl.Int64),
        pl.col("high").cast(pl.Int64),
        "is_hidden",
        "above",
        "family",
    ]
    told = pl.concat([students.select(wanted), numerators.select(wanted)])
    return told.join(systems.drop("counts_all"), on=[*TABLE, "quantity"], how="inner")


def _sums(changed: pl.DataFrame, cells: pl.DataFrame, one: list[str]) -> pl.DataFrame:
    """List the sums of places or groups that do not keep their number between the two worlds of a certificate."""
    here = pl.concat_str("level", pl.lit("/"), "entity_id")
    wholes = cells.select("system", "student_group", place=here, family="family")
    parts = cells.filter(pl.col("above").is_not_null()).select("system", "student_group", place="above").unique()
    both = parts.join(wholes.drop("family"), on=["system", "student_group", "place"], how="semi")
    up = changed.select(*one, "student_group", pl.col("above").alias("place"), "move")
    down = changed.select(*one, "student_group", here.alias("place"), -pl.col("move"))
    places = pl.concat([up, down]).join(both, on=["system", "student_group", "place"], how="semi")
    totals = wholes.filter(pl.col("family") == WHOLE).select("system", "place")
    divided = cells.filter(pl.col("family").is_in(DIVIDES)).select("system", "family", place=here).unique()
    divided = divided.join(totals, on=["system", "place"], how="semi")
    part = changed.filter(pl.col("family").is_in(DIVIDES)).select(*one, "family", here.alias("place"), "move")
    whole = changed.filter(pl.col("family") == WHOLE).select(*one, here.alias("place"), -pl.col("move"))
    of = whole.join(divided, on=["system", "place"]).select(*one, "family", "place", "move")
    groups = pl.concat([part.join(divided, on=["system", "family", "place"], how="semi"), of])
    kept = [
        moves.group_by([*one, key, "place"]).agg(pl.col("move").sum()).filter(pl.col("move") != 0).select(one)
        for moves, key in ((places, "student_group"), (groups, "family"))
    ]
    return pl.concat(kept).unique()


def _above_their_place(changed: pl.DataFrame, cells: pl.DataFrame, one: list[str]) -> pl.DataFrame:
    """List the certificates in one of whose worlds a group exceeds its place by more than published numbers say.

    A group has no more students than its place, and no more of them are counted.
    """
    groups = changed.filter(pl.col("family") != WHOLE)
    base = pl.coalesce("value", "low").alias("total")
    totals = cells.filter(pl.col("family") == WHOLE).select("system", *PLACE, base, most="high")
    moved = changed.filter(pl.col("family") == WHOLE).select(
        *one, *PLACE, total_low="low_world", total_high="high_world"
    )
    both = groups.join(totals, on=["system", *PLACE], how="inner").join(moved, on=[*one, *PLACE], how="left")
    known = pl.max_horizontal(pl.col("low") - pl.col("most"), 0)
    too_many = [pl.col(f"{end}_world") > pl.coalesce(f"total_{end}", "total") + known for end in ("low", "high")]
    return both.filter(pl.any_horizontal(too_many))


def _outside(name: str) -> pl.Expr:
    return (pl.col(name) < pl.col("low")) | (pl.col(name) > pl.col("high"))


def _counted(rows: pl.DataFrame, what: str) -> str:
    return f"{rows.height:,} {what}." if rows.height else ""


def _read(release: Path, name: str) -> pl.DataFrame:
    return pl.read_parquet(release / PROOF / f"{name}.parquet")
