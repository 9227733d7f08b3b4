"""Charts as SVG text, made on the server from the rows of the table that stands beside them.

Widths are shares of the drawing and heights are pixels, so that letters keep their size on any screen. No number is
computed here: a value becomes a place on an axis and nothing else. A row without a number keeps its name and its words,
never a mark.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from html import escape as _escape
from itertools import pairwise
from math import ceil, floor, log10
from textwrap import wrap
from typing import NamedTuple

from markupsafe import Markup

from reports import words

DARK, REFERENCE, SOFT, BAND, LINE = "#12436D", "#767676", "#4A4A4A", "#EFF2F5", "#D5DAE0"
WIDTH = 82.0
"""The share of the drawing that an axis takes; the rest holds the numbers."""
LETTERS = 39
"""The letters of a name that fit on one line of the narrowest screen."""

QUADRANT_LEFT, QUADRANT_TOP, QUADRANT_HEIGHT, QUADRANT_NAMED = 9, 24, 300, 12
"""Of a drawing of growth over level: share left of the axis, pixels above and within, marks that carry names."""


CORNERS = ("behind_fast", "ahead_fast", "ahead_slow", "behind_slow")
"""The fields of growth over level, clockwise from the upper left."""

Attributes = Mapping[str, str]
escape = lru_cache(maxsize=65536)(_escape)


class Cell(NamedTuple):
    """One published result: its texts as the data file has them, and the same as floats for its place in a drawing.

    `records` is how many percent of the records are in that were due.
    """

    status: str
    count: int | None
    value: str | None
    low: str | None
    high: str | None
    at: float | None
    start: float | None
    end: float | None
    records: str | None = None

    @property
    def is_bounded(self) -> bool:
        """Tell whether bounds stand in the place of a number."""
        return self.value is None and (self.low is not None or self.high is not None)

    @property
    def can_be_drawn(self) -> bool:
        """Tell whether there is anything to draw."""
        return self.value is not None or self.low is not None or self.high is not None


class Row(NamedTuple):
    """One row of a chart and of its table. `keys` are its data attributes; `starts` opens a new kind of rows."""

    keys: Attributes
    label: str
    cell: Cell
    state: Cell | None = None
    others: Sequence[Cell | None] = ()
    change: str | None = None
    heading: str | None = None
    starts: bool = False


class Axis(NamedTuple):
    """The ends of an axis, its ticks and its unit."""

    low: float
    high: float
    ticks: tuple[float, ...]
    unit: str

    def share(self, value: float) -> float:
        """Place a value between 0, the low end, and 1, the high end."""
        return _share(self.low, self.high, value)

    def cuts(self, cell: "Cell") -> bool:
        """Tell whether a likely range goes on beyond an end of the axis."""
        return any(end is not None and not self.low <= end <= self.high for end in (cell.start, cell.end))

    def x(self, value: float) -> str:
        """Place a value across the drawing."""
        return _across(self.low, self.high, value)


def _share(low: float, high: float, value: float) -> float:
    return min(1.0, max(0.0, (value - low) / (high - low)))


@lru_cache(maxsize=65536)
def _across(low: float, high: float, value: float) -> str:
    return f"{WIDTH * _share(low, high, value):.1f}%"


class About(NamedTuple):
    """What a chart says about itself, the language it says it in, and the words of each status."""

    id: str
    title: str
    description: str
    say: words.Language
    status_words: Mapping[str, str]


PERCENT = Axis(0.0, 100.0, (0.0, 25.0, 50.0, 75.0, 100.0), "percent")


@lru_cache(maxsize=65536)
def number(say: words.Language, value: str, unit: str) -> str:
    """Write a published number with its unit in a language."""
    return say.with_unit(value, unit)


def axis_for(low: float, high: float, unit: str, ticks: int = 4) -> Axis:
    """Choose round ends and ticks that hold the numbers from `low` to `high`."""
    rough = max(high - low, 1e-6) / ticks
    size = 10.0 ** floor(log10(rough))
    step = next(size * factor for factor in (1, 2, 2.5, 5, 10) if size * factor >= rough * 0.999)
    first, last = floor(low / step), ceil(high / step)
    last = max(last, first + 1)
    return Axis(first * step, last * step, tuple(step * place for place in range(first, last + 1)), unit)


def attributes(keys: Attributes) -> str:
    """Write data attributes, each with a space before it."""
    return "".join([f' {name}="{escape(value)}"' for name, value in keys.items()])


def shared_warning(rows: Sequence[Row]) -> str:
    """Give the status that warns of every number of some rows alike, so that it need be said but once; or `ok`."""
    found = {row.cell.status for row in rows if row.cell.value is not None}
    return found.pop() if len(found) == 1 else "ok"


def bars(rows: Iterable[Row], axis: Axis, about: About) -> Markup:
    """Draw one bar a row from the zero of the axis, with a line for the state."""
    layers = _Layers()
    y = 0
    for row in rows:
        if row.heading:
            y += 8 if y else 0
            y += 18
            layers.heads.append(f'<text y="{y - 4}">{escape(row.heading)}</text>')
        y = layers.name(row, y, axis, about)
        layers.band(y, 20)
        if row.cell.is_bounded:
            layers.range(row, y + 10, axis)
        elif row.cell.value is None:
            layers.words(row, y + 15, about)
        else:
            width = f'width="{WIDTH * axis.share(row.cell.at):.1f}%" height="14"'
            layers.mark(row, f'<rect y="{y + 3}" {width}/>')
            layers.value(row, y + 15, axis, about)
        y += 20
        if row.state and row.state.at is not None and row.cell.can_be_drawn:
            at, share = axis.x(row.state.at), axis.share(row.state.at)
            layers.halos.append(f'<line x1="{at}" x2="{at}" y1="{y - 20}" y2="{y}"/>')
            layers.state_lines.append(f'<line x1="{at}" x2="{at}" y1="{y - 21}" y2="{y + 3}"/>')
            side = ' text-anchor="end"' if share > 0.5 else ""
            layers.notes.append(
                f'<text x="{at}" y="{y + 15}"{side}>{escape(about.say("table.state"))} '
                f'<tspan class="s">{number(about.say, row.state.value, axis.unit)}</tspan></text>'
            )
            y += 16
        y += 8
    return layers.draw(y, axis, about)


def dots(rows: Iterable[Row], axis: Axis, about: About, rungs: Mapping[float, str] | None = None) -> Markup:
    """Draw one dot a row with its likely range, and a short line for the state.

    With `rungs`, places on the axis that have a name, this is the ladder of rates.
    """
    rows, layers = list(rows), _Layers()
    layers.shared = shared_warning(rows)
    y = 20 if rungs else 0
    layers.rungs = [(axis.x(at), axis.share(at), name) for at, name in (rungs or {}).items()]
    for row in rows:
        y += 10 if row.starts and y else 0
        y = layers.name(row, y, axis, about)
        cell, middle = row.cell, y + 10
        if not cell.can_be_drawn:
            layers.words(row, middle + 5, about)
        else:
            if row.state and row.state.at is not None:
                at = axis.x(row.state.at)
                layers.state_lines.append(f'<line x1="{at}" x2="{at}" y1="{y + 1}" y2="{y + 19}"/>')
            layers.range(row, middle, axis)
        if cell.value is not None:
            layers.mark(row, f'<circle cx="{axis.x(cell.at)}" cy="{middle}" r="6"/>')
            layers.value(row, middle + 5, axis, about)
        y += 24
    layers.bands.append(f'<rect width="{WIDTH:g}%" height="{y}"/>')
    return layers.draw(y, axis, about)


def dumbbell(rows: Iterable[Row], axis: Axis, about: About) -> Markup:
    """Draw a number of each row at two times, joined by a line: hollow the earlier (`others`), full the later."""
    rows, layers, joints, earlier, y = list(rows), _Layers(), [], [], 0
    layers.shared = shared_warning(rows)
    for row in rows:
        y = layers.name(row, y, axis, about)
        (before,), cell, middle = row.others, row.cell, y + 10
        if before and before.value is not None:
            earlier.append(f'<circle cx="{axis.x(before.at)}" cy="{middle}" r="5"/>')
            text = number(about.say, before.value, axis.unit)
            layers.notes.append(f'<text class="v" x="100%" y="{y - 4}" text-anchor="end">{text}</text>')
            if cell.value is not None:
                joints.append(f'<line x1="{axis.x(before.at)}" x2="{axis.x(cell.at)}" y1="{middle}" y2="{middle}"/>')
        if cell.value is not None:
            layers.marks.append(f'<circle cx="{axis.x(cell.at)}" cy="{middle}" r="6"/>')
            layers.value(row, middle + 5, axis, about)
        else:
            layers.words(row, middle + 5, about)
        y += 24
    layers.bands.append(f'<rect width="{WIDTH:g}%" height="{y}"/>')
    layers.ranges += joints
    layers.hollow = earlier
    return layers.draw(y, axis, about)


def ten(count: int, about: About) -> Markup:
    """Draw ten students as stick figures, of whom the first `count` are dark."""
    figures = "".join(
        f'<svg x="{place * 10}%" width="10%" height="46" overflow="visible"><g transform="translate(14 0)" '
        f'fill="{DARK if place < count else "#fff"}" stroke="{DARK if place < count else REFERENCE}" stroke-width="2">'
        '<circle cx="0" cy="8" r="6"/><path d="M0 14V30M0 30L-7 44M0 30L7 44M-8 20H8"/></g></svg>'
        for place in range(10)
    )
    return _svg(about, 48, figures)


def series(rows: Sequence[Row], axis: Axis, about: About) -> Markup:
    """Draw the years in order with the state beside them; the line breaks where a year is missing or not comparable.

    Each row's key `data-school-year` is its place across; a year without a row leaves its place empty.
    """
    years = [int(row.keys["data-school-year"]) for row in rows]
    first, last = min(years), max(years)
    top, bottom = 28, 188

    def across(year: int) -> str:
        return f"{20 + 68 * (year - first) / max(last - first, 1):.1f}%"

    def down(value: float) -> float:
        return round(bottom - (bottom - top) * axis.share(value), 1)

    grid = "".join(f'<line x1="13%" x2="96%" y1="{down(tick)}" y2="{down(tick)}"/>' for tick in axis.ticks)
    ticks = "".join(f'<text x="11%" y="{down(tick) + 4}">{_tick(tick, axis, about)}</text>' for tick in axis.ticks)
    own = [(year, row.cell) for year, row in zip(years, rows, strict=True)]
    state = [(year, row.state) for year, row in zip(years, rows, strict=True) if row.state]

    def joined(points: Sequence[tuple[int, Cell]]) -> Iterator[str]:
        for (year, cell), (following, after) in pairwise(points):
            breaks = following != year + 1 or after.status == "not_comparable" or cell.at is None or after.at is None
            if not breaks:
                ends = f'x1="{across(year)}" y1="{down(cell.at)}" x2="{across(following)}" y2="{down(after.at)}"'
                yield f"<line {ends}/>"

    marks, ranges, squares, texts, names = [], [], [], [], []
    for row, (year, cell) in zip(rows, own, strict=True):
        x, other = across(year), row.state.at if row.state else None
        names.append(f'<text x="{x}" y="{bottom + 40}">{escape(row.label)}</text>')
        if other is not None:
            squares.append(
                f'<svg x="{x}" y="{down(other)}" width="1" height="1" overflow="visible">'
                f'<rect x="-4" y="-4" width="8" height="8"/></svg>'
            )
        if cell.at is not None:
            if cell.start is not None and cell.end is not None:
                ranges.append(f'<line x1="{x}" x2="{x}" y1="{down(cell.start)}" y2="{down(cell.end)}"/>')
            marks.append(f'<circle cx="{x}" cy="{down(cell.at)}" r="5"{_hollow(cell)}/>')
        above = cell.at is not None and (other is None or cell.at >= other)
        reach = [end for end in (cell.at, cell.start, cell.end, other) if end is not None]
        over, under = (down(max(reach)) - 9, down(min(reach)) + 19) if reach else (0, 0)
        if cell.at is not None and (year in (first, last) or len(rows) <= 4):
            y = over if above else under
            texts.append(f'<text class="v" x="{x}" y="{y}">{number(about.say, cell.value, axis.unit)}</text>')
        if other is not None and year == last:
            names.append(f'<text x="{x}" y="{under if above else over}">{escape(about.say("table.state"))}</text>')
    inside = (
        f'<g stroke="{LINE}">{grid}</g><g font-size="12" fill="{SOFT}" text-anchor="end">{ticks}</g>'
        f'<g stroke="{REFERENCE}" stroke-width="2" stroke-dasharray="5 4">{"".join(joined(state))}</g>'
        f'<g fill="#fff" stroke="{REFERENCE}" stroke-width="2">{"".join(squares)}</g>'
        f'<g stroke="{DARK}" stroke-width="2.5">{"".join(joined(own))}</g>'
        f'<g stroke="{DARK}" stroke-width="1.5">{"".join(ranges)}</g><g fill="{DARK}">{"".join(marks)}</g>'
        f'<g font-size="12" fill="{SOFT}" text-anchor="middle">{"".join(names)}</g>'
        '<g font-weight="600" text-anchor="middle" stroke="#fff" stroke-width="4" paint-order="stroke">'
        f"{''.join(texts)}</g>"
    )
    return _svg(about, bottom + 46, inside)


class Point(NamedTuple):
    """One entity in a drawing of growth over level: its data attributes, its name, its level and its growth."""

    keys: Attributes
    label: str
    level: Cell
    growth: Cell


def quadrant(
    points: Sequence[Point], state: Point | None, axes: tuple[Axis, Axis], names: tuple[str, str], about: About
) -> Markup:
    """Draw growth upward over level across, one mark an entity, in four fields that the state divides.

    `axes` and `names` are those of level and growth. An entity without one of the numbers has no mark. Few marks carry
    their names, where names do not lie on one another.
    """
    across, up = axes

    def x(value: float) -> float:
        return QUADRANT_LEFT + (100 - QUADRANT_LEFT) * across.share(value)

    def y(value: float) -> float:
        return QUADRANT_TOP + QUADRANT_HEIGHT * (1 - up.share(value))

    bottom = QUADRANT_TOP + QUADRANT_HEIGHT
    drawn = [point for point in points if point.level.at is not None and point.growth.at is not None]
    grid = [
        f'<line x1="{x(tick):.1f}%" x2="{x(tick):.1f}%" y1="{QUADRANT_TOP}" y2="{bottom}"/>' for tick in across.ticks
    ]
    grid += [f'<line x1="{QUADRANT_LEFT}%" x2="100%" y1="{y(tick):.1f}" y2="{y(tick):.1f}"/>' for tick in up.ticks]
    anchors = {across.ticks[0]: "start", across.ticks[-1]: "end"}
    ticks = [
        f'<text x="{x(tick):.1f}%" y="{bottom + 16}" text-anchor="{anchors.get(tick, "middle")}">'
        f"{_tick(tick, across, about)}</text>"
        for tick in across.ticks
    ]
    ticks += [f'<text y="{y(tick) + 4:.1f}">{tick:g}</text>' for tick in up.ticks]
    titles = [
        f'<text y="14">{escape(names[1])}</text>',
        f'<text x="100%" y="{bottom + 36}" text-anchor="end">{escape(names[0])}</text>',
    ]
    lines, corners, taken = [], [], []
    if state and state.level.at is not None and state.growth.at is not None:
        middle, height = f"{x(state.level.at):.1f}%", f"{y(state.growth.at):.1f}"
        lines = [
            f'<line x1="{middle}" x2="{middle}" y1="{QUADRANT_TOP}" y2="{bottom}"/>',
            f'<line x1="{QUADRANT_LEFT}%" x2="100%" y1="{height}" y2="{height}"/>',
        ]
        left, right = f'x="{QUADRANT_LEFT + 1}%"', 'x="99%" text-anchor="end"'
        places = ((left, QUADRANT_TOP + 16), (right, QUADRANT_TOP + 32), (right, bottom - 8), (left, bottom - 24))
        corners = [
            f'<text {side} y="{at}">{escape(about.say(f"corner.{key}"))}</text>'
            for (side, at), key in zip(places, CORNERS, strict=True)
        ]
        taken = [(25 if side == left else 75, at) for side, at in places]
    marks = [
        f'<circle{attributes(point.keys)} cx="{x(point.level.at):.1f}%" cy="{y(point.growth.at):.1f}" r="5"'
        f"{_hollow(point.growth)}>"
        f"<title>{escape(point.label)}</title></circle>"
        for point in drawn
    ]
    labels = []
    for point in drawn if len(drawn) <= QUADRANT_NAMED else ():
        at, height = x(point.level.at), y(point.growth.at) - 9
        if all(abs(at - other) > 35 or abs(height - above) > 14 for other, above in taken):
            taken.append((at, height))
            side = _side(across, point)
            labels.append(f'<text x="{at:.1f}%" y="{height:.1f}" text-anchor="{side}">{escape(point.label)}</text>')
    looks = (
        (f'stroke="{LINE}"', grid),
        (f'font-size="12" fill="{SOFT}"', ticks),
        ('font-weight="600"', titles),
        (f'stroke="{REFERENCE}" stroke-width="3"', lines),
        (f'font-style="italic" fill="{SOFT}" stroke="#fff" stroke-width="4" paint-order="stroke"', corners),
        (f'fill="{DARK}"', marks),
        ('font-size="12" stroke="#fff" stroke-width="3" paint-order="stroke"', labels),
    )
    return _svg(about, bottom + 44, "".join(f"<g {look}>{''.join(shapes)}</g>" for look, shapes in looks if shapes))


STRIP_STEP, STRIP_BINS, STRIP_DEPTH = 7, 48, 22


def strip(
    points: Sequence[tuple[str, Cell]],
    whole: tuple[str, Cell] | None,
    axis: Axis,
    about: About,
    chance: tuple[float, str] | None = None,
) -> Markup:
    """Draw every entity as a dot on one axis; dots that would lie on one another are heaped up.

    `whole` is a line with its name, such as the state; `chance`, the end and the name of what chance alone would give,
    is a grey band from the low end of the axis. A hollow mark is a number with a warning.
    """
    heaps: dict[int, list[Cell]] = {}
    for _, cell in sorted((point for point in points if point[1].at is not None), key=lambda point: point[1].at):
        heaps.setdefault(round(axis.share(cell.at) * STRIP_BINS), []).append(cell)
    highest = max((len(heap) for heap in heaps.values()), default=1)
    step = min(STRIP_STEP * 2, max(1.5, STRIP_STEP * STRIP_DEPTH / max(highest, 1)))
    radius = min(5.0, max(1.5, step / 2))
    bottom = 26 + max(40.0, step * highest)
    marks, hollow = [], []
    for place, heap in sorted(heaps.items()):
        plain = sum(cell.status == "ok" for cell in heap)
        at = f"{98 * place / STRIP_BINS + 1:.1f}%"
        for start, count, own in ((0, plain, marks), (plain, len(heap) - plain, hollow)):
            ends = f'y1="-{step * start:.1f}" ' if start else ""
            ends += f'y2="-{step * (start + count - 1) + 0.1:.1f}"'
            own += [f'<line x1="{at}" x2="{at}" {ends}/>'] if count else []

    def x(value: float) -> str:
        return f"{98 * axis.share(value) + 1:.1f}%"

    def anchor(value: float) -> str:
        share = axis.share(value)
        return f'text-anchor="{"start" if share < 0.25 else "end" if share > 0.75 else "middle"}"'

    band, notes, lines = "", "", ""
    if chance:
        band = f'<rect x="1%" y="20" width="{98 * axis.share(chance[0]):.1f}%" height="{bottom - 20:.1f}"/>'
        notes += f'<text x="1%" y="{bottom + 34:.1f}">{escape(chance[1])}</text>'
    if whole and whole[1].at is not None:
        at = x(whole[1].at)
        lines = f'<line x1="{at}" x2="{at}" y1="18" y2="{bottom:.1f}"/>'
        notes += (
            f'<text x="{at}" y="12" {anchor(whole[1].at)}>{escape(whole[0])} '
            f'<tspan class="s">{number(about.say, whole[1].value, axis.unit)}</tspan></text>'
        )
    ticks = "".join(
        f'<text x="{x(tick)}" y="{bottom + 17:.1f}" {anchor(tick)}>{_tick(tick, axis, about)}</text>'
        for tick in axis.ticks
    )
    # A heap of a thousand is one line of round dots, not a thousand circles. It is measured from where heaps stand.
    dotted = f'transform="translate(0 {bottom - 6:.1f})" stroke-linecap="round" stroke-dasharray="0 {step:g}"'
    drawn = ((marks, DARK, radius), (hollow, DARK, radius), (hollow, "#fff", radius * 0.6))
    looks = (
        ('fill="#E1E5EA"', band),
        (f'stroke="{LINE}"', f'<line x1="1%" x2="99%" y1="{bottom:.1f}" y2="{bottom:.1f}"/>'),
        (f'font-size="12" fill="{SOFT}"', ticks + notes),
        (f'stroke="{REFERENCE}" stroke-width="3"', lines),
        *((f'stroke="{color}" stroke-width="{2 * wide:g}" {dotted}', "".join(own)) for own, color, wide in drawn),
    )
    inside = "".join(f"<g {look}>{content}</g>" for look, content in looks if content)
    return _svg(about, bottom + (40 if chance else 22), inside)


def spark(cells: Sequence[Cell | None], axis: Axis) -> str:
    """Draw the years of a row as a small line without letters; the numbers stand beside it in the table."""
    last = max(len(cells) - 1, 1)
    known = [
        f"{4 + 72 * place / last:.0f},{22 - 18 * axis.share(cell.at):.0f}" if cell and cell.at is not None else None
        for place, cell in enumerate(cells)
    ]
    runs: list[list[str]] = [[]]
    for at in known:
        if at:
            runs[-1].append(at)
        elif runs[-1]:
            runs.append([])
    lines = "".join(f'<polyline points="{" ".join(run)}"/>' for run in runs if len(run) > 1)
    last_known = next((at.split(",") for at in reversed(known) if at), None)
    dots = f'<circle cx="{last_known[0]}" cy="{last_known[1]}" r="3"/>' if last_known else ""
    return f'<svg class="spark" aria-hidden="true">{lines}{dots}</svg>'


class _Layers:
    """What the rows of bars and dots draw, sorted by what lies on top of what; shared looks are said once."""

    def __init__(self) -> None:
        self.bands: list[str] = []
        self.heads: list[str] = []
        self.names: list[str] = []
        self.ranges: list[str] = []
        self.marks: list[str] = []
        self.hollow: list[str] = []
        self.halos: list[str] = []
        self.state_lines: list[str] = []
        self.notes: list[str] = []
        self.values: list[str] = []
        self.reasons: list[str] = []
        self.rungs: list[tuple[str, float, str]] = []
        self.shared = "ok"

    def band(self, y: float, height: int) -> None:
        self.bands.append(f'<rect y="{y}" width="{WIDTH:g}%" height="{height}"/>')

    def name(self, row: Row, y: float, axis: Axis, about: About) -> float:
        text = row.label
        if row.cell.value is not None and row.cell.status not in ("ok", self.shared):
            text = f"{text} ({about.status_words[row.cell.status].lower()})"
        for line in _lines(text):
            y += 17
            self.names.append(f'<text y="{y - 4}">{escape(line)}</text>')
        if row.cell.is_bounded:
            y += 17
            text = about.say.bounds(row.cell.low, row.cell.high, axis.unit)
            self.names.append(f'<text class="b" y="{y - 4:g}" font-weight="600">{text}</text>')
        return y

    def words(self, row: Row, y: float, about: About) -> None:
        reason = about.status_words[row.cell.status]
        self.reasons.append(f'<text class="w" x="6" y="{y:g}">{escape(reason)}</text>')

    def range(self, row: Row, middle: float, axis: Axis) -> None:
        cell = row.cell
        if cell.start is None and cell.end is None:
            return
        low = axis.x(axis.low if cell.start is None else cell.start)
        high = axis.x(axis.high if cell.end is None else cell.end)
        wide = ' stroke-width="7"' if cell.is_bounded else ""
        self.ranges.append(f'<line x1="{low}" x2="{high}" y1="{middle}" y2="{middle}"{wide}/>')

    def mark(self, row: Row, shape: str) -> None:
        self.marks.append(shape.replace("/>", f"{_hollow(row.cell)}/>"))

    def value(self, row: Row, y: float, axis: Axis, about: About) -> None:
        self.values.append(f'<text class="v" x="100%" y="{y:g}">{number(about.say, row.cell.value, axis.unit)}</text>')

    def draw(self, bottom: float, axis: Axis, about: About) -> Markup:
        inner = axis.ticks[1:-1]
        grid = "".join(f'<line x1="{axis.x(tick)}" x2="{axis.x(tick)}" y2="{bottom}"/>' for tick in inner)
        ticks = "".join(
            f'<text x="{axis.x(tick)}" y="{bottom + 12}"{_anchor(tick, axis)}>{_tick(tick, axis, about)}</text>'
            for tick in axis.ticks
        )
        rungs = "".join(f'<line x1="{at}" x2="{at}" y1="16" y2="{bottom}"/>' for at, _, _ in self.rungs)
        sides = ("end", "start") if len(self.rungs) > 1 else ("middle",)
        named = "".join(
            f'<text x="{at}" y="12" text-anchor="{side}">{escape(name)}</text>'
            for (at, _, name), side in zip(self.rungs, sides, strict=False)
        )
        looks = (
            (f'fill="{BAND}"', "".join(self.bands)),
            ('stroke="#fff" stroke-width="2"', grid),
            (f'stroke="{DARK}" stroke-dasharray="2 3"', rungs),
            (f'font-size="12" fill="{DARK}"', named),
            (f'font-size="12" fill="{SOFT}" text-anchor="middle"', ticks),
            ('font-weight="600"', "".join(self.heads)),
            (f'stroke="{BAND}" stroke-width="4" paint-order="stroke"', "".join(self.names)),
            (f'stroke="{DARK}" stroke-width="3"', "".join(self.ranges)),
            (f'fill="#fff" stroke="{DARK}" stroke-width="2"', "".join(self.hollow)),
            (f'fill="{DARK}"', "".join(self.marks)),
            ('stroke="#fff" stroke-width="7"', "".join(self.halos)),
            (f'stroke="{REFERENCE}" stroke-width="3"', "".join(self.state_lines)),
            (f'font-size="12" fill="{SOFT}"', "".join(self.notes)),
            ('font-weight="600" text-anchor="end"', "".join(self.values)),
            (f'font-style="italic" fill="{SOFT}"', "".join(self.reasons)),
        )
        inside = "".join(f"<g {look}>{content}</g>" if look else content for look, content in looks if content)
        return _svg(about, bottom + 18, inside)


def _svg(about: About, height: float, inside: str) -> Markup:
    return Markup(
        f'<svg role="img" aria-labelledby="{about.id}t {about.id}d" width="100%" height="{height:.0f}" font-size="13"'
        f' fill="#1B1B1B"><title id="{about.id}t">{escape(about.title)}</title>'
        f'<desc id="{about.id}d">{escape(about.description)}</desc>{inside}</svg>'
    )


def _anchor(tick: float, axis: Axis) -> str:
    return ' text-anchor="start"' if tick == axis.ticks[0] else ""


def _tick(tick: float, axis: Axis, about: About) -> str:
    return number(about.say, f"{round(tick, 6):g}", axis.unit)


def _side(axis: Axis, point: Point) -> str:
    share = axis.share(point.level.at)
    return "start" if share < 0.2 else "end" if share > 0.8 else "middle"


def _hollow(cell: Cell) -> str:
    return "" if cell.status == "ok" else f' fill="#fff" stroke="{DARK}" stroke-width="2"'


@lru_cache(maxsize=4096)
def _lines(text: str) -> list[str]:
    return wrap(text, LETTERS) or [""]
