"""Growth from table to tables: every year, every cohort by name, the same whatever the order, and stable next year."""

import hashlib

import numpy as np
import polars as pl
import pytest

from orchestration import norms
from orchestration.growth_tables import SCHEMAS, STORED, typed

POLICY = pl.DataFrame(
    {
        "policy_id": ["p"],
        "first_school_year": [2020],
        "last_school_year": [2030],
        "maximum_prior_scores": [2],
        "minimum_cohort_students": [200],
        "holds_limits": [False],
        "projected_years": [3],
        "baseline_years": [2],
        "error_correction": ["none"],
        "correction_copies": [2],
        "cut_score_source": ["results"],
    }
)
NOTHING = {name: typed(name, []) for name in STORED}


def state(years=(2023, 2024, 2025), students=300, seed=1) -> pl.DataFrame:
    """Four grade cohorts of mathematics, grades 3 to 8, some scores missing."""
    random = np.random.default_rng(seed)
    frames = []
    for start in range(3, 7):
        ability = random.normal(500, 60, students)
        for year in (2023, 2024, 2025, 2026):
            score = np.round(ability + 20 * (year - 2023) + random.normal(0, 35, students))
            grade, is_here = start + year - 2023, random.random(students) > 0.05
            frames.append(
                pl.DataFrame(
                    {
                        "school_year": np.full(students, year),
                        "subject": np.full(students, "MATH"),
                        "student_id": [f"s{start}{number:04}" for number in range(students)],
                        "grade": np.full(students, f"{grade:02}"),
                        "grade_number": np.full(students, grade),
                        "scale_score": score,
                        "scale_score_standard_error": np.full(students, 20.0),
                        "performance_level": 1 + (score > 480).astype(int) + (score > 540).astype(int),
                    }
                ).filter(is_here)
            )
    return pl.concat(frames).filter(pl.col("school_year").is_in(years))


def cut_scores(records: pl.DataFrame) -> pl.DataFrame:
    keys = ["school_year", "subject", "grade_number"]
    return pl.concat(
        records.group_by(keys).agg(pl.lit(level).alias("performance_level"), pl.lit(cut).alias("cut_score"))
        for level, cut in ((2, 481.0), (3, 541.0))
    )


def compute(records: pl.DataFrame, stored: dict[str, pl.DataFrame] = NOTHING, **policy: object):
    return norms.compute(records, cut_scores(records), with_policy(**policy), stored)


def with_policy(**changed: object) -> pl.DataFrame:
    return POLICY.with_columns(pl.lit(value).alias(name) for name, value in changed.items())


@pytest.fixture(scope="module")
def records():
    return state()


@pytest.fixture(scope="module")
def computed(records):
    return compute(records)


def test_every_record_with_a_score_in_the_grade_before_has_a_percentile(records, computed):
    tables, _ = computed
    earlier = records.select("student_id", pl.col("school_year") + 1, pl.col("grade_number") + 1)
    due = records.join(earlier, on=["student_id", "school_year", "grade_number"], how="semi")
    found = tables["percentile"]
    assert (
        found.select("school_year", "student_id").sort(pl.all()).rows()
        == due.select("school_year", "student_id").sort(pl.all()).rows()
    )
    assert found["growth_percentile"].is_between(1, 99).all()
    assert set(found["prior_count"]) == {1, 2}
    medians = found.group_by("school_year").agg(pl.col("growth_percentile").median())["growth_percentile"]
    assert medians.is_between(48, 52).all()


def test_every_cohort_stands_with_its_fit_and_the_proof_of_its_quantiles(computed):
    cohorts = computed[0]["cohort"].filter(step="percentile")
    assert cohorts["is_computed"].all()
    assert cohorts.height == 8
    assert (cohorts["dual_violation"] <= 1e-7).all()
    assert (cohorts["prior_correlation"].abs() < 0.1).all()
    assert computed[0]["fit"].group_by("fit_table").len().sort("fit_table").rows() == [
        ("decile_by_band", 800),
        ("decile_percent", 800),
        ("decile_quantile", 7920),
        ("extreme_by_band", 192),
    ]


