"""How far a release can be worked back: attacks on made-up states of 1,000 and 10,000 schools, before and after hiding.

Nine tables of a state, all as exact counts, which is the hardest case: students, and eight rates with their numerators.
Each is attacked with small numbers hidden alone, which is common practice, and as disclosure control hides it. Then
one secondary row after another, drawn at random, is shown again: the attack must fail the table, or prove that row to
be redundant. Sizes: BENCH_ATTACKED_SCHOOLS=1000,10000; trials: BENCH_ATTACK_TRIALS=1000.
"""

import os
import time
from dataclasses import dataclass

import numpy as np
from rich.console import Console
from rich.table import Table

from methods.attacks.attack import SUBTRACTION, UNSETTLED, Findings, attack
from methods.attacks.published import Counts, Layout
from methods.attacks.system import OPEN
from methods.disclosure import linked

SIZES = tuple(int(size) for size in os.environ.get("BENCH_ATTACKED_SCHOOLS", "1000,10000").split(","))
TRIALS = int(os.environ.get("BENCH_ATTACK_TRIALS", "1000"))
TRIAL_SCHOOLS = 60
SEED = 20_270
MINIMUM, FLOOR, WIDTH = 10, 3, 5
GROUPS = ("ALL", "AI", "AS", "AA", "HI", "PI", "WH", "MR", "GENDER_F", "GENDER_M", "SED", "EL", "SWD", "GIF")
FAMILIES = ("total", *["race"] * 7, "sex", "sex", "", "", "", "")
RACES, PROGRAMS = slice(1, 8), range(10, 14)
RATES = {
    "achievement, reading": (0.45, 0.5),
    "achievement, mathematics": (0.4, 0.5),
    "participation": (0.96, 0.5),
    "chronic absence": (0.2, 1.0),
    "suspension": (0.03, 1.0),
    "four-year graduation": (0.87, 0.07),
    "mastery versus expected": (0.55, 0.5),
    "acceleration access": (0.15, 0.3),
}
"""The typical rate of each table, and the share of the students of a school whom it counts."""


@dataclass(frozen=True)
class State:
    """Places, state first, with the place above each; students and numerators as [table, place, group]."""

    parent: np.ndarray
    level: np.ndarray
    students: np.ndarray
    numerators: np.ndarray


