"""Who lacks what this year's work needs first, what is known of it, and what changed by looking or by learning."""

import pandas as pd

from tests.references import learning
from tests.references.state import State

SAME = ["policy_id", "level", "entity_id", "subject", "student_id"]


def compute(state: State) -> pd.DataFrame:
    """Compute every measure of prerequisite gaps."""
    rows = judged(state)
    asked = rows["is_reported"] & (rows["needed_months"] > 0)
    before = rows[asked][["school_year", *SAME, "major"]]
    before = before.assign(school_year=before["school_year"] + 1).rename(columns={"major": "major_before"})
    rows = rows.merge(before, on=["school_year", *SAME], how="left")
    asked = rows["is_reported"] & (rows["needed_months"] > 0)
    unseen = rows["assessed_needed"] == 0
    everyone = rows.assign(exclusion=pd.Series(None, index=rows.index, dtype=object).mask(~asked, "no"), is_due=asked)
    known = everyone.assign(exclusion=everyone["exclusion"].mask(asked & unseen, "unseen"))
    both = asked & rows["major_before"].notna()
    found = 100.0 * (rows["major"].astype(float) - rows["major_seen"].astype(float))
    learned = 100.0 * (rows["major_seen"].astype(float) - rows["major_before"].eq(True).astype(float))
    measures = {
        "unknown_months": (rows["needed_months"] - rows["assessed_needed"], 1),
        "percent_of_prerequisites_assessed": (rows["assessed_needed"], rows["needed_months"]),
        "change_in_major_gaps": (found + learned, 1, both),
        "change_by_identification": (found, 1, both),
        "change_by_learning": (learned, 1, both),
    }
    of_known = {"percent_with_a_major_gap": (rows["major"], 1), "known_gap_months": (rows["gap_months"], 1)}
    return learning.sums_of(
        state,
        pd.concat(
            [learning.contributions(known, of_known), learning.contributions(everyone, measures)], ignore_index=True
        ),
    )


def judged(state: State) -> pd.DataFrame:
    """Give what is known of each student and subject, and whether the gaps are major by the rules of the policy."""
    rows = learning.with_policy(learning.learning(state), state, "prerequisite_gaps")
    assert set(rows["major_gap_boundary"]) <= {"at_least"}
    for name, suffix in (("major", ""), ("major_seen", "_seen")):
        rows[name] = (
            (rows[f"essential_gap_n{suffix}"] > 0)
            | (rows[f"gap_months{suffix}"] >= rows["major_gap_months"])
            | (rows[f"direct_gap_n{suffix}"] >= rows["major_direct_gaps"])
        )
    return rows
