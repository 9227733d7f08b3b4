"""Growth percentiles of every school year: from the table of records to the tables that dbt and the state team read.

The numerics are in `methods.growth_percentiles`, the policy comes in as rows; columns become arrays and back in
`growth_tables`. A cohort that has no percentiles stands in the table of cohorts with the reason.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import pairwise

import numpy as np
import polars as pl

from methods.growth_percentiles.fit_report import MINIMUM_STUDENTS, FitReport, fit_report
from methods.growth_percentiles.percentiles import (
    CUTS,
    Cohort,
    Growth,
    RefusedCohortError,
    baseline_matrices,
    fit_scales,
    growth_percentiles,
)
from methods.growth_percentiles.projections import NoCutScoresError, NoProjectionError, project
from methods.growth_percentiles.simex import Correction
from methods.medians import bootstrap_medians
from orchestration.growth_tables import (
    BY_COHORT,
    SCHEMAS,
    SHOWN,
    Matrices,
    Scales,
    arrays,
    coefficients,
    matrices_of,
    refusal,
    scale_of,
    scale_row,
    scale_versions,
    typed,
)

Table = tuple[str, pl.DataFrame]
Run = Callable[[Callable, Iterable], Iterable]
CUT_SCORES = {"table": "the table policy_cut_scores", "results": "the scores and levels of the year's results"}
CORRECTIONS = {"none": None, "simex": False, "simex_ranked": True}


def compute(
    records: pl.DataFrame,
    cut_scores: pl.DataFrame,
    policies: pl.DataFrame,
    stored: Mapping[str, pl.DataFrame],
    run: Run = map,
) -> tuple[dict[str, pl.DataFrame], dict[str, pl.DataFrame]]:
    """Compute every school year that has a year before it; return the tables, and the norms to keep for later years.

    Stored scales and baselines are used as they are. A subject and grade without a scale gets it from all its records,
    and it is kept when they are as many as a cohort must be. A policy without a baseline gets it from its first school
    years with growth, once there are as many as it asks for. `run` maps a function over jobs.
    """
    records = records.with_columns(pl.col("student_id").rank("dense").cast(pl.Int64).alias("student"))
    kinds = dict.fromkeys(("scale_score", "scale_score_standard_error"), pl.Float64)
    records = records.cast({"school_year": pl.Int16, "grade_number": pl.Int16} | kinds)
    records = records.sort("school_year", "subject", "student")
    years = records["school_year"].unique().sort().to_list()
    fitted, _ = fit_scales(arrays(records), f"{years[0]}-{years[-1]}") if years else ({}, ())
    scales = fitted | {(row["subject"], row["grade_number"]): scale_of(row) for row in stored["scale"].rows(named=True)}
    parts: dict[str, list[pl.DataFrame]] = {name: [typed(name, [])] for name in BY_COHORT}
    parts["scale"].append(typed("scale", [scale_row(key, scale) for key, scale in sorted(scales.items())]))
    key = ["policy_id", "first_school_year"]
    kept = [stored["baseline"].join(policies, on=key, how="anti")]
    for policy in policies.sort("first_school_year", "policy_id").rows(named=True):
        first, last = policy["first_school_year"], policy["last_school_year"]
        grown = [year for before, year in pairwise(years) if before == year - 1 and first <= year <= last]
        own = stored["baseline"].filter(policy_id=policy["policy_id"], first_school_year=first)
        baseline, refused = _baseline(records, policy, grown, scales, own, run)
        kept.append(baseline)
        parts["cohort"].append(typed("cohort", refused))
        reference = baseline["last_cohort_year"].max()
        matrices = matrices_of(baseline, scales) if policy["baseline_years"] else {}
        for (subject, grade, _), matrix in sorted(matrices.items()):
            columns = _place(reference, subject, grade) | {"norms": "baseline"} | coefficients(matrix)
            parts["coefficient"].append(typed("coefficient", columns))
        for year in grown:
            of_year = list(_year(records, cut_scores, policy, year, scales, run))
            if matrices and year > reference:
                of_year += _against_baseline(records, policy, year, scales, matrices, run)
            for name, table in of_year:
                parts[name].append(table)
    tables = {name: pl.concat(found) for name, found in parts.items()}
    where, least = ["subject", "grade_number"], policies["minimum_cohort_students"].max() or 0
    enough = records.group_by(where).len().filter(pl.col("len") >= least)
    to_keep = pl.concat([enough.select(where), stored["scale"].select(where)])
    return tables, {
        "scale": tables["scale"].filter(pl.struct(where).is_in(to_keep.to_struct().implode())),
        "baseline": pl.concat(kept).sort(pl.all()),
    }


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
    return typed("median", {name: groups[name] for name in groups.columns if name != "place"} | columns)


def _baseline(
    records: pl.DataFrame, policy: dict, grown: list[int], scales: Scales, stored: pl.DataFrame, run: Run
) -> tuple[pl.DataFrame, list[dict]]:
    """Give a policy's baseline as it is stored, with the grades that it still lacks fitted on the same school years.

    Those that cannot be fitted come with it as rows of the table of cohorts.
    """
    matrices = matrices_of(stored, scales)
    in_use = [{"subject": of, "grade_number": at, "prior_count": order} for of, at, order in matrices]
    kept = stored.join(pl.DataFrame(in_use, schema=list(in_use[0])), on=list(in_use[0])) if in_use else stored.clear()
    if stored.height:
        pool = [year for year in grown if stored["first_cohort_year"][0] <= year <= stored["last_cohort_year"][0]]
    else:
        pool = grown[: policy["baseline_years"]]
    if not pool or len(pool) < policy["baseline_years"]:
        return kept, []
    order = policy["maximum_prior_scores"]
    fitted, refused = baseline_matrices(
        arrays(records.filter(pl.col("school_year").is_between(pool[0] - order, pool[-1]))),
        pool,
        scales,
        maximum_order=order,
        minimum_students=policy["minimum_cohort_students"],
        without={(subject, grade) for subject, grade, _ in matrices},
        run=run,
    )
    key = {name: policy[name] for name in ("policy_id", "first_school_year")}
    key |= {"first_cohort_year": pool[0], "last_cohort_year": pool[-1]}
    added = [
        typed(
            "baseline",
            key
            | {"subject": subject, "grade_number": grade, "scale_versions": scale_versions(matrix.scales)}
            | coefficients(matrix),
        )
        for (subject, grade, _), matrix in sorted(fitted.items())
    ]
    return pl.concat([kept, *added]), [refusal(pool[-1], "baseline", error) for error in refused]


def _against_baseline(
    records: pl.DataFrame, policy: dict, year: int, scales: Scales, matrices: Matrices, run: Run
) -> Iterator[Table]:
    """Compare the students of a school year with the cohorts of the baseline."""
    recent = _recent(records, policy, year)
    growth = growth_percentiles(
        arrays(recent),
        year,
        scales,
        maximum_order=policy["maximum_prior_scores"],
        cuts=(),
        holds_limits=policy["holds_limits"],
        matrices=matrices,
        run=run,
    )
    yield "cohort", typed("cohort", [refusal(year, "baseline", refused) for refused in growth.refused])
    for cohort in growth.cohorts:
        key = _place(year, cohort.progression.subject, cohort.progression.steps[-1][1])
        students = _students(recent, cohort) | {"growth_percentile": cohort.percentile, "prior_count": cohort.order}
        yield "baseline_percentile", typed("baseline_percentile", key | students).sort("student_id")
        facts = _facts(cohort, "baseline")
        yield "cohort", typed("cohort", [key | facts])


def _year(
    records: pl.DataFrame, cut_scores: pl.DataFrame, policy: dict, year: int, scales: Scales, run: Run
) -> Iterator[Table]:
    """Give the tables of one school year, cohort by cohort."""
    recent = _recent(records, policy, year)
    is_ranked = CORRECTIONS[policy["error_correction"]]
    correction = None if is_ranked is None else Correction(policy["correction_copies"], is_ranked)
    growth = growth_percentiles(
        arrays(recent, with_errors=correction is not None),
        year,
        scales,
        maximum_order=policy["maximum_prior_scores"],
        minimum_students=policy["minimum_cohort_students"],
        holds_limits=policy["holds_limits"],
        correction=correction,
        run=run,
    )
    yield "cohort", typed("cohort", [refusal(year, "percentile", refused) for refused in growth.refused])
    for cohort in growth.cohorts:
        yield from _cohort(recent, cohort, year)
    yield from _projections(recent, growth, cut_scores, policy, year, scales)


def _cohort(records: pl.DataFrame, cohort: Cohort, year: int) -> Iterator[Table]:
    key = _place(year, cohort.progression.subject, cohort.progression.steps[-1][1])
    students = _students(records, cohort) | {
        "growth_percentile": cohort.percentile,
        "uncorrected_percentile": cohort.uncorrected,
        "prior_count": cohort.order,
        "prior_score": cohort.prior,
        "prior_standardized": cohort.prior_standardized,
        "current_score": cohort.current,
    }
    cuts = {f"cut_{cut:02}": cohort.cuts[:, place] for place, cut in enumerate(CUTS)}
    yield "percentile", typed("percentile", key | students | cuts).sort("student_id")
    for matrix in cohort.matrices:
        yield "coefficient", typed("coefficient", key | {"norms": "cohort"} | coefficients(matrix))
    facts = _facts(cohort, "percentile") | {
        "dual_violation": max(float(proof.dual_violation.max()) for proof in cohort.certificates),
        "rescued_quantiles": sum(int(proof.is_rescued.sum()) for proof in cohort.certificates),
    }
    if cohort.rows.size >= MINIMUM_STUDENTS:
        report = fit_report(cohort.progression.name, cohort.prior, cohort.current, cohort.percentile)
        facts |= {"prior_correlation": report.prior_correlation, "largest_deviation": report.largest_deviation}
        yield from _fit(report, key)
    yield "cohort", typed("cohort", [key | facts])


def _recent(records: pl.DataFrame, policy: dict, year: int) -> pl.DataFrame:
    return records.filter(pl.col("school_year").is_between(year - policy["maximum_prior_scores"], year))


def _place(year: int, subject: str, grade: int) -> dict:
    return {"school_year": year, "subject": subject, "grade_number": grade}


def _students(records: pl.DataFrame, cohort: Cohort) -> dict:
    return {name: records[name].gather(cohort.rows) for name in ("student_id", "grade")}


def _facts(cohort: Cohort, step: str) -> dict:
    return {
        "step": step,
        "cohort": cohort.progression.name,
        "is_computed": True,
        "student_count": cohort.rows.size,
        "prior_count": cohort.by_order.shape[1],
        "median_percentile": float(np.median(cohort.percentile)),
    }


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
        yield "fit", typed("fit", key | {"fit_table": name} | cells)


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
                    cohort = f"{subject} {year} {name} projection from grade {grade}"
                    source = f"; the policy takes them from {CUT_SCORES[policy['cut_score_source']]}"
                    reason = f"{error}{source if isinstance(error, NoCutScoresError) else ''}"
                    refused = RefusedCohortError(cohort, reason)
                    yield "cohort", typed("cohort", [refusal(year, "projection", refused)])
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
                    yield "projection", typed("projection", columns | shown | targets)


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
