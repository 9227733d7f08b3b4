"""The pages: every number is a published one at its address, every reason is in words, every page stands by itself."""

import csv
import json
import re
import shutil
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path
from urllib.parse import unquote, urlsplit

import polars as pl
import pytest

from reports import prose, words
from reports import site as site_module
from reports.handover import hand_over
from reports.published import KEY, Published
from reports.release import build_release, publish_release
from reports.site import build_site
from tests.valid_html import faults_of

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
OUT_OF_SIGHT = {"script", "style", "title", "desc", "template"}
SHOWN = {"v": "value", "b": "bounds", "i": "interval", "c": "student_count", "s": "state", "w": "value_status"}
SHOWN |= {"m": "completeness"}
"""What an element shows, by its class."""


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
        """Merge the data attributes of the cell's column, of the element and of all that hold it, in that order."""
        found: dict[str, str] = {}
        for holder in [*self.column(), *self.holders()]:
            for name, value in holder.keys.items():
                if name.startswith("data-"):
                    found.setdefault(name.removeprefix("data-").replace("-", "_"), value)
        return found

    def column(self) -> list["Element"]:
        """Give the head of the column in which a table cell stands, or begins."""
        cell = next((holder for holder in self.holders() if holder.tag == "td"), None)
        if cell is None:
            return []
        row, table = cell.parent, next(holder for holder in cell.holders() if holder.tag == "table")
        place = 0
        for other in row.all("th", "td"):
            if other is cell:
                break
            place += int(other.keys.get("colspan", 1))
        heads = table.all("thead")[0].all("th")
        return [heads[place]]


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
    """Every page of the site by its path, but for the door that leads to the languages."""
    site = release / "site"
    return {
        path.relative_to(site).as_posix(): Reader(path.read_text(encoding="utf-8")).root
        for language in words.LANGUAGES
        for path in sorted((site / language).rglob("*.html"))
    }


@pytest.fixture(scope="module")
def results(release: Path) -> dict[tuple, dict[str, str]]:
    """The rows of values.csv by their address."""
    table = pl.read_csv(release / "data" / "values.csv", infer_schema=False)
    table = table.with_columns(words.unguarded(pl.all()))
    return {tuple(row[name] for name in ADDRESS): row for row in table.iter_rows(named=True)}


@pytest.fixture(scope="module")
def status_words(release: Path) -> dict[str, dict[str, str]]:
    table = pl.read_csv(release / "data" / "value_statuses.csv")
    return {code: dict(table.select("status", f"label_{code}").iter_rows()) for code in words.LANGUAGES}


def fields(page: Element) -> Iterator[tuple[Element, tuple, str]]:
    """Give every element outside of drawings that shows a field of a result, with its address and the field."""
    for element in page.walk():
        shown = SHOWN.get(element.keys.get("class", "").split(" ")[-1])
        if shown is None or element.tag == "text" or any(holder.tag == "svg" for holder in element.holders()):
            continue
        if element.tag == "small" and shown == "value_status" and element.parent.tag == "th":
            continue
        address = element.address()
        if shown == "state":
            address |= {"level": "state", "entity_id": "state"}
        yield element, tuple(address[name] for name in ADDRESS), shown


def expected(row: dict[str, str], shown: str, say: words.Language, status_words: dict[str, str]) -> str:
    unit = {"average_score": "score", "growth_rate": "multiple"}.get(row["indicator"], "percent")
    match shown:
        case "value":
            return say.with_unit(row["value"], unit)
        case "interval":
            return say.span(row["interval_low"], row["interval_high"])
        case "student_count":
            return f"{int(row['student_count']):,}"
        case "completeness":
            return say.with_unit(words.policy_number(row["completeness"]), "percent")
        case "bounds":
            return say.bounds(row["low_bound"], row["high_bound"], unit)
        case "value_status":
            return status_words[row["value_status"]]
        case "state":
            if row["value"] is None:
                return status_words[row["value_status"]]
            return say.with_unit(row["value"], unit)
    raise AssertionError(f"no one knows the field {shown}")


def own_text(element: Element) -> str:
    """Give the text of a cell without the small remarks in it."""
    return " ".join("".join(item for item in element.content if isinstance(item, str)).split())


INDICATORS = (
    "academic_achievement", "test_participation", "average_score", "full_academic_year_coverage", "growth_rate",
)  # fmt: skip
PLACES = (
    "state",
    "district/0100",
    "district/470",
    *(f"school/{name}" for name in ("0001", "0002", "0003", "0004", "-05")),
)


def test_there_is_a_page_in_each_language_for_every_place_indicator_method_and_file(pages, release: Path):
    package = json.loads((release / "data" / "datapackage.json").read_text())
    files = [resource["name"] for resource in package["resources"] if resource["type"] == "table"]
    wanted = [
        "",
        *(f"{name}/" for name in PLACES),
        *(f"indicators/{name}/" for name in INDICATORS),
        *(f"method/{name}/" for name in prose.pages("en")),
        *(f"data/{name}/" for name in files),
        *(
            f"{name}/"
            for name in (
                "find",
                "indicators",
                "equity",
                "competencies",
                "compare",
                "data",
                "release",
                "method",
                "not-yet",
                "glossary",
                "corrections",
                "contact",
                "rules",
                "find/cities",
            )
        ),
        *(f"rules/{name}/" for name in json.loads((release / "rules" / "rules.json").read_text())["collections"]),
        "school/0009/",
    ]
    assert set(pages) == {f"{code}/{path}index.html" for code in words.LANGUAGES for path in wanted}


