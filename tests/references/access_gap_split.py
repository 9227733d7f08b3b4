"""The gap in places between a group and all others (C02), in points, and its exact parts in both orders."""

import numpy as np
import pandas as pd

from tests.references import acceleration, learning
from tests.references.state import KEYS, State

ENTITY = ["policy_id", "school_year", "level", "entity_id"]


def compute(state: State) -> pd.DataFrame:
    """Compute what is offered, and every part of every gap."""
    rows = acceleration.students(state)
    rows = rows[rows["level"] != "school"].assign(subject="ALL")
    offered = learning.sums_of(state, learning.contributions(rows, {"percent_offered": (rows["is_offered"], 1)}))
    limits = state.policy("access_gap_split").set_index(["policy_id", "school_year", "level"])["minimum_students"]
    found = []
    for key, people in rows[rows["exclusion"].isna()].groupby(ENTITY):
        groups = state.groups[(state.groups["policy_id"] == key[0]) & (state.groups["school_year"] == key[1])]
        schools, school = np.unique(people["home_school"], return_inverse=True)
        placed = people["has_place"].to_numpy(float)
        offers = np.bincount(school, people["is_offered"], len(schools)) > 0
        for group, members in groups[groups["student_group"] != "ALL"].groupby("student_group"):
            focal = people["student_id"].isin(set(members["student_id"])).to_numpy()
            if min(focal.sum(), (~focal).sum()) >= max(1, limits[key[:3]]):
                parts = split(school, placed, focal, offers)
                found += [(*key, group, measure, 100 * value) for measure, value in parts.items()]
    gaps = pd.DataFrame(found, columns=[*ENTITY, "student_group", "measure", "value"])
    gaps = gaps.assign(population="reporting", subject="ALL", grade_span="all")
    return pd.concat([offered, gaps[[*KEYS, "value"]]], ignore_index=True)


def split(school: np.ndarray, placed: np.ndarray, focal: np.ndarray, offers: np.ndarray) -> dict[str, float]:
    """Split the gap of one group; a school without one side lends its own rate to that side."""
    size = len(offers)
    members, others = np.bincount(school[focal], minlength=size), np.bincount(school[~focal], minlength=size)
    with np.errstate(invalid="ignore"):
        p = np.bincount(school[focal], placed[focal], size) / members
        q = np.bincount(school[~focal], placed[~focal], size) / others
    own_p, own_q = np.where(members > 0, p, q), np.where(others > 0, q, p)
    share_p, share_q = members / members.sum(), others / others.sum()
    return {
        "access_gap": placed[focal].mean() - placed[~focal].mean(),
        "offering_gap": ((share_p - share_q) * offers).sum(),
        "between_schools": ((share_p - share_q) * own_q).sum(),
        "within_schools": (share_p * (own_p - own_q)).sum(),
        "between_schools_mirror": ((share_p - share_q) * own_p).sum(),
        "within_schools_mirror": (share_q * (own_p - own_q)).sum(),
        "in_schools_without_others": (share_p * p)[others == 0].sum(),
    }
