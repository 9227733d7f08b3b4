"""Who belongs to a cohort, what a student reports, what is refused, and that order and threads do not matter."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import numpy as np
import pytest

from methods.growth_percentiles.percentiles import (
    Progression,
    Records,
    baseline_matrices,
    find_progressions,
    fit_scales,
    growth_percentiles,
)
from methods.growth_percentiles.predictions import (
    growth_levels,
    percentile_of_count,
    percentiles,
    predict,
)

COLUMNS = ("student", "school_year", "subject", "grade", "score")


def state(students: int = 420, subjects=("MATH", "RLA"), seed: int = 5) -> Records:
    """Two grade cohorts of each subject, in grades 3-5 and 4-6 of the years 2023 to 2025."""
    random = np.random.default_rng(seed)
    rows = []
    for s, subject in enumerate(subjects):
        for first in (3, 4):
            ability = random.normal(500, 60, students)
            for year in (2023, 2024, 2025):
                scores = np.round(ability + 20 * (year - 2023) + random.normal(0, 35, students))
                numbers = 10_000 * first + np.arange(students)
                rows.append((numbers, np.full(students, year), subject, first + year - 2023, scores, s))
    return Records(
        np.concatenate([row[0] for row in rows]),
        np.concatenate([row[1] for row in rows]),
        np.concatenate([np.full(students, row[2]) for row in rows]),
        np.concatenate([np.full(students, row[3]) for row in rows]),
        np.concatenate([row[4] for row in rows]),
    )


def choose(records: Records, rows) -> Records:
    return Records(*(getattr(records, column)[rows] for column in COLUMNS))


def compute(records: Records, **options):
    scales, _ = fit_scales(state())
    return growth_percentiles(records, 2025, scales, minimum_students=options.pop("minimum_students", 100), **options)


def names(growth) -> list[str]:
    return [cohort.progression.name for cohort in growth.cohorts]


MATH_5, MATH_6 = "MATH 2025 grade 5 after grade 3-4", "MATH 2025 grade 6 after grade 4-5"
RLA_5, RLA_6 = MATH_5.replace("MATH", "RLA"), MATH_6.replace("MATH", "RLA")


def test_cohorts_follow_the_grades_year_by_year():
    found = find_progressions(state(), 2025)
    assert [progression.name for progression in found] == [MATH_5, MATH_6, RLA_5, RLA_6]
    assert found[0].steps == ((2023, 3), (2024, 4), (2025, 5))
    assert [p.order for p in find_progressions(state(), 2025, maximum_order=1)] == [1, 1, 1, 1]


def test_a_year_of_which_the_previous_grade_was_not_tested_ends_the_progression():
    records = state()
    found = find_progressions(choose(records, records.school_year != 2024), 2025)
    assert found == ()


def test_pre_kindergarten_is_a_grade_below_zero():
    records = state()
    younger = replace(records, grade=records.grade - 4)
    assert find_progressions(younger, 2025)[0].steps == ((2023, -1), (2024, 0), (2025, 1))


def test_every_student_with_a_prior_has_a_percentile_and_the_median_is_fifty():
    growth = compute(state())
    assert names(growth) == [MATH_5, MATH_6, RLA_5, RLA_6]
    for cohort in growth.cohorts:
        assert cohort.rows.size == 420
        assert set(np.unique(cohort.percentile)) <= set(range(1, 100))
        assert abs(np.median(cohort.percentile) - 50) <= 2
        assert all(certificate.is_optimal for certificate in cohort.certificates)


def test_a_missing_older_score_lowers_the_order_and_a_missing_prior_leaves_no_percentile():
    records = state()
    is_math = (records.subject == "MATH") & (records.grade + 2025 - records.school_year == 5)
    no_oldest = is_math & (records.school_year == 2023) & (records.student == 30_000)
    no_prior = is_math & (records.school_year == 2024) & (records.student == 30_001)
    cohort = compute(choose(records, ~(no_oldest | no_prior))).cohorts[0]
    kept = choose(records, ~(no_oldest | no_prior)).student[cohort.rows]
    order = dict(zip(kept.tolist(), cohort.order.tolist(), strict=True))
    assert order[30_000] == 1
    assert 30_001 not in order
    assert order[30_002] == 2
    assert cohort.by_order[kept == 30_000].tolist() == [[cohort.percentile[kept == 30_000][0], 0]]


def test_a_retained_student_is_in_no_cohort_of_the_progression():
    records = state()
    repeats = (records.student == 30_000) & (records.school_year == 2024)
    changed = replace(records, grade=np.where(repeats, 5, records.grade))
    cohort = compute(changed).cohorts[0]
    assert 30_000 not in changed.student[cohort.rows]


def test_an_order_below_the_minimum_ends_the_orders_and_a_small_cohort_is_refused():
    records = state()
    few = (records.school_year != 2023) | (records.student % 10_000 < 60) | (records.subject == "RLA")
    growth = compute(choose(records, few))
    orders = {cohort.progression.name: len(cohort.matrices) for cohort in growth.cohorts}
    assert orders == {MATH_5: 1, MATH_6: 1, RLA_5: 2, RLA_6: 2}
    growth = compute(choose(records, (records.subject == "RLA") | (records.student % 10_000 < 99)))
    assert names(growth) == [RLA_5, RLA_6]
    assert [str(error) for error in growth.refused] == [
        f"{name}: 99 students with a prior score; the least is 100" for name in (MATH_5, MATH_6)
    ]


# ---- what cannot be computed ----


def bad(records: Records, **changes) -> Records:
    """Change the first record of mathematics, grade 5 in 2025 (or another year and grade)."""
    year, grade = changes.pop("year", 2025), changes.pop("grade", 5)
    row = np.flatnonzero((records.subject == "MATH") & (records.school_year == year) & (records.grade == grade))[0]
    columns = {}
    for column, value in changes.items():
        columns[column] = getattr(records, column).copy()
        columns[column][row] = value
    return replace(records, **columns)


def twice(records: Records, year: int) -> Records:
    row = np.flatnonzero((records.subject == "MATH") & (records.school_year == year) & (records.student == 30_000))
    return choose(records, np.append(np.arange(records.score.size), row))


@pytest.mark.parametrize(
    ("records", "reason"),
    [
        (twice(state(), 2025), "students with more than one record of this subject in 2025: 1; first keep one record"),
        (twice(state(), 2023), "students with more than one record of this subject in 2023: 1; first keep one record"),
        (bad(state(), score=np.nan), "whose score is not a finite number: 1"),
        (bad(state(), score=np.inf, year=2024, grade=4), "grade 4 in 2024 whose score is not a finite number: 1"),
    ],
)
def test_bad_records_refuse_their_cohort_by_name_and_the_others_are_finished(records, reason):
    growth = compute(records)
    assert [error.cohort for error in growth.refused] == [MATH_5]
    assert reason in growth.refused[0].reason
    assert names(growth) == [MATH_6, RLA_5, RLA_6]


def test_no_message_shows_a_student_or_a_score():
    growth = compute(bad(twice(state(), 2025), score=-np.inf, grade=6))
    assert len(growth.refused) == 2
    assert not any("30000" in str(error) or "inf" in str(error) for error in growth.refused)


def test_equal_scores_refuse_the_cohort_by_name():
    records = state()
    equal = (records.subject == "MATH") & (records.school_year == 2025) & (records.grade == 5)
    growth = compute(replace(records, score=np.where(equal, 500.0, records.score)))
    assert [str(error) for error in growth.refused] == [f"{MATH_5}: all current scores are equal"]
    assert len(growth.cohorts) == 3


def test_a_single_student_is_no_cohort():
    records = state()
    growth = compute(choose(records, (records.subject == "RLA") | (records.student == 30_000)), minimum_students=1)
    assert [str(error) for error in growth.refused] == [
        f"{MATH_5}: one student cannot determine the 8 coefficients of the model"
    ]
    assert names(growth) == [RLA_5, RLA_6]


def test_scores_outside_an_official_scale_refuse_the_cohort():
    records = state()
    scales, _ = fit_scales(records)
    official = {key: replace(scale, lowest=100.0, highest=900.0, is_official=True) for key, scale in scales.items()}
    growth = growth_percentiles(bad(records, score=901.0), 2025, official, minimum_students=100)
    assert [error.reason for error in growth.refused] == [
        "records of grade 5 in 2025 whose score is outside the test's scale, 100 to 900: 1"
    ]


def test_a_grade_without_a_scale_refuses_the_cohorts_that_need_it():
    scales, _ = fit_scales(state())
    growth = growth_percentiles(
        state(), 2025, {key: scale for key, scale in scales.items() if key != ("RLA", 4)}, minimum_students=100
    )
    assert [str(error) for error in growth.refused] == [
        f"{RLA_5}: RLA grade 4 has no scale",
        f"{RLA_6}: RLA grade 4 has no scale",
    ]


def test_a_grade_whose_scores_carry_no_scale_is_named():
    records = state()
    equal = (records.subject == "MATH") & (records.grade == 4)
    scales, refused = fit_scales(replace(records, score=np.where(equal, 500.0, records.score)))
    assert [str(error) for error in refused] == ["MATH grade 4: all scores are equal"]
    assert ("MATH", 4) not in scales


@pytest.mark.parametrize(
    ("steps", "reason"),
    [
        (((2024, 3), (2025, 5)), "the progression skips: from grade 3 in 2024 to grade 5 in 2025"),
        (((2024, 5), (2025, 5)), "the progression skips"),
        (((2025, 4), (2024, 5)), "the progression skips"),
        (((2025, 5),), "at least one earlier grade"),
    ],
)
def test_a_progression_that_skips_is_refused(steps, reason):
    growth = compute(state(), progressions=[Progression("MATH", steps), find_progressions(state(), 2025)[2]])
    assert reason in growth.refused[0].reason
    assert names(growth) == [RLA_5]


def test_a_declared_progression_may_leave_out_a_year_with_its_grade():
    growth = compute(state(), progressions=[Progression("MATH", ((2023, 3), (2025, 5)))])
    assert [cohort.rows.size for cohort in growth.cohorts] == [420]


# ---- one answer ----


def fingerprint(records: Records, growth) -> list:
    """Everything a run gives, by student and not by row."""
    out = []
    for cohort in growth.cohorts:
        by_student = np.argsort(records.student[cohort.rows])
        arrays = (cohort.percentile, cohort.order, cohort.by_order, cohort.prior_standardized, cohort.cuts)
        out.append([cohort.progression.name, *(array[by_student].tobytes() for array in arrays)])
        out.append([matrix.coefficients.tobytes() for matrix in cohort.matrices])
        out.append([certificate.pivots.tobytes() for certificate in cohort.certificates])
    return out


def test_two_workers_and_any_order_of_rows_give_the_same_bytes():
    records = state()
    expected = fingerprint(records, compute(records))
    with ThreadPoolExecutor(2) as pool:
        assert fingerprint(records, compute(records, run=pool.map)) == expected
        for seed in (1, 2):
            shuffled = choose(records, np.random.default_rng(seed).permutation(records.score.size))
            assert fingerprint(shuffled, compute(shuffled, run=pool.map)) == expected


# ---- stored matrices ----


def test_stored_matrices_give_their_own_cohort_the_same_percentiles_and_cuts():
    growth = compute(state())
    again = compute(state(), matrices=growth.matrices())
    for first, second in zip(growth.cohorts, again.cohorts, strict=True):
        assert np.array_equal(first.by_order, second.by_order)
        assert np.array_equal(first.cuts, second.cuts)
        assert second.certificates == ()


def test_a_baseline_shows_a_year_that_grew_more():
    records = state()
    scales, _ = fit_scales(records)
    baseline, refused = baseline_matrices(records, [2024], scales, minimum_students=100)
    assert refused == ()
    assert sorted(baseline) == [("MATH", 4, 1), ("MATH", 5, 1), ("RLA", 4, 1), ("RLA", 5, 1)]
    better = replace(records, score=records.score + 15 * (records.school_year == 2025))
    growth = growth_percentiles(better, 2025, scales, matrices=baseline)
    assert names(growth) == [MATH_5, RLA_5]
    assert all(np.median(cohort.percentile) > 55 for cohort in growth.cohorts)
    assert {error.cohort for error in growth.refused} == {MATH_6, RLA_6}


def test_a_baseline_pools_several_years():
    records = state()
    scales, _ = fit_scales(records)
    pooled, _ = baseline_matrices(records, [2024, 2025], scales, minimum_students=100)
    assert pooled["MATH", 5, 1].students == 840
    assert pooled["MATH", 5, 2].students == 420


# ---- rules of the percentile ----


def test_percentiles_run_from_one_to_ninety_nine():
    assert percentile_of_count(np.array([0, 1, 57, 99, 100]), np.zeros(5)).tolist() == [1, 1, 57, 99, 99]


def test_at_the_highest_obtainable_score_growth_is_ninety_nine_only_where_limits_are_held():
    below, current = np.array([80, 80, 30]), np.array([700.0, 650.0, 300.0])
    assert percentile_of_count(below, current).tolist() == [80, 80, 30]
    assert percentile_of_count(below, current, (300.0, 700.0)).tolist() == [99, 80, 1]


def test_a_score_that_ties_with_a_prediction_is_not_above_it():
    cohort = compute(state()).cohorts[0]
    matrix = cohort.matrices[0]
    predictions = predict(matrix, cohort.prior[:, None])
    for place in (0, 40, 98):
        tied = percentiles(matrix, cohort.prior[:, None], predictions[:, place])
        assert np.array_equal(tied, np.clip((predictions < predictions[:, [place]]).sum(axis=1), 1, 99))
        assert np.all(tied <= max(1, place))


def test_predictions_never_cross_and_stay_within_limits():
    matrix = compute(state()).cohorts[0].matrices[1]
    priors = np.random.default_rng(1).uniform(200, 800, (50, 2))
    predictions = predict(matrix, priors, (350.0, 650.0))
    assert np.all(np.diff(predictions, axis=1) >= 0)
    assert predictions.min() >= 350
    assert predictions.max() <= 650


def test_growth_levels_begin_at_their_percentiles():
    assert growth_levels([1, 19, 20, 40, 60, 61, 81, 99]).tolist() == [1, 1, 2, 3, 3, 4, 5, 5]
