"""A person signs for a district that what the state holds is its records: once, of what is ready, until it changes."""

import json
import shutil

import pytest
from typer.testing import CliRunner

from orchestration.cli import app
from submissions import certification, custody, explanations
from submissions.certification import CERTIFIED, CHANGED, NOT_CERTIFIED, CertificationError, certify, check_receipt
from submissions.custody import receive, submissions_in_force
from submissions.screening import screen
from submissions.store import Store

WHOSE = {"district_id": "0470", "school_year": 2025}
SIGNED = {"name": "J. Ortiz", "title": "Superintendent"}
STUDENTS = "student_id,last_name,first_name,birth_date,sex,hispanic_latino_ethnicity,races\n"
CLEAN = STUDENTS + "S1,Rivera,Ana,2014-10-03,F,No,WH\n"
NO_RACE = STUDENTS + "S1,Rivera,Ana,2014-10-03,F,No,\n"


@pytest.fixture
def store(tmp_path):
    return Store(tmp_path / "home")


@pytest.fixture
def send(store, tmp_path):
    """Receive a file of students, have it screened unless told otherwise, and give the submission."""

    def sent(text: str = CLEAN, is_screened: bool = True, **more):
        file = tmp_path / "sent" / "student.csv"
        file.parent.mkdir(exist_ok=True)
        file.write_text(text)
        receive(store, [file], **WHOSE, **more)
        if is_screened:
            screen(store, 2025)
        return submissions_in_force(store, 2025)["0470"]

    return sent


def explain(store, submission):
    note = explanations.Note("STU-012", "student.csv", 2, "races", "correct", None)
    explanations.explain(store, submission, [note], explained_by="J. Ortiz")
    screen(store, 2025)


def stands(store, submission):
    named = WHOSE | {"submission_id": submission.submission_id}
    return certification.standing(certification.certifications(store), named)[0]


def signatures(store):
    return [event for event in custody.events(store) if event["event"] == "certified"]


def test_what_is_ready_is_certified_with_its_files_and_rows_and_who_signed(store, send):
    submission = send()
    one, is_new = certify(store, submission, **SIGNED)
    [event] = signatures(store)

    assert is_new and stands(store, submission) == CERTIFIED
    assert (event["submission_id"], event["name"], event["title"]) == (submission.submission_id, *SIGNED.values())
    assert [(file["name"], file["sha256"], file["rows"]) for file in event["files"]] == [
        ("student.csv", submission.files[0].sha256, 1)
    ]
    assert (event["verdict"], one.rows, event["statement"]) == ("ready_to_certify", 1, certification.LATEST)
    assert "Rivera" not in json.dumps(event)


def test_what_is_not_ready_cannot_be_certified_and_the_reason_says_what_is_left(store, send):
    submission = send(NO_RACE)
    with pytest.raises(CertificationError, match=r"\(1 rule to explain\).*report\.html"):
        certify(store, submission, **SIGNED)

    assert signatures(store) == [] and stands(store, submission) == NOT_CERTIFIED


def test_an_explained_finding_is_named_in_what_is_signed(store, send):
    submission = send(NO_RACE)
    explain(store, submission)
    one, _ = certify(store, submission, **SIGNED)

    assert one.explanations == ({"rule": "STU-012", "count": 1, "accepted": None},)
    assert one.totals["explained"] == {"rules": 1, "findings": 1}


def test_an_explanation_that_the_state_refused_since_the_screening_is_not_certified_as_ready(store, send):
    submission = send(NO_RACE)
    explain(store, submission)
    explanations.answer(store, "STU-012", **WHOSE, is_accepted=False, reason="Send the form.", answered_by="L. Chen")

    with pytest.raises(CertificationError, match="not been screened as things stand now"):
        certify(store, submission, **SIGNED)


@pytest.mark.parametrize("is_screened", [False, True])
def test_nothing_sent_or_nothing_screened_cannot_be_certified(store, send, is_screened):
    submission = None if is_screened else send(is_screened=False)
    with pytest.raises(CertificationError, match="no submission" if is_screened else "waymark run"):
        certify(store, submission, **SIGNED)


@pytest.mark.parametrize("wrong", [{"name": " "}, {"title": "x" * 121}, {"name": "J.\x1b[31mOrtiz"}])
def test_a_name_and_a_title_are_one_line_that_can_be_printed(store, send, wrong):
    submission = send()
    with pytest.raises(CertificationError, match="one line"):
        certify(store, submission, **SIGNED | wrong)


