"""Where districts, collections and rules stand, worked out from what the event log says. Frames in, frames out.

Nothing is read or written here. What a state means, when a district is stuck, and when a rule gathers in one
information system, is decided here and nowhere else.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta

import polars as pl

from expectations.notices import EXPLAIN, MUST_FIX
from methods.clustering import chance_of_gathering
from reports.operations.contract import TABLES

WAITING, OURS, REFUSED, FIX, TO_EXPLAIN, READY, CERTIFIED, NOT_SENT = (
    "waiting",
    "not_checked",
    "refused",
    "must_fix",
    "explain",
    "ready",
    "certified",
    "not_sent",
)
QUIET = timedelta(days=14)
"""After how long a district that has to do something, and did nothing, is stuck."""
SLOW = timedelta(hours=2)
"""After how long what we have to do is late."""
SOON = timedelta(days=7)
MEMBERS, SHARE, TIMES, CHANCE = 3, 0.5, 5, 0.01
"""A rule gathers in a system that has so many districts hit, this share of its own, so many times the share of all
others, and where chance alone would do that less often than this."""

_WHOSE = ("school_year", "district_id")
Tables = Mapping[str, pl.DataFrame]


def derive(told: Tables, now: datetime) -> dict[str, pl.DataFrame]:
    """Work out every table of the contract from what was gathered.

    `told` has, beside the tables that go on as they are, `sent` (submission_id, collection), `finding` (submission_id,
    rule, count) and `rule` (rule, severity, collection, title).
    """
    submissions = _submissions(told)
    findings = _findings(told, submissions, now)
    cells = _cells(told, submissions, findings)
    hits = _hits(findings, submissions)
    rules = _rules(hits, cells, submissions, findings, told)
    derived = {
        "ops_submission": submissions,
        "ops_cell": cells,
        "ops_standing": _standings(told, submissions, cells, now),
        "ops_hit": hits,
        "ops_rule": rules,
        "ops_vendor_rule": vendors_of(hits, cells, submissions, told),
        "ops_explanation": _explanations(told, findings, submissions),
        "ops_arrival": _arrivals(told, submissions, now),
    }
    tables = {name: table for name, table in told.items() if name in TABLES} | derived
    return {name: tables[name].select(schema.names()).cast(dict(schema)) for name, schema in TABLES.items()}


# ---- submissions and what was found in them


def _submissions(told: Tables) -> pl.DataFrame:
    found = told["finding"].join(told["rule"], on="rule", how="left")
    counts = found.group_by("submission_id").agg(
        pl.col("count").filter(pl.col("severity") == severity).sum().cast(pl.Int64).alias(severity)
        for severity in (MUST_FIX, EXPLAIN, "information")
    )
    return (
        told["submission"]
        .sort(*_WHOSE, "sequence")
        .with_columns(attempt=pl.int_range(1, pl.len() + 1).over(_WHOSE))
        .with_columns(is_latest=pl.col("attempt") == pl.col("attempt").max().over(_WHOSE))
        .join(counts, on="submission_id", how="left")
        .with_columns(pl.col(MUST_FIX, EXPLAIN, "information").fill_null(0))
    )


def _findings(told: Tables, submissions: pl.DataFrame, now: datetime) -> pl.DataFrame:
    """Give the findings of every attempt with their rule, and whether each is settled: explained or waived."""
    today = now.date()
    explained = (
        _last_explanations(told)
        .filter(pl.col("expires_on") >= today, pl.col("answer").ne_missing("refused"))
        .select(*_WHOSE, "rule", explained_up_to="most_records")
    )
    waived = (
        told["ops_waiver"]
        .filter(pl.col("approved_on") <= today, pl.col("expires_on") >= today)
        .group_by(*_WHOSE, "rule")
        .agg(waived_up_to=pl.col("most_records").max())
    )
    own = submissions.select(*_WHOSE, "submission_id", "attempt", "received_at", "verdict", "is_latest", "is_in_force")
    found = told["finding"].join(own, on="submission_id").join(told["rule"], on="rule", how="left")
    found = found.join(explained, on=[*_WHOSE, "rule"], how="left").join(waived, on=[*_WHOSE, "rule"], how="left")
    most = pl.max_horizontal("explained_up_to", "waived_up_to")
    return found.with_columns(is_settled=(pl.col("count") <= most).fill_null(False))


def _last_explanations(told: Tables) -> pl.DataFrame:
    return told["explanation"].unique([*_WHOSE, "rule"], keep="last", maintain_order=True)


def _explanations(told: Tables, findings: pl.DataFrame, submissions: pl.DataFrame) -> pl.DataFrame:
    now = findings.filter("is_latest").select(*_WHOSE, "rule", "count")
    before = now.with_columns(pl.col("school_year") + 1).rename({"count": "count_last_year"})
    titles = told["rule"].select("rule", "title")
    return (
        _last_explanations(told)
        .join(now, on=[*_WHOSE, "rule"], how="left")
        .join(before, on=[*_WHOSE, "rule"], how="left")
        .join(titles, on="rule", how="left")
        .sort("explained_on", *_WHOSE, "rule")
    )


# ---- districts and collections


def _cells(told: Tables, submissions: pl.DataFrame, findings: pl.DataFrame) -> pl.DataFrame:
    """Say where each collection of each district stands: by the latest attempt, or else by the one in force."""
    sent = told["sent"].unique().join(submissions, on="submission_id")
    attempts = sent.group_by(*_WHOSE, "collection").agg(attempts=pl.col("submission_id").n_unique().cast(pl.Int64))
    standing = sent.filter(pl.col("is_latest") | pl.col("is_in_force")).drop(MUST_FIX, EXPLAIN)
    latest = standing.sort("attempt").unique([*_WHOSE, "collection"], keep="last", maintain_order=True)
    open_ones = findings.filter(~pl.col("is_settled")).group_by("submission_id", "collection")
    counts = open_ones.agg(_counted(MUST_FIX), _counted(EXPLAIN))
    return (
        latest.join(attempts, on=[*_WHOSE, "collection"])
        .join(counts, on=["submission_id", "collection"], how="left")
        .with_columns(pl.col(MUST_FIX, EXPLAIN).fill_null(0), since=pl.coalesce("verdict_at", "received_at"))
        .with_columns(state=_state(told))
        .sort(*_WHOSE, "collection")
    )


def _counted(severity: str) -> pl.Expr:
    return pl.col("count").filter(pl.col("severity") == severity).sum().cast(pl.Int64).alias(severity)


def _state(told: Tables) -> pl.Expr:
    is_certified = pl.col("submission_id").is_in(told["ops_certification"]["submission_id"].unique().implode())
    return (
        pl.when(pl.col("verdict").is_in([WAITING, OURS, REFUSED]))
        .then("verdict")
        .when(pl.col(MUST_FIX) > 0)
        .then(pl.lit(FIX))
        .when(pl.col(EXPLAIN) > 0)
        .then(pl.lit(TO_EXPLAIN))
        .when(is_certified.fill_null(False))
        .then(pl.lit(CERTIFIED))
        .otherwise(pl.lit(READY))
    )


def _standings(told: Tables, submissions: pl.DataFrame, cells: pl.DataFrame, now: datetime) -> pl.DataFrame:
    """Say where each known district stands in each year, who has to move, and what of it is due."""
    years = submissions.select("school_year").unique()
    known = told["ops_district"].select("district_id").join(years, how="cross").select(*_WHOSE)
    latest = submissions.filter("is_latest").select(
        *_WHOSE,
        "submission_id",
        "verdict",
        "attempt",
        last_sent="received_at",
        since=pl.coalesce("verdict_at", "received_at"),
    )
    counts = cells.group_by(_WHOSE).agg(
        pl.col(MUST_FIX, EXPLAIN).sum(), collections=pl.col("collection").len().cast(pl.Int64)
    )
    is_sent = pl.col("last_sent").is_not_null()
    is_theirs = pl.col("state").is_in([REFUSED, FIX, TO_EXPLAIN]) & (pl.col("last_sent") < now - QUIET)
    is_ours = (pl.col("state") == OURS) | ((pl.col("state") == WAITING) & (pl.col("last_sent") < now - SLOW))
    return (
        known.join(latest, on=_WHOSE, how="left")
        .join(counts, on=_WHOSE, how="left")
        .join(_due(told, known, cells, now), on=_WHOSE, how="left")
        .with_columns(pl.col(MUST_FIX, EXPLAIN, "collections", "overdue", "due_soon").fill_null(0))
        .with_columns(attempts=pl.col("attempt").fill_null(0))
        .with_columns(state=pl.when(is_sent).then(_state(told)).otherwise(pl.lit(NOT_SENT)))
        .with_columns(stuck=pl.when(is_ours).then(pl.lit("ours")).when(is_theirs).then(pl.lit("theirs")))
        .sort(_WHOSE)
    )


def _due(told: Tables, known: pl.DataFrame, cells: pl.DataFrame, now: datetime) -> pl.DataFrame:
    """Count the collections of each district that are due soon or overdue, and were not sent or not taken in."""
    due, today = told["ops_due"], now.date()
    everyone = known.join(due.filter(pl.col("district_id").is_null()).drop("district_id"), on="school_year")
    own = due.filter(pl.col("district_id").is_not_null())
    asked = pl.concat([everyone, own.select(everyone.columns)]).unique(
        [*_WHOSE, "collection"], keep="last", maintain_order=True
    )
    there = cells.filter(~pl.col("state").is_in([REFUSED, FIX])).select(*_WHOSE, "collection")
    missing = asked.join(there, on=[*_WHOSE, "collection"], how="anti")
    return missing.group_by(_WHOSE).agg(
        overdue=(pl.col("due_on") < today).sum().cast(pl.Int64),
        due_soon=pl.col("due_on").is_between(today, today + SOON).sum().cast(pl.Int64),
    )


def _arrivals(told: Tables, submissions: pl.DataFrame, now: datetime) -> pl.DataFrame:
    """Count who had sent something by this day, in each year and in the year before."""
    first = submissions.group_by(_WHOSE).agg(pl.col("received_at").min())
    by_now = first.group_by("school_year").agg(sent=pl.len().cast(pl.Int64))
    a_year_ago = first.filter(pl.col("received_at") <= now - timedelta(days=365)).group_by("school_year")
    before = a_year_ago.agg(sent_last_year=pl.len().cast(pl.Int64)).with_columns(pl.col("school_year") + 1)
    expected = pl.lit(told["ops_district"].height, pl.Int64)
    return by_now.join(before, on="school_year", how="left").with_columns(expected=expected).sort("school_year")


# ---- rules


def _hits(findings: pl.DataFrame, submissions: pl.DataFrame) -> pl.DataFrame:
    """Give what each rule found in the latest attempt of each district, and since when it finds it there."""
    first = findings.group_by(*_WHOSE, "rule").agg(
        first_seen=pl.col("received_at").min(), attempts=pl.col("submission_id").n_unique().cast(pl.Int64)
    )
    latest = findings.filter("is_latest").select(*_WHOSE, "submission_id", "rule", "count", "is_settled")
    return latest.join(first, on=[*_WHOSE, "rule"]).sort("school_year", "rule", "district_id")


def _rules(
    hits: pl.DataFrame, cells: pl.DataFrame, submissions: pl.DataFrame, findings: pl.DataFrame, told: Tables
) -> pl.DataFrame:
    explained = _last_explanations(told).select(*_WHOSE, "rule", is_explained=pl.lit(True))
    counted = (
        hits.join(explained, on=[*_WHOSE, "rule"], how="left")
        .group_by("school_year", "rule")
        .agg(
            districts=pl.col("district_id").n_unique().cast(pl.Int64),
            count=pl.col("count").sum().cast(pl.Int64),
            explained=pl.col("is_explained").fill_null(False).sum().cast(pl.Int64),
            first_seen=pl.col("first_seen").min(),
        )
    )
    return (
        counted.join(told["rule"], on="rule", how="left")
        .join(_asked(cells, submissions), on=["school_year", "collection"], how="left", nulls_equal=True)
        .join(_days_to_fix(findings, submissions), on=["school_year", "rule"], how="left")
        .sort("school_year", "districts", "rule", descending=[True, True, False])
    )


def _asked(cells: pl.DataFrame, submissions: pl.DataFrame) -> pl.DataFrame:
    """Count the districts that sent each collection; a rule of no collection is asked of all that sent anything."""
    of_each = cells.group_by("school_year", "collection").agg(districts_sent=pl.col("district_id").n_unique())
    of_all = submissions.group_by("school_year").agg(districts_sent=pl.col("district_id").n_unique())
    of_all = of_all.select("school_year", pl.lit(None, pl.String).alias("collection"), "districts_sent")
    return pl.concat([of_each, of_all])


def _days_to_fix(findings: pl.DataFrame, submissions: pl.DataFrame) -> pl.DataFrame:
    """Give the median of the days from the first attempt in which a rule found something to the first without it."""
    with_it = findings.select(*_WHOSE, "rule", "attempt", "received_at")
    checked = submissions.filter(pl.col("verdict").is_in(["accepted", REFUSED])).select(
        *_WHOSE, "attempt", fixed_at="received_at"
    )
    first = with_it.group_by(*_WHOSE, "rule").agg(
        pl.col("attempt").min(), began=pl.col("received_at").min(), last=pl.col("attempt").max()
    )
    after = first.join(checked, on=_WHOSE, suffix="_after").filter(pl.col("attempt_after") > pl.col("last"))
    fixed = after.group_by(*_WHOSE, "rule").agg(pl.col("fixed_at").min(), pl.col("began").first())
    days = (pl.col("fixed_at") - pl.col("began")).dt.total_seconds() / 86_400
    return fixed.group_by("school_year", "rule").agg(days_to_fix=days.median())


def vendors_of(hits: pl.DataFrame, cells: pl.DataFrame, submissions: pl.DataFrame, told: Tables) -> pl.DataFrame:
    """Set what a rule finds in the districts of each information system against what it finds elsewhere."""
    vendors = told["ops_district"].filter(pl.col("vendor").is_not_null()).select("district_id", "vendor")
    asked = pl.concat(
        [
            cells.select(*_WHOSE, "collection"),
            submissions.select(*_WHOSE, pl.lit(None, pl.String).alias("collection")).unique(),
        ]
    ).join(vendors, on="district_id")
    sent = asked.group_by("school_year", "collection", "vendor").agg(districts_sent=pl.col("district_id").n_unique())
    sent = sent.with_columns(all_sent=pl.col("districts_sent").sum().over("school_year", "collection"))
    hit = hits.join(vendors, on="district_id").join(told["rule"].select("rule", "collection"), on="rule", how="left")
    found = (
        hit.group_by("school_year", "rule", "collection", "vendor")
        .agg(districts=pl.col("district_id").n_unique())
        .with_columns(all_hit=pl.col("districts").sum().over("school_year", "rule"))
        .join(sent, on=["school_year", "collection", "vendor"], nulls_equal=True)
        .with_columns(pl.col("districts", "all_hit", "districts_sent", "all_sent").cast(pl.Int64))
    )
    counts = (found[name].to_numpy() for name in ("districts", "districts_sent", "all_hit", "all_sent"))
    found = found.with_columns(
        elsewhere=pl.col("all_hit") - pl.col("districts"),
        elsewhere_sent=pl.col("all_sent") - pl.col("districts_sent"),
        chance=pl.Series(chance_of_gathering(*counts), dtype=pl.Float64),
    )
    # Products, not quotients: nobody else may have sent the collection.
    gathers = (
        (pl.col("districts") >= MEMBERS)
        & (pl.col("districts") >= SHARE * pl.col("districts_sent"))
        & (pl.col("districts") * pl.col("elsewhere_sent") >= TIMES * pl.col("elsewhere") * pl.col("districts_sent"))
        & (pl.col("chance") < CHANCE)
    )
    return found.with_columns(is_cluster=gathers).sort("school_year", "rule", "vendor")
