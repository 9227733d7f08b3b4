"""Real records of three districts, from receipt to release, against known counts and an independent computation."""

import json

import numpy as np
import pandas as pd
import polars as pl
import pytest

from tests.known_counts import ROWS_STUDENTS_AND_SCHOOLS
from tests.references.growth import baseline_percentiles_of, cuts_of_results, growth_of, percentiles_of, targets_of
from tests.references.state import State


@pytest.fixture(scope="module")
def exports(sgpdata):
    """Every row of the fifteen exports, as text."""
    files = sorted(sgpdata.glob("*_district_*.csv.gz"))
    return pd.concat([pd.read_csv(file, dtype=str, keep_default_na=False) for file in files], ignore_index=True)


def test_every_row_received_is_accepted_or_quarantined_or_not_applicable(districts):
    manifest = pl.read_parquet(districts.home / "manifest" / "*.parquet")
    assert set(manifest["collection"]) == {
        "district",
        "school",
        "student",
        "student_status",
        "enrollment",
        "assessment",
    }
    assert (
        manifest["rows_received"]
        == manifest["rows_accepted"] + manifest["rows_quarantined"] + manifest["rows_not_applicable"]
    ).all()
    only_status_rows_are_not_applicable = manifest.filter(pl.col("rows_not_applicable") > 0)["collection"].unique()
    assert only_status_rows_are_not_applicable.to_list() == ["student_status"]


def test_rows_students_and_schools_are_those_of_the_readme(districts):
    counted = districts.query(
        f"""
        select assessment.district_id, assessment.school_year, sum(source_rows), count(distinct student_id),
            count(distinct school_id)
        from read_parquet('{districts.home}/accepted/assessment/*/*.parquet', union_by_name = true) as assessment
        group by all
        """
    )
    assert {
        (d, y): (int(rows), students, schools) for d, y, rows, students, schools in counted
    } == ROWS_STUDENTS_AND_SCHOOLS


def test_students_without_a_score_lower_participation_and_stand_nowhere_in_achievement(districts):
    counted = districts.query(
        """
        select count(*) filter (where participation_status = 'not_participated'),
            count(*) filter (where participation_status = 'not_participated' and school_year = 2025)
        from staging.stg_assessment
        """
    )
    assert counted == [(2106, 0)]
    without_a_score = """
        from staging.stg_assessment as record
        inner join indicators.{indicator} as contribution using (school_year, student_id, subject)
        where record.participation_status = 'not_participated' and contribution.entity_id = record.school_id
            and contribution.level = 'school' and contribution.population = 'reporting'
        group by measure order by measure
    """
    totals = "select measure, count(*), sum(numerator), sum(denominator), sum(expected), min(exclusion)"
    participation = districts.query(totals + without_a_score.format(indicator="ind_test_participation"))
    assert participation == [
        ("percent_alternate", 2106, 0, 0, 0, "not_tested"),
        ("percent_tested", 2106, 0, 2106, 0, None),
    ]
    in_achievement = districts.query(totals + without_a_score.format(indicator="ind_academic_achievement"))
    assert in_achievement == [
        ("percent_proficient", 2106, 0, 0, 2106, None),
        ("percent_proficient_of_tested", 2106, 0, 0, 0, "not_tested"),
    ]
    all_who_lower_it = districts.query(
        """
        select sum(denominator - numerator) from indicators.ind_test_participation
        where population = 'reporting' and level = 'school' and measure = 'percent_tested'
        """
    )
    assert all_who_lower_it == [(2106,)]


def test_2025_has_results_for_the_state_three_districts_and_every_school_in_both_populations(districts, exports):
    year = exports[exports["YEAR"] == "2024_2025"]
    published = districts.query(
        """
        select level, population, count(distinct entity_id), count(distinct student_group), count(distinct subject)
        from publication.pub_indicator_results
        where school_year = 2025 and indicator = 'academic_achievement'
        group by all order by all
        """
    )
    schools = year["SCHOOL_NUMBER"].nunique()
    groups = 18  # All students, thirteen groups of every indicator, and four that the policy reports for achievement.
    expected = [
        (level, population, count, groups, 2)
        for level, count in (("district", 3), ("school", schools), ("state", 1))
        for population in ("accountability", "reporting")
    ]
    assert published == expected
    shown = districts.query(
        """
        select count(*) from publication.pub_indicator_results
        where school_year = 2025 and indicator = 'academic_achievement' and measure = 'percent_proficient'
            and student_group = 'ALL' and value_status not in ('ok', 'range', 'suppressed')
        """
    )
    assert shown == [(0,)]


