"""Tables as HTML text, from the same rows as the charts. Templates hold everything else.

A page holds more than a thousand cells, and a template takes some five times as long for them as plain text does. Every
text that comes from the release is escaped here.

What a cell shows is its class: `v` the value, `b` bounds in its place, `i` the likely range, `c` how many students,
`s` the state's value or bounds, `w` the words of a status. The row that a number comes from is told by the data
attributes of the cell's column, of its row and of all that holds the table, in that order.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

from markupsafe import Markup

from reports.charts import Attributes, Cell, Row, attributes, escape, number, shared_warning
from reports.words import Language

Words = dict[str, str]


@dataclass
class Column:
    """A column of a grid: what it is called, where it points, and its unit."""

    label: str
    keys: Attributes
    unit: str


@dataclass
class Entry:
    """A row of a grid: for a year, a group, a measure or an entity, with the page of the entity."""

    keys: Attributes
    label: str
    cells: Sequence[Cell | None]
    path: str | None = None
    heading: str | None = None
    heading_keys: Attributes = field(default_factory=dict)
    unit: str | None = None
    note: str = ""


@dataclass
class Headline:
    """One headline of an entity: all students in one subject."""

    keys: Attributes
    label: str
    cell: Cell
    unit: str
    state: Cell | None = None
    against_state: str | None = None
    against_before: str | None = None


@dataclass
class Headlines:
    """The headlines of one indicator."""

    question: str
    label: str
    path: str
    keys: Attributes
    lines: list[Headline] = field(default_factory=list)


def of_facts(lines: Sequence[Headline], say: Language, status_words: Words) -> Markup:
    """Write headlines large, as terms and what they say: the number, its students, the state's, the likely range."""
    parts = []
    for line in lines:
        cell, state = line.cell, line.state
        parts.append(f'<div class="fact"{attributes(line.keys)}>\n<dt>{escape(line.label)}</dt>\n<dd>\n')
        if cell.is_bounded:
            parts.append(f'<span class="big b">{say.bounds(cell.low, cell.high, line.unit)}</span>\n')
        elif cell.value is not None:
            parts.append(f'<span class="big v">{number(say, cell.value, line.unit)}</span>\n')
        else:
            parts.append(f'<span class="none w">{escape(status_words[cell.status])}</span>\n')
        if cell.can_be_drawn and cell.status not in ("ok", "range"):
            parts.append(f'<small class="w">{escape(status_words[cell.status])}</small>\n')
        if cell.status == "incomplete" and cell.records is not None:
            records = say("card.records", records=_marked("m", number(say, cell.records, "percent")))
            parts.append(f'<span class="line soft">{records}</span>\n')
        if cell.count is not None:
            count = say("card.of_students", cell.count, number=_marked("c", say.number(cell.count)))
            parts.append(f'<span class="line soft">{count}</span>\n')
        if line.against_state and state.value is not None:
            value = _marked("s", number(say, state.value, line.unit))
            said = say("card.state", value=value, word=line.against_state.lower())
            parts.append(f'<span class="line">{said}</span>\n')
        if line.against_before and line.against_before != say("short.cannot_tell"):
            said = say("card.before", word=line.against_before.lower())
            parts.append(f'<span class="line">{escape(said)}</span>\n')
        if cell.value is not None and cell.low is not None and cell.high is not None:
            likely = f'{escape(say("table.likely_range"))} <span class="i">{say.span(cell.low, cell.high)}</span>'
            parts.append(f'<span class="line soft">{likely}</span>\n')
        parts.append("</dd>\n</div>\n")
    return Markup("".join(parts))


