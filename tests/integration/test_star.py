"""Project STAR of Tennessee through the whole corridor, against the known answers of its kindergarten."""

import polars as pl
import pytest

from tests.integration.test_two_computations import differences
from tests.references.state import State


def test_kindergarten_scores_by_class_type_are_the_published_ones(star):
    """918.04 regular, +13.90 small, +0.31 with aide, n = 5,786 (data set STAR of the R package AER)."""
    assessment = pl.read_parquet(star.home / "accepted/assessment/1986/*.parquet")
    enrollment = pl.read_parquet(star.home / "accepted/enrollment/1986/*.parquet")
    total = (
        assessment.filter(pl.col("scale_score").is_not_null())
        .group_by("student_id")
        .agg(
            pl.col("scale_score").cast(pl.Float64).sum().alias("total"), pl.col("subject").n_unique().alias("subjects")
        )
        .filter(pl.col("subjects") == 2)
        .join(enrollment.select("student_id", "local_class_type"), on="student_id")
        .filter(pl.col("local_class_type").is_not_null())
    )
    means = dict(total.group_by("local_class_type").agg(pl.col("total").mean()).iter_rows())
    assert total.height == 5786
    assert means["regular"] == pytest.approx(918.04, abs=0.005)
    assert means["small"] - means["regular"] == pytest.approx(13.90, abs=0.005)
    assert means["regular+aide"] - means["regular"] == pytest.approx(0.31, abs=0.005)


def test_four_school_years_of_forty_two_districts_are_accepted(star):
    counted = star.query(
        """
        select school_year, count(distinct student_id), count(distinct district_id)
        from staging.stg_enrollment group by all order by all
        """
    )
    assert counted == [(1986, 6325, 42), (1987, 6829, 42), (1988, 6840, 41), (1989, 6802, 41)]


def test_achievement_is_not_collected_because_the_records_have_no_performance_levels(star):
    statuses = star.query(
        """
        select distinct value_status from publication.pub_indicator_results
        where indicator in ('academic_achievement', 'full_academic_year_coverage')
        """
    )
    assert statuses == [("not_collected",)]


def test_average_scores_are_published_for_the_state_in_each_year(star):
    shown = star.query(
        """
        select school_year, grade_span, subject, value from publication.pub_indicator_results
        where indicator = 'average_score' and level = 'state' and student_group = 'ALL' and population = 'reporting'
            and value_status = 'ok' order by all
        """
    )
    assert [(year, grade) for year, grade, _, _ in shown] == [
        (year, grade) for year, grade in ((1986, "KG"), (1987, "01"), (1988, "02"), (1989, "03")) for _ in range(2)
    ]
    assert all(400 < value < 700 for *_, value in shown)


def test_the_few_of_whom_no_race_or_sex_is_known_are_not_what_the_other_groups_of_the_state_leave(star):
    """The records of twenty children say no sex, those of three no race."""
    tables = star.query(
        """
        select
            group_kind, bool_or(is_unspecified and public.student_count is not null) as is_told,
            count(*) filter (not is_unspecified and (public.student_count is null or count_base > 1)) as open_count
        from marts.fct_indicator_disclosure as exact
        inner join publication.pub_indicator_results as public
            using (
                school_year, level, entity_id, indicator, policy_id, population, student_group, grade_span, subject,
                measure
            )
        inner join reference.code_student_groups as groups on student_group = code
        where level = 'state' and group_kind in ('sex', 'race_ethnicity') and exact_student_count > 0
        group by school_year, indicator, population, grade_span, subject, measure, group_kind
        having bool_or(is_unspecified and exact_student_count < 10)
        """
    )
    assert {kind for kind, _, _ in tables} == {"sex", "race_ethnicity"}
    assert not any(is_told for _, is_told, _ in tables)
    assert all(open_count for _, _, open_count in tables)


def test_the_site_opens_at_its_home_page(star):
    assert (star.release / "site/index.html").is_file()


def test_growth_of_every_entity_and_group_has_the_same_numbers_twice(star):
    shown = star.query(
        """
        select school_year, count(*) from marts.fct_indicator_results
        where indicator = 'growth_percentile' and value is not null group by all order by all
        """
    )
    assert [year for year, _ in shown] == [1987, 1988, 1989]
    assert min(count for _, count in shown) > 500
    found = differences(
        State(star.home / "accepted"), star.home / "warehouse/current/waymark.duckdb", "growth_percentile"
    )
    assert found.empty, found.head(10).to_string()


def test_a_grade_that_no_earlier_cohort_reached_is_not_compared_with_the_baseline(star):
    cohorts = pl.read_parquet(star.home / "warehouse/current/growth_cohort.parquet").filter(step="baseline")
    assert cohorts.select("cohort", "reason").rows() == [
        (f"{subject} 1989 grade 3 after grade 0-1-2", "the baseline has no matrix for this grade")
        for subject in ("MATH", "RLA")
    ]
