"""The numbers of one entity in one language, arranged into the figures and tables of a page.

Rows are chosen and put in order here; nothing is computed, and no HTML is written but by charts. A chart always has the
rows of its table.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from math import ceil, floor
from typing import Any

from markupsafe import Markup

from reports import charts, words
from reports.charts import Attributes, Axis, Cell, Row
from reports.published import ALL_GRADES, ALL_STUDENTS, STATE, Entity, Key, Published, Results
from reports.summaries import Sentence, Told, change, headline, in_short
from reports.tables import Column, Entry, Headline, Headlines

MOST_DRAWN, MOST_SUBJECTS = 1, 2
"""How many subjects of a leading indicator are drawn by group, and by place; all of them stand in the tables."""
MOST_HEADLINES = 6
MOST_GROUPS = 9
"""How many groups stand side by side in one table, so that no reason is cut at the edge of a screen of 1,280 pixels."""
MOST_ROWS = 100
"""How many entities stand in one table; more are on further pages."""


class View:
    """A release in one language."""

    def __init__(self, book: Published, language: str) -> None:
        self.book, self.say = book, words.language(language)
        said = f"label_{language}"
        self.status_words = {row["status"]: row[said] for row in book.statuses}
        self.subjects, self.grades, self.populations, self.levels = (
            {code: row[said] for code, row in table.items()}
            for table in (book.subjects, book.grades, book.populations, book.levels)
        )
        self.single_grades = [label for code, label in self.grades.items() if code != ALL_GRADES]
        self._grade_places = {
            code: place for place, code in enumerate(code for code in self.grades if code != ALL_GRADES)
        }
        self.groups = {row["student_group"]: row[said] for row in book.groups}
        self.group_codes = list(self.groups)
        self.by_topic = {
            topic["code"]: sorted(
                (one for one in book.indicators if one["topic"] == topic["code"]), key=lambda one: not one["is_lead"]
            )
            for topic in book.topics
        }
        self.group_rows = [
            (
                group["group_kind"],
                {"data-student-group": group["student_group"]},
                self.label(group),
            )
            for group in book.groups
        ]
        self.group_kinds = [row["group_kind"] for row in book.groups if row["student_group"] != ALL_STUDENTS]
        self.group_columns = [
            Column(label, keys, "") for _, keys, label in self.group_rows if keys["data-student-group"] != ALL_STUDENTS
        ]
        self.population = next(iter(book.populations), "")
        self._keys: dict[str, dict[str, str]] = {}
        self.by_slug = {one["indicator"]: one for one in book.indicators}
        self.benchmark = next(
            (row["value"] for rows in book.policies.values() for row in rows if row["parameter"] == "benchmark"), None
        )

    def keys_of(self, slug: str) -> Attributes:
        """Give what tells the headline of an indicator apart from what a page is about: all students counted in it."""
        if slug not in self._keys:
            self._keys[slug] = {"data-indicator": slug, "data-measure": self.book.headline(slug)["measure"]}
            populations = self.book.populations_of(slug)
            if populations and populations[0] != self.population:
                self._keys[slug]["data-population"] = populations[0]
        return self._keys[slug]

    def name_of(self, entity: Mapping[str, Any]) -> str:
        """Give the name of an entity; the state's is a word of the language."""
        return self.say("table.state") if entity["level"] == "state" else entity["entity_name"]

    def grades_from(self, entity: Mapping[str, Any]) -> str:
        """Say the grades that a school offers."""
        ends = [self.grades[entity[end]] for end in ("lowest_grade", "highest_grade") if entity[end] in self.grades]
        return ends[0] if len(set(ends)) == 1 else self.say("number.span", low=ends[0], high=ends[1])

    def ends_of(self, entity: Mapping[str, Any]) -> tuple[int, int] | None:
        """Give the places of the lowest and of the highest grade that a school offers, where both are known."""
        places = [self._grade_places.get(entity[end]) for end in ("lowest_grade", "highest_grade")]
        return None if None in places else tuple(places)

    def label(self, row: Mapping[str, Any]) -> str:
        """Give the label of a row of the release."""
        return self.say.of(row, "label")


@dataclass
class Figure:
    """A table and, where anything can be drawn, the chart of the same rows."""

    id: str
    title: str
    place: str
    first_column: str
    measure: str
    unit: str
    keys: Attributes
    rows: Sequence[Row]
    change: str | None = None
    chart: Markup | None = None
    note: str = ""
    finding: str = ""
    file: str = ""

    @property
    def can_be_drawn(self) -> bool:
        """Tell whether any row has something to draw."""
        return any(row.cell.can_be_drawn for row in self.rows)


@dataclass
class Grid:
    """A table of headlines: a row for each year, group or entity, a column for each subject, grade or indicator."""

    id: str
    title: str
    place: str
    first_column: str
    columns: Sequence[Column]
    entries: Sequence[Entry]
    keys: Attributes
    can_be_sorted: bool = False
    with_ranges: bool = False
    chart: Markup | None = None
    note: str = ""
    file: str = ""


@dataclass
class Card:
    """The headline of a leading indicator, for one look."""

    indicator: Mapping[str, Any]
    measure: str
    unit: str
    keys: Attributes
    lines: Sequence[Headline]
    trend: str = ""


