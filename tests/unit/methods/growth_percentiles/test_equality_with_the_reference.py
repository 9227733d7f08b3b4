"""The numbers of the package that states use, to the last student: scales, percentiles of every order, cuts."""

import numpy as np
import polars as pl
import pytest

from methods.growth_percentiles.percentiles import Cohort, Records, fit_scales, growth_percentiles
from methods.growth_percentiles.quantile_regression import fit
from methods.growth_percentiles.splines import design, fit_scale


@pytest.fixture(scope="module")
def scales(panel):
    earlier = panel.school_year < 2025
    columns = (panel.student, panel.school_year, panel.subject, panel.grade, panel.score)
    found, refused = fit_scales(Records(*(column[earlier] for column in columns)), version="2025")
    assert not refused
    return found


@pytest.fixture(scope="module")
def cohort(panel, scales) -> Cohort:
    growth = growth_percentiles(panel, 2025, scales)
    assert [str(error) for error in growth.refused] == []
    (cohort,) = growth.cohorts
    return cohort


@pytest.fixture(scope="module")
def answers(panel, cohort, expected) -> pl.DataFrame:
    """The reference's rows in the order of the cohort's students."""
    students = pl.DataFrame({"ID": panel.student[cohort.rows]})
    return students.join(expected, on="ID", how="left", maintain_order="left")


def test_knots_boundaries_and_limits_are_identical(scales, expected_knots):
    for grade in (3, 4, 5):
        scale = scales["READING", grade]
        assert list(scale.knots) == expected_knots[f"knots_{grade}"]
        assert list(scale.boundaries) == expected_knots[f"boundaries_{grade}"]
        assert [scale.lowest, scale.highest] == expected_knots[f"loss.hoss_{grade}"]


def test_the_same_students_have_a_percentile(panel, cohort, expected):
    assert sorted(panel.student[cohort.rows].tolist()) == expected["ID"].to_list()


@pytest.mark.parametrize("order", [1, 2, 3])
def test_the_percentiles_of_each_order_are_identical(cohort, answers, order):
    reference = answers[f"SGP_ORDER_{order}"].fill_null(0).to_numpy()
    difference = np.abs(cohort.by_order[:, order - 1] - reference)
    assert np.mean(difference == 0) >= 0.999
    assert difference.max() <= 1


def test_every_student_reports_the_percentile_of_the_highest_order(cohort, answers):
    assert cohort.order.tolist() == answers["SGP_ORDER"].to_list()
    difference = np.abs(cohort.percentile - answers["SGP"].to_numpy())
    assert np.mean(difference == 0) >= 0.999
    assert difference.max() <= 1


def test_percentile_cuts_are_identical(cohort, answers):
    names = [f"PERCENTILE_CUT_{cut}" for cut in (1, 35, 50, 65, 99)]
    assert np.array_equal(cohort.cuts, answers.select(names).to_numpy())


def test_priors_their_standard_scores_and_norm_groups_are_identical(cohort, answers):
    assert cohort.prior.tolist() == answers["SCALE_SCORE_PRIOR"].to_list()
    assert np.allclose(cohort.prior_standardized, answers["SCALE_SCORE_PRIOR_STANDARDIZED"], atol=1e-9)
    groups = [cohort.progression.norm_group(order) for order in cohort.order]
    assert groups == answers["SGP_NORM_GROUP"].to_list()


@pytest.mark.parametrize("order", [1, 2, 3])
def test_predictions_at_all_hundred_quantiles_are_those_of_the_reference(cohort, expected_coefficients, order):
    matrix = cohort.matrices[order - 1]
    has_order = cohort.by_order[:, order - 1] > 0
    assert matrix.students == has_order.sum()
    scores = [np.linspace(scale.lowest, scale.highest, 400) for scale in matrix.scales]
    rows = np.hstack([np.ones((400, 1)), *(design(s, scale) for s, scale in zip(scores, matrix.scales, strict=True))])
    assert np.abs(rows @ matrix.coefficients - rows @ expected_coefficients[order]).max() < 1e-6


@pytest.mark.parametrize("order", [1, 2, 3])
def test_fifty_thousand_students_have_the_reference_percentiles(large_cohort, order):
    priors, current, answers = large_cohort
    scales = [fit_scale(priors[:, j]) for j in range(order)]
    fitted = fit(priors[:, :order], current, scales)
    percentile = np.clip(fitted.below, 1, 99)
    difference = np.abs(percentile - answers[f"SGP_ORDER_{order}"].to_numpy())
    assert np.mean(difference == 0) >= 0.999
    assert difference.max() <= 1
    assert fitted.certificate.is_optimal
