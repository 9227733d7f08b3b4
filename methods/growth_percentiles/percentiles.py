"""Growth percentiles of a school year: who belongs to which cohort, what each fit gives, what a student reports.

Cohorts are grade progressions of one subject. A cohort that cannot be computed is refused by name and the others are
finished. Fitting is in `quantile_regression`; policy (which scales, how many students, which year) comes in.
"""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from methods.growth_percentiles.predictions import percentile_cuts, percentile_of_count, percentiles
from methods.growth_percentiles.quantile_regression import (
    Certificate,
    Matrix,
    UnsolvedQuantileError,
    UnusableDesignError,
    fit,
)
from methods.growth_percentiles.simex import Correction, corrected_percentiles
from methods.growth_percentiles.splines import Scale, UnusableScaleError, fit_scale

CUTS = (1, 35, 50, 65, 99)
Scales = Mapping[tuple[str, int], Scale]
Run = Callable[[Callable, Iterable], Iterable]


class RefusedCohortError(ValueError):
    """A cohort has no growth percentiles; says which cohort and why."""

    def __init__(self, cohort: str, reason: str) -> None:
        super().__init__(f"{cohort}: {reason}")
        self.cohort = cohort
        self.reason = reason


@dataclass(frozen=True)
class Records:
    """Scores, one row for each student, subject and school year, as arrays of one length.

    `student` is any type that sorts (whole numbers are quickest) and `grade` a whole number, kindergarten 0. A student
    who was not tested has no row. `error` is the standard error of measurement of each score, where percentiles are to
    be corrected for it.
    """

    student: NDArray
    school_year: NDArray[np.int64]
    subject: NDArray[np.str_]
    grade: NDArray[np.int64]
    score: NDArray[np.float64]
    error: NDArray[np.float64] | None = None

    def __post_init__(self) -> None:
        columns = [self.student, self.school_year, self.subject, self.grade, self.score]
        columns += [] if self.error is None else [self.error]
        if len({np.shape(column) for column in columns}) != 1 or np.ndim(self.student) != 1:
            raise ValueError("the columns of the records must be one-dimensional and equally long")


@dataclass(frozen=True)
class Progression:
    """A subject and the (school year, grade) steps of a cohort, oldest first; the last step is the current one."""

    subject: str
    steps: tuple[tuple[int, int], ...]

    @property
    def name(self) -> str:
        """The cohort's name in messages and reports."""
        year, grade = self.steps[-1]
        earlier = "-".join(str(grade) for _, grade in self.steps[:-1])
        return f"{self.subject} {year} grade {grade} after grade {earlier or 'none'}"

    @property
    def order(self) -> int:
        """The number of earlier steps."""
        return len(self.steps) - 1

    def norm_group(self, order: int) -> str:
        """Name the steps that a percentile of this order compares students on."""
        return "; ".join(f"{year}/{self.subject}_{grade}" for year, grade in self.steps[-order - 1 :])

    def check(self) -> None:
        """Refuse a progression that has no prior step, or in which grade and year do not advance together."""
        if self.order < 1:
            raise RefusedCohortError(self.name, "a progression needs at least one earlier grade")
        for (year, grade), (next_year, next_grade) in pairwise(self.steps):
            if next_year <= year or next_grade - grade != next_year - year:
                raise RefusedCohortError(
                    self.name,
                    f"the progression skips: from grade {grade} in {year} to grade {next_grade} in {next_year}",
                )


@dataclass(frozen=True)
class Cohort:
    """The growth percentiles of one progression, one entry for each student who has a percentile.

    `rows` points into the records. `by_order` is (students, orders) with 0 where a student lacks the priors of that
    order. `percentile` is that of the student's highest order, which is `order`; `uncorrected` differs only where
    it is corrected for error of measurement. `certificates` is empty where stored matrices were used.
    """

    progression: Progression
    rows: NDArray[np.int64]
    percentile: NDArray[np.int16]
    uncorrected: NDArray[np.int16]
    order: NDArray[np.int16]
    by_order: NDArray[np.int16]
    prior: NDArray[np.float64]
    prior_standardized: NDArray[np.float64]
    current: NDArray[np.float64]
    cuts: NDArray[np.float64]
    matrices: tuple[Matrix, ...]
    certificates: tuple[Certificate, ...]


