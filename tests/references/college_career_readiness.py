"""College and career readiness a second time: the menu of pathways checked student by student."""

import pandas as pd

from tests.references.cohorts import contributions, members
from tests.references.state import KEYS, State

PATHWAYS = ("advanced_exams", "college_credit", "entrance_exam", "career_credential", "portfolio")


def compute(state: State) -> pd.DataFrame:
    """Give the share ready by any pathway and by each one for every entity and group."""
    rows = members(state)
    outcomes = state.collection("postsecondary")
    rows = rows[(rows["cohort_year"] == rows["school_year"]) & ~rows["is_removed"].astype(bool)]
    sent = set(zip(outcomes["school_year"], outcomes["district_id"], strict=True)) if len(outcomes) else set()
    known = pd.Series(
        [key in sent for key in zip(rows["school_year"], rows["district_id"], strict=True)],
        index=rows.index,
        dtype=bool,
    )
    anyone = known.groupby([rows[name] for name in ("school_year", "level", "entity_id")]).transform("any").astype(bool)
    rows, known = rows[anyone], known[anyone]
    menu = menus(state)
    of_student: dict[str, list[dict]] = {}
    for outcome in outcomes.to_dict("records"):
        of_student.setdefault(outcome["student_id"], []).append(outcome)
    met = {}
    for year, student in set(zip(rows["school_year"], rows["student_id"], strict=True)):
        sent_by_then = [one for one in of_student.get(student, []) if one["school_year"] <= year]
        once = {(one["outcome_kind"], one["outcome_name"], one["outcome_date"]): one for one in sent_by_then}
        met[year, student] = {
            pathway
            for (pathway, _), criteria in menu[year].items()
            if all(is_met(list(once.values()), criterion) for criterion in criteria)
        }
    ways = [met[key] for key in zip(rows["school_year"], rows["student_id"], strict=True)]
    measures = {"percent_ready": [bool(way) for way in ways]}
    measures |= {f"percent_ready_by_{pathway}": [pathway in way for way in ways] for pathway in PATHWAYS}
    parts = [
        contributions(rows, name, known & pd.Series(hit, index=rows.index, dtype=bool), known)
        for name, hit in measures.items()
    ]
    found = state.ratios(pd.concat(parts).assign(expected=1.0))
    return found.assign(completeness=found["denominator"] / found["expected"])[[*KEYS, "value", "completeness"]]


def menus(state: State) -> dict[int, dict[tuple, list[dict]]]:
    """Give the criteria of each alternative of each pathway in every year."""
    menu: dict[int, dict[tuple, list[dict]]] = {year: {} for year in state.years}
    for row in state.reference("readiness_pathways").to_dict("records"):
        menu[row["school_year"]].setdefault((row["pathway"], row["alternative"]), []).append(row)
    return menu


def is_met(outcomes: list[dict], criterion: dict) -> bool:
    """Say whether a student's outcomes meet one criterion."""
    fit = [one for one in outcomes if one["outcome_kind"] == criterion["criterion"]]
    if pd.notna(criterion["minimum_score"]):
        fit = [one for one in fit if pd.notna(one["score"]) and float(one["score"]) >= criterion["minimum_score"]]
    if criterion["must_be_on_approved_list"]:
        fit = [one for one in fit if one["is_on_approved_list"] is True]
    earned = sum(float(one["credits_earned"]) for one in fit if pd.notna(one["credits_earned"]))
    enough = pd.isna(criterion["minimum_credits"]) or earned >= criterion["minimum_credits"]
    return len(fit) >= criterion["minimum_count"] and enough
