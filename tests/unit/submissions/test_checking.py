"""What a district finds before sending is what the state finds after, and the workbook alone is enough to act on."""

import csv
import io
import json
import subprocess
import sys
from datetime import date
from pathlib import Path

import openpyxl
import pytest
import yaml

from expectations.catalogue import SEVERITY
from expectations.collections import CONTRACTS
from orchestration import telling
from submissions import findings_workbook, report_json
from submissions.checking import EXIT_CODES, LastYearError, check
from submissions.custody import receive
from submissions.page import render as page_of
from submissions.screening import screen
from submissions.store import Store

EXPECTATIONS = Path(__file__).parent.parent / "expectations"
GOOD = yaml.safe_load((EXPECTATIONS / "good_records.yaml").read_text(encoding="utf-8"))
WHOSE = {"district_id": "0470", "school_year": 2025}
COLLECTIONS = ("school", "student", "enrollment", "assessment")


def written(folder: Path, files: dict[str, list[dict]]) -> list[Path]:
    """Write records as files of the standard layout."""
    folder.mkdir(parents=True)
    for name, rows in files.items():
        columns = list(dict.fromkeys(column for row in rows for column in row))
        with (folder / f"{name}.csv").open("w", newline="") as file:
            writer = csv.DictWriter(file, columns, restval="", lineterminator="\n")
            writer.writeheader()
            writer.writerows(rows)
    return sorted(folder.iterdir())


def of_students(count: int, **changes: dict) -> dict[str, list[dict]]:
    """Write a submission of good records for some students, with changes to the collections named."""
    files = {"school": [GOOD["school"]]}
    for name in COLLECTIONS[1:]:
        numbered = [{"student_id": f"00{n}"} for n in range(1, count + 1)]
        files[name] = [
            GOOD[name] | one | ({"last_name": one["student_id"]} if name == "student" else {}) for one in numbered
        ]
    for name, change in changes.items():
        files[name] = [row | (change if place == 0 else {}) for place, row in enumerate(files[name])]
    return files


BROKEN = {
    "student": {"birth_date": "10/3/2014"},
    "enrollment": {"school_id": "63", "grade": "3"},
    "assessment": {"administration_date": "2025-08-01", "performance_level": "12"},
}


def state(tmp_path: Path, paths: list[Path], last_year: list[Path] = ()) -> Path:
    """Receive and screen files as the state, and give the feedback folder."""
    store = Store(tmp_path / "home")
    if last_year:
        receive(store, last_year, district_id="0470", school_year=2024)
        screen(store, 2024)
    receipt = receive(store, paths, **WHOSE)
    screen(store, 2025)
    return store.feedback / receipt.submission_id


# --- one engine


@pytest.mark.parametrize("with_last_year", [False, True])
def test_a_check_and_the_state_find_the_same_to_the_byte(with_last_year, tmp_path):
    paths = written(tmp_path / "sent", of_students(3, **BROKEN))
    before = (
        written(
            tmp_path / "before",
            {"enrollment": [GOOD["enrollment"] | {"student_id": "002", "grade": "04"} | {"entry_date": "2023-08-20"}]},
        )
        if with_last_year
        else []
    )
    theirs = json.loads((state(tmp_path, paths, before) / "report.json").read_text())
    ours = json.loads(report_json.write(check(paths, **WHOSE, last_year=before)))

    assert (ours["engine"].pop("mode"), theirs["engine"].pop("mode")) == ("precheck", "state")
    for part in ("findings", "totals", "coverage", "verdict", "rows", "engine"):
        assert json.dumps(ours[part]).encode() == json.dumps(theirs[part]).encode()
    assert ("ENR-203" in {one["rule"] for one in ours["findings"]}) == with_last_year


def test_the_workbooks_of_a_check_and_of_the_state_list_the_same_records(tmp_path):
    paths = written(tmp_path / "sent", of_students(3, **BROKEN))
    theirs = openpyxl.load_workbook(state(tmp_path, paths) / "findings.xlsx")["All records"]
    ours = openpyxl.load_workbook(io.BytesIO(findings_workbook.write(check(paths, **WHOSE))))["All records"]

    assert list(ours.values) == list(theirs.values)


def test_a_check_leaves_nothing_behind(tmp_path, monkeypatch):
    (tmp_path / "tmp").mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "tmp"))
    check(written(tmp_path / "sent", of_students(2)), **WHOSE)

    assert list((tmp_path / "tmp").iterdir()) == []


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({}, 0),
        ({"enrollment": {"school_id": "63"}}, 1),
        ({"enrollment": {"accountable_school_id": "0999"}}, 2),
    ],
)
def test_the_exit_code_says_what_follows(changes, code, tmp_path):
    feedback = check(written(tmp_path / "sent", of_students(3, **changes)), **WHOSE)

    assert EXIT_CODES[feedback.verdict] == code


