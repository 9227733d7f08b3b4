"""How often work was begun with a known major gap in what it needs first, with and without a plan for the gap."""

import pandas as pd

from tests.references import learning
from tests.references.state import State, in_entities

BEGUN = ["school_year", "student_id", "district_id", "school_id", "subject", "place", "kind", "day"]

KNOWN = ["needed", "assessed", "gap_months", "essential", "direct", "support_after"]


def compute(state: State) -> pd.DataFrame:
    """Compute every measure of advancing with major gaps."""
    begun = _begun(state)
    known = pd.DataFrame(
        [_known(state, row) for row in begun.itertuples(index=False)], columns=KNOWN, index=begun.index
    )
    reported = set(_reported(state))
    rows = pd.concat([begun, known], axis=1)
    rows["sent"] = [
        key in reported for key in rows[["school_year", "district_id", "subject"]].itertuples(index=False, name=None)
    ]
    rows = learning.with_policy(in_entities(rows), state, "advanced_with_major_gaps")
    major = (
        (rows["essential"] > 0)
        | (rows["gap_months"] >= rows["major_gap_months"])
        | (rows["direct"] >= rows["major_direct_gaps"])
    )
    clear = rows["assessed"] >= rows["minimum_assessed_share"] * rows["needed"]
    plan = rows["support_after"] <= rows["days_to_plan"]
    asked = rows["sent"] & (rows["needed"] > 0)
    advanced, held = rows["kind"].eq("advanced"), rows["kind"].eq("held")
    everything = rows.assign(exclusion=pd.Series(None, index=rows.index, dtype=object).mask(~asked, "no"), is_due=asked)
    of_known = everything.assign(
        exclusion=everything["exclusion"].mask(~(advanced & clear), "no"), is_due=asked & advanced
    )
    first = {
        "percent_advanced_with_a_major_gap": (major, 1),
        "percent_with_a_gap_and_a_plan": (major & plan, 1),
        "percent_with_a_gap_and_no_plan": (major & ~plan, 1),
    }
    second = {
        "percent_with_unknown_prerequisites": (~clear, 1, advanced),
        "percent_repeating_without_a_plan": (~plan, 1, rows["kind"].eq("repeated")),
        "percent_held_with_a_major_gap": (held & major, 1, advanced | held),
    }
    return learning.sums_of(
        state,
        pd.concat(
            [learning.contributions(of_known, first), learning.contributions(everything, second)], ignore_index=True
        ),
    )


def _reported(state: State) -> list[tuple]:
    keys = ["school_year", "framework_version", "competency_id"]
    rows = state.collection("determination")[[*keys, "district_id"]].drop_duplicates()
    rows = rows.merge(learning.competencies(state)[[*keys, "subject"]], on=keys)
    return list(rows[["school_year", "district_id", "subject"]].drop_duplicates().itertuples(index=False, name=None))


def _begun(state: State) -> pd.DataFrame:
    """List each beginning of a grade's work once: by the grade of the year, or by a course meant for a grade."""
    first_days = {key: days[0] for key, days in learning.calendars(state).items()}
    most, _ = learning.own_frameworks(state)
    where = learning.learners(state)
    places = where[where["level"] == "state"].set_index(["school_year", "student_id"])["place"].dropna()
    places = {key: int(place) for key, place in places.items()}
    rows = state.collection("enrollment")
    rows = rows.assign(entry=pd.to_datetime(rows["entry_date"]), leave=pd.to_datetime(rows["exit_date"]))
    july = rows["school_year"].map(learning.first_of_year)
    rows = rows[rows["entry"].fillna(july) <= rows["leave"].fillna(rows["school_year"].map(learning.last_of_year))]
    rows = rows.sort_values(["entry", "school_id", "district_id", "record_line"], na_position="first")
    found = []
    for row in rows.drop_duplicates(["school_year", "student_id"]).itertuples(index=False):
        year, student = row.school_year, row.student_id
        now, before = places.get((year, student)), places.get((year - 1, student))
        if now is None or before is None or now < before:
            continue
        day = row.entry if row.entry == row.entry else _first(first_days, year, row.school_id)
        kind, place = ("advanced", now) if now > before else ("held", before + 1)
        for when, subject in most:
            if when == year:
                found.append((year, student, row.district_id, row.school_id, subject, place, kind, day))
    found += _courses(state, first_days, places, most)
    begun = pd.DataFrame(found, columns=BEGUN).sort_values(["day", "school_id", "district_id"], kind="stable")
    return begun.drop_duplicates(["school_year", "student_id", "subject", "place", "kind"], ignore_index=True)


