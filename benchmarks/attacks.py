"""How far a release can be worked back: attacks on made-up states of 1,000 and 10,000 schools, before and after hiding.

The nine tables of the disclosure benchmark, all as exact counts, which is the hardest case: students, and eight rates
with their numerators. Each is attacked with small numbers hidden alone, which is common practice, and as disclosure
control hides and proves it. Then one row after another that was hidden for the sake of others, drawn at random, is
shown again: the attack must fail the table, or prove that row to be redundant. Sizes:
BENCH_ATTACKED_SCHOOLS=1000,10000; numbers of each table tried by programs above 1,000 schools:
BENCH_ATTACKED_NUMBERS=2500; trials: BENCH_ATTACK_TRIALS=1000. To run in parts: a part of the trials as 200:400, some
tables as BENCH_ATTACKED_TABLES=0,5, and no size or no trials as 0.
"""

import os
import time

import numpy as np
from rich.console import Console
from rich.table import Table

from benchmarks.disclosure import FLOOR, MINIMUM, TABLES, WIDTH, protected, state
from methods.attacks.attack import SUBTRACTION, UNSETTLED, Findings, attack
from methods.attacks.published import Counts, Layout
from methods.attacks.system import OPEN
from methods.disclosure import linked

SIZES = tuple(int(size) for size in os.environ.get("BENCH_ATTACKED_SCHOOLS", "1000,10000").split(",") if int(size))
NUMBERS = int(os.environ.get("BENCH_ATTACKED_NUMBERS", "2500"))
ATTACKED = [int(table) for table in os.environ.get("BENCH_ATTACKED_TABLES", "0,1,2,3,4,5,6,7,8").split(",")]
TRIALS = [int(end) for end in f"0:{os.environ.get('BENCH_ATTACK_TRIALS', '1000')}".split(":")[-2:]]
ALL_TRIED = 1_000
TRIAL_SCHOOLS, TRIAL_SEED = 60, 20_270
FAILS, REDUNDANT, UNEXPLAINED = "fails", "redundant: every number keeps two worlds its width apart", "not explained"


def attacked(
    rows: linked.Rows, hierarchy: linked.Hierarchy, is_hidden: np.ndarray, table: int, programs: int | None = None
) -> Findings:
    """Attack every sensitive number of a table, its students and its numerators together."""
    own = rows.table == table
    place, group, hides = rows.place[own], rows.group[own], is_hidden[own]
    students, parts = rows.students[own], rows.numerator[own]
    is_rate = (parts >= 0).all()
    value = np.concatenate([students, parts] if is_rate else [students])
    times, size = (2, students.size) if is_rate else (1, students.size)
    hides = np.tile(hides, times)
    counts = Counts(
        table=np.repeat(np.arange(times), size), place=np.tile(place, times), group=np.tile(group, times),
        low=np.where(hides, 0, value), high=np.where(hides, OPEN, value), number=np.arange(value.size),
    )  # fmt: skip
    below = [np.flatnonzero(hierarchy.level == level) for level in (1, 2)]
    kinds = np.array(hierarchy.family)
    pairs = (size + np.arange(size), np.arange(size)) if is_rate else (np.empty(0, int), np.empty(0, int))
    layout = Layout(
        rollups=[(places, hierarchy.parent[places]) for places in below],
        partitions=[(0, np.flatnonzero(kinds == kind).tolist()) for kind in ("race_ethnicity", "sex")],
        parts=[(0, program) for program in np.flatnonzero(kinds == "").tolist()],
        pairs=pairs,
    )
    # What a state shows of a group is the most that any of its places can have of it.
    others = np.minimum(parts, students - parts)
    most = np.full(len(kinds), WIDTH)
    told = (hierarchy.level[place] == 0) & (others >= FLOOR)
    most[group[told]] = others[told]
    few = (students > 0) & ((students < MINIMUM) | (others < FLOOR))
    widths = [np.where((students > 0) & (students < MINIMUM), np.minimum(WIDTH, students), 0)]
    if is_rate:
        widths.append(np.where(few, np.minimum(np.minimum(WIDTH, students), most[group]), 0))
    width = np.concatenate(widths)
    targets = np.flatnonzero(width)
    return attack(counts, layout, targets, width[targets], programs)


def main() -> None:
    """Print what each attack finds in each table of each state, and how the trials end."""
    console = Console(width=max(120, Console().width))
    for schools in SIZES:
        console.print(_of_size(schools))
    first, last = TRIALS
    start = time.process_time()
    ends = trials(TRIAL_SCHOOLS, first, last) if last > first else {}
    seconds = time.process_time() - start
    title = f"Trials {first:,} to {last:,} on {TRIAL_SCHOOLS} schools: {seconds:.0f} processor s"
    told = Table("one secondary row shown again", "of", title=title)
    for end, count in ends.items():
        told.add_row(end, f"{count:,}")
    console.print(told)


def _of_size(schools: int) -> Table:
    rows, hierarchy = state(schools)
    start = time.process_time()
    first, after = protected(rows, hierarchy)
    hid = time.process_time() - start
    columns = ("table", "rows", "hidden first", "after them", "sensitive numbers", "tried by programs")
    columns += ("small ones hidden alone: exact", "as hidden: exact", "narrow", "programs", "processor s")
    told = Table(*columns, title=f"{schools:,} schools; hidden and proven in {hid:.0f} processor s")
    programs = None if schools <= ALL_TRIED else NUMBERS
    primary = (first > linked.SHOWN) & (first < linked.SECONDARY)
    for table, name in ((table, list(TABLES)[table]) for table in ATTACKED):
        alone = attacked(rows, hierarchy, primary, table, programs=0)
        start = time.process_time()
        found = attacked(rows, hierarchy, after > linked.SHOWN, table, programs)
        seconds = time.process_time() - start
        own = rows.table == table
        exact = int((found.attack == SUBTRACTION).sum())
        numbers = [own.sum(), primary[own].sum(), (after[own] >= linked.SECONDARY).sum(), found.attacked]
        numbers += [found.narrowed, (alone.attack == SUBTRACTION).sum(), exact, found.count.size - exact]
        told.add_row(name, *(f"{number:,}" for number in [*numbers, found.programs]), f"{seconds:.1f}")
    return told


def trials(schools: int, first: int, last: int) -> dict[str, int]:
    """Show one secondary row again, at random, and attack: the table fails, or every number keeps its room."""
    rows, hierarchy = state(schools)
    reasons = protected(rows, hierarchy)[1]
    random = np.random.default_rng(TRIAL_SEED)
    drawn = random.choice(np.flatnonzero(reasons == linked.SECONDARY), last)[first:]
    ends = dict.fromkeys((FAILS, REDUNDANT, UNEXPLAINED), 0)
    for row, times in zip(*np.unique(drawn, return_counts=True), strict=True):
        is_hidden = reasons > linked.SHOWN
        is_hidden[row] = False
        found = attacked(rows, hierarchy, is_hidden, int(rows.table[row]))
        end = UNEXPLAINED if (found.attack == UNSETTLED).any() else FAILS if found.count.size else REDUNDANT
        ends[end] += int(times)
    return ends
