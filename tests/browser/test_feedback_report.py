"""What a district reads back works for everyone: by ear, by keyboard, on a narrow screen, on paper, from a file."""

from pathlib import Path
from urllib.parse import urlsplit

import pytest

from submissions.custody import receive
from submissions.rule_catalogue import write
from submissions.screening import screen
from submissions.store import Store
from tests.valid_html import faults_of

pytestmark = pytest.mark.browser

STUDENTS = "student_id,last_name,first_name,birth_date,sex,races,motto\n" + "".join(
    f"S{n},Rivera,Ana{n},{'2014-10-03' if n else '10/3/2014'},{'F' if n % 2 else 'Girl'},{'WH' if n % 3 else ''},Up\n"
    for n in range(12)
)
REPORTS = {
    "with_findings_of_every_severity": STUDENTS,
    "with_nothing_to_fix": "student_id,races\nS1,WH\n",
    "refused_at_the_door": "student,races\nS1,WH\n",
}


@pytest.fixture(scope="module")
def reports(tmp_path_factory) -> dict[str, str]:
    """The address of a report of each kind."""
    addresses = {}
    for kind, text in REPORTS.items():
        home = tmp_path_factory.mktemp(kind)
        (home / "student.csv").write_text(text)
        store = Store(home / "home")
        receipt = receive(store, [home / "student.csv"], district_id="0470", school_year=2025)
        screen(store, 2025)
        addresses[kind] = (store.feedback / receipt.submission_id / "report.html").as_uri()
    return addresses


@pytest.fixture
def page(chromium):
    """A page of an English reader, with what it asks for and complains of written down."""
    context = chromium.new_context(locale="en-US")
    page = context.new_page()
    page.asked, page.complaints = [], []
    page.on("request", lambda request: page.asked.append(request.url))
    page.on("console", lambda message: page.complaints.append(message.text))
    yield page
    context.close()


@pytest.mark.parametrize("language", ["English", "Español"])
@pytest.mark.parametrize("width", [320, 1280])
@pytest.mark.parametrize("kind", REPORTS)
def test_a_report_meets_wcag_in_both_languages_at_any_width(kind, width, language, page, reports, axe_violations):
    page.set_viewport_size({"width": width, "height": 900})
    page.goto(reports[kind])
    page.get_by_label(language).check()

    assert axe_violations(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width


@pytest.mark.parametrize("kind", REPORTS)
def test_a_report_is_valid_html(kind, reports):
    assert faults_of(Path(urlsplit(reports[kind]).path).read_text()) == []


@pytest.mark.parametrize("kind", REPORTS)
def test_a_report_asks_for_nothing_but_itself_and_its_style_is_allowed(kind, page, reports):
    page.goto(reports[kind])

    assert page.asked == [reports[kind]]
    assert page.complaints == []
    assert page.evaluate("getComputedStyle(document.querySelector('.verdict')).borderLeftStyle") == "solid"


def test_wide_tables_can_be_reached_and_moved_with_the_keyboard(page, reports):
    page.set_viewport_size({"width": 320, "height": 900})
    page.goto(reports["with_findings_of_every_severity"])
    reached = set()
    for _ in range(40):
        page.keyboard.press("Tab")
        reached.add(page.evaluate("document.activeElement.getAttribute('aria-label')"))

    wide = page.eval_on_selector_all(".english .wide", "all => all.map(one => one.getAttribute('aria-label'))")
    assert set(wide) <= reached


def test_the_reader_chooses_the_language_and_reads_one_at_a_time(page, reports):
    page.goto(reports["with_findings_of_every_severity"])
    assert page.locator("h1:visible").all_inner_texts() == ["Submission report: district 0470, 2024–25"]

    page.get_by_label("English").focus()
    page.keyboard.press("ArrowRight")
    assert page.locator("h1:visible").all_inner_texts() == ["Informe del envío: distrito 0470, 2024–25"]
    assert page.locator("div[lang=es] h2:visible").all_inner_texts()[1:4] == [
        "Corregir",
        "Explicar",
        "Para su información",
    ]


def test_severity_is_said_in_words_and_not_by_color_alone(page, reports):
    page.goto(reports["with_findings_of_every_severity"])
    heads = page.locator("h2").all_inner_texts()

    assert heads[1:4] == ["Must fix", "Explain", "For information"]


def test_a_report_prints_whole(page, reports):
    page.goto(reports["with_findings_of_every_severity"])
    page.emulate_media(media="print")

    assert page.pdf().startswith(b"%PDF")
    assert page.evaluate("getComputedStyle(document.querySelector('.wide')).overflowX") == "visible"


@pytest.mark.parametrize("width", [320, 1280])
@pytest.mark.parametrize("name", ["index.html", "ENR-101.html", "ATT-010.html"])
def test_the_catalogue_of_rules_meets_wcag_at_any_width(name, width, page, tmp_path_factory, axe_violations):
    folder = tmp_path_factory.mktemp("rules")
    write(folder)
    page.set_viewport_size({"width": width, "height": 900})
    page.goto((folder / name).as_uri())

    assert axe_violations(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert page.complaints == []
    assert faults_of((folder / name).read_text()) == []
