"""Primary hiding: who is hidden by the minimum number of students, and what refuses to be decided."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from methods.disclosure import primary_mask


def test_a_group_below_the_minimum_is_hidden_and_a_group_at_the_minimum_is_shown():
    assert primary_mask([1, 9, 10, 11], 10).tolist() == [True, True, False, False]


def test_a_group_without_students_is_not_hidden_because_nobody_stands_behind_it():
    assert primary_mask([0], 10).tolist() == [False]


def test_each_cell_can_have_its_own_minimum():
    assert primary_mask([15, 15], [10, 20]).tolist() == [False, True]


def test_a_cell_whose_count_is_unknown_is_hidden():
    assert primary_mask([np.nan], 10).tolist() == [True]


@pytest.mark.parametrize("minimum", [0, -1, np.nan, [10, np.nan]])
def test_a_missing_minimum_is_refused_and_does_not_show_everything(minimum):
    with pytest.raises(ValueError, match="positive minimum"):
        primary_mask([3, 3], minimum)


def test_a_negative_count_is_refused():
    with pytest.raises(ValueError, match="negative"):
        primary_mask([-1], 10)


def test_no_cells_give_no_marks():
    assert primary_mask([], 10).tolist() == []


@given(st.lists(st.integers(0, 10**9)), st.integers(1, 10**6))
def test_only_groups_of_zero_or_of_at_least_the_minimum_remain_visible(counts, minimum):
    visible = np.asarray(counts)[~primary_mask(counts, minimum)]
    assert all(count == 0 or count >= minimum for count in visible)
    assert np.count_nonzero(primary_mask(counts, minimum)) == sum(0 < count < minimum for count in counts)
