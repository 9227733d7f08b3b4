"""The pages of a release in every language, made from its folder and nothing else.

Every name, question and unit comes from the release's data files, every other word from language.yml and `prose`, and
every number is the text that values.csv has. Pages of places are made by processes that each read a stretch of the
values; a page whose contents are those of an earlier release is taken from there.
"""

import gc
import hashlib
import json
import os
import re
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from functools import cached_property
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import polars as pl
from jinja2 import Environment
from markdown_it import MarkdownIt
from markupsafe import Markup, escape

from reports import charts, prose, similar, tables, words
from reports.profile import MOST_DRAWN, Figure, Grid, Profile, View
from reports.published import ALL_STUDENTS, KEY, NUMBERS_LETTER, STATE, Entity, Published, Results, cells_of, keys_of
from reports.rendering import as_code, templates_in
from reports.tables import Headlines

ROOM = Path(__file__).parent
STRETCH = 100
"""How many places one process makes at a time."""
ALONE = 300
"""Up to how many places this process makes all pages itself."""
NAMES_ON_A_PAGE = 700
LARGEST_PAGE = 150_000
"""Of how many bytes a profile may be before further groups stand in its file alone."""
SCHOOLS_ON_A_PROFILE = 3
"""Of how many schools the table stands on the page of their district; more have a page of their own."""
FILE_COLUMNS = [
    *KEY,
    "student_count",
    "value",
    "value_status",
    "interval_low",
    "interval_high",
    "low_bound",
    "high_bound",
]
PATH_OF_ACCESS = (
    ("offered", ("access_gap_split",)),
    ("placed", ("acceleration_access", "placement_at_equal_attainment")),
    ("sorted", ("class_sorting",)),
    ("moving", ("level_mobility", "regrouping", "growth_rate")),
)
"""The four questions of the page on access, and the indicators that answer them."""
OF_PLACES = ("entities", "certifications")
"""The tables of which the page of a place shows its own rows alone."""
SHEET = 640
"""How many pixels wide a drawing is in a file of its own."""
UNDRAWN = ("profile", "entity", "summary", "cards", "schools", "grades", "records")
"""What stands on a profile without a chart of its own: looking for one there took a tenth of the time of a page."""
_HEIGHT = re.compile(r'height="(\d+)"')
"""How high a drawing is: the first that it says of itself."""
_SLUG = re.compile(r"[a-z0-9_]{1,80}")
_Page = tuple[str, str, Callable[[], dict[str, Any]]]
_Job = tuple[str, str, Sequence[str]]


def build_site(
    release: Path,
    on_progress: Callable[[int, int], None] | None = None,
    memory: Path | None = None,
    processes: int | None = None,
) -> Path:
    """Write `<release>/site` from the data files of the release; pages open from disk and under any address.

    `memory` is a folder outside the release that tells what each page of earlier releases was made from. Where a page
    would be made from the same, the file of that release is taken, and the bytes are the same as if it were made anew.
    """
    site = release / "site"
    maker = _Maker(release, site, memory)
    maker.write_frame()
    jobs, made, kept = maker.jobs()
    places = sum(len(names) for kind, _, names in jobs if kind == "places")
    processes = min(processes or os.cpu_count() or 1, len(jobs))
    done, total = kept * len(words.LANGUAGES), (kept + sum(len(job[2]) for job in jobs)) * len(words.LANGUAGES)

    def tell(pages: Mapping[str, str], count: int) -> None:
        nonlocal done
        made.update(pages)
        done += count * len(words.LANGUAGES)
        if on_progress:
            on_progress(done, total)

    if places <= ALONE or processes < 2:
        for job in jobs:
            tell(maker.make(job), len(job[2]))
    else:
        arguments = (str(release), str(site), str(memory) if memory else None)
        with ProcessPoolExecutor(processes, get_context("spawn"), _start, arguments) as pool:
            waiting = {pool.submit(_work, job): job for job in jobs}
            for future in as_completed(waiting):
                tell(future.result(), len(waiting[future][2]))
    if memory:
        maker.remember(made)
    return site


_MAKER: "_Maker | None" = None


