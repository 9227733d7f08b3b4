"""Every quantile is solved to its optimum: against an independent package, against a second solver, or refused."""

import numpy as np
import pytest
from pinball.linear.solvers import get_solver

from methods.growth_percentiles import quantile_regression
from methods.growth_percentiles.quantile_regression import TAUS, UnusableDesignError, fit
from methods.growth_percentiles.splines import Scale, design, fit_scale

SOME_TAUS = (0, 1, 20, 49, 50, 75, 98, 99)


def made_up(students: int, priors: int, seed: int = 1, noise: float = 30.0, decimals: int = 0):
    random = np.random.default_rng(seed)
    ability = random.normal(500, 60, students)
    earlier = np.round(ability[:, None] + random.normal(0, 40, (students, priors)), decimals)
    return earlier, np.round(0.9 * ability + 60 + random.normal(0, noise, students), decimals)


def loss(current, predicted, tau):
    residual = current - predicted
    return np.maximum(tau * residual, (tau - 1) * residual).sum()


def check_against_the_oracle(priors, current, unique=True):
    scales = [fit_scale(column) for column in priors.T]
    fitted = fit(priors, current, scales)
    assert fitted.certificate.is_optimal
    assert fitted.certificate.dual_violation.size == TAUS.size
    rows = np.hstack([np.ones((len(current), 1)), *(design(p, s) for p, s in zip(priors.T, scales, strict=True))])
    for t in SOME_TAUS:
        oracle = rows @ get_solver("br").solve(rows, current, tau=float(TAUS[t])).coefficients
        ours = rows @ fitted.matrix.coefficients[:, t]
        best = loss(current, oracle, TAUS[t])
        assert loss(current, ours, TAUS[t]) - best <= fitted.certificate.gap[t] + 1e-12 * best + 1e-9
        if unique:
            assert fitted.certificate.gap[t] <= 1e-9
            assert np.abs(ours - oracle).max() < 1e-5


@pytest.mark.parametrize("students", [60, 150, 500])
@pytest.mark.parametrize("priors", [1, 2, 3])
def test_small_cohorts_agree_with_an_independent_package(students, priors):
    check_against_the_oracle(*made_up(students, priors))


def test_a_ceiling_agrees_with_an_independent_package():
    priors, current = made_up(1500, 2)
    check_against_the_oracle(
        np.clip(np.round((priors - 380) / 6), 0, 41), np.clip(np.round((current - 380) / 6), 0, 36)
    )


def test_ten_distinct_scores_agree_with_an_independent_package():
    priors, current = made_up(1500, 2)
    check_against_the_oracle(
        np.clip(np.round((priors - 350) / 30), 0, 10), np.clip(np.round((current - 350) / 30), 1, 10)
    )


def test_priors_that_nearly_repeat_one_another_agree_with_an_independent_package():
    priors, current = made_up(1500, 1)
    nearly = priors + np.round(np.random.default_rng(2).normal(0, 3, priors.shape))
    check_against_the_oracle(np.hstack([priors, nearly]), current)


def test_scores_of_four_decimals_agree_with_an_independent_package():
    priors, current = made_up(1500, 2, decimals=4)
    check_against_the_oracle(np.round((priors - 500) / 60, 4), np.round((current - 500) / 60, 4))


def test_scores_far_from_zero_agree_with_an_independent_package():
    priors, current = made_up(1500, 2, decimals=3)
    check_against_the_oracle(priors + 1e6, current + 1e6)


def test_a_current_score_that_nearly_repeats_a_prior_is_solved_up_to_the_gap_that_is_reported():
    priors, _ = made_up(1500, 2)
    current = np.round(priors[:, 0] + np.random.default_rng(2).normal(0, 0.06, 1500), 1)
    check_against_the_oracle(priors, current, unique=False)


def test_the_independent_solver_gives_the_same_percentiles_and_is_reported(monkeypatch):
    priors, current = made_up(300, 2)
    scales = [fit_scale(column) for column in priors.T]
    usual = fit(priors, current, scales)
    monkeypatch.setattr(quantile_regression, "PIVOT_CAP", 12)
    rescued = fit(priors, current, scales)
    assert rescued.certificate.is_rescued.sum() > 50
    assert not usual.certificate.is_rescued.any()
    assert rescued.certificate.is_optimal
    assert np.array_equal(rescued.below, usual.below)
    assert np.abs(rescued.matrix.coefficients - usual.matrix.coefficients).max() < 1e-6


def test_a_vertex_that_is_not_optimal_fails_the_test_of_optimality(monkeypatch):
    priors, current = made_up(300, 1)

    def wrong(problem, state, tau):
        state.vertex[:] = [0, 40, 80, 120, 160, 200, 240, 280]
        quantile_regression.kernels.refresh_signs(problem, state)

    monkeypatch.setattr(quantile_regression, "PIVOT_CAP", 2)
    monkeypatch.setattr(quantile_regression, "_rescue", wrong)
    with pytest.raises(quantile_regression.UnsolvedQuantileError, match="no proven optimum"):
        fit(priors, current, [fit_scale(priors[:, 0])])


def test_equal_students_weigh_as_much_as_they_are():
    priors, current = made_up(400, 1)
    scale = fit_scale(priors[:, 0])
    once = fit(priors, current, [scale])
    thrice = fit(np.tile(priors, (3, 1)), np.tile(current, 3), [scale])
    assert thrice.matrix.students == 1200
    assert np.array_equal(thrice.below, np.tile(once.below, 3))


def test_a_prediction_equal_to_the_score_after_rounding_does_not_count():
    thresholds = quantile_regression._thresholds(np.array([500.0, 2.3, 0.123456]))
    predictions = np.array([[499.999996, 499.999994], [2.299996, 2.299994], [0.123454, 0.123456]])
    counted = np.round(predictions, 5) < np.array([[500.0], [2.3], [0.123456]])
    assert np.array_equal(predictions < thresholds[:, None], counted)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda p, c: (p[:1], c[:1]), "one student cannot determine the 15 coefficients"),
        (lambda p, c: (p[:14], c[:14]), "14 students cannot determine"),
        (lambda p, c: (p, np.full_like(c, 500.0)), "all current scores are equal"),
        (lambda p, c: (p, np.where(np.arange(c.size) == 3, np.nan, c)), "not a finite number"),
        (lambda p, c: (np.where(p > 500, np.inf, p), c), "not a finite number"),
        (lambda p, c: (p[:, [0, 0]], c), "combinations of the others"),
        (lambda p, c: (np.minimum(p, 510.0), c), "no score reaches spline"),
    ],
)
def test_scores_that_do_not_determine_the_model_are_refused_before_fitting(change, reason):
    priors, current = change(*made_up(400, 2))
    scale = Scale((450.0, 490.0, 510.0, 550.0), (250.0, 750.0), 270.0, 730.0)
    with pytest.raises(UnusableDesignError, match=reason):
        fit(priors, current, [scale, scale])
