"""What the indicators of growth share in the second computation: who is due, and each student's percentile.

Percentiles come from the same engine, which is held against the reference package elsewhere; records, scales, years,
targets and everything after them are worked out here.
"""

from functools import lru_cache
from pathlib import Path

import numpy as np
import pandas as pd

from methods.growth_percentiles.percentiles import (
    Growth,
    Records,
    baseline_matrices,
    fit_scales,
    growth_percentiles,
)
from methods.growth_percentiles.splines import design
from tests.references.results import RESULT, counted_results
from tests.references.state import State

CELL = ["school_year", "subject", "grade_number"]
WHO = ["school_year", "subject", "student_id"]


def due(state: State) -> pd.DataFrame:
    """Give whose growth is asked about: policy_id, RESULT, the level of this year and that of the year before."""
    rows = _results(state)
    tested = _records(rows)
    before = tested[CELL].drop_duplicates()
    before = before.assign(school_year=before["school_year"] + 1, grade_number=before["grade_number"] + 1)
    member = (rows["population"] == "reporting") | rows["is_full_year"].fillna(False).astype(bool)
    rows = rows[member & rows["took_test"] & rows["scale_score"].notna() & rows["is_on_scale"]]
    rows = rows.merge(before, on=CELL)
    earlier = tested[[*WHO, "performance_level"]].rename(columns={"performance_level": "earlier_level"})
    rows = rows.merge(earlier.assign(school_year=earlier["school_year"] + 1), on=WHO, how="left")
    return rows[["policy_id", *RESULT, "grade_number", "performance_level", "earlier_level"]]


def percentiles(state: State) -> pd.DataFrame:
    """Give the growth percentile of each student, subject and year: WHO, grade_number, growth_percentile."""
    return percentiles_of(_records(_results(state)), _growth(state.accepted))


def baseline_percentiles(state: State) -> pd.DataFrame:
    """Give the percentile of each student among the students of the baseline years, in the years after them."""
    tested, policy = _records(_results(state)), _policy(state)
    return baseline_percentiles_of(tested, policy[policy["school_year"].isin(_growth(state.accepted))])


def targets(state: State, level: int, years: int) -> pd.DataFrame:
    """Give the percentiles that lead to a level from last year's scores: WHO, grade_number, lowest, highest."""
    tested = _records(_results(state))
    return targets_of(tested, _growth(state.accepted), level, years, _cuts(state, tested, level))


def growth_of(tested: pd.DataFrame, policy: pd.DataFrame) -> dict[int, Growth]:
    """Give what the engine finds in every school year but the first, by the policy of the year."""
    scales, _ = fit_scales(_arrays(tested))
    rules = policy.set_index("school_year")
    return {
        year: growth_percentiles(
            _arrays(tested),
            year,
            scales,
            maximum_order=int(rules.loc[year, "maximum_prior_scores"]),
            minimum_students=int(rules.loc[year, "minimum_cohort_students"]),
        )
        for year in sorted(set(tested["school_year"]) & set(rules.index))
        if year - 1 in set(tested["school_year"])
    }


def percentiles_of(tested: pd.DataFrame, growth: dict[int, Growth]) -> pd.DataFrame:
    """Put the percentiles of all cohorts in rows: WHO, grade_number, growth_percentile."""
    frames = [tested[[*WHO, "grade_number"]][:0].assign(growth_percentile=np.int16(0))]
    for of_year in growth.values():
        for cohort in of_year.cohorts:
            rows = tested.iloc[cohort.rows][[*WHO, "grade_number"]]
            frames.append(rows.assign(growth_percentile=cohort.percentile))
    return pd.concat(frames, ignore_index=True)


def baseline_percentiles_of(tested: pd.DataFrame, policy: pd.DataFrame) -> pd.DataFrame:
    """Pool the first years of growth, fit them once, and compare the students of the years after with them."""
    scales, _ = fit_scales(_arrays(tested))
    found = {}
    for (count, order, least), rows in policy.groupby(
        ["baseline_years", "maximum_prior_scores", "minimum_cohort_students"]
    ):
        years = sorted(rows["school_year"])
        pool, later = years[:count], years[count:]
        if len(pool) == count and count:
            before = tested[tested["school_year"] <= pool[-1]]
            options = {"maximum_order": int(order), "minimum_students": int(least)}
            matrices, _ = baseline_matrices(_arrays(before), pool, scales, **options)
            for year in later:
                found[year] = growth_percentiles(
                    _arrays(tested), year, scales, maximum_order=int(order), matrices=matrices
                )
    return percentiles_of(tested, found)


