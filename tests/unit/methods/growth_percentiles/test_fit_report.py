"""The report of fit: uniform where growth is fair, and telling where it is not."""

import numpy as np
import pytest

from methods.growth_percentiles.fit_report import fit_report
from methods.growth_percentiles.percentiles import RefusedCohortError


@pytest.fixture
def fair():
    random = np.random.default_rng(1)
    prior = np.round(random.normal(500, 60, 20_000))
    return prior, prior + random.normal(0, 20, 20_000), random.integers(1, 100, 20_000)


def test_fair_growth_fills_every_cell_alike(fair):
    report = fit_report("MATH 2025 grade 6", *fair)
    assert report.counts.sum() == report.students == 20_000
    assert np.allclose(report.percent.sum(axis=1), 100)
    assert report.largest_deviation < 4
    assert np.abs(report.quantiles - np.arange(1, 100)).max() < 6
    assert abs(report.prior_correlation) < 0.03


def test_growth_that_follows_the_prior_score_shows(fair):
    prior, current, _ = fair
    ranks = np.clip((np.argsort(np.argsort(prior)) / 200).astype(int), 1, 99)
    report = fit_report("MATH 2025 grade 6", prior, current, ranks)
    assert report.prior_correlation > 0.9
    assert report.largest_deviation > 50


def test_the_extremes_hold_the_fifty_lowest_and_highest_with_their_ties(fair):
    report = fit_report("MATH 2025 grade 6", *fair)
    assert report.extremes.shape == (2, 12)
    assert np.all(report.extremes.sum(axis=1) >= 50)


def test_the_order_of_students_changes_nothing(fair):
    order = np.random.default_rng(2).permutation(20_000)
    first = fit_report("MATH 2025 grade 6", *fair)
    second = fit_report("MATH 2025 grade 6", *(column[order] for column in fair))
    assert first.prior_correlation == second.prior_correlation
    assert first.quantiles.tobytes() == second.quantiles.tobytes()


def test_few_students_have_no_report_of_fit():
    with pytest.raises(RefusedCohortError, match=r"MATH 2025 grade 6: a report of fit needs 250 students"):
        fit_report("MATH 2025 grade 6", np.arange(249), np.arange(249), np.ones(249))
