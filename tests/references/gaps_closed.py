"""What becomes of known gaps: the share closed in a semester, the days until half are closed, and the flows."""

import numpy as np
import pandas as pd

from tests.references import learning
from tests.references.state import KEYS, State, once

STUDENT = [*learning.WINDOW, "subject"]


def compute(state: State) -> pd.DataFrame:
    """Compute every measure of gaps closed."""
    gaps = known_gaps(state)
    rows = learning.with_policy(learning.learning(state), state, "gaps_closed")
    everyone = rows.merge(_flows(gaps), on=STUDENT, how="left").merge(
        _at_risk(state, gaps), on=[*STUDENT, "policy_id", "level"], how="left"
    )
    everyone[[*FLOWS, *RATES]] = everyone[[*FLOWS, *RATES]].fillna(0)
    began = everyone["open_at_start"] > 0
    everyone["exclusion"] = learning.first_reason(
        everyone,
        ("unsent", ~everyone["is_reported"]),
        ("nothing needed", (everyone["needed_months"] == 0) & ~began),
        ("unseen", (everyone["assessed_needed"] == 0) & ~began),
    )
    everyone["is_due"] = everyone["exclusion"].isna() | everyone["exclusion"].eq("unseen")
    flow = learning.contributions(
        everyone, {name if name.startswith("gaps") else f"gaps_{name}": (everyone[name], 1) for name in FLOWS}
    )
    asked = everyone["exclusion"].isna() & (everyone["at_risk"] > 0)
    of_those = everyone.assign(exclusion=everyone["exclusion"].mask(~asked, "no gap"), is_due=asked)
    closed = learning.contributions(
        of_those,
        {
            "percent_closed": (everyone["closed_at_risk"], everyone["at_risk"]),
            "percent_closed_one_step_away": (everyone["closed_near"], everyone["near"], everyone["near"] > 0),
            "percent_closed_further_away": (everyone["closed_far"], everyone["far"], everyone["far"] > 0),
        },
    )
    return pd.concat(
        [learning.sums_of(state, flow), learning.sums_of(state, closed), _medians(state, gaps)], ignore_index=True
    )


GAP = [*STUDENT, "competency_id", "steps", "opened", "opened_by", "closed_on", "is_retired"]
FLOWS = ["open_at_start", "identified", "reopened", "closed", "retired", "open_at_end"]
RATES = ["at_risk", "closed_at_risk", "near", "closed_near", "far", "closed_far"]


@once
def known_gaps(state: State) -> pd.DataFrame:
    """List every known gap of every student in a place: what, opened, by what, closed there, steps away, retired."""
    most, own = learning.own_frameworks(state)
    own = {
        (year, subject, student): version
        for year, subject, student, version in own[
            ["school_year", "subject", "student_id", "framework_version"]
        ].itertuples(index=False)
    }
    subjects = {
        (int(year), version, one): subject
        for year, version, one, subject in learning.competencies(state)[
            ["school_year", "framework_version", "competency_id", "subject"]
        ].itertuples(index=False)
    }
    needs = learning.prerequisites(state)
    windows = learning.learners(state)
    windows = windows[windows["place"].notna()].astype({"place": int})[learning.WINDOW].drop_duplicates()
    histories = learning.histories(state)
    open_once = histories[~(histories["mastered"] <= histories["opened"])]
    rows = windows.merge(open_once, on="student_id")
    rows = rows[(rows["opened"] <= rows["last"]) & ~(rows["mastered"] < rows["first"])]
    found = []
    columns = [
        "school_year",
        "student_id",
        "place",
        "first",
        "last",
        "framework_version",
        "competency_id",
        "opened",
        "opened_by",
        "mastered",
    ]

    def asks(when: int, student: str, version: str, one: str) -> str | None:
        subject = subjects.get((when, version, one))
        return subject if own.get((when, subject, student), most.get((when, subject))) == version else None

    for year, student, place, first, last, version, one, opened, by, mastered in rows[columns].itertuples(index=False):
        now, before = asks(year, student, version, one), asks(year - 1, student, version, one)
        steps = needs.get((year, version, place), {}).get(one, 0) if now else 0
        steps_before = needs.get((year - 1, version, place), {}).get(one, 0) if before else 0
        if steps:
            closed = mastered if mastered <= last else pd.NaT
            found.append((year, student, place, first, last, now, one, steps, opened, by, closed, False))
        elif steps_before and opened < first and first == learning.first_of_year(year):
            found.append((year, student, place, first, last, before, one, steps_before, opened, by, pd.NaT, True))
    return pd.DataFrame(found, columns=GAP)


