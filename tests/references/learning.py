"""What the indicators of learning share in the second computation: who was where how long, and what was mastered when.

Plain and slow: decisions are replayed one by one in the order of their days. Nothing here is taken from the SQL.
"""

from collections import defaultdict
from functools import lru_cache

import numpy as np
import pandas as pd

from tests.references.state import KEYS, State, in_entities, once

WHERE = ["school_year", "level", "entity_id", "student_id"]
WINDOW = ["school_year", "student_id", "place", "first", "last"]
HISTORY = ["student_id", "framework_version", "competency_id"]
FOREVER = pd.Timestamp("2262-01-01")


@lru_cache
def first_of_year(year: int) -> pd.Timestamp:
    """Give July 1 of the school year that ends in `year`."""
    return pd.Timestamp(int(year) - 1, 7, 1)


@lru_cache
def last_of_year(year: int) -> pd.Timestamp:
    """Give June 30 of the school year."""
    return pd.Timestamp(int(year), 6, 30)


@once
def calendars(state: State) -> dict[tuple[int, str], np.ndarray]:
    """Give each school's instructional days of the year, in order."""
    days = state.collection("calendar")
    if not len(days):
        return {}
    days = days[days["is_instructional"].fillna(False).astype(bool)]
    found = {}
    for (year, school), part in days.groupby(["school_year", "school_id"]):
        dates = np.unique(pd.to_datetime(part["calendar_date"]).to_numpy())
        found[int(year), school] = dates[(dates >= first_of_year(year)) & (dates <= last_of_year(year))]
    return {key: dates for key, dates in found.items() if len(dates)}


@once
def learners(state: State) -> pd.DataFrame:
    """Give each student in each entity: place of the grade, first and last day, days here, passed and of the year."""
    rows = state.collection("enrollment").copy()
    places = state.code("grades").set_index("code")["sort_order"].astype(int)
    rows["place"] = rows["grade"].map(places)
    rows["first"] = pd.to_datetime(rows["entry_date"]).fillna(rows["school_year"].map(first_of_year))
    rows["last"] = pd.to_datetime(rows["exit_date"]).fillna(rows["school_year"].map(last_of_year))
    rows = rows[rows["first"] <= rows["last"]]
    rows["order"] = (
        rows["last"].dt.strftime("%Y-%m-%d") + rows["first"].dt.strftime("%Y-%m-%d") + rows["school_id"].astype(str)
    )
    days = calendars(state)
    before, upto, total = [], [], []
    for year, school, first, last in rows[["school_year", "school_id", "first", "last"]].itertuples(index=False):
        dates = days.get((int(year), school))
        before.append(np.nan if dates is None else np.searchsorted(dates, np.datetime64(first), "left"))
        upto.append(np.nan if dates is None else np.searchsorted(dates, np.datetime64(last), "right"))
        total.append(np.nan if dates is None else len(dates))
    rows["before"], rows["upto"], rows["total"] = before, upto, total
    rows["first"] = rows["first"].where(rows["before"] != 0, rows["school_year"].map(first_of_year))
    rows["last"] = rows["last"].where(rows["upto"] != rows["total"], rows["school_year"].map(last_of_year))
    rows["days"] = rows["upto"] - rows["before"]
    placed = in_entities(rows).sort_values("order")
    grouped = placed.groupby(WHERE, sort=False)
    found = grouped.agg(first=("first", "min"), last=("last", "max"), before=("before", "min"), upto=("upto", "max"))
    latest = grouped[["district_id", "place"]].last()
    dated = placed[placed["total"].notna()].groupby(WHERE, sort=False)[["upto", "total"]].last()
    dated.columns = ["passed", "of_year"]
    found = found.join(latest).join(dated)
    found["days"] = np.fmin(grouped["days"].sum(min_count=1), found["upto"] - found["before"])
    return found.drop(columns=["before", "upto"]).reset_index()


