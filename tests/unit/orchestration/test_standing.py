"""Where districts and rules stand: each state, who is stuck, what is due, and which rule gathers in one system."""

import importlib.util
from datetime import date, timedelta
from pathlib import Path

import polars as pl
import pytest

from orchestration import standing
from reports.operations.contract import TABLES

spec = importlib.util.spec_from_file_location("made_up_intake", Path(__file__).with_name("made_up_intake.py"))
made_up = importlib.util.module_from_spec(spec)
spec.loader.exec_module(made_up)
FIX, EXPLAIN, INFORMATION = "RUL-000", "RUL-001", "RUL-002"


def derived(attempts, findings=(), **tables):
    found = [(attempts[place]["submission_id"], rule, count) for place, rule, count in findings]
    return standing.derive(made_up.told(attempts, found, **tables), made_up.NOW)


def only(table, **wanted):
    (row,) = table.filter(**wanted).rows(named=True)
    return row


def explanation(**others):
    said = {"school_year": made_up.YEAR, "district_id": "0001", "rule": EXPLAIN, "reasons": "CONFIRMED"}
    said |= {"explained_by": "J. Ortiz", "explained_on": date(2026, 11, 10), "expires_on": date(2027, 11, 10)}
    return said | {"most_records": 5, "notes": "1.json"} | others


@pytest.mark.parametrize(
    ("verdict", "findings", "state"),
    [
        ("waiting", [], "waiting"),
        ("not_checked", [], "not_checked"),
        ("refused", [(0, FIX, 1)], "refused"),
        ("accepted", [(0, FIX, 1), (0, EXPLAIN, 1)], "must_fix"),
        ("accepted", [(0, EXPLAIN, 1), (0, INFORMATION, 1)], "explain"),
        ("accepted", [(0, INFORMATION, 1)], "ready"),
        ("accepted", [], "ready"),
    ],
)
def test_a_district_stands_at_the_gravest_thing_that_is_left_to_do(verdict, findings, state):
    tables = derived([made_up.attempt("0001", verdict=verdict)], findings)
    assert tables["ops_standing"]["state"].to_list() == [state]


def signature(submission_id):
    signed = {"school_year": made_up.YEAR, "district_id": "0001", "submission_id": submission_id}
    return signed | {"certified_at": made_up.NOW, "certified_by": "J. Ortiz", "certified_as": "Head", "explained": 0}


def test_a_district_has_certified_while_what_it_signed_is_the_latest_and_asks_for_nothing():
    attempts = [made_up.attempt("0001", 1, days_ago=9), made_up.attempt("0001", 2, days_ago=1)]
    first, second = (signature(one["submission_id"]) for one in attempts)
    for signed, findings, state in (
        (first, [], "ready"),
        (second, [], "certified"),
        (second, [(1, FIX, 1)], "must_fix"),
    ):
        tables = derived(attempts, findings, ops_certification=[signed])
        assert tables["ops_standing"]["state"].to_list() == [state]
    assert set(derived(attempts, ops_certification=[second])["ops_cell"]["state"]) == {"certified"}


def test_only_the_collection_in_which_something_is_found_has_something_to_do():
    cells = derived([made_up.attempt("0001")], [(0, "RUL-003", 4)])["ops_cell"]
    assert cells.select("collection", "state", "must_fix").rows() == [
        ("collection_00", "ready", 0),
        ("collection_01", "must_fix", 4),
    ]


def test_the_latest_attempt_counts_and_the_earlier_are_counted():
    attempts = [made_up.attempt("0001", 1, days_ago=9), made_up.attempt("0001", 2, days_ago=1)]
    attempts[0]["is_in_force"] = False
    tables = derived(attempts, [(0, FIX, 7)])
    row = only(tables["ops_standing"], district_id="0001")
    assert (row["state"], row["attempts"]) == ("ready", 2)
    assert tables["ops_hit"].is_empty()
    assert tables["ops_submission"]["must_fix"].to_list() == [7, 0]


def test_a_district_of_which_nothing_came_has_not_sent():
    known = [{"district_id": own, "district_name": None, "vendor": None} for own in ("0001", "0002")]
    tables = derived([made_up.attempt("0001")], ops_district=known)
    assert only(tables["ops_standing"], district_id="0002")["state"] == "not_sent"


@pytest.mark.parametrize(
    ("verdict", "days_ago", "stuck"),
    [
        ("refused", 13.9, None),
        ("refused", 14.1, "theirs"),
        ("accepted", 100, None),
        ("waiting", 1 / 24, None),
        ("waiting", 3 / 24, "ours"),
        ("not_checked", 0, "ours"),
    ],
)
def test_who_has_something_to_do_and_does_nothing_is_stuck(verdict, days_ago, stuck):
    tables = derived([made_up.attempt("0001", days_ago=days_ago, verdict=verdict)])
    assert tables["ops_standing"]["stuck"].to_list() == [stuck]


