"""Academic achievement a second time: proficient students over those tested, or over 95 % of those expected."""

import pandas as pd

from tests.references.results import contributions, counted_results
from tests.references.state import KEYS, State


def compute(state: State) -> pd.DataFrame:
    """Give both shares of proficient students for every entity and group."""
    rows = counted_results(state)
    rows = (
        rows[rows["sends_levels"]]
        .drop(columns="policy_id")
        .merge(state.policy("academic_achievement"), on=["school_year", "level"])
    )
    counts = rows["why_not"] == ""
    tested = counts & rows["took_test"] & rows["performance_level"].notna()
    proficient = tested & (rows["performance_level"] >= rows["proficient_performance_level"])
    due = counts | ((rows["why_not"] == "short") & (rows["expected_population"] == "enrolled_in_window"))
    nobody = pd.Series(0, index=rows.index)
    floor = rows["participation_floor"].iloc[0]
    floored = state.ratios(contributions(rows, "percent_proficient", proficient, tested, due), float(floor))
    of_tested = state.ratios(contributions(rows, "percent_proficient_of_tested", proficient, tested, nobody))
    return pd.concat([floored, of_tested])[[*KEYS, "value"]]