@dataclass
class TopicPart:
    """What a profile says under one question."""

    topic: Mapping[str, Any]
    headlines: Sequence[Headlines] = ()
    without: Sequence[tuple[Mapping[str, Any], Attributes, str]] = ()
    figures: Sequence[Figure] = ()
    over_time: Grid | None = None
    groups: Sequence[Grid] = ()
    more: Sequence[Grid] = ()

    @property
    def is_empty(self) -> bool:
        """Tell whether there is no row at all."""
        return not (self.headlines or self.without)


@dataclass
class IndicatorPart:
    """What a page says about one indicator alone."""

    lines: Sequence[Headline] = ()
    overall: Figure | None = None
    over_time: Sequence[Figure] = ()
    by_group: Sequence[Figure] = ()
    gaps: Sequence[Grid] = ()
    parts: Sequence[Figure] = ()
    measures: Sequence[Grid] = ()
    grades: Sequence[Grid] = field(default_factory=list)


class Profile:
    """The pages' view of one entity in its last school year."""

    def __init__(self, view: View, entity: Entity, cells: Results | None = None) -> None:
        self.view, self.book, self.say = view, view.book, view.say
        self.key = entity
        self.entity = self.book.entities[entity]
        self.name = view.name_of(self.entity)
        self.cells = self.book.state if cells is None else cells
        self.years = sorted({key[0] for key in self.cells})
        self.year = self.years[-1] if self.years else self.book.last_year
        self.keys = {
            "data-level": entity[0],
            "data-entity-id": entity[1],
            "data-school-year": str(self.year),
            "data-population": view.population,
            "data-student-group": ALL_STUDENTS,
            "data-grade-span": ALL_GRADES,
        }
        self.hidden: set[tuple] = set()
        self._headlines: dict[str, list[tuple[str, Key, Cell]]] = {}
        self._said: dict[str, list[Headline]] = {}
        self._figures = 0

    # ---- what profiles show ----

    def summary(self) -> list[Sentence]:
        """Say in short how the entity stands."""
        told = []
        for indicator in self.book.indicators:
            for subject, key, cell in self._headline_cells(indicator):
                before = self.cells.get((self.year - 1, *key[1:]))
                measure, name = self._measure(indicator), self.view.subjects[subject]
                told.append(Told(indicator, measure, name, cell, self._state(key), before))
                if indicator["is_lead"]:
                    own_groups = self.cells.of_groups(key, self.view.group_codes)
                    for group, (_, own) in zip(self.view.group_codes, own_groups, strict=True):
                        if group != ALL_STUDENTS and own is not None:
                            told.append(Told(indicator, measure, name, own, cell, None, self.view.groups[group]))
        return in_short(self.say, told)

    def headlines(self) -> list[Sentence]:
        """Say what is new: of each leading indicator its first number, and how it differs from the year before."""
        made = []
        for indicator in self.book.indicators:
            if not indicator["is_lead"]:
                continue
            for subject, key, cell in self._headline_cells(indicator):
                if not cell.can_be_drawn:
                    continue
                before = self.cells.get((self.year - 1, *key[1:]))
                one = Told(indicator, self._measure(indicator), self.view.subjects[subject], cell, None, before)
                text = f"{headline(self.say, one)} {change(self.say, one, self.year - 1) or ''}".strip()
                made.append(Sentence(text, indicator["indicator"]))
                break
        return made[:MOST_HEADLINES]

    def cards(self) -> list[Card]:
        """Give one card for each question: the headline of its first leading indicator that has a number here."""
        made = []
        for topic in self.book.topics:
            cards = [self._card(one) for one in self.view.by_topic[topic["code"]] if one["is_lead"]]
            cards = [card for card in cards if any(line.cell.status != "not_applicable" for line in card.lines)]
            shown = (card for card in cards if any(line.cell.can_be_drawn for line in card.lines))
            made += [card for card in [next(shown, cards[0] if cards else None)] if card]
        return made

    def _card(self, indicator: Mapping[str, Any]) -> Card:
        lines = self._lines(indicator)
        shown = [line for line in lines if line.cell.status not in ("not_collected", "not_applicable")]
        keys, unit = self.indicator_keys(indicator), self._measure(indicator)["unit"]
        return Card(indicator, self._label(indicator), unit, keys, shown or lines[:1], self._trend(indicator))

    def _trend(self, indicator: Mapping[str, Any]) -> str:
        """Draw the years of the first headline as a small line, where there are more than two numbers."""
        for _, question, _ in self._headline_cells(indicator):
            cells = [self.cells.get((year, *question[1:])) for year in self.years]
            if sum(cell is not None and cell.at is not None for cell in cells) > 2:
                return charts.spark(cells, self.book.axes[indicator["indicator"], question[-1]])
        return ""

    def topics(self) -> list[TopicPart]:
        """Arrange everything that a profile shows, under the questions of the release."""
        made = [self._topic(topic, self.view.by_topic[topic["code"]]) for topic in self.book.topics]
        return [part for part in made if not part.is_empty]

    def _topic(self, topic: Mapping[str, Any], indicators: Sequence[Mapping[str, Any]]) -> TopicPart:
        part = TopicPart(topic, [], [], [], None, [], [])
        grouped = []
        for indicator in indicators:
            lines = list(self._lines(indicator))
            if indicator["is_lead"]:
                lines += self._other_populations(indicator)
            if not lines:
                if grid := self._grades(indicator):
                    part.more.append(grid)
                continue
            statuses = {line.cell.status for line in lines if not line.cell.can_be_drawn}
            if len(statuses) == 1 and not any(line.cell.can_be_drawn for line in lines):
                keys = self.indicator_keys(indicator) | lines[0].keys
                part.without.append((indicator, keys, self.view.status_words[lines[0].cell.status]))
                continue
            part.headlines.append(
                Headlines(
                    self.say.of(indicator, "question"),
                    self._label(indicator),
                    f"indicators/{indicator['indicator']}/index.html",
                    self.indicator_keys(indicator),
                    lines,
                )
            )
            if self._is_drawn(indicator):
                part.figures += self._by_group(indicator, MOST_DRAWN)
                part.more += self._gaps_over_time(indicator)[:MOST_DRAWN]
            grouped.append(indicator)
        leads = [one for one in indicators if one["is_lead"]]
        part.over_time = self._over_time_grid(leads)
        part.groups = self._groups_grids(grouped) if leads and self.key != STATE else []
        return part

    def records(self) -> list[tuple[str, Attributes, str]]:
        """Say for each leading headline how many percent of the records that were due are in, where that is known."""
        return [
            (
                f"{self._label(indicator)}: {self.view.subjects[subject]}",
                self.indicator_keys(indicator) | {"data-subject": subject},
                self.say.with_unit(cell.records, "percent"),
            )
            for indicator in self.book.indicators
            if indicator["is_lead"]
            for subject, _, cell in self._headline_cells(indicator)
            if cell.records is not None
        ]

    def grades_offered(self) -> list[tuple[int, str]]:
        """Give the grades that the schools of a district offer, each with its place in the order of grades."""
        ends = [self.view.ends_of(school) for school in self.book.under.get(self.key, [])]
        return [
            (place, label)
            for place, label in enumerate(self.view.single_grades)
            if any(end and end[0] <= place <= end[1] for end in ends)
        ]

    def schools(self) -> Grid | None:
        """Set the leading headlines side by side for the schools of a district."""
        asked = [
            (indicator, subject, f"{self.view.label(indicator)}: {self.view.subjects[subject]}")
            for indicator in self.book.indicators
            if indicator["is_lead"] and self.book.covers_all_grades(indicator["indicator"])
            for subject in self.book.subjects_of(indicator["indicator"])[:MOST_DRAWN]
        ]
        title = self.say("profile.side_by_side", level=self.view.levels["school"])
        return self._side_by_side(title, asked, self.book.under.get(self.key, [])[:MOST_ROWS])

    def spread(self, indicator: Mapping[str, Any], most: int = MOST_SUBJECTS) -> list[Figure]:
        """Draw how far apart those that lie under this entity stand in the headline of an indicator."""
        book, made = self.book, []
        found = self._under()
        level = "district" if self.key == STATE else "school"
        for subject in book.subjects_of(indicator["indicator"])[:most]:
            question = self._question(indicator, subject)
            points = [(entity_id, cells[question]) for entity_id, cells in found.items() if question in cells]
            drawn = [point for point in points if point[1].at is not None]
            if len(drawn) < 3:
                continue
            measure = self._measure(indicator)
            own = self.cells.get(question)
            axis = _axis_of(measure["unit"], [*(cell for _, cell in drawn), *([own] if own else [])])
            chance = None
            if indicator["chart"] == "strip" and indicator["chart_measures"]:
                expected = self.cells.get((*question[:-1], indicator["chart_measures"].split(";")[0]))
                chance = (expected.at, self.say("chart.chance")) if expected and expected.at is not None else None
            told = self.say(
                "chart.strip_told", number=len(drawn), all=len(points), level=self.view.levels[level].lower()
            )
            title = f"{self._label(indicator)}: {self.view.subjects[subject]}"
            figure = Figure(self._id(), title, self._place(), "", self._label(indicator), measure["unit"], {}, ())
            about = charts.About(figure.id, title, told, self.say, self.view.status_words)
            figure.keys = {"data-indicator": indicator["indicator"]}
            figure.chart = charts.strip(points, (self.name, own) if own else None, axis, about, chance)
            figure.note = told
            made.append(figure)
        return made

    # ---- what the page of an indicator shows ----

    def indicator(self, indicator: Mapping[str, Any]) -> IndicatorPart:
        """Arrange everything that is published about one indicator here."""
        part = IndicatorPart(self._lines(indicator))
        slug = indicator["indicator"]
        if self.book.covers_all_grades(slug):
            part.over_time = self._over_time(indicator)
            part.by_group = self._by_group(indicator)
            part.gaps = self._gaps_over_time(indicator)
            part.parts = self._parts(indicator)
            if (grid := self._other_measures([indicator])) and len(self.book.measures[slug]) > 1:
                part.measures = [grid]
        if grid := self._grades(indicator):
            part.grades = [grid, *self._grades_over_time(indicator)]
        return part

    def districts(self, indicator: Mapping[str, Any]) -> list[Grid]:
        """Set the headline of one indicator side by side for the districts, in tables that pages can hold."""
        view, slug = self.view, indicator["indicator"]
        spans = [ALL_GRADES] if self.book.covers_all_grades(slug) else self.book.grades_of(slug)
        asked = [
            (indicator, subject, view.subjects[subject], grade) if grade == ALL_GRADES else
            (indicator, subject, f"{view.subjects[subject]}, {view.grades[grade]}", grade)
            for subject in self.book.subjects_of(slug)
            for grade in spans
        ]  # fmt: skip
        title = self.say("indicator.by_district", indicator=self._label(indicator))
        under = self.book.under.get(STATE, [])
        found = [self._side_by_side(title, asked, under[at : at + MOST_ROWS]) for at in range(0, len(under), MOST_ROWS)]
        for grid in found:
            if grid:
                grid.with_ranges = len(asked) <= 4
        return [grid for grid in found if grid]

    def growth_over_level(self, indicator: Mapping[str, Any]) -> list[Grid]:
        """Set growth beside the level of students, for each subject, for what lies under this entity, and draw both."""
        book, grids = self.book, []
        level = next((other for other in book.indicators if other["indicator"] == indicator["shown_with"]), None)
        under = book.under.get(self.key, [])[:MOST_ROWS]
        if level is None or not under or not book.populations_of(indicator["indicator"]):
            return grids
        names = (self._label(level), self._label(indicator))
        for subject in book.subjects_of(indicator["indicator"]):
            if subject not in book.subjects_of(level["indicator"]):
                continue
            asked = [(one, subject, name) for one, name in zip((level, indicator), names, strict=True)]
            title = f"{self.say('profile.level_and_growth')}: {self.view.subjects[subject]}"
            grid = self._side_by_side(title, asked, under)
            if grid:
                grid.chart = self._quadrant(grid, (level, indicator), subject, names)
                grids.append(grid)
        return [grid for grid in grids if grid.chart]

    # ---- the pieces ----

    def _measure(self, indicator: Mapping[str, Any]) -> Mapping[str, Any]:
        return self.book.headline(indicator["indicator"])

    def _label(self, indicator: Mapping[str, Any]) -> str:
        return self.view.label(self._measure(indicator))

    def _question(self, indicator: Mapping[str, Any], subject: str, grade: str = ALL_GRADES) -> Key:
        slug = indicator["indicator"]
        population, measure = self.book.populations_of(slug)[0], self._measure(indicator)["measure"]
        return (self.year, slug, population, ALL_STUDENTS, grade, subject, measure)

    def indicator_keys(self, indicator: Mapping[str, Any]) -> Attributes:
        """Give what tells an indicator's headline apart from what the page is about: all students of its population."""
        return self.view.keys_of(indicator["indicator"])

    @staticmethod
    def _is_drawn(indicator: Mapping[str, Any]) -> bool:
        """Tell whether profiles draw an indicator by group; sorting is drawn by place."""
        return indicator["is_lead"] and indicator["chart"] != "strip"

    def _take(self, key: Key) -> Cell | None:
        cell = self.cells.get(key)
        if cell is not None and cell.status == "suppressed":
            self.hidden.add((*self.key, *key))
        return cell

    def _of_groups(self, key: Key) -> list[tuple[Key, Cell | None]]:
        """Give the results of all groups that are otherwise asked for as `key` says, each with its key."""
        found = self.cells.of_groups(key, self.view.group_codes)
        self.hidden.update(
            [(*self.key, *own) for own, cell in found if cell is not None and cell.status == "suppressed"]
        )
        return found

    def _state(self, key: Key) -> Cell | None:
        return None if self.key == STATE else self.book.state.get(key)

    def _under(self) -> dict[str, dict[Key, Cell]]:
        return self.book.headlines(self.key)

    def _headline_cells(self, indicator: Mapping[str, Any]) -> list[tuple[str, Key, Cell]]:
        """Give the headline of all students for each subject; every part of a page asks for it."""
        slug = indicator["indicator"]
        if slug not in self._headlines:
            is_asked = self.book.populations_of(slug) and self.book.covers_all_grades(slug)
            subjects = self.book.subjects_of(slug) if is_asked else ()
            asked = [(subject, self._question(indicator, subject)) for subject in subjects]
            taken = [(subject, key, self._take(key)) for subject, key in asked]
            self._headlines[slug] = [one for one in taken if one[2] is not None]
        return self._headlines[slug]

    def _against_state(self, cell: Cell, state: Cell | None, unit: str) -> str | None:
        if state is None or not cell.can_be_drawn:
            return None
        return self._short(words.decide(cell, state, unit))

    def _finding(self, cell: Cell, state: Cell | None, unit: str) -> str:
        if state is None or not cell.can_be_drawn:
            return ""
        return self.say.against(words.decide(cell, state, unit), state=True)

    def _short(self, word: str) -> str:
        return self.say(f"short.{self.say.key_of(word)}")

    def _against_before(self, key: Key, cell: Cell, unit: str) -> str | None:
        before = self.cells.get((key[0] - 1, *key[1:]))
        if before is None or not cell.can_be_drawn or not before.can_be_drawn:
            return None
        return self._short(words.decide(cell, before, unit, over_time=True))

    def _lines(self, indicator: Mapping[str, Any]) -> list[Headline]:
        slug, unit = indicator["indicator"], self._measure(indicator)["unit"]
        if slug not in self._said:
            self._said[slug] = [
                self._line(key, cell, unit, {"data-subject": subject}, self.view.subjects[subject])
                for subject, key, cell in self._headline_cells(indicator)
            ]
        return self._said[slug]

    def _other_populations(self, indicator: Mapping[str, Any]) -> Iterable[Headline]:
        unit = self._measure(indicator)["unit"]
        for population in self.book.populations_of(indicator["indicator"])[1:]:
            for subject in self.book.subjects_of(indicator["indicator"]):
                question = self._question(indicator, subject)
                key = (*question[:2], population, *question[3:])
                if (cell := self._take(key)) is not None and cell.can_be_drawn:
                    keys = {"data-subject": subject, "data-population": population}
                    label = f"{self.view.subjects[subject]}, {self.view.populations[population].lower()}"
                    yield self._line(key, cell, unit, keys, label)

    def _line(self, key: Key, cell: Cell, unit: str, keys: Attributes, label: str) -> Headline:
        state = self._state(key)
        before = self._against_before(key, cell, unit)
        return Headline(keys, label, cell, unit, state, self._against_state(cell, state, unit), before)

    def _by_group(self, indicator: Mapping[str, Any], most: int | None = None) -> list[Figure]:
        book, say = self.book, self.say
        slug, measure = indicator["indicator"], self._measure(indicator)
        axis, figures = book.axes[slug, measure["measure"]], []
        state = {} if self.key == STATE else book.state
        for subject, question, whole in self._headline_cells(indicator):
            rows, last = [], None
            for (kind, keys, label), (key, cell) in zip(self.view.group_rows, self._of_groups(question), strict=True):
                if cell is None or cell.status == "not_applicable":
                    continue
                starts, last = bool(rows) and kind != last, kind
                rows.append(Row(keys, label, cell, state.get(key), (), None, None, starts))
            if not any(row.cell.can_be_drawn for row in rows):
                continue
            title = f"{self._label(indicator)}: {self.view.subjects[subject]}"
            keys = self.indicator_keys(indicator) | {"data-subject": subject}
            figure = self._figure(indicator, title, say("table.group"), keys, rows)
            figure.finding = self._finding(whole, self._state(question), measure["unit"])
            own = [row.cell.at for row in rows if row.cell.at is not None]
            if own and not axis.low <= min(own) <= max(own) <= axis.high:
                axis = charts.axis_for(min(axis.low, *own), max(axis.high, *own), axis.unit)
            rungs = {1.0: say("chart.one_year")} if indicator["chart"] == "ladder" else None
            if rungs and self.view.benchmark:
                rungs[float(self.view.benchmark)] = words.policy_number(self.view.benchmark)
            figure.chart = charts.dots(rows, axis, self._about(figure, say("chart.dots")), rungs)
            figure.note = say("chart.dots_note" if self.key == STATE else "chart.dots_note_state")
            if (shared := charts.shared_warning(rows)) != "ok":
                figure.note += f" {self.view.status_words[shared]}."
            if any(axis.cuts(row.cell) for row in rows):
                figure.note += " " + say("chart.beyond")
            figures.append(figure)
            if len(figures) == most:
                break
        return figures

    def _gaps_over_time(self, indicator: Mapping[str, Any]) -> list[Grid]:
        """Set the groups of the state's last two years side by side, and draw both; of places one year is known."""
        grids: list[Grid] = []
        if self.key != STATE or self.year - 1 not in self.years:
            return grids
        measure, years = self._measure(indicator), (self.year - 1, self.year)
        for subject, question, _ in self._headline_cells(indicator):
            entries, rows = [], []
            for group in self.book.groups:
                keys = {"data-student-group": group["student_group"]}
                before, now = (
                    self._take((year, *question[1:3], group["student_group"], *question[4:])) for year in years
                )
                if before and now and (before.value is not None or now.value is not None):
                    entries.append(Entry(keys, self.view.label(group), [before, now]))
                    rows.append(Row(keys, self.view.label(group), now, others=(before,)))
            if sum(row.cell.value is not None and row.others[0].value is not None for row in rows) < 2:
                continue
            columns = [
                Column(words.school_year(year), {"data-school-year": str(year)}, measure["unit"]) for year in years
            ]
            title = f"{self._label(indicator)}: {self.view.subjects[subject]}"
            keys = self.indicator_keys(indicator) | {"data-subject": subject}
            grid = Grid(self._id(), title, self.name, self.say("table.group"), columns, entries, keys)
            axis = self.book.axes[indicator["indicator"], measure["measure"]]
            seen = [cell.at for row in rows for cell in (row.cell, *row.others) if cell.at is not None]
            if not axis.low <= min(seen) <= max(seen) <= axis.high:
                axis = charts.axis_for(min(axis.low, *seen), max(axis.high, *seen), axis.unit)
            told = self.say("chart.dumbbell_told", before=words.school_year(years[0]), now=words.school_year(years[1]))
            about = charts.About(
                grid.id, f"{self.say('profile.gaps')}: {title}", told, self.say, self.view.status_words
            )
            grid.chart, grid.note = charts.dumbbell(rows, axis, about), told
            if (shared := charts.shared_warning(rows)) != "ok":
                grid.note += f" {self.view.status_words[shared]}."
            grids.append(grid)
        return grids

    def reading(self, part: IndicatorPart) -> tuple[Headline, int, Markup] | None:
        """Give the first share of a page as ten students, with how many of them it stands for."""
        line = next((line for line in part.lines if line.unit == "percent" and line.cell.value is not None), None)
        if line is None:
            return None
        count = int(line.cell.at / 10 + 0.5)
        told = self.say("read.ten", count)
        about = charts.About(self._id(), self.say("read.title"), told, self.say, self.view.status_words)
        return line, count, charts.ten(count, about)

    def _over_time(self, indicator: Mapping[str, Any]) -> list[Figure]:
        figures, unit = [], self._measure(indicator)["unit"]
        for subject, question, _ in self._headline_cells(indicator):
            rows = []
            for year in self.years:
                key = (year, *question[1:])
                cell = self._take(key)
                if cell is not None:
                    keys, change = {"data-school-year": str(year)}, self._against_before(key, cell, unit)
                    rows.append(Row(keys, words.school_year(year), cell, self._state(key), (), change))
            if len(rows) > 1:
                keys = self.indicator_keys(indicator) | {"data-subject": subject}
                title = f"{self._label(indicator)}: {self.view.subjects[subject]}"
                figures.append(self._figure(indicator, title, self.say("year.label"), keys, rows, with_year=False))
        axis = _axis_over_time(unit, [row for figure in figures for row in figure.rows])
        for figure in figures:
            figure.change = self.say("compared.with_before")
            if figure.can_be_drawn:
                figure.chart = charts.series(figure.rows, axis, self._about(figure, self.say("chart.lines")))
                figure.note = self.say("chart.ranges_note")
        return figures

    def _over_time_grid(self, indicators: Sequence[Mapping[str, Any]]) -> Grid | None:
        if len(self.years) < 2:
            return None
        entries = []
        for indicator in indicators:
            measure, heading = self._measure(indicator), self.view.label(indicator)
            for subject, question, _ in self._headline_cells(indicator):
                cells = [self._take((year, *question[1:])) for year in self.years]
                if not any(cell and cell.can_be_drawn for cell in cells):
                    continue
                axis = self.book.axes[indicator["indicator"], measure["measure"]]
                label, unit, keys = self.view.subjects[subject], measure["unit"], self.indicator_keys(indicator)
                note = charts.spark(cells, axis) if len(cells) > 2 else ""
                own = {"data-subject": subject}
                entries.append(Entry(own, label, cells, heading=heading, heading_keys=keys, unit=unit, note=note))
                heading = None
        columns = [Column(words.school_year(year), {"data-school-year": str(year)}, "") for year in self.years]
        if not entries:
            return None
        first = self.say("table.indicator")
        return Grid(self._id(), self.say("profile.over_time"), self.name, first, columns, entries, {})

    def _groups_grids(self, indicators: Sequence[Mapping[str, Any]]) -> list[Grid]:
        """Set the groups of several indicators side by side: a row for each headline, a column for each group.

        There are as few tables as a screen can hold beside one another's reasons; groups of one kind stay together.
        """
        entries, columns, groups = [], self.view.group_columns, self.view.group_codes
        whole = groups.index(ALL_STUDENTS) if ALL_STUDENTS in groups else len(groups)
        for indicator in indicators:
            heading, keys = self.view.label(indicator), self.indicator_keys(indicator)
            left = MOST_DRAWN if self._is_drawn(indicator) else 0
            for subject, question, _ in self._headline_cells(indicator):
                cells = [cell for _, cell in self._of_groups(question)]
                del cells[whole : whole + 1]
                if not any(cell is not None and cell.can_be_drawn for cell in cells):
                    continue
                if left:
                    left -= 1
                    continue
                label, unit = self.view.subjects[subject], self._measure(indicator)["unit"]
                entries.append(
                    Entry({"data-subject": subject}, label, cells, heading=heading, heading_keys=keys, unit=unit)
                )
                heading = None
        empty, by_kind = ("no_students", "not_applicable"), {}
        for place, kind in enumerate(self.view.group_kinds):
            if any(entry.cells[place] and entry.cells[place].status not in empty for entry in entries):
                by_kind.setdefault(kind, []).append(place)
        tables: list[list[int]] = []
        for places in by_kind.values():
            if not tables or len(tables[-1]) + len(places) > MOST_GROUPS:
                tables.append([])
            tables[-1] += places
        made, first = [], self.say("table.indicator")
        for places in tables:
            own = [columns[place] for place in places]
            title = self.say("profile.by_group")
            if len(tables) > 1:
                title += ": " + self.say("number.span", low=own[0].label, high=own[-1].label)
            rows = [replace(entry, cells=[entry.cells[place] for place in places]) for entry in entries]
            made.append(Grid(self._id(), title, self._place(), first, own, rows, {}))
        return made

    def _other_measures(self, indicators: Sequence[Mapping[str, Any]]) -> Grid | None:
        """Set all further measures of indicators in one table, a column for each subject."""
        entries, seen = [], []
        rows: list[tuple[Mapping, str | None, Mapping, dict[str, Cell]]] = []
        for indicator in indicators:
            slug, heading = indicator["indicator"], self.view.label(indicator)
            if not self.book.populations_of(slug) or not self.book.covers_all_grades(slug):
                continue
            for measure in self.book.measures[slug]:
                if measure["is_headline"]:
                    continue
                found = {}
                for subject in self.book.subjects_of(slug):
                    cell = self._take((*self._question(indicator, subject)[:-1], measure["measure"]))
                    if cell is not None:
                        found[subject] = cell
                if any(cell.can_be_drawn for cell in found.values()):
                    seen += [subject for subject in found if subject not in seen]
                    rows.append((indicator, heading, measure, found))
                    heading = None
        subjects = [subject for subject in self.book.subjects if subject in seen]
        for indicator, heading, measure, found in rows:
            keys, own = self.indicator_keys(indicator), {"data-measure": measure["measure"]}
            cells = [found.get(subject) for subject in subjects]
            label, unit = self.view.label(measure), measure["unit"]
            entries.append(Entry(own, label, cells, heading=heading, heading_keys=keys, unit=unit))
        if not entries:
            return None
        columns = [Column(self.view.subjects[subject], {"data-subject": subject}, "") for subject in subjects]
        title, first = self.say("profile.more_numbers"), self.say("table.number")
        return Grid(self._id(), title, self._place(), first, columns, entries, {})

    def _parts(self, indicator: Mapping[str, Any]) -> list[Figure]:
        """Draw the measures that belong together as bars in their order: parts of a whole, or what flows in and out."""
        slug, figures = indicator["indicator"], []
        names = (indicator["chart_measures"] or "").split(";")
        measures = [measure for name in names for measure in self.book.measures[slug] if measure["measure"] == name]
        if indicator["chart"] not in ("parts", "flow") or not measures:
            return figures
        for subject, question, _ in self._headline_cells(indicator):
            rows = []
            for measure in measures:
                key = (*question[:-1], measure["measure"])
                if (cell := self._take(key)) is not None:
                    keys = {"data-measure": measure["measure"]}
                    rows.append(Row(keys, self.view.label(measure), cell, self._state(key)))
            if not any(row.cell.can_be_drawn for row in rows):
                continue
            keys = self.indicator_keys(indicator) | {"data-subject": subject}
            title = f"{self.view.label(indicator)}: {self.view.subjects[subject]}"
            figure = self._figure(indicator, title, self.say("table.number"), keys, rows)
            figure.unit, figure.measure = measures[0]["unit"], self.say("table.value")
            highest = max(row.cell.at for row in rows if row.cell.at is not None)
            axis = charts.PERCENT if figure.unit == "percent" else charts.axis_for(0, max(highest, 0.01), figure.unit)
            figure.chart = charts.bars(rows, axis, self._about(figure, self.say("chart.bars")))
            figures.append(figure)
        return figures

    def _grades(self, indicator: Mapping[str, Any]) -> Grid | None:
        """Set the grades in rows and the subjects in columns, for an indicator of single grades."""
        slug = indicator["indicator"]
        grades, populations = self.book.grades_of(slug), self.book.populations_of(slug)
        if not grades or not populations or self.book.covers_all_grades(slug):
            return None
        subjects, entries = self.book.subjects_of(slug), []
        for grade in grades:
            cells = [self._take(self._question(indicator, subject, grade)) for subject in subjects]
            if any(cell and cell.status not in ("no_students", "not_applicable") for cell in cells):
                entries.append(Entry({"data-grade-span": grade}, self.view.grades[grade], cells))
        unit = self._measure(indicator)["unit"]
        columns = [Column(self.view.subjects[subject], {"data-subject": subject}, unit) for subject in subjects]
        if not entries:
            return None
        keys = self.indicator_keys(indicator)
        title = self._label(indicator)
        first = self.say("table.grade")
        return Grid(self._id(), title, self._place(), first, columns, entries, keys, with_ranges=True)

    def _grades_over_time(self, indicator: Mapping[str, Any]) -> list[Grid]:
        slug, grids = indicator["indicator"], []
        unit = self._measure(indicator)["unit"]
        for subject in self.book.subjects_of(slug):
            entries = []
            for grade in self.book.grades_of(slug):
                question = self._question(indicator, subject, grade)
                cells = [self._take((year, *question[1:])) for year in self.years]
                if any(cell and cell.can_be_drawn for cell in cells):
                    entries.append(Entry({"data-grade-span": grade}, self.view.grades[grade], cells))
            if entries and len(self.years) > 1:
                columns = [
                    Column(words.school_year(year), {"data-school-year": str(year)}, unit) for year in self.years
                ]
                keys = self.indicator_keys(indicator) | {"data-subject": subject}
                title = f"{self._label(indicator)}: {self.view.subjects[subject]}"
                grids.append(Grid(self._id(), title, self.name, self.say("table.grade"), columns, entries, keys))
        return grids

    def _quadrant(
        self, grid: Grid, pair: tuple[Mapping[str, Any], Mapping[str, Any]], subject: str, names: tuple[str, str]
    ) -> Markup | None:
        points = [
            charts.Point(entry.keys, entry.label, *entry.cells)
            for entry in grid.entries
            if all(cell and cell.value is not None for cell in entry.cells)
        ]
        state = [self.book.state.get(self._question(one, subject)) for one in pair]
        if not points:
            return None
        told = self.say("chart.quadrant_told", number=len(points), all=len(grid.entries))
        about = charts.About(grid.id, grid.title, told, self.say, self.view.status_words)
        whole = charts.Point({}, "", *state) if all(state) else None
        placed = [*points, *([whole] if whole else [])]
        axes = (_axis_of(column.unit, (one[2 + place] for one in placed)) for place, column in enumerate(grid.columns))
        grid.note = told
        return charts.quadrant(points, whole, tuple(axes), names, about)

    def _side_by_side(
        self, title: str, asked: Sequence[tuple[Any, ...]], entities: Sequence[Mapping[str, Any]]
    ) -> Grid | None:
        columns, questions = [], []
        for indicator, subject, label, *rest in asked:
            grade = rest[0] if rest else ALL_GRADES
            if not self.book.populations_of(indicator["indicator"]):
                continue
            questions.append(self._question(indicator, subject, grade))
            keys = self.indicator_keys(indicator) | {"data-subject": subject}
            keys |= {} if grade == ALL_GRADES else {"data-grade-span": grade}
            columns.append(Column(label, keys, self._measure(indicator)["unit"]))
        found, entries = self._under(), []
        for entity in entities:
            key = (entity["level"], entity["entity_id"])
            own = found.get(key[1], {})
            cells = [own.get(question) for question in questions]
            if any(cells):
                self.hidden.update(
                    (*key, *question)
                    for question, cell in zip(questions, cells, strict=True)
                    if cell and cell.status == "suppressed"
                )
                keys = {"data-level": key[0], "data-entity-id": key[1]}
                if ends := self.view.ends_of(entity):
                    keys |= {"data-from": str(ends[0]), "data-to": str(ends[1])}
                entries.append(Entry(keys, entity["entity_name"], cells, self.book.path_of(key)))
        if not entries or not columns:
            return None
        first = self.view.levels[entities[0]["level"]]
        return Grid(self._id(), title, self._place(), first, columns, entries, {}, can_be_sorted=True)

    def _figure(
        self,
        indicator: Mapping[str, Any],
        title: str,
        first_column: str,
        keys: Attributes,
        rows: Sequence[Row],
        with_year: bool = True,
    ) -> Figure:
        measure = self._measure(indicator)
        place = self._place(with_year)
        return Figure(self._id(), title, place, first_column, self.view.label(measure), measure["unit"], keys, rows)

    def _place(self, with_year: bool = True) -> str:
        return " · ".join([self.name, *([words.school_year(self.year)] if with_year else [])])

    def _about(self, figure: Figure, kind: str) -> charts.About:
        without = sum(not row.cell.can_be_drawn for row in figure.rows)
        text = self.say("chart.after", kind=kind, place=figure.place)
        if figure.finding:
            text = f"{figure.finding}. {text}"
        if without:
            text += " " + self.say("chart.without", count=without, all=len(figure.rows))
        return charts.About(figure.id, figure.title, text, self.say, self.view.status_words)

    def _id(self) -> str:
        self._figures += 1
        return f"f{self._figures}"


