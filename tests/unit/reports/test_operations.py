"""The state team's pages: what was planted is on them, every link leads somewhere, and no other thing is asked for."""

import csv
import importlib.util
import re
from datetime import date
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import urlsplit

import polars as pl
import pytest

from orchestration import standing
from reports.operations import calendar
from reports.operations.contract import TABLES, empty
from reports.operations.site import write_pages
from tests.valid_html import faults_of

MAKER = Path(__file__).parent.parent / "orchestration" / "made_up_intake.py"
spec = importlib.util.spec_from_file_location("made_up_intake", MAKER)
made_up = importlib.util.module_from_spec(spec)
spec.loader.exec_module(made_up)


@pytest.fixture(scope="module")
def pages(tmp_path_factory) -> Path:
    """The pages of a made-up intake of forty districts."""
    tables = standing.derive(made_up.state(40), made_up.NOW)
    return write_pages(tables, tmp_path_factory.mktemp("home") / "operations", made_up.NOW).parent


class Links(HTMLParser):
    """What a page refers to, and the tags that could run something."""

    def __init__(self, page: Path) -> None:
        super().__init__()
        self.found, self.tags = [], []
        self.feed(page.read_text())

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.found += [value for name, value in attrs if name in ("href", "src")]


def text_of(page: Path) -> str:
    return " ".join(re.sub(r"<[^>]*>", " ", page.read_text()).split())


def test_a_stuck_district_and_a_bug_of_one_system_stand_on_today(pages):
    today = text_of(pages / "index.html")
    assert "1 stuck with a district" in today
    assert f"District {made_up.STUCK} {made_up.STUCK} 2025–26 ✗ refused with the district 60 days" in today
    assert f"{made_up.BUG} in the districts of {made_up.SYSTEM} : 7 of its 8 districts, and 1 of 28 elsewhere" in today


def test_a_bug_of_one_system_comes_first_on_rule_health(pages):
    health = text_of(pages / "rules" / "2026" / "index.html")
    assert f"{made_up.BUG} Something is wrong, kind 6 {made_up.SYSTEM} 7 of 8 1 of 28 under 1 in 10,000" in health
    assert health.index(made_up.SYSTEM) < health.index("Every rule that found something")


def test_every_alert_of_today_says_what_it_means_what_to_do_and_who_does_it(pages):
    today, alerts = (pages / "index.html").read_text(), text_of(pages / "alerts" / "index.html")
    asked = set(re.findall(r'alerts/index\.html#(\w+)"', today))
    assert {"ours", "cluster"} <= asked
    ids = re.findall(r'<section id="(\w+)"', (pages / "alerts" / "index.html").read_text())
    assert asked <= set(ids)
    assert alerts.count("What it means") == alerts.count("What to do") == alerts.count("Who ") == len(ids) == 8
    assert re.search(r"Stuck with a district ⚠ Now: 1\.", alerts)
    assert re.search(r"A rule in the districts of one system ⚠ Now: 1\.", alerts)
    assert re.search(r"Stuck with us ✓ Now: none", alerts)


def test_what_is_wrong_with_the_house_is_counted_under_its_alert(tmp_path):
    tables = standing.derive(made_up.state(20), made_up.NOW)
    trouble = pl.DataFrame({"sentence": ["calendar.csv is not understood."]})
    tables |= {"ops_trouble": trouble}
    pages = write_pages(tables, tmp_path / "operations", made_up.NOW).parent
    assert "A file of ours cannot be read ⚠ Now: 1." in text_of(pages / "alerts" / "index.html")
    assert 'calendar.csv is not understood. <a href="alerts/index.html#file">' in (pages / "index.html").read_text()


def test_the_grid_has_a_cell_for_every_district_and_collection_and_begins_with_the_stuck(pages):
    grid = (pages / "districts" / "2026" / "index.html").read_text()
    assert grid.count("<td") == 40 * (1 + made_up.COLLECTIONS)
    first = re.search(r'<tbody>\n<tr data-state="refused".*?district/(\w+)/', grid, flags=re.DOTALL)
    assert first[1] == made_up.STUCK
    assert "‼ overdue" in grid