PROFICIENT = 3
SUBJECTS = {"MATHEMATICS": "MATH", "READING": "RLA"}


def with_numbers(exports: pd.DataFrame) -> pd.DataFrame:
    """Put the level, the score and whether there is one beside each record."""
    order = {"Unsatisfactory": 1, "Partially Proficient": 2, "Proficient": 3, "Advanced": 4, "No Score": 0}
    return exports.assign(
        performance=exports["ACHIEVEMENT_LEVEL"].map(order),
        score=pd.to_numeric(exports["SCALE_SCORE"]),
        tested=exports["ACHIEVEMENT_LEVEL"] != "No Score",
    )


def groups_of(frame: pd.DataFrame) -> dict[str, pd.Series]:
    """Say of four groups which records are of their members."""
    student = [frame["YEAR"], frame["ID"]]
    return {
        "ALL": pd.Series(True, frame.index),
        "SED": frame["FREE_REDUCED_LUNCH_STATUS"].str.endswith("Yes").groupby(student).transform("any"),
        "EL": frame["ELL_STATUS"].str.endswith("Yes").groupby(student).transform("any"),
        "GENDER_F": frame["GENDER"] == "Gender: Female",
    }


def one_row_per_student(frame: pd.DataFrame, entity: str) -> pd.DataFrame:
    """Keep the counted record of each student, subject and entity: tested first, then level, then score."""
    flag = {"school": "SCHOOL", "district": "DISTRICT", "state": "STATE"}[entity]
    frame = frame.assign(
        level=entity,
        entity_id={"school": frame["SCHOOL_NUMBER"], "district": frame["DISTRICT_NUMBER"], "state": "state"}[entity],
        fay=frame[f"{flag}_ENROLLMENT_STATUS"].str.endswith("Yes"),
    )
    keys = ["YEAR", "entity_id", "ID", "CONTENT_AREA"]
    frame["fay"] = frame.groupby(keys)["fay"].transform("max")
    return frame.sort_values(["tested", "performance", "score"], ascending=False).drop_duplicates(keys)


def reference(exports: pd.DataFrame) -> pd.DataFrame:
    """Work out achievement and participation by plain pandas from the exports, knowing nothing of the models."""
    frame = with_numbers(exports)
    rows = []
    for entity in ("school", "district", "state"):
        for group, member in groups_of(frame).items():
            here = one_row_per_student(frame[member], entity)
            for population in ("reporting", "accountability"):
                counted = here if population == "reporting" else here[here["fay"]]
                by = counted.groupby(["YEAR", "level", "entity_id", "CONTENT_AREA"])
                sums = by.agg(expected=("ID", "size"), tested=("tested", "sum"))
                sums["proficient"] = counted[counted["performance"] >= 3].groupby(by.keys).size()
                rows.append(sums.fillna(0).reset_index().assign(population=population, student_group=group))
    table = pd.concat(rows, ignore_index=True)
    table["value"] = table["proficient"] / np.maximum(table["tested"], 0.95 * table["expected"])
    table["subject"] = table["CONTENT_AREA"].map(SUBJECTS)
    table["school_year"] = table["YEAR"].str[-4:].astype(int)
    return table


def test_achievement_equals_an_independent_computation_for_every_entity_group_and_year(districts, exports):
    keys = ["school_year", "level", "entity_id", "population", "student_group", "subject"]
    mine = pd.DataFrame(
        districts.query(
            """
            select school_year, level, entity_id, population, student_group, subject,
                cast(value as double), student_count
            from marts.fct_indicator_results
            where measure = 'percent_proficient' and value is not null
                and student_group in ('ALL', 'SED', 'EL', 'GENDER_F')
            """
        ),
        columns=[*keys, "value", "student_count"],
    )
    theirs = reference(exports)
    both = mine.merge(theirs, on=keys, how="outer", suffixes=("", "_reference"), indicator=True)
    assert (both["_merge"] == "both").all()
    assert len(both) == len(theirs) > 5000
    assert (both["value"] - both["value_reference"]).abs().max() < 1e-9
    assert (both["student_count"] == both["expected"]).all()


