"""The numbers of one entity, arranged into the figures and tables of a page.

Rows are chosen and put in order here; nothing is computed, and no HTML is written. A chart always has the rows of its
table.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import ceil, floor
from typing import Any

from markupsafe import Markup

from reports import charts, words
from reports.charts import Attributes, Axis, Cell, Row
from reports.published import ALL_GRADES, ALL_STUDENTS, STATE, Entity, Key, Published
from reports.tables import Column, Entry

_NOTHING = Cell("", None, None, None, None, None, None, None)


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
    others: Sequence[Column] = ()
    change: str | None = None
    chart: Markup | None = None
    note: str = ""

    @property
    def has_state(self) -> bool:
        """Tell whether any row has the state beside it."""
        return any(row.state is not None for row in self.rows)

    @property
    def can_be_drawn(self) -> bool:
        """Tell whether any row has something to draw."""
        return any(row.cell.can_be_drawn for row in self.rows)


@dataclass
class Grid:
    """A table of headlines: a row for each year, group or entity, a column for each subject or grade."""

    id: str
    title: str
    place: str
    first_column: str
    columns: Sequence[Column]
    entries: Sequence[Entry]
    keys: Attributes
    can_be_sorted: bool = False
    chart: Markup | None = None


@dataclass
class Fact:
    """The headline for all students in one subject."""

    subject: str
    keys: Attributes
    cell: Cell
    state: Cell | None
    compared: str | None


@dataclass
class Section:
    """What one page says about one indicator."""

    indicator: Mapping[str, Any]
    measure: str
    unit: str
    facts: Sequence[Fact] = ()
    grade_facts: Sequence[tuple[str, Attributes, Sequence[tuple[str, Attributes, Cell]]]] = ()
    overall: Figure | None = None
    over_time: Sequence[Figure] = ()
    by_group: Sequence[Sequence[tuple[str, Figure]]] = ()
    by_grade: Sequence[Sequence[tuple[str, Figure]]] = ()
    grades_over_time: Sequence[Grid] = ()
    groups_by_grade: Sequence[Grid] = ()

    @property
    def is_empty(self) -> bool:
        """Tell whether there is no row at all."""
        return not (self.overall or self.by_group or self.by_grade)

    @property
    def reasons(self) -> list[str]:
        """Where not one number can be shown, give the statuses that say why; otherwise nothing."""
        figures = [figure for part in (*self.by_group, *self.by_grade) for _, figure in part]
        figures += [figure for figure in (self.overall, *self.over_time) if figure]
        cells = [cell for figure in figures for row in figure.rows for cell in (row.cell, *row.others) if cell]
        cells += [cell for grid in self.grades_over_time for entry in grid.entries for cell in entry.cells if cell]
        return [] if any(cell.can_be_drawn for cell in cells) else list(dict.fromkeys(cell.status for cell in cells))


class Profile:
    """The pages' view of one entity in its last school year."""

    def __init__(self, published: Published, entity: Entity) -> None:
        self.published = published
        self.key = entity
        self.entity = published.entities[entity]
        self.cells = published.state if entity == STATE else published.cells(entity)
        self.years = sorted({key[0] for key in self.cells})
        self.year = self.years[-1] if self.years else published.last_year
        self.keys = {"data-level": entity[0], "data-entity-id": entity[1], "data-school-year": str(self.year)}
        self.hidden: set[tuple] = set()
        self._figures = 0

    def section(self, indicator: Mapping[str, Any], with_groups_by_grade: bool = False) -> Section:
        """Arrange everything that is published about one indicator."""
        slug, book = indicator["indicator"], self.published
        subjects, populations, grades = book.subjects_of(slug), book.populations_of(slug), book.grades_of(slug)
        section = Section(indicator, book.headline(slug)["label_en"], book.headline(slug)["unit"])
        if not populations:
            return section
        first = populations[0]
        if book.covers_all_grades(slug):
            section.facts = self._facts(slug, subjects, first)
            section.overall = self._overall(indicator, subjects, populations)
            section.over_time = self._over_time(indicator, subjects, first)
            groups = [
                (ALL_GRADES, {"data-student-group": group["student_group"]}, group["label_en"], group)
                for group in book.groups
            ]
            section.by_group = self._by(indicator, subjects, populations, "Student group", groups)
        if grades:
            spans = [(grade, {"data-grade-span": grade}, book.grades[grade], None) for grade in grades]
            section.grade_facts = self._grade_facts(slug, subjects, first, spans)
            section.by_grade = self._by(indicator, subjects, populations, "Grade", spans)
            years = [
                ((year, slug, first, ALL_STUDENTS), {"data-school-year": str(year)}, words.school_year(year))
                for year in self.years
            ]
            keys = {"data-student-group": ALL_STUDENTS}
            grids = self._grade_grids(indicator, subjects, first, "over time", "School year", years, keys)
            section.grades_over_time = [grid for grid in grids if len(grid.entries) > 1]
        if grades and with_groups_by_grade:
            groups = [
                (
                    (self.year, slug, first, group["student_group"]),
                    {"data-student-group": group["student_group"]},
                    group["label_en"],
                )
                for group in book.groups
            ]
            section.groups_by_grade = self._grade_grids(
                indicator, subjects, first, "by student group and grade", "Student group", groups, {}
            )
        return section

    def districts(self, indicator: Mapping[str, Any]) -> Grid | None:
        """Set the headline of one indicator side by side for the districts of the state."""
        slug, book = indicator["indicator"], self.published
        spans = [ALL_GRADES] if book.covers_all_grades(slug) else book.grades_of(slug)
        asked = [
            (indicator, subject, grade, book.subjects[subject] if grade == ALL_GRADES else
             f"{book.subjects[subject]}, {book.grades[grade]}")
            for subject in book.subjects_of(slug)
            for grade in spans
        ]  # fmt: skip
        return self._side_by_side(f"{book.headline(slug)['label_en']} by district", asked, book.under[STATE])

    def growth_over_level(self, indicator: Mapping[str, Any]) -> list[Grid]:
        """Set growth beside the level of students, for each subject, for what lies under this entity, and draw both."""
        book, grids = self.published, []
        level = next((other for other in book.indicators if other["indicator"] == indicator["shown_with"]), None)
        under = book.under.get(self.key, [])
        if level is None or not under or not book.populations_of(indicator["indicator"]):
            return grids
        names = (book.headline(level["indicator"])["label_en"], book.headline(indicator["indicator"])["label_en"])
        for subject in book.subjects_of(indicator["indicator"]):
            if subject not in book.subjects_of(level["indicator"]):
                continue
            asked = [(one, subject, ALL_GRADES, name) for one, name in zip((level, indicator), names, strict=True)]
            title = f"{names[1]} over {names[0].lower()}: {book.subjects[subject]}"
            grid = self._side_by_side(title, asked, under)
            if grid:
                grid.chart = self._quadrant(grid, (level["indicator"], indicator["indicator"]), subject, names)
                grids.append(grid)
        return [grid for grid in grids if grid.chart]

    def _quadrant(self, grid: Grid, slugs: tuple[str, str], subject: str, names: tuple[str, str]) -> Markup | None:
        book = self.published
        points = [
            charts.Point(entry.keys, entry.label, *entry.cells)
            for entry in grid.entries
            if all(cell and cell.value is not None for cell in entry.cells)
        ]
        state = [
            book.state.get(
                (self.year, slug, book.populations_of(slug)[0], ALL_STUDENTS, ALL_GRADES, subject, measure["measure"])
            )
            for slug, measure in ((slug, book.headline(slug)) for slug in slugs)
        ]
        if not points:
            return None
        told = (
            f"{len(points)} of {len(grid.entries)} have both numbers; all are in the table. The lines are the state's."
        )
        about = charts.About(grid.id, grid.title, told, book.status_words)
        whole = charts.Point({}, "State", *state) if all(state) else None
        placed = [*points, *([whole] if whole else [])]
        axes = (_axis_of(column.unit, (one[2 + place] for one in placed)) for place, column in enumerate(grid.columns))
        return charts.quadrant(points, whole, tuple(axes), names, about)

    def schools(self) -> Grid | None:
        """Set the headlines of all indicators side by side for the schools of a district."""
        book = self.published
        asked = [
            (indicator, subject, ALL_GRADES, f"{indicator['label_en']}: {book.subjects[subject]}")
            for indicator in book.indicators
            if book.covers_all_grades(indicator["indicator"])
            for subject in book.subjects_of(indicator["indicator"])
        ]
        return self._side_by_side("Headlines by school", asked, book.under.get(self.key, []))

    def _take(self, key: Key) -> Cell | None:
        cell = self.cells.get(key)
        if cell is not None and cell.status == "suppressed":
            self.hidden.add((*self.key, *key))
        return cell

    def _state(self, key: Key) -> Cell | None:
        return None if self.key == STATE else self.published.state.get(key)

    def _against_state(self, cell: Cell, state: Cell | None) -> str | None:
        if state is None or cell.value is None:
            return None
        return words.against(words.compare(cell.start, cell.end, state.start, state.end), state=True)

    def _facts(self, slug: str, subjects: Sequence[str], population: str) -> list[Fact]:
        measure, facts = self.published.headline(slug)["measure"], []
        for subject in subjects:
            key = (self.year, slug, population, ALL_STUDENTS, ALL_GRADES, subject, measure)
            if cell := self._take(key):
                keys = {
                    "data-population": population,
                    "data-student-group": ALL_STUDENTS,
                    "data-grade-span": ALL_GRADES,
                    "data-subject": subject,
                    "data-measure": measure,
                }
                state = self._state(key)
                facts.append(
                    Fact(self.published.subjects[subject], keys, cell, state, self._against_state(cell, state))
                )
        return facts

    def _grade_facts(self, slug: str, subjects: Sequence[str], population: str, spans: Sequence[tuple]) -> list[tuple]:
        measure, facts = self.published.headline(slug)["measure"], []
        for subject in subjects:
            found = [
                (label, keys, cell)
                for grade, keys, label, _ in spans
                if (cell := self._take((self.year, slug, population, ALL_STUDENTS, grade, subject, measure)))
            ]
            if found:
                keys = {
                    "data-population": population,
                    "data-student-group": ALL_STUDENTS,
                    "data-subject": subject,
                    "data-measure": measure,
                }
                facts.append((self.published.subjects[subject], keys, found))
        return facts

    def _overall(
        self, indicator: Mapping[str, Any], subjects: Sequence[str], populations: Sequence[str]
    ) -> Figure | None:
        slug, book = indicator["indicator"], self.published
        measure, rows = book.headline(slug), []
        for subject in subjects:
            heading = book.subjects[subject]
            for population in populations:
                key = (self.year, slug, population, ALL_STUDENTS, ALL_GRADES, subject, measure["measure"])
                if cell := self._take(key):
                    state = self._state(key)
                    keys = {"data-subject": subject, "data-population": population}
                    change = self._against_state(cell, state)
                    rows.append(Row(keys, book.populations[population], cell, state, (), change, heading))
                    heading = None
        if not rows:
            return None
        keys = {"data-student-group": ALL_STUDENTS, "data-grade-span": ALL_GRADES}
        figure = self._figure(indicator, measure["label_en"], "", "Students counted", keys, rows)
        figure.change = "Compared with the state" if figure.has_state else None
        if figure.can_be_drawn:
            figure.chart = charts.bars(rows, book.axes[slug], self._about(figure, "Bar chart"))
            figure.note = "The line across each bar is the state." if figure.has_state else ""
        return figure

    def _over_time(self, indicator: Mapping[str, Any], subjects: Sequence[str], population: str) -> list[Figure]:
        slug, book, figures = indicator["indicator"], self.published, []
        measure = book.headline(slug)
        for subject in subjects:
            rows, before = [], _NOTHING
            for year in self.years:
                key = (year, slug, population, ALL_STUDENTS, ALL_GRADES, subject, measure["measure"])
                cell = self._take(key)
                if cell is None:
                    continue
                last = before if rows and rows[-1].keys["data-school-year"] == str(year - 1) else _NOTHING
                change = None
                if cell.value is not None and last.value is not None:
                    word = words.compare(cell.start, cell.end, last.start, last.end)
                    change = words.against(word if cell.status != "not_comparable" else words.CANNOT_TELL, state=False)
                keys = {"data-school-year": str(year)}
                rows.append(Row(keys, words.school_year(year), cell, self._state(key), (), change))
                before = cell
            if len(rows) > 1:
                keys = {
                    "data-subject": subject,
                    "data-population": population,
                    "data-student-group": ALL_STUDENTS,
                    "data-grade-span": ALL_GRADES,
                }
                title = f"{measure['label_en']}: {book.subjects[subject]}"
                figures.append(self._figure(indicator, title, book.populations[population], "School year", keys, rows))
        axis = _axis_over_time(measure["unit"], [row for figure in figures for row in figure.rows])
        for figure in figures:
            figure.change = "Compared with the year before"
            if figure.can_be_drawn:
                figure.chart = charts.series(figure.rows, axis, self._about(figure, "Line chart"))
                figure.note = "The upright lines are the likely ranges."
        return figures

    def _by(
        self,
        indicator: Mapping[str, Any],
        subjects: Sequence[str],
        populations: Sequence[str],
        first_column: str,
        spans: Sequence[tuple[str, Attributes, str, Mapping[str, Any] | None]],
    ) -> list[list[tuple[str, Figure]]]:
        """Make, for each subject, a figure for each population with a row for each group or for each grade."""
        made = []
        for subject in subjects:
            figures = [
                (self.published.populations[population], figure)
                for population in populations
                if (figure := self._rows_by(indicator, subject, population, first_column, spans))
            ]
            if figures:
                made.append(figures)
        return made

    def _rows_by(
        self,
        indicator: Mapping[str, Any],
        subject: str,
        population: str,
        first_column: str,
        spans: Sequence[tuple[str, Attributes, str, Mapping[str, Any] | None]],
    ) -> Figure | None:
        slug, book = indicator["indicator"], self.published
        headline = book.headline(slug)
        others = [measure for measure in book.measures[slug] if measure is not headline]
        rows, kind = [], None
        for grade, keys, label, group in spans:
            code = group["student_group"] if group else ALL_STUDENTS
            key = (self.year, slug, population, code, grade, subject, headline["measure"])
            cell = self._take(key)
            if cell is None:
                continue
            beside = [self._take((*key[:-1], measure["measure"])) for measure in others]
            starts = bool(rows) and group is not None and group["group_kind"] != kind
            kind = group["group_kind"] if group else None
            rows.append(Row(keys, label, cell, self._state(key), beside, starts=starts))
        if not rows:
            return None
        title = f"{headline['label_en']} by {first_column.lower()}: {book.subjects[subject]}"
        own = {"data-subject": subject, "data-population": population}
        own |= {"data-student-group": ALL_STUDENTS} if first_column == "Grade" else {"data-grade-span": ALL_GRADES}
        figure = self._figure(indicator, title, book.populations[population], first_column, own, rows)
        figure.others = [
            Column(measure["label_en"], {"data-measure": measure["measure"]}, measure["unit"]) for measure in others
        ]
        if figure.can_be_drawn:
            figure.chart = charts.dots(rows, book.axes[slug], self._about(figure, "Dot chart"))
            figure.note = "The dot is the number. The line through it is the likely range."
            if figure.has_state:
                figure.note += " The short grey line is the state."
            if any(book.axes[slug].cuts(row.cell) for row in rows):
                figure.note += " A likely range that reaches the edge goes on beyond it."
        return figure

    def _grade_grids(
        self,
        indicator: Mapping[str, Any],
        subjects: Sequence[str],
        population: str,
        what: str,
        first_column: str,
        asked: Sequence[tuple[tuple, Attributes, str]],
        keys: Attributes,
    ) -> list[Grid]:
        slug, book, grids = indicator["indicator"], self.published, []
        measure = book.headline(slug)
        for subject in subjects:
            ends = [(grade, subject, measure["measure"]) for grade in book.grades_of(slug)]
            ends = [end for end in ends if any((*start, *end) in self.cells for start, _, _ in asked)]
            entries = []
            for start, own, label in asked:
                cells = [self._take((*start, *end)) for end in ends]
                if any(cells):
                    entries.append(Entry(own, label, cells))
            if entries:
                columns = [
                    Column(book.grades[grade], {"data-grade-span": grade}, measure["unit"]) for grade, *_ in ends
                ]
                own = {"data-subject": subject, "data-population": population, "data-measure": measure["measure"]}
                title = f"{measure['label_en']} {what}: {book.subjects[subject]}"
                place = self._place(book.populations[population], with_year=first_column != "School year")
                grids.append(Grid(self._id(), title, place, first_column, columns, entries, {**own, **keys}))
        return grids

    def _side_by_side(
        self, title: str, asked: Sequence[tuple[Mapping[str, Any], str, str, str]], entities: Sequence[Mapping]
    ) -> Grid | None:
        book, columns, questions = self.published, [], []
        for indicator, subject, grade, label in asked:
            slug = indicator["indicator"]
            population, measure = book.populations_of(slug)[0], book.headline(slug)
            questions.append((self.year, slug, population, ALL_STUDENTS, grade, subject, measure["measure"]))
            keys = {
                "data-indicator": slug,
                "data-population": population,
                "data-grade-span": grade,
                "data-subject": subject,
                "data-measure": measure["measure"],
            }
            columns.append(Column(label, keys, measure["unit"]))
        entries = []
        for entity in entities:
            key = (entity["level"], entity["entity_id"])
            cells = [book.headlines.get(key, {}).get(question) for question in questions]
            if any(cells):
                self.hidden.update(
                    (*key, *question)
                    for question, cell in zip(questions, cells, strict=True)
                    if cell and cell.status == "suppressed"
                )
                own = {"data-level": key[0], "data-entity-id": key[1]}
                entries.append(Entry(own, entity["entity_name"], cells, book.path_of(key)))
        if not entries:
            return None
        populations = dict.fromkeys(book.populations[question[2]] for question in questions)
        common = {
            name: value
            for name, value in columns[0].keys.items()
            if all(column.keys[name] == value for column in columns)
        }
        for column in columns:
            column.keys = {name: value for name, value in column.keys.items() if name not in common}
        keys = {"data-student-group": ALL_STUDENTS, **common}
        place = self._place(", ".join(populations))
        first = book.levels[entities[0]["level"]]
        return Grid(self._id(), title, place, first, columns, entries, keys, can_be_sorted=True)

    def _figure(
        self,
        indicator: Mapping[str, Any],
        title: str,
        population: str,
        first_column: str,
        keys: Attributes,
        rows: Sequence[Row],
    ) -> Figure:
        measure = self.published.headline(indicator["indicator"])
        keys = {"data-measure": measure["measure"], **keys}
        place = self._place(population, with_year=first_column != "School year")
        return Figure(self._id(), title, place, first_column, measure["label_en"], measure["unit"], keys, rows)

    def _place(self, population: str, with_year: bool = True) -> str:
        year = words.school_year(self.year) if with_year else ""
        counted = f"Students counted: {population}" if population else ""
        return " · ".join(part for part in (counted, self.entity["entity_name"], year) if part)

    def _about(self, figure: Figure, kind: str) -> charts.About:
        without = sum(not row.cell.can_be_drawn for row in figure.rows)
        text = f"{kind}, {figure.place}. The table after it has the same rows and all numbers."
        if without:
            text += f" Rows without a number: {without} of {len(figure.rows)}."
        return charts.About(figure.id, figure.title, text, self.published.status_words)

    def _id(self) -> str:
        self._figures += 1
        return f"f{self._figures}"


def _axis_of(unit: str, cells: Iterable[Cell]) -> Axis:
    """Choose an axis of whole tens and whole ticks that holds the numbers of cells."""
    tens = [cell.at / 10 for cell in cells if cell.at is not None]
    return charts.axis_for(10 * floor(min(tens)), 10 * ceil(max(tens)), unit, ticks=5)


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
