"""Decisions of mastery that rest on enough, recent, varied and independently judged evidence."""

import pandas as pd

from tests.references import judgments
from tests.references.state import State

DECISION = ["school_year", "district_id", "determination_id"]


def compute(state: State) -> pd.DataFrame:
    """Compute the share that meets each condition, and all of them."""
    rows = judgments.placed(judgments.decisions(state), state, "evidence_sufficiency")
    counts = [judged(rows, judgments.pieces(state), years) for years in sorted(rows["school_year"].unique())]
    rows = pd.concat(counts, ignore_index=True) if counts else rows.assign(pieces=0)
    sent = rows["is_sent"]
    due = sent | (rows["level"] == "state")
    recent = rows["recent"] >= rows["minimum_pieces"]
    forms = rows["forms"] >= rows["minimum_forms"]
    performed = rows["performances"] >= rows["minimum_performance_pieces"]
    second = rows["second"] | rows["audit_level"].notna()
    conditions = {
        "percent_sufficient": recent & forms & performed & second,
        "percent_with_enough_pieces": rows["pieces"] >= rows["minimum_pieces"],
        "percent_with_recent_evidence": recent,
        "percent_with_enough_forms": forms,
        "percent_with_performance_evidence": performed,
        "percent_with_second_judge": second,
    }
    return judgments.shares(
        state, *[judgments.measured(rows, name, met & sent, sent, due) for name, met in conditions.items()]
    )


def judged(rows: pd.DataFrame, pieces: pd.DataFrame, year: int) -> pd.DataFrame:
    """Count the pieces behind the decisions of one year by the rules of each row."""
    rows = rows[rows["school_year"] == year].reset_index(drop=True)
    linked = rows.reset_index(names="row").merge(
        pieces[[*DECISION, "evidence_id", "evidence_form", "evidence_date", "is_performance", "is_second"]], on=DECISION
    )
    oldest = linked["decided_date"].copy()
    for months in linked["recency_months"].unique():
        oldest[linked["recency_months"] == months] -= pd.DateOffset(months=int(months))
    bound = linked["recency_boundary"] == "at_most"
    new = linked[(linked["evidence_date"] > oldest) | (bound & (linked["evidence_date"] == oldest))].groupby("row")
    return rows.assign(
        pieces=linked.groupby("row").size().reindex(rows.index, fill_value=0),
        recent=new.size().reindex(rows.index, fill_value=0),
        forms=new["evidence_form"].nunique().reindex(rows.index, fill_value=0),
        performances=new["is_performance"].sum().reindex(rows.index, fill_value=0),
        second=new["is_second"].any().reindex(rows.index, fill_value=False),
    )