def _start(release: str, site: str, memory: str | None) -> None:
    global _MAKER
    # Looking for what holds itself takes time with every row that is read; `_work` does it once for each stretch.
    gc.disable()
    _MAKER = _Maker(Path(release), Path(site), Path(memory) if memory else None)


def _work(job: _Job) -> dict[str, str]:
    made = _MAKER.make(job)
    gc.collect()
    return made


class _Maker:
    """What makes the pages of one release, in one process."""

    def __init__(self, release: Path, site: Path, memory: Path | None) -> None:
        self.release, self.site, self.memory = release, site, memory
        self.book = Published(release)
        for indicator in self.book.indicators:
            if not _SLUG.fullmatch(indicator["indicator"]):
                raise ValueError(f"the indicator {indicator['indicator']!r} cannot name a folder of the site")
        self.views = {language: View(self.book, language) for language in words.LANGUAGES}
        self.templates = {language: _templates(view.say) for language, view in self.views.items()}
        self.markdown = _markdown()

    # ---- what there is to make ----

    def jobs(self) -> tuple[list[_Job], dict[str, str], int]:
        """Give the work in parts that one process can do, large parts first, and what is taken from before.

        The pages of places that are made from the same as before are put in their place at once: they are told by what
        they are made from, and by their number.
        """
        slugs = [indicator["indicator"] for indicator in self.book.indicators]
        found: list[_Job] = [("front", "", ["front"]), *(("indicator", "", [slug]) for slug in slugs)]
        digests, same = (self._digests() if self.memory else {}), 0
        for level in ("district", "school"):
            ids = sorted(entity_id for own, entity_id in self.book.entities if own == level)
            left = [entity_id for entity_id in ids if not self._is_taken((level, entity_id), digests)]
            same += len(ids) - len(left)
            found += [("places", level, left[at : at + STRETCH]) for at in range(0, len(left), STRETCH)]
        return found, digests, same

    def make(self, job: _Job) -> dict[str, str]:
        """Make the pages of one part of the work; give what pages were made from, where that is remembered."""
        kind, level, names = job
        if kind == "places":
            self._places(level, names)
            return {}
        made = {}
        for language, view in self.views.items():
            pages = self._front(view) if kind == "front" else self._indicator(view, names[0])
            for path, template, contents in pages:
                told = contents()
                if template == "districts.html":
                    name = f"{language}/{path}"
                    made[name] = self._digest_of_grid(told["grid"])
                    if self.known.get(name) == made[name] and self._take([name]):
                        continue
                self._write(language, path, template, told)
        return made

    def write_frame(self) -> None:
        """Write what stands once for all languages: the style, the scripts, the data files, the list of names."""
        self.site.mkdir(parents=True)
        shutil.copytree(ROOM / "static", self.site / "static", copy_function=shutil.copyfile)
        said = {"version": self.book.version, "earlier": self.book.earlier_releases}
        _write(self.site / "static" / "release.js", f"globalThis.release = {json.dumps(said, ensure_ascii=False)};\n")
        for folder in ("data", "api", "rules"):
            if (self.release / folder).is_dir():
                shutil.copytree(self.release / folder, self.site / folder, copy_function=_share)
        for file in sorted(self.release.glob("data*.json")):
            _share(file, self.site / file.name)
        names = [
            [row["entity_id"], row["entity_name"], row["district_name"] or "", row["level"][0], self._also(row)]
            for rows in self.book.letters.values()
            for row in rows
        ]
        _write(self.site / "files" / "names.json", json.dumps(names, ensure_ascii=False, separators=(",", ":")))
        _write(self._similar, json.dumps(similar.facts(self.book), separators=(",", ":")))
        door = self.templates["en"].get_template("languages.html")
        _write(self.site / "index.html", door.render(book=self.book))

    def _also(self, row: Mapping[str, Any]) -> str:
        """Give what else readers may type to find a place: its city, and numbers that it had."""
        earlier = self.book.earlier.get((row["level"], row["entity_id"]), [])
        return " ".join(filter(None, [row["city"], *(one["earlier_id"] for one in earlier)]))

    @property
    def _similar(self) -> Path:
        """Where the facts stand by which places are alike, written once for the script and for the pages."""
        return self.site / "files" / "similar.json"

    # ---- pages of places ----

    def _places(self, level: str, ids: Sequence[str]) -> None:
        if level == "district":
            self._write_schools(ids)
        shown = self.book.shown(level, ids)
        found = {entity_id: stretch for entity_id, *stretch in _stretches(shown)}
        keys, places = keys_of(shown)
        files = _Files(self.site, shown, level, self.book.is_simulated, keys, places)
        cells = cells_of(shown, keys, places)
        for entity_id in ids:
            entity, (start, end) = (level, entity_id), found.get(entity_id, (0, 0))
            files.write(f"{level}/{entity_id}", start, end)
            own = Results(cells[start:end])
            for language, view in self.views.items():
                contents = _profile(view, entity, own)
                self._write_drawings(view, f"{level}/{entity_id}", contents)
                if contents["are_apart"]:
                    self._write(language, self._schools_of(entity), "schools.html", contents)
                self._write(language, self.book.path_of(entity), "profile.html", contents)

    def _is_taken(self, entity: Entity, digests: Mapping[str, str]) -> bool:
        """Take the pages of a place where they are made from the same as before, and tell whether they are."""
        name = "/".join(entity)
        if name not in self.known or self.known[name] != digests[name]:
            return False
        drawings = (f"files/{name}-{language}.svg" for language in self.views)
        there = [drawing for drawing in drawings if (self._remembered[0] / drawing).is_file()]
        return self._take([*self._files_of(entity), *there])

    def _files_of(self, entity: Entity) -> list[str]:
        """Name the files of a place."""
        paths = [self.book.path_of(entity)]
        if entity[0] == "district" and len(self.book.under.get(entity, [])) > SCHOOLS_ON_A_PROFILE:
            paths.append(self._schools_of(entity))
        pages = [f"{language}/{path}" for language in self.views for path in paths]
        stems = ["/".join(entity), *([_file_under(entity)] if self.book.rows_under(entity) is not None else [])]
        return pages + [f"files/{stem}.{kind}" for stem in stems for kind in ("csv", "json")]

    def _schools_of(self, entity: Entity) -> str:
        return f"district/{entity[1]}/schools/index.html"

    def _digests(self) -> dict[str, str]:
        """Tell what the pages of each place are made from, in few letters."""
        book, prints, found = self.book, self.book.fingerprints(), {}
        for entity in book.entities:
            known = book.earlier.get(entity), [book.successor(one) for one in book.later.get(entity, [])]
            district = entity[1] if entity[0] == "district" else book.entities[entity]["district_id"]
            facts = [book.entities[entity], known, book.certified.get(district)]
            told = [self.look, json.dumps(facts, sort_keys=True), prints.get(entity, "")]
            if entity[0] == "district":
                told += [self._beside_marks, json.dumps(book.under.get(entity, []), sort_keys=True)]
                told += [prints.get(("school", school["entity_id"]), "") for school in book.under.get(entity, [])]
            found["/".join(entity)] = hashlib.sha256("\n".join(told).encode()).hexdigest()
        return found

    def _digest_of_grid(self, grid: Grid) -> str:
        rows = [(entry.keys, entry.label, entry.path, entry.cells) for entry in grid.entries]
        return hashlib.sha256(f"{self.look}{grid.title}{grid.place}{rows}".encode()).hexdigest()

    @cached_property
    def look(self) -> str:
        """What all pages share: templates, words, labels, axes."""
        digest = hashlib.sha256(pl.__version__.encode())
        for path in sorted([*ROOM.glob("*.py"), *ROOM.glob("*.yml"), *ROOM.glob("templates/*"), *ROOM.glob("pages/*")]):
            digest.update(path.read_bytes())
        own = {name: rows for name, rows in self.book.tables.items() if name not in OF_PLACES}
        digest.update(
            json.dumps([own, self.book.last_year, self.book.is_simulated], sort_keys=True, default=str).encode()
        )
        digest.update(
            json.dumps({f"{slug} {name}": axis for (slug, name), axis in sorted(self.book.axes.items())}).encode()
        )
        return digest.hexdigest()

    @cached_property
    def _beside_marks(self) -> str:
        """What the drawings of growth over level show of the state, whatever rows the place itself has."""
        pairs = [row for row in self.book.indicators if row["shown_with"]]
        drawn = {row["indicator"] for row in pairs} | {row["shown_with"] for row in pairs}
        return repr(sorted((k, cell) for k, cell in self.book.state.items() if k[1] in drawn and k[3] == ALL_STUDENTS))

    @cached_property
    def known(self) -> dict[str, str]:
        """What the pages of the newest other release were made from."""
        return self._remembered[1]

    @cached_property
    def _remembered(self) -> tuple[Path | None, dict[str, str]]:
        if self.memory is None or not self.memory.is_dir():
            return None, {}
        for file in sorted(self.memory.glob("*.json"), key=lambda file: file.stat().st_mtime_ns, reverse=True):
            site = self.memory.parent / file.stem / "site"
            if site.is_dir() and site.resolve() != self.site.resolve():
                return site, json.loads(file.read_text(encoding="utf-8"))
        return None, {}

    def remember(self, made: Mapping[str, str]) -> None:
        """Write down, outside the release, what its pages were made from."""
        self.memory.mkdir(parents=True, exist_ok=True)
        _write(self.memory / f"{self.book.version}.json", json.dumps(made, sort_keys=True))

    def _take(self, targets: Sequence[str]) -> bool:
        earlier = self._remembered[0]
        if not all((earlier / target).is_file() for target in targets):
            return False
        for folder in {(self.site / target).parent for target in targets}:
            folder.mkdir(parents=True, exist_ok=True)
        for target in targets:
            _share(earlier / target, self.site / target)
        return True

    # ---- pages of the whole ----

    def _front(self, view: View) -> Iterator[_Page]:
        book = self.book
        state = Profile(view, STATE) if STATE in book.entities else None
        if view.say.code == "en" and state:
            self._write_files("state/state", book.state_rows)
            if (districts := book.rows_under(STATE)) is not None:
                self._write_files(_file_under(STATE), districts, "district")
        yield "index.html", "home.html", lambda: {"profile": state, "cards": state.cards() if state else []}
        if state:
            yield "state/index.html", "profile.html", lambda: self._drawn(view, "state", _profile(view, STATE, None))
        yield from self._names()
        yield "indicators/index.html", "indicators.html", dict
        yield "equity/index.html", "equity.html", lambda: self._drawn(view, "equity", self._access(view))
        yield (
            "competencies/index.html",
            "competencies.html",
            lambda: self._drawn(view, "competencies", self._competencies(view)),
        )
        yield "compare/index.html", "compare.html", lambda: {"similar": json.loads(self._similar.read_bytes())}
        yield "data/index.html", "data.html", dict
        for resource in book.package["resources"]:
            if resource["type"] == "table":
                yield f"data/{resource['name']}/index.html", "dataset.html", lambda own=resource: self._dataset(own)
        yield "release/index.html", "release.html", lambda: {"headlines": state.headlines() if state else []}
        yield "corrections/index.html", "corrections.html", dict
        yield "contact/index.html", "contact.html", dict
        if book.rules:
            yield "rules/index.html", "rules.html", dict
            for name, rules in book.rules_by_collection.items():
                explained = prose.explained_in(_texts_of(rules, view.say.code), view.say.code)
                told = {"collection": name, "rules": rules, "explained": explained}
                yield f"rules/{name}/index.html", "rules_of.html", lambda own=told: own
        for (level, number), rows in book.later.items():
            if (level, number) not in book.entities:
                told = {"number": number, "level": level, "successors": [book.successor(row) for row in rows]}
                yield f"{level}/{number}/index.html", "moved.html", lambda own=told: own
        pages = prose.pages(view.say.code)
        yield "method/index.html", "methods.html", lambda: {"pages": pages.values()}
        for topic, page in pages.items():
            yield f"method/{topic}/index.html", "prose.html", lambda own=page: self._prose(own, pages)
        yield "glossary/index.html", "glossary.html", lambda: {"glossary": prose.glossary()}
        yield "not-yet/index.html", "not_yet.html", lambda: {"missing": prose.not_yet()}

    def _names(self) -> Iterator[_Page]:
        """List all places by name and, where cities are known, by city: on one page, or on one for each letter."""
        by_name = {letter: {letter: rows} for letter, rows in self.book.letters.items()}
        for folder, by_letter in (("find", by_name), ("find/cities", self.book.cities)):
            if not by_letter and folder != "find":
                continue
            told = {"folder": folder, "only": "", "links": {}}
            headings = {heading: rows for own in by_letter.values() for heading, rows in own.items()}
            if sum(map(len, headings.values())) <= NAMES_ON_A_PAGE:
                yield f"{folder}/index.html", "find.html", lambda own=told | {"shown": headings}: own
                continue
            told["links"] = {letter: "numbers" if letter == NUMBERS_LETTER else letter.lower() for letter in by_letter}
            yield f"{folder}/index.html", "find.html", lambda own=told | {"shown": {}}: own
            for letter, slug in told["links"].items():
                shown = told | {"shown": by_letter[letter], "only": letter}
                yield f"{folder}/{slug}/index.html", "find.html", lambda own=shown: own

    def _indicator(self, view: View, slug: str) -> Iterator[_Page]:
        indicator = view.by_slug[slug]
        profile = Profile(view, STATE)
        districts = profile.districts(indicator)
        if view.say.code == "en":
            rows = self.book.state_rows.filter(pl.col("indicator") == slug)
            self._write_files(f"indicators/{slug}", rows)

        def contents() -> dict[str, Any]:
            page = prose.methodology(self.release / "methodology", slug, view.say.code)
            part = profile.indicator(indicator)
            shown = {
                "profile": profile,
                "indicator": indicator,
                "topic": next(topic for topic in self.book.topics if topic["code"] == indicator["topic"]),
                "part": part,
                "reading": profile.reading(part),
                "compared": [row for row in self.book.tables["comparability"] if row["indicator"] == slug],
                "made_of": f"api/v1/provenance/indicators/{slug}.json",
                "has_made_of": (self.release / "api/v1/provenance/indicators" / f"{slug}.json").is_file(),
                "spread": profile.spread(indicator),
                "quadrants": profile.growth_over_level(indicator),
                "districts": districts,
                "page": page,
                "methodology": Markup(self.markdown.render(page.text)),
                "policies": self.book.policies.get(slug, []),
                "ranges": self.book.interval_methods.get(slug, []),
            }
            return self._drawn(view, slug, shown)

        yield f"indicators/{slug}/index.html", "indicator.html", contents
        for place, grid in enumerate(districts):
            if len(districts) > 1:
                further = {
                    "profile": profile,
                    "indicator": indicator,
                    "grid": grid,
                    "place": place + 1,
                    "all": len(districts),
                }
                yield f"indicators/{slug}/districts-{place + 1}/index.html", "districts.html", lambda own=further: own

    def _access(self, view: View) -> dict[str, Any]:
        profile = Profile(view, STATE)
        questions = []
        for name, slugs in PATH_OF_ACCESS:
            shown = [
                (
                    view.by_slug[slug],
                    profile.indicator(view.by_slug[slug]),
                    profile.spread(view.by_slug[slug], MOST_DRAWN),
                )
                for slug in slugs
                if slug in view.by_slug
            ]
            questions.append((name, shown))
        return {"profile": profile, "questions": questions}

    def _competencies(self, view: View) -> dict[str, Any]:
        profile = Profile(view, STATE)
        shown = [
            (indicator, profile.indicator(indicator), profile.spread(indicator))
            for code in ("competencies", "gaps")
            for indicator in view.by_topic.get(code, [])
        ]
        return {"profile": profile, "shown": shown}

    def _dataset(self, resource: Mapping[str, Any]) -> dict[str, Any]:
        path = self.release / "data" / resource["path"]
        table = pl.read_csv(path, n_rows=20, infer_schema=False)
        return {"resource": resource, "head": table.columns, "preview": table.rows()}

    def _prose(self, page: prose.Page, pages: Mapping[str, prose.Page]) -> dict[str, Any]:
        # Pages of prose name one another by their topics.
        names = "|".join(pages)
        text = re.sub(rf"\]\(({names})\)", r"](../\1/index.html)", page.text)
        return {"page": page, "html": Markup(self.markdown.render(text, {"deeper": 0}))}

    # ---- writing ----

    def _write(self, language: str, path: str, template: str, contents: Mapping[str, Any]) -> None:
        depth = path.count("/")
        shared = {
            "book": self.book,
            "view": self.views[language],
            "say": self.views[language].say,
            "root": "../" * depth,
            "top": "../" * (depth + 1),
            "here": path,
            "is_draft": prose.is_draft(language),
        }
        templates = self.templates[language]
        page = templates.get_template(template).render(**shared, **contents)
        if template == "profile.html":
            groups, parts = templates.get_template("groups.html"), (part for part in contents["topics"] if part.groups)
            page = _with_further_groups(page, (groups.render(**shared, **contents, part=part) for part in parts))
        _write(self.site / language / path, page)

    def _write_files(self, name: str, rows: pl.DataFrame, level: str = "state") -> None:
        _Files(self.site, rows, level, self.book.is_simulated, *keys_of(rows)).write(name, 0, rows.height)

    def _write_schools(self, ids: Sequence[str]) -> None:
        """Write the headlines of the schools of each district, which its pages draw and set side by side."""
        found = {entity_id: self.book.rows_under(("district", entity_id)) for entity_id in ids}
        under = {entity_id: rows for entity_id, rows in found.items() if rows is not None}
        if not under:
            return
        shown, start = pl.concat(under.values()), 0
        files = _Files(self.site, shown, "school", self.book.is_simulated, *keys_of(shown))
        for entity_id, rows in under.items():
            files.write(_file_under(("district", entity_id)), start, start + rows.height)
            start += rows.height

    def _write_drawings(self, view: View, name: str, contents: Mapping[str, Any]) -> None:
        """Write all charts of the page of a place into one file, in which each can be asked for by its id."""
        figures = list(_figures([found for key, found in contents.items() if key not in UNDRAWN]))
        path, profile = f"files/{name}-{view.say.code}.svg", contents["profile"]
        heading = f"{profile.name}, {view.say.school_year(profile.year)}"
        note = view.say("simulated.note") if self.book.is_simulated else ""
        if figures:
            _write(self.site / path, _sheet(figures, heading, note))
        for figure in figures:
            figure.file = f"{path}#{figure.id}"

    def _drawn(self, view: View, name: str, contents: dict[str, Any]) -> dict[str, Any]:
        """Write each chart of a page of the whole into a file of its own, beside the page's data."""
        for figure in _figures(list(contents.values())):
            path = f"files/charts/{name}-{figure.id}-{view.say.code}.svg"
            drawing = str(figure.chart).replace("<svg ", '<svg xmlns="http://www.w3.org/2000/svg" ', 1)
            style = 'font-family="system-ui, sans-serif" overflow="visible" '
            drawing = drawing.replace('width="100%"', f'{style}width="{SHEET}"', 1)
            if self.book.is_simulated:
                drawing = _signed_as_simulated(drawing, view.say("simulated.note"))
            _write(self.site / path, drawing)
            figure.file = path
        return contents


