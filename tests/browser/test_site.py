"""The pages in a real browser: accessible, silent to the outside, legible when narrow, complete without scripts."""

import importlib.util
import json
import os
import threading
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from orchestration import serving
from submissions import rule_catalogue

MAKER = Path(__file__).parent.parent / "unit" / "reports" / "made_up_state.py"
pytestmark = pytest.mark.browser
MAIN = {
    "home": "index.html",
    "state": "state/index.html",
    "district": "district/0100/index.html",
    "school": "school/0003/index.html",
    "indicator": "indicators/academic_achievement/index.html",
}
OTHERS = {
    "indicators": "indicators/index.html",
    "access": "equity/index.html",
    "competencies": "competencies/index.html",
    "compare": "compare/index.html",
    "find": "find/index.html",
    "data": "data/index.html",
    "file": "data/values/index.html",
    "release": "release/index.html",
    "methods": "method/index.html",
    "glossary": "glossary/index.html",
    "not yet": "not-yet/index.html",
    "prose": "method/hidden_numbers/index.html",
    "corrections": "corrections/index.html",
    "contact": "contact/index.html",
    "rules": "rules/index.html",
    "rules of a collection": "rules/school/index.html",
    "cities": "find/cities/index.html",
    "a number no longer in use": "school/-05/index.html",
}
PATHS = MAIN | OTHERS
OF_THE_RELEASE_BEFORE = {
    "further districts": "indicators/academic_achievement/districts-2/index.html",
    "schools of a district": "district/0100/schools/index.html",
}
LOOKED_AT = [f"{language}/{path}" for language in ("en", "es") for path in PATHS.values()]
LOOKED_AT += [f"releases/1.0.0/{code}/{path}" for code in ("en", "es") for path in OF_THE_RELEASE_BEFORE.values()]
CUT = """() => [...document.querySelectorAll('.scroll:has(td.w)')]
    .filter((box) => box.scrollWidth > box.clientWidth + 1).map((box) => box.querySelector('caption').textContent)"""
