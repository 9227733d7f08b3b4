"""Who answered a survey and who did not, and whether the questions hang together."""

import numpy as np
import pandas as pd

from tests.references import surveys
from tests.references.state import KEYS, State


def compute(state: State) -> pd.DataFrame:
    """Compute response, straight answers, representation and alpha."""
    people = surveys.grouped(surveys.respondents(state), state)
    sums = people.groupby(surveys.ENTITY).agg(
        invited=("counts", "size"), counts=("counts", "sum"), answered=("answered", "sum"), straight=("straight", "sum")
    )
    found = []
    for key, row in sums.iterrows():
        everyone = sums.loc[(*key[:4], "ALL")]
        numbers = {"percent_responding": row["counts"] / row["invited"]}
        if row["answered"] > 0:
            numbers["percent_one_answer"] = row["straight"] / row["answered"]
        if key[4] != "ALL" and everyone["counts"] > 0:
            p, q = row["counts"] / everyone["counts"], row["invited"] / everyone["invited"]
            spread = np.sqrt((p * (1 - p) + q * (1 - q)) / 2)
            numbers["nonresponse_difference"] = (p - q) / spread if spread > 0 else np.nan
        found += [(*key, name, value) for name, value in numbers.items()]
    found += alphas(state)
    result = pd.DataFrame(found, columns=[*surveys.ENTITY, "measure", "value"])
    return result.assign(**surveys.FIXED)[[*KEYS, "value"]].dropna(subset=["value"])


def alphas(state: State) -> list[tuple]:
    """Give alpha of each construct over those who answered all its questions, where all were asked the same."""
    least = state.policy("survey_quality").set_index(["policy_id", "school_year", "level"])["minimum_respondents"]
    rows = surveys.scores(state)
    rows = surveys.grouped(rows[rows["is_complete"]], state).drop(columns="score")
    given = surveys.answers(state)[[*surveys.PERSON, "construct", "item_id", "score"]]
    rows = rows.merge(given, on=[*surveys.PERSON, "construct"])
    found = []
    for key, cell in rows.groupby([*surveys.ENTITY, "construct"]):
        table = cell.pivot(index=surveys.PERSON[1:], columns="item_id", values="score")
        k, total = table.shape[1], table.sum(axis=1)
        if len(table) >= least[key[:3]] and k > 1 and not table.isna().any(axis=None) and np.ptp(total) > 1e-6:
            alpha = k / (k - 1) * (1 - table.var(ddof=1).sum() / total.var(ddof=1))
            found.append((*key[:5], f"alpha_{key[5]}", alpha))
    return found
