"""What the second computations of surveys share: whose answers count, and the score of each respondent."""

import numpy as np
import pandas as pd

from tests.references.state import State, in_entities

PERSON = ["school_year", "district_id", "wave", "respondent_id"]
SURVEY = ["school_year", "district_id", "wave"]
ENTITY = ["policy_id", "school_year", "level", "entity_id", "student_group"]
FIXED = {"population": "reporting", "subject": "ALL", "grade_span": "all"}


def rules(state: State) -> pd.DataFrame:
    """Give the survey's rules in each year, which are those of the state's row."""
    policy = state.policy("survey_quality")
    policy = policy[policy["level"] == "state"].drop(columns=["level", "minimum_respondents", "authority"])
    return policy.rename(
        columns={name: f"rule_{name}" for name in policy.columns if name not in ("policy_id", "school_year")}
    )


def answers(state: State) -> pd.DataFrame:
    """Give each answer that is on its scale, stretched to that of scores and turned around where its question is."""
    rows = state.collection("survey_response").sort_values("record_line").drop_duplicates([*PERSON, "item_id"])
    rows = rows.merge(rules(state), on="school_year")
    low = rows["lowest_value"].astype(float).fillna(rows["rule_lowest_value"].astype(float))
    high = rows["highest_value"].astype(float).fillna(rows["rule_highest_value"].astype(float))
    value = rows["value"].astype(float)
    value = value.where((value >= low) & (value <= high))
    height = (value - low).where(~rows["is_reversed"].eq(True), high - value) / (high - low)
    score = rows["rule_lowest_score"] + (rows["rule_highest_score"] - rows["rule_lowest_score"]) * height
    return rows.assign(answer=value, score=score)


def respondents(state: State) -> pd.DataFrame:
    """Give everyone invited to the survey that counts, with whether the person answered and the answers count."""
    given = answers(state)
    asks = [
        construct in listed.split(";")
        for construct, listed in zip(given["construct"], given["rule_constructs"], strict=True)
    ]
    surveys = given.assign(asks=asks).groupby(SURVEY).agg(questions=("item_id", "nunique"), asks=("asks", "any"))
    rows = state.collection("survey_roster").sort_values("record_line")
    rows = rows[~rows["is_eligible"].eq(False)].drop_duplicates(PERSON).merge(rules(state), on="school_year")
    rows = rows[rows["respondent_role"] == rows["rule_respondent_role"]].join(surveys, on=SURVEY)
    rows = rows[~rows["asks"].eq(False)]
    rows = rows.assign(grade=rows["grade"].fillna(""), invited_date=pd.to_datetime(rows["invited_date"]))
    place = ["school_year", "district_id", "school_id", "grade"]
    latest = rows.groupby([*place, "wave"])["invited_date"].max().reset_index()
    latest = latest.sort_values(["invited_date", "wave"], na_position="first").drop_duplicates(place, keep="last")
    rows = rows.merge(latest[[*place, "wave"]], on=[*place, "wave"])
    said = given[given["answer"].notna()]
    turned = said["is_reversed"].eq(True)
    said = said.assign(turned=turned, plain=~turned).groupby(PERSON)
    said = said.agg(
        count=("answer", "size"),
        least=("answer", "min"),
        most=("answer", "max"),
        turned=("turned", "any"),
        plain=("plain", "any"),
    )
    rows = rows.join(said, on=PERSON)
    has = rows["count"].notna()
    straight = has & (rows["least"] == rows["most"]) & rows["turned"].eq(True) & rows["plain"].eq(True)
    straight &= rows["count"] >= rows["rule_straight_line_answers"]
    enough = has & (rows["count"] >= rows["rule_minimum_answered_share"] * rows["questions"] - 1e-9)
    return rows.assign(answered=has, straight=straight, counts=enough & ~straight).reset_index(drop=True)


def scores(state: State) -> pd.DataFrame:
    """Give the score of each respondent in each construct that counts, and whether every question was answered."""
    given = answers(state)
    asked = given.groupby([*SURVEY, "construct"])["item_id"].nunique().rename("asked")
    found = given.groupby([*PERSON, "construct"]).agg(count=("score", "count"), score=("score", "mean")).reset_index()
    people = respondents(state)
    found = (
        people[people["counts"]].drop(columns="count").merge(found, on=PERSON).join(asked, on=[*SURVEY, "construct"])
    )
    listed = [
        name in all_names.split(";")
        for name, all_names in zip(found["construct"], found["rule_constructs"], strict=True)
    ]
    enough = (found["count"] > 0) & (found["count"] >= found["rule_minimum_answered_share"] * found["asked"] - 1e-9)
    found = found[enough & np.array(listed, dtype=bool)]
    return found.assign(score=(found["score"] + 1e-12).round(6), is_complete=found["count"] == found["asked"])


def grouped(rows: pd.DataFrame, state: State) -> pd.DataFrame:
    """Repeat respondents for their groups and for school, district and state."""
    codes = state.code("student_groups")
    kinds = {kind: set(of_kind["code"]) for kind, of_kind in codes.groupby("group_kind")}
    groups = []
    for text in rows["student_groups"]:
        named = {"ALL", *(text.split(";") if isinstance(text, str) else ())}
        groups.append(sorted(named | {code for kind, code in state.unspecified.items() if not named & kinds[kind]}))
    rows = rows.assign(student_group=groups).explode("student_group")
    rows = in_entities(rows[rows["student_group"].isin(set(codes["code"]))])
    return rows.reset_index(drop=True)