def of_rows(
    rows: Sequence[Row],
    title: str,
    heads: tuple[str, str],
    unit: str,
    change: str | None,
    say: Language,
    status_words: Words,
) -> Markup:
    """Write a table of numbers, each with its likely range, its students and, where it has one, the state beside it.

    `heads` names the first column and the measure; `change` names the column for what changed, if there is one.
    """
    has_state = any(row.state is not None for row in rows)
    width = 4 + has_state + bool(change)
    shared = shared_warning(rows)
    names = [heads[1], say("table.likely_range"), say("table.students"), *([say("table.state")] if has_state else [])]
    parts = [
        _top(title, heads[0]),
        _head(names[0], warning=status_words[shared] if shared != "ok" else ""),
        *(_head(label) for label in names[1:]),
        f'<th scope="col">{escape(change)}</th>' if change else "",
        "</tr></thead>\n<tbody>\n",
    ]
    for row in rows:
        if row.heading:
            parts.append(
                f'<tr class="heading"><th scope="rowgroup" colspan="{width}">{escape(row.heading)}</th></tr>\n'
            )
        look = ' class="starts"' if row.starts else ""
        parts.append(f'<tr{look}{attributes(row.keys)}><th scope="row">{escape(row.label)}</th>')
        parts.append(_three_cells(row.cell, unit, say, status_words, shared))
        if has_state:
            parts.append(_state_cell(row.state, unit, say, status_words))
        if change:
            parts.append(f"<td>{escape(row.change or '–')}</td>")
        parts.append("</tr>\n")
    parts.append("</tbody>\n</table>")
    return Markup("".join(parts))


def of_headlines(
    groups: Sequence[Headlines], title: str, heads: Sequence[str], root: str, say: Language, status_words: Words
) -> Markup:
    """Write the headlines of several indicators, each under its question; `heads` names the seven columns."""
    has_state = any(line.state is not None for group in groups for line in group.lines)
    has_before = any(line.against_before for group in groups for line in group.lines)
    kept = [*heads[:4], *(heads[4:6] if has_state else []), *(heads[6:7] if has_before else [])]
    parts = [_top(title, kept[0], ' class="headlines"'), *(_head(label) for label in kept[1:]), "</tr></thead>\n"]
    for group in groups:
        parts.append(
            f'<tbody{attributes(group.keys)}>\n<tr class="heading"><th scope="rowgroup" colspan="{len(kept)}">'
            f'<a href="{root}{group.path}">{escape(group.question)}</a> <span>{escape(group.label)}</span></th></tr>\n'
        )
        for line in group.lines:
            parts.append(f'<tr{attributes(line.keys)}><th scope="row">{escape(line.label)}</th>')
            parts.append(_three_cells(line.cell, line.unit, say, status_words))
            if has_state:
                parts.append(_state_cell(line.state, line.unit, say, status_words))
                parts.append(f"<td>{escape(line.against_state or '–')}</td>")
            if has_before:
                parts.append(f"<td>{escape(line.against_before or '–')}</td>")
            parts.append("</tr>\n")
        parts.append("</tbody>\n")
    parts.append("</table>")
    return Markup("".join(parts))


def of_entries(
    entries: Sequence[Entry],
    title: str,
    first: str,
    columns: Sequence[Column],
    say: Language,
    status_words: Words,
    can_be_sorted: bool = False,
    with_ranges: bool = False,
    root: str = "",
) -> Markup:
    """Write a grid: a row for each entry, a column for each subject, year, group or indicator."""
    noted = any(entry.note for entry in entries)
    parts = [_top(title, first, ' class="sortable"' if can_be_sorted else "")]
    parts += [_head(column.label, column.keys) for column in columns]
    parts += [f'<th scope="col">{escape(say("table.trend"))}</th>'] if noted else []
    parts.append("</tr></thead>\n" if entries and entries[0].heading else "</tr></thead>\n<tbody>\n")
    width = len(columns) + 1 + noted
    for entry in entries:
        if entry.heading:
            parts.append("</tbody>\n" if parts[-1].endswith("</tr>\n") else "")
            parts.append(
                f'<tbody{attributes(entry.heading_keys)}>\n<tr class="heading"><th scope="rowgroup" '
                f'colspan="{width}">{escape(entry.heading)}</th></tr>\n'
            )
        label = escape(entry.label)
        if entry.path:
            label = f'<a href="{root}{escape(entry.path)}">{label}</a>'
        warned = {cell.status for cell in entry.cells if cell is not None and cell.can_be_drawn} - {"range"}
        shared = warned.pop() if len(warned) == 1 and not can_be_sorted else "ok"
        if shared != "ok":
            label += f'<small class="w">{escape(status_words[shared])}</small>'
        parts.append(f'<tr{attributes(entry.keys)}><th scope="row">{label}</th>')
        last, times = None, 0
        for column, cell in zip(columns, entry.cells, strict=True):
            if cell is None:
                parts.append("<td>–</td>")
                last = None
            elif not with_ranges and cell.value is not None and cell.status in ("ok", shared):
                parts.append(f'<td class="v">{number(say, cell.value, entry.unit or column.unit)}</td>')
                last = None
            elif cell.can_be_drawn:
                parts.append(_grid_cell(cell, entry.unit or column.unit, say, status_words, with_ranges, shared))
                last = None
            elif cell.status == last:
                times += 1
                parts[-1] = f'<td class="w" colspan="{times}">{escape(status_words[last])}</td>'
            else:
                parts.append(f'<td class="w">{escape(status_words[cell.status])}</td>')
                last, times = None if can_be_sorted else cell.status, 1
        parts.append(f"<td>{entry.note}</td></tr>\n" if noted else "</tr>\n")
    parts.append("</tbody>\n</table>")
    return Markup("".join(parts))