def targets_of(
    tested: pd.DataFrame, growth: dict[int, Growth], level: int, years: int, cuts: dict[tuple, float]
) -> pd.DataFrame:
    """Follow one trajectory for each quantile, one after the other, to the cuts by year, subject and grade.

    The years begin with this one.
    """
    frames = []
    scores = tested.set_index(["student_id", "subject", "school_year", "grade_number"])["scale_score"].to_dict()
    scales, _ = fit_scales(_arrays(tested))
    for year, of_year in growth.items():
        matrices = of_year.matrices()
        now = tested[tested["school_year"] == year]
        for (subject, grade), students in now.groupby(["subject", "grade_number"]):
            grades = [at for at in range(grade, grade + years) if (subject, at, 1) in matrices]
            if grade not in grades or any((year, subject, at) not in cuts for at in grades):
                continue
            for student in students["student_id"]:
                history = []
                for back in range(1, 5):
                    score = scores.get((student, subject, year - back, grade - back))
                    if score is None:
                        break
                    scale = scales[subject, grade - back]
                    history.append(np.clip(score, scale.lowest, scale.highest))
                if history:
                    frames.append((year, subject, grade, student, tuple(history), tuple(grades)))
    rows = pd.DataFrame(frames, columns=["school_year", "subject", "grade_number", "student_id", "history", "grades"])
    found = [rows[:0].assign(lowest=0, highest=0)]
    alike = ["school_year", "subject", "grades", rows["history"].map(len)]
    for (year, subject, grades, _), part in rows.groupby(alike):
        history = np.array(part["history"].tolist())
        of_grades = [cuts[year, subject, at] for at in grades]
        reached = _reached(history, subject, grades, of_grades, growth[year].matrices(), scales)
        found.append(part.assign(lowest=reached.min(axis=1), highest=reached.max(axis=1)))
    return pd.concat(found)[[*WHO, "grade_number", "lowest", "highest"]]


def cuts_of_results(tested: pd.DataFrame, level: int) -> dict[tuple, float]:
    """Give the lowest score that earned a level by year, subject and grade, where nobody below has as much."""
    found = {}
    for cell, here in tested[tested["performance_level"].notna()].groupby(CELL):
        at, below = here[here["performance_level"] >= level], here[here["performance_level"] < level]
        if not (at.empty or below.empty or below["scale_score"].max() >= at["scale_score"].min()):
            found[cell] = at["scale_score"].min()
    return found


def _reached(history, subject, grades, cuts, matrices, scales) -> np.ndarray:
    """Follow a hundred trajectories; say for each student and year which is the first that reaches the cut."""
    known = [np.repeat(history[:, [place]], 100, axis=1) for place in range(history.shape[1])]
    reached = []
    for grade, cut in zip(grades, cuts, strict=True):
        order = max(order for (of, at, order) in matrices if (of, at) == (subject, grade) and order <= len(known))
        matrix = matrices[subject, grade, order]
        scores = np.empty_like(known[0])
        for path in range(100):
            parts = [design(known[place][:, path], matrix.scales[place]) for place in range(order)]
            scores[:, path] = np.hstack([np.ones((len(scores), 1)), *parts]) @ matrix.coefficients[:, path]
        scale = scales[subject, grade]
        scores = np.round(np.sort(np.clip(scores, scale.lowest, scale.highest), axis=1), 5)
        reaches = scores >= cut
        reached.append(np.where(reaches.any(axis=1), np.minimum(reaches.argmax(axis=1) + 1, 99), 99))
        known.insert(0, scores)
    return np.column_stack(reached)


def _cuts(state: State, tested: pd.DataFrame, level: int) -> dict[tuple, float]:
    policy = _policy(state).set_index("school_year")["cut_score_source"]
    derived = tested[tested["school_year"].map(policy) == "results"]
    table = state.reference("cut_scores").query("performance_level == @level")
    table = table[table["school_year"].map(policy) == "table"]
    grades = table["grade"].astype(str).str.zfill(2).map(_grade_numbers(state))
    tabled = zip(table["school_year"], table["subject"], grades, strict=True)
    return cuts_of_results(derived, level) | dict(zip(tabled, table["cut_score"], strict=True))


def _policy(state: State) -> pd.DataFrame:
    policy = state.policy("growth_percentile").query("level == 'state'")
    assert set(policy["error_correction"]) == {"none"}
    return policy


def _grade_numbers(state: State) -> dict[str, int]:
    return {code: place for place, code in enumerate(state.code("grades")["code"], start=-1)}


@lru_cache(maxsize=4)
def _counted(accepted: Path) -> pd.DataFrame:
    state = State(accepted)
    rows = counted_results(state)
    forms = state.code("assessment_forms").set_index("code")["is_on_grade_scale"]
    return rows.assign(
        is_on_scale=rows["assessment_form"].fillna("regular").map(forms) == "true",
        grade_number=rows["grade_assessed"].map(_grade_numbers(state)),
    )


def _results(state: State) -> pd.DataFrame:
    return _counted(state.accepted)


def _records(rows: pd.DataFrame) -> pd.DataFrame:
    state = (rows["population"] == "reporting") & (rows["level"] == "state") & rows["took_test"]
    return rows[state & rows["scale_score"].notna() & rows["is_on_scale"]].reset_index(drop=True)


def _arrays(tested: pd.DataFrame) -> Records:
    return Records(
        tested["student_id"].to_numpy(dtype=str),
        tested["school_year"].to_numpy(dtype=np.int64),
        tested["subject"].to_numpy(dtype=str),
        tested["grade_number"].to_numpy(dtype=np.int64),
        tested["scale_score"].to_numpy(dtype=float),
    )


@lru_cache(maxsize=4)
def _growth(accepted: Path) -> dict[int, Growth]:
    state = State(accepted)
    return growth_of(_records(_results(state)), _policy(state))
