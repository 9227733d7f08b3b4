"""Months of work learned from instruction for each month of instruction: middle, spread, mean and its parts."""

import pandas as pd

from tests.references import learning
from tests.references.state import KEYS, State


def compute(state: State) -> pd.DataFrame:
    """Compute every measure of pace."""
    rows = learning.with_policy(learning.learning(state), state, "pace")
    rows["exclusion"] = learning.first_reason(
        rows,
        ("unsent", ~rows["is_reported"]),
        ("no calendar", rows["days"].isna()),
        ("no days", rows["days"] == 0),
        ("ceiling", rows["mastered"] >= rows["all_months"]),
        ("unseen", rows["assessed_n"] == 0),
        ("few days", rows["days"] < rows["minimum_instructional_days"]),
    )
    rows["is_due"] = rows["exclusion"].isna() | rows["exclusion"].isin(["unseen", "few days"])
    months = rows["days"] / rows["days_in_a_month"]
    later = rows["learned"] - rows["learned_earlier"] - rows["learned_on_grade"]
    in_bulk = (rows["learned_n"] >= rows["determinations_of_a_bulk"]) & (rows["first_learned"] == rows["last_learned"])
    middle = learning.contributions(
        rows,
        {
            "pace": (rows["learned"], months),
            "net_pace": (rows["learned_again"] - rows["lost"], months),
            "competencies_a_month": (rows["learned_n"], months),
        },
    )
    summed = learning.contributions(
        rows,
        {
            "mean_pace": (rows["learned"], months),
            "pace_in_earlier_grades": (rows["learned_earlier"], months),
            "pace_on_grade": (rows["learned_on_grade"], months),
            "pace_in_later_grades": (later, months),
            "percent_dated_in_bulk": (in_bulk, 1, rows["learned_n"] > 0),
        },
    )
    return pd.concat(
        [learning.middle_of(state, middle), learning.sums_of(state, summed), _percentiles(state, middle)],
        ignore_index=True,
    )


def _percentiles(state: State, middle: pd.DataFrame) -> pd.DataFrame:
    """Give percentiles as R's type 2: a student's value, or the mean of two where the share falls between them."""
    own = middle[(middle["measure"] == "pace") & (middle["denominator"] > 0)]
    own = own.assign(value=learning.half_up(own["numerator"] / own["denominator"], 6)).merge(
        state.groups, on=["policy_id", "school_year", "student_id"]
    )
    keys = [key for key in KEYS if key != "measure"]
    sizes = own.groupby(keys)["value"].agg(sorted).reset_index()
    percents = pd.DataFrame({"percent": [10, 25, 75, 90]})
    exact = sizes.merge(percents, how="cross")
    exact["measure"] = "pace_percentile_" + exact["percent"].astype(str)
    exact["value"] = [
        _between(values, percent) for values, percent in zip(exact["value"], exact["percent"], strict=True)
    ]
    return exact[[*KEYS, "value"]]


def _between(values: list[float], percent: int) -> float:
    whole, part = divmod(len(values) * percent, 100)
    return values[whole] if part else (values[whole - 1] + values[whole]) / 2
