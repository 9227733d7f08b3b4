"""Growth percentiles by size, from one cohort of 5,000 students to a state of six million, and beside other engines.

Every row runs in a process of its own, so that its peak memory is its own. Scores are made up: integers on a scale of
about 550 points, three priors for everyone. Kernels are compiled before anything is timed.
"""

import os
import resource
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import numpy as np
from rich.console import Console
from rich.table import Table

from methods.growth_percentiles.projections import project
from methods.growth_percentiles.quantile_regression import TAUS, Fit, fit, warm
from methods.growth_percentiles.splines import design, fit_scale

ORDERS = (1, 2, 3)
COMPARED = 5_000
R_SCRIPT = """
suppressMessages(library(quantreg))
folder <- commandArgs(TRUE)[1]
taus <- ((1:100) - 0.5) / 100
for (method in c("br", "fn")) {
  spent <- 0
  for (order in 1:3) {
    rows <- as.matrix(read.csv(file.path(folder, paste0(order, ".csv")), header = FALSE))
    y <- rows[, 1]
    X <- rows[, -1]
    call <- if (method == "br") rq.fit.br else rq.fit.fnb
    used <- system.time(for (tau in taus) suppressWarnings(call(X, y, tau = tau)))
    spent <- spent + used[["user.self"]] + used[["sys.self"]]
  }
  cat(method, spent, "\\n")
}
"""


def main() -> None:
    """Print one row for each size and engine."""
    os.environ["OPENBLAS_NUM_THREADS"] = "1"
    warm()
    table = Table("engine", "students", "fits", "processor s", "wall s", "peak MB", "all proven optimal")
    rows: list[Callable[[], tuple]] = [
        _row(_ours, COMPARED),
        _row(_package, "fn"),
        _row(_package, "br"),
        _row(_r),
        _row(_ours, 50_000),
        _row(_ours, 500_000),
        _row(_state, 12, 500_000, False),
        _row(_state, 12, 500_000, True),
    ]
    for row in rows:
        for cells in row():
            table.add_row(*cells)
    console = Console(width=max(100, Console().width))
    console.print(table)
    console.print(
        "A fit is one order of one cohort: 100 quantiles. Scores are made up before the clock starts, except in the\n"
        "rows of six million, whose times include it. Optimal: every quantile passed the fresh test."
    )


def _row(work: Callable[..., list[tuple[str, ...]]], *arguments: object) -> Callable[[], list[tuple[str, ...]]]:
    def run() -> list[tuple[str, ...]]:
        with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
            return pool.submit(work, *arguments).result()

    return run


def _cohort(students: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Make up a cohort: three priors, most recent first, and the current score."""
    random = np.random.default_rng(seed)
    level = random.standard_normal(students)
    scores = []
    for year in range(4):
        if year:
            level = 0.92 * level + 0.39 * random.standard_normal(students)
        center = 2430 + 26 * year
        score = np.round(center + 88 * (level + 0.3 * random.standard_normal(students)))
        scores.append(np.clip(score, center - 290, center + 260))
    return np.column_stack(scores[-2::-1]), scores[-1]


def _fits(priors: np.ndarray, current: np.ndarray) -> list[Fit]:
    return [fit(priors[:, :order], current, [fit_scale(priors[:, j]) for j in range(order)]) for order in ORDERS]


def _measured(name: str, students: str, fits: int, processor: float, wall: float, proven: str) -> tuple[str, ...]:
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return name, students, str(fits), f"{processor:.2f}", f"{wall:.2f}", f"{peak:.0f}", proven


def _ours(students: int) -> list[tuple[str, ...]]:
    priors, current = _cohort(students, 1)
    warm()
    processor, wall = time.process_time(), time.perf_counter()
    fits = _fits(priors, current)
    processor, wall = time.process_time() - processor, time.perf_counter() - wall
    proven = "yes" if all(fitted.certificate.is_optimal for fitted in fits) else "no"
    return [_measured("waymark, 1 thread", f"{students:,}", len(ORDERS), processor, wall, proven)]


def _state(cohorts: int, students: int, with_projections: bool) -> list[tuple[str, ...]]:
    warm()

    def work(seed: int) -> bool:
        priors, current = _cohort(students, seed)
        fits = _fits(priors, current)
        if with_projections:
            scales = {6 + j: fit_scale(current) for j in range(4)} | {5 - j: fit_scale(priors[:, j]) for j in range(3)}
            later = {(7 + j, fitted.matrix.order): fitted.matrix for j in range(3) for fitted in fits}
            cuts = {7 + j: (2420.0, 2500.0, 2580.0) for j in range(3)}
            project(np.column_stack([current, priors]), 6, later, scales, cuts, years=3)
        return all(fitted.certificate.is_optimal for fitted in fits)

    processor, wall = time.process_time(), time.perf_counter()
    with ThreadPoolExecutor(2) as pool:
        proven = all(pool.map(work, range(cohorts)))
    processor, wall = time.process_time() - processor, time.perf_counter() - wall
    name = "waymark, 2 threads" + (", 3 projected years" if with_projections else "")
    size = f"{cohorts} x {students:,}"
    return [_measured(name, size, cohorts * len(ORDERS), processor, wall, "yes" if proven else "no")]


def _designs() -> list[np.ndarray]:
    priors, _ = _cohort(COMPARED, 1)
    columns = [design(priors[:, j], fit_scale(priors[:, j])) for j in range(3)]
    return [np.hstack([np.ones((COMPARED, 1)), *columns[:order]]) for order in ORDERS]


def _package(method: str) -> list[tuple[str, ...]]:
    from pinball.linear.solvers import get_solver

    designs, (_, current) = _designs(), _cohort(COMPARED, 1)
    processor, wall = time.process_time(), time.perf_counter()
    for rows in designs:
        for tau in TAUS:
            get_solver(method).solve(rows, current, tau=float(tau))
    processor, wall = time.process_time() - processor, time.perf_counter() - wall
    return [_measured(f"pinball-qr, {method}", f"{COMPARED:,}", len(ORDERS), processor, wall, "not tested")]


def _r() -> list[tuple[str, ...]]:
    """Time R's quantreg on the same designs, where R and quantreg are installed."""
    program = shutil.which("Rscript")
    absent = [("R quantreg", f"{COMPARED:,}", "", "not installed", "", "", "")]
    if program is None:
        return absent
    _, current = _cohort(COMPARED, 1)
    with tempfile.TemporaryDirectory() as folder:
        for order, rows in zip(ORDERS, _designs(), strict=True):
            np.savetxt(Path(folder) / f"{order}.csv", np.column_stack([current, rows]), delimiter=",", fmt="%.17g")
        done = subprocess.run([program, "-e", R_SCRIPT, folder], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        return absent
    spent = (line.split() for line in done.stdout.splitlines())
    return [
        (f"R quantreg, {method}", f"{COMPARED:,}", str(len(ORDERS)), f"{float(seconds):.2f}", "", "", "not tested")
        for method, seconds in spent
    ]