def test_a_district_with_something_to_fix_is_stuck_until_it_sends_again():
    old = made_up.attempt("0001", 1, days_ago=30)
    assert derived([old], [(0, FIX, 1)])["ops_standing"]["stuck"].to_list() == ["theirs"]
    again = [old | {"is_in_force": False}, made_up.attempt("0001", 2, days_ago=1)]
    assert derived(again, [(0, FIX, 1), (1, FIX, 1)])["ops_standing"]["stuck"].to_list() == [None]


@pytest.mark.parametrize(
    ("said", "count", "state"),
    [
        ({}, 5, "ready"),
        ({}, 6, "explain"),
        ({"answer": "accepted"}, 5, "ready"),
        ({"answer": "refused"}, 5, "explain"),
        ({"expires_on": date(2026, 11, 19)}, 5, "explain"),
    ],
)
def test_what_was_explained_asks_for_nothing_until_it_is_refused_runs_out_or_grows(said, count, state):
    tables = derived([made_up.attempt("0001")], [(0, EXPLAIN, count)], explanation=[explanation(**said)])
    assert tables["ops_standing"]["state"].to_list() == [state]
    assert only(tables["ops_explanation"])["count"] == count


def test_the_last_explanation_of_a_rule_is_the_one_that_waits():
    said = [explanation(answer="refused", answered_by="State"), explanation(reasons="OTHER")]
    tables = derived([made_up.attempt("0001")], [(0, EXPLAIN, 5)], explanation=said)
    assert tables["ops_explanation"].select("reasons", "answer").rows() == [("OTHER", None)]


def test_what_is_waived_asks_for_nothing():
    waived = {"school_year": made_up.YEAR, "district_id": "0001", "rule": FIX, "most_records": 5, "reason": "A fire"}
    waived |= {"approver": "State", "approved_on": date(2026, 11, 1), "expires_on": date(2026, 12, 1)}
    for count, state in ((5, "ready"), (6, "must_fix")):
        tables = derived([made_up.attempt("0001")], [(0, FIX, count)], ops_waiver=[waived])
        assert tables["ops_standing"]["state"].to_list() == [state]


def test_what_did_not_come_by_its_day_is_overdue_and_a_district_may_have_a_day_of_its_own():
    today, year = made_up.NOW.date(), made_up.YEAR
    due = [(year, "collection_07", None, today - timedelta(days=1)), (year, "collection_08", None, today)]
    due += [(year, "collection_07", "0002", today + timedelta(days=30))]
    rows = [dict(zip(TABLES["ops_due"], row, strict=True)) for row in due]
    tables = derived([made_up.attempt("0001"), made_up.attempt("0002")], ops_due=rows)
    counts = tables["ops_standing"].select("district_id", "overdue", "due_soon").rows()
    assert counts == [("0001", 1, 1), ("0002", 0, 1)]


def test_the_days_to_fix_run_from_the_first_attempt_with_a_finding_to_the_first_without():
    attempts = [made_up.attempt("0001", number, days_ago=days) for number, days in ((1, 20), (2, 15), (3, 8), (4, 1))]
    tables = derived(attempts, [(0, FIX, 3), (1, FIX, 1), (3, EXPLAIN, 1)])
    assert tables["ops_rule"].select("rule", "days_to_fix").rows() == [(EXPLAIN, None)]
    tables = derived([*attempts, made_up.attempt("0002")], [(0, FIX, 3), (1, FIX, 1), (4, FIX, 1)])
    assert only(tables["ops_rule"], rule=FIX)["days_to_fix"] == 12


def test_a_planted_stuck_district_and_a_planted_bug_of_one_system_are_found_and_nothing_else():
    tables = standing.derive(made_up.state(1_000), made_up.NOW)
    stuck = tables["ops_standing"].filter(pl.col("stuck").is_not_null())
    assert stuck.select("district_id", "stuck").rows() == [(made_up.STUCK, "theirs")]
    clusters = tables["ops_vendor_rule"].filter("is_cluster")
    assert clusters.select("rule", "vendor").rows() == [(made_up.BUG, made_up.SYSTEM)]
    assert clusters["districts"].to_list() == [199]
    assert clusters["districts_sent"].to_list() == [200]


def test_a_rule_that_everybody_breaks_gathers_nowhere():
    told = made_up.state(200)
    everywhere = told["submission"].select(
        "submission_id", pl.lit(FIX).alias("rule"), pl.lit(1, pl.Int64).alias("count")
    )
    tables = standing.derive(told | {"finding": everywhere}, made_up.NOW)
    assert not tables["ops_vendor_rule"]["is_cluster"].any()


def test_every_table_has_the_columns_of_the_contract_though_nothing_has_happened():
    tables = standing.derive(made_up.nothing(), made_up.NOW)
    assert {name: table.schema for name, table in tables.items()} == TABLES
