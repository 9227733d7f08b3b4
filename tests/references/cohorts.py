"""What the indicators of graduation cohorts share in the second computation: each member once, removed or not.

Nothing here is taken from the SQL.
"""

import pandas as pd

from tests.references.state import State, in_entities


def members(state: State) -> pd.DataFrame:
    """Give every member of a cohort in each entity: is_removed, is_reported_as_removed and the year of the diploma."""
    rows = state.collection("graduation_cohort")
    columns = [
        "policy_id",
        "level",
        "entity_id",
        "school_year",
        "student_id",
        "district_id",
        "cohort_year",
        "is_removed",
        "diploma_year",
    ]
    if not len(rows):
        return pd.DataFrame(columns=[*columns, "is_reported_as_removed"])
    rows = rows.merge(state.reference("graduation_cohort"), on="school_year")
    reported = rows["outcome"] == "removed"
    accepted = [
        isinstance(reason, str) and source in row[f"{reason}_documents"].split(";")
        for reason, source, row in zip(
            rows["removal_reason"], rows["documentation_source"].fillna("none"), rows.to_dict("records"), strict=True
        )
    ]
    removed = reported & rows["documentation_date"].notna() & pd.Series(accepted, index=rows.index)
    counting = state.code("diploma_types").set_index("code")["counts_as_graduate"]
    graduated = (rows["outcome"] == "graduated") & (rows["diploma_type"].map(counting) == "true")
    date = pd.to_datetime(rows["outcome_date"])
    after = (date.dt.month > rows["summer_end_month"]) | (
        (date.dt.month == rows["summer_end_month"]) & (date.dt.day > rows["summer_end_day"])
    )
    rows = rows.assign(
        is_removed=removed,
        is_reported_as_removed=reported,
        has_diploma=graduated,
        diploma_year=(date.dt.year + after).where(graduated),
    )
    rows = rows.sort_values(
        ["is_removed", "has_diploma", "outcome_date", "district_id", "school_id", "record_line"],
        ascending=[True, False, False, True, True, True],
        na_position="last",
    ).drop_duplicates(["school_year", "student_id"])
    return in_entities(rows)[[*columns, "is_reported_as_removed"]]


def contributions(
    rows: pd.DataFrame, measure: str | pd.Series, numerator: pd.Series, denominator: pd.Series
) -> pd.DataFrame:
    """Put members into the columns that the state adds up."""
    frame = rows[["policy_id", "school_year", "level", "entity_id", "student_id"]]
    frame = frame.assign(population="reporting", subject="ALL", grade_span="all", measure=measure, expected=0.0)
    return frame.assign(numerator=numerator.astype(float), denominator=denominator.astype(float))