@once
def competencies(state: State) -> pd.DataFrame:
    """Give the competencies in force in each year: each framework as it was last sent."""
    rows = state.collection("competency")
    if not len(rows):
        return pd.DataFrame(columns=["school_year", "framework_version", "competency_id", "subject", "place", "months"])
    rows = rows.sort_values(["district_id", "record_line"]).drop_duplicates(
        ["school_year", "framework_version", "competency_id"]
    )
    rows = rows.assign(
        subject=rows["course_subject"].map(state.code("course_subjects").set_index("code")["subject"]),
        place=rows["nominal_grade"].map(state.code("grades").set_index("code")["sort_order"].astype(int)),
        months=rows["nominal_months"].astype(float),
        essential=rows["is_essential"].fillna(False).astype(bool),
    )
    columns = ["framework_version", "competency_id", "subject", "place", "months", "essential"]
    frames = []
    for year in state.years:
        for _, version in rows[rows["school_year"] <= year].groupby("framework_version"):
            latest = version[version["school_year"] == version["school_year"].max()]
            frames.append(latest[columns].assign(school_year=year))
    found = pd.concat(frames, ignore_index=True)
    return found[found["subject"].ne("") & found["place"].notna() & (found["months"] > 0)].reset_index(drop=True)


@once
def prerequisites(state: State) -> dict[tuple[int, str, int], dict[str, int]]:
    """Give, for a year, a framework and a grade, how many hard steps lie between each prerequisite and its work."""
    edges = state.collection("competency_edge")
    frameworks = competencies(state)
    found = {}
    for (year, version), members in frameworks.groupby(["school_year", "framework_version"]):
        needs = defaultdict(set)
        if len(edges):
            sent = edges[
                (edges["framework_version"] == version)
                & (edges["school_year"] <= year)
                & (edges["edge_type"] == "precedes")
                & (edges["strength"] == "hard")
            ]
            sent = sent[sent["school_year"] == sent["school_year"].max()]
            for earlier, later in zip(sent["from_competency_id"], sent["to_competency_id"], strict=True):
                needs[later].add(earlier)
        known = set(members["competency_id"])
        for place in range(14):
            here = set(members.loc[members["place"] == place, "competency_id"])
            steps, frontier, depth = dict.fromkeys(here, 0), here, 0
            while frontier:
                depth += 1
                frontier = {need for one in frontier for need in needs[one]} - set(steps)
                steps |= dict.fromkeys(frontier, depth)
            found[int(year), version, place] = {one: n for one, n in steps.items() if n and one in known}
    return found


@once
def histories(state: State) -> pd.DataFrame:
    """Replay the decisions about each competency of each student, one row for each time that it was open."""
    rows = state.collection("determination")
    rows = rows.dropna(subset=["student_id", "framework_version", "competency_id", "decided_date", "is_mastery"])
    rows = rows.assign(decided=pd.to_datetime(rows["decided_date"]))
    rows["known"] = np.maximum(rows["decided"], rows["school_year"].map(first_of_year))
    rows["taught"] = rows["origin"].eq("instruction")
    superseding = rows.dropna(subset=["supersedes_determination_id"])
    ended = superseding.groupby(["district_id", "supersedes_determination_id"])["known"].min().rename("ended")
    rows = rows.merge(ended, how="left", left_on=["district_id", "determination_id"], right_index=True)
    rows["ended"] = rows["ended"].fillna(FOREVER)
    rows["is_mastery"] = rows["is_mastery"].astype(bool)
    touched = rows[rows["is_mastery"] & (rows["ended"] < FOREVER)][HISTORY].drop_duplicates()
    rows = rows.merge(touched.assign(is_touched=True), on=HISTORY, how="left")
    plain = rows[rows["is_touched"].isna()]
    found = [_simple(plain)]
    decisions = defaultdict(list)
    for *key, is_mastery, decided, known, ended, taught in rows.loc[
        rows["is_touched"].notna(), [*HISTORY, "is_mastery", "decided", "known", "ended", "taught"]
    ].itertuples(index=False):
        decisions[tuple(key)].append((is_mastery, decided, known, ended, taught))
    cycles = [(*key, *cycle) for key, part in decisions.items() for cycle in _replayed(part)]
    found.append(pd.DataFrame(cycles, columns=[*HISTORY, *CYCLE]).astype(found[0].dtypes))
    found = pd.concat([frame for frame in found if len(frame)] or found, ignore_index=True)
    return found.assign(first_assessed=found.groupby(HISTORY)["opened"].transform("min"))


