"""A district reads what happened, what is wrong, how much of it, why and what to do; nothing can act on the page."""

import base64
import csv
import hashlib
import io
import re
from dataclasses import replace
from html.parser import HTMLParser

import openpyxl
import polars as pl
import pytest

from expectations.notices import Notice
from submissions import feedback as feedback_module
from submissions import findings, findings_workbook, report_json
from submissions.custody import ReceivedFile, Submission, receive
from submissions.delivery import deliver
from submissions.feedback import Feedback
from submissions.page import render
from submissions.screening import screen
from submissions.store import Store

SUBMISSION = Submission(
    submission_id="2025-0470-0123456789ab",
    district_id="0470",
    school_year=2025,
    mapping=None,
    sequence=1,
    received_at="2025-07-01T08:00:00+00:00",
    files=(ReceivedFile("enrollment.csv", "a" * 64, 1234, 3),),
)
FILE = {
    "file_name": "enrollment.csv",
    "collection": "enrollment",
    "rows_received": 3,
    "rows_accepted": 3,
    "rows_quarantined": 0,
    "rows_not_applicable": 0,
    "records_accepted": 3,
    "must_fix": 0,
    "explain": 0,
    "information": 0,
}


def one_feedback(**changes) -> Feedback:
    facts = {
        "submission": SUBMISSION,
        "status": "accepted",
        "reason": None,
        "rule_pack": "0123",
        "notices": (),
        "findings": findings.LISTED.to_frame(),
        "files": [FILE],
        "records": {"enrollment": 3},
        "passed": [],
    }
    return Feedback(**facts | changes)


def one_notice(**changes) -> Notice:
    facts = {
        "rule": "FIL-021",
        "severity": "information",
        "title": "Blank lines were skipped",
        "message": "Line 3 is blank and was skipped.",
        "fix": "Nothing to do.",
        "file": "enrollment.csv",
        "line": 3,
    }
    return Notice(**facts | changes)


