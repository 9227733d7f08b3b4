"""The pages of prose, the glossary and the list of what is not measured: whole in both languages, alike, and linked."""

import re
from datetime import date
from pathlib import Path

import pytest

from reports import prose

INDICATORS = Path(prose.ROOM).parent / "dbt_project" / "models" / "indicators"


def numbers(text: str) -> list[str]:
    """The numbers of a text, without those that count the items of a list."""
    return sorted(re.findall(r"\d+(?:[.,]\d+)*", re.sub(r"^\d+\. ", "", text, flags=re.MULTILINE)))


def parts(text: str) -> list[str]:
    """What each line of a page opens: a heading, an item, a row of a table, or text."""
    kinds = (("## ", "heading"), ("- ", "item"), ("|", "row"))
    return [next((kind for mark, kind in kinds if line.startswith(mark)), "text") for line in text.splitlines() if line]


def test_every_page_stands_in_both_languages_in_one_order():
    assert len(prose.pages("en")) >= 10
    assert list(prose.pages("en")) == list(prose.pages("es"))
    assert all(page.title and page.text for code in ("en", "es") for page in prose.pages(code).values())


@pytest.mark.parametrize("topic", sorted(prose.pages("en")))
def test_a_page_says_the_same_in_both_languages(topic):
    english, spanish = prose.pages("en")[topic].text, prose.pages("es")[topic].text
    assert numbers(english) == numbers(spanish)
    assert parts(english) == parts(spanish)


def test_pages_link_to_pages_that_are_there():
    for code in ("en", "es"):
        for page in prose.pages(code).values():
            assert set(re.findall(r"\]\(([^)]*)\)", page.text)) <= set(prose.pages(code))


def test_a_translation_is_a_draft_until_a_person_has_reviewed_it():
    page = prose.Page("a", "es", "Texto.")
    assert page.is_draft
    assert not page._replace(reviewed_by="Ana Ruiz", reviewed_at=date(2026, 11, 22)).is_draft
    assert not page._replace(language="en").is_draft


def test_staff_can_list_the_drafts(tmp_path, monkeypatch):
    monkeypatch.setattr(prose, "pages", lambda _: {})
    for slug, head in (("pace", ""), ("belonging", " Ana Ruiz")):
        (tmp_path / slug).mkdir()
        day = " 2026-11-22" if head else ""
        (tmp_path / slug / f"{slug}.es.md").write_text(f"---\nreviewed_by:{head}\nreviewed_at:{day}\n---\n\nTexto.\n")
    listed = [page.topic for page in prose.drafts(tmp_path)]
    assert listed[0] == "pace"
    assert "language.yml" in listed and "belonging" not in listed


def test_the_page_of_an_indicator_is_read_without_its_marks():
    for code, first in (("en", "## What it measures"), ("es", "## Qué mide")):
        page = prose.methodology(INDICATORS / "pace", "pace", code)
        assert page.text.startswith(first)
        assert "{%" not in page.text and "reviewed_by" not in page.text


@pytest.mark.parametrize("rows", [prose.glossary(), prose.not_yet()], ids=["glossary", "not_yet"])
def test_no_word_and_no_gap_stands_twice(rows):
    assert len({row["id"] for row in rows}) == len(rows) > 10


def test_every_gap_has_a_reason_of_a_known_kind():
    assert {row["why"] for row in prose.not_yet()} == {"records", "method", "choice"}


def test_a_word_without_its_spanish_is_refused(tmp_path, monkeypatch):
    (tmp_path / "words.yml").write_text("- {id: a, term: {en: A, es: A}, text: {en: A}}\n")
    monkeypatch.setattr(prose, "ROOM", tmp_path)
    with pytest.raises(ValueError, match="a has no text in es"):
        prose._rows("words.yml", ("term", "text"))