CYCLE = ["opened", "opened_by", "mastered", "decided", "is_taught", "mastered_before", "revoked"]


def _simple(rows: pd.DataFrame) -> pd.DataFrame:
    """Give the one opening of competencies whose mastery nobody took back."""
    opened = rows.groupby(HISTORY)["known"].min().rename("opened").to_frame()
    mastery = rows[rows["is_mastery"]].sort_values(["known", "taught"], kind="stable").groupby(HISTORY)
    opened["mastered"] = mastery["known"].min()
    opened["decided"] = mastery["decided"].min()
    opened["is_taught"] = mastery["taught"].first()
    opened["is_taught"] = opened["is_taught"].eq(True)
    opened["opened_by"] = "assessed"
    return opened.assign(mastered_before=pd.NaT, revoked=pd.NaT).reset_index()[[*HISTORY, *CYCLE]]


def _replayed(part: list[tuple]) -> list[tuple]:
    """Walk through the days on which something changed and note when mastery began and ended."""
    mastery = [
        (known, ended, decided, taught)
        for is_mastery, decided, known, ended, taught in part
        if is_mastery and known < ended
    ]
    days = sorted({known for _, _, known, *_ in part} | {ended for _, ended, *_ in mastery} - {FOREVER})
    cycles, opened, by, mastered, before = [], days[0], "assessed", None, pd.NaT
    decided = taught = None
    for day in days:
        holding = [one for one in mastery if one[0] <= day < one[1]]
        joining = [one for one in mastery if one[0] <= day <= one[1]]
        if mastered is None and holding:
            mastered, taught = day, all(one[3] for one in holding if one[0] == day)
            decided = min(one[2] for one in holding)
        elif mastered is not None:
            if holding:
                decided = min(decided, *(one[2] for one in joining))
            else:
                cycles.append((opened, by, mastered, decided, taught, before, day))
                opened, by, before, mastered = day, "reopened", mastered, None
    if mastered is not None:
        cycles.append((opened, by, mastered, decided, taught, before, pd.NaT))
    else:
        cycles.append((opened, by, pd.NaT, pd.NaT, False, before, pd.NaT))
    return cycles


@once
def own_frameworks(state: State) -> tuple[dict[tuple[int, str], str], pd.DataFrame]:
    """Give the framework of most students in each year and subject, and the students who have another one."""
    frameworks = competencies(state)
    decisions = state.collection("determination")[["school_year", "student_id", "framework_version", "competency_id"]]
    keys = ["school_year", "framework_version", "competency_id"]
    counted = decisions.merge(frameworks[[*keys, "subject"]], on=keys)
    counted = (
        counted.groupby(["school_year", "subject", "student_id", "framework_version"]).size().reset_index(name="n")
    )
    chosen = counted.sort_values(["n", "framework_version"]).drop_duplicates(
        ["school_year", "subject", "student_id"], keep="last"
    )
    most = {}
    for (year, subject), versions in frameworks.groupby(["school_year", "subject"])["framework_version"]:
        here = chosen[(chosen["school_year"] == year) & (chosen["subject"] == subject)]["framework_version"]
        votes = here.value_counts()
        most[int(year), subject] = max(set(versions), key=lambda version: (int(votes.get(version, 0)), version))
    own = [
        version != most[int(year), subject]
        for year, subject, version in zip(
            chosen["school_year"], chosen["subject"], chosen["framework_version"], strict=True
        )
    ]
    return most, chosen[np.array(own, dtype=bool)].drop(columns="n")