def _flows(gaps: pd.DataFrame) -> pd.DataFrame:
    began = gaps["opened"] < gaps["first"]
    return (
        gaps[STUDENT]
        .assign(
            open_at_start=began,
            identified=~began & gaps["opened_by"].eq("assessed"),
            reopened=~began & gaps["opened_by"].eq("reopened"),
            closed=gaps["closed_on"].notna(),
            retired=gaps["is_retired"],
            open_at_end=gaps["closed_on"].isna() & ~gaps["is_retired"],
        )
        .groupby(STUDENT)[FLOWS]
        .sum()
        .reset_index()
    )


def _at_risk(state: State, gaps: pd.DataFrame) -> pd.DataFrame:
    """Count the gaps at risk and closed in the two semesters of each year."""
    rows = gaps[~gaps["is_retired"]].merge(state.policy("gaps_closed"), on="school_year")
    year = rows["school_year"]
    july = year.map(learning.first_of_year)
    first_end = _date(year, rows["first_semester_end"])
    semesters = [
        (july, _date(year, rows["first_semester_middle"]), first_end),
        (
            first_end + pd.Timedelta(days=1),
            _date(year, rows["second_semester_middle"]),
            year.map(learning.last_of_year),
        ),
    ]
    frames = []
    for begin, middle, end in semesters:
        asked = (rows["first"] <= middle) & (rows["last"] >= end) & (rows["opened"] <= middle)
        asked &= ~(rows["closed_on"] < begin)
        closed = asked & (rows["closed_on"] <= end)
        near = rows["steps"] == 1
        frames.append(
            rows[[*STUDENT, "policy_id", "level"]].assign(
                at_risk=asked,
                closed_at_risk=closed,
                near=asked & near,
                closed_near=closed & near,
                far=asked & ~near,
                closed_far=closed & ~near,
            )
        )
    return pd.concat(frames).groupby([*STUDENT, "policy_id", "level"])[RATES].sum().reset_index()


def _date(year: pd.Series, month_and_day: pd.Series) -> pd.Series:
    month = month_and_day.str[:2].astype(int)
    calendar_year = np.where(month >= 7, year - 1, year)
    return pd.to_datetime(pd.Series(calendar_year, index=year.index).astype(str) + "-" + month_and_day)


def _medians(state: State, gaps: pd.DataFrame) -> pd.DataFrame:
    """Give the median of Kaplan and Meier for each group with enough gaps."""
    gaps = gaps[~gaps["is_retired"]]
    until = gaps["closed_on"].fillna(gaps["last"])
    gaps = gaps[STUDENT].assign(
        after=np.maximum((gaps["first"] - gaps["opened"]).dt.days - 1, -1),
        until=(until - gaps["opened"]).dt.days,
        is_closed=gaps["closed_on"].notna(),
    )
    rows = learning.learners(state)[["level", "entity_id", *learning.WINDOW]].merge(gaps, on=learning.WINDOW)
    rows = rows.merge(state.groups, on=["school_year", "student_id"]).merge(
        state.policy("gaps_closed")[["policy_id", "school_year", "level", "minimum_gaps"]],
        on=["policy_id", "school_year", "level"],
    )
    rows = rows.assign(population="reporting", grade_span="all", measure="median_days_to_close")
    found = []
    for key, part in rows.groupby(KEYS):
        if len(part) >= part["minimum_gaps"].iloc[0]:
            found.append(
                (*key, _median(part["after"].to_numpy(), part["until"].to_numpy(), part["is_closed"].to_numpy()))
            )
    return pd.DataFrame(found, columns=[*KEYS, "value"])


def _median(after: np.ndarray, until: np.ndarray, is_closed: np.ndarray) -> float | None:
    days, closed = np.unique(until[is_closed], return_counts=True)
    at_risk = np.searchsorted(np.sort(after), days, "left") - np.searchsorted(np.sort(until), days, "left")
    still_open = np.cumprod(1 - closed / at_risk)
    reached = np.flatnonzero(still_open.round(12) <= 0.5)
    return float(days[reached[0]]) if len(reached) else None
