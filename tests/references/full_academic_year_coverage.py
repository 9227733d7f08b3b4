"""Coverage of the full academic year a second time: of those tested, who was here all year and how that is known."""

import pandas as pd

from tests.references.results import contributions, counted_results
from tests.references.state import KEYS, State


def compute(state: State) -> pd.DataFrame:
    """Give the share here all year and the share computed from calendars for every entity and group."""
    rows = counted_results(state)
    rows = rows[
        (rows["population"] == "reporting") & rows["is_expected"] & rows["took_test"] & rows["is_full_year"].notna()
    ]
    one, nobody = pd.Series(1, index=rows.index), pd.Series(0, index=rows.index)
    parts = [
        state.ratios(contributions(rows, "percent_full_academic_year", rows["is_full_year"].astype(bool), one, nobody)),
        state.ratios(contributions(rows, "percent_computed_from_calendars", rows["is_computed"], one, nobody)),
    ]
    return pd.concat(parts)[[*KEYS, "value"]]