def test_every_number_on_every_page_is_the_published_one(pages, results, status_words):
    seen = 0
    for path, page in pages.items():
        say = words.language(path[:2])
        for element, address, shown in fields(page):
            assert own_text(element) == expected(results[address], shown, say, status_words[path[:2]]), (
                path,
                address,
                shown,
            )
            seen += 1
    assert seen > 2000


def test_both_languages_show_the_same_numbers_in_the_same_places(pages):
    for path, page in pages.items():
        if path.startswith("en/"):
            twin = pages[f"es/{path[3:]}"]
            addresses = [
                [(address, shown) for _, address, shown in fields(one) if shown != "value_status"]
                for one in (page, twin)
            ]
            assert addresses[0] == addresses[1], path


def test_the_files_of_a_page_hold_the_published_rows_and_every_number_of_the_page(pages, results, release: Path):
    for name in PLACES:
        path = release / "site" / "files" / ("state/state.csv" if name == "state" else f"{name}.csv")
        with path.open(encoding="utf-8", newline="") as file:
            guarded = re.compile("^'(?='*[=+@-])")
            rows = [{key: guarded.sub("", value) or None for key, value in row.items()} for row in csv.DictReader(file)]
        by_address = {tuple(row[column] for column in ADDRESS): row for row in rows}
        assert rows
        for address, row in by_address.items():
            published = results[address]
            assert row == {column: published[column] for column in row}
        told = json.loads(path.with_suffix(".json").read_text(encoding="utf-8"))
        assert [dict(zip(told["columns"], row, strict=True)) for row in told["rows"]] == [
            row | {key: int(row[key]) if row[key] else None for key in ("school_year", "student_count")} for row in rows
        ]
        shown = {
            address for _, address, _ in fields(pages[f"en/{name}/index.html"]) if address[2] == rows[0]["entity_id"]
        }
        assert shown <= set(by_address)


def test_no_number_stands_on_a_page_without_its_address(pages):
    """Only the ticks of an axis, what the method and sentences say; pages about files show no result."""
    loose = []
    for path, page in pages.items():
        name = path[3:]
        if name.startswith(("data/", "method/", "release/", "glossary/", "not-yet/", "rules/")):
            continue
        for element in page.walk():
            own = "".join(item for item in element.content if isinstance(item, str))
            holders = list(element.holders())
            if any(holder.tag in OUT_OF_SIGHT | {"svg"} for holder in holders):
                continue
            if any(SHOWN.get(holder.keys.get("class", "").split(" ")[-1]) for holder in holders):
                continue
            if any(holder.keys.get("id") in ("method", "policy", "reading") for holder in holders):
                continue
            if any(holder.keys.get("class") in ("inshort", "short") for holder in holders):
                continue
            loose += [(path, own) for _ in re.findall(r"\d+(?:\.\d+)?\s?%|\b\d+ (?:to|a) \d+\b|\d\.\d", own)]
    assert loose == []


def test_every_number_of_the_sentences_in_short_is_a_published_one(pages, results):
    sentences = 0
    for name in PLACES:
        for code in words.LANGUAGES:
            page = pages[f"{code}/{name}/index.html"]
            entity = {"state", name.rpartition("/")[2]}
            known = {row["value"] for row in results.values() if row["entity_id"] in entity}
            known |= {
                row[end]
                for row in results.values()
                for end in ("low_bound", "high_bound")
                if row["entity_id"] in entity
            }
            (box,) = [element for element in page.all("section") if element.keys.get("class") == "inshort"]
            for sentence in box.all("p"):
                sentences += 1
                for number in re.findall(r"\d+(?:\.\d+)?", sentence.text.replace(",", "")):
                    assert number in known, (name, code, sentence.text)
    assert sentences >= 2 * len(PLACES)


def test_every_headline_of_an_entity_stands_on_its_page_in_a_table(pages, results):
    headlines = {"percent_proficient", "percent_tested", "mean_scale_score", "percent_full_academic_year"}
    for name in PLACES[1:]:
        entity = name.rpartition("/")[2]
        year = "2024" if entity == "-05" else "2025"
        page = pages[f"en/{name}/index.html"]
        told = {
            address for element, address, _ in fields(page) if any(h.tag in ("td", "li") for h in element.holders())
        }
        wanted = {
            address
            for address, row in results.items()
            if row["entity_id"] == entity
            and row["school_year"] == year
            and row["measure"] in headlines
            and row["population"] == "reporting"
            and row["student_group"] == "ALL"
            and row["value"]
        }
        assert wanted
        assert wanted <= told, name


def test_every_chart_of_groups_or_years_has_exactly_the_numbers_of_its_table(pages):
    drawn = 0
    for path, page in pages.items():
        for figure in page.all("figure"):
            charts = [svg for svg in figure.all("svg") if svg.keys.get("role") == "img"]
            rows = [row for body in figure.all("tbody") for row in body.all("tr")]
            if not charts or not rows or "data-measure" not in figure.keys:
                continue
            drawn += 1
            texts = [text.text for text in charts[0].all("text") if text.keys.get("class") in ("v", "b")]
            told = [
                own_text(cell)
                for row in rows
                for cell in row.walk()
                if cell.tag in ("td", "span") and cell.keys.get("class") in ("v", "b")
            ]
            assert sorted(texts) == sorted(told), path
    assert drawn > 30


