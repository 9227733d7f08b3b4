"""Charts: where marks stand, where they must not stand, and what a reader who cannot see them is told."""

import re
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reports import charts, words
from reports.charts import PERCENT, About, Cell, Row

SAY = words.language("en")
ABOUT = About(
    "f1", "Percent proficient", "Bar chart.", SAY, {"suppressed": "Hidden to protect students", "incomplete": "Some"}
)
HIDDEN = Cell("suppressed", None, None, None, None, None, None, None)


def cell(value: float, half: float = 5, status: str = "ok") -> Cell:
    low, high = value - half, value + half
    return Cell(status, 100, f"{value:g}", f"{low:g}", f"{high:g}", value, low, high)


def row(label: str, own: Cell, state: Cell | None = None, **keys: str) -> Row:
    return Row(keys or {"data-student-group": label}, label, own, state)


def year(ending: int, own: Cell, state: Cell | None = None) -> Row:
    return Row({"data-school-year": str(ending)}, str(ending), own, state)


def read(svg: str) -> ElementTree.Element:
    """Read a chart as XML, which also shows that it is well formed."""
    return ElementTree.fromstring(svg)


def layer(svg: str, look: str) -> list[ElementTree.Element]:
    """Give the shapes that share the look."""
    groups = [group for group in read(svg).findall("g") if look in " ".join(f"{k}={v}" for k, v in group.items())]
    return [shape for group in groups for shape in group]


def segments(svg: str) -> list[tuple[str, str]]:
    """Give where the pieces of the entity's own line begin and end."""
    lines = layer(svg, "stroke-width=2.5")
    return [(line.get("x1"), line.get("x2")) for line in lines]


def test_growth_over_level_puts_who_is_high_on_the_right_and_who_grows_more_on_top():
    points = [
        charts.Point({"data-entity-id": name}, name, cell(level), growth)
        for name, level, growth in (("low", 10, cell(80)), ("high", 90, cell(20)), ("hidden", 50, HIDDEN))
    ]
    state = charts.Point({}, "State", cell(50), cell(50))
    svg = charts.quadrant(points, state, (PERCENT, PERCENT), ("Level", "Growth"), ABOUT)
    marks = {mark.get("data-entity-id"): mark for mark in read(svg).iter("circle")}
    assert set(marks) == {"low", "high"}
    assert float(marks["low"].get("cx")[:-1]) < float(marks["high"].get("cx")[:-1])
    assert float(marks["low"].get("cy")) < float(marks["high"].get("cy"))
    texts = [text.text for text in read(svg).iter("text")]
    assert set(texts) >= {"low", "high", "Level", "Growth", *(SAY(f"corner.{key}") for key in charts.CORNERS)}
    assert "hidden" not in texts


def test_without_the_state_the_fields_of_growth_over_level_have_no_words():
    points = [charts.Point({}, f"school {place}", cell(place), cell(50)) for place in range(20)]
    svg = charts.quadrant(points, None, (PERCENT, PERCENT), ("Level", "Growth"), ABOUT)
    texts = [text.text for text in read(svg).iter("text")]
    assert not set(texts) & {*(SAY(f"corner.{key}") for key in charts.CORNERS), "school 1"}
    assert len(list(read(svg).iter("circle"))) == 20


def test_a_bar_begins_at_zero_and_ends_at_its_value():
    bars = layer(charts.bars([row("a", cell(50)), row("b", cell(100))], PERCENT, ABOUT), f"fill={charts.DARK}")
    assert [(bar.get("x"), bar.get("width")) for bar in bars] == [(None, "41.0%"), (None, "82.0%")]


@pytest.mark.parametrize("draw", [charts.bars, charts.dots])
def test_a_hidden_row_keeps_its_name_and_its_words_and_gets_no_mark(draw):
    svg = draw([row("English learners", HIDDEN, cell(40))], PERCENT, ABOUT)
    texts = [text.text for text in read(svg).iter("text")]
    assert "English learners" in texts
    assert "Hidden to protect students" in texts
    assert not read(svg).findall(".//circle")
    assert not layer(svg, f"fill={charts.DARK}")
    assert not layer(svg, f"stroke={charts.REFERENCE}")


