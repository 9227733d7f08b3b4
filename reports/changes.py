"""How the results of a release differ from those before it: what was added, removed or changed, and from what cause.

Rows are compared as the text that files have, so the list applied to the old file gives the new one to the letter. A
number that is hidden now is not repeated, whatever it was before.
"""

from collections.abc import Iterable, Mapping

import polars as pl

from reports.contents import Contents, columns_of, dictionary
from reports.versions import Earlier, changed_policies

CAUSES = (
    "submission_received",
    "submission_corrected",
    "rule_changed",
    "policy_changed",
    "code_changed",
    "not_known",
)
BEFORE, AFTER = "_before", "_after"


def key() -> list[str]:
    """Name the columns by which a result is found."""
    return dictionary()["values"]["key"]


def as_text(contents: Contents) -> pl.DataFrame:
    """Give the results of a release that is being made as the text that its file will have."""
    return contents.values.with_columns(pl.exclude(pl.String).cast(pl.String))


def changes(before: pl.DataFrame, after: pl.DataFrame, silent: Iterable[str] = ("suppressed",)) -> pl.DataFrame:
    """List the results that were added, removed or changed, all columns before and after, without a cause.

    Both are text. Where the status after is one of `silent`, the numbers before are left out.
    """
    own = key()
    others = [name for name in after.columns if name not in own]
    missing = [pl.lit(None, pl.String).alias(name) for name in others if name not in before.columns]
    before = before.with_columns(missing).select(*own, *others)
    both = before.with_columns(pl.lit(True).alias("was")).join(
        after.with_columns(pl.lit(True).alias("is")), on=own, how="full", coalesce=True, suffix=AFTER
    )
    renamed = both.rename({name: name + BEFORE for name in others})
    same = pl.all_horizontal(pl.col(name + BEFORE).eq_missing(pl.col(name + AFTER)) for name in others)
    found = renamed.filter(pl.col("was").is_null() | pl.col("is").is_null() | ~same).with_columns(
        pl.when(pl.col("was").is_null())
        .then(pl.lit("added"))
        .when(pl.col("is").is_null())
        .then(pl.lit("removed"))
        .otherwise(pl.lit("changed"))
        .alias("change")
    )
    is_hidden = pl.col("value_status" + AFTER).is_in(list(silent)).fill_null(False)
    told = [
        pl.when(is_hidden).then(None).otherwise(pl.col(name + BEFORE)).alias(name + BEFORE)
        for name in others
        if name not in ("value_status", "use_class")
    ]
    pairs = [name + when for name in others for when in (BEFORE, AFTER)]
    return found.with_columns(told).select("change", *own, *pairs).sort(own)


def apply(before: pl.DataFrame, changed: pl.DataFrame) -> pl.DataFrame:
    """Give the results after, from those before and the list of changes between them."""
    own = key()
    others = [name.removesuffix(AFTER) for name in changed.columns if name.endswith(AFTER)]
    kept = before.join(changed, on=own, how="anti", nulls_equal=True)
    kept = kept.with_columns(pl.lit(None, pl.String).alias(name) for name in others if name not in before.columns)
    new = changed.filter(pl.col("change") != "removed").rename({name + AFTER: name for name in others})
    return pl.concat([kept.select(*own, *others), new.select(*own, *others)]).sort(own)


def with_causes(changed: pl.DataFrame, before: Earlier, contents: Contents, inputs: Mapping) -> pl.DataFrame:
    """Put beside each change what of all that it is made of is another than before; several where several are."""
    earlier, found = before.inputs, {name: pl.lit(False) for name in CAUSES}
    if earlier and inputs:
        found |= _from_submissions(earlier, inputs, contents)
        found["policy_changed"] = _from_policies(earlier, inputs, before, contents)
        found["code_changed"] = _from_code(earlier, inputs)
    schools = contents.tables["entities"].filter(pl.col("level") == "school")
    home = dict(schools.select("entity_id", "district_id").iter_rows())
    of_district = pl.when(pl.col("level") == "school").then(pl.col("entity_id").replace_strict(home, default=None))
    flagged = changed.with_columns(
        of_district.when(pl.col("level") == "district").then(pl.col("entity_id")).alias("_district")
    ).with_columns(flag.alias(f"_{name}") for name, flag in found.items())
    flagged = flagged.with_columns((~pl.any_horizontal(f"_{name}" for name in CAUSES)).alias("_not_known"))
    words_of = [pl.when(f"_{name}").then(pl.lit(name)) for name in CAUSES]
    return flagged.select(
        "change",
        pl.concat_str(words_of, separator=";", ignore_nulls=True).alias("cause"),
        *key(),
        *(name for name in changed.columns if name.endswith((BEFORE, AFTER))),
    )


