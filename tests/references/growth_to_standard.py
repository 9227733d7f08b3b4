"""Growth to standard a second time: each student's percentile against the target of catching up or keeping up."""

import pandas as pd

from tests.references.growth import WHO, due, percentiles, targets
from tests.references.results import contributions
from tests.references.state import KEYS, State


def compute(state: State) -> pd.DataFrame:
    """Give the three shares of every entity and group, with the share of the students who were due and are judged."""
    policy = state.policy("growth_to_standard")
    ((level, years),) = policy[["proficient_performance_level", "target_years"]].drop_duplicates().to_numpy()
    aims = targets(state, level, years)
    rows = due(state).merge(aims[["school_year", "subject", "grade_number"]].drop_duplicates())
    rows = rows.merge(aims[[*WHO, "lowest", "highest"]], on=WHO, how="left")
    rows = rows.merge(percentiles(state)[[*WHO, "growth_percentile"]], on=WHO, how="left")
    below = rows["earlier_level"] < level
    aim = rows["lowest"].where(below, rows["highest"])
    judged = rows["earlier_level"].notna() & rows["growth_percentile"].notna() & aim.notna()
    enough = judged & (rows["growth_percentile"] >= aim)
    frames = []
    for measure, asked in (
        ("percent_adequate_growth", pd.Series(True, rows.index)),
        ("percent_catching_up", below & rows["earlier_level"].notna()),
        ("percent_keeping_up", ~below & rows["earlier_level"].notna()),
    ):
        counted = contributions(rows, measure, enough, judged, pd.Series(1, rows.index))[asked]
        results = state.ratios(counted)
        frames.append(results.assign(completeness=results["denominator"] / results["expected"]))
    return pd.concat(frames)[[*KEYS, "value", "completeness"]]
