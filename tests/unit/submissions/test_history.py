"""What changed since the last attempt, what was waived, and that no later year changes an earlier one."""

import csv
import json
from datetime import date, timedelta
from pathlib import Path

import polars as pl
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from submissions import screening
from submissions.custody import events, receive
from submissions.findings import MARKS
from submissions.history import compare
from submissions.screening import screen
from submissions.store import Store
from submissions.waivers import COLUMNS, WaiverError, waivers

ENROLLMENTS = "student_id,school_id,grade\n"
SCHOOLS = "school_id,school_name\n0063,North\n"
TODAY = date.today()


@pytest.fixture
def store(tmp_path) -> Store:
    return Store(tmp_path / "home")


@pytest.fixture
def report(store, tmp_path):
    """Send files as the next attempt of district 0470, screen the year, and give the report for programs."""
    count = 0

    def of(files: dict[str, str], school_year: int = 2025) -> dict:
        nonlocal count
        count += 1
        folder = tmp_path / f"sent{count}"
        folder.mkdir()
        for name, text in files.items():
            (folder / f"{name}.csv").write_text(text)
        receipt = receive(store, sorted(folder.iterdir()), district_id="0470", school_year=school_year)
        screen(store, school_year)
        return json.loads((store.feedback / receipt.submission_id / "report.json").read_text())

    return of


# --- since the last attempt


def test_what_was_fixed_what_is_new_and_what_is_still_there_is_told(report):
    first = report({"enrollment": ENROLLMENTS + "S1,0063,3\nS2,0063,4\nS3,0063,05\n"})
    second = report({"enrollment": ENROLLMENTS + "S9,0063,01\nS3,0063,5\nS2,0063,4\nS1,0063,03\n"})
    third = report({"enrollment": ENROLLMENTS + "S3,0063,05\nS2,0063,04\nS1,0063,03\n"})

    assert (first["submission"]["attempt"], first["changes_since"]) == (1, None)
    assert second["changes_since"] == {"attempt": 1, "fixed": 1, "new": 1, "still": 1}
    assert third["changes_since"] == {"attempt": 2, "fixed": 2, "new": 0, "still": 0}


def test_an_attempt_that_the_door_refused_is_counted_and_compared_with_nothing(report):
    report({"enrollment": ENROLLMENTS + "S1,0063,3\n"})
    refused = report({"enrollment": "student,school\nS1,0063\n"})
    third = report({"enrollment": ENROLLMENTS + "S1,0063,3\nS2,0063,03\n"})

    assert (refused["submission"]["attempt"], refused["changes_since"]) == (2, None)
    assert third["changes_since"] == {"attempt": 1, "fixed": 0, "new": 0, "still": 1}


def test_what_is_kept_to_compare_attempts_names_no_student(report, store):
    report({"enrollment": ENROLLMENTS + "S7777777,0063,3\n"})
    [kept] = (store.root / "private" / "findings").rglob("*.parquet")

    assert b"7777777" not in kept.read_bytes()
    assert "7777777" not in str(pl.read_parquet(kept).rows())


COUNTED = st.dictionaries(st.tuples(st.sampled_from("AB"), st.sampled_from("xyz")), st.integers(1, 9))


@given(before=COUNTED, now=COUNTED)
def test_fixed_new_and_still_add_up(before, now):
    frames = [
        pl.DataFrame([(rule, mark, count) for (rule, mark), count in one.items()], schema=MARKS, orient="row")
        for one in (before, now)
    ]
    for rule in "AB":
        fixed, new, still = compare(*frames).get(rule, (0, 0, 0))
        assert fixed + still == sum(count for (one, _), count in before.items() if one == rule)
        assert new + still == sum(count for (one, _), count in now.items() if one == rule)


# --- years