def _courses(state: State, first_days: dict, places: dict, most: dict) -> list[tuple]:
    sections, taken = state.collection("course_section"), state.collection("section_enrollment")
    if not len(sections) or not len(taken):
        return []
    keys = ["school_year", "district_id", "section_id"]
    columns = [*keys, "school_id", "course_subject", "grade", "begin_date"]
    rows = taken[[*keys, "student_id", "begin_date", "is_repeat"]].merge(
        sections[columns], on=keys, suffixes=("", "_of_section")
    )
    subjects = state.code("course_subjects").set_index("code")["subject"].to_dict()
    grades = state.code("grades").set_index("code")["sort_order"].astype(int).to_dict()
    found = []
    for row in rows.itertuples(index=False):
        year, subject = row.school_year, subjects.get(row.course_subject)
        place = grades.get(row.grade, places.get((year, row.student_id)))
        if (year, subject) not in most or place is None:
            continue
        day = pd.to_datetime(row.begin_date)
        day = pd.to_datetime(row.begin_date_of_section) if pd.isna(day) else day
        day = _first(first_days, year, row.school_id) if pd.isna(day) else day
        kind = "repeated" if pd.notna(row.is_repeat) and bool(row.is_repeat) else "advanced"
        found.append((year, row.student_id, row.district_id, row.school_id, subject, place, kind, day))
    return found


def _first(first_days: dict, year: int, school: str) -> pd.Timestamp:
    return pd.Timestamp(first_days.get((int(year), school), learning.first_of_year(year)))


def _known(state: State, begun: tuple) -> dict:
    """Say what was known on the day of what the work needs, and the days until support for one of the gaps."""
    most, own = _of(state, "frameworks", lambda: _frameworks(state))
    version = own.get((begun.school_year, begun.subject, begun.student_id), most[begun.school_year, begun.subject])
    needs = _of(state, "needs", lambda: _needs(state)).get((begun.school_year, version, begun.subject, begun.place), {})
    history = _of(state, "histories", lambda: _histories(state)).get((begun.student_id, version), [])
    support = _of(state, "support", lambda: _support(state))
    assessed = gap_months = 0.0
    essential = direct = 0
    waits = []
    for one, opened, by, mastered in history:
        if one not in needs or opened > begun.day:
            continue
        steps, months, is_essential = needs[one]
        assessed += months * (by == "assessed")
        if not mastered <= begun.day:
            gap_months, essential, direct = gap_months + months, essential + is_essential, direct + (steps == 1)
            waits += [
                (day - begun.day).days for day in support.get((begun.student_id, version, one), ()) if day >= begun.day
            ]
    return {
        "needed": round(sum(months for _, months, _ in needs.values()), 6),
        "assessed": round(assessed, 6),
        "gap_months": round(gap_months, 6),
        "essential": essential,
        "direct": direct,
        "support_after": min(waits, default=float("nan")),
    }


def _of(state: State, name: str, make):
    kept = vars(state).setdefault("advanced_with_major_gaps", {})
    if name not in kept:
        kept[name] = make()
    return kept[name]


def _frameworks(state: State) -> tuple[dict, dict]:
    most, own = learning.own_frameworks(state)
    columns = ["school_year", "subject", "student_id", "framework_version"]
    return most, {tuple(key): version for *key, version in own[columns].itertuples(index=False)}


def _needs(state: State) -> dict:
    facts = learning.competencies(state).set_index(["school_year", "framework_version", "competency_id"])
    facts = {
        key: (row.subject, row.months, row.essential) for key, row in zip(facts.index, facts.itertuples(), strict=True)
    }
    found = {}
    for (year, version, place), steps in learning.prerequisites(state).items():
        for one, n in steps.items():
            subject, months, essential = facts[year, version, one]
            found.setdefault((year, version, subject, place), {})[one] = (n, months, int(essential))
    return found


def _histories(state: State) -> dict:
    found = {}
    columns = ["student_id", "framework_version", "competency_id", "opened", "opened_by", "mastered"]
    for student, version, *cycle in learning.histories(state)[columns].itertuples(index=False):
        found.setdefault((student, version), []).append(tuple(cycle))
    return found


def _support(state: State) -> dict:
    rows = state.collection("support_service")
    found = {}
    if len(rows):
        rows = rows[rows["minutes"] > 0].dropna(subset=["target_competency_id"])
        keys = ["student_id", "framework_version", "target_competency_id"]
        for *key, day in rows[[*keys, "service_date"]].itertuples(index=False):
            found.setdefault(tuple(key), []).append(pd.Timestamp(day))
    return found
