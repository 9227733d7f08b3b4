"""What stands on the site and is neither a number nor a label: pages of method, the glossary, what is not measured yet.

It lies in pages/, glossary.yml and not_yet.yml, in each language, and is read here. Nothing is rendered here.
"""

import re
from datetime import date
from functools import cache
from pathlib import Path
from typing import NamedTuple

import yaml

from reports.words import LANGUAGES

ROOM = Path(__file__).parent
_HEAD = re.compile(r"\A---\n(.*?)\n---\n", flags=re.DOTALL)
_DOC_BLOCK = re.compile(r"^\s*\{%-?\s*(end)?docs\b.*?%\}\s*$", flags=re.MULTILINE)


class Page(NamedTuple):
    """A page of prose in one language: markdown, and who reviewed it when. English needs no reviewer."""

    topic: str
    language: str
    text: str
    title: str | None = None
    order: int | None = None
    reviewed_by: str | None = None
    reviewed_at: date | None = None

    @property
    def is_draft(self) -> bool:
        """Tell whether a translation still waits for a person's review."""
        return self.language != "en" and not (self.reviewed_by and self.reviewed_at)


@cache
def pages(language: str) -> dict[str, Page]:
    """Read the pages of method of a language by their topic, in their order."""
    found = [(path.name.split(".")[0], path) for path in (ROOM / "pages").glob(f"*.{language}.md")]
    read = [parsed(topic, language, path.read_text(encoding="utf-8")) for topic, path in found]
    return {page.topic: page for page in sorted(read, key=lambda page: page.order)}


def methodology(folder: Path, indicator: str, language: str) -> Page:
    """Read from a folder how an indicator is measured, without the marks that dbt needs."""
    name = f"{indicator}.md" if language == "en" else f"{indicator}.{language}.md"
    return parsed(indicator, language, (folder / name).read_text(encoding="utf-8"))


def parsed(topic: str, language: str, text: str) -> Page:
    """Take the head of a page apart from its text, and leave out the marks that dbt needs."""
    head = _HEAD.match(text)
    facts = yaml.load(head[1], yaml.CSafeLoader) if head else {}
    body = _DOC_BLOCK.sub("", text[head.end() :] if head else text).strip() + "\n"
    known = (facts.get(name) for name in ("title", "order", "reviewed_by", "reviewed_at"))
    return Page(topic, language, body, *known)


def drafts(indicators_folder: Path) -> list[Page]:
    """List the translations that no person has reviewed: pages of method, indicators' own pages, and whole files."""
    slugs = sorted(path.parent.name for path in indicators_folder.glob("*/*.es.md"))
    others = [code for code in LANGUAGES if code != "en"]
    read = [page for code in others for page in pages(code).values()]
    read += [methodology(indicators_folder / slug, slug, code) for code in others for slug in slugs]
    return [page for page in [*read, *_whole_files()] if page.is_draft]


@cache
def is_draft(language: str) -> bool:
    """Tell whether words that all pages of a language share still wait for a person's review."""
    return any(file.is_draft for file in _whole_files() if file.language == language)


@cache
def glossary() -> list[dict]:
    """Read the words that readers may not know: id, term, text and, for search, `also`, in each language."""
    return _rows("glossary.yml", ("term", "text"))


def explained_in(text: str, language: str) -> list[dict]:
    """Give the rows of the glossary whose short form, or whose word of the law, stands in a text of the rules."""
    words = ((row, row.get("short") or row.get("of_rules", {}).get(language)) for row in glossary())
    return [row for row, word in words if word and re.search(rf"\b{word}s?\b", text, flags=re.IGNORECASE)]


@cache
def not_yet() -> list[dict]:
    """Read what is not measured yet: id, name, reason, and why: `records`, `method` or `choice`."""
    return _rows("not_yet.yml", ("name", "reason"))


def _whole_files() -> list[Page]:
    rows = yaml.load((ROOM / "reviews.yml").read_text(encoding="utf-8"), yaml.CSafeLoader)
    return [Page(row["what"], row["language"], "", None, None, row["reviewed_by"], row["reviewed_at"]) for row in rows]


def _rows(file: str, said: tuple[str, ...]) -> list[dict]:
    rows = yaml.load((ROOM / file).read_text(encoding="utf-8"), yaml.CSafeLoader)
    for row in rows:
        if missing := [f"{name} in {code}" for name in said for code in LANGUAGES if not row[name].get(code)]:
            raise ValueError(f"{file}: {row['id']} has no {', '.join(missing)}")
    return rows