def test_the_coefficients_and_scales_that_are_kept_predict_what_was_reported(computed):
    tables, _ = computed
    one = tables["coefficient"].filter(school_year=2025, grade_number=5, prior_count=1, norms="cohort")
    assert one.height == 8 * 100
    assert one["quantile"].unique().sort().to_list() == pytest.approx([(place + 0.5) / 100 for place in range(100)])
    assert {row["version"] for row in tables["scale"].rows(named=True)} == {"2023-2025"}


def test_a_broken_cohort_is_named_and_the_others_are_finished(records):
    one = records.filter(school_year=2025, grade="05")["student_id"][0]
    is_one = (pl.col("school_year") == 2025) & (pl.col("student_id") == one)
    broken = records.with_columns(pl.when(is_one).then(float("inf")).otherwise("scale_score").alias("scale_score"))
    stored = compute(records)[1]
    cohorts = compute(broken, stored)[0]["cohort"].filter(step="percentile")
    (refused,) = cohorts.filter(~pl.col("is_computed")).select("cohort", "reason").rows()
    assert refused[0] == "MATH 2025 grade 5 after grade 3-4"
    assert "not a finite number: 1" in refused[1]
    assert one not in str(refused)
    assert cohorts["is_computed"].sum() == 7


def test_a_student_with_two_records_refuses_the_cohorts_by_name_with_the_rule_that_resolves_it(records):
    cohorts = compute(pl.concat([records, records.filter(school_year=2025, grade="05")[:1]]))[0]["cohort"]
    (reason,) = cohorts.filter(~pl.col("is_computed"), step="percentile")["reason"]
    assert "more than one record" in reason
    assert "rule for students with several records" in reason


def test_any_order_of_rows_gives_the_same_bytes(records, computed, tmp_path):
    shuffled = compute(records.sample(fraction=1, shuffle=True, seed=3))
    for name, table in computed[0].items():
        digests = set()
        for which, content in enumerate((table, shuffled[0][name])):
            content.write_parquet(tmp_path / f"{name}{which}")
            digests.add(hashlib.sha256((tmp_path / f"{name}{which}").read_bytes()).hexdigest())
        assert len(digests) == 1, name


def test_next_years_scores_do_not_change_this_years_percentiles(records, computed):
    (tables, kept), later = computed, state(years=(2023, 2024, 2025, 2026))
    again, kept_again = compute(later, kept)
    assert again["percentile"].filter(pl.col("school_year") <= 2025).equals(tables["percentile"])
    assert again["percentile"]["school_year"].max() == 2026
    assert set(kept_again["scale"]["grade_number"]) - set(kept["scale"]["grade_number"]) == {9}
    assert kept_again["scale"].filter(pl.col("grade_number") < 9).equals(kept["scale"])
    assert kept_again["baseline"].equals(kept["baseline"])


def test_a_scale_of_few_students_is_used_once_and_not_kept(records):
    few = records.filter((pl.col("grade_number") != 3) | (pl.col("student_id") < "s30100"))
    tables, kept = compute(few)
    assert 3 in set(tables["scale"]["grade_number"])
    assert 3 not in set(kept["scale"]["grade_number"])


def test_targets_are_lower_for_who_is_nearer_and_a_lagged_projection_begins_with_this_year(records, computed):
    projected = computed[0]["projection"].filter(school_year=2025, grade="05")
    lagged = projected.filter(projection="lagged")
    assert sorted(set(lagged["years_ahead"])) == [0, 1, 2]
    assert sorted(set(projected.filter(projection="straight")["years_ahead"])) == [1, 2, 3]
    assert set(lagged.filter(years_ahead=0)["projected_grade_number"]) == {5}
    this_year = lagged.filter(years_ahead=0).join(
        records.filter(school_year=2024).select("student_id", "scale_score"), on="student_id"
    )
    assert this_year.select(pl.corr("scale_score", "target_level_3", method="spearman")).item() < -0.8
    assert (this_year["target_level_2"] <= this_year["target_level_3"]).all()
    assert this_year["target_level_4"].is_null().all()