def _sheet(figures: Sequence[Figure | Grid], heading: str, note: str) -> str:
    """Set drawings below one another, each in a view that is called as its figure is on the page.

    A view is shown without the others, so each has its title, and the note where there is one.
    """
    parts, top = [f'<text x="4" y="18" font-weight="600">{escape(heading)}</text>'], 28
    for figure in figures:
        drawing, lines = str(figure.chart), [figure.title, note] if note else [figure.title]
        height = int(_HEIGHT.search(drawing)[1]) + 20 + 20 * len(lines)
        parts.append(f'<view id="{figure.id}" viewBox="0 {top} {SHEET} {height}"/>')
        for line, text in enumerate(lines):
            parts.append(f'<text x="4" y="{top + 18 + 20 * line}" font-weight="600">{escape(text)}</text>')
        parts.append(drawing.replace("<svg ", f'<svg overflow="visible" y="{top + 10 + 20 * len(lines)}" ', 1))
        top += height
    size = f'width="{SHEET}" height="{top}" viewBox="0 0 {SHEET} {top}"'
    whole = f'<svg xmlns="http://www.w3.org/2000/svg" {size} font-family="system-ui, sans-serif" font-size="14">'
    return "\n".join([whole, *parts, "</svg>"])


def _file_under(entity: Entity) -> str:
    """Name the files of the headlines of what lies under an entity."""
    return "state/districts" if entity == STATE else f"district/{entity[1]}-schools"