def test_next_years_files_sent_in_march_change_nothing_of_this_year(report, store):
    report({"enrollment": ENROLLMENTS + "S1,0063,03\n", "school": SCHOOLS})
    this_year = {path: path.read_bytes() for path in store.root.rglob("*") if "2025" in str(path) and path.is_file()}
    report({"calendar": "school_id,calendar_date,is_instructional\n0063,2025-09-02,Yes\n", "school": SCHOOLS}, 2026)

    assert screen(store, 2025).unchanged == ["0470"]
    assert this_year == {path: path.read_bytes() for path in this_year}


def test_a_district_is_screened_again_when_its_last_year_was_accepted_anew(report, store):
    report({"enrollment": ENROLLMENTS + "S1,0063,02\n"}, 2024)
    first = report({"enrollment": ENROLLMENTS + "S1,0063,03\n"})
    report({"enrollment": ENROLLMENTS + "S1,0063,04\n"}, 2024)
    assert screen(store, 2025).screened == ["0470"]
    again = json.loads((store.feedback / first["submission"]["id"] / "report.json").read_text())

    assert "ENR-203" in first["coverage"]["passed"]
    assert "ENR-203" in {one["rule"] for one in again["findings"]}


def test_enrollments_without_attendance_are_not_checked_for_attendance_and_never_passed(report):
    told = report({"enrollment": ENROLLMENTS + "S1,0063,03\n", "discipline": DISCIPLINE})
    missing = {one["rule"]: one["missing"] for one in told["coverage"]["not_checked"]}

    assert missing["DSC-103"] == "attendance"
    assert not [code for code in told["coverage"]["passed"] if code.startswith(("ATT", "DSC-103"))]


DISCIPLINE = "incident_id,student_id,school_id,action,begin_date\nI1,S1,0063,in_school_suspension,2024-10-01\n"


def test_a_submission_in_which_no_record_can_be_read_is_no_success(report):
    told = report({"enrollment": ENROLLMENTS + "S 1,0063,03\n"})

    assert (told["verdict"], told["status"]) == ("needs_work", "refused")
    assert [row["rows_accepted"] for row in told["rows"]] == [0]


def test_a_blank_code_and_an_unknown_one_are_two_findings(report):
    told = report({"enrollment": ENROLLMENTS + "S1,0063,\nS2,0063,-2\n"})

    assert {one["rule"]: one["count"] for one in told["findings"]} == {"ENR-002": 1, "ENR-003": 1}


def test_a_rule_in_shadow_is_in_the_ledger_and_nowhere_else(report, store, monkeypatch):
    from dataclasses import replace

    from expectations.agreement import CARDS
    from submissions import examination

    quiet = [replace(card, shadow=True) if code == "ENR-101" else card for code, card in CARDS.items()]
    real = examination.agree
    monkeypatch.setattr(examination, "agree", lambda *sent, **whose: real(*sent, **whose, cards=quiet))
    told = report({"enrollment": ENROLLMENTS + "S1,0064,03\n", "school": SCHOOLS})

    assert "ENR-101" not in json.dumps(told)
    assert events(store)[-1]["shadow"] == {"ENR-101": 1}


# --- waivers


def waive(store: Store, **changes) -> None:
    row = {
        "rule": "ENR-101",
        "district_id": "0470",
        "school_year": "2025",
        "reason": "The county school reports next month",
        "approver": "State data office",
        "approved_on": str(TODAY - timedelta(days=1)),
        "expires_on": str(TODAY + timedelta(days=30)),
        "most_records": "2",
    }
    store.received.mkdir(parents=True, exist_ok=True)
    with (store.received / "waivers.csv").open("w", newline="") as file:
        writer = csv.DictWriter(file, COLUMNS, lineterminator="\n")
        writer.writeheader()
        writer.writerow(row | changes)


FILES = {"enrollment": ENROLLMENTS + "S1,0064,03\nS2,0064,03\nS3,0063,03\n", "school": SCHOOLS}


