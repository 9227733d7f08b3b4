"""Growth percentiles of every school year: from the table of records to the tables that dbt and the state team read.

The numerics are in `methods.growth_percentiles`, the policy comes in as rows; here columns become arrays and arrays
become columns. A cohort that has no percentiles stands in the table of cohorts with the reason.
"""

from collections.abc import Callable, Iterable, Iterator
from itertools import pairwise

import numpy as np
import polars as pl

from methods.growth_percentiles.fit_report import MINIMUM_STUDENTS, FitReport, fit_report
from methods.growth_percentiles.percentiles import (
    CUTS,
    Cohort,
    Growth,
    Records,
    RefusedCohortError,
    fit_scales,
    growth_percentiles,
)
from methods.growth_percentiles.projections import NoProjectionError, project
from methods.growth_percentiles.splines import Scale
from methods.medians import bootstrap_medians

Scales = dict[tuple[str, int], Scale]
Table = tuple[str, pl.DataFrame]
Run = Callable[[Callable, Iterable], Iterable]
SHOWN = (35, 50, 65)
LEVELS = range(2, 10)

KEY = {"school_year": pl.Int16, "subject": pl.String}
SCHEMAS: dict[str, dict[str, pl.DataType]] = {
    "percentile": KEY
    | {
        "student_id": pl.String,
        "grade": pl.String,
        "growth_percentile": pl.Int16,
        "prior_count": pl.Int16,
        "prior_score": pl.Float64,
        "prior_standardized": pl.Float64,
        "current_score": pl.Float64,
    }
    | {f"cut_{cut:02}": pl.Float64 for cut in CUTS},
    "cohort": KEY
    | {
        "grade_number": pl.Int16,
        "step": pl.String,
        "cohort": pl.String,
        "is_computed": pl.Boolean,
        "reason": pl.String,
        "student_count": pl.Int64,
        "prior_count": pl.Int16,
        "median_percentile": pl.Float64,
        "prior_correlation": pl.Float64,
        "largest_deviation": pl.Float64,
        "dual_violation": pl.Float64,
        "rescued_quantiles": pl.Int64,
    },
    "scale": {
        "subject": pl.String,
        "grade_number": pl.Int16,
        "version": pl.String,
        "knot_1": pl.Float64,
        "knot_2": pl.Float64,
        "knot_3": pl.Float64,
        "knot_4": pl.Float64,
        "boundary_low": pl.Float64,
        "boundary_high": pl.Float64,
        "lowest": pl.Float64,
        "highest": pl.Float64,
        "is_official": pl.Boolean,
    },
    "coefficient": KEY
    | {
        "grade_number": pl.Int16,
        "prior_count": pl.Int16,
        "student_count": pl.Int64,
        "term": pl.Int16,
        "quantile": pl.Float64,
        "coefficient": pl.Float64,
    },
    "fit": KEY
    | {
        "grade_number": pl.Int16,
        "fit_table": pl.String,
        "row_number": pl.Int16,
        "column_number": pl.Int16,
        "value": pl.Float64,
    },
    "projection": KEY
    | {
        "student_id": pl.String,
        "projection": pl.String,
        "grade": pl.String,
        "years_ahead": pl.Int16,
        "projected_grade_number": pl.Int16,
    }
    | {f"score_{shown}": pl.Float64 for shown in SHOWN}
    | {f"target_level_{level}": pl.Int16 for level in LEVELS},
    "median": {
        "policy_id": pl.String,
        "school_year": pl.Int16,
        "level": pl.String,
        "entity_id": pl.String,
        "population": pl.String,
        "subject": pl.String,
        "student_group": pl.String,
        "median": pl.Float64,
        "standard_error": pl.Float64,
        "interval_low": pl.Float64,
        "interval_high": pl.Float64,
        "student_count": pl.Int64,
        "expected_count": pl.Int64,
    },
}
BY_COHORT = tuple(name for name in SCHEMAS if name != "median")