def test_a_file_that_the_door_refuses_has_to_be_fixed(tmp_path):
    (tmp_path / "enrollment.csv").write_text('student_id,school_id,grade\nS1,"0063,03\n')
    feedback = check([tmp_path / "enrollment.csv"], **WHOSE)

    assert EXIT_CODES[feedback.verdict] == 1
    assert [card.rule for card in feedback.cards] == ["FIL-011"]


@pytest.mark.parametrize(("content", "rule"), [(b"", "FIL-001"), ("ñ".encode("utf-16"), "FIL-003")])
def test_the_file_is_named_where_one_of_many_is_refused_as_a_whole(content, rule, tmp_path, capsys):
    files = written(tmp_path / "sent", of_students(2))
    (tmp_path / "sent" / "student.csv").write_bytes(content)
    feedback = check(files, **WHOSE)
    telling.checked(telling.screen(), feedback, "en")
    said = " ".join(capsys.readouterr().out.split())

    assert feedback.reason.startswith("student.csv: The file ")
    assert f"{rule} Must fix student.csv: The file " in said
    page = page_of(feedback)
    assert "<li><code>student.csv</code>: <span>The file " in page
    assert "student.csv: El archivo " in page


def test_the_page_of_a_check_names_no_file_that_is_not_beside_it(tmp_path):
    sent = written(tmp_path / "sent", of_students(3, **BROKEN))

    assert "findings.csv</code> beside" not in page_of(check(sent, **WHOSE))
    assert "findings.csv</code> beside" in (state(tmp_path, sent) / "report.html").read_text()


@pytest.mark.parametrize(
    ("language", "line", "heading"), [("en", "line 2", "What could not"), ("es", "línea 2", "Lo que no se pudo")]
)
def test_the_screen_says_on_which_line_and_all_that_was_not_checked(language, line, heading, tmp_path, capsys):
    feedback = check(written(tmp_path / "sent", of_students(3, **BROKEN)), **WHOSE)
    telling.checked(telling.screen(), feedback, language)
    said = capsys.readouterr().out

    assert f"enrollment.csv, {line}: " in said.replace("\n", " ")
    assert heading in said
    assert all(one.rule in said.partition(heading)[2] for one in feedback.not_checked)


def test_what_fails_on_our_side_is_no_fault_of_the_district(tmp_path, monkeypatch):
    def fails(*_, **__):
        raise ValueError("S1 is at fault")

    monkeypatch.setattr("submissions.checking.examine_files", fails)
    feedback = check(written(tmp_path / "sent", of_students(2)), **WHOSE)

    assert EXIT_CODES[feedback.verdict] == 3
    assert "S1" not in feedback.reason


def test_last_year_that_cannot_be_read_is_said(tmp_path):
    before = tmp_path / "enrollment.csv"
    before.write_text("nothing,of\nthe,kind\n")

    with pytest.raises(LastYearError):
        check(written(tmp_path / "sent", of_students(2)), **WHOSE, last_year=[before])


def test_the_command_runs_without_dagster_and_ends_with_the_verdict(tmp_path):
    written(tmp_path / "sent", of_students(3, **BROKEN))
    command = (
        "import sys; from orchestration.cli import app\n"
        "try: app(sys.argv[1:])\n"
        "except SystemExit as end: code = end.code\n"
        "assert not {'dagster', 'dbt', 'great_expectations'} & sys.modules.keys()\n"
        "sys.exit(code)"
    )
    words = ["check", tmp_path / "sent", "--district", "0470", "--year", "2025", "--json", tmp_path / "report.json"]
    done = subprocess.run([sys.executable, "-c", command, *words], capture_output=True, text=True)

    assert done.returncode == 1, done.stderr
    assert "ENR-101" in done.stdout
    assert json.loads((tmp_path / "report.json").read_text())["schema"] == "submission-report/1"


def test_the_report_speaks_of_the_day_that_it_was_asked_of(tmp_path):
    feedback = check(written(tmp_path / "sent", of_students(2)), **WHOSE, as_of=date(2025, 10, 1))

    assert json.loads(report_json.write(feedback))["engine"]["as_of"] == "2025-10-01"


# --- the workbook


def test_the_workbook_has_the_same_bytes_for_the_same_findings(tmp_path):
    paths = written(tmp_path / "sent", of_students(3, **BROKEN))

    assert findings_workbook.write(check(paths, **WHOSE)) == findings_workbook.write(check(paths, **WHOSE))


def test_a_leading_zero_survives_the_workbook(tmp_path):
    paths = written(tmp_path / "sent", of_students(3, **BROKEN))
    feedback = check(paths, **WHOSE, full=True)
    rows = list(openpyxl.load_workbook(io.BytesIO(findings_workbook.write(feedback)))["All records"].values)

    assert {row[0] for row in rows[1:]} >= {"001"}
    assert "0063" in {row[2] for row in rows[1:]}


