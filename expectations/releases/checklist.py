"""The checklist of a release beside its table: what came before, what was received, what has moved, and who says so.

Results have the shape of those of `publication`: counts and names, never rows of students. Nothing is read here and
nothing is decided; what a failed line means for publication is said by its severity.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import polars as pl

from expectations.releases.promises import Result, result
from expectations.releases.publication import KEYS

PLAUSIBLE_CORRECTION = {"percent": 5, "score": 10}
"""By how many points a published value of the whole state may be corrected before someone has to look."""
TOLD = 5
MOVERS = 100


@dataclass(frozen=True)
class Acknowledgement:
    """Who says, and why, that a release may go out though it has this warning; `observed` is what they were told."""

    expectation: str
    by: str
    reason: str
    observed: str | None = None


def line(
    name: str, breaches: Sequence[str], severity: str = "error", columns: Iterable[str] = (), **places: object
) -> Result:
    """Give a line of the checklist, with the first things that break it; `columns` and `places` as in `result`."""
    more = f" and {len(breaches) - TOLD:,} more" if len(breaches) > TOLD else ""
    observed = ", ".join(breaches[:TOLD]) + more if breaches else "as promised"
    outcome = "failed" if breaches else "passed"
    return result(name, outcome, observed, severity=severity, columns=columns, places=places)


def earlier_releases(published: Mapping[str, str], found: Mapping[str, str]) -> Result:
    """Hold the releases that the ledger names, with the checksums of their statements, against those that stand."""
    breaches = [
        f"{version} is not there" if version not in found else f"{version} is another"
        for version, sha256 in published.items()
        if found.get(version) != sha256
    ]
    return line("earlier_releases_stand", breaches)


def received_rows(manifest: pl.DataFrame) -> Result:
    """Prove that every row of a file that was accepted is accepted, set aside, or not applicable."""
    kept = pl.sum_horizontal("rows_accepted", "rows_quarantined", "rows_not_applicable")
    lost = manifest.filter(pl.col("status") == "accepted", kept != pl.col("rows_received"))
    breaches = [f"{district} {year} {name}" for district, year, name in _places(lost)]
    return line("rows_reconcile", breaches)


def kind_of_records(simulated: Mapping[str, bool], releases: Mapping[str, bool]) -> Result:
    """Prove that simulated records never stand beside real ones, in a build or in the releases of one home.

    Both tell by a name, of a submission and of a release that was published, whether its records are simulated.
    """
    breaches = []
    if len(set(simulated.values())) > 1:
        breaches = [f"{name} is simulated, others are not" for name, made_up in simulated.items() if made_up]
    elif others := [name for name, made_up in releases.items() if simulated and made_up not in simulated.values()]:
        breaches = [f"{name} is of {'simulated' if releases[name] else 'real'} records" for name in others]
    return line("records_are_of_one_kind", breaches)


def signatures(sent: Iterable[tuple[int, str]], signed: Mapping[tuple[int, str], str]) -> Result:
    """Ask for a name where some districts have certified a school year and others have not, or have changed since.

    `sent` names the school years and districts that a build is made of, and `signed` tells of those that were ever
    certified whether they still are: `certified` or `changed_since`. A year that nobody certified asks for nothing.
    """
    years = {year for year, _ in signed}
    breaches = [
        f"{district} {year}" + (" changed since" if (year, district) in signed else "")
        for year, district in sorted(sent)
        if year in years and signed.get((year, district)) != "certified"
    ]
    return line("districts_are_certified", breaches, "warning", ["certifications.status"])


def modes(results: pl.DataFrame) -> Result:
    """Prove that every indicator has a way of publishing at every level where it has results."""
    looked_at = "indicator", "level", "mode"
    without = results.select(looked_at).filter(pl.col("mode").is_null()).unique().sort(pl.all())
    breaches = [f"{indicator} of the {level}" for indicator, level, _ in without.rows()]
    return line("every_indicator_has_a_mode", breaches, columns=[f"values.{name}" for name in looked_at])


def causes(counts: Mapping[str, int]) -> Result:
    """Prove that every number that is not as it was has a cause among what the two releases were made of."""
    unknown = counts.get("not_known", 0)
    return line(
        "every_change_has_a_cause",
        [f"{unknown:,} results"] if unknown else [],
        "warning",
        ["changes.cause"],
    )


def movers(now: pl.DataFrame, before: pl.DataFrame) -> pl.DataFrame:
    """List the values that moved most since the last release, measured by their likely ranges.

    A value is set beside that of the same year or, where the year is new, of the year before.
    """
    own = [name for name in KEYS if name != "school_year"]
    old = before.filter(pl.col("value").is_not_null()).select(
        *own, pl.col("school_year").alias("compared_with"), pl.col("value").cast(pl.Float64).alias("value_before")
    )
    old_years = before["school_year"].unique()
    shown = now.filter(pl.col("value").is_not_null(), pl.col("interval_low") < pl.col("interval_high")).select(
        *KEYS,
        "value",
        (pl.col("interval_high") - pl.col("interval_low")).cast(pl.Float64).alias("_width"),
        pl.when(pl.col("school_year").is_in(old_years.implode()))
        .then(pl.col("school_year"))
        .otherwise(pl.col("school_year") - 1)
        .alias("compared_with"),
    )
    both = shown.join(old, on=[*own, "compared_with"]).with_columns(
        (pl.col("value").cast(pl.Float64) - pl.col("value_before")).round(4).alias("moved")
    )
    both = both.filter(pl.col("moved") != 0).with_columns((pl.col("moved").abs() / pl.col("_width")).alias("_ranges"))
    told = both.sort("_ranges", *KEYS, descending=[True, *(False for _ in KEYS)]).head(MOVERS)
    return told.select(*KEYS, "compared_with", "value_before", pl.col("value").cast(pl.Float64), "moved")


def corrections(now: pl.DataFrame, before: pl.DataFrame, units: Mapping[str, str]) -> Result:
    """Say where a value of the whole state, for a year that is published already, has moved by much."""
    state = [table.filter(pl.col("level") == "state", pl.col("value").is_not_null()) for table in (now, before)]
    both = state[0].join(state[1].select(*KEYS, pl.col("value").alias("value_before")), on=list(KEYS))
    unit = pl.concat_str("indicator", "measure", separator="/").replace_strict(dict(units), default=None)
    most = unit.replace_strict(PLAUSIBLE_CORRECTION, default=None, return_dtype=pl.Float64)
    moved = (pl.col("value").cast(pl.Float64) - pl.col("value_before").cast(pl.Float64)).abs()
    found = both.filter(moved > most).select("indicator", "school_year", "student_group").unique().sort(pl.all())
    return line(
        "corrections_are_plausible",
        [f"{indicator} {year} {group}" for indicator, year, group in found.rows()],
        "warning",
        ["values.value"],
        **PLAUSIBLE_CORRECTION,
    )


def acknowledged(results: Iterable[Result], given: Iterable[Acknowledgement]) -> list[Result]:
    """Put the names and reasons beside the warnings that were acknowledged as they are now.

    An acknowledgement of something that was observed otherwise does not hold, and an error has none.
    """
    said = {one.expectation: one for one in given}
    out = []
    for each in results:
        one = said.get(each["expectation"])
        is_warning = not each["success"] and each["severity"] == "warning"
        if one and is_warning and one.observed in (None, each["observed"]):
            each = each | {"acknowledged_by": one.by, "reason": one.reason}
        out.append(each)
    return out


def broken(results: Iterable[Result], severity: str) -> list[Result]:
    """List the lines of this severity that do not hold and that nobody has acknowledged."""
    return [
        result
        for result in results
        if not result["success"] and result["severity"] == severity and "acknowledged_by" not in result
    ]


def _places(lost: pl.DataFrame) -> list[tuple]:
    return lost.select("district_id", "school_year", "collection").unique().sort(pl.all()).rows()
