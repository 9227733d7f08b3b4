"""Scales and their splines: knots, limits, and the cubic that goes on beyond the boundaries."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.interpolate import BSpline

from methods.growth_percentiles.splines import Scale, UnusableScaleError, design, fit_scale

SCALE = Scale((430.0, 470.0, 520.0, 580.0), (280.0, 720.0), 300.0, 700.0)


@given(st.lists(st.floats(200, 800), min_size=1, max_size=30))
def test_the_splines_are_those_of_an_independent_library_inside_and_beyond_the_boundaries(scores):
    knots = [280.0] * 4 + list(SCALE.knots) + [720.0] * 4
    independent = BSpline(knots, np.eye(8), 3, extrapolate=True)(np.array(scores))
    assert np.allclose(design(scores, SCALE), independent[:, 1:], atol=1e-9)


def test_knots_are_quantiles_and_boundaries_reach_a_tenth_beyond_the_range():
    scale = fit_scale(np.arange(0, 1001), version="2025")
    assert scale == Scale((200.0, 400.0, 600.0, 800.0), (-100.0, 1100.0), 0.0, 1000.0, "2025")


@pytest.mark.parametrize(
    ("scores", "reason"),
    [
        ([], "no scores"),
        ([500.0] * 9, "all scores are equal"),
        ([500.0, np.nan, 510.0], "not a finite number"),
        ([300.0] * 30 + list(range(301, 371)), "so many students share one score"),
    ],
)
def test_scores_that_carry_no_scale_are_refused_with_the_reason(scores, reason):
    if reason.startswith("so many"):
        scores = [300.0] * 50 + list(range(301, 351))
    with pytest.raises(UnusableScaleError, match=reason):
        fit_scale(scores)


@pytest.mark.parametrize(
    "knots", [(1.0, 1.0, 2.0, 3.0), (3.0, 2.0, 1.0, 0.5), (1.0, 2.0, 3.0, np.inf), (-5.0, 1.0, 2.0, 3.0)]
)
def test_a_stored_scale_with_impossible_knots_is_refused(knots):
    with pytest.raises(UnusableScaleError):
        Scale(knots, (0.0, 10.0), 0.0, 10.0)