def test_a_waived_finding_is_counted_and_shown_as_waived_and_asks_for_nothing(report, store):
    waive(store)
    told = report(FILES)
    [finding] = [one for one in told["findings"] if one["rule"] == "ENR-101"]
    page = (store.feedback / told["submission"]["id"] / "report.html").read_text()

    assert (finding["count"], finding["waived"]["approver"]) == (2, "State data office")
    assert told["totals"]["waived"] == {"rules": 1, "findings": 2}
    assert told["verdict"] == "ready_to_certify"
    assert "The county school reports next month" in page
    assert pl.read_parquet(store.accepted / "enrollment" / "2025" / "0470.parquet")["worst_severity"][0] == "must_fix"


@pytest.mark.parametrize(
    "changes",
    [
        {"most_records": "1"},
        {"expires_on": str(TODAY - timedelta(days=1))},
        {"approved_on": str(TODAY + timedelta(days=1))},
        {"school_year": "2024"},
        {"district_id": "0471"},
    ],
)
def test_a_waiver_holds_for_its_district_year_days_and_number_of_records_alone(changes, report, store):
    waive(store, **changes)

    assert report(FILES)["verdict"] == "needs_work"


def test_a_district_is_screened_again_when_a_waiver_begins_or_ends(report, store, monkeypatch):
    report(FILES)
    waive(store)
    assert screen(store, 2025).screened == ["0470"]
    assert screen(store, 2025).screened == []

    class Later(screening.datetime):
        @classmethod
        def now(cls, zone):
            return super().now(zone) + timedelta(days=60)

    monkeypatch.setattr(screening, "datetime", Later)
    assert screen(store, 2025).screened == ["0470"]


@pytest.mark.parametrize("changes", [{"rule": "ENR-999"}, {"approver": ""}, {"expires_on": "next year"}])
def test_a_waiver_that_is_not_complete_is_refused_and_its_line_named(changes, store):
    waive(store, **changes)

    with pytest.raises(WaiverError, match="line 2"):
        waivers(store)


@pytest.mark.parametrize("table", ["rule,why\n", "\xff\xfe", f'{",".join(COLUMNS)}\n"ENR-101,0470\n', None])
def test_where_the_waivers_cannot_be_read_nothing_is_waived_and_no_district_waits(table, store, report):
    waive(store, school_year="in May")
    if table is not None:
        (store.received / "waivers.csv").write_text(table, encoding="latin-1")
    told, again = report(FILES), screen(store, 2025)

    assert told["verdict"] == "needs_work"
    assert again.unchanged == ["0470"] and again.waivers_not_read.startswith("Nothing is waived: ")
    assert "waivers.csv" in again.waivers_not_read and "in May" not in again.waivers_not_read
    waive(store)
    assert screen(store, 2025).waivers_not_read is None


# --- numbers of evidence and decisions


GOOD = yaml.safe_load((Path(__file__).parents[1] / "expectations" / "good_records.yaml").read_text(encoding="utf-8"))


def one_record(collection: str, **changes: str) -> str:
    row = {name: value or "" for name, value in (GOOD[collection] | changes).items()}
    return ",".join(row) + "\n" + ",".join(row.values()) + "\n"


def test_the_numbers_of_evidence_and_decisions_are_under_pseudonyms_that_still_meet(report, store):
    report(
        {
            "evidence": one_record("evidence", evidence_id="e-0042", determination_id="d-0042"),
            "moderation_score": one_record("moderation_score", evidence_id="e-0042"),
            "determination": one_record("determination", determination_id="d-0042"),
        }
    )
    named = ("evidence", "moderation_score", "determination")
    kept = {name: pl.read_parquet(store.accepted / name / "2025" / "0470.parquet") for name in named}

    assert kept["evidence"]["evidence_id"][0] == kept["moderation_score"]["evidence_id"][0] != "e-0042"
    assert kept["evidence"]["determination_id"][0] == kept["determination"]["determination_id"][0] != "d-0042"


def test_a_decision_of_last_year_that_was_rewritten_is_found_under_its_own_number(report):
    decided = {"determination_id": "d-0042", "decided_date": "2024-05-02"}
    report({"determination": one_record("determination", **decided)}, 2024)
    told = report({"determination": one_record("determination", **decided | {"student_id": "S0099"})}, 2025)

    assert "DET-202" in {one["rule"] for one in told["findings"]}
