"""The share of students, first of those known to have started below level, whose growth reaches the benchmark."""

from fractions import Fraction

import pandas as pd

from tests.references import learning
from tests.references.scaled_growth import growth
from tests.references.state import State


def compute(state: State) -> pd.DataFrame:
    """Compute both measures of growth at the benchmark."""
    policy = state.policy("growth_rate_at_benchmark")
    assert set(policy["benchmark_boundary"]) == {"at_least"}
    rows = growth(state).merge(policy, on=["policy_id", "school_year", "level"])
    reaches = pd.Series(
        [
            rate is not None and rate >= Fraction(str(benchmark))
            for rate, benchmark in zip(rows["exact"], rows["benchmark"], strict=True)
        ],
        index=rows.index,
    )
    below = rows.assign(
        exclusion=rows["exclusion"].where(rows["began"].eq("below"), "not known to start below"),
        is_due=rows["is_due"] & rows["began"].eq("below"),
    )
    return learning.sums_of(
        state,
        pd.concat(
            [
                learning.contributions(below, {"percent_from_below_level_at_benchmark": (reaches, 1)}),
                learning.contributions(rows, {"percent_at_benchmark": (reaches, 1)}),
            ],
            ignore_index=True,
        ),
    )
