"""Cells of a table as arcs of a network, in which a cycle is a way to move numbers that leaves every sum as it is.

A cell stands in two equations at most, its place's sum over groups and its parent's sum over places, once with each
sign; so a table is a flow network, and moving numbers round a cycle changes nothing that is published. An exact cell
can be worked back if and only if no cycle of cells that are not published exactly goes through it. Networks for the
suppression of cells: Cox (1995), Fischetti & Salazar-González (1999), Castro (2006). The searches, in `search` and
`moves`, and the release of what was withheld in vain are our own. No policy lives here.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]
FAST = {"cache": True, "nogil": True}
INNER = FAST | {"no_cpython_wrapper": True, "no_cfunc_wrapper": True}
"""For what only compiled code calls. Such code copies in loops: to compile one assignment of arrays takes a second."""


STEP = np.dtype([(name, np.int64) for name in ("here", "there", "arc", "rises")])
"""A step from one node to another over the cell `arc`, which it raises (1) or lowers (0)."""
CELL = np.dtype([(name, np.int64) for name in ("tail", "head", "family", "place", "is_total")])
"""The ends of a cell in the network in which it is moved, that of its family; its place, and whether it is a total."""


class Network(NamedTuple):
    """Cells as arcs from what is added up to the sum, in one network or several side by side that share no node.

    At node `v` begin the `steps` from `start[v]` to `start[v + 1]`. Where a total of a place moves, its groups follow
    in every other family: `leaf[f, p]` is the node at which place `p` adds up its groups of family `f`, -1 where it
    does not, and `leaf[f, -1]` lies outside.
    """

    start: Ints
    steps: NDArray[np.void]
    cells: NDArray[np.void]
    leaf: Ints


class Part(NamedTuple):
    """The network of one family: the ends of each cell, -1 for cells of others; how many nodes; where places add up."""

    tail: Ints
    head: Ints
    nodes: int
    leaf: Ints


class Families(NamedTuple):
    """The networks of a table, one for each family of groups, and what stands where in them.

    Cells are `moved` in the network that `own` names, each family with the totals of the places where it adds up to
    them. The groups of a partition are `following` in one without, number for number, where a total moved in another.
    """

    moved: list[Part]
    following: list[Part]
    own: Ints
    place: Ints
    is_total: Bools


GROUND = 0
"""The node of a part at which nothing has to add up: what lies outside the table."""


def families(parent: Ints, cells: Ints, kinds: Sequence[str]) -> Families:
    """Lay out the cells of a table, numbered from 0 in `cells[place, group]`, -1 where there is none.

    A kind is `total` for all students of a place, the name of a partition whose groups add up to the total, or "" for a
    group that overlaps with others. Without a partition the totals have a network of their own, the first.
    """
    names, size = np.array(kinds), int((cells >= 0).sum())
    totals = cells[:, names == "total"].max(axis=1, initial=-1)
    by_kind = [cells[:, names == name] for name in sorted(set(kinds) - {"", "total"})]
    partitions = [groups for groups in by_kind if (groups >= 0).any()]
    others = [groups for group in np.flatnonzero(names == "") if ((groups := cells[:, [group]]) >= 0).any()]
    moved = [build(parent, size, groups, is_partition=True, totals=totals) for groups in partitions]
    moved = moved or [build(parent, size, totals[:, None], is_partition=False)]
    own, place = np.zeros((2, size), dtype=np.int64)
    for number, groups in [*enumerate(partitions), *enumerate(others, len(moved))]:
        own[groups[groups >= 0]] = number
    moved += [build(parent, size, groups, is_partition=False) for groups in others]
    following = [build(parent, size, groups, is_partition=True) for groups in partitions]
    place[cells[cells >= 0]] = np.nonzero(cells >= 0)[0]
    return Families(moved, following, own, place, np.isin(np.arange(size), totals))


def build(parent: Ints, size: int, groups: Ints, *, is_partition: bool, totals: Ints | None = None) -> Part:
    """Make the network of one family of groups over a hierarchy of places; `size` is the number of cells of the table.

    `parent[e]` is the place above place `e`, or -1. `groups[e, g]` numbers the cells, -1 where there is none. In a
    partition the groups of a place add up to its total: a known number, or the cell `totals[e]` if that is given.
    """
    places = len(parent)
    tail, head = np.full(size, -1), np.full(size, -1)
    sums, nodes = 1 + np.arange(groups.size).reshape(groups.shape), 1 + groups.size
    is_above = _is_above(parent, groups)
    leaf = np.full(places, -1)
    if is_partition:
        leaf = np.where(~is_above & (groups >= 0).any(axis=1), nodes + np.arange(places), -1)
        nodes += places
    _join(parent, groups, is_above, sums, np.where(leaf >= 0, leaf, GROUND), tail, head)
    if totals is not None:
        # The total flows the other way, from the total above into its own groups, so that both stand in one network.
        above = nodes + np.arange(places)[:, None]
        nodes += places
        bottom = np.where(leaf >= 0, leaf, GROUND)
        _join(parent, totals[:, None], _is_above(parent, totals[:, None]), above, bottom, head, tail)
    return Part(tail, head, nodes, leaf)


def join(parts: Sequence[Part]) -> tuple[Ints, NDArray[np.void], Ints]:
    """Set parts side by side: start and steps of a `Network`, and the first node of each part."""
    first = np.cumsum([0, *(part.nodes for part in parts)])
    arcs = [np.flatnonzero(part.tail >= 0) for part in parts]
    tail = np.concatenate([begin + part.tail[own] for begin, part, own in zip(first, parts, arcs, strict=False)])
    head = np.concatenate([begin + part.head[own] for begin, part, own in zip(first, parts, arcs, strict=False)])
    steps = np.empty(2 * tail.size, STEP)
    steps["here"], steps["there"] = np.concatenate([tail, head]), np.concatenate([head, tail])
    steps["arc"], steps["rises"] = np.tile(np.concatenate(arcs), 2), np.arange(steps.size) < tail.size
    steps = steps[np.argsort(steps["here"], kind="stable")]
    return np.searchsorted(steps["here"], np.arange(first[-1] + 1)), steps, first[:-1]


def _is_above(parent: Ints, cells: Ints) -> Bools:
    is_below = (cells >= 0).any(axis=1) & (parent >= 0)
    found = np.zeros(len(parent), dtype=bool)
    found[parent[is_below]] = True
    return found


def _join(parent: Ints, cells: Ints, is_above: Bools, sums: Ints, bottom: Ints, tail: Ints, head: Ints) -> None:
    """Set the two ends of each cell: the sum that it is, or its place, and the sum that it is a part of."""
    place, group = np.nonzero(cells >= 0)
    arcs, above = cells[place, group], parent[place]
    tail[arcs] = np.where(is_above[place], sums[place, group], bottom[place])
    # A sum of places that has no cell of its own is no equation: nothing holds it.
    head[arcs] = np.where((above >= 0) & (cells[above, group] >= 0), sums[above, group], GROUND)