def compute(
    records: pl.DataFrame, cut_scores: pl.DataFrame, policies: pl.DataFrame, stored: pl.DataFrame, run: Run = map
) -> tuple[dict[str, pl.DataFrame], pl.DataFrame]:
    """Compute every school year that has a year before it; return the tables, and the scales to keep for later years.

    Stored scales are used as they are. A subject and grade without one gets it from all its records, and it is kept
    when they are as many as a cohort must be. `run` maps a function over jobs.
    """
    records = records.with_columns(pl.col("student_id").rank("dense").cast(pl.Int64).alias("student"))
    kinds = {"school_year": pl.Int16, "grade_number": pl.Int16, "scale_score": pl.Float64}
    records = records.cast(kinds).sort("school_year", "subject", "student")
    years = records["school_year"].unique().sort().to_list()
    fitted, _ = fit_scales(_arrays(records), f"{years[0]}-{years[-1]}") if years else ({}, ())
    scales = fitted | {(row["subject"], row["grade_number"]): _scale(row) for row in stored.rows(named=True)}
    parts: dict[str, list[pl.DataFrame]] = {name: [_typed(name, [])] for name in BY_COHORT}
    parts["scale"].append(_typed("scale", [_scale_row(key, scale) for key, scale in sorted(scales.items())]))
    for before, year in pairwise(years):
        policy = policies.filter(pl.lit(year).is_between(pl.col("first_school_year"), pl.col("last_school_year")))
        if before == year - 1 and policy.height:
            for name, table in _year(records, cut_scores, policy.row(0, named=True), year, scales, run):
                parts[name].append(table)
    tables = {name: pl.concat(found) for name, found in parts.items()}
    where, least = ["subject", "grade_number"], policies["minimum_cohort_students"].max() or 0
    enough = records.group_by(where).len().filter(pl.col("len") >= least)
    is_kept = pl.struct(where).is_in(pl.concat([enough.select(where), stored.select(where)]).to_struct().implode())
    return tables, tables["scale"].filter(is_kept)


def medians(rows: pl.DataFrame) -> pl.DataFrame:
    """Take the median growth percentile of every entity and group, with its bootstrap interval.

    `rows` count the students of each entity, group, cluster (null where every student is one) and growth percentile
    (null where a student is due and has none).
    """
    keys = [name for name in SCHEMAS["median"] if name in rows.columns and name != "student_count"]
    counted = pl.col("growth_percentile").is_not_null()
    groups = rows.group_by(keys).agg(
        pl.col("student_count").filter(counted).sum(), pl.col("student_count").sum().alias("expected_count")
    )
    groups = groups.filter(pl.col("student_count") > 0).sort(keys).with_row_index("place")
    cells = rows.filter(counted).join(groups.select(*keys, "place"), on=keys)
    cluster = cells["cluster_id"].fill_null("").rank("dense") - 1
    found = bootstrap_medians(cells["place"], cluster, cells["growth_percentile"], cells["student_count"])
    columns = {
        "median": found.median,
        "standard_error": found.standard_error,
        "interval_low": found.low,
        "interval_high": found.high,
    }
    return _typed("median", {name: groups[name] for name in groups.columns if name != "place"} | columns)


def _year(
    records: pl.DataFrame, cut_scores: pl.DataFrame, policy: dict, year: int, scales: Scales, run: Run
) -> Iterator[Table]:
    """Give the tables of one school year, cohort by cohort."""
    order = policy["maximum_prior_scores"]
    recent = records.filter(pl.col("school_year").is_between(year - order, year))
    growth = growth_percentiles(
        _arrays(recent),
        year,
        scales,
        maximum_order=order,
        minimum_students=policy["minimum_cohort_students"],
        holds_limits=policy["holds_limits"],
        run=run,
    )
    yield "cohort", _typed("cohort", [_refusal(year, "percentile", refused) for refused in growth.refused])
    for cohort in growth.cohorts:
        yield from _cohort(recent, cohort, year)
    yield from _projections(recent, growth, cut_scores, policy, year, scales)


