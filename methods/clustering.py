"""How surprising it is that faults gather in one group: the hypergeometric tail, for many groups at once.

Arrays in, arrays out. What follows from it is not decided here.
"""

import numpy as np


def chance_of_gathering(hit: np.ndarray, members: np.ndarray, hit_in_all: np.ndarray, all_members: np.ndarray):
    """Give the chance that a group is hit as often or more, were the hits of all spread over all members at random.

    Each array has an entry for a group: its hits and members, and those of all groups together, its own included.
    """
    hit, members, hit_in_all, all_members = (
        np.asarray(one, dtype=np.int64)[:, None] for one in (hit, members, hit_in_all, all_members)
    )
    if not hit.size:
        return np.zeros(0)
    factorial = np.concatenate([[0.0], np.cumsum(np.log(np.arange(1, all_members.max() + 1)))])

    def ways(of: np.ndarray, taken: np.ndarray) -> np.ndarray:
        """Give the logarithm of the number of ways to take some of many; nonsense where there are none."""
        taken = np.clip(taken, 0, of)
        return factorial[of] - factorial[taken] - factorial[of - taken]

    times = np.arange(members.max() + 1)[None, :]
    can_be = (times >= hit) & (times <= np.minimum(members, hit_in_all)) & (members - times <= all_members - hit_in_all)
    chances = ways(hit_in_all, times) + ways(all_members - hit_in_all, members - times) - ways(all_members, members)
    return np.minimum(np.where(can_be, np.exp(chances), 0).sum(axis=1), 1.0)