def test_a_strip_draws_a_mark_for_each_place_that_has_a_number(pages, results, release: Path):
    page = pages["en/state/index.html"]
    strips = [figure for figure in page.all("figure") if figure.keys.get("class") == "strip"]
    assert strips == []  # two districts are too few to show how far apart they stand


def test_a_mark_of_growth_over_level_is_an_entity_whose_row_has_both_numbers(pages):
    page = pages["en/indicators/test_participation/index.html"]
    drawings = 0
    for figure in page.all("figure"):
        marks = [mark.keys["data-entity-id"] for mark in figure.all("circle") if "data-entity-id" in mark.keys]
        if not marks:
            continue
        drawings += 1
        told = {}
        for _, address, shown in fields(figure.all("tbody")[0]):
            told.setdefault(address[2], []).append(shown)
        assert sorted(marks) == sorted(entity for entity, shown in told.items() if shown.count("value") == 2)
    assert drawings == 2


def test_a_row_without_a_number_says_why_in_the_words_of_the_release(pages, results):
    said = set()
    for page in pages.values():
        for _, address, shown in fields(page):
            row = results[address]
            if not row["value"] and not row["low_bound"] and not row["high_bound"]:
                assert shown in ("value_status", "state")
                said.add(row["value_status"])
    assert {"suppressed", "no_students", "not_reported", "not_collected", "low_coverage"} <= said


def test_a_number_that_needs_a_warning_has_it_in_words_beside_it_or_above_its_column(pages, results, status_words):
    warned = 0
    for path, page in pages.items():
        for table in page.all("table"):
            heads = table.all("thead")[0].text
            for row in table.all("tr"):
                for _, address, shown in fields(row):
                    status = results[address]["value_status"]
                    if shown == "value" and status in {"incomplete", "under_review", "not_comparable"}:
                        assert status_words[path[:2]][status] in row.text + heads, (path, address)
                        warned += 1
    assert warned > 0


def test_no_code_of_a_status_is_shown_to_readers(pages):
    codes = re.compile(r"\b(no_students|not_applicable|not_collected|not_reported|low_coverage|not_comparable)\b")
    for path, page in pages.items():
        if not path[3:].startswith("data/"):
            assert not codes.search(page.all("body")[0].text), path


def test_the_count_of_hidden_numbers_on_a_page_is_the_count_of_its_hidden_results(pages, results):
    counted = 0
    for path, page in pages.items():
        told = re.search(r"Hidden on this page (\d+) number", page.text)
        if told and "/indicators/" not in path:
            hidden = {address for _, address, _ in fields(page) if results[address]["value_status"] == "suppressed"}
            own = {address for address in hidden if address[1] != "state" or path == "en/state/index.html"}
            assert int(told[1]) >= len(own), path
            counted += len(own)
    assert counted > 0


def test_the_indicator_page_lists_every_district_by_name(pages):
    page = pages["en/indicators/academic_achievement/index.html"]
    (section,) = [element for element in page.all("section") if element.keys.get("id") == "districts"]
    links = [link.keys["href"] for link in section.all("a") if "district/" in link.keys["href"]]
    assert links == ["../../district/0100/index.html", "../../district/470/index.html"]


def test_the_indicator_page_holds_its_method_and_who_decided_its_numbers(pages):
    page = pages["en/indicators/academic_achievement/index.html"]
    headings = [heading.text for heading in page.all("h3")]
    method = ["What it measures", "Who is counted", "How it is computed", "What changed, by year", "Limits"]
    assert [heading for heading in headings if heading in method] == method
    (policy,) = [element for element in page.all("section") if element.keys.get("id") == "policy"]
    assert "20 USC 6311(c)(4)(E)" in policy.text
    assert "=1+1, board decision of 2023 & <b>others</b>" in policy.text
    assert "{%" not in page.text
    assert "by the score of Wilson. wilson" in page.text
    assert "fórmula de Wilson. wilson" in pages["es/indicators/academic_achievement/index.html"].text


def test_pages_of_method_say_who_answers_for_them_and_when_a_person_reviewed_them(
    pages, release, tmp_path, monkeypatch
):
    owner = Published(release).publisher["name"]
    paths = {path for path in pages if re.search(r"/(method|indicators)/\w+/index", path)}
    assert len(paths) > 30
    for path in paths:
        (told,) = [line.text for line in pages[path].all("p") if line.keys.get("class") == "soft answers"]
        unread = {"en": "No person has reviewed it yet.", "es": "Aún nadie la ha revisado."}[path[:2]]
        assert told.startswith(owner)
        assert told.endswith(unread)
    told = {"reviewed_by": "Ana Ruiz", "reviewed_at": date(2026, 11, 22)}
    read = {topic: page._replace(**told) for topic, page in prose.pages("es").items()}
    monkeypatch.setattr(prose, "pages", lambda _: read)
    copy = _copied(release, tmp_path)
    build_site(copy)
    page = (copy / "site/es/method/calibration/index.html").read_text(encoding="utf-8")
    assert "Ana Ruiz la revisó el 22 de noviembre de 2026." in page


