"""Scores of belonging and safety: favorable, mean, weighted to those invited, and drawn toward the state."""

import numpy as np
import pandas as pd

from tests.references import surveys
from tests.references.state import KEYS, State


def compute(state: State) -> pd.DataFrame:
    """Compute every number of each construct."""
    policy = state.policy("belonging").set_index(["policy_id", "school_year", "level"])
    people = surveys.grouped(surveys.respondents(state), state)
    invited = people.groupby([*surveys.ENTITY, "school_id", "grade"]).size()
    rates = people.groupby(surveys.ENTITY)["counts"].mean()
    rows = surveys.grouped(surveys.scores(state), state)
    whole = {
        key: components(cell) for key, cell in rows[rows["level"] == "state"].groupby([*surveys.ENTITY, "construct"])
    }
    found = []
    for key, cell in rows.groupby([*surveys.ENTITY, "construct"]):
        rule, score = policy.loc[key[:3]], cell["score"].to_numpy()
        above = score > rule["favorable_score"]
        favorable = above | (score == rule["favorable_score"]) if rule["favorable_boundary"] == "at_least" else above
        strata = cell.groupby(["school_id", "grade"])["score"].mean()
        weights = np.array([invited[(*key[:5], *stratum)] for stratum in strata.index])
        numbers = {"percent_favorable": favorable.mean(), "mean": score.mean()}
        numbers["weighted_mean"] = (weights * strata.to_numpy()).sum() / weights.sum()
        if key[2] == "school":
            grand, within, between = whole[key[0], key[1], "state", "state", *key[4:]]
            if between + within > 0:
                reliability = between / (between + within / len(score))
                numbers["reliability"] = reliability
                numbers["shrunken_mean"] = reliability * score.mean() + (1 - reliability) * grand
        found += [(*key[:5], f"{name}_{key[5]}", value, rates[key[:5]]) for name, value in numbers.items()]
    result = pd.DataFrame(found, columns=[*surveys.ENTITY, "measure", "value", "completeness"])
    return result.assign(**surveys.FIXED)[[*KEYS, "value", "completeness"]].dropna(subset=["value"])


def components(cell: pd.DataFrame) -> tuple[float, float, float]:
    """Give the mean of all, and the variance within and between schools by the analysis of variance."""
    score, schools = cell["score"], cell.groupby("school_id")["score"]
    sizes, count = schools.size(), schools.ngroups
    if count < 2 or len(score) == count:
        return score.mean(), np.nan, np.nan
    within = ((score - schools.transform("mean")) ** 2).sum() / (len(score) - count)
    across = (sizes * (schools.mean() - score.mean()) ** 2).sum() / (count - 1)
    typical = (len(score) - (sizes**2).sum() / len(score)) / (count - 1)
    return score.mean(), within, max(0.0, (across - within) / typical)
