"""What the two indicators of access to acceleration share: who has a place, where, and what the home school offers.

Written from entries C01 and C02 of the catalogue; nothing here is taken from the SQL.
"""

import pandas as pd

from tests.references.days import STAY, counted_days, entity_days, stays
from tests.references.state import State, in_entities, once

WHO = ["school_year", "level", "entity_id", "student_id"]
SECTION = ["school_year", "district_id", "section_id"]


@once
def seats(state: State) -> pd.DataFrame:
    """Give each seat in a section that counts, by its level or by its program, with what became of it."""
    rule = state.policy("acceleration_access")
    rule = rule[rule["level"] == "school"][["school_year", "minimum_level_order", "counted_programs"]]
    levels = state.code("course_levels").set_index("code")["level_order"].astype(float)
    sections = state.collection("course_section").merge(rule, on="school_year")
    programs = [
        program in listed.split("|")
        for program, listed in zip(sections["section_program"], sections["counted_programs"], strict=True)
    ]
    high = sections["course_level"].map(levels) >= sections["minimum_level_order"]
    counted = sections[high | pd.Series(programs, sections.index, dtype=bool)]
    taken = state.collection("section_enrollment")[[*SECTION, "student_id", "course_outcome"]]
    return taken.merge(counted[[*SECTION, "school_id"]].drop_duplicates(), on=SECTION)


@once
def students(state: State) -> pd.DataFrame:
    """Give every student of every entity: policy_id, WHO, home school, is_offered, has_place, has_ended and more.

    `exclusion` says why a student is not counted.
    """
    taken = seats(state)
    credit = state.code("course_outcomes").set_index("code")["earns_credit"] == "true"
    outcome = taken["course_outcome"]
    passed = outcome.map(credit).eq(True)
    ended = outcome.notna() & ~outcome.isin(["in_progress", "incomplete"])
    placed = in_entities(taken.assign(has_ended=ended, has_passed=passed, has_completed=passed | outcome.eq("failed")))
    places = placed.groupby(WHO)[["has_ended", "has_passed", "has_completed"]].any().assign(has_place=True)
    rows = entity_days(state)
    rows = rows[rows["population"] == "reporting"].drop(columns="policy_id")
    rows = rows.merge(state.policy("acceleration_access"), on=["school_year", "level"])
    rows = rows.merge(homes(state), on=WHO).merge(places.reset_index(), on=WHO, how="left")
    flags = ["has_place", "has_ended", "has_passed", "has_completed"]
    rows[flags] = rows[flags].eq(True)
    offering = taken[["school_year", "school_id"]].drop_duplicates().rename(columns={"school_id": "home_school"})
    rows = rows.merge(offering.assign(is_offered=True), on=["school_year", "home_school"], how="left")
    sending = state.collection("section_enrollment")[["school_year", "district_id"]].drop_duplicates()
    sending = sending.rename(columns={"district_id": "home_district"}).assign(sends=True)
    rows = rows.merge(sending, on=["school_year", "home_district"], how="left")
    few = rows["enrolled"] < rows["minimum_days"]
    few |= (rows["enrolled"] == rows["minimum_days"]) & (rows["minimum_days_boundary"] == "more_than")
    exclusion = pd.Series(None, rows.index, dtype=object).mask(few, "few days")
    exclusion = exclusion.mask(rows["enrolled"].isna(), "no calendar").mask(rows["sends"].isna(), "unsent")
    return rows.assign(exclusion=exclusion, is_due=exclusion.isna(), is_offered=rows["is_offered"].eq(True))


def homes(state: State) -> pd.DataFrame:
    """Give the school of the most days of each student in each entity, and its district."""
    single, listed = counted_days(state)
    by_day = listed.groupby(STAY).size().rename("days").reset_index()
    days = pd.concat([single[[*STAY, "days"]], by_day])
    rows = stays(state)[[*STAY, "source", "expected", "days_in_calendar"]].merge(days, on=STAY, how="left")
    summed = rows["expected"].where(rows["source"] == "summary", 0)
    rows["days"] = rows["days"].fillna(0).where(rows["days_in_calendar"].notna(), summed)
    rows = rows.assign(home_school=rows["school_id"], home_district=rows["district_id"])
    placed = in_entities(rows).sort_values(["days", "home_school"]).drop_duplicates(WHO, keep="last")
    return placed[[*WHO, "home_school", "home_district"]]