def test_the_indicator_page_shows_ten_students_the_gaps_of_two_years_and_what_it_is_made_from(pages, results):
    page = pages["en/indicators/academic_achievement/index.html"]
    (ten,) = [figure for figure in page.all("figure") if figure.keys.get("class") == "ten"]
    (value,) = [float(element.text.rstrip("%")) for element, _, shown in fields(ten) if shown == "value"]
    assert f"about {int(value / 10 + 0.5)} of them" in ten.text
    dumbbells = [figure for figure in page.all("figure") if "The empty dot" in figure.text]
    assert len(dumbbells) == 2
    for figure in dumbbells:
        years = {address[0] for _, address, _ in fields(figure)}
        groups = {address[5] for _, address, _ in fields(figure)}
        assert years == {"2024", "2025"}
        assert len(groups) == 14
    links = [link.keys["href"] for link in page.all("a")]
    assert {f"../../rules/{name}/index.html" for name in ("assessment", "enrollment")} <= set(links)
    assert "../../../api/v1/provenance/indicators/academic_achievement.json" in links
    (compared,) = [section for section in page.all("section") if section.keys.get("id") == "compared"]
    assert "2023–24, 2024–25 No Numbers of this year carry the mark" in compared.text


def test_the_data_pages_describe_every_file_and_every_column(pages, release: Path):
    package = json.loads((release / "data" / "datapackage.json").read_text())
    downloads = {
        Path(link.keys["href"]).name for link in pages["en/data/index.html"].all("a") if "download" in link.keys
    }
    assert {Path(resource["path"]).name for resource in package["resources"]} <= downloads
    for resource in package["resources"]:
        for column in resource.get("schema", {"fields": []})["fields"]:
            for language, end in (("en", ""), ("es", "_es")):
                page = pages[f"{language}/data/{resource['name']}/index.html"].text
                said = re.sub("[` ]", "", column[f"description{end}"])
                assert column["name"] in page
                assert column[f"title{end}"] in page
                assert said in page.replace(" ", "")


def test_every_column_of_a_file_names_its_checks_or_says_that_it_has_none(pages, release: Path):
    package = json.loads((release / "data" / "datapackage.json").read_text())
    checks = {
        f"{resource['name']}.{column['name']}": column["checks"]
        for resource in package["resources"]
        for column in resource.get("schema", {"fields": []})["fields"]
    }
    (check,) = json.loads((release / "gate" / "results.json").read_text())
    assert {name for name, own in checks.items() if own} == set(check["columns"])
    none = {"en": "No check of its own", "es": "Ningún control propio"}
    for language, title in (("en", check["title"]), ("es", check["title_es"])):
        for file in ("values", "footnotes"):
            rows = pages[f"{language}/data/{file}/index.html"].all("tr")
            cells = {row.all("th")[0].text: row.all("td")[-1] for row in rows if row.all("code") and row.all("td")}
            for name, cell in cells.items():
                if own := checks[f"{file}.{name}"]:
                    (link,) = cell.all("a")
                    assert link.keys["href"] == f"../../release/index.html#check-{own[0]}"
                else:
                    assert cell.text == none[language]
            assert len(cells) > 4
        said = pages[f"{language}/release/index.html"]
        (row,) = [row for row in said.all("tr") if row.keys.get("id") == f"check-{check['expectation']}"]
        assert title in row.text


def test_the_files_on_the_site_are_the_files_of_the_release(release: Path):
    files = [file for folder in ("data", "api") for file in (release / folder).rglob("*") if file.is_file()]
    for file in files:
        assert (release / "site" / file.relative_to(release)).read_bytes() == file.read_bytes()


def test_the_list_of_names_and_the_search_lead_to_every_school_and_district(pages, release: Path):
    links = {link.keys["href"] for link in pages["en/find/index.html"].all("main")[0].all("a")}
    names = json.loads((release / "site" / "files" / "names.json").read_text(encoding="utf-8"))
    levels = {"d": "district", "s": "school"}
    assert {f"{levels[level]}/{entity_id}" for entity_id, _, _, level, _ in names} == set(PLACES[1:])
    assert {f"../{name}/index.html" for name in PLACES[1:]} <= links
    letters = [heading.text for heading in pages["en/find/index.html"].all("h2")]
    assert letters == ["E", "O", "0–9"]


def test_places_stand_under_their_city_and_the_search_knows_cities_and_earlier_numbers(pages, release: Path):
    page = pages["en/find/cities/index.html"]
    listed = {
        section.all("h2")[0].text: [link.keys["href"] for link in section.all("a")] for section in page.all("section")
    }
    assert listed == {
        "Elm & <b>Ash</b>": ["../../school/0003/index.html"],
        "Ñandú Springs": ["../../district/0100/index.html", "../../school/0001/index.html"],
    }
    names = json.loads((release / "site" / "files" / "names.json").read_text(encoding="utf-8"))
    assert {(row[0], row[4]) for row in names if row[4]} == {
        ("0100", "Ñandú Springs"), ("0001", "Ñandú Springs 0009"), ("0003", "Elm & <b>Ash</b>"), ("0004", "-05"),
    }  # fmt: skip
    lead = pages["en/school/0001/index.html"].all("p")[1].text
    assert "Ñandú Springs · " in lead


