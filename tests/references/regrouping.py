"""Students who were in a group on the census day and in another some weeks later (C07), for any reason or to learn."""

import pandas as pd

from tests.references import grouping, learning
from tests.references.state import State

PLACE = ["school_year", "level", "entity_id", "student_id", "subject"]


def compute(state: State) -> pd.DataFrame:
    """Compute the shares of those who moved in each window, and of those whose move answered to them."""
    groups = grouping.memberships(state)
    rule = state.policy("regrouping")
    rule = rule.assign(weeks=rule["windows_weeks"].str.split("|")).explode("weeks").astype({"weeks": int})
    month, day = rule["census_month"].astype(int), rule["census_day"].astype(int)
    census = pd.DataFrame({"year": rule["school_year"] - (month >= 7), "month": month, "day": day})
    rule = rule.assign(
        census=pd.to_datetime(census), until=pd.to_datetime(census) + pd.to_timedelta(7 * rule["weeks"], "D")
    )
    rule = rule[["policy_id", "school_year", "level", "weeks", "census", "until"]]
    rows = groups.merge(rule, on=["school_year", "level"])
    asked = [*PLACE, "policy_id", "weeks"]
    there = rows[(rows["begin"] <= rows["census"]) & (rows["end"] >= rows["census"])]
    in_group = there[[*asked, "group_id"]].drop_duplicates()
    new = rows[(rows["begin"] > rows["census"]) & (rows["begin"] <= rows["until"])]
    new = new.merge(in_group.assign(is_same=True), on=[*asked, "group_id"], how="left")
    new = new[new["is_same"].isna()].groupby(asked)["is_responsive"].any().rename("responsive").reset_index()
    judged = in_group[asked].drop_duplicates().merge(rule, on=["policy_id", "school_year", "level", "weeks"])
    judged = judged.merge(learning.learners(state)[[*PLACE[:-1], "district_id", "first", "last"]], on=PLACE[:-1])
    judged = judged[(judged["first"] <= judged["census"]) & (judged["last"] >= judged["until"])]
    sending = state.collection("instructional_group")[["school_year", "district_id"]].drop_duplicates()
    judged = judged.merge(sending, on=["school_year", "district_id"]).merge(new, on=asked, how="left")
    judged = judged.assign(population="reporting", grade_span="all", denominator=1.0, expected=0.0)
    frames = []
    for name, counts in (("regrouped", judged["responsive"].eq(True)), ("moved", judged["responsive"].notna())):
        measure = f"percent_{name}_in_" + judged["weeks"].astype(str) + "_weeks"
        frames.append(judged.assign(measure=measure, numerator=counts.astype(float)))
    return state.ratios(pd.concat(frames, ignore_index=True))