def _signed_as_simulated(drawing: str, note: str) -> str:
    """Write under a drawing, which may be shown without its page, that its numbers are of nobody."""
    height = int(_HEIGHT.search(drawing)[1])
    taller = _HEIGHT.sub(f'height="{height + 22}"', drawing, count=1)
    inside = taller.rpartition("</svg>")[0]
    return f'{inside}<text x="4" y="{height + 16}" font-weight="600">{escape(note)}</text></svg>'


def _with_further_groups(page: str, groups: Iterator[str]) -> str:
    """Set the further groups of each topic in place of what a profile says instead, unless it would be too large.

    They are made one after the other, and no more of them once there is no room.
    """
    whole, *others = page.split("<!--groups-->")
    room = LARGEST_PAGE - len(whole.encode())
    stretches = [other.partition("<!--end-->")[::2] for other in others]
    room -= sum(len(after.encode()) for _, after in stretches)
    shown = []
    for one in groups:
        room -= len(one.encode())
        if room < 0:
            return whole + "".join(instead + after for instead, after in stretches)
        shown.append(one)
    return whole + "".join(own + after for own, (_, after) in zip(shown, stretches, strict=True))


def _texts_of(rules: Sequence[Mapping[str, Any]], language: str) -> str:
    """Give all that rules say in a language."""
    said = (rule["words"][language] for rule in rules)
    parts = ([one["title"], one["why"], *one["fix"], *one["causes"], one["ok_when"] or ""] for one in said)
    return "\n".join(" ".join(own) for own in parts)


