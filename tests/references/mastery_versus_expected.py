"""Months mastered for each month that the framework expects by now, and the share of students at or beyond that."""

import pandas as pd

from tests.references import learning
from tests.references.state import State


def compute(state: State) -> pd.DataFrame:
    """Compute every measure of mastery compared with what is expected."""
    rows = learning.with_policy(learning.learning(state), state, "mastery_versus_expected")
    to_grade = rows["months_before"] + rows["months_of"]
    rows["exclusion"] = learning.first_reason(
        rows,
        ("unsent", ~rows["is_reported"]),
        ("no grade", to_grade == 0),
        ("no calendar", rows["of_year"].isna()),
        ("few days", rows["days"] < rows["minimum_instructional_days"]),
        ("nothing yet", rows["expected"] == 0),
        ("unseen", rows["assessed_n"] == 0),
    )
    rows["is_due"] = rows["exclusion"].isna() | rows["exclusion"].eq("unseen")
    return learning.sums_of(
        state,
        learning.contributions(
            rows,
            {
                "mastered_of_expected": (rows["mastered"], rows["expected"]),
                "mastered_of_expected_by_count": (rows["mastered_n"], rows["expected_n"]),
                "percent_on_or_beyond": (rows["mastered"] >= rows["expected"], 1),
                "percent_of_expected_assessed": (rows["assessed_expected"], to_grade),
            },
        ),
    )