def test_the_likely_range_of_a_dot_is_drawn_around_it():
    svg = charts.dots([row("a", cell(50, half=10))], PERCENT, ABOUT)
    (line,) = layer(svg, "stroke-width=3")
    assert (line.get("x1"), line.get("x2")) == ("32.8%", "49.2%")
    assert read(svg).find(".//circle").get("cx") == "41.0%"


def test_a_likely_range_beyond_the_axis_is_drawn_to_its_edge_and_known_as_cut():
    axis = charts.axis_for(400, 600, "score")
    svg = charts.dots([row("a", cell(590, half=100))], axis, ABOUT)
    (line,) = layer(svg, "stroke-width=3")
    assert line.get("x2") == "82.0%"
    assert axis.cuts(cell(590, half=100))
    assert not axis.cuts(cell(500, half=10))


def test_an_incomplete_number_has_a_hollow_mark_and_its_words():
    svg = charts.dots([row("Asian", cell(50, status="incomplete")), row("White", cell(60))], PERCENT, ABOUT)
    assert read(svg).find(".//circle").get("fill") == "#fff"
    assert "Asian (some)" in [text.text for text in read(svg).iter("text")]


def test_a_warning_of_every_number_is_not_said_of_each():
    rows = [row(name, cell(50, status="incomplete")) for name in ("Asian", "White")]
    assert charts.shared_warning(rows) == "incomplete"
    of_two_years = [one._replace(others=(cell(40, status="incomplete"),)) for one in rows]
    for svg in (charts.dots(rows, PERCENT, ABOUT), charts.dumbbell(of_two_years, PERCENT, ABOUT)):
        assert {"Asian", "White"} <= {text.text for text in read(svg).iter("text")}


