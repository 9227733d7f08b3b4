"""A district's numbers as they will be published, beside the year before and beside what is published now.

A private page for each district, made from the published tables of a build before anyone decides to publish it, and
from the release in force. What readers will not see is hidden here as well. No number is computed here.
"""

import base64
import hashlib
from collections import defaultdict
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from typing import Any, NamedTuple

import duckdb
import polars as pl
from markupsafe import Markup

from reports import words
from reports.charts import Cell, escape, number
from reports.published import ALL_GRADES, ALL_STUDENTS, BOUNDS, KEY, NUMBERS
from reports.rendering import templates_in

TEMPLATES = Path(__file__).parent / "templates"
NAMES = (
    "entities",
    "indicators",
    "topics",
    "measures",
    "student_groups",
    "value_statuses",
    "subjects",
    "grade_spans",
    "populations",
)
RESULTS = """
    select level, entity_id, {}, value_status, student_count, {}
    from publication.pub_indicator_results
    inner join publication.pub_measures using (indicator, measure)
    where is_headline and (level = 'district' or (level = 'school' and student_group = 'ALL'))
"""
SILENT = ("not_applicable", "not_collected", "no_students")
"""Statuses that say nothing of a place: what has no other in two years is left out."""
_PLACE = ("level", "entity_id", *KEY)


class Pair(NamedTuple):
    """One result as it will be published, and as it is published now; either may be missing."""

    coming: Cell | None
    now: Cell | None

    @property
    def changes(self) -> bool:
        """Tell whether readers will see something else than now."""
        return self.now is not None and self._shown(self.coming) != self._shown(self.now)

    @staticmethod
    def _shown(cell: Cell | None) -> tuple | None:
        return cell and (cell.status, cell.count, cell.value, cell.low, cell.high)


@dataclass(frozen=True)
class Line:
    """A number of a district or school: the year that comes, and the year before."""

    label: Mapping[str, str]
    unit: str
    this: Pair
    before: Pair

    @property
    def word(self) -> str:
        """Say how the number stands to that of the year before."""
        if self.this.coming is None or self.before.coming is None:
            return words.CANNOT_TELL
        return words.decide(self.this.coming, self.before.coming, self.unit, over_time=True)


def write_previews(
    warehouse: Path,
    release: Path | None,
    targets: Mapping[str, Path],
    on_progress: Callable[[int, int], None] | None = None,
    simulated: Collection[str] = (),
) -> list[str]:
    """Write a page for each district of `targets` that the build has numbers of; give their ids.

    The pages of the districts in `simulated` say that nobody on them is real.
    """
    book = _Book(warehouse, release)
    written = []
    for done, (district_id, path) in enumerate(sorted(targets.items()), start=1):
        if page := book.page(district_id, district_id in simulated):
            path.write_text(page, encoding="utf-8", newline="\n")
            written.append(district_id)
        if on_progress:
            on_progress(done, len(targets))
    return written