@once
def learning(state: State) -> pd.DataFrame:
    """Give what each student knew and learned in each subject and entity, as the indicators ask for it."""
    where = learners(state)
    where = where[where["place"].notna()].astype({"place": int})
    most, own = own_frameworks(state)
    windows = where[WINDOW].drop_duplicates()
    subjects = pd.DataFrame(
        [(year, subject, version) for (year, subject), version in most.items()],
        columns=["school_year", "subject", "usual"],
    )
    base = windows.merge(subjects, on="school_year").merge(own, on=["school_year", "subject", "student_id"], how="left")
    base["framework_version"] = base["framework_version"].fillna(base["usual"])
    rows = base.merge(histories(state), on=["student_id", "framework_version"]).merge(
        competencies(state).rename(columns={"place": "of"}),
        on=["school_year", "framework_version", "competency_id", "subject"],
    )
    rows = rows[rows["opened"] <= rows["last"]]
    steps = prerequisites(state)
    rows["steps"] = [
        steps.get((year, version, place), {}).get(one, 0)
        for year, version, place, one in zip(
            rows["school_year"], rows["framework_version"], rows["place"], rows["competency_id"], strict=True
        )
    ]
    first, last, mastered, revoked = rows["first"], rows["last"], rows["mastered"], rows["revoked"]
    assessed = rows["opened_by"].eq("assessed")
    has = (mastered <= last) & ~(revoked <= last)
    had = (mastered < first) & ~(revoked < first)
    is_open = ~(mastered <= last)
    gained = rows["is_taught"].astype(bool) & rows["decided"].between(first, last) & mastered.between(first, last)
    once = gained & ~(rows["mastered_before"] >= first)
    lost = revoked.between(first, last)
    needed, expected = rows["steps"] > 0, rows["of"] <= rows["place"]
    seen = rows["first_assessed"] < rows["school_year"].map(first_of_year)
    months = rows["months"]
    sums = {
        "assessed_n": assessed.astype(float),
        "assessed_expected": months * (assessed & expected),
        "mastered": months * has,
        "mastered_n": has.astype(float),
        "mastered_at_start": months * had,
        "learned": months * once,
        "learned_n": once.astype(float),
        "learned_earlier": months * (once & (rows["of"] < rows["place"])),
        "learned_on_grade": months * (once & (rows["of"] == rows["place"])),
        "learned_again": months * gained,
        "lost": months * lost,
        "assessed_needed": months * (needed & assessed),
        "gap_months": months * (needed & is_open),
        "gap_n": (needed & is_open).astype(float),
        "essential_gap_n": (needed & is_open & rows["essential"]).astype(float),
        "direct_gap_n": (rows["steps"].eq(1) & is_open).astype(float),
        "gap_months_seen": months * (needed & is_open & seen),
        "essential_gap_n_seen": (needed & is_open & seen & rows["essential"]).astype(float),
        "direct_gap_n_seen": (rows["steps"].eq(1) & is_open & seen).astype(float),
    }
    keys = [*WINDOW, "subject"]
    rows = rows[keys].assign(
        **sums, first_learned=rows["decided"].where(once), last_learned=rows["decided"].where(once)
    )
    found = rows.groupby(keys).agg(dict.fromkeys(sums, "sum") | {"first_learned": "min", "last_learned": "max"})
    base = base.merge(_frameworks(state), on=["school_year", "framework_version", "subject", "place"], how="inner")
    base = base.merge(found.reset_index(), on=keys, how="left")
    base[list(sums)] = base[list(sums)].fillna(0).round(6)
    reported = state.collection("determination")[
        ["school_year", "district_id", "framework_version", "competency_id"]
    ].drop_duplicates()
    reported = reported.merge(
        competencies(state)[["school_year", "framework_version", "competency_id", "subject"]],
        on=["school_year", "framework_version", "competency_id"],
    )[["school_year", "district_id", "subject"]].drop_duplicates()
    found = where.merge(base.drop(columns="usual"), on=WINDOW)
    found = found.merge(reported.assign(is_reported=True), on=["school_year", "district_id", "subject"], how="left")
    found["is_reported"] = found["is_reported"].eq(True)
    share = found["passed"] / found["of_year"]
    found["expected"] = half_up(found["months_before"] + found["months_of"] * share, 4)
    found["expected_n"] = half_up(found["n_before"] + found["n_of"] * share, 4)
    return found


