"""Placement at equal attainment (C17), a second time: Mantel–Haenszel over school, grade, subject and band of score."""

import numpy as np
import pandas as pd

from tests.references.state import KEYS, State

STRATUM = ["school_id", "grade", "course_subject", "band"]


def compute(state: State) -> pd.DataFrame:
    """Give all measures, in each district and the state, for each group against all others."""
    decisions = state.collection("placement_decision")
    if decisions.empty:
        return pd.DataFrame(columns=[*KEYS, "value"])
    subjects = state.code("course_subjects").set_index("code")["subject"]
    decisions = decisions.assign(subject=decisions["course_subject"].map(subjects))
    decisions = decisions[decisions["subject"].isin(["RLA", "MATH"])]
    one = ["school_year", "student_id", "school_id", "course_subject", "course_tier", "grade"]
    decisions = decisions.sort_values(["decision_date", "record_line"], na_position="first").drop_duplicates(
        one, keep="last"
    )
    policy = state.policy("placement_at_equal_attainment")
    rows = pd.concat(
        [
            decisions.assign(level="district", entity_id=decisions["district_id"]),
            decisions.assign(level="state", entity_id="state"),
        ]
    ).merge(policy, on=["school_year", "level"])
    rows = rows[(rows["course_tier"] == rows["counted_tier"]) & rows["is_placed"].notna() & rows["prior_score"].notna()]
    rows["band"] = np.floor(rows["prior_score"].astype(float) / rows["prior_score_band_points"]).astype(int)
    entity = ["policy_id", "school_year", "level", "entity_id", "subject"]
    found = []
    for where, candidates in rows.groupby(entity):
        groups = state.groups.merge(candidates[["policy_id", "school_year", "student_id"]].drop_duplicates())
        for group, members in groups[groups["student_group"] != "ALL"].groupby("student_group"):
            values = _pooled(candidates, candidates["student_id"].isin(set(members["student_id"])))
            found += [dict(zip(entity, where, strict=True), student_group=group, measure=m, value=v) for m, v in values]
    return pd.DataFrame(found).assign(population="reporting", grade_span="all")


def _pooled(candidates: pd.DataFrame, is_focal: pd.Series) -> list[tuple[str, float]]:
    placed = candidates["is_placed"].astype(bool)
    cells = {"a": is_focal & placed, "b": is_focal & ~placed, "c": ~is_focal & placed, "d": ~is_focal & ~placed}
    strata = candidates.assign(**cells).groupby(STRATUM)[list("abcd")].sum().astype(float)
    strata = strata[(strata["a"] + strata["b"] > 0) & (strata["c"] + strata["d"] > 0)]
    rule = candidates.iloc[0]
    a, b, c, d = (strata[name].to_numpy() for name in "abcd")
    n, focal, placed_here = a + b + c + d, a + b, a + c
    if (
        len(strata) < rule["minimum_strata"]
        or focal.sum() < rule["minimum_focal_students"]
        or (placed_here * focal / n).sum() < rule["minimum_expected_placed"]
    ):
        return []
    others = c + d
    values = [("placement_difference", 100 * ((a * others - c * focal) / n).sum() / (focal * others / n).sum())]
    up, down = (a * d / n).sum(), (b * c / n).sum()
    if up == 0 or down == 0:
        return values
    odds = up / down
    # At even odds the root below would make much of the last digit of a sum, so it is rounded off first.
    risk = np.sqrt(round(max(odds, 1 / odds), 12))
    told = (placed_here > 0) & (b + d > 0)
    expected = np.array(
        [_placed_at(odds, *cell) for cell in zip(focal[told], others[told], placed_here[told], strict=True)]
    )
    spread = 1 / expected + 1 / (focal[told] - expected) + 1 / (placed_here[told] - expected)
    spread += 1 / (others[told] - placed_here[told] + expected)
    values += [("odds_ratio", odds), ("e_value", risk + np.sqrt(risk * (risk - 1)))]
    if told.sum() > 1:
        values.append(("homogeneity", ((a[told] - expected) ** 2 * spread).sum() / (told.sum() - 1)))
    return values


def _placed_at(odds: float, focal: float, others: float, placed: float) -> float:
    """Find by halving how many of the group are placed where the odds ratio is the one given."""
    low, high = max(0.0, placed - others), min(focal, placed)
    for _ in range(200):
        middle = (low + high) / 2
        if middle * (others - placed + middle) < odds * (focal - middle) * (placed - middle):
            low = middle
        else:
            high = middle
    return (low + high) / 2