def test_a_strip_has_a_mark_for_each_number_and_heaps_those_that_would_lie_on_one_another():
    points = [(str(place), cell(50)) for place in range(5)] + [("far", cell(90)), ("hidden", HIDDEN)]
    svg = charts.strip(points, ("State", cell(40)), PERCENT, ABOUT, (30.0, "chance"))
    (dotted,) = [group for group in read(svg).iter("g") if group.get("stroke-dasharray")]
    step = float(dotted.get("stroke-dasharray").split()[1])
    dots = {line.get("x1"): 1 + int((float(line.get("y1", 0)) - float(line.get("y2"))) // step) for line in dotted}
    assert dots == {"50.0%": 5, "88.8%": 1}
    (band,) = layer(svg, "fill=#E1E5EA")
    assert band.get("width") == "29.4%"


def test_a_strip_draws_a_number_with_a_warning_as_a_hollow_mark_above_the_others_of_its_heap():
    points = [("plain", cell(50)), ("odd", cell(50, status="incomplete"))]
    plain, rim, hole = (
        group for group in read(charts.strip(points, None, PERCENT, ABOUT)).iter("g") if group.get("stroke-dasharray")
    )
    assert [group.get("stroke") for group in (plain, rim, hole)] == [charts.DARK, charts.DARK, "#fff"]
    assert float(hole.get("stroke-width")) < float(rim.get("stroke-width"))
    assert float(rim[0].get("y1")) < float(plain[0].get("y2"))


def test_a_dumbbell_joins_two_times_and_says_both_numbers():
    rows = [
        row("Asian", cell(60))._replace(others=(cell(40),)),
        row("White", HIDDEN)._replace(others=(cell(30),)),
    ]
    svg = charts.dumbbell(rows, PERCENT, ABOUT)
    assert len(read(svg).findall(".//circle")) == 3
    (joint,) = layer(svg, f"stroke={charts.DARK} stroke-width=3")
    assert (joint.get("x1"), joint.get("x2")) == ("32.8%", "49.2%")
    assert sorted(text.text for text in read(svg).iter("text") if text.get("class") == "v") == ["30%", "40%", "60%"]


@pytest.mark.parametrize("count", [0, 4, 10])
def test_of_ten_students_as_many_are_dark_as_it_is_told(count):
    students = [group for group in read(charts.ten(count, ABOUT)).iter("g") if group.get("transform")]
    assert [group.get("fill") == charts.DARK for group in students] == [True] * count + [False] * (10 - count)


def test_a_ladder_names_its_rungs():
    svg = charts.dots(
        [row("Asian", cell(1, 0.1))], charts.axis_for(0, 2, "multiple"), ABOUT, {1.0: "one year", 1.25: "1.25"}
    )
    assert {"one year", "1.25"} <= {text.text for text in read(svg).iter("text")}


def test_bounds_without_a_number_are_drawn_as_a_band_to_the_end_of_the_axis():
    bounded = Cell("range", 20, None, "95", None, None, 95.0, None)
    svg = charts.dots([row("Asian", bounded)], PERCENT, ABOUT)
    (line,) = layer(svg, f"stroke={charts.DARK}")
    assert (line.get("x1"), line.get("x2")) == ("77.9%", "82.0%")
    assert "95% or more" in [text.text for text in read(svg).iter("text")]


def test_the_line_over_years_joins_years_that_follow_each_other():
    svg = charts.series([year(2023, cell(40)), year(2024, cell(45)), year(2025, cell(50))], PERCENT, ABOUT)
    assert segments(svg) == [("20.0%", "54.0%"), ("54.0%", "88.0%")]


def test_the_line_breaks_where_a_year_is_missing():
    svg = charts.series([year(2022, cell(40)), year(2024, cell(45)), year(2025, cell(50))], PERCENT, ABOUT)
    assert segments(svg) == [("65.3%", "88.0%")]


def test_the_line_breaks_where_a_number_is_hidden():
    svg = charts.series([year(2023, cell(40)), year(2024, HIDDEN), year(2025, cell(50))], PERCENT, ABOUT)
    assert segments(svg) == []
    assert len(layer(svg, f"fill={charts.DARK}")) == 2


def test_the_line_breaks_before_a_year_that_cannot_be_compared():
    changed = cell(50, status="not_comparable")
    svg = charts.series([year(2023, cell(40)), year(2024, changed), year(2025, cell(50))], PERCENT, ABOUT)
    assert segments(svg) == [("54.0%", "88.0%")]


def test_the_state_differs_from_the_entity_in_shape_and_dash_and_not_only_in_color():
    rows = [year(2024, cell(40), cell(60)), year(2025, cell(45), cell(61))]
    drawing = read(charts.series(rows, PERCENT, ABOUT))
    assert len(drawing.findall(".//circle")) == 2
    assert len(drawing.findall(".//svg/rect")) == 2
    assert len(layer(charts.series(rows, PERCENT, ABOUT), "stroke-dasharray")) == 1
    assert "State" in [text.text for text in drawing.iter("text")]


@pytest.mark.parametrize("draw", [charts.bars, charts.dots, charts.series])
def test_a_chart_is_one_picture_with_a_title_and_a_description(draw):
    drawing = read(draw([year(2025, cell(50))], PERCENT, ABOUT))
    assert drawing.get("role") == "img"
    assert [drawing.find(name).get("id") for name in ("title", "desc")] == drawing.get("aria-labelledby").split()
    assert drawing.find("title").text == ABOUT.title


@pytest.mark.parametrize("draw", [charts.bars, charts.dots, charts.series])
def test_letters_of_a_chart_never_shrink_with_the_screen(draw):
    svg = draw([year(2025, cell(50), cell(40))], PERCENT, ABOUT)
    assert "viewBox" not in svg
    assert min(int(size) for size in re.findall(r'font-size="(\d+)"', svg)) >= 12


@pytest.mark.parametrize("draw", [charts.bars, charts.dots])
def test_a_name_cannot_break_out_of_a_chart(draw):
    hostile = '</text><script>alert("x")</script>'
    texts = "".join(text.text for text in read(draw([row(hostile, cell(50))], PERCENT, ABOUT)).iter("text"))
    assert "<script>" in texts


def test_a_long_name_is_set_on_lines_that_fit_a_narrow_screen():
    svg = charts.dots([row("Students " * 12, cell(50))], PERCENT, ABOUT)
    assert max(len(text.text or "") for text in read(svg).iter("text")) <= charts.LETTERS


@given(st.floats(-1000, 1000), st.floats(0, 1000))
def test_an_axis_holds_its_numbers_between_few_round_ticks(low: float, span: float):
    axis = charts.axis_for(low, low + span, "score")
    assert axis.low <= low + 1e-6
    assert axis.high >= low + span - 1e-6
    assert 2 <= len(axis.ticks) <= 8
    assert axis.share(axis.low) == 0
    assert axis.share(axis.high) == 1
