"""All attacks on what is published, in the order of their cost, and what each of them finds.

A finding names a count by its position. It never says what the number is.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import sparse

from methods.attacks.intervals import SEED, Claims, intervals, refuted
from methods.attacks.null_space import determined
from methods.attacks.published import Counts, Layout, Published, publish
from methods.attacks.system import OPEN, Whole

SHOWN, ELSEWHERE, SUBTRACTION, INTERVAL, UNSETTLED = "shown", "elsewhere", "subtraction", "interval", "unsettled"
"""Told by its own row; by another table or release; by subtraction; narrowed by its bounds; not proven to be safe."""
SHARED = 8
"""So many counts must agree, and none disagree, before two tables are read as one."""
DISTINCT = 4
"""Different counts that a table must show before it can be told from another."""


@dataclass(frozen=True)
class Findings:
    """What was attacked and what gave way: one entry of `count` (a position) and `attack` for each count found.

    `attacked` counts were tried, `narrowed` of them by programs as well; `programs` were solved for it.
    """

    count: Whole
    attack: NDArray[np.str_]
    attacked: int
    narrowed: int
    programs: int
    opened: int


@dataclass(frozen=True)
class Moves:
    """What somebody claims of the numbers behind counts: ways from one world to another, and a world to begin at.

    A `way` changes each `number` by a `step`; in the world `begun` numbers have `values`. All are claims and no more:
    what does not keep every equation of the attack is of no use to it.
    """

    way: Whole
    number: Whole
    step: Whole
    begun: Whole
    value: Whole


def attack(
    counts: Counts,
    layout: Layout,
    sensitive: ArrayLike,
    width: ArrayLike,
    programs: int | None = None,
    moves: Moves | None = None,
    known: Whole | None = None,
    run: Callable[..., Iterable] = map,
) -> Findings:
    """Attack the counts at the positions `sensitive`: none may be found out or be narrowed down to less than its width.

    Published sums are believed to hold exactly unless shown counts refute them. Counts that contradict one another
    whatever is believed raise ContradictedError. Programs cost the most: with `programs`, only so many numbers, drawn
    by a fixed seed, are tried by them; every number is tried by all other attacks. `moves` spare programs: from a world
    that the attack has found, and by its own equations, they lead to others.

    `known`, the number behind each count or -1, tells nothing but by how much the sums of them are off: who belongs to
    two places is counted in both, and the strongest reader knows how many do. `run` is that of `intervals`.
    """
    targets, widths = np.asarray(sensitive, dtype=np.int64), np.asarray(width, dtype=np.int64)
    published = publish(counts, layout)
    if known is not None:
        numbers = np.full(published.numbers, -1)
        np.maximum.at(numbers, counts.number, known)
        published = published.off_by(numbers)
    opened = refuted(published.system, published.remainder)
    system = published.closed(opened)
    number = counts.number[targets]
    found = np.full(targets.size, "", dtype="<U12")
    is_known = ~system.is_unknown[number]
    found[is_known & (widths > 0)] = ELSEWHERE
    found[(counts.low == counts.high)[targets] & (widths > 0)] = SHOWN
    found[determined(system)[number] & ~is_known & (widths > 0)] = SUBTRACTION
    left = np.flatnonzero((found == "") & ~is_known & (widths > 0))
    made = 0
    if programs is not None and left.size > programs:
        left = np.sort(np.random.default_rng(SEED).choice(left, programs, replace=False))
    narrowed = left.size
    if left.size:
        asked, back = np.unique(number[left], return_inverse=True)
        wanted = np.zeros(asked.size, np.int64)
        np.maximum.at(wanted, back, widths[left])
        result = intervals(system, asked, wanted, claims=None if moves is None else _claimed(published, moves), run=run)
        spread = (result.high - result.low)[back]
        found[left[spread < widths[left]]] = INTERVAL
        found[left[~result.is_settled[back]]] = UNSETTLED
        made = result.programs
    caught = found != ""
    return Findings(targets[caught], found[caught], targets.size, narrowed, made, opened.size)


def _claimed(published: Published, moves: Moves) -> Claims:
    """Write moves as changes of all cells [cell, way]: a remainder changes by what its equation leaves."""
    size = int(moves.way.max(initial=-1)) + 1
    of_numbers = sparse.csc_array(
        (moves.step, (moves.number, moves.way)), shape=(published.numbers, size), dtype=np.int64
    )
    equations = published.system.coefficients[:, : published.numbers]
    ways = sparse.vstack([of_numbers, equations @ of_numbers], format="csc")
    ways.eliminate_zeros()
    world = np.where(published.system.is_unknown, -1, published.system.low)[: published.numbers]
    world[moves.begun] = np.where(world[moves.begun] < 0, moves.value, world[moves.begun])
    is_whole = abs(equations) @ (world < 0) == 0
    return Claims(ways, np.concatenate([world, np.where(is_whole, equations @ world, -1)]))


def alike(table: Whole, place: Whole, group: Whole, low: Whole, high: Whole) -> Whole:
    """Give for every table the one it is read as: tables that show the same wherever both show something are one.

    That is how a reader sees that two measures count the same students. Tables are compared only where their largest
    counts are the same, which is where little is hidden.
    """
    spot = group * (int(place.max(initial=0)) + 1) + place
    shows = np.where(high < OPEN, low * (OPEN + 1) + high, -1)
    order = np.lexsort((spot, table))
    name = np.arange(int(table.max(initial=-1)) + 1)
    buckets: dict[tuple, list[_Shown]] = {}
    for own in np.split(order, np.flatnonzero(np.diff(table[order])) + 1) if order.size else []:
        if np.unique(shows[own]).size < DISTINCT:
            continue
        largest = tuple(np.sort(shows[own])[-DISTINCT:].tolist())
        candidate, bucket = _Shown(int(table[own[0]]), spot[own], shows[own]), buckets.setdefault(largest, [])
        for other in bucket:
            if other.takes(candidate):
                name[candidate.table] = other.table
                break
        else:
            bucket.append(candidate)
    return name


class _Shown:
    """What tables that are read as one show, by spot; -1 where nothing is shown."""

    def __init__(self, table: int, spots: Whole, shows: Whole) -> None:
        self.table, self.spots, self.shows = table, spots, shows

    def takes(self, other: "_Shown") -> bool:
        """Read another table as this one if nothing they both show differs, and learn what it shows."""
        _, mine, theirs = np.intersect1d(self.spots, other.spots, assume_unique=True, return_indices=True)
        both = (self.shows[mine] >= 0) & (other.shows[theirs] >= 0)
        if both.sum() < SHARED or np.any(self.shows[mine][both] != other.shows[theirs][both]):
            return False
        spots = np.union1d(self.spots, other.spots)
        shows = np.full(spots.size, -1, dtype=np.int64)
        for known in (self, other):
            at = np.searchsorted(spots, known.spots)
            shows[at] = np.maximum(shows[at], known.shows)
        self.spots, self.shows = spots, shows
        return True
