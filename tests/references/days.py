"""What the indicators that count days share in the second computation: every student's days in every entity.

A student with one enrollment in a year is counted by two look-ups in the calendar; everyone else day by day, as a clerk
would. Nothing here is taken from the SQL.
"""

import numpy as np
import pandas as pd

from tests.references.state import STUDENT, State, in_entities, once

STAY = ["school_year", "district_id", "school_id", "student_id"]
SCHOOL = ["school_year", "district_id", "school_id"]
ENTITY = ["school_year", "population", "level", "entity_id", "student_id"]


def spells(state: State) -> pd.DataFrame:
    """Give every enrollment with its first and last date, and whether the student has more than one in the year."""
    rows = state.collection("enrollment")[[*STAY, "entry_date", "exit_date", "accountable_school_id"]].copy()
    year = rows["school_year"].astype(int)
    rows["entry_date"] = pd.to_datetime(rows["entry_date"]).fillna(pd.to_datetime((year - 1).astype(str) + "-07-01"))
    rows["exit_date"] = pd.to_datetime(rows["exit_date"]).fillna(pd.to_datetime(year.astype(str) + "-06-30"))
    return rows.assign(has_several=rows.duplicated(STUDENT, keep=False))


def calendars(state: State) -> pd.DataFrame:
    """Give every day of instruction within the school year in order, with the month it belongs to."""
    rows = state.collection("calendar")
    rows = rows[rows["school_year"].isin(state.years)]
    rows = rows.sort_values("record_line").drop_duplicates([*SCHOOL, "calendar_date"])
    date, year = pd.to_datetime(rows["calendar_date"]), rows["school_year"].astype(int)
    first, last = pd.to_datetime((year - 1).astype(str) + "-07-01"), pd.to_datetime(year.astype(str) + "-06-30")
    month = rows["instructional_month"].astype("Float64").fillna(100 + date.dt.month)
    rows = rows.assign(date=date, month=month)[date.between(first, last) & rows["is_instructional"].astype(bool)]
    return rows[[*SCHOOL, "date", "month"]].sort_values("date")


def daily_absences(state: State) -> pd.DataFrame:
    """Give the part of each day that counts as absent: STAY, date, absent."""
    rows = state.collection("attendance")
    rows = rows[rows["attendance_date"].notna()].merge(state.reference("attendance"), on="school_year")
    part = rows["fraction_absent"].astype(float).clip(upper=1)
    whole = (part >= rows["whole_day_minimum"]).astype(float)
    kind = rows["absence_type"].fillna("not_stated")
    allowed = {listed: set(listed.split(";")) for listed in rows["counted_absence_types"].unique()}
    counts = [one in allowed[listed] for one, listed in zip(kind, rows["counted_absence_types"], strict=True)]
    absent = part.where(rows["partial_days"] == "part", whole)
    rows = rows.assign(date=pd.to_datetime(rows["attendance_date"]), absent=absent)
    return rows[np.array(counts, dtype=bool) & (part > 0)].groupby([*STAY, "date"])["absent"].max().reset_index()


def recorded_days(state: State) -> pd.DataFrame:
    """Give the calendars with is_recorded: whether the school sent attendance for the month."""
    calendar, enrolled = calendars(state), spells(state)
    enrolled = enrolled[enrolled["entry_date"] <= enrolled["exit_date"]]
    limit = state.reference("attendance").set_index("school_year")["judged_student_days"]
    sent = state.collection("attendance")
    sent = sent[sent["attendance_date"].notna()]
    sent = sent.assign(date=pd.to_datetime(sent["attendance_date"]))[[*SCHOOL, "date"]].drop_duplicates()
    calendar = calendar.merge(sent.assign(has_absence=True), on=[*SCHOOL, "date"], how="left")
    of_school, frames = dict(list(enrolled.groupby(SCHOOL))), []
    for school, days in calendar.groupby(SCHOOL):
        days, there = days.sort_values("date"), of_school.get(school, enrolled[:0])
        dates = days["date"].to_numpy()
        change = np.zeros(len(dates) + 1)
        np.add.at(change, np.searchsorted(dates, there["entry_date"].to_numpy(), "left"), 1)
        np.add.at(change, np.searchsorted(dates, there["exit_date"].to_numpy(), "right"), -1)
        months = days.assign(headcount=change.cumsum()[:-1], has_absence=days["has_absence"].notna()).groupby("month")
        is_recorded = months["has_absence"].transform("any") | (months["headcount"].transform("sum") < limit[school[0]])
        frames.append(days.assign(is_recorded=is_recorded)[[*SCHOOL, "date", "is_recorded"]])
    return (
        pd.concat(frames, ignore_index=True)
        if frames
        else calendar.assign(is_recorded=False)[[*SCHOOL, "date", "is_recorded"]]
    )


