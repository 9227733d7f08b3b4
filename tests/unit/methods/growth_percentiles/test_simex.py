"""The correction for error of measurement: judged by distributions, since it draws random numbers."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from methods.growth_percentiles.predictions import percentile_of_count
from methods.growth_percentiles.quantile_regression import UnusableDesignError, fit
from methods.growth_percentiles.simex import corrected_percentiles
from methods.growth_percentiles.splines import fit_scale

STUDENTS, ERROR = 3_000, 40.0


@pytest.fixture(scope="module")
def cohort():
    """True and measured starting points of students whose growth has nothing to do with where they started."""
    random = np.random.default_rng(11)
    true = random.normal(500, 80, STUDENTS)
    measured = np.round(true + random.normal(0, ERROR, STUDENTS))[:, None]
    current = np.round(0.9 * true + 100 + random.normal(0, 50, STUDENTS))
    return true, measured, current, [fit_scale(measured[:, 0])]


@pytest.fixture(scope="module")
def plain(cohort):
    _, measured, current, scales = cohort
    return percentile_of_count(fit(measured, current, scales).below, current)


@pytest.fixture(scope="module")
def corrected(cohort):
    _, measured, current, scales = cohort
    return corrected_percentiles(measured, current, np.full_like(measured, ERROR), scales, copies=8)


def test_growth_no_longer_favors_students_who_truly_started_high(cohort, plain, corrected):
    true = cohort[0]
    before, after = (np.corrcoef(true, found)[0, 1] for found in (plain, corrected.percentile))
    assert before > 0.15
    assert abs(after) < 0.5 * before


def test_groups_that_truly_grew_alike_have_medians_that_are_nearer(cohort, plain, corrected):
    true = cohort[0]
    low, high = true < np.quantile(true, 0.25), true > np.quantile(true, 0.75)
    gap = [np.median(found[high]) - np.median(found[low]) for found in (plain, corrected.percentile)]
    assert gap[0] > 10
    assert abs(gap[1]) < 0.5 * gap[0]


def test_ranked_percentiles_are_uniform_in_the_cohort(corrected):
    counts = np.histogram(corrected.ranked, bins=[1, 10, 20, 30, 40, 50, 60, 70, 80, 90, 100])[0]
    assert counts.sum() == STUDENTS
    assert np.all(np.abs(counts[1:-1] / STUDENTS - 0.1) < 0.02)
    assert abs(np.median(corrected.ranked) - 50) <= 1
    order = np.argsort(corrected.percentile, kind="stable")
    assert np.corrcoef(corrected.percentile[order], corrected.ranked[order])[0, 1] > 0.98


def test_without_error_nothing_is_corrected(cohort, plain):
    _, measured, current, scales = cohort
    found = corrected_percentiles(measured, current, np.zeros_like(measured), scales, amounts=(1.0,), copies=1)
    assert np.max(np.abs(found.percentile - plain)) <= 1
    assert np.mean(found.percentile == plain) > 0.97


def test_the_same_seed_gives_the_same_percentiles_on_two_workers_and_another_seed_nearly(cohort):
    _, measured, current, scales = cohort
    errors = np.full_like(measured, ERROR)
    options = {"amounts": (1.0, 2.0), "copies": 6}
    one = corrected_percentiles(measured, current, errors, scales, **options)
    with ThreadPoolExecutor(2) as pool:
        two = corrected_percentiles(measured, current, errors, scales, **options, run=pool.map)
    assert one.percentile.tobytes() == two.percentile.tobytes()
    other = corrected_percentiles(measured, current, errors, scales, **options, seed=2)
    assert np.mean(np.abs(one.percentile - other.percentile)) < 6


def test_a_prior_without_a_standard_error_is_refused(cohort):
    _, measured, current, scales = cohort
    with pytest.raises(UnusableDesignError, match="standard error"):
        corrected_percentiles(measured, current, np.full_like(measured, np.nan), scales)