def test_a_number_no_longer_in_use_leads_to_the_school_that_goes_on(pages):
    page = pages["en/school/0009/index.html"]
    (refresh,) = [meta for meta in page.all("meta") if meta.keys.get("http-equiv") == "refresh"]
    assert refresh.keys["content"] == "0; url=../../school/0001/index.html#earlier"
    assert "Oak Street Elementary School" in page.all("main")[0].text
    told = "had the number 0009."
    assert told in pages["en/school/0001/index.html"].text
    assert told not in pages["en/school/0002/index.html"].text
    assert "Since 2024–25 this school goes on as Élémentaire" in pages["en/school/-05/index.html"].text


def test_every_rule_of_submissions_stands_on_the_page_of_its_collection_with_its_words(pages, release: Path):
    catalogue = json.loads((release / "rules" / "rules.json").read_text(encoding="utf-8"))
    assert len(catalogue["rules"]) > 400
    for rule in catalogue["rules"]:
        for code in words.LANGUAGES:
            page = pages[f"{code}/rules/{rule['collection']}/index.html"]
            (section,) = [one for one in page.all("section") if one.keys.get("id") == rule["rule"]]
            said = rule["words"][code]
            for text in (said["title"], said["why"], *said["fix"], *said["causes"], said["ok_when"] or ""):
                assert " ".join(text.split()) in section.text, (rule["rule"], code)


def test_corrections_of_each_release_are_told_with_their_cause_and_their_list(
    release: Path, state, methodology: Path, tmp_path: Path
):
    releases = tmp_path / "releases"
    shutil.copytree(release, releases / release.name)
    for number, place in enumerate(("second", "third"), start=40):
        changed = pl.when(pl.col("entity_id") == "0001").then(pl.lit(number).cast(pl.Decimal(18, 4))).otherwise("value")
        warehouse = state.make_warehouse(
            tmp_path / f"{place}.duckdb",
            state.results().with_columns(
                pl.when(pl.col("value").is_not_null() & (pl.col("measure") == "percent_tested"))
                .then(changed)
                .otherwise("value")
                .alias("value")
            ),
        )
        made = publish_release(hand_over(warehouse, methodology, tmp_path / place), releases)
    site = made / "site"
    page = Reader((site / "en/corrections/index.html").read_text(encoding="utf-8")).root
    assert [heading.text for heading in page.all("h2")] == [
        "From release 1.0.1 to 1.0.2",
        "From release 1.0.0 to 1.0.1",
    ]
    lists = [link.keys["href"] for link in page.all("a") if link.keys["href"].endswith(".csv")]
    assert (site / "en/corrections" / lists[0]).read_bytes() == (made / "data/changes.csv").read_bytes()
    for path, told in zip(lists, page.all("tbody"), strict=True):
        rows = pl.read_csv(site / "en/corrections" / path, infer_schema=False)
        assert rows.height == sum(int(row.all("td")[-1].text) for row in told.all("tr")) > 0
    earlier = Reader((site / "es/release/index.html").read_text(encoding="utf-8")).root
    links = [link.keys["href"] for link in earlier.all("a") if "releases/" in link.keys["href"]]
    assert links == [f"../../releases/{version}/es/index.html" for version in ("1.0.1", "1.0.0")]
    script = (site / "static/release.js").read_text(encoding="utf-8")
    assert json.loads(script.partition(" = ")[2].rstrip(";\n")) == {
        "version": "1.0.2",
        "earlier": [{"version": version, "year": "2024–25"} for version in ("1.0.1", "1.0.0")],
    }


def test_a_profile_that_would_be_too_large_leaves_further_groups_to_its_file(
    pages, release: Path, tmp_path: Path, monkeypatch
):
    path, said = "en/school/0001/index.html", "More numbers by student group stand in the file of this page"
    assert said not in pages[path].text
    monkeypatch.setattr(site_module, "LARGEST_PAGE", 10)
    copy = _copied(release, tmp_path)
    build_site(copy)
    page = (copy / "site" / path).read_text(encoding="utf-8")
    assert said in page
    assert len(page) < (release / "site" / path).stat().st_size
    assert "<!--" not in page + (release / "site" / path).read_text(encoding="utf-8")


def test_many_names_stand_on_a_page_for_each_letter(release: Path, tmp_path: Path, monkeypatch):
    monkeypatch.setattr(site_module, "NAMES_ON_A_PAGE", 3)
    copy = _copied(release, tmp_path)
    build_site(copy)
    index = Reader((copy / "site/en/find/index.html").read_text(encoding="utf-8")).root
    assert {"../find/e/index.html", "../find/o/index.html", "../find/numbers/index.html"} <= {
        link.keys["href"] for link in index.all("a")
    }
    assert "Oak Street" in (copy / "site/en/find/o/index.html").read_text(encoding="utf-8")


def test_many_districts_stand_on_several_pages(release: Path, tmp_path: Path, monkeypatch):
    monkeypatch.setattr("reports.profile.MOST_ROWS", 1)
    copy = _copied(release, tmp_path)
    build_site(copy)
    folder = copy / "site/en/indicators/academic_achievement"
    first, second = ((folder / f"districts-{place}/index.html").read_text(encoding="utf-8") for place in (1, 2))
    assert ("district/0100/" in first, "district/470/" in first) == (True, False)
    assert ("district/0100/" in second, "district/470/" in second) == (False, True)