def _figures(found: Any) -> Iterator[Figure | Grid]:
    """Find every drawn figure in the contents of a page."""
    if isinstance(found, Profile | View | Published | str | Markup | Mapping | Headlines):
        return
    if isinstance(found, Figure | Grid):
        if found.chart is not None:
            yield found
    elif isinstance(found, list | tuple):
        for item in found:
            yield from _figures(item)
    elif hasattr(found, "__dataclass_fields__"):
        for name in found.__dataclass_fields__:
            yield from _figures(getattr(found, name))


def _profile(view: View, entity: Entity, cells: Mapping | None) -> dict[str, Any]:
    profile = Profile(view, entity, cells)
    spread, quadrants, schools = [], [], None
    if entity[0] != "school":
        for indicator in view.book.indicators:
            if indicator["is_lead"]:
                spread += profile.spread(indicator, MOST_DRAWN)
            if entity[0] == "district" and indicator["is_lead"]:
                quadrants += profile.growth_over_level(indicator)
    if entity[0] == "district":
        schools = profile.schools()
    return {
        "profile": profile,
        "file": "/".join(entity),
        "entity": profile.entity,
        "summary": profile.summary(),
        "cards": profile.cards(),
        "topics": profile.topics(),
        "schools": schools,
        "under": None if entity[0] == "school" else _file_under(entity),
        "grades": profile.grades_offered() if schools else [],
        "records": profile.records() if entity[0] != "school" else [],
        "spread": spread,
        "quadrants": quadrants,
        "are_apart": entity[0] == "district" and len(view.book.under.get(entity, [])) > SCHOOLS_ON_A_PROFILE,
    }


