"""Growth by performance levels a second time: the points of last year's and this year's level, averaged."""

import pandas as pd

from tests.references.growth import due
from tests.references.results import contributions
from tests.references.state import KEYS, State


def compute(state: State) -> pd.DataFrame:
    """Give the mean points of every entity and group, with the share of students who could be matched."""
    rows = due(state)
    rows = rows[rows["performance_level"].notna()]
    points = state.reference("value_points")[["policy_id", "school_year", "earlier_level", "current_level", "points"]]
    rows = rows.merge(
        points.rename(columns={"current_level": "performance_level"}),
        on=["policy_id", "school_year", "earlier_level", "performance_level"],
        how="left",
    )
    matched = rows["points"].notna()
    found = contributions(rows, "mean_value_points", rows["points"].fillna(0), matched, pd.Series(1, rows.index))
    results = state.ratios(found)
    return results.assign(completeness=results["denominator"] / results["expected"])[[*KEYS, "value", "completeness"]]