@dataclass(frozen=True)
class Growth:
    """What a run gives: the cohorts that were computed and the refusals of those that were not."""

    cohorts: tuple[Cohort, ...]
    refused: tuple[RefusedCohortError, ...]

    def matrices(self) -> dict[tuple[str, int, int], Matrix]:
        """Return the fitted matrices by subject, current grade and order."""
        return {
            (cohort.progression.subject, cohort.progression.steps[-1][1], matrix.order): matrix
            for cohort in self.cohorts
            for matrix in cohort.matrices
        }


def fit_scales(
    records: Records, version: str = ""
) -> tuple[dict[tuple[str, int], Scale], tuple[RefusedCohortError, ...]]:
    """Fit the scale of every subject and grade in the records; those that carry none are refused by name."""
    scales: dict[tuple[str, int], Scale] = {}
    refused = []
    for subject in np.unique(records.subject):
        is_subject = records.subject == subject
        for grade in np.unique(records.grade[is_subject]):
            try:
                scores = records.score[is_subject & (records.grade == grade)]
                scales[str(subject), int(grade)] = fit_scale(scores, version)
            except UnusableScaleError as error:
                refused.append(RefusedCohortError(f"{subject} grade {grade}", str(error)))
    return scales, tuple(refused)


def find_progressions(records: Records, school_year: int, maximum_order: int = 4) -> tuple[Progression, ...]:
    """Find every subject and grade of the school year whose previous grade was tested the year before."""
    cell = 1000 * records.school_year.astype(np.int64) + records.grade + 100  # a grade may be below zero
    cells = {
        (str(subject), int(code) // 1000, int(code) % 1000 - 100)
        for subject in np.unique(records.subject)
        for code in np.unique(cell[records.subject == subject])
    }
    found = []
    for subject, year, grade in sorted(cells):
        if year == school_year:
            steps = [(year, grade)]
            while len(steps) <= maximum_order and (subject, steps[0][0] - 1, steps[0][1] - 1) in cells:
                steps.insert(0, (steps[0][0] - 1, steps[0][1] - 1))
            if len(steps) > 1:
                found.append(Progression(subject, tuple(steps)))
    return tuple(found)


def growth_percentiles(
    records: Records,
    school_year: int,
    scales: Scales,
    *,
    progressions: Sequence[Progression] | None = None,
    maximum_order: int = 4,
    minimum_students: int = 1000,
    cuts: Sequence[int] = CUTS,
    holds_limits: bool = False,
    matrices: Mapping[tuple[str, int, int], Matrix] | None = None,
    correction: Correction | None = None,
    run: Run = map,
) -> Growth:
    """Compute the growth percentiles of every cohort of a school year.

    Students are in each order whose scores they have, and report the highest. A cohort below `minimum_students` is
    refused; an order below it ends the cohort's orders. `holds_limits` holds predictions to the lowest and highest
    score of the current grade's scale. With `matrices` (of earlier cohorts) nothing is fitted: the percentiles are
    against that baseline, and `minimum_students` does not matter. With a `correction` percentiles are corrected for the
    error of measurement of the priors; the matrices, cuts and orders stay those of the scores as measured. `run` maps a
    function over jobs: give the map of a thread pool to use several processors; the result is the same to the last bit.
    """
    if correction is not None and (records.error is None or matrices is not None):
        raise ValueError("a correction needs the standard errors of the records, and is not made by stored matrices")
    if progressions is None:
        progressions = find_progressions(records, school_year, maximum_order)
    panels, refused = _panels(records, progressions, scales)
    least = max(1, minimum_students)
    jobs, accepted = [], []
    for panel in panels:
        counts = np.count_nonzero(panel.available[:, None] >= np.arange(1, panel.progression.order + 1), axis=0)
        if matrices is not None and counts[0]:
            subject, grade = panel.progression.subject, panel.progression.steps[-1][1]
            stored = [matrices.get((subject, grade, order)) for order in range(1, counts.size + 1)]
            last = stored.index(None) if None in stored else len(stored)
            if last == 0:
                refused.append(RefusedCohortError(panel.progression.name, "the baseline has no matrix for this grade"))
                continue
        else:
            if counts[0] < least:
                students = "one student" if counts[0] == 1 else f"{counts[0]} students"
                reason = f"{students} with a prior score; the least is {least}"
                refused.append(RefusedCohortError(panel.progression.name, reason))
                continue
            stored = [None] * counts.size
            last = int(np.count_nonzero(counts >= least))
        accepted.append(panel)
        for order in range(1, last + 1):
            jobs.append((panel, order, order == last, stored[order - 1], cuts, holds_limits, correction))
    jobs.sort(key=lambda job: -job[1] * job[0].rows.size)
    by_progression: dict[Progression, list[_Part]] = {}
    for part in run(_work, jobs):
        by_progression.setdefault(part.progression, []).append(part)
    cohorts = []
    for panel in accepted:
        parts = sorted(by_progression[panel.progression], key=lambda part: part.order)
        failures = [part.failure for part in parts if part.failure]
        if failures:
            refused.append(RefusedCohortError(panel.progression.name, failures[0]))
        else:
            cohorts.append(_assemble(panel, parts, cuts))
    return Growth(tuple(cohorts), tuple(sorted(refused, key=str)))


def baseline_matrices(
    records: Records,
    school_years: Sequence[int],
    scales: Scales,
    *,
    maximum_order: int = 4,
    minimum_students: int = 1000,
    without: Collection[tuple[str, int]] = (),
    run: Run = map,
) -> tuple[dict[tuple[str, int, int], Matrix], tuple[RefusedCohortError, ...]]:
    """Fit one matrix for each subject, grade and order on the pooled cohorts of several school years.

    A subject and grade in `without` is left out.
    """
    progressions = [
        progression
        for year in school_years
        for progression in find_progressions(records, year, maximum_order)
        if (progression.subject, progression.steps[-1][1]) not in without
    ]
    panels, refused = _panels(records, progressions, scales)
    pools: dict[tuple[str, int, int], list[_Panel]] = {}
    for panel in panels:
        for order in range(1, panel.progression.order + 1):
            pools.setdefault((panel.progression.subject, panel.progression.steps[-1][1], order), []).append(panel)
    jobs = []
    for (subject, grade, order), pool in sorted(pools.items()):
        has_order = [panel.available >= order for panel in pool]
        if sum(int(has.sum()) for has in has_order) >= max(1, minimum_students):
            priors = np.concatenate([panel.priors[has, :order] for panel, has in zip(pool, has_order, strict=True)])
            current = np.concatenate([panel.current[has] for panel, has in zip(pool, has_order, strict=True)])
            jobs.append(((subject, grade, order), priors, current, pool[0].scales[:order]))
        elif order == 1:
            reason = f"fewer than {minimum_students} students with a prior score in the years of the baseline"
            refused.append(RefusedCohortError(f"{subject} grade {grade}, baseline", reason))
    found: dict[tuple[str, int, int], Matrix] = {}
    for key, matrix, failure in run(_pool, jobs):
        if failure:
            refused.append(RefusedCohortError(f"{key[0]} grade {key[1]}, baseline of order {key[2]}", failure))
        else:
            found[key] = matrix
    return found, tuple(refused)


# ---- panels ----


@dataclass(frozen=True)
class _Panel:
    """One progression's students: priors most recent first, and how many of them without a gap each student has."""

    progression: Progression
    rows: NDArray[np.int64]
    student: NDArray[np.int64]
    current: NDArray[np.float64]
    priors: NDArray[np.float64]
    errors: NDArray[np.float64]
    available: NDArray[np.int64]
    scales: tuple[Scale, ...]
    limits: tuple[float, float] | None


@dataclass(frozen=True)
class _List:
    """The records of a subject and year: their rows, each student's row or -1, and who has several."""

    rows: NDArray[np.int64]
    row_of_student: NDArray[np.int64]
    is_repeated: NDArray[np.bool_]


def _panels(
    records: Records, progressions: Sequence[Progression], scales: Scales
) -> tuple[list[_Panel], list[RefusedCohortError]]:
    """Lay out every progression's scores side by side; refuse those whose records or scales do not permit it."""
    names, student = np.unique(records.student, return_inverse=True)
    years = {(progression.subject, year) for progression in progressions for year, _ in progression.steps}
    lists = {}
    for subject, year in sorted(years):
        rows = np.flatnonzero((records.subject == subject) & (records.school_year == year))
        where = np.full(names.size, -1, dtype=np.int64)
        where[student[rows]] = rows
        lists[subject, year] = _List(rows, where, np.bincount(student[rows], minlength=names.size) > 1)
    panels, refused = [], []
    for progression in progressions:
        try:
            progression.check()
            panels.append(_panel(records, progression, scales, student, lists))
        except RefusedCohortError as error:
            refused.append(error)
    return panels, refused


def _panel(
    records: Records,
    progression: Progression,
    scales: Scales,
    student: NDArray[np.int64],
    lists: Mapping[tuple[str, int], _List],
) -> _Panel:
    subject, name = progression.subject, progression.name
    year, grade = progression.steps[-1]
    rows = lists[subject, year].rows
    rows = rows[records.grade[rows] == grade]
    if rows.size == 0:
        raise RefusedCohortError(name, "no student has a record")
    who = student[rows]
    priors = np.full((rows.size, progression.order), np.nan)
    errors = np.full((rows.size, 0 if records.error is None else progression.order), np.nan)
    available = np.zeros(rows.size, dtype=np.int64)
    for step in range(progression.order + 1):
        step_year, step_grade = progression.steps[-1 - step]
        at = lists[subject, step_year].row_of_student[who]
        several = np.unique(who[lists[subject, step_year].is_repeated[who]]).size
        if several:
            raise RefusedCohortError(
                name,
                f"students with more than one record of this subject in {step_year}: {several}; first keep one record "
                "of each, by the rule for students with several records",
            )
        if step == 0:
            scores, is_here = records.score[rows], np.ones(rows.size, dtype=bool)
        else:
            is_here = (at >= 0) & (records.grade[at] == step_grade)
            scores = np.where(is_here, records.score[at], np.nan)
            available += is_here & (available == step - 1)
            priors[:, step - 1] = scores
            if records.error is not None:
                errors[:, step - 1] = records.error[at]
        broken = int(np.count_nonzero(~np.isfinite(scores[is_here])))
        if broken:
            raise RefusedCohortError(
                name,
                f"records of grade {step_grade} in {step_year} whose score is not a finite number: {broken}; a student "
                "who was not tested has no record",
            )
        scale = scales.get((subject, step_grade))
        if scale is None and step > 0:
            raise RefusedCohortError(name, f"{subject} grade {step_grade} has no scale")
        if scale is not None and scale.is_official:
            outside = int(np.count_nonzero((scores[is_here] < scale.lowest) | (scores[is_here] > scale.highest)))
            if outside:
                raise RefusedCohortError(
                    name,
                    f"records of grade {step_grade} in {step_year} whose score is outside the test's scale, "
                    f"{scale.lowest:g} to {scale.highest:g}: {outside}",
                )
    keep = available > 0
    used = tuple(scales[subject, grade] for _, grade in progression.steps[-2::-1])
    own = scales.get((subject, grade))
    limits = None if own is None else (own.lowest, own.highest)
    return _Panel(
        progression,
        rows[keep],
        who[keep],
        records.score[rows[keep]],
        priors[keep],
        errors[keep],
        available[keep],
        used,
        limits,
    )


# ---- work ----


@dataclass(frozen=True)
class _Part:
    """One order of one cohort: percentiles of the students who have it, cuts of those whose highest order it is."""

    progression: Progression
    order: int
    percentile: NDArray[np.int16] | None = None
    corrected: NDArray[np.int16] | None = None
    cuts: NDArray[np.float64] | None = None
    matrix: Matrix | None = None
    certificate: Certificate | None = None
    failure: str = ""


def _work(job: tuple[_Panel, int, bool, Matrix | None, Sequence[int], bool, Correction | None]) -> _Part:
    panel, order, is_last, matrix, cuts, holds_limits, correction = job
    has_order = panel.available >= order
    priors, current = panel.priors[has_order, :order], panel.current[has_order]
    limits = panel.limits if holds_limits else None
    certificate = None
    try:
        if matrix is None:
            fitted = fit(priors, current, panel.scales[:order])
            matrix, certificate = fitted.matrix, fitted.certificate
            percentile = percentile_of_count(fitted.below, current, limits)
        else:
            percentile = percentiles(matrix, priors, current, limits)
        corrected = percentile if correction is None else _corrected(panel, order, correction, limits)
    except (UnusableDesignError, UnsolvedQuantileError) as error:
        return _Part(panel.progression, order, failure=str(error))
    if not is_last:
        priors = priors[panel.available[has_order] == order]
    values = percentile_cuts(matrix, priors, cuts, panel.limits)
    return _Part(panel.progression, order, percentile, corrected, values, matrix, certificate)


def _corrected(
    panel: _Panel, order: int, correction: Correction, limits: tuple[float, float] | None
) -> NDArray[np.int16]:
    """Correct the percentiles of an order; students draw in their own order, so that no order of rows matters."""
    has_order = np.flatnonzero(panel.available >= order)
    by_student = has_order[np.argsort(panel.student[has_order])]
    found = corrected_percentiles(
        panel.priors[by_student, :order],
        panel.current[by_student],
        panel.errors[by_student, :order],
        panel.scales[:order],
        copies=correction.copies,
        limits=limits,
    )
    values = np.empty(panel.rows.size, dtype=np.int16)
    values[by_student] = found.ranked if correction.is_ranked else found.percentile
    return values[has_order]


def _assemble(panel: _Panel, parts: Sequence[_Part], cuts: Sequence[int]) -> Cohort:
    """Put the orders of a cohort side by side and report each student's highest."""
    size = panel.rows.size
    by_order = np.zeros((size, max(part.order for part in parts)), dtype=np.int16)
    corrected = np.zeros(size, dtype=np.int16)
    order = np.zeros(size, dtype=np.int16)
    values = np.full((size, len(cuts)), np.nan)
    for part in parts:
        has_order = panel.available >= part.order
        by_order[has_order, part.order - 1] = part.percentile
        corrected[has_order] = part.corrected
        order[has_order] = part.order
        values[has_order if part.order == parts[-1].order else panel.available == part.order] = part.cuts
    kept = order > 0
    prior = panel.priors[:, 0]
    ordered = np.sort(prior)  # so that the order of students cannot change the last digit of a sum
    spread = ordered.std(ddof=1) if size > 1 else np.nan
    return Cohort(
        progression=panel.progression,
        rows=panel.rows[kept],
        percentile=corrected[kept],
        uncorrected=by_order[kept, order[kept] - 1],
        order=order[kept],
        by_order=by_order[kept],
        prior=prior[kept],
        prior_standardized=np.round((prior - ordered.mean()) / spread, 3)[kept],
        current=panel.current[kept],
        cuts=values[kept],
        matrices=tuple(part.matrix for part in parts),
        certificates=tuple(part.certificate for part in parts if part.certificate is not None),
    )


def _pool(job: tuple) -> tuple[tuple[str, int, int], Matrix | None, str]:
    key, priors, current, scales = job
    try:
        return key, fit(priors, current, scales).matrix, ""
    except (UnusableDesignError, UnsolvedQuantileError) as error:
        return key, None, str(error)
