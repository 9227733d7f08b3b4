"""What the second computations of trust in judgments share: which decisions, whose school, how rows become measures."""

import pandas as pd

from tests.references.state import KEYS, STUDENT, State, in_entities, once

DISTRICT = ["school_year", "district_id"]
PLACE = ["policy_id", "school_year", "level", "entity_id", "student_id"]


def accepted(state: State, name: str, key: str) -> pd.DataFrame:
    """Give a collection with dates as days, and of rows that repeat a key the first in the file."""
    rows = state.collection(name)
    rows = rows.sort_values("record_line").drop_duplicates([*DISTRICT, key])
    dates = [column for column in rows.columns if column.endswith("_date")]
    return rows.assign(**{column: pd.to_datetime(rows[column]) for column in dates}).reset_index(drop=True)


def is_of_year(rows: pd.DataFrame, date: str) -> pd.Series:
    """Tell which rows are dated within their school year."""
    return rows[date].dt.year + (rows[date].dt.month >= 7) == rows["school_year"]


def with_school(rows: pd.DataFrame, state: State) -> pd.DataFrame:
    """Fill in the student's primary school where no school is named and that school belongs to the same district."""
    enrollment = state.collection("enrollment")
    other = ~enrollment["is_primary_school"].eq(True)
    primary = enrollment.assign(other=other).sort_values(["other", "school_id", "record_line"]).drop_duplicates(STUDENT)
    primary = primary.merge(state.collection("student")[STUDENT].drop_duplicates(), on=STUDENT)
    schools = state.collection("school")
    sizes = enrollment.groupby([*DISTRICT, "school_id"])["student_id"].nunique().rename("size").reset_index()
    schools = schools.merge(sizes, on=[*DISTRICT, "school_id"], how="left").fillna({"size": 0})
    schools = schools.sort_values(["size", "district_id", "record_line"], ascending=[False, True, True])
    schools = schools.drop_duplicates(["school_year", "school_id"])[["school_year", "school_id", "district_id"]]
    homes = primary[[*STUDENT, "school_id"]].merge(schools, on=["school_year", "school_id"])
    homes = homes.rename(columns={"school_id": "home"})
    found = rows.merge(homes, on=[*STUDENT, "district_id"], how="left")
    return found.assign(school_id=found["school_id"].where(found["school_id"].notna(), found["home"]))


def placed(rows: pd.DataFrame, state: State, slug: str) -> pd.DataFrame:
    """Repeat rows for school, district and state, with the policy of each."""
    return in_entities(rows).dropna(subset=["entity_id"]).merge(state.policy(slug), on=["school_year", "level"])


def measured(rows: pd.DataFrame, measure: str, met: pd.Series, counted: pd.Series, due: pd.Series) -> pd.DataFrame:
    """Add up one measure for each student: what was met, over what, and whether anything was due."""
    sums = rows[PLACE].assign(
        numerator=met.astype(float), denominator=counted.astype(float), expected=due.astype(float)
    )
    sums = sums.groupby(PLACE, as_index=False).agg({"numerator": "sum", "denominator": "sum", "expected": "max"})
    return sums.assign(population="reporting", subject="ALL", grade_span="all", measure=measure)


def shares(state: State, *measures: pd.DataFrame) -> pd.DataFrame:
    """Divide the sums of measures for each group, with completeness in students."""
    rows = pd.concat(measures, ignore_index=True)
    came = rows.assign(numerator=((rows["denominator"] > 0) & (rows["expected"] > 0)).astype(float), denominator=1.0)
    complete = state.summed(came)
    complete["completeness"] = (complete["numerator"] / complete["expected"]).clip(upper=1)
    return state.ratios(rows).merge(complete[[*KEYS, "completeness"]], on=KEYS)


@once
def decisions(state: State) -> pd.DataFrame:
    """Give the decisions of mastery by instruction of the year, with `is_sent` where the district links evidence."""
    rows = with_school(accepted(state, "determination", "determination_id"), state)
    everything = state.collection("determination")
    until = pd.to_datetime(everything["school_year"].astype(str) + "-06-30")
    later = everything[pd.to_datetime(everything["decided_date"]) <= until]
    replaced = set(later[[*DISTRICT, "supersedes_determination_id"]].dropna().itertuples(index=False, name=None))
    is_replaced = [key in replaced for key in rows[[*DISTRICT, "determination_id"]].itertuples(index=False, name=None)]
    rows = rows[
        is_of_year(rows, "decided_date")
        & rows["is_mastery"].astype(bool)
        & (rows["origin"] == "instruction")
        & ~pd.Series(is_replaced, index=rows.index, dtype=bool)
    ]
    linked = state.collection("evidence").dropna(subset=["determination_id"])
    sending = set(linked[DISTRICT].itertuples(index=False, name=None))
    return rows.assign(is_sent=[key in sending for key in rows[DISTRICT].itertuples(index=False, name=None)])


@once
def pieces(state: State) -> pd.DataFrame:
    """Give the pieces linked to each decision, dated by the day of the decision, with what is known of who judged."""
    forms = state.code("evidence_forms").set_index("code")["is_performance_based"] == "true"
    moderated = set(state.collection("moderation_score")[[*DISTRICT, "evidence_id"]].itertuples(index=False, name=None))
    evidence = accepted(state, "evidence", "evidence_id").dropna(subset=["determination_id"])
    keys = evidence[[*DISTRICT, "evidence_id"]].itertuples(index=False, name=None)
    evidence = evidence.assign(is_moderated=[key in moderated for key in keys])
    evidence["is_performance"] = evidence["evidence_form"].map(forms)
    evidence = evidence[evidence["is_performance"].notna()]
    made = decisions(state)[[*DISTRICT, "determination_id", "student_id", "decided_date", "decided_by"]]
    linked = evidence.rename(columns={"school_year": "year_sent"}).drop(columns="school_id")
    linked = made.merge(linked, on=["district_id", "determination_id", "student_id"])
    linked = linked[linked["evidence_date"] <= linked["decided_date"]]
    other = linked["rater_id"].notna() & linked["decided_by"].notna() & (linked["rater_id"] != linked["decided_by"])
    return linked.assign(is_second=linked["is_moderated"] | other)