class Page(HTMLParser):
    """The text of a page as a person reads it, and its elements."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.parts, self.elements, self.quiet = [], [], False
        self.feed(html.partition('<div class="spanish"')[0])
        self.text = " ".join(" ".join(self.parts).split()).replace(" :", ":")

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))
        self.quiet = tag == "style"

    def handle_endtag(self, tag):
        self.quiet = False

    def handle_data(self, data):
        if not self.quiet:
            self.parts.append(data)

    def all(self, tag: str) -> list[dict]:
        return [attributes for name, attributes in self.elements if name == tag]


@pytest.fixture
def screened(tmp_path):
    """Send enrollments to district 0470, screen them, and give the feedback folder."""

    def through(text: str):
        store = Store(tmp_path / "home")
        (tmp_path / "enrollment.csv").write_text(text)
        receipt = receive(store, [tmp_path / "enrollment.csv"], district_id="0470", school_year=2025)
        screen(store, 2025)
        return store.feedback / receipt.submission_id

    return through


def table_of(folder):
    with (folder / "findings.csv").open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


# --- the verdict


@pytest.mark.parametrize(
    ("changes", "verdict"),
    [
        ({}, "Taken in. There is nothing to fix and nothing to explain."),
        ({"notices": [one_notice()]}, "Taken in. There is nothing to fix and nothing to explain."),
        (
            {"notices": [one_notice(severity="explain")]},
            "Taken in. Nothing must be fixed; 1 thing to explain.",
        ),
        (
            {"notices": [one_notice(severity="must_fix")], "files": [FILE | {"must_fix": 1}]},
            "Taken in, with 1 thing to fix in 1 record.",
        ),
        (
            {
                "notices": [one_notice(severity="must_fix"), one_notice(rule="FIL-022", severity="must_fix")],
                "files": [FILE | {"must_fix": 1200}],
            },
            "Taken in, with 2 things to fix in 1,200 records.",
        ),
        (
            {"status": "refused", "reason": "Line 4 has 2 fields."},
            "This submission was not taken in. Line 4 has 2 fields.",
        ),
        ({"status": "not_checked"}, "We could not check this submission. The fault is ours"),
    ],
)
def test_the_verdict_is_said_in_words_and_numbers_agree(changes, verdict):
    assert verdict in Page(render(one_feedback(**changes))).text


@pytest.mark.parametrize("status", ["refused", "not_checked"])
def test_where_nothing_was_taken_in_the_page_says_what_stays_in_force(status):
    assert "it stays in force" in Page(render(one_feedback(status=status))).text


def test_what_is_said_of_simulated_records_says_so():
    real, made_up = one_feedback(), one_feedback(submission=replace(SUBMISSION, simulated=True))
    for said in ("Simulated records.", "Registros simulados."):
        assert said in render(made_up)
        assert said not in render(real)
    for feedback, simulated in ((real, False), (made_up, True)):
        assert report_json.document(feedback)["submission"]["simulated"] is simulated
        sheet = openpyxl.load_workbook(io.BytesIO(findings_workbook.write(feedback))).worksheets[0]
        assert any("Simulated records" in str(cell.value) for row in sheet for cell in row) is simulated


def test_the_moment_of_receipt_is_written_for_people():
    assert "2025-07-01 08:00 UTC" in render(one_feedback())


def test_rows_set_aside_are_told_before_anything_else():
    page = Page(render(one_feedback(files=[FILE | {"rows_quarantined": 1}]))).text

    assert "1 row could not be taken in and was set aside." in page


# --- the findings


def test_the_page_says_of_each_rule_what_is_wrong_how_many_of_how_many_why_and_what_to_do(screened):
    rows = "".join(f"S{n},0063,{3 if n < 7 else '03'}\n" for n in range(10))
    page = Page((screened("student_id,school_id,grade\n" + rows) / "report.html").read_text()).text

    assert "A code is not in its code set ENR-003" in page
    assert "In 7 enrollments, grade holds a code that is not in its code set. (7 of 10; the first on line 2)" in page
    assert "Why it matters. A code that no one has defined cannot be counted in any group." in page
    assert "What to do. Use one of these codes: PK, KG, 01," in page
    assert "The first 5 of 7 findings File Line Column What we saw enrollment.csv 2 grade 3" in page


def test_the_page_says_what_passed_and_what_could_not_be_checked_and_why(screened):
    page = Page((screened("student_id,school_id,grade\nS1,0063,03\n") / "report.html").read_text()).text

    assert re.search(r"Enrollment: \d+ checks passed", page)
    assert "ENR-004 Two rows have the same key: none found" in page
    assert "These rules were not asked. They are neither passed nor failed." in page
    assert "The exit date is before the entry date: not sent: enrollment.entry_date, enrollment.exit_date" in page
    assert "ENR-101 The school of an enrollment is not in the school file: not sent: school" in page
    assert "ENR-201 The number of students changed by 20 percent or more: not known of last year: enrollment" in page


def test_the_page_shows_where_every_row_went(screened):
    page = Page((screened("student_id,school_id,grade\nS1,0063,03\nS 2,0063,03\n") / "report.html").read_text()).text

    heads = "File Collection Received Accepted Set aside Not applicable Records made"
    assert f"{heads} enrollment.csv enrollment 2 1 1 0 1" in page


def test_the_gravest_comes_first_and_then_the_most_frequent():
    counts = [("FIL-001", "explain", 9), ("FIL-002", "must_fix", 1), ("FIL-003", "must_fix", 5)]
    notices = [one_notice(rule=rule, severity=severity, count=count) for rule, severity, count in counts]

    assert re.findall(r'<h3 id="(FIL-\d+)"', render(one_feedback(notices=notices))) == ["FIL-003", "FIL-002", "FIL-001"]


def test_findings_are_listed_record_by_record_up_to_a_limit_and_counted_exactly(screened):
    rows = "".join(f"S{n},0063,{'3' if n < 1500 else '03'}\n" for n in range(1600)) + "S9999,,03\n"
    folder = screened("student_id,school_id,grade\n" + rows)
    table = table_of(folder)
    unknown = [row for row in table if row["rule"] == "ENR-003"]

    assert [int(row["line"]) for row in unknown] == list(range(2, 1002))
    assert {row["findings_of_this_rule"] for row in unknown} == {"1500"}
    assert [row["line"] for row in table if row["rule"] == "ENR-002"] == ["1602"]
    assert (
        "The first 5 of 1,500 findings; findings.csv lists the first 1,000"
        in Page((folder / "report.html").read_text()).text
    )


def test_a_finding_about_no_record_is_listed_too():
    notices = [one_notice(), one_notice(file="student.csv", line=9)]
    table = feedback_module.table(one_feedback(notices=notices))

    assert [(row[3], row[4]) for row in table[1:]] == [("enrollment.csv", 3), ("student.csv", 9)]


def test_a_spreadsheet_takes_no_cell_for_a_formula(screened):
    row = table_of(screened("student_id,school_id,grade,=HYPERLINK\nS1,0063,=1+1,x\nS2,0063,@SUM,x\n"))

    assert {one["what_we_saw"] for one in row if one["rule"] == "ENR-003"} == {"'=1+1", "'@SUM"}
    assert [one["field"] for one in row if one["rule"] == "ENR-006"] == ["'=HYPERLINK"]


# --- the page itself


def test_what_a_district_sent_is_shown_as_text_and_never_as_markup(screened):
    folder = screened('student_id,school_id,grade,<script>x\nS1,0063,"<img src=x onerror=alert(1)>",y\n')
    page = Page((folder / "report.html").read_text())

    assert "<img src=x onerror=alert(1)>" in page.text
    assert "The column <script>x is not part of the standard" in page.text
    assert not page.all("script") and not page.all("img")


def test_the_page_may_load_nothing_but_its_own_style():
    html = render(one_feedback())
    page = Page(html)
    [policy] = [meta["content"] for meta in page.all("meta") if meta.get("http-equiv") == "Content-Security-Policy"]
    style = re.search(r"<style>(.*?)</style>", html, re.DOTALL)[1]
    sha256 = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()

    assert policy == f"default-src 'none'; style-src 'sha256-{sha256}'; base-uri 'none'; form-action 'none'"
    assert not [
        attributes for _, attributes in page.elements if {"src", "href", "style", "onclick"} & attributes.keys()
    ]
    assert "url(" not in style and "@import" not in style


def test_every_table_has_a_caption_and_every_head_a_scope(screened):
    page = Page((screened("student_id,school_id,grade\nS1,0063,3\n") / "report.html").read_text())

    assert len(page.all("table")) == len(page.all("caption")) == 4
    assert {head.get("scope") for head in page.all("th")} == {"col", "row"}


def test_writing_again_leaves_one_page_and_one_table(tmp_path):
    store = Store(tmp_path)
    folder = deliver(store, one_feedback())
    deliver(store, one_feedback(notices=[one_notice()]))

    assert sorted(path.name for path in folder.iterdir()) == [
        "findings.csv",
        "findings.xlsx",
        "report.html",
        "report.json",
    ]
    assert pl.read_csv(folder / "findings.csv").height == 1
