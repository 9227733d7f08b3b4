"""How many grade levels students grow in a year of instruction: mean, middle, by start, and who has a rate."""

import pandas as pd

from tests.references import learning
from tests.references.scaled_growth import growth
from tests.references.state import State


def compute(state: State) -> pd.DataFrame:
    """Compute every measure of the growth rate."""
    rows = growth(state).merge(
        state.policy("growth_rate")[["policy_id", "school_year", "level"]], on=["policy_id", "school_year", "level"]
    )
    means = learning.contributions(
        rows,
        {
            "growth_rate": (rows["rate"], 1),
            "growth_rate_from_below_level": (rows["rate"], 1, rows["began"].eq("below")),
            "growth_rate_from_level": (rows["rate"], 1, rows["began"].eq("at")),
            "growth_rate_from_above_level": (rows["rate"], 1, rows["began"].eq("above")),
            "scale_score_gain": (rows["gain"], 1, rows["gain"].notna() | rows["exclusion"].notna()),
            "percent_from_two_tests": (rows["dated"].eq(2), 1),
        },
    )
    middle = learning.contributions(rows, {"median_growth_rate": (rows["rate"], 1)})
    has_rate = rows["exclusion"].isna()
    sent = rows["is_reported"]
    everyone = rows.assign(exclusion=rows["exclusion"].where(~sent), is_due=sent)
    monitored = learning.contributions(everyone, {"percent_with_a_rate": (has_rate, 1)})
    return pd.concat(
        [learning.sums_of(state, means), learning.middle_of(state, middle), learning.sums_of(state, monitored)],
        ignore_index=True,
    )
