"""The pages: every number is a published one at its address, every reason is in words, every page stands by itself."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path
from urllib.parse import unquote, urlsplit

import polars as pl
import pytest

from reports import words
from reports.handover import hand_over
from reports.release import build_release
from reports.site import build_site

ADDRESS = (
    "school_year",
    "level",
    "entity_id",
    "indicator",
    "population",
    "student_group",
    "grade_span",
    "subject",
    "measure",
)
VOID = {"area", "base", "br", "col", "hr", "img", "input", "link", "meta", "wbr"}
DRAWN = {"circle", "line", "rect"}
OUT_OF_SIGHT = {"script", "style", "title", "desc"}


@dataclass
class Element:
    """An element of a page with all that it holds."""

    tag: str
    keys: dict[str, str]
    parent: "Element | None" = None
    content: list["Element | str"] = field(default_factory=list)

    def walk(self) -> Iterator["Element"]:
        yield self
        for item in self.content:
            if isinstance(item, Element):
                yield from item.walk()

    def all(self, *tags: str) -> list["Element"]:
        return [element for element in self.walk() if element.tag in tags]

    @property
    def text(self) -> str:
        return " ".join("".join(self._texts()).split())

    def _texts(self) -> Iterator[str]:
        for item in self.content:
            yield item if isinstance(item, str) else " ".join(["", *item._texts(), ""])

    def holders(self) -> Iterator["Element"]:
        holder = self
        while holder:
            yield holder
            holder = holder.parent

    def address(self) -> dict[str, str]:
        """Merge the data attributes of the element and of all that hold it; the state needs no id."""
        found: dict[str, str] = {}
        for holder in self.holders():
            for name, value in holder.keys.items():
                if name.startswith("data-"):
                    found.setdefault(name.removeprefix("data-").replace("-", "_"), value)
            if holder.keys.get("data-level") == "state":
                found["entity_id"] = "state" if found["level"] == "state" else found["entity_id"]
        return found


class Reader(HTMLParser):
    """Read a page strictly: what is opened is closed, in order."""

    def __init__(self, page: str) -> None:
        super().__init__(convert_charrefs=True)
        self.root = self.open = Element("#page", {})
        self.feed(page)
        self.close()
        assert self.open is self.root, f"<{self.open.tag}> is never closed"

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        names = [name for name, _ in attrs]
        assert len(names) == len(set(names)), f"<{tag}> has an attribute twice: {names}"
        element = Element(tag, {name: value or "" for name, value in attrs}, self.open)
        self.open.content.append(element)
        if tag not in VOID:
            self.open = element

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            self.handle_endtag(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.tag == tag, f"</{tag}> closes <{self.open.tag}>"
        self.open = self.open.parent

    def handle_data(self, data: str) -> None:
        self.open.content.append(data)


@pytest.fixture(scope="module")
def pages(release: Path) -> dict[str, Element]:
    """Every page of the site by its path."""
    site = release / "site"
    return {
        path.relative_to(site).as_posix(): Reader(path.read_text(encoding="utf-8")).root
        for path in sorted(site.rglob("*.html"))
    }


@pytest.fixture(scope="module")
def results(release: Path) -> dict[tuple, dict[str, str]]:
    """The rows of values.csv by their address."""
    table = pl.read_csv(release / "data" / "values.csv", infer_schema=False)
    table = table.with_columns(words.unguarded(pl.all()))
    return {tuple(row[name] for name in ADDRESS): row for row in table.iter_rows(named=True)}


@pytest.fixture(scope="module")
def status_words(release: Path) -> dict[str, str]:
    table = pl.read_csv(release / "data" / "value_statuses.csv")
    return dict(table.select("status", "label_en").iter_rows())


def fields(page: Element) -> Iterator[tuple[Element, tuple, str]]:
    """Give every element that shows a field of a result, with the address and the field."""
    for element in page.walk():
        if "data-field" in element.keys:
            address = element.address()
            yield element, tuple(address[name] for name in ADDRESS), element.keys["data-field"]


def expected(row: dict[str, str], shown: str, unit: str, status_words: dict[str, str]) -> str:
    sign = "%" if unit == "percent" else ""
    match shown:
        case "value":
            return row["value"] + sign
        case "interval":
            return f"{row['interval_low']} to {row['interval_high']}"
        case "student_count":
            return f"{int(row['student_count']):,}"
        case "bounds":
            return words.bounds(row["low_bound"], row["high_bound"], unit)
        case "value_status":
            return status_words[row["value_status"]]
    raise AssertionError(f"no one knows the field {shown}")


def test_there_is_a_page_for_the_state_each_district_each_school_each_indicator_and_the_data(pages):
    assert set(pages) == {
        "index.html",
        "find/index.html",
        "data/index.html",
        "indicators/index.html",
        *(f"districts/{name}/index.html" for name in ("0100", "470")),
        *(f"schools/{name}/index.html" for name in ("0001", "0002", "0003", "0004", "-05")),
        *(
            f"indicators/{name}/index.html"
            for name in (
                "academic_achievement",
                "test_participation",
                "average_score",
                "full_academic_year_coverage",
            )
        ),
    }


def test_every_number_on_every_page_is_the_published_one(pages, results, status_words):
    seen = 0
    for path, page in pages.items():
        for element, address, shown in fields(page):
            row = results[address]
            unit = "score" if row["indicator"] == "average_score" else "percent"
            assert element.text == expected(row, shown, unit, status_words), (path, address, shown)
            seen += 1
    assert seen > 5000


def test_no_number_stands_on_a_page_without_its_address(pages):
    """Only the ticks of an axis and what the method says; the data page shows sizes of files and no result."""
    loose = []
    for path, page in pages.items():
        for element in page.walk() if path != "data/index.html" else ():
            own = "".join(item for item in element.content if isinstance(item, str))
            holders = list(element.holders())
            if any("data-field" in holder.keys or holder.tag in OUT_OF_SIGHT for holder in holders):
                continue
            if any(holder.keys.get("id") in ("method", "policy") for holder in holders):
                continue
            if element.tag == "text" and re.fullmatch(r"\d+%?", own.strip()):
                continue
            loose += [
                (path, own)
                for _ in re.findall(r"\d+(?:\.\d+)?\s?%|\b\d+ to \d+\b|\d\.\d(?!\.)", own.replace("1.0.0", ""))
            ]
    assert loose == []


def test_every_headline_of_an_entity_stands_on_its_page_in_its_table(pages, results):
    headlines = {"percent_proficient", "percent_tested", "mean_scale_score", "percent_full_academic_year"}
    for path, page in pages.items():
        if not path.startswith(("schools/", "districts/")):
            continue
        entity = path.split("/")[1]
        year = "2024" if entity == "-05" else "2025"
        in_tables = {address for element, address, _ in fields(page) if any(h.tag == "td" for h in element.holders())}
        wanted = {
            address
            for address, row in results.items()
            if row["entity_id"] == entity
            and row["school_year"] == year
            and row["measure"] in headlines
            and (row["grade_span"] == "all" or row["student_group"] == "ALL")
        }
        assert len(wanted) == 3 * 14 * 4 + 3 * 4
        assert wanted <= in_tables


def test_every_chart_has_exactly_the_rows_of_its_table(pages):
    charts = 0
    for path, page in pages.items():
        for figure in page.all("figure"):
            drawings, tables = figure.all("svg"), figure.all("tbody")
            if not drawings or "data-measure" not in figure.keys:
                continue
            charts += 1
            entity = figure.address()["entity_id"]
            measure = figure.keys["data-measure"]
            drawn, told = (
                {address for _, address, _ in fields(part) if address[2] == entity and address[-1] == measure}
                for part in (drawings[0], tables[0])
            )
            if "Line chart" in drawings[0].all("desc")[0].text:
                assert drawn <= told, path
            else:
                assert drawn == told, path
    assert charts > 100


def test_a_mark_of_growth_over_level_is_an_entity_whose_row_has_both_numbers(pages):
    drawings = 0
    for path, page in pages.items():
        for figure in page.all("figure"):
            if not figure.all("svg") or "data-measure" in figure.keys:
                continue
            drawings += 1
            marks = [mark.keys["data-entity-id"] for mark in figure.all("circle")]
            told = {}
            for _, address, shown in fields(figure.all("tbody")[0]):
                told.setdefault(address[2], []).append(shown)
            assert sorted(marks) == sorted(entity for entity, shown in told.items() if shown.count("value") == 2), path
            assert len(marks) == len(set(marks)) > 0
    assert drawings > 1


def test_a_row_without_a_number_says_why_in_the_words_of_the_release(pages, results, status_words):
    said = set()
    for page in pages.values():
        for _, address, shown in fields(page):
            row = results[address]
            if not row["value"] and not row["low_bound"] and not row["high_bound"]:
                assert shown == "value_status"
                said.add(row["value_status"])
    assert said == {
        "suppressed",
        "no_students",
        "not_applicable",
        "not_collected",
        "not_reported",
        "low_coverage",
        "not_yet_measured",
    }


def test_a_number_that_needs_a_warning_has_it_in_words_beside_it(pages, results, status_words):
    warned = {"incomplete", "under_review", "not_comparable"}
    for page in pages.values():
        for row in page.all("tr"):
            for _, address, shown in fields(row):
                status = results[address]["value_status"]
                if shown == "value" and status in warned and address[1] != "state":
                    assert status_words[status] in row.text


def test_no_code_of_a_status_is_shown_to_readers(pages):
    codes = re.compile(r"\b(no_students|not_applicable|not_collected|not_reported|low_coverage|not_comparable)\b")
    for path, page in pages.items():
        if path != "data/index.html":
            assert not codes.search(page.all("body")[0].text), path


def test_the_count_of_hidden_numbers_on_a_page_is_the_count_of_its_hidden_results(pages, results):
    counted = 0
    for path, page in pages.items():
        told = re.search(r"Hidden on this page (\d+) number", page.text)
        if told:
            hidden = {address for _, address, _ in fields(page) if results[address]["value_status"] == "suppressed"}
            assert int(told[1]) == len(hidden), path
            counted += len(hidden)
    assert counted > 0


def test_the_indicator_page_lists_every_district_by_name(pages):
    page = pages["indicators/academic_achievement/index.html"]
    (section,) = [element for element in page.all("section") if element.keys.get("id") == "districts"]
    links = [link.keys["href"] for link in section.all("a")]
    assert links == ["../../districts/0100/index.html", "../../districts/470/index.html"]


def test_the_indicator_page_holds_its_method_and_who_decided_its_numbers(pages):
    page = pages["indicators/academic_achievement/index.html"]
    headings = [heading.text for heading in page.all("h3")]
    method = ["What it measures", "Who is counted", "How it is computed", "What changed, by year", "Limits"]
    assert [heading for heading in headings if heading in method] == method
    (policy,) = [element for element in page.all("section") if element.keys.get("id") == "policy"]
    assert "20 USC 6311(c)(4)(E)" in policy.text
    assert "=1+1, board decision of 2023 & <b>others</b>" in policy.text
    assert "{%" not in page.text


def test_the_data_page_describes_every_file_and_every_column(pages, release: Path):
    package = json.loads((release / "data" / "datapackage.json").read_text())
    page = pages["data/index.html"]
    downloads = {link.keys["href"] for link in page.all("a") if "download" in link.keys}
    assert downloads == {resource["path"] for resource in package["resources"]} | {"datapackage.json"}
    for resource in package["resources"]:
        for column in resource.get("schema", {"fields": []})["fields"]:
            assert column["name"] in page.text
    assert "Every share lies between 0 and 100" in page.text


def test_the_files_on_the_site_are_the_files_of_the_release(release: Path):
    files = [file for folder in ("data", "api") for file in (release / folder).rglob("*") if file.is_file()]
    for file in files:
        assert (release / "site" / file.relative_to(release)).read_bytes() == file.read_bytes()


def test_the_list_of_names_leads_to_every_school_and_district(pages):
    links = {link.keys["href"] for link in pages["find/index.html"].all("main")[0].all("a")}
    for path in pages:
        if path.startswith(("schools/", "districts/")):
            assert f"../{path}" in links
    letters = [heading.text for heading in pages["find/index.html"].all("h2")]
    assert letters == ["E", "O", "0–9", "About these numbers"]


def test_every_link_leads_to_a_file_of_the_site_and_to_a_place_in_it(pages, release: Path):
    site, links = release / "site", 0
    for path, page in pages.items():
        for element in page.walk():
            for name in ("href", "src"):
                if name not in element.keys:
                    continue
                parts = urlsplit(element.keys[name])
                assert not parts.scheme and not parts.netloc and not parts.path.startswith("/"), (path, element.keys)
                target = (site / path).parent / unquote(parts.path) if parts.path else site / path
                assert target.resolve().is_relative_to(site.resolve())
                assert target.is_file(), (path, element.keys[name])
                if parts.fragment:
                    there = pages[target.resolve().relative_to(site.resolve()).as_posix()]
                    assert parts.fragment in {e.keys.get("id") for e in there.walk()}, (path, element.keys[name])
                links += 1
    assert links > 200


def test_nothing_on_a_page_runs_or_styles_in_line_and_nothing_comes_from_elsewhere(pages):
    for path, page in pages.items():
        policy = [meta.keys["content"] for meta in page.all("meta") if "http-equiv" in meta.keys]
        assert policy[0].startswith("default-src 'none'"), path
        (script,) = page.all("script")
        assert script.keys["src"].endswith("static/site.js")
        assert not script.text
        assert not page.all("style", "iframe", "object", "embed", "img", "form", "base")
        for element in page.walk():
            assert "style" not in element.keys
            assert not [name for name in element.keys if name.startswith("on")]
            assert "javascript:" not in " ".join(element.keys.values())


def test_a_hostile_name_is_text_wherever_it_stands(pages, state):
    page = pages["districts/0100/index.html"]
    assert page.all("h1")[0].text == state.SCRIPT
    assert page.all("title")[0].text.startswith(state.SCRIPT)
    school = pages["schools/0002/index.html"]
    assert "<img src=x onerror=alert(1)>" in school.all("h1")[0].text
    assert pages["schools/0004/index.html"].all("h1")[0].text == "Élémentaire Número 4 {{ 7*7 }}"
    assert pages["districts/470/index.html"].all("h1")[0].text == state.FORMULA
    method = pages["indicators/average_score/index.html"]
    assert '<script>alert("method")</script>' in method.text


def test_every_page_says_its_year_its_release_where_it_stands_and_that_it_is_a_draft(pages):
    for path, page in pages.items():
        about = next(element for element in page.walk() if element.keys.get("id") == "about")
        year = "2023–24" if path == "schools/-05/index.html" else "2024–25"
        assert f"School year {year}" in about.text, path
        assert "Release 1.0.0" in about.text
        assert "complementary suppression, is not in place yet" in about.text
        assert "protected by the minimum group size only" in about.text
        assert "complementary suppression is not in place yet" in page.text
        skip = page.all("body")[0].all("a")[0]
        assert skip.keys["href"] == "#main"
        crumbs = [nav for nav in page.all("nav") if nav.keys.get("aria-label") == "Breadcrumb"]
        assert len(crumbs) == (path != "index.html"), path


def test_a_school_whose_last_numbers_are_older_says_so(pages):
    assert "The latest numbers here are for 2023–24" in pages["schools/-05/index.html"].text
    assert "The latest numbers here are for" not in pages["schools/0001/index.html"].text


def test_both_ways_of_counting_students_are_labelled_on_every_profile(pages):
    for path, page in pages.items():
        if path == "index.html" or path.startswith(("schools/", "districts/")):
            summaries = [summary.text for summary in page.all("summary")]
            assert summaries
            own = [summary for summary in summaries if summary != "Show every row with its reason"]
            assert all("Students here for the full academic year" in summary for summary in own)
            assert "Students counted: All students" in page.text


def test_a_profile_compares_with_the_state_and_with_the_year_before_in_words(pages):
    text = pages["schools/0001/index.html"].text
    assert re.search(r"(Higher than|Lower than|About the same as) the state", text)
    assert re.search(r"(Higher than|Lower than|About the same as) the year before", text)
    assert "the state" not in pages["index.html"].all("table")[0].text


def test_headings_never_skip_a_level_and_there_is_one_title(pages):
    for path, page in pages.items():
        levels = [int(heading.tag[1]) for heading in page.all("h1", "h2", "h3", "h4", "h5", "h6")]
        assert levels.count(1) == 1, path
        assert levels[0] == 1
        assert all(after <= before + 1 for before, after in pairwise(levels)), path


def test_ids_are_unique_and_whatever_is_named_as_a_label_exists(pages):
    for path, page in pages.items():
        ids = [element.keys["id"] for element in page.walk() if "id" in element.keys]
        assert len(ids) == len(set(ids)), path
        for element in page.walk():
            assert set(element.keys.get("aria-labelledby", "").split()) <= set(ids), path


def test_every_table_of_results_has_a_caption_headed_rows_and_columns_and_can_be_scrolled_by_keyboard(pages):
    for path, page in pages.items():
        for table in page.all("table"):
            holder = table.parent
            assert (holder.keys.get("role"), holder.keys.get("tabindex")) == ("region", "0"), path
            if any(h.keys.get("id") == "method" for h in table.holders()):
                continue
            assert table.all("caption")[0].text
            assert all(head.keys.get("scope") in ("col", "row", "rowgroup") for head in table.all("th"))
            width = len(table.all("thead")[0].all("th"))
            for row in table.all("tbody")[0].all("tr"):
                cells = row.all("th", "td")
                assert sum(int(cell.keys.get("colspan", 1)) for cell in cells) == width, (path, row.text)


def test_every_chart_is_a_picture_with_a_title_and_a_description(pages):
    for page in pages.values():
        for figure in page.all("figure"):
            for drawing in figure.all("svg")[:1]:
                assert drawing.keys["role"] == "img"
                assert drawing.all("title")[0].text
                assert drawing.all("desc")[0].text


def test_where_nothing_can_be_drawn_there_is_no_empty_chart(pages, results):
    figures = [
        figure
        for figure in pages["schools/0002/index.html"].all("figure")
        if figure.keys.get("data-measure") == "percent_tested"
    ]
    assert figures
    for figure in figures:
        assert not figure.all("svg")
        assert "District did not report" in figure.text


def test_an_indicator_without_any_number_says_so_in_one_sentence_and_keeps_its_rows_behind_it(pages):
    (section,) = [
        element
        for element in pages["schools/0002/index.html"].all("section")
        if element.keys.get("id") == "test_participation"
    ]
    assert "There is no number to show: District did not report ." in section.text
    (outer,) = [details for details in section.all("details") if details.parent is section]
    assert len(outer.all("figure")) == len(section.all("figure")) > 0
    other = pages["schools/0001/index.html"]
    assert "There is no number to show" not in other.text


def test_interface_words_are_plain(release: Path):
    banned = re.compile(r"\b(cohort|disaggregat\w+|subgroup\w*|ADM|utiliz\w+|pursuant)\b", re.IGNORECASE)
    for page in (release / "site").rglob("*.html"):
        assert not banned.search(page.read_text(encoding="utf-8"))


def test_progress_is_told_until_all_pages_are_made(warehouse: Path, methodology: Path, tmp_path: Path, pages):
    told = []
    made = build_release(hand_over(warehouse, methodology, tmp_path / "handed_over"), tmp_path / "release", "1.0.0")
    assert build_site(made, lambda done, total: told.append((done, total))) == made / "site"
    assert told[-1] == (len(pages), len(pages))


def test_an_id_that_would_leave_the_site_is_refused(state, methodology: Path, tmp_path: Path, monkeypatch):
    entities = [*state.ENTITIES[:-1], ("school", "../../x", "Elsewhere", "470", state.FORMULA, 2024, 2024)]
    monkeypatch.setattr(state, "ENTITIES", entities)
    warehouse = state.make_warehouse(tmp_path / "waymark.duckdb")
    with pytest.raises(ValueError, match="cannot name a folder"):
        build_release(hand_over(warehouse, methodology, tmp_path / "handed_over"), tmp_path / "release", "1.0.0")


def test_two_policies_for_one_number_are_refused(state, methodology: Path, tmp_path: Path):
    results = state.results()
    twice = pl.concat([results, results[:1].with_columns(policy_id=pl.lit("other"))])
    warehouse = state.make_warehouse(tmp_path / "waymark.duckdb", twice)
    made = build_release(hand_over(warehouse, methodology, tmp_path / "handed_over"), tmp_path / "release", "1.0.0")
    with pytest.raises(ValueError, match="two policies"):
        build_site(made)
