"""What the indicators of growth on a vertical scale share in the second computation: each student's tests and slope.

Slopes are fitted student by student over the list of tests. Nothing here is taken from the SQL.
"""

from collections import defaultdict
from fractions import Fraction

import numpy as np
import pandas as pd

from tests.references import learning
from tests.references.learning import half_up
from tests.references.state import State, in_entities, once

Z = 1.959963985


@once
def scaled_tests(state: State) -> pd.DataFrame:
    """Give the tests on a vertical scale: where, when, which day of instruction, the equivalent, score and error."""
    rows = state.collection("assessment")
    took = state.code("participation_statuses").set_index("code")["is_participant"].eq("true")
    rows = rows[rows["participation_status"].map(took).eq(True)]
    rows = rows.dropna(subset=["grade_level_equivalent", "vertical_scale_id", "administration_date"])
    keys = ["school_year", "district_id", "school_id", "student_id", "subject", "vertical_scale_id", "date"]
    rows = rows.assign(
        date=pd.to_datetime(rows["administration_date"]),
        equivalent=rows["grade_level_equivalent"].astype(float),
        score=rows["scale_score"].astype(float),
        error=rows["scale_score_standard_error"].astype(float),
    )
    rows = rows.groupby(keys, as_index=False)[["equivalent", "score", "error"]].max()
    days = learning.calendars(state)
    day, share = [], []
    for year, school, date in rows[["school_year", "school_id", "date"]].itertuples(index=False):
        dates = days.get((int(year), school))
        passed = np.nan if dates is None else np.searchsorted(dates, np.datetime64(date), "left")
        day.append(passed)
        share.append(np.nan if dates is None else passed / len(dates))
    return rows.assign(day=day, share=half_up(pd.Series(share), 4).to_numpy())


@once
def growth(state: State) -> pd.DataFrame:
    """Give each student's growth in each entity and subject, and the first rule of the policy that leaves none."""
    tests = scaled_tests(state)
    where = learning.learners(state)
    years = tests[["school_year", "subject"]].drop_duplicates()
    rows = where.merge(years, on="school_year")
    reported = tests[["school_year", "district_id", "subject"]].drop_duplicates().assign(is_reported=True)
    rows = rows.merge(reported, on=["school_year", "district_id", "subject"], how="left")
    rows["is_reported"] = rows["is_reported"].eq(True)
    placed = in_entities(tests).sort_values(["date", "school_id"])
    keys = ["school_year", "level", "entity_id", "student_id", "subject"]
    series = defaultdict(list)
    columns = [*keys, "vertical_scale_id", "day", "share", "equivalent", "score", "error"]
    for *key, scale, day, share, equivalent, score, error in placed[columns].itertuples(index=False):
        series[tuple(key)].append((scale, day, share, equivalent, score, error))
    places = {
        (year, student): place
        for year, level, student, place in where[["school_year", "level", "student_id", "place"]].itertuples(
            index=False
        )
        if level == "state"
    }
    policy = state.policy("growth_rate")
    bounds = {
        year: (low, high)
        for year, level, low, high in policy[
            ["school_year", "level", "lowest_equivalent", "highest_equivalent"]
        ].itertuples(index=False)
        if level == "state"
    }
    margin, extremes = {}, {}
    for (year, level, _, student, subject), taken in series.items():
        if level == "state" and (year, student) in places:
            for scale, _, share, equivalent, *_ in taken:
                low, high = bounds.get(year, (-np.inf, np.inf))
                distance = equivalent - (places[year, student] - 1 + share) if low <= equivalent <= high else np.nan
                margin[year + 1, student, subject, scale] = round(distance, 4)
    for key, taken in series.items():
        equivalents = [test[3] for test in taken if test[0] == _one_scale(taken)]
        extremes[key] = min(equivalents), max(equivalents)
    found = pd.DataFrame(
        [
            (*key, *extremes[key], *_fitted(taken), margin.get((key[0], key[3], key[4], _one_scale(taken))))
            for key, taken in series.items()
        ],
        columns=[
            *keys,
            "lowest",
            "highest",
            "n",
            "dated",
            "span",
            "slope",
            "slope_error",
            "gain",
            "equivalent",
            "last_share",
            "start",
        ],
    )
    rows = learning.with_policy(rows.merge(found, on=keys, how="left"), state, "growth_rate")
    numbers = ["n", "dated", "span", "slope_error", "gain", "equivalent", "last_share", "start"]
    rows[numbers] = rows[numbers].astype(float)
    rows["n"] = rows["n"].fillna(0)
    tested = rows[(rows["level"] == "state") & rows["is_reported"]].assign(tested=rows["n"] > 0)
    shares = tested.groupby(["school_year", "subject", "place"])["tested"].mean().rename("tested_share").reset_index()
    rows = rows.merge(shares, on=["school_year", "subject", "place"], how="left")
    rows["exclusion"] = learning.first_reason(
        rows,
        ("unsent", ~rows["is_reported"]),
        ("ungraded", rows["place"].isna()),
        ("grade not tested", (rows["n"] == 0) & (rows["tested_share"] < rows["tested_grade_share"])),
        ("untested", rows["n"] == 0),
        ("no calendar", rows["dated"].fillna(0) == 0),
        ("out of range", rows["lowest"].lt(rows["lowest_equivalent"]) | rows["highest"].gt(rows["highest_equivalent"])),
        ("one day", rows["slope"].isna()),
        ("close", rows["span"] < rows["minimum_span_days"]),
    )
    rows["is_due"] = rows["exclusion"].isna() | rows["exclusion"].isin(["untested", "out of range", "one day", "close"])
    year = rows["days_in_a_year"]
    rows["exact"] = [
        None if slope is None or slope != slope else slope * int(days)
        for slope, days in zip(rows["slope"].astype(object), year, strict=True)
    ]
    rows["rate"] = half_up(rows["exact"].astype(float), 4)
    rows["rate_error"] = half_up(rows["slope_error"].astype(float) * year, 6)
    rows["gain"] = half_up(rows["gain"].astype(float) * year, 4)
    rows["began"] = np.select(
        [rows["start"] < -rows["level_margin"], rows["start"] > rows["level_margin"], rows["start"].notna()],
        ["below", "above", "at"],
        "",
    )
    expected = rows["place"] - 1 + rows["last_share"]
    rows["gap"] = (expected - rows["equivalent"]).round(4)
    rows["left"] = (13 - expected).round(4)
    return rows.drop(
        columns=[
            name
            for name in state.policy("growth_rate")
            if name in ("minimum_coverage", "complete_coverage", "authority")
        ]
    )


