"""What the site says in each language: texts, plurals, numbers and dates."""

import re
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markupsafe import Markup

from reports import words

ROOM = Path(words.__file__).parent
ENGLISH, SPANISH = words.language("en"), words.language("es")


def test_every_text_stands_in_both_languages_and_names_the_same_places():
    assert len(words.catalogue()) > 50
    assert words.faults_of(words.catalogue()) == []


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ({"en": "Find"}, "a is not said in es"),
        ({"en": "Find", "es": ""}, "a is not said in es"),
        ({"en": "Find {name}", "es": "Buscar {nombre}"}, "a does not name the same places everywhere"),
        ({"en": {"one": "{n} day", "other": "{n} days"}, "es": "{n} días"}, "a has plurals in one language"),
        ({"en": {"one": "1", "other": "2"}, "es": {"other": "2"}}, "a lacks a plural"),
    ],
)
def test_a_text_that_a_language_lacks_is_a_fault(text, fault):
    (found,) = words.faults_of({"a": text})
    assert found.startswith(fault)


def test_no_key_stands_twice():
    keys = re.findall(r"^([\w.]+):", (ROOM / "language.yml").read_text(encoding="utf-8"), flags=re.MULTILINE)
    assert sorted(keys) == sorted(words.catalogue())


def test_every_key_that_a_page_asks_for_is_there():
    asked = set()
    for path in (*ROOM.glob("*.py"), *ROOM.glob("templates/*.html")):
        asked |= set(re.findall(r"\bsay\(\s*\"([\w.]+)\"\s*[,)]", path.read_text(encoding="utf-8")))
    assert asked <= set(words.catalogue())


def test_every_number_of_a_policy_has_a_name_in_both_languages():
    folder, asked = ROOM.parent / "dbt_project/models/indicators", set()
    for path in folder.glob("*/policy_*.csv"):
        asked |= set(path.read_text(encoding="utf-8").splitlines()[0].split(","))
    asked -= {"policy_id", "level", "first_school_year", "last_school_year", "authority"}
    named = {key.removeprefix("parameter.") for key in words.catalogue() if key.startswith("parameter.")}
    assert len(asked) > 100
    assert named == asked


def test_a_missing_key_or_place_fails_the_build():
    with pytest.raises(KeyError):
        ENGLISH("nav.nowhere")
    with pytest.raises(KeyError):
        ENGLISH("year.of")
    with pytest.raises(ValueError, match="needs a number"):
        ENGLISH("count.students")
    with pytest.raises(ValueError, match="not 'fr'"):
        words.Language("fr")


@pytest.mark.parametrize(
    ("number", "english", "spanish"),
    [
        (0, "0 students", "0 estudiantes"),
        (1, "1 student", "1 estudiante"),
        (2, "2 students", "2 estudiantes"),
        (1412, "1,412 students", "1,412 estudiantes"),
        (1_000_000, "1,000,000 students", "1,000,000 de estudiantes"),
    ],
)
def test_a_count_takes_the_plural_of_its_language(number, english, spanish):
    assert ENGLISH("count.students", number) == english
    assert SPANISH("count.students", number) == spanish


def test_a_place_that_holds_markup_keeps_it_and_the_rest_is_escaped():
    said = ENGLISH("year.of", year=Markup("<b>2025</b>"))
    assert said == Markup("School year <b>2025</b>")
    assert "&lt;" in ENGLISH("chart.after", kind=Markup("<i>a</i>"), place="<script>")


def test_a_published_number_keeps_its_decimals_and_gets_its_unit():
    assert (SPANISH.with_unit("52.0", "percent"), SPANISH.with_unit("1.25", "multiple")) == ("52.0%", "1.25×")
    assert (ENGLISH.with_unit("1", "days"), ENGLISH.with_unit("1.5", "years")) == ("1 day", "1.5 years")
    assert (SPANISH.with_unit("1", "days"), SPANISH.with_unit("1.5", "years")) == ("1 día", "1.5 años")
    assert SPANISH.bounds(None, "5", "percent") == "5% o menos"
    assert SPANISH.bounds("95", None, "percent") == "95% o más"
    assert ENGLISH.bounds("5", "10", "percent") == "5% to 10%"


@given(st.decimals(min_value=-9999, max_value=9999, places=2))
def test_both_languages_write_a_number_alike(number):
    assert ENGLISH.number(str(number)) == SPANISH.number(str(number)) == f"{number:,}"


def test_dates_are_written_in_full():
    assert ENGLISH.date(date(2026, 3, 5)) == "March 5, 2026"
    assert SPANISH.date(date(2026, 3, 5)) == "5 de marzo de 2026"


def words_of_its_own(template: str) -> list[str]:
    """What a template says by itself: text and labels that no expression fills, without code and names of formats."""
    plain = re.sub(r"\{#.*?#\}|\{%.*?%\}|\{\{.*?\}\}", " ", template, flags=re.DOTALL)
    plain = re.sub(r"<(pre|code)\b.*?</\1>", " ", plain, flags=re.DOTALL)
    said = re.findall(r'\b(?:aria-label|alt|title|placeholder)="([^"]*)"', plain)
    said += re.sub(r"<[^>]*>", "\n", plain).split("\n")
    return [
        text.strip() for text in said if re.search(r"[A-Za-z]{2}", re.sub(r"\b[A-Z]{3,4}\b|\b\w+\.json\b", "", text))
    ]


def test_no_template_of_the_site_says_words_of_its_own():
    templates = [path for path in (ROOM / "templates").glob("*.html") if not path.name.startswith("growth_fit")]
    assert len(templates) > 10
    assert {
        path.name: found for path in templates if (found := words_of_its_own(path.read_text(encoding="utf-8")))
    } == {}


@pytest.mark.parametrize(
    ("template", "found"),
    [
        ("<p>Hidden numbers</p>", ["Hidden numbers"]),
        ('<nav aria-label="Main">{{ say("nav.find") }}</nav>', ["Main"]),
        ("<p>{{ value }} students</p>", ["students"]),
        ('<p>{{ say("a") }} · <code>level</code> CSV</p>', []),
    ],
)
def test_words_typed_in_a_template_are_found(template, found):
    assert words_of_its_own(template) == found