def _axis_of(unit: str, cells: Iterable[Cell]) -> Axis:
    """Choose an axis of round ticks that holds the numbers of cells."""
    found = [cell.at for cell in cells if cell.at is not None]
    if unit not in ("percent", "points", "score"):
        low, high = min(found), max(found)
        return charts.axis_for(low, high if high > low else low + 0.1, unit, ticks=5)
    tens = [at / 10 for at in found]
    low, high = 10 * floor(min(tens)), 10 * ceil(max(tens))
    low = low - 10 if high == low and high >= 100 else low
    return charts.axis_for(low, max(high, low + 10), unit, ticks=5)


def _axis_over_time(unit: str, rows: Sequence[Row]) -> Axis:
    """Choose one axis for the line charts of an entity: wide enough that small changes look small."""
    cells = [cell for row in rows for cell in (row.cell, row.state) if cell and cell.value is not None]
    ends = [end for cell in cells for end in (cell.at, cell.start, cell.end) if end is not None]
    if not ends or unit != "percent":
        return charts.axis_for(min(ends, default=0), max(ends, default=1), unit, ticks=3)
    middle = (min(ends) + max(ends)) / 2
    low, high = max(0, min(*ends, middle - 15)), min(100, max(*ends, middle + 15))
    axis = charts.axis_for(low, high, unit, ticks=3)
    return axis._replace(high=min(axis.high, 100), ticks=tuple(tick for tick in axis.ticks if tick <= 100))
