"""Tables as HTML text, from the same rows as the charts. Templates hold everything else.

A page holds more than a thousand cells, and a template takes some five times as long for them as plain text does. Every
text that comes from the release is escaped here.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from markupsafe import Markup

from reports import words
from reports.charts import Attributes, Cell, Row, attributes, escape


@dataclass
class Column:
    """A column that comes after a row's own number: what it is called, where it points, and its unit."""

    label: str
    keys: Attributes
    unit: str


@dataclass
class Entry:
    """A row of headlines: for a year, a group or an entity, with the page of the entity."""

    keys: Attributes
    label: str
    cells: Sequence[Cell | None]
    path: str | None = None


def of_rows(
    rows: Sequence[Row],
    title: str,
    heads: tuple[str, str],
    unit: str,
    others: Sequence[Column],
    change: str | None,
    status_words: Mapping[str, str],
) -> Markup:
    """Write a table of numbers, each with its likely range, its students and, where it has one, the state beside it.

    `heads` names the first column and the measure; `change` names the column for what changed, if there is one.
    """
    has_state = any(row.state is not None for row in rows)
    width = 4 + has_state + bool(change) + len(others)
    numbers = [heads[1], "Likely range", "Students", *(["State"] if has_state else [])]
    parts = [
        _top(title, heads[0]),
        *(_head(label) for label in numbers),
        f'<th scope="col">{escape(change)}</th>' if change else "",
        *(_head(column.label) for column in others),
        "</tr></thead>\n<tbody>\n",
    ]
    for row in rows:
        if row.heading:
            parts.append(
                f'<tr class="heading"><th scope="rowgroup" colspan="{width}">{escape(row.heading)}</th></tr>\n'
            )
        look = ' class="starts"' if row.starts else ""
        label = escape(row.label) + (_remark(row.cell, status_words) if row.cell.value is not None else "")
        parts.append(f'<tr{look}{attributes(row.keys)}><th scope="row">{label}</th>')
        parts.append(_three_cells(row.cell, unit, status_words))
        if has_state:
            parts.append(_state_cell(row.state, unit, status_words))
        if change:
            parts.append(f"<td>{escape(row.change or '–')}</td>")
        for column, other in zip(others, row.others, strict=True):
            parts.append(_one_cell(other, column, status_words))
        parts.append("</tr>\n")
    parts.append("</tbody>\n</table>")
    return Markup("".join(parts))


def of_entries(
    entries: Sequence[Entry],
    title: str,
    first: str,
    columns: Sequence[Column],
    can_be_sorted: bool,
    root: str,
    status_words: Mapping[str, str],
) -> Markup:
    """Write a table of headlines side by side; `root` leads from the page to the top of the site."""
    parts = [_top(title, first, ' class="sortable"' if can_be_sorted else "")]
    parts += [_head(column.label) for column in columns]
    parts.append("</tr></thead>\n<tbody>\n")
    for entry in entries:
        label = escape(entry.label)
        if entry.path:
            label = f'<a href="{root}{escape(entry.path)}">{label}</a>'
        parts.append(f'<tr{attributes(entry.keys)}><th scope="row">{label}</th>')
        for column, cell in zip(columns, entry.cells, strict=True):
            parts.append(_one_cell(cell, column, status_words))
        parts.append("</tr>\n")
    parts.append("</tbody>\n</table>")
    return Markup("".join(parts))


def _top(title: str, first: str, look: str = "") -> str:
    return f'<table{look}>\n<caption>{escape(title)}</caption>\n<thead><tr><th scope="col">{escape(first)}</th>'


def _head(label: str) -> str:
    return f'<th scope="col" class="n">{escape(label)}</th>'


def _remark(cell: Cell, status_words: Mapping[str, str]) -> str:
    if cell.status == "ok":
        return ""
    return f' <span class="words" data-field="value_status">{escape(status_words[cell.status])}</span>'


def _three_cells(cell: Cell, unit: str, status_words: Mapping[str, str]) -> str:
    if not cell.can_be_drawn:
        return f'<td colspan="3" data-field="value_status">{escape(status_words[cell.status])}</td>'
    count = '<td class="n">–</td>' if cell.count is None else f'<td data-field="student_count">{cell.count:,}</td>'
    if cell.is_bounded:
        return f'<td colspan="2" data-field="bounds">{words.bounds(cell.low, cell.high, unit)}</td>{count}'
    number = f'<td class="main" data-field="value">{words.with_unit(cell.value, unit)}</td>'
    if cell.low is None or cell.high is None:
        return f'{number}<td class="n">–</td>{count}'
    return f'{number}<td data-field="interval">{cell.low} to {cell.high}</td>{count}'


def _state_cell(cell: Cell | None, unit: str, status_words: Mapping[str, str]) -> str:
    if cell is None:
        return '<td class="n">–</td>'
    if cell.value is not None:
        return f'<td data-level="state" data-field="value">{words.with_unit(cell.value, unit)}</td>'
    if cell.is_bounded:
        return f'<td data-level="state" data-field="bounds">{words.bounds(cell.low, cell.high, unit)}</td>'
    return f'<td class="n" data-level="state" data-field="value_status">{escape(status_words[cell.status])}</td>'


def _one_cell(cell: Cell | None, column: Column, status_words: Mapping[str, str]) -> str:
    if cell is None:
        return '<td class="n">–</td>'
    keys = attributes(column.keys)
    if cell.value is not None:
        number = f'<span data-field="value">{words.with_unit(cell.value, column.unit)}</span>'
        if cell.low is not None and cell.high is not None:
            number += f'<span class="range" data-field="interval">{cell.low} to {cell.high}</span>'
        return f'<td class="n"{keys}>{number}{_remark(cell, status_words)}</td>'
    if cell.is_bounded:
        return f'<td{keys} data-field="bounds">{words.bounds(cell.low, cell.high, column.unit)}</td>'
    return f'<td class="n"{keys} data-field="value_status">{escape(status_words[cell.status])}</td>'
