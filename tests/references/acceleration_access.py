"""Places in acceleration and enrichment (C01), and who of those placed completes and passes a course."""

import pandas as pd

from tests.references import acceleration, learning
from tests.references.state import State


def compute(state: State) -> pd.DataFrame:
    """Compute the three shares for every entity and group."""
    rows = acceleration.students(state).assign(subject="ALL")
    asked = rows["has_place"] & rows["has_ended"]
    measures = {
        "percent_in_acceleration": (rows["has_place"], 1),
        "percent_completing": (rows["has_completed"], 1, asked),
        "percent_passing": (rows["has_passed"], 1, asked),
    }
    return learning.sums_of(state, learning.contributions(rows, measures))
