"""What the indicators of grouping share in the second computation: who was in which group from when to when.

Written from entries C06 and C07 of the catalogue; nothing here is taken from the SQL.
"""

import pandas as pd

from tests.references.learning import first_of_year, last_of_year
from tests.references.state import State, in_entities, once


@once
def memberships(state: State) -> pd.DataFrame:
    """Give memberships of the kinds that count, in reading and mathematics, at school, district and state."""
    rule = state.policy("regrouping")
    rule = rule[rule["level"] == "school"][["school_year", "counted_kinds"]]
    rows = state.collection("instructional_group")
    rows = rows.merge(rule, on="school_year")
    kinds = [kind in listed.split("|") for kind, listed in zip(rows["group_kind"], rows["counted_kinds"], strict=True)]
    subjects = state.code("course_subjects").set_index("code")["subject"]
    rows = rows.assign(subject=rows["course_subject"].map(subjects))
    rows = rows[pd.Series(kinds, rows.index, dtype=bool) & rows["subject"].isin(["RLA", "MATH"])]
    bases = state.code("group_bases").set_index("code")["is_responsive"] == "true"
    rows = rows.assign(
        begin=pd.to_datetime(rows["begin_date"]).fillna(rows["school_year"].map(first_of_year)),
        end=pd.to_datetime(rows["end_date"]).fillna(rows["school_year"].map(last_of_year)),
        is_responsive=rows["basis"].map(bases).eq(True),
        level_order=rows["level_order"].astype(float),
    )
    return in_entities(rows)
