"""Growth from table to tables: every year, every cohort by name, the same whatever the order, and stable next year."""

import hashlib

import numpy as np
import polars as pl
import pytest

from orchestration import norms

POLICY = pl.DataFrame(
    {
        "policy_id": ["p"],
        "first_school_year": [2020],
        "last_school_year": [2030],
        "maximum_prior_scores": [2],
        "minimum_cohort_students": [200],
        "holds_limits": [False],
        "projected_years": [3],
    }
)
NO_SCALES = pl.DataFrame(schema=norms.SCHEMAS["scale"])


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


def compute(records: pl.DataFrame, stored: pl.DataFrame = NO_SCALES):
    return norms.compute(records, cut_scores(records), POLICY, stored)


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
    one = tables["coefficient"].filter(school_year=2025, grade_number=5, prior_count=1).sort("term", "quantile")
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
    new = kept_again.join(kept, on=["subject", "grade_number"], how="anti")
    assert set(kept_again["grade_number"]) - set(kept["grade_number"]) == set(new["grade_number"]) == {9}


def test_a_scale_of_few_students_is_used_once_and_not_kept(records):
    few = records.filter((pl.col("grade_number") != 3) | (pl.col("student_id") < "s30100"))
    tables, kept = compute(few)
    assert 3 in set(tables["scale"]["grade_number"])
    assert 3 not in set(kept["grade_number"])


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
    tables, _ = norms.compute(records, cut_scores(records).clear(), POLICY, NO_SCALES)
    assert tables["percentile"].equals(computed[0]["percentile"])
    refused = tables["cohort"].filter(step="projection")
    assert refused["cohort"].str.contains("projection from grade").all()
    assert refused["reason"].str.contains("cut scores").all()
    assert tables["projection"].height == 0


def test_years_without_a_policy_or_without_the_year_before_have_no_growth(records):
    assert compute(records.filter(pl.col("school_year") != 2024))[0]["percentile"].height == 0
    old = POLICY.with_columns(pl.lit(2024).alias("last_school_year"))
    tables, _ = norms.compute(records, cut_scores(records), old, NO_SCALES)
    assert set(tables["percentile"]["school_year"]) == {2024}


def test_without_records_every_table_is_empty_and_has_its_columns(records):
    tables, kept = compute(records.clear())
    for name, table in tables.items():
        assert (table.height, table.schema) == (0, pl.Schema(norms.SCHEMAS[name])), name
    assert kept.height == 0
    rows = pl.DataFrame(schema=ROWS)
    assert norms.medians(rows).schema == pl.Schema(norms.SCHEMAS["median"])


ROWS = {name: kind for name, kind in norms.SCHEMAS["median"].items() if name in list(norms.SCHEMAS["median"])[:7]} | {
    "cluster_id": pl.String,
    "growth_percentile": pl.Int16,
    "student_count": pl.Int64,
}


def test_a_median_says_how_many_students_were_due():
    key = ("p", 2025, "school", "1", "reporting", "MATH", "ALL")
    rows = [(*key, None, 40, 2), (*key, None, 60, 1), (*key, None, None, 3), (*key[:3], "2", *key[4:], None, None, 1)]
    found = norms.medians(pl.DataFrame(rows, schema=ROWS, orient="row"))
    assert found.select("entity_id", "median", "student_count", "expected_count").rows() == [("1", 40.0, 3, 6)]
