"""The share of performances among the pieces behind a decision, averaged over decisions."""

from decimal import ROUND_HALF_UP, Decimal

import pandas as pd

from tests.references import judgments
from tests.references.state import State

DECISION = ["school_year", "district_id", "determination_id"]


def compute(state: State) -> pd.DataFrame:
    """Compute the mean share; a student's sum of shares is kept to four places, as the page says."""
    pieces = judgments.pieces(state).groupby(DECISION)["is_performance"]
    found = pd.DataFrame({"pieces": pieces.size(), "share": pieces.sum() / pieces.size()}).reset_index()
    rows = judgments.decisions(state).merge(found, on=DECISION, how="left").fillna({"pieces": 0, "share": 0.0})
    rows = judgments.placed(rows, state, "performance_evidence_share")
    counted = rows["pieces"] >= rows["minimum_pieces"]
    due = rows["is_sent"] | (rows["level"] == "state")
    measure = judgments.measured(rows, "percent_performance_evidence", rows["share"] * counted, counted, due)
    four = Decimal("0.0001")
    measure["numerator"] = [
        float(Decimal(round(value, 10)).quantize(four, rounding=ROUND_HALF_UP)) for value in measure["numerator"]
    ]
    return judgments.shares(state, measure)
