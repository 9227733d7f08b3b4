"""The tables of growth: their columns, and how rows become the arrays, scales and matrices of the methods and back.

What is computed and for whom is in `norms`.
"""

from collections.abc import Iterable

import numpy as np
import polars as pl

from methods.growth_percentiles.percentiles import CUTS, Records, RefusedCohortError
from methods.growth_percentiles.quantile_regression import Matrix
from methods.growth_percentiles.splines import Scale

SHOWN = (35, 50, 65)
LEVELS = range(2, 10)

KEY = {"school_year": pl.Int16, "subject": pl.String}
SCHEMAS: dict[str, dict[str, pl.DataType]] = {
    "percentile": KEY
    | {
        "student_id": pl.String,
        "grade": pl.String,
        "growth_percentile": pl.Int16,
        "uncorrected_percentile": pl.Int16,
        "prior_count": pl.Int16,
        "prior_score": pl.Float64,
        "prior_standardized": pl.Float64,
        "current_score": pl.Float64,
    }
    | {f"cut_{cut:02}": pl.Float64 for cut in CUTS},
    "baseline_percentile": KEY
    | {
        "student_id": pl.String,
        "grade": pl.String,
        "growth_percentile": pl.Int16,
        "prior_count": pl.Int16,
    },
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
        "norms": pl.String,
        "grade_number": pl.Int16,
        "prior_count": pl.Int16,
        "student_count": pl.Int64,
        "term": pl.Int16,
        "quantile": pl.Float64,
        "coefficient": pl.Float64,
    },
    "baseline": {
        "policy_id": pl.String,
        "first_school_year": pl.Int16,
        "first_cohort_year": pl.Int16,
        "last_cohort_year": pl.Int16,
        "subject": pl.String,
        "grade_number": pl.Int16,
        "scale_versions": pl.String,
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
        "measure": pl.String,
        "student_group": pl.String,
        "median": pl.Float64,
        "standard_error": pl.Float64,
        "interval_low": pl.Float64,
        "interval_high": pl.Float64,
        "student_count": pl.Int64,
        "expected_count": pl.Int64,
    },
}
STORED = ("scale", "baseline")
BY_COHORT = tuple(name for name in SCHEMAS if name not in ("median", "baseline"))

Scales = dict[tuple[str, int], Scale]
Matrices = dict[tuple[str, int, int], Matrix]


def typed(name: str, content: list[dict] | dict) -> pl.DataFrame:
    """Make a table of rows or of columns; a column that is one value is the same in every row, a missing one null."""
    schema = pl.Schema(SCHEMAS[name])
    if isinstance(content, list):
        return pl.DataFrame(content, schema=schema, strict=False, orient="row")
    frame = pl.DataFrame({name: values for name, values in content.items() if not np.isscalar(values)})
    constant = [pl.lit(content.get(name)).alias(name) for name in schema if name not in frame.columns]
    return frame.with_columns(constant).select(schema.names()).cast(schema)


def arrays(records: pl.DataFrame, *, with_errors: bool = False) -> Records:
    """Make the arrays of the methods; a score whose standard error is not known has none that is a number."""
    errors = records["scale_score_standard_error"].fill_null(float("nan")).to_numpy() if with_errors else None
    return Records(
        student=records["student"].to_numpy(),
        school_year=records["school_year"].cast(pl.Int64).to_numpy(),
        subject=records["subject"].to_numpy().astype(str),
        grade=records["grade_number"].cast(pl.Int64).to_numpy(),
        score=records["scale_score"].to_numpy(),
        error=errors,
    )


def scale_of(row: dict) -> Scale:
    """Make the scale that a row of the table of scales holds."""
    return Scale(
        knots=tuple(row[f"knot_{place}"] for place in range(1, 5)),
        boundaries=(row["boundary_low"], row["boundary_high"]),
        **{name: row[name] for name in ("lowest", "highest", "version", "is_official")},
    )


def scale_row(key: tuple[str, int], scale: Scale) -> dict:
    """Make the row that holds a scale."""
    knots = {f"knot_{place}": knot for place, knot in enumerate(scale.knots, start=1)}
    ends = {"boundary_low": scale.boundaries[0], "boundary_high": scale.boundaries[1]}
    kept = {name: getattr(scale, name) for name in ("lowest", "highest", "version", "is_official")}
    return {"subject": key[0], "grade_number": key[1]} | knots | ends | kept


def coefficients(matrix: Matrix) -> dict:
    """Make the columns that hold a matrix."""
    terms, quantiles = matrix.coefficients.shape
    return {
        "prior_count": matrix.order,
        "student_count": matrix.students,
        "term": np.repeat(np.arange(terms), quantiles),
        "quantile": np.tile((np.arange(quantiles) + 0.5) / quantiles, terms),
        "coefficient": matrix.coefficients.ravel(),
    }


def matrices_of(baseline: pl.DataFrame, scales: Scales) -> Matrices:
    """Make the matrices that a table of coefficients holds, leaving out those whose scales are no longer the same."""
    found: Matrices = {}
    key = ["subject", "grade_number", "prior_count", "student_count", "scale_versions"]
    for (subject, grade, order, students, versions), part in baseline.partition_by(key, as_dict=True).items():
        used = [scales.get((subject, grade - back)) for back in range(1, order + 1)]
        if None not in used and versions == scale_versions(used):
            values = part.sort("term", "quantile")["coefficient"].to_numpy().reshape(part["term"].max() + 1, -1)
            found[subject, grade, order] = Matrix(np.ascontiguousarray(values), tuple(used), students)
    return found


def scale_versions(scales: Iterable[Scale]) -> str:
    """Name the versions of the scales that a matrix rests on."""
    return ";".join(scale.version for scale in scales)


def refusal(year: int, step: str, refused: RefusedCohortError) -> dict:
    """Make the row of the table of cohorts that names a refused one."""
    return {
        "school_year": year,
        "step": step,
        "cohort": refused.cohort,
        "is_computed": False,
        "reason": refused.reason,
    }