def made_up_state(schools: int, seed: int = SEED) -> State:
    """Draw a state whose schools have between a handful and thousands of students, and districts one school to many."""
    random = np.random.default_rng([seed, schools])
    districts = max(1, schools // 10)
    of = np.r_[np.arange(districts), np.minimum(districts * random.random(schools - districts) ** 3, districts - 1)]
    of = of.astype(int)
    mixes = random.dirichlet([0.1, 0.3, 1, 1.2, 0.1, 3, 0.4], districts)
    places = 1 + districts + schools
    students, numerators = np.zeros((2, 1 + len(RATES), places, len(GROUPS)), np.int64)
    size = np.maximum(8, random.lognormal(6, 0.8, schools)).astype(int)
    shares = np.clip(random.normal([0.45, 0.1, 0.14, 0.06], [0.2, 0.08, 0.04, 0.03], (schools, 4)), 0.005, 0.95)
    for table, (rate, counted) in enumerate([(0, 1.0), *RATES.values()]):
        total = size if counted == 1 else random.binomial(size, counted)
        own = np.zeros((schools, len(GROUPS)), np.int64)
        own[:, 0] = total
        own[:, RACES] = random.multinomial(total, mixes[of])
        own[:, 8] = random.binomial(total, 0.49)
        own[:, 9] = total - own[:, 8]
        own[:, 10:] = random.binomial(total[:, None], shares)
        level = np.clip(random.normal(rate, rate * (1 - rate) / 2, schools), 0.002, 0.998)[:, None]
        part = np.zeros_like(own)
        part[:, RACES] = random.binomial(own[:, RACES], level)
        part[:, 0] = part[:, RACES].sum(axis=1)
        part[:, 8] = random.hypergeometric(part[:, 0], total - part[:, 0], own[:, 8])
        part[:, 9] = part[:, 0] - part[:, 8]
        part[:, 10:] = random.hypergeometric(part[:, :1], (total - part[:, 0])[:, None], own[:, 10:])
        for counts, made in ((students, own), (numerators, part)):
            counts[table, 1 + districts :] = made
            np.add.at(counts[table, 1 : 1 + districts], of, made)
            counts[table, 0] = made.sum(axis=0)
    parent = np.r_[-1, np.zeros(districts, int), 1 + of]
    return State(parent, np.repeat([0, 1, 2], [1, districts, schools]), students, numerators)


def sensitive(state: State) -> tuple[np.ndarray, np.ndarray]:
    """Give for students and for numerators the width that must stay open, 0 where nothing must."""
    students, parts = state.students, state.numerators
    counts = np.where((students > 0) & (students < MINIMUM), np.minimum(WIDTH, students), 0)
    few = (students > 0) & ((students < MINIMUM) | (np.minimum(parts, students - parts) < FLOOR))
    most = np.minimum(parts, students - parts)[:, :1]
    rates = np.where(few, np.minimum(np.minimum(WIDTH, students), np.maximum(most, 1)), 0)
    rates[0] = 0
    return counts, rates


def hide(state: State) -> np.ndarray:
    """Say of every row why it is hidden, 0 where it is shown: [table, place, group]."""
    shape = state.students.shape
    table, place, group = (index.ravel() for index in np.indices(shape))
    students, parts = state.students.ravel(), np.where(table > 0, state.numerators.ravel(), -1)
    of = np.where(table > 0, students, -1)
    alike = np.full(students.size, 1)
    rows = linked.Rows(
        joint=0 * alike, table=table, place=place, group=group,
        students=students, students_low=students, students_high=students,
        denominator=of, numerator=parts, numerator_low=parts, numerator_high=parts,
        has_number=students > 0, is_empty=students == 0, is_exact=students >= 0, is_open_ended=students < 0,
        minimum=MINIMUM * alike, floor=FLOOR * alike, width=WIDTH * alike,
    )  # fmt: skip
    reasons, _ = linked.hide(rows, linked.Hierarchy(state.parent, state.level, FAMILIES))
    return reasons.reshape(shape)


def published(state: State, is_hidden: np.ndarray, tables: list[int]) -> tuple[Counts, Layout]:
    """Publish these tables as exact counts: students first, then the numerators of the tables that have them."""
    quantities = [(state.students[table], is_hidden[table]) for table in tables]
    quantities += [(state.numerators[table], is_hidden[table]) for table in tables if table]
    shape = (len(quantities), *state.students.shape[1:])
    quantity, place, group = (index.ravel() for index in np.indices(shape))
    value = np.concatenate([counts.ravel() for counts, _ in quantities])
    hidden = np.concatenate([hides.ravel() for _, hides in quantities])
    cells = shape[1] * shape[2]
    rates = [at for at, table in enumerate(tables) if table]
    less = np.concatenate([len(tables) * cells + np.arange(len(rates) * cells), []]).astype(int)
    more = np.concatenate([at * cells + np.arange(cells) for at in rates] or [np.zeros(0)]).astype(int)
    counts = Counts(
        table=quantity, place=place, group=group, low=np.where(hidden, 0, value), high=np.where(hidden, OPEN, value),
        number=np.arange(value.size),
    )  # fmt: skip
    below = np.flatnonzero(state.parent >= 0)
    layout = Layout(
        rollups=[
            (below[state.level[below] == level], state.parent[below[state.level[below] == level]]) for level in (1, 2)
        ],
        partitions=[(0, list(range(1, 8))), (0, [8, 9])],
        parts=[(0, program) for program in PROGRAMS],
        pairs=(less, more),
    )
    return counts, layout


def attacked(state: State, is_hidden: np.ndarray, tables: list[int]) -> Findings:
    """Attack every sensitive number of these tables together."""
    counts, layout = published(state, is_hidden, tables)
    of_counts, of_rates = sensitive(state)
    width = np.concatenate(
        [*[of_counts[table].ravel() for table in tables], *[of_rates[table].ravel() for table in tables if table]]
    )
    targets = np.flatnonzero(width)
    return attack(counts, layout, targets, width[targets])


def main() -> None:
    """Print what each attack finds in each table of each state, and how the trials end."""
    console = Console(width=max(120, Console().width))
    for schools in SIZES:
        console.print(_of_size(schools))
    console.print(_trials())


def _of_size(schools: int) -> Table:
    state = made_up_state(schools)
    start = time.process_time()
    reasons = hide(state)
    hid = time.process_time() - start
    columns = (
        "table",
        "rows",
        "hidden first",
        "after them",
        "sensitive numbers",
        "small ones hidden alone: exact",
        "narrow",
    )
    columns += ("as hidden: exact", "narrow", "programs", "processor s")
    told = Table(*columns, title=f"{schools:,} schools; hidden in {hid:.0f} processor s")
    primary = (reasons > linked.SHOWN) & (reasons < linked.SECONDARY)
    for table, name in enumerate(["students", *RATES]):
        tables = [0] if table == 0 else [table]
        alone = attacked(state, primary, tables)
        start = time.process_time()
        found = attacked(state, reasons > linked.SHOWN, tables)
        seconds = time.process_time() - start
        row = [
            name,
            f"{reasons[table].size:,}",
            f"{primary[table].sum():,}",
            f"{(reasons[table] >= linked.SECONDARY).sum():,}",
        ]
        row += [f"{found.attacked:,}"]
        for findings in (alone, found):
            exact = int((findings.attack == SUBTRACTION).sum())
            row += [f"{exact:,}", f"{findings.count.size - exact:,}"]
        told.add_row(*row, f"{found.programs:,}", f"{seconds:.1f}")
    return told


def _trials() -> Table:
    """Show one secondary row again, at random, and attack: the table fails, or every number keeps its room."""
    random = np.random.default_rng(SEED)
    state = made_up_state(TRIAL_SCHOOLS)
    reasons = hide(state)
    secondary = np.argwhere(reasons == linked.SECONDARY)
    ends = {"fails": 0, "redundant, as every number keeps two worlds its width apart": 0, "not explained": 0}
    for table, place, group in secondary[random.integers(0, len(secondary), TRIALS)]:
        is_hidden = reasons > linked.SHOWN
        is_hidden[table, place, group] = False
        found = attacked(state, is_hidden, [int(table)])
        if (found.attack == UNSETTLED).any():
            ends["not explained"] += 1
        else:
            ends["fails" if found.count.size else "redundant, as every number keeps two worlds its width apart"] += 1
    told = Table("one secondary row shown again", "of", title=f"{TRIALS:,} trials on {TRIAL_SCHOOLS} schools")
    for end, count in ends.items():
        told.add_row(end, f"{count:,}")
    return told