def test_without_cut_scores_each_projection_is_refused_by_name_and_percentiles_stand(records, computed):
    tables, _ = norms.compute(records, cut_scores(records).clear(), POLICY, NOTHING)
    assert tables["percentile"].equals(computed[0]["percentile"])
    refused = tables["cohort"].filter(step="projection")
    assert refused["cohort"].str.contains("projection from grade").all()
    assert refused["reason"].str.contains("cut scores").all()
    assert tables["projection"].height == 0


def test_a_grade_that_the_table_of_cut_scores_lacks_is_named_and_the_table_with_it(records):
    without_grade_7 = cut_scores(records).filter(pl.col("grade_number") != 7)
    tables, _ = norms.compute(records, without_grade_7, with_policy(cut_score_source="table"), NOTHING)
    refused = tables["cohort"].filter(step="projection", school_year=2025)
    lagged = refused.filter(pl.col("cohort") == "MATH 2025 lagged projection from grade 4")
    reason = "no cut scores of grade 7; the policy takes them from the table policy_cut_scores"
    assert lagged["reason"].to_list() == [reason]
    assert not refused["cohort"].str.contains("grade 7").any()
    assert tables["projection"].filter(school_year=2025).height > 0


def test_a_baseline_is_fitted_once_on_its_first_years_and_a_year_that_grew_more_stands_above_it(records, computed):
    assert computed[0]["baseline_percentile"].height == 0
    kept = computed[1]["baseline"]
    assert kept.select("first_cohort_year", "last_cohort_year").unique().rows() == [(2024, 2025)]
    later = state(years=(2023, 2024, 2025, 2026))
    grew = (pl.col("school_year") == 2026) & (pl.col("grade_number") == 7)
    later = later.with_columns(
        pl.when(grew).then(pl.col("scale_score") + 40).otherwise("scale_score").alias("scale_score")
    )
    tables, kept_again = compute(later, computed[1])
    assert kept_again["baseline"].equals(kept)
    found = tables["baseline_percentile"]
    assert set(found["school_year"]) == {2026}
    median_of = dict(found.group_by("grade").agg(pl.col("growth_percentile").median()).rows())
    assert median_of["07"] > 75
    assert 45 < median_of["06"] < 55
    among_themselves = tables["percentile"].filter(school_year=2026, grade="07")["growth_percentile"]
    assert 44 < among_themselves.median() < 56
    facts = tables["cohort"].filter(step="baseline", school_year=2026)
    assert facts.filter(grade_number=7)["median_percentile"].item() == median_of["07"]
    assert facts.filter(~pl.col("is_computed")).select("cohort", "reason").rows() == [
        ("MATH 2026 grade 9 after grade 7-8", "the baseline has no matrix for this grade")
    ]


def test_the_stored_baseline_gives_the_percentiles_of_one_that_is_fitted_in_the_same_run(computed):
    later = state(years=(2023, 2024, 2025, 2026))
    norms_of_2025 = {"scale": computed[1]["scale"], "baseline": NOTHING["baseline"]}
    at_once, from_store = compute(later, norms_of_2025)[0], compute(later, computed[1])[0]
    assert at_once["baseline_percentile"].height > 800
    assert at_once["baseline_percentile"].equals(from_store["baseline_percentile"])


def test_a_grade_that_the_stored_baseline_lacks_is_fitted_on_the_same_years_and_the_others_stay(computed):
    kept = computed[1]["baseline"]
    short = computed[1] | {"baseline": kept.filter(pl.col("grade_number") != 6)}
    again = compute(state(years=(2023, 2024, 2025, 2026)), short)[1]["baseline"]
    assert again.equals(kept)


def test_a_baseline_whose_scales_are_no_longer_stored_is_fitted_anew(computed):
    other = computed[1]["scale"].with_columns(pl.col("knot_1") - 1, version=pl.lit("new test"))
    again = compute(state(), {"scale": other, "baseline": computed[1]["baseline"]})[1]["baseline"]
    assert set(again["scale_versions"]) == {"new test", "new test;new test"}
    assert again.height == computed[1]["baseline"].height


