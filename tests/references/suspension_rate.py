"""Suspension a second time: each student's counted days in each entity, over everyone who was enrolled for a day."""

import pandas as pd

from tests.references.days import STAY, counted_days, stays
from tests.references.state import KEYS, State, in_entities

HERE = ["school_year", "level", "entity_id", "student_id"]


def compute(state: State) -> pd.DataFrame:
    """Give the share of suspended students and the days lost for every entity and group."""
    actions = state.collection("discipline")
    if not len(actions):
        return pd.DataFrame(columns=[*KEYS, "value", "completeness"])
    once, listed = counted_days(state)
    there = pd.concat([once[once["days"] > 0][STAY], listed[STAY].drop_duplicates()]).assign(was_there=True)
    rows = stays(state).merge(there, on=STAY, how="left")
    nothing_expected = (rows["source"] == "summary") & (rows["expected"] == 0)
    came = (rows["days_in_calendar"].isna() & ~nothing_expected) | rows["was_there"].notna()
    sends = actions[["school_year", "district_id"]].drop_duplicates()
    rows = rows.assign(came=came).merge(sends.assign(is_sent=True), on=["school_year", "district_id"], how="left")
    rows["is_sent"] = rows["is_sent"].notna()
    students = in_entities(rows).groupby(HERE).agg(came=("came", "any"), is_sent=("is_sent", "all")).reset_index()
    students = students[students["came"]].merge(state.policy("suspension_rate"), on=["school_year", "level"])
    entity = [students[name] for name in ("school_year", "level", "entity_id")]
    students = students[students["is_sent"].groupby(entity).transform("any")]
    taken = actions.assign(length=actions["days"].astype(float).fillna(0))
    taken = taken.groupby([*STAY, "incident_id", "action", "begin_date"])["length"].max().reset_index()
    taken = in_entities(taken).merge(state.policy("suspension_rate"), on=["school_year", "level"])
    counts = [
        action in listed.split(";") for action, listed in zip(taken["action"], taken["counted_actions"], strict=True)
    ]
    lost = taken[counts].groupby(HERE)["length"].sum().reset_index()
    students = students.merge(lost, on=HERE, how="left").fillna({"length": 0})
    known = students["is_sent"] & ~(students["length"] > students["most_days"])
    frame = students[["policy_id", *HERE]].assign(
        population="reporting", subject="ALL", grade_span="all", denominator=known.astype(float), expected=1.0
    )
    rate = frame.assign(
        measure="percent_suspended", numerator=(known & (students["length"] >= students["minimum_days"])).astype(float)
    )
    lost = (students["length"] * students["students_per_count"]).where(known, 0)
    found = state.ratios(pd.concat([rate, frame.assign(measure="days_lost_per_hundred_students", numerator=lost)]))
    return found.assign(completeness=found["denominator"] / found["expected"])[[*KEYS, "value", "completeness"]]
