"""The pages of fit: every cohort by name, shades that tell the distance from ten percent, nothing from elsewhere."""

import re

import polars as pl
import pytest

from reports.growth_fit import write_fit_pages

KEY = {"school_year": 2025, "subject": "MATH", "grade_number": 5, "step": "percentile"}
FACTS = {
    "student_count": 4000,
    "prior_count": 2,
    "median_percentile": 50.0,
    "prior_correlation": 0.004,
    "largest_deviation": 3.2,
    "dual_violation": 1e-12,
    "rescued_quantiles": 0,
}


@pytest.fixture
def pages(tmp_path):
    cohorts = [
        KEY | {"cohort": "MATH 2025 grade 5 after grade 3-4", "is_computed": True, "reason": None} | FACTS,
        KEY
        | {"step": "baseline", "cohort": "MATH 2025 grade 5 after grade 3-4", "is_computed": True, "reason": None}
        | FACTS
        | {"median_percentile": 57.0},
        KEY | {"cohort": "MATH 2025 grade 6 <after>", "is_computed": False, "reason": "12 students; the least is 1000"},
    ]
    sizes = {"decile_percent": (10, 10), "decile_quantile": (10, 99), "extreme_by_band": (2, 12)}
    values = {"decile_percent": 10.4, "decile_quantile": 50.0, "extreme_by_band": 4.0}
    fit = [
        KEY | {"fit_table": name, "row_number": row + 1, "column_number": column + 1, "value": values[name]}
        for name, (rows, columns) in sizes.items()
        for row in range(rows)
        for column in range(columns)
    ]
    fit[7]["value"], fit[8]["value"] = 12.9, 40.0
    written = write_fit_pages(pl.DataFrame(cohorts), pl.DataFrame(fit), tmp_path / "fit")
    return {path.name: path.read_text() for path in written}


def test_every_cohort_is_on_the_index_with_its_page_or_its_reason(pages):
    assert set(pages) == {"index.html", "2025_MATH_grade_5.html"}
    index = pages["index.html"]
    assert '<a href="2025_MATH_grade_5.html">MATH 2025 grade 5 after grade 3-4</a>' in index
    assert "<strong>MATH 2025 grade 6 &lt;after&gt;</strong>: 12 students; the least is 1000" in index


def test_what_the_baseline_says_of_a_cohort_stands_on_the_index_alone(pages):
    against = pages["index.html"].partition("Compared with the baseline years")[2]
    assert re.findall(r"<td>([^<]+)</td>", against) == ["4,000", "2", "57.0"]


def test_a_cell_is_shaded_by_whole_points_from_ten_percent(pages):
    cells = re.findall(r'<td class="d(\d)">([\d.]+)</td>', pages["2025_MATH_grade_5.html"])
    assert len(cells) == 100
    assert cells[0] == ("0", "10.4")
    assert cells[7:9] == [("2", "12.9"), ("5", "40.0")]


def test_there_is_a_line_for_each_decile_and_the_diagonal(pages):
    assert pages["2025_MATH_grade_5.html"].count("<polyline") == 11


def test_nothing_runs_and_nothing_comes_from_elsewhere(pages):
    for page in pages.values():
        assert "default-src 'none'" in page
        assert not re.search(r"<script|https?://|url\(", page)


@pytest.mark.browser
@pytest.mark.parametrize("width", [320, 1280])
def test_no_page_breaks_a_rule_of_accessibility_or_spreads_beyond_the_screen(
    width, pages, tmp_path, chromium, axe_violations
):
    context = chromium.new_context(viewport={"width": width, "height": 900})
    page = context.new_page()
    for name in pages:
        page.goto((tmp_path / "fit" / name).as_uri())
        assert axe_violations(page) == [], name
        assert page.evaluate("document.documentElement.scrollWidth") == width, name
    context.close()
