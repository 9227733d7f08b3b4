"""The average score a second time: the mean of the scores that count, in each grade."""

import pandas as pd

from tests.references.results import contributions, counted_results
from tests.references.state import KEYS, State


def compute(state: State) -> pd.DataFrame:
    """Give the mean score of every grade, entity and group."""
    rows = counted_results(state)
    rows = rows[(rows["why_not"] == "") & rows["took_test"] & rows["scale_score"].notna()]
    one, nobody = pd.Series(1, index=rows.index), pd.Series(0, index=rows.index)
    scores = contributions(rows, "mean_scale_score", rows["scale_score"], one, nobody).assign(
        grade_span=rows["grade_assessed"]
    )
    return state.ratios(scores)[[*KEYS, "value"]]
