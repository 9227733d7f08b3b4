"""Medians of groups: exact, with intervals that behave as a bootstrap's do and do not move when other groups do."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from methods.medians import bootstrap_medians


def of(*groups):
    """Medians of groups of units, each unit by itself and each group one cluster."""
    values = np.concatenate([np.asarray(group, dtype=float) for group in groups])
    group = np.repeat(np.arange(len(groups)), [len(group) for group in groups])
    return bootstrap_medians(group, np.zeros(values.size), values, np.ones(values.size))


@settings(max_examples=40, deadline=None)
@given(st.lists(st.lists(st.integers(1, 99), min_size=1, max_size=40), min_size=1, max_size=5))
def test_the_median_is_the_middle_value_or_halfway_between_the_two(groups):
    found = of(*groups)
    assert found.median.tolist() == [np.median(group) for group in groups]
    assert np.all((found.low <= found.median) & (found.median <= found.high))
    assert np.all(found.low >= [min(group) for group in groups])


def test_a_group_keeps_its_interval_whatever_other_groups_there_are():
    random = np.random.default_rng(1)
    group, other = random.integers(1, 100, 57), random.integers(1, 100, 33)
    alone, beside = of(group), of(group, other)
    for name in ("median", "standard_error", "low", "high"):
        assert getattr(alone, name)[0] == getattr(beside, name)[0]


@pytest.mark.parametrize("size", [20, 21, 150])
def test_the_spread_is_that_of_medians_of_units_drawn_with_replacement(size):
    random = np.random.default_rng(2)
    units = random.integers(1, 100, size)
    plain = np.median(units[random.integers(0, size, (20_000, size))], axis=1)
    found = of(units)
    assert found.standard_error[0] == pytest.approx(plain.std(), rel=0.1)
    steps = np.sort(units)
    widest = max(np.diff(steps).max(), 2)
    assert abs(found.low[0] - np.quantile(plain, 0.025)) <= widest
    assert abs(found.high[0] - np.quantile(plain, 0.975)) <= widest


def test_units_that_are_alike_within_clusters_make_the_interval_wider():
    random = np.random.default_rng(3)
    cluster = np.repeat(np.arange(30), 40)
    value = np.clip(np.round(random.normal(50, 20, 30)[cluster] + random.normal(0, 5, 1200)), 1, 99)
    clustered = bootstrap_medians(np.zeros(1200), cluster, value, np.ones(1200))
    simple = of(value)
    assert clustered.median[0] == simple.median[0]
    assert clustered.high[0] - clustered.low[0] > 3 * (simple.high[0] - simple.low[0])


def test_intervals_hold_the_true_median_about_as_often_as_they_say():
    random = np.random.default_rng(4)
    found = of(*random.integers(1, 100, (400, 41)))
    held = np.mean((found.low <= 50) & (found.high >= 50))
    assert 0.91 <= held <= 0.99


def test_counts_and_rows_in_any_order_give_the_same_as_units_one_by_one():
    random = np.random.default_rng(5)
    group, cluster, value = (random.integers(0, top, 500) for top in (4, 3, 20))
    one_by_one = bootstrap_medians(group, cluster, value, np.ones(500))
    keys, count = np.unique(np.stack([group, cluster, value]), axis=1, return_counts=True)
    shuffled = random.permutation(keys.shape[1])
    counted = bootstrap_medians(*keys[:, shuffled], count[shuffled])
    assert counted.median.tobytes() == one_by_one.median.tobytes()
    assert counted.low.tobytes() == one_by_one.low.tobytes()


def test_a_group_without_a_unit_is_an_error():
    with pytest.raises(ValueError, match="needs a unit"):
        bootstrap_medians([0, 2], [0, 0], [50, 50], [1, 1])