def test_certifying_the_same_again_is_one_and_another_person_is_another(store, send):
    submission = send()
    first, _ = certify(store, submission, **SIGNED)
    again, is_new = certify(store, submission, **SIGNED)
    assert (again, is_new, len(signatures(store))) == (first, False, 1)

    other, is_new = certify(store, submission, name="L. Chen", title="Deputy")
    assert is_new and len(signatures(store)) == 2
    assert certification.standing(certification.certifications(store), WHOSE | vars(submission))[1] == other


def test_a_later_submission_leaves_the_certification_in_the_ledger_and_it_no_longer_holds(store, send):
    first = send()
    certify(store, first, **SIGNED)
    later = send(CLEAN.replace("WH", "AS"))
    assert (stands(store, first), stands(store, later)) == (CERTIFIED, CHANGED)

    back = send(supersedes=later.submission_id)
    assert back.submission_id == first.submission_id and stands(store, back) == CERTIFIED
    assert len(signatures(store)) == 1


def test_the_receipt_holds_for_the_files_that_were_certified_and_for_no_others(store, send, tmp_path):
    one, _ = certify(store, send(), **SIGNED)
    receipt, file = certification.receipt_of(store, one), tmp_path / "sent" / "student.csv"
    said = json.loads(receipt.read_text())
    assert said["certified_by"] == SIGNED and said["rows"] == 1 and check_receipt(receipt, [file]) == []

    other = tmp_path / "enrollment.csv"
    other.write_text("student_id\nS1\n")
    assert check_receipt(receipt, [file, other]) == ["enrollment.csv is not among what was certified."]
    file.write_text(CLEAN.replace("WH", "AS"))
    assert check_receipt(receipt, [file])[0] == "student.csv is not there as it was certified."
    receipt.write_text(receipt.read_text().replace("J. Ortiz", "L. Chen"))
    assert "not as it was written" in check_receipt(receipt, [file])[0]
    assert check_receipt(other, [file]) == ["enrollment.csv is not the receipt of a certification."]


def test_a_receipt_that_is_lost_is_written_again_from_the_ledger(store, send):
    one, _ = certify(store, submission := send(), **SIGNED)
    path = certification.receipt_of(store, one)
    content = path.read_bytes()
    path.unlink()
    certify(store, submission, **SIGNED)

    assert path.read_bytes() == content


def test_the_command_shows_what_is_signed_signs_it_and_the_receipt_is_verified(store, send, tmp_path, monkeypatch):
    monkeypatch.setenv("COLUMNS", "200")
    monkeypatch.setenv("WAYMARK_HOME", str(store.root))

    def waymark(*words):
        told = CliRunner().invoke(app, [str(word) for word in words])
        return told.exit_code, told.output

    whose = ("--district", "0470", "--year", "2025")
    code, told = waymark("certify", *whose)
    assert code == 1 and "District 0470, 2025: The district has no submission" in told

    send(NO_RACE)
    code, told = waymark("certify", *whose)
    assert code == 1 and "needs_explanation (1 rule to explain)" in told

    send()
    code, told = waymark("certify", *whose)
    assert code == 0 and "Nothing is signed yet" in told and signatures(store) == []
    assert "student.csv" in told and "Rows: 1." in told and certification.STATEMENTS["1"] in told.replace("\n", " ")

    assert f"What was found: {store.feedback}" in told and "as they will be published:" not in told

    code, told = waymark("certify", *whose, "--name", "J. Ortiz")
    assert code == 2 and "both --name and --title" in told

    code, told = waymark("certify", *whose, "--name", "J. Ortiz", "--title", "Superintendent")
    assert code == 0 and "Certified by J. Ortiz, Superintendent" in told
    [receipt] = store.receipts.glob("*-certified-*.json")
    taken = shutil.copy(receipt, tmp_path / "receipt.json")
    code, told = waymark("verify", taken, tmp_path / "sent")
    assert code == 0 and "those that were certified" in told
    (tmp_path / "sent" / "student.csv").write_text(NO_RACE)
    code, told = waymark("verify", taken, tmp_path / "sent")
    assert code == 1 and "student.csv is not there as it was certified" in told
