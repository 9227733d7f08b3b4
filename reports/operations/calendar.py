"""The days on which collections are due, as a page lists them and as a file that a calendar reads (RFC 5545)."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl

from reports.words import school_year

WIDEST = 74
"""Of how many bytes a line of the file may be; the standard allows 75 before the line break."""


def days(due: pl.DataFrame, cells: pl.DataFrame, standing: pl.DataFrame) -> list[dict[str, Any]]:
    """Give each due day in order, with how many of those it asks have sent: the district itself, or all others."""
    sent = cells.select("school_year", "collection", "district_id").unique()
    own = due.drop_nulls("district_id").join(sent, on=sent.columns, how="semi").with_columns(sent=1)
    asked = standing.select("school_year", "district_id").join(
        due.filter(pl.col("district_id").is_null()).select("school_year", "collection").unique(), on="school_year"
    )
    asked = asked.join(due.drop_nulls("district_id"), on=sent.columns, how="anti")
    counted = asked.join(sent.with_columns(has=True), on=sent.columns, how="left").group_by("school_year", "collection")
    everyone = counted.agg(asked=pl.len(), sent=pl.col("has").count())
    of_all = due.filter(pl.col("district_id").is_null()).join(everyone, on=["school_year", "collection"], how="left")
    of_one = due.drop_nulls("district_id").join(own.select(*sent.columns, "sent"), on=sent.columns, how="left")
    columns = [*due.columns, "asked", "sent"]
    whole = pl.concat(
        [
            of_all.select(columns).cast({"asked": pl.Int64, "sent": pl.Int64}),
            of_one.with_columns(asked=pl.lit(1)).select(columns).cast({"asked": pl.Int64, "sent": pl.Int64}),
        ]
    ).with_columns(pl.col("asked", "sent").fill_null(0))
    return whole.sort("due_on", "collection", "district_id", nulls_last=False).to_dicts()


def write_ics(path: Path, due: pl.DataFrame, now: datetime) -> None:
    """Write every due day as an event of a whole day."""
    lines = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//Waymark//Collections//EN"]
    for one in due.sort("due_on", "collection", "district_id").iter_rows(named=True):
        whom = f"district {one['district_id']}" if one["district_id"] else "all districts"
        name = f"{one['collection'].replace('_', ' ')} {school_year(one['school_year'])} is due from {whom}"
        lines += [
            "BEGIN:VEVENT",
            f"UID:{one['school_year']}-{one['collection']}-{one['district_id'] or 'all'}@waymark",
            f"DTSTAMP:{now:%Y%m%dT%H%M%SZ}",
            f"DTSTART;VALUE=DATE:{one['due_on']:%Y%m%d}",
            f"DTEND;VALUE=DATE:{one['due_on'] + timedelta(days=1):%Y%m%d}",
            f"SUMMARY:{_escaped(name)}",
            "TRANSP:TRANSPARENT",
            "END:VEVENT",
        ]
    folded = [part for line in [*lines, "END:VCALENDAR"] for part in _folded(line)]
    path.parent.mkdir(exist_ok=True)
    path.write_bytes("".join(f"{line}\r\n" for line in folded).encode())


def _escaped(text: str) -> str:
    for sign in ("\\", ";", ","):
        text = text.replace(sign, f"\\{sign}")
    return " ".join(text.split())


def _folded(line: str) -> Iterator[str]:
    """Break a line that is too wide between letters; what goes on begins with a space."""
    part = ""
    for letter in line:
        if len((part + letter).encode()) > WIDEST:
            yield part
            part = " "
        part += letter
    yield part