def _frameworks(state: State) -> pd.DataFrame:
    steps = prerequisites(state)
    rows = []
    for (year, version, subject), members in competencies(state).groupby(
        ["school_year", "framework_version", "subject"]
    ):
        for place in range(14):
            before, here = members[members["place"] < place], members[members["place"] == place]
            needed = members["competency_id"].isin(steps.get((int(year), version, place), {}))
            rows.append(
                {
                    "school_year": year,
                    "framework_version": version,
                    "subject": subject,
                    "place": place,
                    "all_months": members["months"].sum(),
                    "months_before": before["months"].sum(),
                    "months_of": here["months"].sum(),
                    "n_before": len(before),
                    "n_of": len(here),
                    "needed_months": members.loc[needed, "months"].sum(),
                    "first_place": members["place"].min(),
                }
            )
    return pd.DataFrame(rows)


def half_up(values: pd.Series, decimals: int) -> pd.Series:
    """Round halves away from zero."""
    return np.sign(values) * np.floor(values.abs() * 10**decimals + 0.5) / 10**decimals


def first_reason(rows: pd.DataFrame, *rules: tuple[str, pd.Series]) -> pd.Series:
    """Give the first rule that keeps a row out, null where none does."""
    reason = pd.Series(None, index=rows.index, dtype=object)
    for name, applies in reversed(rules):
        reason = reason.mask(applies.astype(bool), name)
    return reason


def contributions(rows: pd.DataFrame, measures: dict[str, tuple]) -> pd.DataFrame:
    """Give one contribution of each student to each measure: (numerator, denominator[, whom it asks about])."""
    frames = []
    counts = rows["exclusion"].isna()
    for measure, (numerator, denominator, *asked) in measures.items():
        part = rows.assign(
            measure=measure,
            population="reporting",
            grade_span="all",
            numerator=pd.Series(numerator, index=rows.index).astype(float).where(counts, 0),
            denominator=pd.Series(denominator, index=rows.index).astype(float).where(counts, 0),
            expected=rows["is_due"].astype(float),
        )
        frames.append(part[asked[0]] if asked else part)
    return pd.concat(frames, ignore_index=True)


def with_policy(rows: pd.DataFrame, state: State, slug: str) -> pd.DataFrame:
    """Put the numbers of an indicator's policy beside each row."""
    return rows.merge(state.policy(slug), on=["school_year", "level"])


def sums_of(state: State, rows: pd.DataFrame) -> pd.DataFrame:
    """Divide sums for each group, and say how complete they are: those counted of those due."""
    due = state.summed(rows.assign(numerator=((rows["denominator"] > 0) & (rows["expected"] > 0)).astype(float)))
    due["completeness"] = due["numerator"] / due["expected"].where(due["expected"] > 0)
    return state.ratios(rows).merge(due[[*KEYS, "completeness"]], on=KEYS)


def middle_of(state: State, rows: pd.DataFrame) -> pd.DataFrame:
    """Give the median of the students' own values for each group, and how complete it is."""
    own = rows[rows["denominator"] > 0]
    own = own.assign(value=half_up(own["numerator"] / own["denominator"], 6)).merge(
        state.groups, on=["policy_id", "school_year", "student_id"]
    )
    complete = sums_of(state, rows)
    return own.groupby(KEYS)["value"].median().reset_index().merge(complete[[*KEYS, "completeness"]], on=KEYS)
