"""The performance index a second time: the points of the levels over those tested, or over 95 % of those expected."""

import pandas as pd

from tests.references.results import contributions, counted_results
from tests.references.state import KEYS, State


def compute(state: State) -> pd.DataFrame:
    """Give the index, the index of those tested and the share at each level for every entity and group."""
    rows = counted_results(state)
    rows = (
        rows[rows["sends_levels"]]
        .drop(columns="policy_id")
        .merge(state.policy("performance_index"), on=["school_year", "level"])
    )
    counts = rows["why_not"] == ""
    tested = counts & rows["took_test"] & rows["performance_level"].notna()
    weights = rows["level_weights"].str.split(";")
    level = rows["performance_level"].where(tested, 1).astype(int)
    points = pd.Series(
        [float(each[min(at, len(each)) - 1]) for each, at in zip(weights, level, strict=True)], index=rows.index
    )
    points = points.where(tested, 0)
    due = counts | ((rows["why_not"] == "short") & (rows["expected_population"] == "enrolled_in_window"))
    nobody = pd.Series(0, index=rows.index)
    floor = float(rows["participation_floor"].iloc[0])
    parts = [
        state.ratios(contributions(rows, "performance_index", points, tested, due), floor),
        state.ratios(contributions(rows, "performance_index_of_tested", points, tested, nobody)),
    ]
    for at, name in ((1, "1"), (2, "2"), (3, "3"), (4, "4_and_above")):
        here = tested & ((level == at) if at < 4 else (level >= at))
        parts.append(state.ratios(contributions(rows, f"percent_level_{name}", here, tested, nobody)))
    return pd.concat(parts)[[*KEYS, "value"]]