def test_the_grid_is_a_table_for_spreadsheets_too(pages):
    with (pages / "districts" / "2026.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 40
    assert rows[0]["district_id"] == made_up.STUCK
    assert rows[0]["collection_07"] == "refused"


def test_a_release_room_says_what_waits_for_a_name(pages):
    room = text_of(pages / "release" / "index.html")
    assert "waymark publish --acknowledge the_state_moves_plausibly --by NAME" in room
    assert "J. Ortiz: Known" in room


def test_the_calendar_says_who_is_overdue_and_is_a_file_that_calendars_read(pages):
    text = text_of(pages / "calendar" / "index.html")
    assert "2026-11-01 collection 00 2025–26 all districts" in text
    assert re.search(r"! \d+ overdue", text)
    assert re.search(r"2026-11-24 collection 01 .* in \d+ days", text)
    lines = (pages / "calendar" / "collections.ics").read_bytes().decode().split("\r\n")
    assert (lines[0], lines[-2:]) == ("BEGIN:VCALENDAR", ["END:VCALENDAR", ""])
    assert [line for line in lines if line.startswith("DTSTART")] == [
        "DTSTART;VALUE=DATE:20261101",
        "DTSTART;VALUE=DATE:20261124",
    ]
    assert "SUMMARY:collection 00 2025–26 is due from all districts" in lines


def test_a_day_of_one_district_takes_the_place_of_the_day_for_all_and_long_lines_are_folded(tmp_path):
    own = {"school_year": 2026, "collection": "attendance_" * 8, "district_id": "0001", "due_on": date(2026, 3, 1)}
    due = pl.DataFrame([own | {"district_id": None}, own], schema=TABLES["ops_due"])
    cells = pl.DataFrame([own], schema=["school_year", "collection", "district_id"], orient="row").cast(
        {"school_year": pl.Int16}
    )
    standing = pl.DataFrame({"school_year": [2026] * 3, "district_id": ["0001", "0002", "0003"]}).cast(
        {"school_year": pl.Int16}
    )
    told = [(one["district_id"], one["sent"], one["asked"]) for one in calendar.days(due, cells, standing)]
    assert told == [(None, 0, 2), ("0001", 1, 1)]
    calendar.write_ics(tmp_path / "calendar" / "some.ics", due, made_up.NOW)
    written = (tmp_path / "calendar" / "some.ics").read_bytes()
    assert max(map(len, written.split(b"\r\n"))) <= 75
    assert b"attendance " * 8 + b"2025" in written.replace(b"\r\n ", b"")


def test_the_pipeline_says_what_failed_what_was_slow_and_what_is_usual(pages):
    text = text_of(pages / "pipeline" / "index.html")
    assert "warehouse success 80.0 s slow 25.0 s" in text
    assert "disclosure failed, which is ours to repair" in text
    assert "disclosure failure 3.0 s" in text


def test_what_waits_for_the_state_stands_with_the_words_that_answer_it(pages):
    review = text_of(pages / "review" / "index.html")
    assert "the oldest first" in review
    assert "waymark answer RUL-004 --district 0001 --year 2026 --accept" in review
    assert "2 districts say CONFIRMED" in review


def test_every_link_leads_to_a_page_and_none_elsewhere(pages):
    for page in pages.rglob("*.html"):
        for link in Links(page).found:
            target = urlsplit(link)
            assert not target.scheme and not target.netloc, link
            if target.path and "feedback" not in target.path:
                assert (page.parent / target.path).resolve().is_file(), f"{page.relative_to(pages)} → {link}"


def test_a_name_is_text_and_every_page_has_one_script_of_ours_and_a_strict_policy(pages):
    for page in pages.rglob("*.html"):
        parsed = Links(page)
        assert parsed.tags.count("script") == 1
        assert "style" not in parsed.tags
        assert "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self';" in page.read_text()
    assert made_up.SCRIPT in (pages / "districts" / "2026.csv").read_text().replace('""', '"')


def test_every_kind_of_page_is_valid_html(pages):
    kinds = {path.relative_to(pages).parts[0]: path for path in sorted(pages.rglob("*.html"))}
    kinds |= {"the bug": pages / "rule" / made_up.BUG / "index.html"}
    kinds |= {"stuck": pages / "district" / made_up.STUCK / "index.html"}
    assert len(kinds) > 9
    assert {kind: faults for kind, path in kinds.items() if (faults := faults_of(path.read_text()))} == {}


def test_pages_about_simulated_records_say_so_and_others_do_not(tmp_path, pages):
    tables = standing.derive(made_up.told([made_up.attempt("0001")]), made_up.NOW)
    made = write_pages(tables, tmp_path / "home" / "operations", made_up.NOW, simulated=True).parent
    assert len(list(made.rglob("*.html"))) > 9
    assert all("Simulated records." in text_of(page) for page in made.rglob("*.html"))
    assert not any("Simulated records." in text_of(page) for page in pages.rglob("*.html"))


def test_what_a_district_reads_is_linked_where_it_is_there(tmp_path):
    attempts = [made_up.attempt("0001", has_report=True, has_preview=True), made_up.attempt("0002")]
    tables = standing.derive(made_up.told(attempts), made_up.NOW)
    pages = write_pages(tables, tmp_path / "home" / "operations", made_up.NOW).parent
    page = pages / "district" / "0001" / "index.html"
    links = [link for link in Links(page).found if "feedback" in link]
    feedback = tmp_path / "home" / "feedback" / attempts[0]["submission_id"]
    assert {(page.parent / link).resolve() for link in links} == {feedback / "report.html", feedback / "preview.html"}
    assert not [link for link in Links(pages / "district" / "0002" / "index.html").found if "feedback" in link]


def test_a_home_in_which_nothing_has_happened_has_pages_that_say_so(tmp_path):
    page = write_pages(empty(), tmp_path / "operations", made_up.NOW)
    assert "Nothing has been received yet." in text_of(page)
    assert "There is no build yet" in text_of(page.parent / "release" / "index.html")


def test_no_column_of_the_contract_could_hold_a_student():
    columns = {column for schema in TABLES.values() for column in schema}
    assert not columns & {"student_id", "pseudonym", "first_name", "last_name", "birth_date", "value", "seen", "line"}


def test_a_table_that_lacks_a_column_is_refused(tmp_path):
    tables = standing.derive(made_up.state(20), made_up.NOW)
    with pytest.raises(pl.exceptions.ColumnNotFoundError):
        write_pages(tables | {"ops_standing": tables["ops_standing"].drop("stuck")}, tmp_path / "operations")
