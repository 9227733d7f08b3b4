"""The chance of gathering, against counting every way in which hits can fall."""

from itertools import combinations

import numpy as np
import pytest

from methods.clustering import chance_of_gathering


@pytest.mark.parametrize(
    ("hit", "members", "hit_in_all", "all_members"), [(3, 3, 4, 9), (1, 4, 2, 9), (0, 3, 4, 9), (2, 9, 2, 9)]
)
def test_the_chance_is_the_share_of_all_ways_in_which_hits_can_fall(hit, members, hit_in_all, all_members):
    ways = list(combinations(range(all_members), hit_in_all))
    as_many = sum(sum(one < members for one in way) >= hit for way in ways)
    found = chance_of_gathering([hit], [members], [hit_in_all], [all_members])
    assert found == pytest.approx([as_many / len(ways)])


def test_a_whole_group_of_a_large_state_is_no_chance_and_no_overflow():
    found = chance_of_gathering(np.array([200, 40]), np.array([200, 200]), np.array([210, 200]), np.array([1000, 1000]))
    assert 0 <= found[0] < 1e-100
    assert 0.4 < found[1] < 0.6


def test_no_group_has_no_chance():
    assert chance_of_gathering([], [], [], []).size == 0