def test_districts_are_not_sums_of_schools(districts):
    enrolled = dict(
        districts.query(
            """
            select level, count(*) from intermediate.int_students_in_entities group by level
            """
        )
    )
    assert enrolled["state"] < enrolled["district"] < enrolled["school"]


def test_the_declared_full_academic_year_is_marked_as_declared(districts):
    bases = districts.query("select distinct full_academic_year_basis from intermediate.int_assessments_in_entities")
    assert bases == [("declared",)]


def test_the_release_says_what_was_not_collected_and_hides_small_groups(districts):
    values = pl.read_csv(districts.release / "data/values.csv", infer_schema=False)
    assert set(values["value_status"]) >= {"ok", "range", "suppressed", "not_collected"}
    hidden = values.filter(pl.col("value_status") == "suppressed")
    assert hidden.height > 1000
    assert hidden["value"].fill_null("").unique().to_list() == [""]
    counts = values["student_count"].drop_nulls().cast(pl.Int64)
    assert counts.min() >= 10


def test_every_record_of_2025_with_a_score_the_year_before_has_a_growth_percentile(districts, exports):
    counted = districts.query(
        f"""
        select subject, count(*), median(growth_percentile)
        from read_parquet('{districts.home}/warehouse/current/growth_percentile.parquet')
        where school_year = 2025 group by subject order by subject
        """
    )
    assert sum(students for _, students, _ in counted) == 58_133
    assert [(subject, median) for subject, _, median in counted] == [("MATH", 50), ("RLA", 50)]
    scored = exports[exports["SCALE_SCORE"] != ""].assign(year=exports["YEAR"].str[-4:].astype(int))
    scored = scored.assign(grade=scored["GRADE"].astype(int))[["ID", "CONTENT_AREA", "year", "grade"]].drop_duplicates()
    before = scored.assign(year=scored["year"] + 1, grade=scored["grade"] + 1)
    due = scored[scored["year"] == 2025].merge(before, on=["ID", "CONTENT_AREA", "year", "grade"])
    assert len(due.drop_duplicates(["ID", "CONTENT_AREA"])) == 58_133


def test_every_growth_cohort_of_the_districts_is_computed_and_proved(districts):
    cohorts = pl.read_parquet(districts.home / "warehouse/current/growth_cohort.parquet")
    assert cohorts["is_computed"].all()
    assert dict(cohorts.group_by("step").len().rows()) == {"percentile": 4 * 14, "baseline": 2 * 14}
    cohorts = cohorts.filter(step="percentile")
    assert cohorts["dual_violation"].max() <= 1e-7
    assert cohorts["prior_correlation"].abs().max() < 0.05
    pages = list((districts.home / "warehouse/current/growth_fit").glob("*.html"))
    assert len(pages) == 1 + 4 * 14


def test_every_student_of_the_years_after_the_baseline_is_compared_with_it(districts):
    folder = districts.home / "warehouse/current"
    found = pl.read_parquet(folder / "growth_baseline_percentile.parquet")
    among_themselves = pl.read_parquet(folder / "growth_percentile.parquet").filter(pl.col("school_year") > 2023)
    keys = ["school_year", "subject", "student_id"]
    assert found.select(keys).sort(keys).equals(among_themselves.select(keys).sort(keys))
    kept = pl.read_parquet(districts.home / "growth/baselines.parquet")
    assert kept.select("first_cohort_year", "last_cohort_year").unique().rows() == [(2022, 2023)]
    assert kept.filter(prior_count=1).select("subject", "grade_number").n_unique() == 14