def test_without_baseline_years_there_is_no_baseline_and_a_stored_one_is_kept_for_later(computed):
    later = state(years=(2023, 2024, 2025, 2026))
    tables, kept = compute(later, computed[1], baseline_years=0)
    assert tables["baseline_percentile"].height == 0
    assert set(tables["coefficient"]["norms"]) == {"cohort"}
    assert kept["baseline"].equals(computed[1]["baseline"])


def test_percentiles_are_corrected_for_error_of_measurement_where_the_policy_says_so(records, computed):
    plain = computed[0]["percentile"]
    assert plain["growth_percentile"].equals(plain["uncorrected_percentile"])
    one_year = records.filter(pl.col("school_year") >= 2024)
    ranked = compute(one_year, computed[1], error_correction="simex_ranked")[0]["percentile"]
    uncorrected = compute(one_year, computed[1])[0]["percentile"]
    assert ranked["uncorrected_percentile"].equals(uncorrected["growth_percentile"])
    moved = (ranked["growth_percentile"] - ranked["uncorrected_percentile"]).abs()
    assert 0.5 < moved.mean() < 10
    assert ranked["growth_percentile"].median() == 50
    follows_start = [
        ranked.select(pl.corr(name, "prior_score")).item() for name in ("uncorrected_percentile", "growth_percentile")
    ]
    assert abs(follows_start[0]) < 0.05
    assert follows_start[1] < follows_start[0] - 0.02
    again = compute(one_year.sample(fraction=1, shuffle=True, seed=4), computed[1], error_correction="simex_ranked")
    assert again[0]["percentile"].equals(ranked)


def test_a_cohort_with_an_earlier_score_of_unknown_error_is_not_corrected_and_says_so(records):
    both = records.filter(school_year=2024, grade="05").join(
        records.filter(school_year=2025), on="student_id", how="semi"
    )
    one = (pl.col("school_year") == 2024) & (pl.col("student_id") == both["student_id"][0])
    error = pl.when(one).then(None).otherwise("scale_score_standard_error").alias("scale_score_standard_error")
    cohorts = compute(records.filter(pl.col("school_year") >= 2024).with_columns(error), error_correction="simex")[0][
        "cohort"
    ]
    (refused,) = cohorts.filter(~pl.col("is_computed"), step="percentile").select("cohort", "reason").rows()
    assert refused == (
        "MATH 2025 grade 6 after grade 5",
        "every prior score needs a standard error that is a number and not negative",
    )


def test_years_without_a_policy_or_without_the_year_before_have_no_growth(records):
    assert compute(records.filter(pl.col("school_year") != 2024))[0]["percentile"].height == 0
    old = POLICY.with_columns(pl.lit(2024).alias("last_school_year"))
    tables, _ = norms.compute(records, cut_scores(records), old, NOTHING)
    assert set(tables["percentile"]["school_year"]) == {2024}


def test_without_records_every_table_is_empty_and_has_its_columns(records):
    tables, kept = compute(records.clear())
    for name, table in tables.items():
        assert (table.height, table.schema) == (0, pl.Schema(SCHEMAS[name])), name
    assert {name: table.height for name, table in kept.items()} == {"scale": 0, "baseline": 0}
    rows = pl.DataFrame(schema=ROWS)
    assert norms.medians(rows).schema == pl.Schema(SCHEMAS["median"])


ROWS = dict(list(SCHEMAS["median"].items())[:8]) | {
    "cluster_id": pl.String,
    "growth_percentile": pl.Int16,
    "student_count": pl.Int64,
}


def test_a_median_says_how_many_students_were_due():
    key = ("p", 2025, "school", "1", "reporting", "MATH", "median_growth_percentile", "ALL")
    rows = [(*key, None, 40, 2), (*key, None, 60, 1), (*key, None, None, 3), (*key[:3], "2", *key[4:], None, None, 1)]
    found = norms.medians(pl.DataFrame(rows, schema=ROWS, orient="row"))
    assert found.select("entity_id", "median", "student_count", "expected_count").rows() == [("1", 40.0, 3, 6)]
