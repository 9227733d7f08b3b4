"""Trajectories, targets and enough growth, against the rule written out student by student."""

import numpy as np
import pytest

from methods.growth_percentiles.projections import (
    NoCutScoresError,
    NoProjectionError,
    growth_target,
    has_adequate_growth,
    project,
)
from methods.growth_percentiles.quantile_regression import fit
from methods.growth_percentiles.splines import design, fit_scale

CUT_SCORES = {5: (480.0, 540.0), 6: (500.0, 560.0), 7: (520.0, 580.0)}


@pytest.fixture(scope="module")
def model():
    """Grades 3 to 7 of one made-up cohort: scores, scales, and matrices of up to three priors."""
    random = np.random.default_rng(3)
    ability = random.normal(500, 60, 1200)
    scores = {grade: np.round(ability + 18 * (grade - 3) + random.normal(0, 30, 1200)) for grade in range(3, 8)}
    scales = {grade: fit_scale(values) for grade, values in scores.items()}
    matrices = {}
    for grade in range(4, 8):
        for order in range(1, min(3, grade - 3) + 1):
            priors = np.column_stack([scores[grade - 1 - j] for j in range(order)])
            fitted = fit(priors, scores[grade], [scales[grade - 1 - j] for j in range(order)])
            matrices[grade, order] = fitted.matrix
    return scores, scales, matrices


def by_the_rule(history, grade, matrices, scales, years):
    """Project one student as the definition says, one matrix product a year."""
    known = [
        np.full(100, np.clip(score, scales[grade - j].lowest, scales[grade - j].highest))
        for j, score in enumerate(history)
    ]
    out = []
    for year in range(1, years + 1):
        order = max(k for g, k in matrices if g == grade + year and k <= len(known))
        matrix = matrices[grade + year, order]
        values = matrix.coefficients[0].copy()
        for j in range(order):
            values += (design(known[j], matrix.scales[j]).T * matrix.coefficients[1 + 7 * j : 8 + 7 * j]).sum(axis=0)
        limits = scales[grade + year]
        known.insert(0, np.round(np.sort(np.clip(values, limits.lowest, limits.highest)), 5))
        out.append(known[0])
    return np.array(out)


def test_straight_projections_follow_the_rule(model):
    scores, scales, matrices = model
    history = np.column_stack([scores[4], scores[3]])[:60].copy()
    history[::5, 1] = np.nan
    shown = (1, 20, 50, 80, 99)
    projected = project(history, 4, matrices, scales, CUT_SCORES, years=3, percentiles=shown)
    assert projected.grades == (5, 6, 7)
    for i, row in enumerate(history):
        path = by_the_rule(row[np.isfinite(row)], 4, matrices, scales, 3)
        assert np.abs(path[:, np.array(shown) - 1] - projected.scores[i]).max() <= 2e-5
        for year, grade in enumerate((5, 6, 7)):
            for level, cut in enumerate(CUT_SCORES[grade]):
                reached = path[year] >= cut
                assert projected.targets[i, year, level] == (min(np.argmax(reached) + 1, 99) if reached.any() else 99)


def test_lagged_projections_begin_a_grade_earlier(model):
    scores, scales, matrices = model
    lagged = project(scores[4][:40, None], 4, matrices, scales, CUT_SCORES, years=1)
    assert lagged.grades == (5,)
    path = by_the_rule([scores[4][0]], 4, matrices, scales, 1)
    assert np.abs(path[0, [0, 34, 49, 64, 98]] - lagged.scores[0, 0]).max() <= 2e-5


def test_projection_ends_with_the_last_tested_grade(model):
    scores, scales, matrices = model
    assert project(scores[6][:5, None], 6, matrices, scales, CUT_SCORES, years=3).grades == (7,)
    none = project(scores[7][:5, None], 7, matrices, scales, CUT_SCORES, years=3)
    assert none.targets.shape == (5, 0, 0)


def test_who_needs_more_has_the_higher_target(model):
    scores, scales, matrices = model
    targets = project(scores[4][:, None], 4, matrices, scales, CUT_SCORES).targets
    assert np.all(targets[:, :, 0] <= targets[:, :, 1])
    by_score = np.argsort(scores[4])
    assert targets[by_score[:100], 0, 0].mean() > targets[by_score[-100:], 0, 0].mean() + 20


def test_a_student_without_a_current_score_has_no_projection(model):
    scores, scales, matrices = model
    history = np.column_stack([scores[4], scores[3]])[:3].copy()
    history[1, 0] = np.nan
    projected = project(history, 4, matrices, scales, CUT_SCORES)
    assert projected.targets[1].max() == 0
    assert np.isnan(projected.scores[1]).all()
    assert projected.targets[[0, 2]].min() >= 1


def test_a_grade_without_cut_scores_or_scale_is_named(model):
    scores, scales, matrices = model
    with pytest.raises(NoCutScoresError, match="no cut scores of grade 6 and 7"):
        project(scores[4][:5, None], 4, matrices, scales, {5: (480.0,)})
    with pytest.raises(NoCutScoresError, match="not the same number of cut scores in grades 5 and 6 and 7"):
        project(scores[4][:5, None], 4, matrices, scales, {5: (480.0,), 6: (500.0, 560.0), 7: (1.0,)})
    with pytest.raises(NoProjectionError, match="grade 6 has no scale"):
        project(scores[4][:5, None], 4, matrices, {g: s for g, s in scales.items() if g != 6}, CUT_SCORES)


def test_who_is_below_catches_up_in_the_best_year_and_who_is_above_keeps_up_in_every_year():
    targets = [[70, 62, 55], [20, 31, 44], [0, 0, 0]]
    assert growth_target(targets, [False, True, False]).tolist() == [55, 44, 0]
    assert has_adequate_growth([55, 43, 99], [55, 44, 0]).tolist() == [True, False, False]
