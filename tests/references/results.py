"""What the indicators of test results share in the second computation: the one result of each student that counts.

All registrations of a student within an entity are sorted as the protocol says and the first is taken. Nothing here is
taken from the SQL.
"""

import pandas as pd

from tests.references.days import answering, declared_at, entity_days, placed
from tests.references.state import State, once

RESULT = ["school_year", "population", "level", "entity_id", "student_id", "subject"]


def counted_results(state: State) -> pd.DataFrame:
    """Give one row per RESULT: policy_id, is_expected, took_test, performance_level, scale_score, why_not and more."""
    return _counted_results(state).copy()


@once
def _counted_results(state: State) -> pd.DataFrame:
    tests = state.collection("assessment")
    proficiency = tests[(tests["subject"] == "ELP") & tests["participation_status"].str.startswith("participated")]
    took_english = set(zip(proficiency["school_year"], proficiency["student_id"], strict=True))
    windows = state.code("test_windows").set_index("code")["is_summative"]
    tests = tests[tests["test_window"].isna() | (tests["test_window"].map(windows) == "true")]
    sends_levels = tests[tests["performance_level"].notna()][["school_year", "district_id"]].drop_duplicates()
    achievement = state.code("subjects").set_index("code")["is_achievement_subject"]
    tests = tests[tests["subject"].map(achievement) == "true"]
    tests = tests.merge(sends_levels.assign(sends_levels=True), on=["school_year", "district_id"], how="left")
    statuses = state.code("participation_statuses").set_index("code")
    tests = tests.merge(state.reference("assessment"), on="school_year")
    form = tests["assessment_form"].fillna("regular")
    assigned = ~((form == "end_of_course") & ~may_take_end_of_course(state, tests))
    tests = tests.assign(
        sends_levels=tests["sends_levels"].notna(),
        is_expected=(tests["participation_status"].map(statuses["is_expected"]) == "true")
        | (tests["medical_exemption"] == "expected"),
        took_test=(tests["participation_status"].map(statuses["is_participant"]) == "true") & assigned,
        performance_level=tests["performance_level"]
        .astype(float)
        .where(
            assigned
            & tests["performance_level"].between(tests["lowest_performance_level"], tests["highest_performance_level"])
        ),
        scale_score=tests["scale_score"]
        .astype(float)
        .where(
            assigned
            & tests["scale_score"].astype(float).between(tests["lowest_scale_score"], tests["highest_scale_score"])
        ),
        order=form.map(state.code("assessment_forms").set_index("code")["counted_first"]).astype(float),
        is_alternate=form == "alternate",
        took_english=[key in took_english for key in zip(tests["school_year"], tests["student_id"], strict=True)],
    )
    schools = state.collection("enrollment")
    schools = schools[schools["accountable_school_id"].notna()]
    schools = schools.groupby(["school_year", "student_id", "school_id"])["accountable_school_id"].min()
    tests = tests.merge(schools.reset_index(), on=["school_year", "student_id", "school_id"], how="left")
    rows = placed(answering(state, tests))
    rows["declared"] = declared_at(rows)
    declared = rows.groupby(RESULT)["declared"].max().rename("declared_here").reset_index()
    rows = rows.sort_values(
        [
            "took_test",
            "order",
            "performance_level",
            "scale_score",
            "administration_date",
            "district_id",
            "school_id",
            "record_line",
        ],
        ascending=[False, True, False, False, False, True, True, True],
        na_position="last",
    ).drop_duplicates(RESULT)
    rows = rows.merge(declared, on=RESULT)
    full = entity_days(state)
    full = full[full["is_computed"]][[*RESULT[:-1], "is_full_year"]]
    rows = rows.merge(full, on=RESULT[:-1], how="left")
    rows["is_computed"] = rows["is_full_year"].notna()
    rows["is_full_year"] = rows["is_full_year"].where(rows["is_computed"], rows["declared_here"])
    return rows.assign(is_recent=recently_arrived(state, rows), why_not=reasons(state, rows))


def may_take_end_of_course(state: State, tests: pd.DataFrame) -> pd.Series:
    order = state.code("grades").set_index("code")["sort_order"].astype(int)
    enrolled = state.collection("enrollment")
    enrolled = enrolled.assign(grade_order=enrolled["grade"].map(order))
    enrolled = enrolled.groupby(["school_year", "student_id", "school_id"])["grade_order"].max().reset_index()
    grade = (
        tests[["school_year", "student_id", "school_id"]]
        .merge(enrolled, how="left")["grade_order"]
        .set_axis(tests.index)
    )

    def as_order(values: pd.Series) -> pd.Series:
        return values.astype(str).str.zfill(2).map(order)

    exception = (tests["subject"] == tests["end_of_course_exception_subject"]) & (
        grade == as_order(tests["end_of_course_exception_grade"])
    )
    return grade.isna() | (grade >= as_order(tests["end_of_course_from_grade"])) | exception


def recently_arrived(state: State, rows: pd.DataFrame) -> pd.Series:
    statuses = state.collection("student_status")
    if not len(statuses):
        return pd.Series(False, index=rows.index)
    first = (
        statuses[statuses["status"] == "recently_arrived_english_learner"].groupby("student_id")["school_year"].min()
    )
    return (
        (rows["school_year"] - rows["student_id"].map(first) < rows["recently_arrived_years"])
        .fillna(False)
        .astype(bool)
    )


def reasons(state: State, rows: pd.DataFrame) -> pd.Series:
    """Say why a result does not count, apart from levels; blank where it does."""
    why = pd.Series("", index=rows.index)
    strict = rows["population"] == "accountability"
    why[strict & ~rows["is_full_year"].fillna(False).astype(bool)] = "short"
    why[strict & recently_arrived(state, rows)] = "recent"
    why[~rows["is_expected"]] = "medical"
    return why


def contributions(
    rows: pd.DataFrame, measure: str, numerator: pd.Series, denominator: pd.Series, expected: pd.Series
) -> pd.DataFrame:
    """Put results into the columns that the state adds up."""
    frame = rows[["policy_id", *RESULT]].assign(grade_span="all", measure=measure)
    return frame.assign(
        numerator=numerator.astype(float), denominator=denominator.astype(float), expected=expected.astype(float)
    )