"""The captions of tables with words in the place of numbers that are wider than their place."""


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The site of the made-up state, in its second release: the first had a year less and pages for every few rows."""
    from reports import profile
    from reports import site as pages
    from reports.handover import hand_over
    from reports.release import publish_release

    spec = importlib.util.spec_from_file_location("made_up_state", MAKER)
    state = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(state)
    folder, results = tmp_path_factory.mktemp("site"), state.results()
    kept = pl.col("indicator").is_in(["academic_achievement", "average_score", "growth_rate"])
    kept |= (pl.col("indicator") == "test_participation") & (pl.col("student_group") == "ALL")
    methodology, rules = state.make_methodology(folder / "indicators"), rule_catalogue.write_json(folder)
    for last in (2024, 2025):
        known = results.filter(kept & (pl.col("school_year") <= last))
        warehouse = state.make_warehouse(folder / f"{last}.duckdb", known)
        handed_over = hand_over(warehouse, methodology, folder / f"handed_over_{last}", rules)
        with pytest.MonkeyPatch.context() as patch:
            if last == 2024:
                patch.setattr(profile, "MOST_ROWS", 1)
                patch.setattr(pages, "SCHOOLS_ON_A_PROFILE", 1)
            made = publish_release(handed_over, folder / "releases")
    return made / "site"


@pytest.fixture(scope="module")
def address(site: Path) -> Iterator[str]:
    """The address under which the site is served on this machine, with the releases before it."""
    with serving.server(site, 0, releases=site.parent.parent) as server:
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}/"
        server.shutdown()


@pytest.fixture
def visit(chromium, address: str) -> Iterator:
    """Open a page at a width; afterwards nothing may have been complained about or asked for elsewhere."""
    complaints, asked, contexts = [], [], []

    def open_page(path: str, width: int = 1280, **context: object):
        contexts.append(chromium.new_context(viewport={"width": width, "height": 900}, **context))
        page = contexts[-1].new_page()
        page.on("console", lambda message: complaints.append(message.text) if message.type != "info" else None)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("request", lambda request: asked.append(request.url))
        page.goto(address + path)
        page.complaints = complaints
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert complaints == []
    assert [url for url in asked if not url.startswith((address, "blob:"))] == []
    assert asked


@pytest.mark.parametrize("path", LOOKED_AT)
def test_no_page_breaks_a_rule_of_accessibility_or_spreads_beyond_the_screen(visit, axe_violations, path: str):
    page = visit(path, 1280)
    page.evaluate("document.querySelectorAll('details').forEach((item) => { item.open = true; })")
    assert page.evaluate(CUT) == [], "words are cut at the edge of a table"
    for width in (1280, 320):
        page.set_viewport_size({"width": width, "height": 900})
        assert page.evaluate("document.documentElement.scrollWidth") == width
        assert page.complaints == []
        assert axe_violations(page) == []
        page.complaints.clear()  # axe asks for the style sheet by itself, which the policy of the page rightly refuses


@pytest.mark.parametrize("width", [1280, 320])
def test_the_page_that_leads_to_the_languages_breaks_no_rule_of_accessibility(
    chromium, axe_violations, site: Path, address: str, width: int
):
    """It leads on at once, so it is looked at without the line that does so."""
    with chromium.new_context(viewport={"width": width, "height": 900}) as context:
        page, text = context.new_page(), (site / "index.html").read_text(encoding="utf-8")
        leads = '<meta http-equiv="refresh" content="0; url=en/index.html">'
        assert text.count(leads) == 1
        page.route(address, lambda route: route.fulfill(body=text.replace(leads, ""), content_type="text/html"))
        page.goto(address)
        assert page.locator("a[hreflang]").count() == 2
        assert page.evaluate("document.documentElement.scrollWidth") == width
        assert axe_violations(page) == []


def test_letters_and_marks_of_charts_stay_inside_the_chart_on_a_narrow_screen(visit):
    page = visit("en/" + MAIN["school"], 320)
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


def test_in_shades_of_grey_every_mark_and_word_stands_out_from_its_ground(visit):
    """Marks need three to one, words four and a half to one, as lightness alone."""
    page = visit("en/" + MAIN["indicator"])
    weak = page.evaluate(
        """() => {
            const light = (color) => {
                const parts = color.match(/[\\d.]+/g).map(Number);
                const [r, g, b] = parts.slice(0, 3).map((part) => {
                    const share = part / 255;
                    return share <= 0.03928 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
                });
                return 0.2126 * r + 0.7152 * g + 0.0722 * b;
            };
            const ground = light('rgb(239, 242, 245)');
            const against = (color) => {
                const own = light(color);
                return (Math.max(own, ground) + 0.05) / (Math.min(own, ground) + 0.05);
            };
            const found = [];
            for (const text of document.querySelectorAll('.chart text')) {
                const color = getComputedStyle(text).fill;
                if (against(color) < 4.5) found.push([text.textContent, color]);
            }
            for (const mark of document.querySelectorAll('.chart circle')) {
                const style = getComputedStyle(mark);
                const color = style.stroke !== 'none' ? style.stroke : style.fill;
                if (against(color) < 3) found.push(['mark', color]);
            }
            return found;
        }"""
    )
    assert weak == []


def test_a_hostile_name_runs_nothing(visit):
    page = visit("en/" + MAIN["district"])
    page.on("dialog", lambda dialog: pytest.fail(f"a dialog opened: {dialog.message}"))
    page.reload()
    assert page.locator("h1").inner_text().startswith("<script>alert")
    assert page.evaluate("document.scripts.length") == 2


def test_typing_part_of_a_name_or_an_id_finds_the_page(visit):
    page = visit("en/index.html")
    page.get_by_label("Name, city or id of a school").fill("oak elem")
    page.locator("#hits a").first.wait_for()
    assert page.locator("#hits a").all_inner_texts() == ["Oak Street Elementary School"]
    page.get_by_label("Name, city or id of a school").fill("0004")
    page.get_by_text("Élémentaire").wait_for()
    page.get_by_label("Name, city or id of a school").fill("elementaire numero")
    page.get_by_text("Élémentaire").click()
    page.wait_for_url("**/en/school/0004/index.html")
    page = visit("es/index.html")
    page.get_by_label("Nombre, ciudad o número").fill("zzz")
    page.get_by_text("No se encontró nada").wait_for()


def test_two_schools_stand_side_by_side_with_the_numbers_of_their_files(visit, site: Path):
    page = visit("en/compare/index.html?with=school-0001")
    page.get_by_label("Add a school or district").fill("0004")
    page.locator("#hits button").first.click()
    page.get_by_role("columnheader", name="Élémentaire").wait_for()
    told = json.loads((site / "files/school/0001.json").read_text(encoding="utf-8"))
    rows = [dict(zip(told["columns"], row, strict=True)) for row in told["rows"]]
    wanted = {"school_year": 2025, "measure": "percent_proficient", "subject": "MATH", "student_group": "ALL"}
    (value,) = {row["value"] for row in rows if row["population"] == "reporting" and wanted.items() <= row.items()}
    line = page.locator("#side tbody tr", has_text="Mathematics").first
    assert line.locator("td").nth(1).inner_text().startswith(f"{value}%")
    assert page.url.endswith("with=school-0001%2Cschool-0004")
    page.locator(".chosen button").first.click()
    page.locator(".chosen button").nth(1).wait_for(state="detached")
    assert page.locator(".chosen button").count() == 1


def test_places_that_are_alike_stand_with_their_distance_by_the_facts_that_a_reader_chooses(visit, site: Path):
    page = visit("en/school/0001/index.html")
    page.get_by_role("link", name="Similar places").click()
    lines = page.locator("#alike tbody tr")
    lines.nth(1).wait_for()
    told = json.loads((site / "files/similar.json").read_text(encoding="utf-8"))
    schools = {row[1]: row[4:] for row in told["places"] if row[0] == "s"}
    own = schools.pop("0001")

    def steps(other: list) -> float:
        apart = [abs(np.log(own[0] / other[0]) / np.log(1.25))]
        apart += [
            10 * abs(a / own[0] - b / other[0])
            for a, b in zip(own[1:], other[1:], strict=True)
            if a is not None and b is not None
        ]
        return float(np.mean(apart)) if len(apart) >= 3 else np.inf

    near = sorted((steps(other), name) for name, other in schools.items() if np.isfinite(steps(other)))
    assert near
    shown = [lines.nth(place).locator("td").first.inner_text() for place in range(lines.count())]
    assert shown == ["0.0", *(f"{distance:.1f}" for distance, _ in near)]
    page.get_by_label("Grades").uncheck()
    page.get_by_label("English learners").uncheck()
    assert "by=size%2CSED%2CSWD" in page.url
    lines.nth(1).locator("button").click()
    page.locator(".chosen button").nth(1).wait_for()
    assert page.locator("#side svg.axis").count() > 2


def test_the_distance_of_two_places_is_that_of_the_example_on_the_page_of_its_method(visit):
    page = visit("en/" + OTHERS["compare"])
    one = {"low": 6, "high": 8, "size": 400, "SED": 160, "EL": None, "SWD": 40}
    other = {"low": 6, "high": 8, "size": 500, "SED": 300, "EL": 5, "SWD": 100}
    ask = "([facts, one, other]) => distance(facts, one, other)"
    assert page.evaluate(ask, [["grades", "size", "SED"], one, other]) == pytest.approx(1)
    assert page.evaluate(ask, [["grades", "size", "SED", "EL"], one, other]) == pytest.approx(1)
    assert page.evaluate(ask, [["EL"], one, other]) is None
    assert page.evaluate(ask, [["EL", "SED", "SWD"], one, other]) is None
    assert page.evaluate(ask, [["grades"], one, other | {"low": 9, "high": 12}]) == 7


def test_sorting_by_a_number_puts_rows_without_one_last_both_ways(visit):
    page = visit("en/" + MAIN["indicator"])
    table = page.locator("table.sortable").first
    button = table.locator("thead button", has_text="Reading").first
    for _ in range(2):
        button.click()
        numbers = table.locator("tbody tr td:nth-child(2) .v").all_inner_texts()
        assert len(numbers) == 2
    assert table.locator("th[aria-sort]").get_attribute("aria-sort") == "descending"
    assert numbers == sorted(numbers, key=lambda text: -float(text.rstrip("%")))


def test_only_schools_that_offer_a_grade_can_be_left_in_the_table_of_a_district(visit):
    page = visit("en/district/470/index.html")
    rows = page.locator("section:has(> #schools) tbody tr")
    every = rows.count()
    assert rows.locator("visible=true").count() == every == 2
    page.get_by_label("Only schools that offer").select_option("Grade 3")
    assert rows.locator("visible=true").locator("th").all_inner_texts() == ["@SUM(A1) Academy"]
    page.get_by_label("Only schools that offer").select_option("any grade")
    assert rows.locator("visible=true").count() == every


def test_every_page_is_whole_without_scripts(visit):
    page = visit("en/" + OTHERS["find"], java_script_enabled=False)
    assert page.locator(".names li:visible").count() == 7
    assert not page.locator(".search").is_visible()
    page.locator("text=Oak Street Elementary School").click()
    assert page.locator("h1").inner_text() == "Oak Street Elementary School"
    assert page.locator("details.data table").first.is_visible()
    page.locator("details.further summary").first.click()
    assert page.locator("details.further figure").first.is_visible()


def test_pages_open_from_disk_too(chromium, site: Path):
    page = chromium.new_page()
    complaints = []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.goto((site / "index.html").as_uri())
    page.wait_for_url("**/en/index.html")
    page.get_by_role("link", name="Find a school or district").first.click()
    page.get_by_text("Oak Street Elementary School").click()
    assert page.locator("h1").inner_text() == "Oak Street Elementary School"
    assert complaints == []
    page.close()


def test_the_keyboard_reaches_the_content_first_sees_where_it_is_and_is_never_caught(visit):
    page = visit("en/" + MAIN["school"])
    page.keyboard.press("Tab")
    skip = page.locator(".skip")
    assert skip.evaluate("(link) => link === document.activeElement && link.getBoundingClientRect().top >= 0")
    assert skip.evaluate("(link) => getComputedStyle(link).outlineStyle") == "solid"
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "main"
    page.reload()
    reached = []
    for _ in range(400):
        page.keyboard.press("Tab")
        tag = page.evaluate(
            """() => {
                const item = document.activeElement;
                const style = getComputedStyle(item);
                if (item === document.body) return null;
                return [item.outerHTML.slice(0, 90), style.outlineStyle, style.outlineWidth];
            }"""
        )
        if tag is None:
            break
        reached.append(tag)
    assert tag is None
    assert len(reached) > 30
    assert [one for one in reached if one[1] == "none" or one[2] == "0px"] == []


def test_links_and_buttons_are_large_enough_to_touch(visit):
    page = visit("en/" + MAIN["district"], 320)
    small = page.evaluate(
        """() => [
            ...document.querySelectorAll('nav a, button, summary, .button, .files a, .tools a'),
        ].filter((item) => {
            const box = item.getBoundingClientRect();
            return box.width && (box.height < 24 || box.width < 24);
        }).map((item) => item.textContent)"""
    )
    assert small == []


def test_a_drawing_of_a_school_can_be_opened_by_itself(chromium, site: Path):
    page = chromium.new_page()
    page.goto((site / "en" / MAIN["school"]).as_uri())
    title = page.locator("figure:has(.chart svg[role=img]) figcaption strong").first.inner_text()
    page.locator("p.files a", has_text="SVG").first.click()
    page.wait_for_url("**/files/school/0003-en.svg#*")
    seen = page.evaluate("""() => [...document.querySelectorAll('text')].filter((one) => {
        const box = one.getBoundingClientRect();
        return box.bottom > 0 && box.top < innerHeight;
    }).map((one) => one.textContent)""")
    assert title in seen
    page.close()


@pytest.mark.parametrize(
    ("steps", "found"),
    [
        ((".button", ".names a >> text=Oak Street"), ".card[data-indicator=growth_rate] .big.v"),
        (("nav >> text=What is measured", ".doors a >> text=Growth rate"), "#method"),
        (("nav >> text=What is measured", ".doors a >> text=Growth rate"), "#method h3 >> text=Who is counted"),
        (("nav >> text=Get the data",), "a[download][href$='values.csv']"),
        (("footer >> text=How to cite",), "blockquote"),
    ],
    ids=["the growth rate of a school", "how it was computed", "who was left out", "the file", "the citation"],
)
def test_a_stranger_gets_from_the_home_page_within_three_clicks_to(visit, steps: tuple[str, ...], found: str):
    page = visit("en/index.html")
    assert len(steps) <= 3
    for step in steps:
        page.locator(step).first.click()
    assert page.locator(found).first.is_visible()


def test_on_paper_there_is_no_navigation_and_every_table_is_open(visit):
    page = visit("en/" + MAIN["school"])
    page.emulate_media(media="print")
    assert not page.locator(".top nav").is_visible()
    assert not page.locator(".tools").is_visible()
    assert page.locator("table.headlines").first.is_visible()


GREY = "() => { document.documentElement.style.filter = 'grayscale(1)'; }"
LABELS = """() => {
    const kinds = 'main :is(text, th, td, h1, h2, h3, p, a, dt, dd, span, button, small)';
    return [...document.querySelectorAll(kinds)].filter((item) => {
        const says = [...item.childNodes].some((part) => part.nodeType === 3 && part.textContent.trim());
        const box = item.getBoundingClientRect(), frame = item.closest('.scroll')?.getBoundingClientRect();
        const is_cut = frame && (box.left < frame.left - 1 || box.right > frame.right + 1);
        return says && item.checkVisibility() && !is_cut && box.width > 2 && box.height > 2 && box.left >= 0;
    }).map((item) => {
        const box = item.getBoundingClientRect();
        return [item.textContent.trim().slice(0, 40), box.x, box.y + scrollY, box.width, box.height];
    });
}"""
TALLEST, SCALE = 3500, 2


def test_the_newest_release_of_an_earlier_year_is_a_click_away_and_says_that_it_is_earlier(visit):
    page = visit("en/" + MAIN["school"])
    page.locator("nav.years a", has_text="2023–24").click()
    page.wait_for_url("**/releases/1.0.0/en/school/0003/index.html")
    assert page.locator("#superseded").is_visible()
    assert page.locator("nav.years [aria-current]").inner_text() == "2023–24"
    assert page.locator("footer .release").inner_text() == "1.0.0"
    page.locator("#superseded a").click()
    page.wait_for_url("**/en/school/0003/index.html")
    assert "/releases/" not in page.url
    assert not page.locator("#superseded").is_visible()


def test_a_number_no_longer_in_use_opens_the_page_of_the_school_that_goes_on(visit):
    page = visit("en/school/0009/index.html")
    page.wait_for_url("**/school/0001/index.html#earlier")
    assert "0009" in page.locator("#earlier").inner_text()


def test_a_city_finds_what_stands_in_it(visit):
    page = visit("en/index.html")
    page.get_by_label("Name, city or id of a school").fill("nandu oak")
    page.locator("#hits a").first.wait_for()
    assert page.locator("#hits a").all_inner_texts() == ["Oak Street Elementary School"]


@pytest.mark.parametrize(
    ("name", "language", "width"),
    [(name, *(("en", 1280) if place % 2 else ("es", 390))) for place, name in enumerate((*MAIN, "access", "compare"))],
)
def test_every_label_of_the_main_pages_can_be_read_in_a_picture_in_shades_of_grey(
    visit, tmp_path: Path, name: str, language: str, width: int
):
    """Each label has, in the picture itself, a lightest and a darkest point with four and a half to one between them.

    SCREENSHOTS=folder keeps the pictures, in color too.
    """
    import PIL.Image

    folder = Path(os.environ.get("SCREENSHOTS", tmp_path))
    folder.mkdir(parents=True, exist_ok=True)
    page = visit(f"{language}/{PATHS[name]}", width, device_scale_factor=SCALE)
    height = page.evaluate("document.documentElement.scrollHeight")
    picture = {"full_page": True, "clip": {"x": 0, "y": 0, "width": width, "height": min(height, TALLEST)}}
    if "SCREENSHOTS" in os.environ:
        page.screenshot(path=folder / f"{name}-{language}-{width}.png", **picture)
    page.evaluate(GREY)
    page.screenshot(path=folder / f"{name}-{language}-{width}-grey.png", **picture)
    colors = np.asarray(PIL.Image.open(folder / f"{name}-{language}-{width}-grey.png").convert("RGB"))
    assert (np.ptp(colors[::7], axis=2) <= 1).all()
    share = np.where((level := np.arange(256) / 255) <= 0.03928, level / 12.92, ((level + 0.055) / 1.055) ** 2.4)
    light, faint, read = share[colors[:, :, 0]], [], 0
    for text, x, y, wide, high in page.evaluate(LABELS):
        if y + high > min(height, TALLEST) or x + wide > width:
            continue
        box = light[int(y * SCALE) : int((y + high) * SCALE), int(x * SCALE) : int((x + wide) * SCALE)]
        read += 1
        if (box.max() + 0.05) / (box.min() + 0.05) < 4.5:
            faint.append(text)
    assert faint == []
    assert read > 5