class _Book:
    """The numbers of all districts, as a build has them and as a release does."""

    def __init__(self, warehouse: Path, release: Path | None) -> None:
        with duckdb.connect(str(warehouse), read_only=True) as connection:
            tables = {name: connection.execute(f"from publication.pub_{name}").pl() for name in NAMES}
            columns = ", ".join(KEY), ", ".join((*NUMBERS, *BOUNDS))
            coming = connection.execute(RESULTS.format(*columns)).pl()
        self.names = {(row["level"], row["entity_id"]): row for row in tables["entities"].iter_rows(named=True)}
        self.labels = {
            name: {row[key]: row for row in tables[name].sort("sort_order").iter_rows(named=True)}
            for name, key in (
                ("indicators", "indicator"),
                ("topics", "code"),
                ("student_groups", "student_group"),
                ("value_statuses", "status"),
                ("subjects", "code"),
                ("grade_spans", "code"),
                ("populations", "code"),
            )
        }
        measures = tables["measures"].filter("is_headline")
        self.measures = {row["indicator"]: row for row in measures.iter_rows(named=True)}
        self.results = self._results(coming, self._published(release, measures))

    @staticmethod
    def _published(release: Path | None, measures: pl.DataFrame) -> pl.DataFrame | None:
        if release is None:
            return None
        of_all = (pl.col("student_group") == ALL_STUDENTS) & (pl.col("level") == "school")
        return (
            pl.scan_parquet(release / "data" / "values.parquet")
            .filter((pl.col("level") == "district") | of_all)
            .join(measures.lazy().select("indicator", "measure"), on=["indicator", "measure"], how="semi")
            .select(*_PLACE, "value_status", "student_count", *NUMBERS, *BOUNDS)
            .collect()
        )

    def _results(self, coming: pl.DataFrame, published: pl.DataFrame | None) -> dict[str, pl.DataFrame]:
        """Set both side by side for each district: its own rows and those of its schools, first population alone."""
        now = coming.clear() if published is None else published
        both = _texts(coming).join(
            _texts(now), on=list(_PLACE), how="full", coalesce=True, suffix="_now", maintain_order="left_right"
        )
        order = {code: place for place, code in enumerate(self.labels["populations"])}
        rank = pl.col("population").replace_strict(order, default=len(order), return_dtype=pl.Int64)
        homes = pl.DataFrame(
            [
                (level, own, own if level == "district" else row["district_id"])
                for (level, own), row in self.names.items()
            ],
            schema={"level": pl.String, "entity_id": pl.String, "home": pl.String},
            orient="row",
        )
        both = both.filter(rank == rank.min().over("indicator")).join(homes, on=["level", "entity_id"])
        return {home: frame for (home,), frame in both.partition_by("home", as_dict=True, include_key=False).items()}

    def page(self, district_id: str, is_simulated: bool) -> str | None:
        """Write the page of a district; nothing where the build has no number of it."""
        if district_id not in self.results:
            return None
        lines, year = self._lines(self.results[district_id])
        own = [line for entity, rows in lines.items() if entity[0] == "district" for line in rows.get(ALL_STUDENTS, [])]
        every = [line for groups in lines.values() for rows in groups.values() for line in rows]
        counts = {
            "new": sum(line.this.now is None and line.this.coming is not None for line in every),
            "other": sum(pair.changes for line in every for pair in (line.this, line.before)),
            "same": sum(line.this.now is not None and not line.this.changes for line in every),
            "lower": sum(line.word == words.LOWER for line in own),
        }
        name = self.names["district", district_id]["entity_name"]
        return _template().render(
            name=name,
            is_simulated=is_simulated,
            counts=counts,
            district=lines["district", district_id],
            schools=[
                (self.names[entity]["entity_name"], [line for line in groups[ALL_STUDENTS] if self.is_lead(line)])
                for entity, groups in lines.items()
                if entity[0] == "school"
            ],
            views=[_View(self, words.language(code), year) for code in words.LANGUAGES],
            all=ALL_STUDENTS,
        )

    def is_lead(self, line: Line) -> bool:
        """Tell whether a number is one of those that pages show first."""
        return self.labels["indicators"][line.label["indicator"]]["is_lead"]

    def _lines(self, frame: pl.DataFrame) -> tuple[dict, int]:
        """Give the lines of each entity by group, in the order of the release, for the district's last year."""
        coming = frame.filter(pl.col("level") == "district", pl.col("value_status").is_not_null())
        year = coming["school_year"].max() or frame["school_year"].max()
        found: dict[tuple, dict[int, Pair]] = defaultdict(dict)
        says = pl.any_horizontal(~pl.col("value_status", "value_status_now").is_in(SILENT).fill_null(True))
        of_two_years = frame.filter(pl.col("school_year").is_in([year, year - 1]))
        told = of_two_years.filter(says.any().over("level", "entity_id", *KEY[1:]))
        width, own = len(_PLACE), (told.width - len(_PLACE)) // 2
        for row in told.iter_rows():
            level, entity_id, school_year, *rest = row[:width]
            coming, now = Cell(*row[width : width + own]), Cell(*row[width + own :])
            pair = Pair(coming if coming.status else None, now if now.status else None)
            found[level, entity_id, *rest][school_year] = pair
        lines: dict[tuple[str, str], dict[str, list[Line]]] = defaultdict(lambda: defaultdict(list))
        for key in sorted(found, key=self._order):
            level, entity_id, indicator, _, group, grade, subject, _ = key
            years = found[key]
            label = {"indicator": indicator, "subject": subject, "grade": grade}
            none = Pair(None, None)
            line = Line(label, self.measures[indicator]["unit"], years.get(year, none), years.get(year - 1, none))
            lines[level, entity_id][group].append(line)
        return lines, year

    @cached_property
    def _places(self) -> dict[str, dict[str, int]]:
        places = {name: {code: at for at, code in enumerate(rows)} for name, rows in self.labels.items()}
        topics = {slug: places["topics"][row["topic"]] for slug, row in self.labels["indicators"].items()}
        return places | {"topic_of": topics}

    def _order(self, key: tuple) -> tuple:
        level, entity_id, indicator, _, group, grade, subject, _ = key
        name = self.names[level, entity_id]["entity_name"].casefold()
        at = self._places
        by_topic = at["topic_of"][indicator], at["indicators"][indicator]
        rest = at["subjects"].get(subject, 0), at["grade_spans"].get(grade, 0), at["student_groups"].get(group, 0)
        return level, name, entity_id, *by_topic, *rest


