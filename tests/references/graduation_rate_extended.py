"""The extended graduation rates a second time: graduates over members of earlier years' cohorts."""

import pandas as pd

from tests.references.cohorts import contributions, members
from tests.references.state import KEYS, State


def compute(state: State) -> pd.DataFrame:
    """Give the rates after both extensions for every entity and group."""
    rows = members(state).merge(
        state.policy("graduation_rate_extended").drop(columns="policy_id"), on=["school_year", "level"]
    )
    later = rows["school_year"] - rows["cohort_year"]
    measure = pd.Series(None, index=rows.index, dtype=object)
    measure[later == rows["first_extension_years"]] = "percent_graduated_with_first_extension"
    measure[later == rows["second_extension_years"]] = "percent_graduated_with_second_extension"
    rows, measure = rows[measure.notna()], measure[measure.notna()]
    stayed = ~rows["is_removed"].astype(bool)
    graduate = rows["diploma_year"] <= rows["school_year"]
    return state.ratios(contributions(rows, measure, graduate & stayed, stayed))[[*KEYS, "value"]]