def _cohort(records: pl.DataFrame, cohort: Cohort, year: int) -> Iterator[Table]:
    subject, grade = cohort.progression.subject, cohort.progression.steps[-1][1]
    key = {"school_year": year, "subject": subject, "grade_number": grade}
    students = {
        "student_id": records["student_id"].gather(cohort.rows),
        "grade": records["grade"].gather(cohort.rows),
        "growth_percentile": cohort.percentile,
        "prior_count": cohort.order,
        "prior_score": cohort.prior,
        "prior_standardized": cohort.prior_standardized,
        "current_score": cohort.current,
    }
    cuts = {f"cut_{cut:02}": cohort.cuts[:, place] for place, cut in enumerate(CUTS)}
    yield "percentile", _typed("percentile", key | students | cuts).sort("student_id")
    for matrix in cohort.matrices:
        terms, quantiles = matrix.coefficients.shape
        columns = {
            "prior_count": matrix.order,
            "student_count": matrix.students,
            "term": np.repeat(np.arange(terms), quantiles),
            "quantile": np.tile((np.arange(quantiles) + 0.5) / quantiles, terms),
            "coefficient": matrix.coefficients.ravel(),
        }
        yield "coefficient", _typed("coefficient", key | columns)
    facts = {
        "step": "percentile",
        "cohort": cohort.progression.name,
        "is_computed": True,
        "student_count": cohort.rows.size,
        "prior_count": cohort.by_order.shape[1],
        "median_percentile": float(np.median(cohort.percentile)),
        "dual_violation": max(float(proof.dual_violation.max()) for proof in cohort.certificates),
        "rescued_quantiles": sum(int(proof.is_rescued.sum()) for proof in cohort.certificates),
    }
    if cohort.rows.size >= MINIMUM_STUDENTS:
        report = fit_report(cohort.progression.name, cohort.prior, cohort.current, cohort.percentile)
        facts |= {"prior_correlation": report.prior_correlation, "largest_deviation": report.largest_deviation}
        yield from _fit(report, key)
    yield "cohort", _typed("cohort", [key | facts])


def _fit(report: FitReport, key: dict) -> Iterator[Table]:
    tables = {
        "decile_by_band": report.counts,
        "decile_percent": report.percent,
        "decile_quantile": report.quantiles,
        "extreme_by_band": report.extremes,
    }
    for name, values in tables.items():
        rows, columns = np.indices(values.shape)
        cells = {"row_number": rows.ravel() + 1, "column_number": columns.ravel() + 1, "value": values.ravel()}
        yield "fit", _typed("fit", key | {"fit_table": name} | cells)


def _projections(
    records: pl.DataFrame, growth: Growth, cut_scores: pl.DataFrame, policy: dict, year: int, scales: Scales
) -> Iterator[Table]:
    """Project this year's students from this year's scores, and those with a percentile from last year's as well."""
    current = _history(records, year, policy["maximum_prior_scores"])
    before = _history(records, year - 1, policy["maximum_prior_scores"])
    codes = dict(records.select("grade_number", "grade").unique().rows())
    places = (
        pl.concat(part.select("subject", "grade_number") for part in (before, current)).unique().sort(pl.all()).rows()
    )
    for subject, grade in places:
        matrices = {(at, order): matrix for (of, at, order), matrix in growth.matrices().items() if of == subject}
        of_subject = {at: scale for (of, at), scale in scales.items() if of == subject}
        cuts = _cuts(cut_scores, year, subject)
        here = (pl.col("subject") == subject) & (pl.col("grade_number") == grade)
        compared = current.filter(pl.col("subject") == subject, pl.col("grade_number") == grade + 1).select("student")
        for name, history, first in (
            ("straight", current.filter(here), 1),
            ("lagged", before.filter(here).join(compared, on="student", how="semi"), 0),
        ):
            if (grade + 1, 1) in matrices and history.height:
                scores = history.select(pl.col("^score_.*$")).to_numpy()
                try:
                    found = project(
                        scores,
                        grade,
                        matrices,
                        of_subject,
                        {at: list(by_level.values()) for at, by_level in cuts.items()},
                        years=policy["projected_years"],
                        percentiles=SHOWN,
                    )
                except NoProjectionError as error:
                    refused = RefusedCohortError(f"{subject} {year} {name} projection from grade {grade}", str(error))
                    yield "cohort", _typed("cohort", [_refusal(year, "projection", refused)])
                    continue
                for place, at in enumerate(found.grades):
                    columns = {
                        "school_year": year,
                        "subject": subject,
                        "student_id": history["student_id"],
                        "projection": name,
                        "grade": codes[grade + 1 - first],
                        "years_ahead": first + place,
                        "projected_grade_number": at,
                    }
                    shown = {f"score_{cut}": found.scores[:, place, which] for which, cut in enumerate(SHOWN)}
                    targets = {
                        f"target_level_{level}": found.targets[:, place, which] for which, level in enumerate(cuts[at])
                    }
                    yield "projection", _typed("projection", columns | shown | targets)


