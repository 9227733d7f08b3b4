"""The pages in a real browser: accessible, silent to the outside, legible when narrow, complete without scripts."""

import importlib.util
from collections.abc import Iterator
from pathlib import Path

import polars as pl
import pytest

MAKER = Path(__file__).parent.parent / "unit" / "reports" / "made_up_state.py"
pytestmark = pytest.mark.browser
PAGES = {
    "state": "index.html",
    "district": "districts/0100/index.html",
    "school": "schools/0003/index.html",
    "indicator": "indicators/academic_achievement/index.html",
    "indicators": "indicators/index.html",
    "find": "find/index.html",
    "data": "data/index.html",
}


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The site of the made-up state."""
    from reports.handover import hand_over
    from reports.release import publish_release

    spec = importlib.util.spec_from_file_location("made_up_state", MAKER)
    state = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(state)
    folder, results = tmp_path_factory.mktemp("site"), state.results()
    kept = pl.col("indicator").is_in(["academic_achievement", "average_score"])
    kept |= (pl.col("indicator") == "test_participation") & (pl.col("student_group") == "ALL")
    warehouse = state.make_warehouse(folder / "waymark.duckdb", results.filter(kept))
    handed_over = hand_over(warehouse, state.make_methodology(folder / "indicators"), folder / "handed_over")
    return publish_release(handed_over, folder / "releases") / "site"


@pytest.fixture
def visit(chromium, site: Path) -> Iterator:
    """Open a page at a width; afterwards nothing may have been complained about or asked for elsewhere."""
    complaints, asked, contexts = [], [], []

    def open_page(path: str, width: int = 1280, **context: object):
        contexts.append(chromium.new_context(viewport={"width": width, "height": 900}, **context))
        page = contexts[-1].new_page()
        page.on("console", lambda message: complaints.append(message.text) if message.type != "info" else None)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("request", lambda request: asked.append(request.url))
        page.goto((site / path).as_uri())
        page.complaints = complaints
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert complaints == []
    assert [url for url in asked if not url.startswith(site.as_uri())] == []
    assert asked


@pytest.mark.parametrize("width", [320, 1280])
@pytest.mark.parametrize("path", PAGES.values(), ids=PAGES)
def test_no_page_breaks_a_rule_of_accessibility(visit, axe_violations, path: str, width: int):
    page = visit(path, width)
    page.evaluate("document.querySelectorAll('details').forEach((item) => { item.open = true; })")
    assert page.complaints == []
    assert axe_violations(page) == []
    page.complaints.clear()  # axe asks for the style sheet by itself, which the policy of the page rightly refuses


@pytest.mark.parametrize("path", PAGES.values(), ids=PAGES)
def test_a_page_fits_a_narrow_screen_and_only_tables_scroll_sideways(visit, path: str):
    page = visit(path, 320)
    page.evaluate("document.querySelectorAll('details').forEach((item) => { item.open = true; })")
    assert page.evaluate("document.documentElement.scrollWidth") == 320


def test_letters_and_marks_of_charts_stay_inside_the_chart_on_a_narrow_screen(visit):
    page = visit(PAGES["school"], 320)
    outside = page.evaluate(
        """() => [...document.querySelectorAll('.chart svg[role=img]')].flatMap((chart) => {
            const frame = chart.getBoundingClientRect();
            return [...chart.querySelectorAll('text')].filter((text) => {
                const box = text.getBoundingClientRect();
                return box.width && (box.left < frame.left - 8 || box.right > frame.right + 8);
            }).map((text) => text.textContent);
        })"""
    )
    assert outside == []
    sizes = page.evaluate(
        "() => [...document.querySelectorAll('.chart text')].map((text) => parseFloat(getComputedStyle(text).fontSize))"
    )
    assert min(sizes) >= 12


def test_the_policy_of_the_page_lets_its_own_style_and_script_in(visit):
    page = visit(PAGES["find"])
    assert page.evaluate("getComputedStyle(document.querySelector('.top')).backgroundColor") == "rgb(18, 67, 109)"
    assert page.locator("#filter").is_visible()


def test_a_hostile_name_runs_nothing(visit):
    page = visit(PAGES["district"])
    page.on("dialog", lambda dialog: pytest.fail(f"a dialog opened: {dialog.message}"))
    page.reload()
    assert page.locator("h1").inner_text().startswith("<script>alert")
    assert page.evaluate("document.scripts.length") == 1


def test_typing_part_of_a_name_leaves_the_names_that_have_it(visit):
    page = visit(PAGES["find"])
    page.get_by_label("Part of a name or id").fill("oak")
    shown = page.locator(".names li:visible a").all_inner_texts()
    assert shown == ["Oak Street Elementary School"]
    assert page.locator("#found").inner_text() == "Found: 1"


def test_sorting_by_a_number_puts_rows_without_one_last_both_ways(visit):
    page = visit(PAGES["district"])
    table = page.locator("table.sortable").first
    button = table.locator("thead button", has_text="Test participation").first
    seen = []
    for _ in range(2):
        button.click()
        seen.append(table.locator("tbody tr").all_inner_texts()[-1])
    assert all("District did not report" in row for row in seen)
    assert table.locator("th[aria-sort]").get_attribute("aria-sort") == "descending"


def test_every_page_is_whole_without_scripts(visit):
    page = visit(PAGES["find"], java_script_enabled=False)
    assert page.locator(".names li:visible").count() == 7
    assert not page.locator("#filter").is_visible()
    page.locator("text=Oak Street Elementary School").click()
    assert page.locator("h1").inner_text() == "Oak Street Elementary School"
    page.locator("summary").first.click()
    assert page.locator("details figure").first.is_visible()


def test_the_keyboard_reaches_the_content_first_and_sees_where_it_is(visit):
    page = visit(PAGES["state"])
    page.keyboard.press("Tab")
    skip = page.locator(".skip")
    assert skip.evaluate("(link) => link === document.activeElement && link.getBoundingClientRect().top >= 0")
    assert skip.evaluate("(link) => getComputedStyle(link).outlineStyle") == "solid"
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "main"


def test_links_and_buttons_are_large_enough_to_touch(visit):
    page = visit(PAGES["district"], 320)
    small = page.evaluate(
        """() => [...document.querySelectorAll('nav a, button, summary, .button')].filter((item) => {
            const box = item.getBoundingClientRect();
            return box.width && (box.height < 24 || box.width < 24);
        }).map((item) => item.textContent)"""
    )
    assert small == []
