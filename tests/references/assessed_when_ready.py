"""Attempts made when students were ready: who chose the day, and how it stands to the day of readiness."""

import pandas as pd

from tests.references import judgments
from tests.references.state import KEYS, STUDENT, State


def compute(state: State) -> pd.DataFrame:
    """Compute the three shares and the middle student's wait."""
    rows = judgments.with_school(judgments.accepted(state, "evidence", "evidence_id"), state)
    rows = rows[rows["is_summative"].eq(True) & judgments.is_of_year(rows, "evidence_date")]
    sends = rows.groupby(judgments.DISTRICT)[["initiation", "ready_date"]].agg(lambda values: values.notna().any())
    rows = rows.join(sends, on=judgments.DISTRICT, rsuffix="_sent")
    rows = judgments.placed(rows[~rows["is_recheck"].eq(True)], state, "assessed_when_ready")
    by_rule = rows["ready_rule_id"].notna() & (rows["ready_recorded_date"] <= rows["evidence_date"])
    wait = (rows["evidence_date"] - rows["ready_date"]).dt.days.where(by_rule)
    stated, ready, waited = rows["initiation"].notna(), wait.notna(), wait >= 0
    allowed = [
        value in listed.split(";")
        for value, listed in zip(rows["initiation"], rows["initiations_when_ready"], strict=True)
    ]
    soon = waited & (
        (wait < rows["days_to_attempt"])
        | ((rows["days_to_attempt_boundary"] == "at_most") & (wait == rows["days_to_attempt"]))
    )
    state_row = rows["level"] == "state"
    asked = rows["initiation_sent"].astype(bool) | state_row
    dated = rows["ready_date_sent"].astype(bool) | state_row
    ever_ready = ready.groupby([rows[name] for name in judgments.PLACE]).transform("any")
    waits = judgments.measured(
        rows, "median_days_waited", wait.where(waited, 0), waited, waited | (dated & ~ever_ready.astype(bool))
    )
    found = judgments.shares(
        state,
        judgments.measured(
            rows, "percent_initiated_when_ready", pd.Series(allowed, rows.index) & stated, stated, stated | asked
        ),
        judgments.measured(rows, "percent_on_readiness", soon, ready, ready | dated),
        judgments.measured(rows, "percent_premature", wait < 0, ready, ready | dated),
        waits,
    )
    students = waits[waits["denominator"] > 0].merge(state.groups, on=["policy_id", *STUDENT])
    students["wait"] = (students["numerator"] / students["denominator"]).round(6)
    middle = students.groupby(KEYS)["wait"].median().rename("middle").reset_index()
    found = found.merge(middle, on=KEYS, how="left")
    is_wait = found["measure"] == "median_days_waited"
    return found.assign(value=found["value"].where(~is_wait, found["middle"])).drop(columns="middle")