def _one_scale(taken: list[tuple]) -> str:
    dated = defaultdict(int)
    for scale, day, *_ in taken:
        dated[scale] += day == day
    return min(dated, key=lambda scale: (-dated[scale], scale))


def _fitted(taken: list[tuple]) -> tuple:
    """Fit a line through the tests on one scale: slope a day, its error, the score's slope, and the last test."""
    scale = _one_scale(taken)
    taken = [test for test in taken if test[0] == scale]
    dated = [test for test in taken if test[1] == test[1]]
    last, last_share = taken[-1][3], taken[-1][2]
    if not dated:
        return len(taken), 0, None, None, None, None, last, last_share
    days = [int(test[1]) for test in dated]
    span = max(days) - min(days)
    if span == 0:
        return len(taken), len(dated), span, None, None, None, last, last_share
    values = [round(test[3] * 1000) for test in dated]
    slope = _slope(days, values)
    scores = [test[4] for test in dated]
    scored = all(score == score for score in scores)
    gain = float(_slope(days, [round(score * 1000) for score in scores])) if scored else None
    error = None
    if len(dated) > 2:
        x, y = np.array(days, float), np.array([value / 1000 for value in values])
        x, y = x - x.mean(), y - y.mean()
        rest = ((y - float(slope) * x) ** 2).sum()
        error = np.sqrt(rest / (len(x) - 2) / (x**2).sum())
    elif scored and scores[0] != scores[1]:
        grades_for_a_point = abs((values[1] - values[0]) / 1000 / (scores[1] - scores[0]))
        errors = [test[5] for test in dated if test[5] == test[5]]
        error = np.sqrt(2) * sum(errors) / 2 * grades_for_a_point / span if errors else None
    return len(taken), len(dated), span, slope, error, gain, last, last_share


def _slope(days: list[int], thousandths: list[int]) -> Fraction:
    n, total = len(days), sum(days)
    across = n * sum(day * value for day, value in zip(days, thousandths, strict=True)) - total * sum(thousandths)
    return Fraction(across, 1000 * (n * sum(day * day for day in days) - total * total))
