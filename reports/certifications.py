"""Who certified the records behind the numbers: a row for each district and school year that a release speaks of.

What was certified is handed over; where nothing was, the row says so. A name here is that of a person in office.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import polars as pl

KEY = ("school_year", "district_id")
NOT_CERTIFIED = "not_certified"
SCHEMA = pl.Schema(
    {
        "school_year": pl.Int64,
        "district_id": pl.String,
        "status": pl.String,
        "certified_by": pl.String,
        "certified_as": pl.String,
        "certified_on": pl.String,
        "explained_findings": pl.Int64,
        "accepted_explanations": pl.Int64,
        "explained_rules": pl.String,
    }
)


def certifications(values: pl.DataFrame, handed_over: Sequence[Mapping[str, Any]]) -> pl.DataFrame:
    """Give the table of certifications: every district and year that has results, with what was handed over of it.

    Raises ValueError where something else is handed over of a district and year than one row of this shape.
    """
    said = pl.DataFrame(list(handed_over), schema=SCHEMA)
    if said.select(KEY).is_duplicated().any():
        raise ValueError("two certifications of one district and school year are handed over")
    places = values.filter(pl.col("level") == "district").select(
        "school_year", pl.col("entity_id").alias("district_id")
    )
    every = places.unique().cast({"school_year": pl.Int64}).join(said, on=KEY, how="left").sort(KEY)
    return every.with_columns(pl.col("status").fill_null(NOT_CERTIFIED)).select(SCHEMA.names())


def of_nobody(school_year: int, district_id: str) -> dict[str, Any]:
    """Give the row of a district and year of which nothing is known."""
    return dict.fromkeys(SCHEMA) | {"school_year": school_year, "district_id": district_id, "status": NOT_CERTIFIED}
