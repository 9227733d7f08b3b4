"""What follows a first attempt that did not succeed, followed chain by chain."""

import numpy as np
import pandas as pd

from tests.references import judgments
from tests.references.state import KEYS, STUDENT, State

CHAIN = ["school_year", "district_id", "student_id", "framework_version", "competency_id", "evidence_form"]


def compute(state: State) -> pd.DataFrame:
    """Compute the shares of retries, the support between, and the share successful in the end."""
    chains = judgments.with_school(unsuccessful(state), state)
    chains["minutes"], chains["is_support_sent"] = support(chains, state)
    rows = judgments.placed(chains, state, "retry_success")
    gap = (rows["second_date"] - rows["first_date"]).dt.days
    soon = (gap < rows["days_to_retry"]) | (
        (rows["days_to_retry_boundary"] == "at_most") & (gap == rows["days_to_retry"])
    )
    retried, stated = gap.notna(), rows["is_second_equivalent"].notna()
    seen = retried | ((rows["seen_until"] - rows["first_date"]).dt.days >= rows["days_to_retry"])
    equivalent = rows["is_second_equivalent"].eq(True)
    supported = retried & rows["is_support_sent"]
    found = judgments.shares(
        state,
        judgments.measured(rows, "percent_offered_again", soon, seen, seen),
        judgments.measured(
            rows,
            "percent_successful_on_retry",
            equivalent & rows["is_second_successful"].eq(True),
            stated,
            retried,
        ),
        judgments.measured(rows, "percent_equivalent_retries", equivalent, stated, retried),
        judgments.measured(
            rows,
            "mean_support_minutes",
            rows["minutes"] * supported,
            supported,
            supported | (retried & (rows["level"] == "state")),
        ),
    )
    return pd.concat([found, in_time(rows, state)], ignore_index=True)


def unsuccessful(state: State) -> pd.DataFrame:
    """Give the chains that begin with attempt 1 and without success, and how they go on."""
    rows = judgments.accepted(state, "evidence", "evidence_id")
    rows = rows[
        rows["is_summative"].eq(True)
        & rows["attempt_number"].notna()
        & rows["is_successful"].notna()
        & ~rows["is_recheck"].eq(True)
        & judgments.is_of_year(rows, "evidence_date")
    ].sort_values(["attempt_number", "evidence_date", "record_line"])
    stays = state.collection("enrollment")
    ends = pd.to_datetime(stays["school_year"].astype(str) + "-06-30")
    stays = stays.assign(last=pd.to_datetime(stays["exit_date"]).fillna(ends))
    last_stays = stays.groupby([*judgments.DISTRICT, "student_id"])["last"].max()
    days = state.collection("calendar")
    days = days[days["is_instructional"].eq(True)]
    days = days.assign(day=pd.to_datetime(days["calendar_date"]))
    days = days[days["day"] <= pd.to_datetime(days["school_year"].astype(str) + "-06-30")]
    last_days = days.groupby(judgments.DISTRICT)["day"].max()
    rows = rows.assign(place=rows.groupby(CHAIN).cumcount())
    first, second = rows[rows["place"] == 0], rows[rows["place"] == 1]
    chains = first[(first["attempt_number"] == 1) & ~first["is_successful"].eq(True)]
    chains = chains[[*CHAIN, "school_id", "evidence_date"]].rename(columns={"evidence_date": "first_date"})
    columns = {"evidence_date": "second_date", "is_successful": "is_second_successful"}
    columns["is_equivalent_form"] = "is_second_equivalent"
    chains = chains.merge(second[[*CHAIN, *columns]].rename(columns=columns), on=CHAIN, how="left")
    good = rows[(rows["place"] > 0) & rows["is_successful"].eq(True)]
    success = good[good["is_equivalent_form"].eq(True)].groupby(CHAIN)["evidence_date"].min().rename("success_date")
    unclear = good[good["is_equivalent_form"].isna()].groupby(CHAIN)["evidence_date"].min().rename("unclear")
    chains = chains.join(success, on=CHAIN).join(unclear, on=CHAIN)
    chains = chains.join(last_stays, on=[*judgments.DISTRICT, "student_id"]).join(last_days, on=judgments.DISTRICT)
    ends = pd.to_datetime(chains["school_year"].astype(str) + "-06-30")
    until = pd.concat([chains[name].fillna(ends) for name in ("last", "day", "unclear")], axis=1).min(axis=1)
    return chains.assign(seen_until=until.where(until > chains["first_date"], chains["first_date"]))


def support(chains: pd.DataFrame, state: State) -> tuple[pd.Series, pd.Series]:
    """Give the minutes of support for the competency between the attempts, and whether the district sends support."""
    services = state.collection("support_service")
    sending = set(services[judgments.DISTRICT].itertuples(index=False, name=None))
    sent = [key in sending for key in chains[judgments.DISTRICT].itertuples(index=False, name=None)]
    services = services.rename(columns={"target_competency_id": "competency_id", "framework_version": "framework"})
    services = services[
        ["school_year", "district_id", "student_id", "competency_id", "framework", "service_date", "minutes"]
    ]
    both = chains.reset_index(names="chain").merge(services, on=[*judgments.DISTRICT, "student_id", "competency_id"])
    day = pd.to_datetime(both["service_date"])
    between = (day > both["first_date"]) & (day <= both["second_date"])
    same = both["framework"].isna() | (both["framework"] == both["framework_version"])
    minutes = both[between & same].groupby("chain")["minutes"].sum().reindex(chains.index, fill_value=0)
    return minutes, pd.Series(sent, chains.index, dtype=bool)


def in_time(rows: pd.DataFrame, state: State) -> pd.DataFrame:
    """Give one minus the product of the shares that go on, over the days on which someone succeeded."""
    rows = rows.merge(state.groups, on=["policy_id", *STUDENT])
    keys = [name for name in KEYS if name not in ("population", "subject", "grade_span", "measure")]
    found = []
    for key, chains in rows.groupby(keys):
        horizon = chains["days_to_success"].iloc[0]
        success = chains["success_date"].notna().to_numpy()
        days = (chains["success_date"].fillna(chains["seen_until"]) - chains["first_date"]).dt.days.to_numpy()
        left = 1.0
        for day in np.unique(days[success & (days <= horizon)]):
            left *= 1 - (success & (days == day)).sum() / (days >= day).sum()
        seen = left == 0 or days.max() >= horizon
        if len(chains) >= chains["minimum_chains"].iloc[0] and seen:
            found.append((*key, 1 - left))
    result = pd.DataFrame(found, columns=[*keys, "value"])
    return result.assign(population="reporting", subject="ALL", grade_span="all", measure="percent_successful_in_time")
