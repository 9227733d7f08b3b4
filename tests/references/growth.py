"""What the indicators of growth share in the second computation: who is due, and each student's percentile.

Percentiles come from the same engine, which is held against the reference package elsewhere; records, scales, years,
targets and everything after them are worked out here.
"""

from functools import lru_cache
from pathlib import Path

import numpy as np
import pandas as pd

from methods.growth_percentiles.percentiles import Growth, Records, fit_scales, growth_percentiles
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
    tested = _records(_results(state))
    frames = [tested[[*WHO, "grade_number"]][:0].assign(growth_percentile=np.int16(0))]
    for growth in _growth(state.accepted).values():
        for cohort in growth.cohorts:
            rows = tested.iloc[cohort.rows][[*WHO, "grade_number"]]
            frames.append(rows.assign(growth_percentile=cohort.percentile))
    return pd.concat(frames, ignore_index=True)


def targets(state: State, level: int, years: int) -> pd.DataFrame:
    """Give the percentiles that lead to a level from last year's scores: WHO, grade_number, lowest, highest.

    One trajectory for each quantile, one after the other; the years begin with this one.
    """
    tested, frames = _records(_results(state)), []
    scores = tested.set_index(["student_id", "subject", "school_year", "grade_number"])["scale_score"].to_dict()
    scales, _ = _scales(tested)
    for year, growth in _growth(state.accepted).items():
        matrices = growth.matrices()
        now = tested[tested["school_year"] == year]
        for (subject, grade), students in now.groupby(["subject", "grade_number"]):
            cuts = {at: cut for at in range(grade, grade + years) if (cut := _cut(now, subject, at, level)) is not None}
            grades = [at for at in range(grade, grade + years) if (subject, at, 1) in matrices]
            if grade not in grades or any(at not in cuts for at in grades):
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
        now = tested[tested["school_year"] == year]
        cuts = [_cut(now, subject, at, level) for at in grades]
        history = np.array(part["history"].tolist())
        reached = _reached(history, subject, grades, cuts, _growth(state.accepted)[year].matrices(), scales)
        found.append(part.assign(lowest=reached.min(axis=1), highest=reached.max(axis=1)))
    return pd.concat(found)[[*WHO, "grade_number", "lowest", "highest"]]


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


def _cut(now: pd.DataFrame, subject: str, grade: int, level: int) -> float | None:
    here = now[(now["subject"] == subject) & (now["grade_number"] == grade) & now["performance_level"].notna()]
    at, below = here[here["performance_level"] >= level], here[here["performance_level"] < level]
    if at.empty or below.empty or below["scale_score"].max() >= at["scale_score"].min():
        return None
    return at["scale_score"].min()


@lru_cache(maxsize=4)
def _counted(accepted: Path) -> pd.DataFrame:
    state = State(accepted)
    rows = counted_results(state)
    forms = state.code("assessment_forms").set_index("code")["is_on_grade_scale"]
    grades = {code: place for place, code in enumerate(state.code("grades")["code"], start=-1)}
    return rows.assign(
        is_on_scale=rows["assessment_form"].fillna("regular").map(forms) == "true",
        grade_number=rows["grade_assessed"].map(grades),
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


def _scales(tested: pd.DataFrame) -> tuple:
    return fit_scales(_arrays(tested))


@lru_cache(maxsize=4)
def _growth(accepted: Path) -> dict[int, Growth]:
    state = State(accepted)
    tested = _records(_results(state))
    policy = state.policy("growth_percentile").query("level == 'state'").set_index("school_year")
    scales, _ = _scales(tested)
    return {
        year: growth_percentiles(
            _arrays(tested),
            year,
            scales,
            maximum_order=int(policy.loc[year, "maximum_prior_scores"]),
            minimum_students=int(policy.loc[year, "minimum_cohort_students"]),
        )
        for year in sorted(tested["school_year"].unique())[1:]
    }