class _Files:
    """The data files of pages: stretches of the rows that pages show, as CSV and as JSON."""

    def __init__(
        self,
        site: Path,
        shown: pl.DataFrame,
        level: str,
        is_simulated: bool,
        keys: pl.DataFrame,
        places: pl.Series,
    ) -> None:
        self.site = site
        is_range = pl.col("value_status") == "range"
        ends = [pl.when(~is_range).then(name).alias(name) for name in ("interval_low", "interval_high")]
        bounds = [pl.when(is_range).then(f"interval_{end}").alias(f"{end}_bound") for end in ("low", "high")]
        numbers = shown.select(*FILE_COLUMNS[len(KEY) : -4], *ends, *bounds)
        if is_simulated:
            numbers = numbers.with_columns(records=pl.lit("simulated"))
        names = shown.select(pl.lit(level).alias("level"), "entity_id").unique(maintain_order=True)
        columns = [*names.columns, *KEY, *numbers.columns]
        self.head, self.columns = ",".join(columns) + "\n", json.dumps(columns, separators=(",", ":"))
        # Names and keys come again and again: each is written once.
        whose = shown["entity_id"].rle_id()
        parts = [(names, whose), (keys, places), (numbers, None)]
        self.lines, self.rows = (
            pl.select(
                pl.format(form, *(texts(part) if at is None else texts(part).gather(at) for part, at in parts))
            ).to_series()
            for form, texts in (("{},{},{}\n", _as_csv), ("[{},{},{}]", _as_json))
        )

    def write(self, name: str, start: int, end: int) -> None:
        """Write the rows from `start` to before `end` into two files of one name."""
        path = self.site / "files" / name
        _write(path.parent / f"{path.name}.csv", "".join([self.head, *self.lines[start:end].to_list()]))
        told = f'{{"columns":{self.columns},"rows":[{",".join(self.rows[start:end].to_list())}]}}'
        _write(path.parent / f"{path.name}.json", told)