def growth_of_2025(state: State, exports: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Work out from the exports what is known of each student's growth in 2025, and which grades have targets."""
    counted = one_row_per_student(with_numbers(exports), "state")
    counted = counted[counted["tested"]]
    tested = pd.DataFrame(
        {
            "school_year": counted["YEAR"].str[-4:].astype(int),
            "subject": counted["CONTENT_AREA"].map(SUBJECTS),
            "student_id": counted["ID"],
            "grade_number": counted["GRADE"].astype(int),
            "scale_score": counted["score"],
            "performance_level": counted["performance"],
        }
    ).reset_index(drop=True)
    policy = state.policy("growth_percentile").query("level == 'state'")
    growth = growth_of(tested, policy[policy["school_year"] == 2025])
    policy_of_standard = state.policy("growth_to_standard").query("school_year == 2025")
    assert set(policy_of_standard["proficient_performance_level"]) == {PROFICIENT}
    (years,) = set(policy_of_standard["target_years"])
    aims = targets_of(tested, growth, PROFICIENT, years, cuts_of_results(tested, PROFICIENT))
    baseline = baseline_percentiles_of(tested, policy[policy["school_year"].isin((2022, 2023, 2025))])
    earlier = tested[tested["school_year"] == 2024].set_index(["subject", "student_id"])["performance_level"]
    who = ["subject", "student_id"]
    found = percentiles_of(tested, growth)[[*who, "growth_percentile"]]
    found = found.merge(
        baseline[[*who, "growth_percentile"]].rename(columns={"growth_percentile": "baseline_percentile"}),
        on=who,
        how="outer",
    )
    found = found.merge(aims[[*who, "lowest", "highest"]], on=who, how="outer")
    found = found.merge(earlier.rename("before").reset_index(), on=who, how="outer")
    found["aim"] = found["lowest"].where(found["before"] < PROFICIENT, found["highest"]).where(found["before"].notna())
    return found, aims[["subject", "grade_number"]].drop_duplicates()


def growth_reference(state: State, exports: pd.DataFrame) -> pd.DataFrame:
    """Work out the growth measures of 2025 by plain pandas for every entity and four groups."""
    found, targeted = growth_of_2025(state, exports)
    frame = with_numbers(exports[exports["YEAR"] == "2024_2025"])
    rows = []
    for entity in ("school", "district", "state"):
        for group, member in groups_of(frame).items():
            here = one_row_per_student(frame[member], entity)
            here = here.assign(
                subject=here["CONTENT_AREA"].map(SUBJECTS),
                student_id=here["ID"],
                grade_number=here["GRADE"].astype(int),
            )
            here = here[here["tested"] & (here["grade_number"] > 3)]
            here = here.merge(found, on=["subject", "student_id"], how="left")
            here = here.merge(targeted.assign(has_target=True), on=["subject", "grade_number"], how="left")
            is_judged = here["aim"].notna() & here["growth_percentile"].notna()
            here["enough"] = (here["growth_percentile"] >= here["aim"]).astype(float).where(is_judged)
            for population in ("reporting", "accountability"):
                counted = here if population == "reporting" else here[here["fay"]]
                asked = counted[counted["has_target"].notna()]
                for measure, column, how, students in (
                    ("median_growth_percentile", "growth_percentile", "median", counted),
                    ("mean_growth_percentile", "growth_percentile", "mean", counted),
                    ("median_baseline_percentile", "baseline_percentile", "median", counted),
                    ("mean_baseline_percentile", "baseline_percentile", "mean", counted),
                    ("percent_adequate_growth", "enough", "mean", asked),
                    ("percent_catching_up", "enough", "mean", asked[asked["before"] < PROFICIENT]),
                    ("percent_keeping_up", "enough", "mean", asked[asked["before"] >= PROFICIENT]),
                ):
                    values = students.groupby(["level", "entity_id", "subject"])[column].agg([how, "count", "size"])
                    values = values.rename(columns={how: "value"}).reset_index()
                    rows.append(values.assign(population=population, student_group=group, measure=measure))
    table = pd.concat(rows, ignore_index=True)
    return table[table["count"] / table["size"] >= 0.5]


def test_growth_of_2025_equals_an_independent_computation_for_every_entity_and_group(districts, exports):
    keys = ["level", "entity_id", "population", "student_group", "subject", "measure"]
    mine = pd.DataFrame(
        districts.query(
            """
            select level, entity_id, population, student_group, subject, measure, cast(value as double)
            from marts.fct_indicator_results
            where indicator in ('growth_percentile', 'growth_to_standard') and school_year = 2025
                and student_group in ('ALL', 'SED', 'EL', 'GENDER_F') and value is not null
            """
        ),
        columns=[*keys, "value"],
    )
    theirs = growth_reference(State(districts.home / "accepted"), exports)
    both = mine.merge(theirs, on=keys, how="outer", suffixes=("", "_reference"), indicator=True)
    assert both["measure"].nunique() == 7
    assert (both["_merge"] == "both").all()
    assert len(both) > 9000
    assert (both["value"] - both["value_reference"]).abs().max() < 1e-9


def test_the_gate_results_are_kept_with_the_release(districts):
    results = json.loads((districts.release / "gate/results.json").read_text())
    assert len(results) > 5
    assert all(result["success"] for result in results if result["severity"] == "error")