def test_no_number_of_a_student_is_in_a_report_unless_it_is_a_full_one(tmp_path):
    files = of_students(2, **BROKEN)
    files["enrollment"][0] |= {"student_id": "S7777777", "local_room": "Room 12"}
    paths = written(tmp_path / "sent", files)
    texts = {}
    for full in (False, True):
        feedback = check(paths, **WHOSE, full=full)
        book = openpyxl.load_workbook(io.BytesIO(findings_workbook.write(feedback)))
        texts[full] = report_json.write(feedback) + str([list(sheet.values) for sheet in book])

    assert "S7777777" not in texts[False] and "Room 12" not in texts[False]
    assert "S7777777" in texts[True] and "Room 12" in texts[True]


@pytest.mark.parametrize("language", ["en", "es"])
def test_notes_that_come_back_in_the_workbook_are_read(language, tmp_path):
    paths = written(tmp_path / "sent", of_students(3, enrollment={"accountable_school_id": "0999"}))
    place = tmp_path / "findings.xlsx"
    place.write_bytes(findings_workbook.write(check(paths, **WHOSE), language))
    assert findings_workbook.read_notes(place) == []
    book = openpyxl.load_workbook(place)
    book.worksheets[1]["M2"], book.worksheets[1]["N2"] = "A school of the county", "shared_enrollment"
    book.save(place)

    assert findings_workbook.read_notes(place) == [
        findings_workbook.Note(
            "ENR-108", "enrollment.csv", 2, "accountable_school_id", "shared_enrollment", "A school of the county"
        )
    ]


@pytest.mark.parametrize(("note", "reason"), [(None, "because"), (None, "other")])
def test_a_reason_that_does_not_exist_or_lacks_its_note_is_refused(note, reason, tmp_path):
    paths = written(tmp_path / "sent", of_students(3, enrollment={"accountable_school_id": "0999"}))
    place = tmp_path / "findings.xlsx"
    place.write_bytes(findings_workbook.write(check(paths, **WHOSE)))
    book = openpyxl.load_workbook(place)
    book.worksheets[1]["M2"], book.worksheets[1]["N2"] = note, reason
    book.save(place)

    with pytest.raises(findings_workbook.NotesError, match="row 2"):
        findings_workbook.read_notes(place)


def test_a_workbook_that_is_not_ours_is_refused(tmp_path):
    openpyxl.Workbook().save(tmp_path / "other.xlsx")
    (tmp_path / "text.xlsx").write_text("no workbook")
    for name in ("other.xlsx", "text.xlsx"):
        with pytest.raises(findings_workbook.NotesError):
            findings_workbook.read_notes(tmp_path / name)


def test_a_person_who_has_the_workbook_alone_can_put_a_submission_right(tmp_path):
    """Each step reads cells and nothing else: the file, the row, the field, and what was expected or how to fix it."""
    files = of_students(
        4,
        student={"birth_date": "10/3/2014"},
        enrollment={"school_id": "63", "grade": "3", "exit_date": "2024-07-30", "exit_code": "moved"},
        assessment={"performance_level": "12"},
    )
    paths = written(tmp_path / "attempt1", files)
    feedback = check(paths, **WHOSE)
    assert feedback.verdict == "needs_work"

    for attempt in range(2, 6):
        book = openpyxl.load_workbook(io.BytesIO(findings_workbook.write(feedback)))
        head, *rows = book["All records"].values
        told = [dict(zip(head, row, strict=True)) for row in rows]
        for cell in (one for one in told if one["Severity"] == "Must fix" and one["Row"]):
            record = files[cell["File"].removesuffix(".csv")][int(cell["Row"]) - 2]
            put_right(record, cell)
        paths = written(tmp_path / f"attempt{attempt}", files)
        feedback = check(paths, **WHOSE)
        if feedback.verdict == "ready_to_certify":
            return
    pytest.fail(f"still found: {[card.rule for card in feedback.cards]}")


def put_right(record: dict, cell: dict) -> None:
    """Do what the cells say to one record, as a person would who knows their own students and dates."""
    field, how, expected = cell["Field"].split(", ")[0], cell["How to fix"], cell["What we expected"]
    if "YYYY-MM-DD" in how:
        record[field] = "2014-10-03"
    elif "leading zeros" in how:
        record[field] = record[field].zfill(4)
    elif "Use one of these codes" in how:
        record[field] = next(
            code for code in how.split(": ")[1].rstrip(".").split(", ") if code.endswith(record[field])
        )
    elif "Check the exit date" in how or "exit dates" in how:
        record |= {"exit_date": "", "exit_code": ""}
    elif "1 for the lowest" in how:
        record[field] = "2"
    elif expected:
        record[field] = expected
    else:
        raise AssertionError(f"the cells do not say what to do: {cell}")


# --- the catalogue


def test_the_catalogue_has_every_rule_and_a_page_for_each(tmp_path):
    from submissions.rule_catalogue import write

    write(tmp_path)
    rules = json.loads((tmp_path / "rules.json").read_text())["rules"]

    assert [one["rule"] for one in rules] == sorted(SEVERITY)
    for one in rules:
        page = (tmp_path / f"{one['rule']}.html").read_text()
        assert one["rule"] in page and "<script" not in page
        assert all(one["words"]["en"][part] for part in ("title", "why", "fix"))
        assert one["collection"] in CONTRACTS