def _as_csv(table: pl.DataFrame) -> pl.Series:
    """Write rows as lines of CSV without an end. Every text is a code, an id or a number and needs no quotes."""
    told = table.with_columns(words.guarded(pl.col(pl.String))).with_columns(pl.all().cast(pl.String).fill_null(""))
    return told.select(pl.concat_str(pl.all(), separator=",")).to_series()


def _as_json(table: pl.DataFrame) -> pl.Series:
    """Write rows as what stands between the brackets of a list of JSON, for the same kinds of text."""
    told = table.with_columns(pl.format('"{}"', pl.col(pl.String))).with_columns(pl.all().cast(pl.String))
    return told.select(pl.concat_str(pl.all().fill_null("null"), separator=",")).to_series()


def _stretches(shown: pl.DataFrame) -> Iterator[tuple[str, int, int]]:
    """Tell for each place where its rows begin, and where they have ended."""
    lengths = shown["entity_id"].rle().struct.unnest()
    ends = lengths["len"].cum_sum()
    yield from zip(lengths["value"], ends - lengths["len"], ends, strict=True)


def _templates(say: words.Language) -> Environment:
    templates = templates_in(ROOM / "templates", say)
    templates.globals |= {"words": words, "charts": charts, "tables": tables}
    templates.filters["code"] = as_code
    return templates


def _markdown() -> MarkdownIt:
    """Give a reader of methodology pages: no raw HTML, no images, headings one level down, tables that scroll."""
    markdown = MarkdownIt("commonmark", {"html": False}).enable("table").disable("image")

    def heading(renderer: Any, tokens: list, index: int, options: Any, env: Any) -> str:
        tokens[index].tag = f"h{min(6, int(tokens[index].tag[1]) + env.get('deeper', 1))}"
        return renderer.renderToken(tokens, index, options, env)

    region = '<div class="scroll" tabindex="0" role="region" aria-label="Table">\n<table>\n'
    markdown.add_render_rule("heading_open", heading)
    markdown.add_render_rule("heading_close", heading)
    markdown.add_render_rule("table_open", lambda *_: region)
    markdown.add_render_rule("table_close", lambda *_: "</table>\n</div>\n")
    return markdown


def _write(path: Path, text: str) -> None:
    try:
        path.write_bytes(text.encode())
    except FileNotFoundError:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text.encode())


def _share(source: str | Path, target: str | Path) -> None:
    """Let a file stand in two folders, without a second copy where the disk can do that."""
    try:
        os.link(source, target)
    except OSError:
        shutil.copyfile(source, target)