def counted_days(state: State) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Count the days of students with one enrollment, and list those of the others: two frames over STAY."""
    single, listed = _counted_days(state)
    return single.copy(), listed.copy()


@once
def _counted_days(state: State) -> tuple[pd.DataFrame, pd.DataFrame]:
    calendar, enrolled = recorded_days(state), spells(state)
    absent = daily_absences(state)
    single, several = enrolled[~enrolled["has_several"]], enrolled[enrolled["has_several"]]
    of_school, frames = dict(list(single.groupby(SCHOOL))), []
    for school, days in calendar.groupby(SCHOOL):
        there = of_school.get(school, single[:0])
        dates = days["date"].to_numpy()
        first = np.searchsorted(dates, there["entry_date"].to_numpy(), "left")
        after = np.maximum(first, np.searchsorted(dates, there["exit_date"].to_numpy(), "right"))
        recorded = np.concatenate([[0], days["is_recorded"].cumsum()])
        frames.append(there[STAY].assign(days=after - first, recorded=recorded[after] - recorded[first]))
    counted = pd.concat(frames, ignore_index=True) if frames else single[STAY].assign(days=0, recorded=0)
    lost = absent.merge(single[[*STAY, "entry_date", "exit_date"]], on=STAY).merge(calendar, on=[*SCHOOL, "date"])
    lost = lost[lost["date"].between(lost["entry_date"], lost["exit_date"]) & lost["is_recorded"]]
    counted = counted.merge(lost.groupby(STAY)["absent"].sum().reset_index(), on=STAY, how="left").fillna(
        {"absent": 0.0}
    )
    listed = several.merge(calendar, on=SCHOOL)
    listed = listed[listed["date"].between(listed["entry_date"], listed["exit_date"])]
    listed = listed[[*STAY, "date", "is_recorded"]].drop_duplicates([*STAY, "date"])
    listed = listed.merge(absent, on=[*STAY, "date"], how="left")
    return counted, listed.assign(absent=listed["absent"].astype(float).fillna(0.0))


def stays(state: State) -> pd.DataFrame:
    """Give every student in every school with the source of attendance and the sums of a summary."""
    enrolled = spells(state)
    named = enrolled[enrolled["accountable_school_id"].notna()].groupby(STAY)["accountable_school_id"].min()
    rows = enrolled[STAY].drop_duplicates().merge(named.reset_index(), on=STAY, how="left")
    length = calendars(state).groupby(SCHOOL).size().rename("days_in_calendar").reset_index()
    rows = rows.merge(length, on=SCHOOL, how="left")
    sent = state.collection("attendance")
    if not len(sent):
        return rows.assign(source="none", expected=0.0, absent=0.0)
    exempt = sent["is_exempt"].astype("boolean").fillna(False).astype(bool)
    sent = sent.assign(
        is_exempt=exempt, expected=sent["days_expected"].astype(float), absent=sent["days_absent"].astype(float)
    )
    summed = sent[sent["attendance_date"].isna() | exempt]
    summed = summed.assign(is_possible=summed["absent"].between(0, summed["expected"])).groupby(STAY)
    rows = rows.merge(
        summed.agg(
            is_exempt=("is_exempt", "any"),
            is_possible=("is_possible", "all"),
            expected=("expected", "sum"),
            absent=("absent", "sum"),
        ).reset_index(),
        on=STAY,
        how="left",
    )
    by_day = sent[sent["attendance_date"].notna()][SCHOOL].drop_duplicates().assign(by_day=True)
    rows = rows.merge(by_day, on=SCHOOL, how="left")
    source = pd.Series("none", index=rows.index)
    source[rows["is_possible"].isna() & rows["by_day"].notna() & rows["days_in_calendar"].notna()] = "days"
    source[rows["is_possible"].eq(True)] = "summary"
    source[rows["is_exempt"].eq(True)] = "exempt"
    summary = source == "summary"
    return rows.assign(
        source=source, expected=rows["expected"].where(summary, 0.0), absent=rows["absent"].where(summary, 0.0)
    )


def entity_days(state: State) -> pd.DataFrame:
    """Give ENTITY with enrolled, expected, absent and missing days, days_in_year, is_exempt and is_full_year."""
    return _entity_days(state).copy()


@once
def _entity_days(state: State) -> pd.DataFrame:
    single, listed = counted_days(state)
    rows = answering(state, stays(state)).merge(single, on=STAY, how="left", suffixes=("", "_by_day"))
    by_days, nothing, calendar = rows["source"] == "days", rows["source"] == "none", rows["days_in_calendar"].notna()
    days, recorded = rows["days"].fillna(0), rows["recorded"].fillna(0)
    rows = rows.assign(
        enrolled=days.where(calendar, rows["expected"]),
        length_unknown=~calendar & (rows["source"] != "summary"),
        expected=rows["expected"] + recorded.where(by_days, 0),
        absent=rows["absent"] + rows["absent_by_day"].fillna(0).where(by_days, 0),
        missing=(days - recorded).where(by_days, 0) + days.where(nothing, 0),
        missing_unknown=nothing & ~calendar,
        has_calendar=calendar,
        is_exempt=rows["source"] == "exempt",
    )
    sums = placed(rows).groupby(ENTITY)
    found = sums[["enrolled", "expected", "absent", "missing"]].sum()
    found = found.join(sums[["length_unknown", "missing_unknown", "is_exempt"]].any())
    found = found.join(sums["has_calendar"].all()).join(sums["days_in_calendar"].max())
    # A day in two schools of one entity is one day, absent by the larger part; days without attendance are missing.
    listed = listed.merge(rows[[*STAY, "answering_school", "answering_district", "source"]], on=STAY)
    due = listed["source"] == "days"
    listed = listed.assign(
        due=due,
        recorded=due & listed["is_recorded"],
        lost=listed["absent"].where(due & listed["is_recorded"], 0.0),
        unsent=listed["source"] == "none",
    )
    unsent = placed(listed).groupby(ENTITY)["unsent"].sum()
    by_day = placed(listed).groupby([*ENTITY, "date"])[["due", "recorded", "lost"]].max().reset_index()
    by_day = by_day.assign(one=1, missed=by_day["due"] & ~by_day["recorded"]).groupby(ENTITY)
    by_day = by_day[["one", "recorded", "lost", "missed"]].sum().astype(float)
    for name, more in (("enrolled", "one"), ("expected", "recorded"), ("absent", "lost"), ("missing", "missed")):
        found[name] = found[name].add(by_day[more].reindex(found.index).fillna(0))
    found["missing"] += unsent.reindex(found.index).fillna(0)
    found = found.assign(
        enrolled=found["enrolled"].where(~found["length_unknown"]),
        missing=found["missing"].where(~found["missing_unknown"]),
        days_in_year=found["days_in_calendar"].where(found["has_calendar"]),
    )
    return with_full_year(state, found.reset_index())


def with_full_year(state: State, rows: pd.DataFrame) -> pd.DataFrame:
    """Add policy_id, is_computed and is_full_year."""
    policy = state.policy("full_academic_year_coverage")[["school_year", "level", "policy_id", "share_of_year_minimum"]]
    rows = rows.merge(policy, on=["school_year", "level"]).merge(declarations(state), on=ENTITY, how="left")
    computed = rows["days_in_year"].notna()
    enough = rows["enrolled"] >= rows["share_of_year_minimum"] * rows["days_in_year"]
    full = enough.astype("boolean").where(computed, rows["declared"].astype("boolean"))
    return rows.assign(is_computed=computed, is_full_year=full)


def declarations(state: State) -> pd.DataFrame:
    """Give what districts declared of each student in each entity."""
    tests = state.collection("assessment")
    if not len(tests):
        return pd.DataFrame(columns=[*ENTITY, "declared"])
    tests = tests[[*STAY, *(f"full_academic_year_{level}" for level in ("school", "district", "state"))]]
    tests = tests.dropna(subset=tests.columns[4:], how="all").drop_duplicates()
    rows = placed(
        tests.merge(answering(state, stays(state))[[*STAY, "answering_school", "answering_district"]], on=STAY)
    )
    rows = rows.assign(declared=declared_at(rows))
    return rows[rows["declared"].notna()].groupby(ENTITY)["declared"].any().reset_index()


def declared_at(rows: pd.DataFrame) -> pd.Series:
    """Choose the declaration for the level of each row."""
    lower = rows["full_academic_year_school"].where(rows["level"] == "school", rows["full_academic_year_district"])
    return lower.where(rows["level"] != "state", rows["full_academic_year_state"]).astype("boolean")


def answering(state: State, rows: pd.DataFrame) -> pd.DataFrame:
    """Add the school and the district that answer for each stay."""
    named = rows["accountable_school_id"].notna()
    school = rows["accountable_school_id"].where(named, rows["school_id"])
    homes = school_districts(state)
    found = [homes.get(key) for key in zip(rows["school_year"], school, strict=True)]
    found = pd.Series(found, index=rows.index, dtype=object)
    district = found.where(named & found.notna(), rows["district_id"])
    return rows.assign(answering_school=school, answering_district=district)


def school_districts(state: State) -> dict[tuple, str]:
    """Give the district of each school and year: the one that enrolls most of its students, then the lower number."""
    listed = state.collection("school")[SCHOOL].drop_duplicates()
    size = state.collection("enrollment").groupby(SCHOOL)["student_id"].nunique().rename("size").reset_index()
    listed = listed.merge(size, on=SCHOOL, how="left").fillna({"size": 0})
    listed = listed.sort_values(["size", "district_id"], ascending=[False, True])
    listed = listed.drop_duplicates(["school_year", "school_id"])
    return dict(zip(zip(listed["school_year"], listed["school_id"], strict=True), listed["district_id"], strict=True))


def placed(rows: pd.DataFrame) -> pd.DataFrame:
    """Repeat stays for each level in both populations."""
    others = rows.assign(school_id=rows["answering_school"], district_id=rows["answering_district"])
    frames = [in_entities(rows).assign(population="reporting"), in_entities(others).assign(population="accountability")]
    return pd.concat(frames, ignore_index=True)
