"""Growth percentiles a second time: the mean and the median of the students who are counted."""

import pandas as pd

from tests.references.growth import WHO, due, percentiles
from tests.references.results import contributions
from tests.references.state import KEYS, STUDENT, State


def compute(state: State) -> pd.DataFrame:
    """Give both measures, with the share of the students who were due and have a percentile."""
    found = percentiles(state)
    rows = due(state).merge(found[["school_year", "subject", "grade_number"]].drop_duplicates())
    rows = rows.merge(found[[*WHO, "growth_percentile"]], on=WHO, how="left")
    has_one = rows["growth_percentile"].notna()
    mean = contributions(
        rows, "mean_growth_percentile", rows["growth_percentile"].fillna(0), has_one, pd.Series(1, rows.index)
    )
    means = state.ratios(mean)
    means = means.assign(completeness=means["denominator"] / means["expected"])
    everyone = rows.assign(measure="median_growth_percentile", grade_span="all")
    grouped = everyone.merge(state.groups, on=["policy_id", *STUDENT]).groupby(KEYS, observed=True)
    medians = grouped["growth_percentile"].agg(value="median", counted="count", asked="size").reset_index()
    medians = medians[medians["counted"] > 0].assign(completeness=medians["counted"] / medians["asked"])
    return pd.concat([means, medians])[[*KEYS, "value", "completeness"]]
