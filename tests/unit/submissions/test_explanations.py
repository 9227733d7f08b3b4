"""What a district says in the workbook that it sends back settles a finding for as many records as it speaks of."""

import io
import json
from datetime import date, timedelta

import openpyxl
import pytest

from submissions import explanations, screening
from submissions.custody import receive, submissions_in_force
from submissions.explanations import ExplanationError, answer, explain
from submissions.findings_workbook import read_notes
from submissions.screening import screen
from submissions.store import Store

TODAY = screening.datetime.now(screening.UTC).date()
WHOSE = {"district_id": "0470", "school_year": 2025}
STUDENTS = "student_id,last_name,first_name,birth_date,sex,hispanic_latino_ethnicity,races\n"
NO_RACE = [f"S{n},Rivera{n},Ana,2014-10-03,F,No,\n" for n in range(1, 5)]


@pytest.fixture
def store(tmp_path):
    return Store(tmp_path / "home")


@pytest.fixture
def report(store, tmp_path):
    """Send students of whom some have no race, and give the report."""

    def send(students: int, **more: str) -> dict:
        for name, text in ({"student": STUDENTS + "".join(NO_RACE[:students])} | more).items():
            (tmp_path / f"{name}.csv").write_text(text)
        receive(store, sorted(tmp_path.glob("*.csv")), **WHOSE)
        return screened(store)

    return send


def screened(store: Store) -> dict:
    screen(store, 2025)
    return json.loads((folder(store) / "report.json").read_text())


def folder(store: Store):
    return store.feedback / submissions_in_force(store, 2025)["0470"].submission_id


def say(store: Store, *said: tuple[str | None, str | None], on: date | None = None):
    """Fill in the note and the reason code of the first rows of the workbook, send it back, and give what was kept."""
    book = openpyxl.load_workbook(folder(store) / "findings.xlsx")
    tab = book["All records"]
    for row, (note, reason) in enumerate(said, 2):
        tab.cell(row, 13).value, tab.cell(row, 14).value = note, reason
    sent = io.BytesIO()
    book.save(sent)
    path = store.root / "returned.xlsx"
    path.write_bytes(sent.getvalue())
    submission = submissions_in_force(store, 2025)["0470"]
    return explain(store, submission, read_notes(path), explained_by="J. Ortiz, data office", on=on)


def test_a_finding_that_is_explained_is_still_counted_and_shown_and_asks_for_nothing(report, store):
    assert report(2)["verdict"] == "needs_explanation"
    [kept], left = say(store, ("The family declined", "other"), (None, "correct"))
    told = screened(store)
    [finding] = [one for one in told["findings"] if one["rule"] == "STU-012"]
    page = (folder(store) / "report.html").read_text()

    assert (kept.most_records, kept.reasons, left) == (2, ("other", "correct"), [])
    assert (told["verdict"], finding["count"]) == ("ready_to_certify", 2)
    assert finding["explanation"]["notes"] == ["The family declined"]
    assert told["totals"]["explained"] == {"rules": 1, "findings": 2}
    assert "The family declined" in page and "J. Ortiz" in page


def test_the_explanation_is_carried_to_the_next_attempt_and_asked_again_when_more_is_found(report, store):
    report(2)
    say(store, (None, "correct"), (None, "correct"))

    assert report(1)["verdict"] == "ready_to_certify"
    assert report(3)["verdict"] == "needs_explanation"


def test_records_that_are_not_explained_are_asked_about_again(report, store):
    report(3)
    [kept], _ = say(store, (None, "correct"), (None, "correct"))

    assert kept.most_records == 2
    assert screened(store)["verdict"] == "needs_explanation"


def test_an_explanation_holds_for_a_year(report, store):
    report(1)
    say(store, (None, "correct"), on=TODAY - timedelta(days=explanations.DAYS + 1))

    assert screened(store)["verdict"] == "needs_explanation"


def test_what_was_said_before_stands_in_the_next_workbook(report, store):
    report(1)
    say(store, ("The family declined", "other"))
    screened(store)
    tab = openpyxl.load_workbook(folder(store) / "findings.xlsx")["All records"]

    assert [tab.cell(2, column).value for column in (12, 13, 14)] == ["Explained", "The family declined", "other"]


def answered(store: Store, **given) -> tuple[dict, dict]:
    """Let the state answer the explanation of STU-012, and give the next report and its finding."""
    answer(store, "STU-012", **WHOSE, answered_by="L. Chen, state office", on=date(2026, 3, 1), **given)
    told = screened(store)
    return told, next(one for one in told["findings"] if one["rule"] == "STU-012")