def test_every_link_leads_to_a_file_of_the_site_and_to_a_place_in_it(pages, release: Path):
    site, links = (release / "site").resolve(), 0
    ids = {path: {element.keys.get("id") for element in page.walk()} for path, page in pages.items()}
    for path, page in pages.items():
        for element in page.walk():
            for name in ("href", "src"):
                if name not in element.keys:
                    continue
                parts = urlsplit(element.keys[name])
                if parts.scheme == "mailto":
                    assert path[3:] == "contact/index.html"
                    continue
                assert not parts.scheme and not parts.netloc and not parts.path.startswith("/"), (path, element.keys)
                target = ((site / path).parent / unquote(parts.path) if parts.path else site / path).resolve()
                assert target.is_relative_to(site)
                assert target.is_file(), (path, element.keys[name])
                if parts.fragment:
                    name_of_target = target.relative_to(site).as_posix()
                    if name_of_target not in ids:
                        views = re.findall(r'<view id="(\w+)"', target.read_text(encoding="utf-8"))
                        ids[name_of_target] = set(views)
                    assert parts.fragment in ids[name_of_target], (path, element.keys[name])
                links += 1
    assert links > 2000


def test_nothing_on_a_page_runs_or_styles_in_line_and_nothing_comes_from_elsewhere(pages):
    for path, page in pages.items():
        policy = [meta.keys["content"] for meta in page.all("meta") if "http-equiv" in meta.keys]
        assert policy[0].startswith("default-src 'none'"), path
        scripts = page.all("script")
        assert [script.keys["src"].rpartition("/")[2] for script in scripts] == ["release.js", "site.js"]
        assert not any(script.text for script in scripts)
        assert not page.all("style", "iframe", "object", "embed", "img", "form", "base")
        for element in page.walk():
            assert "style" not in element.keys
            assert not [name for name in element.keys if name.startswith("on")]
            assert "javascript:" not in " ".join(element.keys.values())


def test_pages_and_scripts_are_small(pages, release: Path):
    site = release / "site"
    assert max((site / path).stat().st_size for path in pages) <= 150_000
    assert sum(path.stat().st_size for path in (site / "static").glob("*.js")) <= 30_000


def test_a_hostile_name_is_text_wherever_it_stands(pages, state):
    page = pages["en/district/0100/index.html"]
    assert page.all("h1")[0].text == state.SCRIPT
    assert page.all("title")[0].text.startswith(state.SCRIPT)
    school = pages["es/school/0002/index.html"]
    assert "<img src=x onerror=alert(1)>" in school.all("h1")[0].text
    assert pages["en/school/0004/index.html"].all("h1")[0].text == "Élémentaire Número 4 {{ 7*7 }}"
    assert pages["en/district/470/index.html"].all("h1")[0].text == state.FORMULA
    method = pages["en/indicators/average_score/index.html"]
    assert '<script>alert("method")</script>' in method.text


def test_every_page_says_its_language_and_leads_to_itself_in_the_other(pages):
    for path, page in pages.items():
        code, name = path[:2], path[3:]
        other = "es" if code == "en" else "en"
        assert page.all("html")[0].keys["lang"] == code
        links = [link for link in page.all("a") if link.keys.get("hreflang")]
        assert [link.keys["lang"] for link in links] == [other]
        assert links[0].keys["href"] == "../" * path.count("/") + f"{other}/{name}"


def test_every_page_in_spanish_says_that_it_is_a_draft_until_a_person_has_reviewed_its_words(pages, monkeypatch):
    draft = "El español de estas páginas es un borrador"
    assert all((draft in page.text) == path.startswith("es/") for path, page in pages.items() if "/" in path)
    read = prose.Page("language.yml", "es", "", None, None, "Ana Ruiz", date(2026, 11, 22))
    monkeypatch.setattr(prose, "_whole_files", lambda: [read])
    prose.is_draft.cache_clear()
    assert not prose.is_draft("es")
    prose.is_draft.cache_clear()


def test_every_page_about_numbers_says_its_year_its_release_and_why_numbers_are_hidden(pages):
    for path, page in pages.items():
        about = [element for element in page.walk() if element.keys.get("id") == "about"]
        has_numbers = ("state", "district", "school", "indicators/", "equity", "competencies", "index")
        lists = ("indicators/index.html", "school/0009/index.html")
        assert bool(about) == (path[3:].startswith(has_numbers) and path[3:] not in lists), path
        if about:
            assert ("2023–24" if "/-05/" in path else "2024–25") in about[0].text, path
            assert "method/hidden_numbers/index.html" in " ".join(link.keys["href"] for link in about[0].all("a"))
        assert page.all("body")[0].all("a")[0].keys["href"] == "#main"


def test_a_school_whose_last_numbers_are_older_says_so(pages):
    assert "The latest numbers here are for 2023–24" in pages["en/school/-05/index.html"].text
    assert "The latest numbers here are for" not in pages["en/school/0001/index.html"].text


def test_a_profile_compares_with_the_state_in_words(pages):
    text = pages["en/school/0001/index.html"].text
    assert re.search(r"(Higher than|Lower than|About the same as) the state", text)
    assert "Compared with the year before" in text
    assert "Compared with the state" not in pages["en/state/index.html"].text


