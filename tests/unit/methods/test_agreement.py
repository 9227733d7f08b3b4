"""Agreement of raters: published answers, what does not change it, and whether intervals and severities hold."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from methods.agreement import QUANTILES, STATISTICS, _spread, agreement, agreement_by_pool, severity, severity_by_pool

GV16 = np.array([[10, 3, 0, 0], [2, 20, 5, 0], [0, 4, 25, 3], [0, 0, 2, 6]])


def compare(first, second, *, cell=None, student=None, replicates=100, seed=1):
    """The agreement of the pairs, each of a student of its own and all in one cell unless told otherwise."""
    cell = np.zeros(len(first), int) if cell is None else cell
    student = np.arange(len(first)) if student is None else student
    return agreement(cell, student, first, second, adjacent_distance=1, replicates=replicates, seed=seed)


def named(row):
    return dict(zip(STATISTICS, row, strict=True))


def pairs_of(matrix):
    first, second = np.nonzero(matrix)
    times = matrix[first, second]
    return np.repeat(first + 1, times), np.repeat(second + 1, times)


def judged(random, count, *, lenient=0.0):
    """Scores from 1 to 5 of the same pieces by two raters who err independently."""
    true = random.normal(3, 1, count)
    marks = (true + lenient + random.normal(0, 0.5, count), true + random.normal(0, 0.5, count))
    return [np.clip(np.rint(mark), 1, 5) for mark in marks]


def test_gv16_agreement_of_eighty_pairs_comes_out_as_published():
    found = named(compare(*pairs_of(GV16)).value[0])
    assert found["quadratic_weighted_kappa"] == pytest.approx(0.846465, abs=1e-4)
    assert found["kappa"] == pytest.approx(0.656030, abs=1e-4)
    assert found["percent_exact"] == 0.7625
    assert found["percent_adjacent"] == 1
    assert found["standardized_mean_difference"] == pytest.approx(0.042392, abs=1e-4)


def test_gwets_coefficient_follows_its_formula():
    found = named(compare(*pairs_of(GV16)).value[0])
    shares = (GV16.sum(axis=0) + GV16.sum(axis=1)) / 160
    chance = (shares * (1 - shares)).sum() / 3
    assert found["gwet_ac1"] == pytest.approx((0.7625 - chance) / (1 - chance))


def test_raters_who_give_every_piece_the_same_score_agree_and_have_no_kappa():
    found = named(compare([3, 3, 3], [3, 3, 3]).value[0])
    assert found["percent_exact"] == 1
    assert np.isnan(found["quadratic_weighted_kappa"])
    assert np.isnan(found["kappa"])


def test_a_lenient_first_rater_has_a_positive_difference_and_a_negative_standardized_one():
    found = named(compare([2, 3, 4, 5], [1, 2, 3, 4]).value[0])
    assert found["mean_difference"] == 1
    assert found["standardized_mean_difference"] == pytest.approx(-1 / np.sqrt(5 / 3))


def test_scores_one_point_apart_are_adjacent_and_more_than_one_point_apart_are_not():
    assert named(compare([1, 1, 1], [1, 2, 3]).value[0])["percent_adjacent"] == pytest.approx(2 / 3)
    assert named(compare([1.0, 1.0], [2.0, 2.5]).value[0])["percent_adjacent"] == 0.5


def test_one_student_alone_has_values_and_no_interval():
    found = compare([1, 2, 3], [1, 2, 4], student=[7, 7, 7])
    assert np.isfinite(found.value[0, 0])
    assert np.isnan(found.low).all()
    assert np.isnan(found.standard_error).all()


def test_a_score_that_is_missing_is_refused():
    with pytest.raises(ValueError, match="two scores"):
        compare([1, np.nan], [1, 2])


def test_no_pairs_give_no_cells():
    assert compare([], []).value.shape == (0, len(STATISTICS))


def test_a_cell_has_the_same_numbers_whatever_stands_beside_it():
    first, second = judged(np.random.default_rng(2), 90)
    alone = compare(first[:40], second[:40])
    cell = np.repeat([1, 0, 2], [40, 30, 20])
    beside = compare(first, second, cell=cell)
    statistic = [name not in ("gwet_ac1",) for name in STATISTICS]
    for part in ("value", "standard_error", "low", "high"):
        assert getattr(alone, part)[0, statistic] == pytest.approx(getattr(beside, part)[1, statistic])


def test_the_same_seed_gives_the_same_interval_and_another_seed_another():
    first, second = judged(np.random.default_rng(3), 60)
    same = compare(first, second, seed=5)
    assert (compare(first, second, seed=5).low == same.low).all()
    assert (compare(first, second, seed=6).low != same.low).any()


def test_many_pieces_of_one_student_make_the_interval_wider_than_pieces_of_many_students():
    random = np.random.default_rng(4)
    first, second = judged(random, 30)
    of_many = compare(np.tile(first, 4), np.tile(second, 4))
    of_few = compare(np.tile(first, 4), np.tile(second, 4), student=np.tile(np.arange(30), 4))
    assert (of_few.high - of_few.low)[0, 0] > 1.6 * (of_many.high - of_many.low)[0, 0]


def test_replicates_without_a_value_stand_in_no_quantile():
    random = np.random.default_rng(5)
    again = random.normal(size=(40, 60, 3))
    again[random.random(again.shape) < 0.4] = np.nan
    again[0] = np.nan
    error, low, high = _spread(again)
    assert np.isnan([error[0], low[0], high[0]]).all()
    assert np.array_equal([low[1:], high[1:]], np.nanquantile(again[1:], QUANTILES, axis=1))


def test_the_interval_holds_the_true_kappa_about_as_often_as_it_says():
    random = np.random.default_rng(5)
    truth = named(compare(*judged(random, 200_000), replicates=2).value[0])["quadratic_weighted_kappa"]
    first, second = judged(random, 300 * 60)
    found = compare(first, second, cell=np.repeat(np.arange(300), 60), replicates=200)
    held = (found.low[:, 0] <= truth) & (truth <= found.high[:, 0])
    assert 0.90 <= held.mean() <= 0.98


def test_a_large_cell_is_drawn_in_groups_and_its_error_is_that_of_its_students():
    random = np.random.default_rng(10)
    first = random.integers(1, 5, 6000)
    second = np.where(random.random(6000) < 0.7, first, first % 4 + 1)
    student = np.repeat(np.arange(3000), 2)
    found = compare(first, second, student=student, replicates=400)
    exact = STATISTICS.index("percent_exact")
    assert found.value[0, exact] == pytest.approx((first == second).mean())
    by_student = (first == second).reshape(-1, 2).mean(axis=1)
    assert found.standard_error[0, exact] == pytest.approx(by_student.std() / np.sqrt(3000), rel=0.12)


@given(st.lists(st.tuples(st.integers(1, 5), st.integers(1, 5)), min_size=2, max_size=40), st.integers(-3, 3))
def test_moving_both_scales_changes_no_agreement_and_swapping_the_raters_only_signs(pairs, shift):
    first, second = np.array(pairs, float).T
    here = named(compare(first, second, replicates=2).value[0])
    moved = named(compare(first + shift, second + shift, replicates=2).value[0])
    swapped = named(compare(second, first, replicates=2).value[0])
    for name in STATISTICS:
        sign = -1 if name.endswith("difference") else 1
        assert moved[name] == pytest.approx(here[name], nan_ok=True)
        assert swapped[name] == pytest.approx(sign * here[name], nan_ok=True)


def test_the_lenient_group_stands_above_the_others_by_what_was_planted():
    random = np.random.default_rng(6)
    planted = np.array([0.5, 0, 0, 0])
    one, other = random.integers(0, 4, (2, 4000))
    difference = planted[one] - planted[other] + random.normal(0, 0.7, 4000)
    found = severity(one, other, difference, np.arange(4000), groups=4)
    assert found.value == pytest.approx(planted - planted.mean(), abs=4 * found.standard_error.max())
    assert found.value.argmax() == 0
    assert found.value.sum() == pytest.approx(0)


def test_severity_without_noise_is_exact_even_where_groups_never_met():
    found = severity([0, 1], [1, 2], [1, 1], [0, 1], groups=3)
    assert found.value == pytest.approx([1, 0, -1])


def test_a_group_that_shares_no_piece_with_another_has_no_severity():
    found = severity([0, 2], [1, 2], [1, 5], [0, 1], groups=4)
    assert found.value[:2] == pytest.approx([0.5, -0.5])
    assert np.isnan(found.value[2:]).all()


def test_the_standard_error_of_severity_matches_how_it_varies():
    random = np.random.default_rng(7)
    found = []
    for _ in range(200):
        one, other = random.integers(0, 3, (2, 90))
        found.append(severity(one, other, random.normal(0, 1, 90), np.arange(90), groups=3))
    spread = np.std([each.value[0] for each in found])
    assert np.mean([each.standard_error[0] for each in found]) == pytest.approx(spread, rel=0.15)


def columns(pool, cell, student, first, second):
    fixed = {"adjacent_distance": 1.0, "replicates": 50, "seed": 1}
    arrays = {"pool": pool, "cell": cell, "student": student, "first_score": first, "second_score": second}
    count = len(first)
    return {name: np.asarray(value) for name, value in arrays.items()} | {
        n: np.full(count, v) for n, v in fixed.items()
    }


def test_next_years_scores_change_nothing_about_this_year():
    first, second = judged(np.random.default_rng(8), 60)
    this_year = columns([1] * 60, [3] * 60, np.arange(60), first, second)
    both = columns(
        [1] * 60 + [2] * 60,
        [3] * 60 + [9] * 60,
        np.tile(np.arange(60), 2),
        *[np.concatenate((x, x + 5)) for x in (first, second)],
    )
    alone, beside = agreement_by_pool(this_year), agreement_by_pool(both)
    mine = beside["cell"] == 3
    assert (alone["measure"] == beside["measure"][mine]).all()
    for name in ("value", "standard_error", "interval_low", "interval_high"):
        assert alone[name] == pytest.approx(beside[name][mine])


def test_a_share_of_one_has_the_wilson_interval_of_its_students():
    found = agreement_by_pool(columns([1] * 20, [0] * 20, np.repeat(np.arange(10), 2), [2] * 20, [2] * 20))
    exact = {name: column[found["measure"] == "percent_exact"][0] for name, column in found.items()}
    assert exact["value"] == exact["interval_high"] == 1
    assert exact["interval_low"] == pytest.approx(10 / (10 + 1.959963985**2))
    assert exact["interval_method"] == "wilson"


def test_a_panel_without_a_district_links_districts_and_is_not_given_a_severity():
    pairs = {
        "pool": np.array(["p|2025|MATH"] * 4, object),
        "rated_by": np.array(["01", "01", "02", "02"], object),
        "rated_again_by": np.array(["", "", "", "02"], object),
        "difference": np.array([1.0, 1.0, -1.0, 9.0]),
        "student": np.array([1, 2, 3, 4]),
    }
    found = severity_by_pool(pairs)
    assert found["district_id"].tolist() == ["01", "02"]
    assert found["value"] == pytest.approx([1, -1])


def scored_by_a_panel(replicates, districts, pieces, points):
    """Scores from 1 to 4 by the raters of districts, the last of them lenient, and again by a panel of the state."""
    random = np.random.default_rng(9)
    count = replicates * districts * pieces
    replicate, district = np.divmod(np.arange(count) // pieces, districts)
    quality = random.normal(2.6, 0.8, count)
    leniency = random.normal(0, 0.12, count) + points * (district == districts - 1)
    first = quality + leniency + random.normal(0, 0.25, count)
    second = quality + random.normal(0, 0.12, count) + random.normal(0, 0.25, count)
    return replicate, district, *(np.clip(np.rint(score), 1, 4) for score in (first, second))


def test_in_200_replicates_the_lenient_district_has_the_largest_severity_and_misses_a_threshold():
    replicate, district, first, second = scored_by_a_panel(200, 8, 100, points=0.7)
    pool, student = np.char.mod("%03d", replicate), np.arange(len(first))
    names = np.char.mod("%02d", district)
    pairs = {"pool": pool, "rated_by": names, "rated_again_by": np.full(len(first), "")}
    found = severity_by_pool(pairs | {"difference": first - second, "student": student})
    largest = found["value"].reshape(200, 8).argmax(axis=1)
    assert (largest == 7).all()
    compared = agreement(
        replicate * 8 + district, student, first, second, adjacent_distance=1, replicates=2, seed=1
    ).value.reshape(200, 8, -1)
    kappa = compared[..., STATISTICS.index("quadratic_weighted_kappa")]
    apart = np.abs(compared[..., STATISTICS.index("standardized_mean_difference")])
    flagged = (kappa < 0.7) | (apart > 0.15)
    assert flagged[:, 7].mean() >= 0.99
    assert (kappa[:, 7] < kappa[:, :7].min(axis=1)).mean() >= 0.95
    assert flagged[:, :7].mean() <= 0.15


def test_in_200_replicates_without_leniency_no_district_stands_out_more_than_its_interval_says():
    replicate, district, first, second = scored_by_a_panel(200, 8, 100, points=0)
    found = severity_by_pool(
        {
            "pool": np.char.mod("%03d", replicate),
            "rated_by": np.char.mod("%02d", district),
            "rated_again_by": np.full(len(first), ""),
            "difference": first - second,
            "student": np.arange(len(first)),
        }
    )
    covered = (found["interval_low"] <= 0) & (found["interval_high"] >= 0)
    assert 0.90 <= covered.mean() <= 0.99
