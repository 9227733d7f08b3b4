"""Steps between the levels of groups from one checking day to the next (C06), and Shorrocks' index."""

import pandas as pd

from tests.references import grouping
from tests.references.state import KEYS, STUDENT, State

PLACE = ["policy_id", "school_year", "level", "entity_id", "subject"]
FIXED = {"population": "reporting", "grade_span": "all"}


def compute(state: State) -> pd.DataFrame:
    """Compute the shares of steps up, down and level, and the index of each group."""
    rows = steps(state).assign(**FIXED)
    up, down = rows["to"] > rows["from"], rows["to"] < rows["from"]
    measures = {"percent_moving_up": up, "percent_moving_down": down, "percent_staying": ~up & ~down}
    every = [rows.assign(measure=name, numerator=counts.astype(float)) for name, counts in measures.items()]
    shares = state.ratios(pd.concat(every).assign(denominator=1.0, expected=0.0))
    grouped = rows.merge(state.groups, on=["policy_id", *STUDENT])
    grouped["stays"] = (grouped["to"] == grouped["from"]).astype(float)
    keys = [key for key in KEYS if key != "measure"]
    starts = grouped.groupby([*keys, "from"])["stays"].agg(["size", "mean"]).reset_index().groupby(keys)
    index = starts.agg(levels=("size", "size"), least=("size", "min"), steps=("size", "sum"), trace=("mean", "sum"))
    index = index.reset_index().merge(state.policy("level_mobility"), on=["policy_id", "school_year", "level"])
    index = index[
        (index["levels"] > 1)
        & (index["steps"] >= index["minimum_steps"])
        & (index["least"] >= index["minimum_steps_from_level"])
    ]
    value = (index["levels"] - index["trace"]) / (index["levels"] - 1)
    index = index.assign(measure="shorrocks_index", value=value)
    return pd.concat([shares, index[[*KEYS, "value"]]], ignore_index=True)


def steps(state: State) -> pd.DataFrame:
    """Give the level of each student on one checking day and on the next, the higher of several on a day."""
    groups = grouping.memberships(state)
    groups = groups[groups["level_order"].notna()]
    rule = state.policy("level_mobility")[["policy_id", "school_year", "level", "days_between_checks"]]
    checks = []
    for policy, year, level, between in rule.itertuples(index=False):
        days = pd.date_range(f"{year - 1}-08-01", f"{year}-06-30", freq=f"{between}D")
        checks += [(policy, year, level, number, day) for number, day in enumerate(days)]
    checks = pd.DataFrame(checks, columns=["policy_id", "school_year", "level", "number", "day"])
    rows = groups.merge(checks, on=["school_year", "level"])
    rows = rows[(rows["begin"] <= rows["day"]) & (rows["end"] >= rows["day"])]
    keys = [*PLACE, "student_id"]
    levels = rows.groupby([*keys, "number"])["level_order"].max().rename("from").reset_index()
    later = levels.rename(columns={"from": "to"}).assign(number=levels["number"] - 1)
    return levels.merge(later, on=[*keys, "number"])