class _View:
    """How lines are said in one language."""

    def __init__(self, book: _Book, say: words.Language, year: int) -> None:
        self.book, self.say, self.year = book, say, year

    def table(self, lines: Sequence[Line], title: str, first: str) -> Markup:
        """Write numbers as a table, each under its topic."""
        return self._table([(self._topic(line), self.name_of(line), line) for line in lines], title, first)

    def groups(self, lines: Mapping[str, Sequence[Line]]) -> Markup:
        """Write the leading numbers as a table, each with a row for every group of students."""
        found: dict[str, list[tuple[str, str, Line]]] = {
            self.name_of(line): [] for line in lines[ALL_STUDENTS] if self.book.is_lead(line)
        }
        for group, row in self.book.labels["student_groups"].items():
            for line in lines.get(group, ()):
                if self.name_of(line) in found:
                    found[self.name_of(line)].append((self.name_of(line), self.say.of(row, "label"), line))
        rows = [one for some in found.values() for one in some]
        return self._table(rows, self.say("preview.by_group"), self.say("table.group"))

    def _table(self, rows: Sequence[tuple[str, str, Line]], title: str, first: str) -> Markup:
        say, heading = self.say, None
        heads = [
            first,
            *map(words.school_year, (self.year - 1, self.year)),
            say("table.students"),
            say("compared.with_before"),
            say("preview.published", year=words.school_year(self.year)),
        ]
        head = "".join(f'<th scope="col">{escape(text)}</th>' for text in heads)
        parts = [f"<table>\n<caption>{escape(title)}</caption>\n<thead><tr>{head}</tr></thead>\n<tbody>\n"]
        for over, name, line in rows:
            if over != heading:
                heading = over
                parts.append(f'<tr class="heading"><th scope="rowgroup" colspan="6">{escape(over)}</th></tr>\n')
            parts.append(self._row(line, name))
        parts.append("</tbody>\n</table>")
        return Markup("".join(parts))

    def name_of(self, line: Line) -> str:
        """Name a number: what it measures, of which subject and grade."""
        labels, about = self.book.labels, line.label
        told = self.say.of(self.book.measures[about["indicator"]], "label")
        subject = labels["subjects"].get(about["subject"])
        parts = [told, *([self.say.of(subject, "label")] if subject else [])]
        if about["grade"] != ALL_GRADES:
            parts.append(self.say.of(labels["grade_spans"][about["grade"]], "label"))
        return ", ".join(parts)

    def _topic(self, line: Line) -> str:
        indicator = self.book.labels["indicators"][line.label["indicator"]]
        return self.say.of(self.book.labels["topics"][indicator["topic"]], "label")

    def _row(self, line: Line, name: str) -> str:
        this, before = line.this, line.before
        now = self._now(line)
        mark = ' class="changed"' if this.changes else ""
        was = f"<small>{self.say('preview.now', number=Markup(self._said(before.now, line.unit)))}</small>"
        count = this.coming.count if this.coming else None
        word = self.say(f"short.{self.say.key_of(line.word)}") if this.coming and before.coming else "–"
        return (
            f'<tr><th scope="row">{escape(name)}</th>'
            f"<td>{self._said(before.coming, line.unit)}{was if before.changes else ''}</td>"
            f"<td><strong>{self._said(this.coming, line.unit)}</strong>{self._range(this.coming)}</td>"
            f"<td>{'–' if count is None else f'{count:,}'}</td><td>{escape(word)}</td><td{mark}>{now}</td></tr>\n"
        )

    def _now(self, line: Line) -> str:
        """Say what readers see now, beside what they will see."""
        coming, now = line.this
        if now is None:
            return escape(self.say("preview.not_yet")) if coming else "–"
        return self._said(now, line.unit) if line.this.changes else escape(self.say("preview.stays"))

    def _said(self, cell: Cell | None, unit: str) -> str:
        """Say a result as the public pages do: a number, bounds, or the words of its status."""
        if cell is None:
            return "–"
        if cell.is_bounded:
            return escape(self.say.bounds(cell.low, cell.high, unit))
        if cell.value is None:
            return f"<em>{escape(self._status(cell))}</em>"
        remark = "" if cell.status == "ok" else f"<small>{escape(self._status(cell))}</small>"
        return f"{escape(number(self.say, cell.value, unit))}{remark}"

    def _status(self, cell: Cell) -> str:
        return self.say.of(self.book.labels["value_statuses"][cell.status], "label")

    def _range(self, cell: Cell | None) -> str:
        if cell is None or cell.value is None or cell.low is None or cell.high is None:
            return ""
        return f"<small>{escape(self.say.span(cell.low, cell.high))}</small>"


def _texts(results: pl.DataFrame) -> pl.DataFrame:
    """Write numbers as text and beside them as floats, in the order of a cell; bounds stand where a range would."""
    results = results.with_columns(
        pl.coalesce(f"interval_{end}", f"{end}_bound").alias(f"interval_{end}") for end in ("low", "high")
    )
    texts = words.as_text(results.select(NUMBERS), pl.repeat(4, results.height, eager=True))
    keys = results.select(*_PLACE).with_columns(pl.col("school_year").cast(pl.Int64))
    return keys.with_columns(
        results["value_status"],
        results["student_count"].cast(pl.Int64),
        *texts,
        *(results[name].cast(pl.Float64).alias(f"{name}_at") for name in NUMBERS),
    )


@cache
def _template() -> Any:
    templates = templates_in(TEMPLATES)
    style = (TEMPLATES / "preview.css").read_text(encoding="utf-8")
    templates.globals["style"] = Markup(style)
    templates.globals["style_sha256"] = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    return templates.get_template("preview.html")