def test_a_district_says_how_complete_its_records_are_and_a_number_that_lacks_some_how_many_are_in(pages, results):
    told = {path: [one for one in fields(page) if one[2] == "completeness"] for path, page in pages.items()}
    assert {path[3:] for path, found in told.items() if found} >= {"state/index.html", "district/0100/index.html"}
    assert "How complete the records are" in pages["en/district/0100/index.html"].text
    for path in ("en/school/0001/index.html", "en/school/0003/index.html"):
        assert {results[address]["value_status"] for _, address, _ in told[path]} <= {"incomplete"}
    shares = {results[address]["value_status"] for found in told.values() for _, address, _ in found}
    assert shares == {"ok", "incomplete"}


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
            is_prose = any(h.keys.get("id") == "method" or h.tag == "article" for h in table.holders())
            if is_prose or table.keys.get("id") == "side":
                continue
            assert table.all("caption")[0].text
            assert all(head.keys.get("scope") in ("col", "row", "rowgroup") for head in table.all("th"))
            width = len(table.all("thead")[0].all("th"))
            for body in table.all("tbody"):
                for row in body.all("tr"):
                    cells = row.all("th", "td")
                    assert sum(int(cell.keys.get("colspan", 1)) for cell in cells) == width, (path, row.text)


def test_every_chart_is_a_picture_with_a_title_and_a_description(pages):
    for page in pages.values():
        for drawing in page.all("svg"):
            if drawing.keys.get("role") == "img":
                assert drawing.all("title")[0].text
                assert drawing.all("desc")[0].text


def test_a_chart_of_the_state_stands_in_a_file_of_its_own(pages, release: Path):
    from xml.etree import ElementTree

    page = pages["en/indicators/academic_achievement/index.html"]
    paths = [link.keys["href"] for link in page.all("a") if link.keys["href"].endswith(".svg")]
    assert len(paths) > 2
    for path in paths:
        drawing = ElementTree.parse((release / "site/en/indicators/academic_achievement" / path).resolve()).getroot()
        assert drawing.tag == "{http://www.w3.org/2000/svg}svg"


def test_every_chart_has_its_rows_and_its_drawing_in_files_beside_it(pages, release: Path):
    from xml.etree import ElementTree

    site, seen, rows_of, views_of = release / "site", 0, {}, {}
    for path, page in pages.items():
        for figure in page.all("figure"):
            if figure.keys.get("class") == "ten" or not any(one.keys.get("role") == "img" for one in figure.all("svg")):
                continue
            links = [
                link.keys["href"]
                for part in figure.all("p")
                if part.keys.get("class") == "files"
                for link in part.all("a")
            ]
            assert [link.partition("#")[0].rpartition(".")[2] for link in links] == ["csv", "json", "svg"], path
            csv, _, drawing = ((site / path).parent / link for link in links)
            if csv not in rows_of:
                rows_of[csv] = csv.resolve().read_text(encoding="utf-8")
            assert figure.keys.get("data-indicator", "") in rows_of[csv]
            file, _, part = str(drawing).partition("#")
            if file not in views_of:
                whole = ElementTree.parse(Path(file).resolve())
                views_of[file] = {view.get("id") for view in whole.iter("{http://www.w3.org/2000/svg}view")}
            assert not part or part in views_of[file]
            seen += 1
    assert seen > 50


def test_a_district_has_the_headlines_of_its_schools_in_a_file(release: Path):
    site = release / "site"
    schools = pl.read_csv(site / "files/district/0100-schools.csv", infer_schema=False)
    values = pl.read_csv(release / "data/values.csv", infer_schema=False)
    assert set(schools["level"]) == {"school"} and schools["entity_id"].n_unique() > 1
    key = ["level", "entity_id", *KEY]
    found = schools.join(values, on=key, how="left", suffix="_published")
    assert found.select(pl.col("value").eq_missing(pl.col("value_published")).all()).item()
    assert found["value_status"].eq(found["value_status_published"]).all()


def test_an_indicator_without_any_number_stands_in_the_list_of_what_is_missing_with_its_reason(pages):
    (line,) = [
        item
        for item in pages["en/school/0002/index.html"].all("li")
        if item.keys.get("data-indicator") == "test_participation" and item.keys.get("class") != "card"
    ]
    assert "District did not report" in line.text
    assert "There is no number here for" not in pages["en/school/0001/index.html"].text


def test_progress_is_told_until_all_pages_are_made(release: Path, tmp_path: Path):
    told = []
    copy = _copied(release, tmp_path)
    assert build_site(copy, lambda done, total: told.append((done, total))) == copy / "site"
    assert told[-1][0] == told[-1][1] > 0
    assert [done for done, _ in told] == sorted(done for done, _ in told)


def test_several_processes_make_the_same_bytes_as_one(release: Path, tmp_path: Path, monkeypatch):
    monkeypatch.setattr(site_module, "ALONE", 0)
    copy = _copied(release, tmp_path)
    build_site(copy, processes=2)
    assert _bytes(copy / "site") == _bytes(release / "site")


