"""In how many years students reach grade level at the rate at which they grow, in bands."""

from fractions import Fraction

import pandas as pd

from tests.references import learning
from tests.references.scaled_growth import Z, growth
from tests.references.state import State

BANDS = {
    "there": "percent_at_grade_level",
    "first": "percent_in_less_than_two_years",
    "second": "percent_in_two_to_four_years",
    "third": "percent_in_four_to_six_years",
    "longer": "percent_in_more_than_six_years",
    "never": "percent_not_at_this_rate",
}


def compute(state: State) -> pd.DataFrame:
    """Compute the share of students in each band, and how many are sure to be in theirs."""
    rows = growth(state).merge(state.policy("time_to_grade_level"), on=["policy_id", "school_year", "level"])
    band = pd.Series("", index=rows.index)
    certain, known = pd.Series(False, index=rows.index), rows["rate_error"].notna()
    for row in rows[rows["exclusion"].isna()].itertuples():
        ends = [row.first_band_ends, row.second_band_ends, row.third_band_ends]
        band[row.Index] = _band(row.gap, row.left, row.exact, ends)
        if known[row.Index]:
            slow, quick = row.rate - Z * row.rate_error, row.rate + Z * row.rate_error
            certain[row.Index] = _band(row.gap, row.left, slow, ends) == _band(row.gap, row.left, quick, ends)
    measures = {measure: (band.eq(name), 1) for name, measure in BANDS.items()}
    return learning.sums_of(
        state,
        learning.contributions(
            rows, measures | {"percent_certain_of_the_band": (certain, 1, known | rows["exclusion"].notna())}
        ),
    )


def _band(gap: float, left: float, rate: Fraction | float, ends: list[float]) -> str:
    if gap <= 0:
        return "there"
    if rate <= 1:
        return "never"
    years = Fraction(str(gap)) / (Fraction(rate) - 1)
    if years > Fraction(str(left)):
        return "never"
    first, second, third = (Fraction(str(end)) for end in ends)
    return "first" if years < first else "second" if years < second else "third" if years <= third else "longer"
