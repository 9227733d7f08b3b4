"""The four-year graduation rate a second time: graduates over members of this year's cohort."""

import pandas as pd

from tests.references.cohorts import contributions, members
from tests.references.state import KEYS, State


def compute(state: State) -> pd.DataFrame:
    """Give the rate and the share of documented removals for every entity and group."""
    rows = members(state)
    rows = rows[rows["cohort_year"] == rows["school_year"]]
    graduate = rows["diploma_year"] <= rows["cohort_year"]
    stayed, reported = ~rows["is_removed"].astype(bool), rows["is_reported_as_removed"].astype(bool)
    parts = [
        contributions(rows, "percent_graduated", graduate & stayed, stayed),
        contributions(rows, "percent_removals_documented", reported & ~stayed, reported),
    ]
    return state.ratios(pd.concat(parts))[[*KEYS, "value"]]
