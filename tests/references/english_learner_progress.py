"""English learner progress a second time: the composite level of this year beside that of last year."""

import pandas as pd

from tests.references.days import entity_days
from tests.references.state import KEYS, STUDENT, State


def compute(state: State) -> pd.DataFrame:
    """Give the share making progress for every entity and group."""
    tests = state.collection("assessment")
    tests = tests[
        (tests["subject"] == "ELP")
        & tests["language_domain"].fillna("composite").eq("composite")
        & tests["performance_level"].notna()
        & tests["participation_status"].eq("participated")
    ]
    tests = tests.sort_values(["administration_date", "attempt_number", "performance_level"], na_position="first")
    last = tests.drop_duplicates(STUDENT, keep="last")[[*STUDENT, "grade_assessed", "performance_level"]]
    before = last.assign(school_year=last["school_year"] + 1)[[*STUDENT, "performance_level"]]
    both = last.merge(before, on=STUDENT, how="outer", suffixes=("", "_before"))
    statuses = state.collection("student_status")
    learners = statuses[statuses["status"] == "english_learner"][STUDENT] if len(statuses) else last[:0][STUDENT]
    tested_twice = both[both["performance_level"].notna() & both["performance_level_before"].notna()][STUDENT]
    rows = pd.concat([learners, tested_twice]).drop_duplicates().merge(both, on=STUDENT, how="left")
    enrolled = state.collection("enrollment")
    order = state.code("grades").set_index("code")["sort_order"].astype(int)
    enrolled = (
        enrolled.assign(order=enrolled["grade"].map(order)).sort_values("order").drop_duplicates(STUDENT, keep="last")
    )
    rows = rows.merge(enrolled[[*STUDENT, "grade"]], on=STUDENT, how="left")
    rows = rows.assign(grade=rows["grade_assessed"].fillna(rows["grade"]))
    rows = rows.merge(entity_days(state).drop(columns="policy_id"), on=STUDENT)
    rows = rows.merge(state.policy("english_learner_progress"), on=["school_year", "level"])
    asked = (rows["population"] == "reporting") | rows["is_full_year"].fillna(False).astype(bool)
    asked &= pd.Series(
        [
            grade in listed.split(";")
            for grade, listed in zip(rows["grade"].fillna("-"), rows["tested_grades"], strict=True)
        ],
        index=rows.index,
    )
    rows = rows[asked & rows["performance_level_before"].notna()]
    now, earlier = rows["performance_level"].astype(float), rows["performance_level_before"].astype(float)
    kept = (now >= rows["kept_level"]) & (earlier >= rows["kept_level"])
    progress = (now - earlier >= rows["minimum_level_gain"]) | kept
    frame = rows[["policy_id", "school_year", "level", "entity_id", "population", "student_id"]].assign(
        subject="ELP",
        grade_span="all",
        measure="percent_making_progress",
        numerator=progress.astype(float),
        denominator=now.notna().astype(float),
        expected=1.0,
    )
    found = state.ratios(frame)
    return found.assign(completeness=found["denominator"] / found["expected"])[[*KEYS, "value", "completeness"]]