def _from_submissions(earlier: Mapping, now: Mapping, contents: Contents) -> dict[str, pl.Expr]:
    """Tell by district and year where submissions or the rules that they went through are others than before.

    A result of a district or school may come from submissions of earlier years; one of the state from those of all.
    Where those have not changed, the submissions of others may be what has: students move, and norms are the state's.
    """
    old, new = (_by_place(one["submissions"]) for one in (earlier, now))
    received = {place for place in new if place not in old}
    corrected = {place for place in old if place in new and new[place][0] != old[place][0]} | (old.keys() - new.keys())
    ruled = {place for place in old if place in new and new[place][1] != old[place][1]}
    own = {
        name: _since(places)
        for name, places in (
            ("submission_received", received),
            ("submission_corrected", corrected),
            ("rule_changed", ruled),
        )
    }
    is_own = pl.any_horizontal(own.values())
    everywhere = {
        "submission_received": _anywhere(received),
        "submission_corrected": _anywhere(corrected),
        "rule_changed": _anywhere(ruled),
    }
    return {name: own[name] | (~is_own & everywhere[name]) for name in own}


def _by_place(submissions: Mapping) -> dict[tuple[str, int], tuple[list, str]]:
    return {
        (one["district_id"], one["school_year"]): (sorted(map(list, one["files"])), one["rule_pack"])
        for one in submissions.values()
    }


def _since(places: Iterable[tuple[str, int]]) -> pl.Expr:
    """Tell whether a result's own district has one of these places in its year or before; the state has them all."""
    first: dict[str, int] = {}
    for district, year in places:
        first[district] = min(year, first.get(district, year))
    year, least = pl.col("school_year").cast(pl.Int64), min(first.values(), default=None)
    if least is None:
        return pl.lit(False)
    of_state = (pl.col("level") == "state") & (year >= least)
    start = pl.col("_district").replace_strict(first, default=None, return_dtype=pl.Int64)
    return of_state | (year >= start).fill_null(False)


def _anywhere(places: Iterable[tuple[str, int]]) -> pl.Expr:
    years = [year for _, year in places]
    return pl.col("school_year").cast(pl.Int64) >= min(years) if years else pl.lit(False)


def _from_policies(earlier: Mapping, now: Mapping, before: Earlier, contents: Contents) -> pl.Expr:
    """Tell by indicator and year where a policy number is another, or anywhere where one that all share is."""
    own = {name for one in now["indicators"].values() for name in one["policies"]}
    if any(earlier["policies"].get(name) != sha256 for name, sha256 in now["policies"].items() if name not in own):
        return pl.lit(True)
    places = changed_policies(before, contents)
    rows = pl.struct(pl.col("indicator"), pl.col("school_year").cast(pl.Int64))
    known = pl.Series([{"indicator": slug, "school_year": year} for slug, year in sorted(places)])
    return rows.is_in(known.implode()) if places else pl.lit(False)


def _from_code(earlier: Mapping, now: Mapping) -> pl.Expr:
    """Tell by indicator where a model is another, or anywhere where what all share is."""
    shared = "shared_models", "code"
    if any(earlier[part].get(name) != sha256 for part in shared for name, sha256 in _shared(now, part).items()):
        return pl.lit(True)
    slugs = [
        slug
        for slug, one in now["indicators"].items()
        if earlier["indicators"].get(slug, {}).get("models") != one["models"]
    ]
    return pl.col("indicator").is_in(slugs)


def _shared(inputs: Mapping, part: str) -> Mapping[str, str]:
    """Give the models that all share, and the rooms whose code computes numbers that no model shows."""
    return {room: sha256 for room, sha256 in inputs[part].items() if part != "code" or room == "methods"}


def columns() -> list[str]:
    """Name the columns of the list of changes."""
    others = [name for name in columns_of(dictionary()["values"]) if name not in key()]
    return ["change", "cause", *key(), *(name + when for name in others for when in (BEFORE, AFTER))]
