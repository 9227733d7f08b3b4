"""Test participation a second time: students tested over students expected, and the share of alternate assessments."""

import pandas as pd

from tests.references.results import contributions, counted_results
from tests.references.state import KEYS, State


def compute(state: State) -> pd.DataFrame:
    """Give both shares for every entity and group."""
    rows = counted_results(state)
    rows = rows.drop(columns="policy_id").merge(state.policy("test_participation"), on=["school_year", "level"])
    instead = rows["is_recent"] & rows["took_english"] & (rows["subject"] == rows["english_language_test_counts_for"])
    tested = rows["is_expected"] & (rows["took_test"] | instead)
    nobody = pd.Series(0, index=rows.index)
    parts = [
        state.ratios(contributions(rows, "percent_tested", tested, rows["is_expected"], nobody)),
        state.ratios(
            contributions(rows, "percent_alternate", tested & rows["took_test"] & rows["is_alternate"], tested, nobody)
        ),
    ]
    return pd.concat(parts)[[*KEYS, "value"]]