def _marked(kind: str, text: str) -> Markup:
    """Say what a number in a sentence is: the state's value, or a count of students."""
    return Markup(f'<span class="{kind}">{escape(text)}</span>')


def _top(title: str, first: str, look: str = "") -> str:
    return f'<table{look}>\n<caption>{escape(title)}</caption>\n<thead><tr><th scope="col">{escape(first)}</th>'


def _head(label: str, keys: Attributes | None = None, warning: str = "") -> str:
    said = f'<small class="w">{escape(warning)}</small>' if warning else ""
    return f'<th scope="col"{attributes(keys or {})}>{escape(label)}{said}</th>'


def _three_cells(cell: Cell, unit: str, say: Language, status_words: Words, shared: str = "ok") -> str:
    if not cell.can_be_drawn:
        return f'<td class="w" colspan="3">{escape(status_words[cell.status])}</td>'
    count = "<td>–</td>" if cell.count is None else f'<td class="c">{cell.count:,}</td>'
    if cell.is_bounded:
        return f'<td class="b" colspan="2">{say.bounds(cell.low, cell.high, unit)}</td>{count}'
    value = f'<td class="v">{number(say, cell.value, unit)}</td>'
    if cell.status not in ("ok", shared):
        remark = f'<small class="w">{escape(status_words[cell.status])}</small>'
        value = f'<td><span class="v">{number(say, cell.value, unit)}</span> {remark}</td>'
    if cell.low is None or cell.high is None:
        return f"{value}<td>–</td>{count}"
    return f'{value}<td class="i">{say.span(cell.low, cell.high)}</td>{count}'


def _state_cell(cell: Cell | None, unit: str, say: Language, status_words: Words) -> str:
    if cell is None:
        return "<td>–</td>"
    if cell.value is not None:
        return f'<td class="s">{number(say, cell.value, unit)}</td>'
    if cell.is_bounded:
        return f'<td class="s">{say.bounds(cell.low, cell.high, unit)}</td>'
    return f'<td class="s">{escape(status_words[cell.status])}</td>'


def _grid_cell(cell: Cell, unit: str, say: Language, status_words: Words, with_range: bool, shared: str) -> str:
    """Write one cell that has a number or bounds; `shared` is the warning that its row already says."""
    if cell.is_bounded:
        return f'<td class="b">{say.bounds(cell.low, cell.high, unit)}</td>'
    value = number(say, cell.value, unit)
    has_range = with_range and cell.low is not None and cell.high is not None
    is_plain = cell.status in ("ok", shared)
    if is_plain and not has_range:
        return f'<td class="v">{value}</td>'
    between = f'<small class="i">{say.span(cell.low, cell.high)}</small>' if has_range else ""
    remark = "" if is_plain else f'<small class="w">{escape(status_words[cell.status])}</small>'
    return f'<td><span class="v">{value}</span>{between}{remark}</td>'