def test_what_the_state_accepts_stays_settled_and_the_district_reads_so(report, store):
    report(1)
    say(store, ("The family declined", "other"))
    told, finding = answered(store, is_accepted=True, reason="Seen on the form.")
    tab = openpyxl.load_workbook(folder(store) / "findings.xlsx")["All records"]
    page = (folder(store) / "report.html").read_text()

    assert told["verdict"] == "ready_to_certify"
    assert finding["explanation"]["state_reply"] == {
        "accepted": True,
        "reason": "Seen on the form.",
        "answered_by": "L. Chen, state office",
        "answered_on": "2026-03-01",
    }
    assert tab["O2"].value == "Accepted, 2026-03-01: Seen on the form."
    for words in ("The state accepted this.", "El estado aceptó esta explicación.", "Seen on the form."):
        assert words in page


def test_what_the_state_refuses_is_asked_for_again_with_the_reason_until_it_is_explained_anew(report, store):
    report(1)
    say(store, (None, "correct"))
    told, finding = answered(store, is_accepted=False, reason="Send the form.")
    tab = openpyxl.load_workbook(folder(store) / "findings.xlsx")["All records"]

    assert told["verdict"] == "needs_explanation" and told["totals"]["explained"]["rules"] == 0
    assert not finding["explanation"]["state_reply"]["accepted"]
    assert (tab["L2"].value, tab["O2"].value) == ("Explain", "Not accepted, 2026-03-01: Send the form.")
    assert "Send the form." in (folder(store) / "report.html").read_text()

    say(store, ("The form is sent", "other"))
    assert screened(store)["verdict"] == "ready_to_certify"


def test_only_what_was_explained_is_answered_and_never_without_a_reason(report, store):
    report(1)
    given = WHOSE | {"is_accepted": True, "answered_by": "L. Chen"}
    with pytest.raises(ExplanationError, match="has not explained STU-012"):
        answer(store, "STU-012", reason="Fine.", **given)
    say(store, (None, "correct"))
    with pytest.raises(ExplanationError, match="a reason"):
        answer(store, "STU-012", reason=" ", **given)


def test_what_must_be_fixed_cannot_be_explained(report, store):
    report(1, enrollment="student_id,school_id,grade\nS1,0063,3\n")
    _, left = say(store, (None, "correct"))

    assert left == ["ENR-003 has nothing to explain: it is for information, or has to be fixed."]
    assert screened(store)["verdict"] == "needs_work"


def test_a_note_without_a_reason_and_a_reason_of_another_rule_are_told_and_not_kept(report, store):
    report(1)

    assert say(store, ("Because", None)) == (
        [],
        ["STU-012 has a note and no reason code; choose one of correct, other."],
    )
    assert say(store, (None, "boundary_change")) == ([], ["STU-012 is explained by one of correct, other."])


def test_the_ledger_says_what_was_explained_and_never_holds_a_note(report, store):
    report(1)
    say(store, ("Ana Rivera's family declined", "other"))

    assert '"event": "explained"' in store.ledger.read_text()
    assert "Rivera" not in store.ledger.read_text()


def test_a_submission_without_a_report_has_nothing_to_explain(store, tmp_path):
    (tmp_path / "student.csv").write_text(STUDENTS + NO_RACE[0])
    receipt = receive(store, [tmp_path / "student.csv"], **WHOSE)

    with pytest.raises(ExplanationError, match="no report"):
        explain(store, receipt, [], explained_by="J. Ortiz")


def test_the_command_takes_in_the_workbook_and_says_what_it_kept(report, store, monkeypatch):
    from typer.testing import CliRunner

    from orchestration.cli import app

    monkeypatch.setenv("COLUMNS", "200")
    report(1)
    book = openpyxl.load_workbook(folder(store) / "findings.xlsx")
    path = store.root.parent / "returned.xlsx"
    command = [
        "--home",
        str(store.root),
        "respond",
        str(path),
        "--district",
        "0470",
        "--year",
        "2025",
        "--by",
        "J. Ortiz",
    ]
    book.save(path)
    empty = CliRunner().invoke(app, command)
    book["All records"]["N2"] = "correct"
    book.save(path)
    given = CliRunner().invoke(app, command)

    assert (empty.exit_code, given.exit_code) == (1, 0)
    assert "holds no reason code" in empty.output
    assert "STU-012 is explained for up to 1 record" in given.output