def _history(records: pl.DataFrame, year: int, length: int) -> pl.DataFrame:
    """Put beside each score of a year those of the grades before in the years before, the most recent first."""
    keys = ["student", "subject", "grade_number"]
    found = records.filter(pl.col("school_year") == year).select(
        *keys, "student_id", pl.col("scale_score").alias("score_0")
    )
    for back in range(1, length):
        earlier = records.filter(pl.col("school_year") == year - back).select(
            "student", "subject", pl.col("grade_number") + back, pl.col("scale_score").alias(f"score_{back}")
        )
        found = found.join(earlier, on=keys, how="left", maintain_order="left")
    return found.sort("student_id")


def _cuts(cut_scores: pl.DataFrame, year: int, subject: str) -> dict[int, dict[int, float]]:
    """Give the cut scores of a subject and year by grade and performance level, both rising."""
    here = cut_scores.filter(pl.col("school_year") == year, pl.col("subject") == subject)
    found: dict[int, dict[int, float]] = {}
    for grade, level, score in (
        here.select("grade_number", "performance_level", pl.col("cut_score").cast(pl.Float64)).sort(pl.all()).rows()
    ):
        found.setdefault(grade, {})[level] = score
    return found


# ---- columns and arrays ----


def _arrays(records: pl.DataFrame) -> Records:
    return Records(
        student=records["student"].to_numpy(),
        school_year=records["school_year"].cast(pl.Int64).to_numpy(),
        subject=records["subject"].to_numpy().astype(str),
        grade=records["grade_number"].cast(pl.Int64).to_numpy(),
        score=records["scale_score"].to_numpy(),
    )


def _typed(name: str, content: list[dict] | dict) -> pl.DataFrame:
    """Make a table of rows or of columns; a column that is one value is the same in every row, a missing one null."""
    schema = pl.Schema(SCHEMAS[name])
    if isinstance(content, list):
        return pl.DataFrame(content, schema=schema, strict=False, orient="row")
    frame = pl.DataFrame({name: values for name, values in content.items() if not np.isscalar(values)})
    constant = [pl.lit(content.get(name)).alias(name) for name in schema if name not in frame.columns]
    return frame.with_columns(constant).select(schema.names()).cast(schema)


def _scale(row: dict) -> Scale:
    return Scale(
        knots=tuple(row[f"knot_{place}"] for place in range(1, 5)),
        boundaries=(row["boundary_low"], row["boundary_high"]),
        **{name: row[name] for name in ("lowest", "highest", "version", "is_official")},
    )


def _scale_row(key: tuple[str, int], scale: Scale) -> dict:
    knots = {f"knot_{place}": knot for place, knot in enumerate(scale.knots, start=1)}
    ends = {"boundary_low": scale.boundaries[0], "boundary_high": scale.boundaries[1]}
    kept = {name: getattr(scale, name) for name in ("lowest", "highest", "version", "is_official")}
    return {"subject": key[0], "grade_number": key[1]} | knots | ends | kept


def _refusal(year: int, step: str, refused: RefusedCohortError) -> dict:
    return {
        "school_year": year,
        "step": step,
        "cohort": refused.cohort,
        "is_computed": False,
        "reason": refused.reason,
    }
