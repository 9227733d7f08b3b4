"""How well growth percentiles fit: a page for each cohort, for the state's data team alone.

Made from the tables of the growth step and kept with the build; nothing of it is published. No number is computed here.
"""

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import polars as pl
from jinja2 import Environment
from markupsafe import Markup

from reports.charts import DARK, LINE, REFERENCE, SOFT
from reports.rendering import templates_in

TITLE = "Fit of growth percentiles"
BANDS = ("1–9", *(f"{low}–{low + 9}" for low in range(10, 90, 10)), "90–99")
EXTREME_BANDS = ("1–4", "5–9", *(f"{low}–{low + 9}" for low in range(10, 90, 10)), "90–94", "95–99")
DEEPEST = 5
SIDE = 300
FACTS = {
    "student_count": ("Students", "{:,.0f}"),
    "prior_count": ("Most earlier scores", "{:.0f}"),
    "median_percentile": ("Median", "{:.1f}"),
    "prior_correlation": ("Correlation with the score before", "{:.3f}"),
    "largest_deviation": ("Farthest from 10 percent", "{:.1f} points"),
    "dual_violation": ("Farthest from the proof of an exact solution", "{:.1e}"),
    "rescued_quantiles": ("Curves solved by the second solver", "{:.0f}"),
}


def write_fit_pages(cohorts: pl.DataFrame, fit: pl.DataFrame, folder: Path) -> list[Path]:
    """Write `index.html` and a page for each computed cohort into the folder; pages open from disk."""
    folder.mkdir(parents=True, exist_ok=True)
    templates = templates_in(Path(__file__).parent / "templates")
    keys = ["school_year", "subject", "grade_number"]
    tables = fit.partition_by(keys, as_dict=True)
    cohorts = cohorts.sort(pl.col("school_year"), *keys[1:], descending=[True, False, False])
    computed, written = [], []
    for cohort in cohorts.filter("is_computed", step="percentile").rows(named=True):
        key = tuple(cohort[name] for name in keys)
        path, facts = "{}_{}_grade_{}.html".format(*key), list(_facts(cohort))
        page = {"title": f"{TITLE}: {cohort['cohort']}", "facts": facts} | _tables(tables.get(key))
        written.append(_write(templates, "growth_fit_cohort.html", folder / path, page))
        computed.append((path, cohort["cohort"], facts))
    refused = cohorts.filter(~pl.col("is_computed")).select("cohort", "reason").rows()
    labels = [label for label, _ in FACTS.values()]
    names = ("student_count", "prior_count", "median_percentile")
    against = [
        (cohort["cohort"], [text for _, text in _facts(cohort, names)])
        for cohort in cohorts.filter("is_computed", step="baseline").rows(named=True)
    ]
    page = {"title": TITLE, "computed": computed, "refused": refused, "labels": labels, "against": against}
    page["against_labels"] = [FACTS[name][0] for name in names]
    return [_write(templates, "growth_fit_index.html", folder / "index.html", page), *written]


def _write(templates: Environment, template: str, path: Path, page: Mapping[str, Any]) -> Path:
    path.write_text(templates.get_template(template).render(**page), encoding="utf-8", newline="\n")
    return path


def _facts(cohort: Mapping[str, Any], names: Iterable[str] = FACTS) -> Iterator[tuple[str, str]]:
    for name in names:
        label, form = FACTS[name]
        yield label, "–" if cohort[name] is None else form.format(cohort[name])


def _tables(fit: pl.DataFrame | None) -> dict[str, Any]:
    if fit is None:
        return {"percent": []}
    found = {
        name: part.sort("row_number", "column_number")
        .group_by("row_number", maintain_order=True)
        .agg("value")["value"]
        .to_list()
        for (name,), part in fit.partition_by("fit_table", as_dict=True).items()
    }
    return {
        "bands": BANDS,
        "extreme_bands": EXTREME_BANDS,
        "percent": [[_cell(value) for value in row] for row in found["decile_percent"]],
        "extremes": [[f"{value:.0f}" for value in row] for row in found["extreme_by_band"]],
        "lines": _lines(found["decile_quantile"]),
    }


def _cell(value: float | None) -> dict[str, Any]:
    if value is None or value != value:
        return {"text": "–", "shade": 0}
    return {"text": f"{value:.1f}", "shade": min(DEEPEST, int(abs(value - 10)))}


def _lines(deciles: list[list[float]]) -> Markup:
    """Draw what percentile each hundredth of a decile has over what it should have."""

    def at(expected: float, found: float) -> str:
        return f"{40 + SIDE * expected / 100:.0f},{10 + SIDE * (1 - found / 100):.1f}"

    drawn = "".join(
        f'<polyline points="{" ".join(at(place, value) for place, value in enumerate(row, start=1))}"/>'
        for row in deciles
        if row[0] == row[0]
    )
    ticks = "".join(
        f'<text x="34" y="{14 + SIDE * (1 - tick / 100):.0f}" text-anchor="end">{tick}</text>'
        f'<text x="{40 + SIDE * tick / 100:.0f}" y="{28 + SIDE}" text-anchor="middle">{tick}</text>'
        for tick in (0, 25, 50, 75, 100)
    )
    return Markup(
        f'<svg role="img" aria-labelledby="lt ld" viewBox="0 0 {SIDE + 60} {SIDE + 52}" font-size="13">'
        '<title id="lt">Growth percentiles against what they should be</title>'
        f'<desc id="ld">{len(deciles)} lines, one for each decile, and the diagonal on which they should lie.</desc>'
        f'<rect x="40" y="10" width="{SIDE}" height="{SIDE}" fill="none" stroke="{LINE}"/>'
        f'<g fill="none" stroke="{DARK}" stroke-width="1.5" stroke-opacity="0.6">{drawn}</g>'
        f'<polyline points="{at(0, 0)} {at(100, 100)}" fill="none" stroke="{REFERENCE}" stroke-dasharray="6 4"/>'
        f'<g fill="{SOFT}">{ticks}<text x="{40 + SIDE // 2}" y="{46 + SIDE}" text-anchor="middle">'
        "Percentile that is expected</text></g></svg>"
    )
