"""Whether support reaches those who need it most (C15): unserved, minutes on gaps, concentration along need."""

import numpy as np
import pandas as pd

from tests.references import gaps_closed, judgments, learning, prerequisite_gaps
from tests.references.state import KEYS, State, in_entities

ENTITY = ["policy_id", "school_year", "level", "entity_id"]
PLACE = [*ENTITY, "student_id"]
FIXED = {"population": "reporting", "subject": "ALL", "grade_span": "all"}


def compute(state: State) -> pd.DataFrame:
    """Compute the three shares for each group, and the two statistics of all students together."""
    rows = needs(state).merge(support(state), on=PLACE, how="left")
    sums = ["minutes", "with_target", "on_gap"]
    rows[sums] = rows[sums].fillna(0)
    rows["subject"] = "ALL"
    measures = {
        "percent_with_major_gap": (rows["major"], 1),
        "percent_unserved": (~rows["in_time"].eq(True), 1, rows["major"]),
        "percent_minutes_on_gaps": (rows["on_gap"], rows["with_target"], rows["with_target"] > 0),
    }
    shares = learning.sums_of(state, learning.contributions(rows, measures))
    found = []
    for key, people in rows[rows["exclusion"].isna()].groupby(ENTITY):
        minutes, major = people["minutes"].to_numpy(float), people["major"].to_numpy(bool)
        if len(people) >= people["minimum_students"].iloc[0] and minutes.sum() > 0:
            place = (people["gap_months"].round(6).rank(ascending=False).to_numpy() - 0.5) / len(people)
            found.append((*key, "concentration_index", 2 / minutes.mean() * np.cov(minutes, place, ddof=0)[0, 1]))
            if major.any():
                found.append((*key, "minutes_ratio", minutes[major].mean() / minutes.mean()))
    spread = pd.DataFrame(found, columns=[*ENTITY, "measure", "value"]).assign(**FIXED, student_group="ALL")
    return pd.concat([shares, spread[[*KEYS, "value"]]], ignore_index=True)


def needs(state: State) -> pd.DataFrame:
    """Give the known need of each student over all subjects, and why it is not known or not asked about."""
    rows = prerequisite_gaps.judged(state)[
        [
            "school_year",
            "level",
            "entity_id",
            "student_id",
            "district_id",
            "is_reported",
            "needed_months",
            "assessed_needed",
            "gap_months",
            "major",
        ]
    ].merge(state.policy("support_targeting"), on=["school_year", "level"])
    asked = rows["is_reported"] & (rows["needed_months"] > 0)
    known = asked & (rows["assessed_needed"] > 0)
    rows = rows.assign(
        known=known, asked=asked, gap_months=rows["gap_months"].where(known), major=rows["major"] & known
    )
    kept = ["district_id", "is_reported", "minimum_students"]
    found = rows.groupby(PLACE).agg(
        {"known": "any", "asked": "any", "gap_months": "sum", "major": "any"} | dict.fromkeys(kept, "first")
    )
    sending = state.collection("support_service")[["school_year", "district_id"]].drop_duplicates().assign(sends=True)
    found = found.reset_index().merge(sending, on=["school_year", "district_id"], how="left")
    unsent, unseen = found["sends"].isna(), ~found["known"]
    found["exclusion"] = pd.Series(None, found.index, dtype=object).mask(unseen, "unseen").mask(unsent, "unsent")
    # A district that sends nothing has something due all the same; a student of whom nothing is asked has not.
    return found.assign(is_due=unsent | found["asked"] | ~found["is_reported"])


def _first_days(state: State) -> pd.DataFrame:
    """Give the first day of each year on which a student could be taught: after school began and the student came."""
    begins = [(year, school, days[0]) for (year, school), days in learning.calendars(state).items() if len(days)]
    begins = pd.DataFrame(begins, columns=["school_year", "school_id", "begins"])
    spells = state.collection("enrollment").merge(begins, on=["school_year", "school_id"])
    entered = pd.to_datetime(spells["entry_date"]).fillna(spells["school_year"].map(learning.first_of_year))
    spells["first_day"] = np.maximum(entered, pd.to_datetime(spells["begins"]))
    return spells.groupby(["school_year", "student_id"])["first_day"].min().reset_index()


def support(state: State) -> pd.DataFrame:
    """Add up the minutes of each student in each entity, and say whether the first after the need came in time."""
    rule = state.policy("support_targeting")
    kinds = rule[rule["level"] == "school"][["policy_id", "school_year", "counted_kinds"]]
    rows = state.collection("support_service").merge(kinds, on="school_year")
    counted = [
        kind in listed.split("|") for kind, listed in zip(rows["support_kind"], rows["counted_kinds"], strict=True)
    ]
    rows = rows[pd.Series(counted, rows.index, dtype=bool) & (rows["minutes"] > 0)]
    rows = judgments.with_school(rows, state).reset_index(drop=True)
    rows = rows.assign(day=pd.to_datetime(rows["service_date"]), minutes=rows["minutes"].astype(float))
    gaps = gaps_closed.known_gaps(state)
    gaps = gaps[~gaps["is_retired"]]
    known = np.maximum(gaps["opened"], gaps["school_year"].map(learning.first_of_year))
    began = known.groupby([gaps["school_year"], gaps["student_id"]]).min().rename("known").reset_index()
    began = began.merge(_first_days(state), on=["school_year", "student_id"], how="left")
    began["began"] = began[["known", "first_day"]].max(axis=1)
    rows = rows.reset_index(names="row").merge(began, on=["school_year", "student_id"], how="left")
    of_gap = gaps[["school_year", "student_id", "competency_id", "opened", "closed_on"]]
    both = rows.merge(
        of_gap,
        left_on=["school_year", "student_id", "target_competency_id"],
        right_on=["school_year", "student_id", "competency_id"],
    )
    open_then = (both["day"] >= both["opened"]) & ~(both["day"] > both["closed_on"])
    targeted = rows["target_competency_id"].notna()
    rows["with_target"] = rows["minutes"].where(targeted, 0)
    rows["on_gap"] = rows["minutes"].where(rows["row"].isin(set(both.loc[open_then, "row"])), 0)
    wait = (rows["day"] - rows["began"]).dt.days.clip(lower=0)
    rows["wait"] = wait.where(rows["day"] >= rows["known"])
    placed = in_entities(rows).dropna(subset=["entity_id"])
    sums = placed.groupby(PLACE).agg({"minutes": "sum", "with_target": "sum", "on_gap": "sum", "wait": "min"})
    sums = sums.reset_index().merge(rule[["policy_id", "school_year", "level", "days_to_serve"]])
    return sums.assign(in_time=sums["wait"] <= sums["days_to_serve"]).drop(columns="days_to_serve")
