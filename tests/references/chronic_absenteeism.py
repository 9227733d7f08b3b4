"""Chronic absenteeism a second time: days absent against a tenth of the days expected, student by student."""

import numpy as np
import pandas as pd

from tests.references.days import entity_days
from tests.references.state import KEYS, State


def compute(state: State) -> pd.DataFrame:
    """Give the share of chronically absent students and the four bands for every entity and group."""
    rows = (
        entity_days(state)
        .drop(columns="policy_id")
        .merge(state.policy("chronic_absenteeism"), on=["school_year", "level"])
    )
    asked = (rows["population"] == "reporting") | rows["is_full_year"].fillna(False).astype(bool)
    long_enough = rows["enrolled"].isna() | (
        (rows["enrolled"] >= rows["minimum_days"])
        & (rows["enrolled"] >= rows["minimum_share_of_year"] * rows["days_in_year"].fillna(0))
    )
    taken = ~(rows["is_exempt"] & (rows["expected"] == 0))
    rows = rows[asked & long_enough & taken]
    known = rows["enrolled"].notna() & rows["missing"].notna()
    known &= 10 * (rows["enrolled"] - rows["missing"]) >= 10 * rows["minimum_reported_share"] * rows["enrolled"]
    rows = rows[~(known & (rows["expected"] == 0))]
    known = known.loc[rows.index].astype(bool)
    anyone = known.groupby([rows[name] for name in ("school_year", "population", "level", "entity_id")]).transform(
        "any"
    )
    rows, known = rows[anyone], known[anyone]
    band = np.select(
        [
            rows["absent"] * 20 < rows["expected"],
            rows["absent"] * 10 < rows["expected"],
            rows["absent"] * 5 < rows["expected"],
        ],
        ["satisfactory", "at_risk", "moderately_chronic"],
        "severely_chronic",
    )
    measures = {
        f"percent_{name}": band == name
        for name in ("satisfactory", "at_risk", "moderately_chronic", "severely_chronic")
    }
    measures["percent_chronically_absent"] = rows["absent"] * 10 >= rows["expected"]
    frame = rows[["policy_id", "school_year", "level", "entity_id", "population", "student_id"]].assign(
        subject="ALL", grade_span="all", denominator=known.astype(float), expected=1.0
    )
    contributions = pd.concat(
        [frame.assign(measure=name, numerator=(hit & known).astype(float)) for name, hit in measures.items()]
    )
    found = state.ratios(contributions)
    return found.assign(completeness=found["denominator"] / found["expected"])[[*KEYS, "value", "completeness"]]
