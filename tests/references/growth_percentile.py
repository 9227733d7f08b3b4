"""Growth percentiles a second time: the mean and the median of the students who are counted."""

import pandas as pd

from tests.references.growth import WHO, baseline_percentiles, due, percentiles
from tests.references.results import contributions
from tests.references.state import KEYS, STUDENT, State


def compute(state: State) -> pd.DataFrame:
    """Give the four measures, with the share of the students who were due and have a percentile."""
    frames = []
    for name, found in (("growth", percentiles(state)), ("baseline", baseline_percentiles(state))):
        rows = due(state).merge(found[["school_year", "subject", "grade_number"]].drop_duplicates())
        rows = rows.merge(found[[*WHO, "growth_percentile"]], on=WHO, how="left")
        has_one = rows["growth_percentile"].notna()
        due_here = pd.Series(1, rows.index)
        mean = contributions(rows, f"mean_{name}_percentile", rows["growth_percentile"].fillna(0), has_one, due_here)
        means = state.ratios(mean)
        frames.append(means.assign(completeness=means["denominator"] / means["expected"]))
        everyone = rows.assign(measure=f"median_{name}_percentile", grade_span="all")
        grouped = everyone.merge(state.groups, on=["policy_id", *STUDENT]).groupby(KEYS, observed=True)
        medians = grouped["growth_percentile"].agg(value="median", counted="count", asked="size").reset_index()
        medians = medians[medians["counted"] > 0].assign(completeness=medians["counted"] / medians["asked"])
        frames.append(medians)
    return pd.concat(frames)[[*KEYS, "value", "completeness"]]
