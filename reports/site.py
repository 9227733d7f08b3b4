"""The pages of a release, made from its folder and nothing else.

Every name, question and unit comes from the release's data files, and every number is the text that values.csv has.
Each number on a page carries its address as data attributes, on itself or on what holds it: level, entity-id,
school-year, indicator, population, student-group, grade-span, subject, measure, and the field. The state needs no id.
"""

import os
import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markdown_it import MarkdownIt
from markupsafe import Markup, escape

from reports import charts, tables, words
from reports.profile import Profile
from reports.published import STATE, Published

ROOM = Path(__file__).parent
_SLUG = re.compile(r"[a-z0-9_]{1,80}")
_Page = tuple[str, str, Callable[[], dict[str, Any]]]


def build_site(release: Path, on_progress: Callable[[int, int], None] | None = None) -> Path:
    """Write `<release>/site` from the data files of the release; pages open from disk and under any address."""
    site, published = release / "site", Published(release)
    site.mkdir(parents=True)
    shutil.copytree(ROOM / "static", site / "static", copy_function=shutil.copyfile)
    for folder in ("data", "api"):
        shutil.copytree(release / folder, site / folder, copy_function=_share)
    for file in sorted(release.glob("data*.json")):
        _share(file, site / file.name)
    templates = _templates()
    pages = [*_front_pages(published), *_indicator_pages(published), *_entity_pages(published)]
    for done, (path, template, contents) in enumerate(pages, start=1):
        target = site / path
        target.parent.mkdir(parents=True, exist_ok=True)
        page = templates.get_template(template).render(book=published, root="../" * path.count("/"), **contents())
        target.write_text(page, encoding="utf-8", newline="\n")
        if on_progress and (done % 50 == 0 or done == len(pages)):
            on_progress(done, len(pages))
    return site


def _front_pages(published: Published) -> Iterator[_Page]:
    yield "find/index.html", "find.html", dict
    yield "indicators/index.html", "indicators.html", dict
    yield "data/index.html", "data.html", dict


def _indicator_pages(published: Published) -> Iterator[_Page]:
    markdown = _markdown()
    for indicator in published.indicators:
        slug = indicator["indicator"]
        if not _SLUG.fullmatch(slug):
            raise ValueError(f"the indicator {slug!r} cannot name a folder of the site")

        def contents(indicator: dict = indicator, slug: str = slug) -> dict[str, Any]:
            profile = Profile(published, STATE)
            return {
                "profile": profile,
                "indicator": indicator,
                "section": profile.section(indicator, with_groups_by_grade=True),
                "districts": profile.districts(indicator),
                "quadrants": profile.growth_over_level(indicator),
                "methodology": Markup(markdown.render(published.methodology(slug))),
                "policies": published.policies.get(slug, []),
            }

        yield f"indicators/{slug}/index.html", "indicator.html", contents


def _entity_pages(published: Published) -> Iterator[_Page]:
    for entity in published.entities:

        def contents(entity: tuple[str, str] = entity) -> dict[str, Any]:
            profile = Profile(published, entity)
            sections = [profile.section(indicator) for indicator in published.indicators]
            schools = profile.schools() if entity[0] == "district" else None
            quadrants = {
                indicator["indicator"]: profile.growth_over_level(indicator) if entity[0] == "district" else []
                for indicator in published.indicators
            }
            shown = {"sections": sections, "schools": schools, "quadrants": quadrants}
            return {"profile": profile, "entity": profile.entity} | shown

        yield published.path_of(entity), "profile.html", contents


def _templates() -> Environment:
    templates = Environment(
        loader=FileSystemLoader(ROOM / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    templates.globals |= {"words": words, "charts": charts, "tables": tables}
    templates.filters |= {
        "with_unit": words.with_unit,
        "school_year": words.school_year,
        "count": words.count,
        "code": _code,
    }
    return templates


def _markdown() -> MarkdownIt:
    """Give a reader of methodology pages: no raw HTML, no images, headings one level down, tables that scroll."""
    markdown = MarkdownIt("commonmark", {"html": False}).enable("table").disable("image")

    def heading(renderer: Any, tokens: list, index: int, options: Any, env: Any) -> str:
        tokens[index].tag = f"h{min(6, int(tokens[index].tag[1]) + 1)}"
        return renderer.renderToken(tokens, index, options, env)

    region = '<div class="scroll" tabindex="0" role="region" aria-label="Table">\n<table>\n'
    markdown.add_render_rule("heading_open", heading)
    markdown.add_render_rule("heading_close", heading)
    markdown.add_render_rule("table_open", lambda *_: region)
    markdown.add_render_rule("table_close", lambda *_: "</table>\n</div>\n")
    return markdown


def _code(text: str) -> Markup:
    """Set what stands between backticks as code."""
    return Markup(re.sub(r"`([^`]+)`", r"<code>\1</code>", str(escape(text))))


def _share(source: str | Path, target: str | Path) -> None:
    """Let a file stand in two folders, without a second copy where the disk can do that."""
    try:
        os.link(source, target)
    except OSError:
        shutil.copyfile(source, target)