def test_only_pages_whose_contents_changed_are_made_again_and_the_bytes_are_the_same(
    release: Path, tmp_path: Path, monkeypatch
):
    releases, memory = tmp_path / "releases", tmp_path / "releases" / ".pages"
    releases.mkdir()
    first = _copied(release, releases, "1.0.0")
    build_site(first, memory=memory)
    second = _copied(release, releases, ".building")
    package = json.loads((second / "data/datapackage.json").read_text())
    (second / "data/datapackage.json").write_text(json.dumps(package | {"version": "1.0.1"}))
    values = pl.read_parquet(second / "data/values.parquet")
    is_one = (
        (pl.col("entity_id") == "0001") & (pl.col("value_status") == "ok") & (pl.col("measure") == "percent_proficient")
    )
    changed = pl.when(is_one).then(pl.lit(11).cast(pl.Decimal(18, 4))).otherwise("value").alias("value")
    values.with_columns(changed).write_parquet(second / "data/values.parquet")
    written = []
    monkeypatch.setattr(site_module._Files, "write", lambda files, name, start, end: written.append(name))
    build_site(second, memory=memory)
    # The school itself, and its district, whose table of schools shows it.
    own = [name for name in written if name.startswith(("school/", "district/"))]
    assert own == ["district/0100-schools", "district/0100", "school/0001"]
    monkeypatch.undo()
    anew = _copied(second, tmp_path, "anew")
    build_site(anew)
    ours, theirs = _bytes(second / "site"), _bytes(anew / "site")
    pages_and_drawings = {path for path in ours if path.suffix in (".html", ".svg")}
    assert pages_and_drawings == {path for path in theirs if path.suffix in (".html", ".svg")}
    assert all(ours[path] == theirs[path] for path in pages_and_drawings)


def test_two_numbers_that_changed_places_are_a_change_of_their_school_and_of_no_other(release: Path, tmp_path: Path):
    second = _copied(release, tmp_path)
    values = pl.read_parquet(second / "data/values.parquet")
    is_shown = (pl.col("entity_id") == "0003") & (pl.col("student_group") == "ALL") & (pl.col("value_status") == "ok")
    is_shown &= (pl.col("measure") == "percent_proficient") & (pl.col("school_year") == 2025)
    one, other = values.with_row_index().filter(is_shown).unique("subject", keep="first")["index"].sort()[:2]
    numbers = values["value"].to_list()
    assert numbers[one] != numbers[other]
    numbers[one], numbers[other] = numbers[other], numbers[one]
    values.with_columns(pl.Series("value", numbers, values["value"].dtype)).write_parquet(
        second / "data/values.parquet"
    )
    before, after = Published(release).fingerprints(), Published(second).fingerprints()
    assert {entity for entity in before if before[entity] != after[entity]} == {("school", "0003")}


def _copied(release: Path, folder: Path, name: str = "release") -> Path:
    copy = folder / name
    shutil.copytree(release, copy, ignore=shutil.ignore_patterns("site"))
    return copy


def _bytes(site: Path) -> dict[Path, bytes]:
    return {path.relative_to(site): path.read_bytes() for path in sorted(site.rglob("*")) if path.is_file()}


def test_an_id_that_would_leave_the_site_is_refused(state, methodology: Path, tmp_path: Path, monkeypatch):
    entities = [*state.ENTITIES[:-1], ("school", "../../x", "Elsewhere", "470", state.FORMULA, 2024, 2024)]
    monkeypatch.setattr(state, "ENTITIES", entities)
    warehouse = state.make_warehouse(tmp_path / "waymark.duckdb")
    with pytest.raises(ValueError, match="cannot name a f"):
        made = build_release(hand_over(warehouse, methodology, tmp_path / "handed_over"), tmp_path / "release", "1.0.0")
        build_site(made)


def test_two_policies_for_one_number_are_refused(state, methodology: Path, tmp_path: Path):
    results = state.results()
    shown = results.filter((pl.col("student_group") == "ALL") & (pl.col("population") == "reporting"))[:1]
    twice = pl.concat([results, shown.with_columns(policy_id=pl.lit("other"))])
    warehouse = state.make_warehouse(tmp_path / "waymark.duckdb", twice)
    made = build_release(hand_over(warehouse, methodology, tmp_path / "handed_over"), tmp_path / "release", "1.0.0")
    with pytest.raises(ValueError, match="two policies"):
        build_site(made)


def test_pages_of_every_kind_are_valid_html_in_both_languages(release: Path):
    kinds = defaultdict(list)
    for path in sorted((release / "site").glob("e[ns]/**/*.html")):
        language, *folders, _ = path.relative_to(release / "site").parts
        kinds[language, *folders[:1], *folders[2:], len(folders)].append(path)
    assert len(kinds) > 40
    for kind, paths in kinds.items():
        for path in {paths[0], paths[-1]}:
            assert faults_of(path.read_text(encoding="utf-8")) == [], (kind, path)


@pytest.mark.parametrize(
    ("body", "fault"),
    [
        ("<p>One<div>two</div></p>", "end-tag"),
        ("<ul><p>One</p></ul>", "<p> stands in <ul>"),
        ("<h2><section>One</section></h2>", "<section> stands in <h2>"),
        ('<a href="x"><button>One</button></a>', "<button> stands in <a>"),
        ('<p id="a">One</p><p id="a">Two</p>', "stands 2 times"),
        ('<figure aria-labelledby="b"></figure>', "which is not there"),
        ('<p><a href="#c">One</a></p>', "leads nowhere"),
        ("<dl><dt>One</dt><p>Two</p></dl>", "<p> stands in <dl>"),
        ("<details><p>One</p></details>", "does not begin with <summary>"),
        ('<p title="a" title="b">One</p>', "duplicate-attribute"),
        ("<table><tr><td><b>One</td></tr></table>", "end-tag"),
    ],
)
def test_what_is_no_valid_html_is_found(body: str, fault: str):
    page = '<!DOCTYPE html><html lang="en"><head><title>A page</title></head><body><main>{}</main></body></html>'
    assert faults_of(page.format("<p>One</p>")) == []
    assert any(fault in found for found in faults_of(page.format(body)))
