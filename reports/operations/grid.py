"""The grid of districts by collections, as HTML text and as CSV.

A state has some twenty thousand cells, which plain text writes in a quarter of a second. They stand in tables of a
hundred districts, of which a browser lays out those on the screen.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import polars as pl
from markupsafe import Markup, escape

from reports import words

PART = 100
"""How many districts stand in one table."""

STATES: dict[str, dict[str, str]] = {
    "refused": {"icon": "✗", "words": "refused", "meaning": "it cannot be taken in"},
    "must_fix": {"icon": "!", "words": "to fix", "meaning": "taken in, and something must be fixed"},
    "explain": {"icon": "?", "words": "to explain", "meaning": "taken in, and something asks for a reason"},
    "not_checked": {"icon": "⚠", "words": "with us", "meaning": "not checked through our fault"},
    "waiting": {"icon": "…", "words": "waiting", "meaning": "received and not screened yet"},
    "not_sent": {"icon": "–", "words": "not sent", "meaning": "nothing came"},
    "ready": {"icon": "✓", "words": "ready", "meaning": "nothing is left to do but to certify it"},
    "certified": {"icon": "★", "words": "certified", "meaning": "someone signed for the district that it is right"},
}
"""Where a district or a collection may stand: those that need someone first."""


def in_order_of_need(standing: pl.DataFrame) -> pl.DataFrame:
    """Put the districts first that need someone: stuck, then overdue, then by where they stand and how long."""
    rank = {state: place for place, state in enumerate(STATES)}
    return standing.sort(
        pl.col("stuck").is_null(),
        pl.col("overdue") == 0,
        pl.col("state").replace_strict(rank, return_dtype=pl.Int64),
        -pl.col("must_fix"),
        -pl.col("explain"),
        pl.col("last_sent"),
        "district_id",
        nulls_last=True,
    )


def parts(
    standing: pl.DataFrame,
    cells: pl.DataFrame,
    overdue: set[tuple[str, str]],
    columns: Sequence[str],
    districts: Mapping[str, Mapping[str, Any]],
    now: datetime,
    root: str,
) -> Iterator[Markup]:
    """Write the tables of the grid; `overdue` holds (district, collection) of what did not come in time."""
    by_district = _cells(cells, now)
    heads = "".join(f'<th scope="col">{escape(column.replace("_", " "))}</th>' for column in columns)
    rows = standing.with_columns(age=_days(now, "last_sent")).rows(named=True)
    for at in range(0, len(rows), PART):
        some = rows[at : at + PART]
        title = f"Districts {at + 1:,} to {at + len(some):,} of {len(rows):,}"
        lines = [
            f'<section class="hundred scroll" tabindex="0" aria-label="{title}">\n<table class="grid">\n'
            f'<caption>{title}</caption>\n<thead><tr><th scope="col">District</th>'
            f'<th scope="col">Stands at</th>{heads}</tr></thead>\n<tbody>\n'
        ]
        for row in some:
            lines.append(_row(row, districts[row["district_id"]], root))
            own = by_district.get(row["district_id"], {})
            lines += [own.get(one) or _missing((row["district_id"], one) in overdue) for one in columns]
            lines.append("</tr>\n")
        lines.append("</tbody>\n</table>\n</section>")
        yield Markup("".join(lines))


def _row(row: Mapping[str, Any], about: Mapping[str, Any], root: str) -> str:
    said = STATES[row["state"]]
    keys = {"state": row["state"], "vendor": about["vendor"], "stuck": row["stuck"], "fix": row["must_fix"] or None}
    keys |= {"age": row["age"], "overdue": row["overdue"] or None}
    data = "".join(f' data-{name}="{escape(value)}"' for name, value in keys.items() if value is not None)
    stuck = (
        ""
        if row["stuck"] is None
        else "<small><strong>stuck with us</strong></small>"
        if row["stuck"] == "ours"
        else _STUCK
    )
    more = f"<small>{row['age']} d, {row['attempts']}×</small>" if row["age"] is not None else ""
    return (
        f'<tr{data}><th scope="row"><a href="{root}district/{row["district_id"]}/index.html">'
        f"{escape(about['district_name'] or row['district_id'])}</a> <small>{row['district_id']}</small></th>"
        f'<td class="{row["state"]}">{said["icon"]} {said["words"]}{more}{stuck}</td>'
    )


_STUCK = "<small><strong>stuck</strong></small>"


def _missing(is_overdue: bool) -> str:
    return '<td class="overdue">‼ overdue</td>' if is_overdue else "<td>–</td>"


def _cells(cells: pl.DataFrame, now: datetime) -> dict[str, dict[str, str]]:
    """Write every cell that has something to say, by district and collection."""
    said = {state: f"{one['icon']} {one['words']}" for state, one in STATES.items()}
    count = pl.when(pl.col("state") == "must_fix").then("must_fix").when(pl.col("state") == "explain").then("explain")
    text = pl.concat_str(
        pl.lit('<td class="'),
        "state",
        pl.lit('">'),
        pl.col("state").replace_strict(said, return_dtype=pl.String),
        pl.when(count.is_not_null()).then(pl.concat_str(pl.lit(" "), count)).otherwise(pl.lit("")),
        pl.lit("<small>"),
        _days(now, "since"),
        pl.lit(" d"),
        pl.when(pl.col("attempts") > 1)
        .then(pl.concat_str(pl.lit(", "), "attempts", pl.lit("×")))
        .otherwise(pl.lit("")),
        pl.lit("</small></td>"),
    )
    found: dict[str, dict[str, str]] = {}
    for district_id, collection, cell in cells.select("district_id", "collection", text.alias("cell")).iter_rows():
        found.setdefault(district_id, {})[collection] = cell
    return found


def _days(now: datetime, column: str) -> pl.Expr:
    return (pl.lit(now) - pl.col(column)).dt.total_days().clip(lower_bound=0)


def write_csv(
    path: Path, standing: pl.DataFrame, cells: pl.DataFrame, columns: Sequence[str], districts: pl.DataFrame
) -> None:
    """Write the grid as a table: a row for each district, a column for each collection."""
    wide = cells.pivot("collection", index="district_id", values="state") if cells.height else None
    table = standing.join(districts, on="district_id", how="left", maintain_order="left")
    table = table.select(
        "school_year",
        "district_id",
        "district_name",
        "vendor",
        "state",
        "stuck",
        "last_sent",
        "attempts",
        "must_fix",
        "explain",
        "overdue",
    )
    if wide is not None:
        table = table.join(wide.select("district_id", *columns), on="district_id", how="left", maintain_order="left")
    table.with_columns(words.guarded(pl.col(pl.String))).write_csv(path)
