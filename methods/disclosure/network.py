"""Cells of a table as arcs of a network, and which further cells must be withheld so that the sensitive ones stay open.

A cell stands in two equations at most, its place's sum over groups and its parent's sum over places, once with each
sign; so a table is a flow network, and moving numbers round a cycle changes nothing that is published. An exact cell
can be worked back if and only if no cycle of cells that are not published exactly goes through it. Networks for the
suppression of cells: Cox (1995), Fischetti & Salazar-González (1999), Castro (2006). The search along cheapest cycles,
one sensitive cell after the other, and the release of what was withheld in vain are our own. No policy lives here.
"""

from dataclasses import dataclass

import numpy as np
from numba import njit
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]
FAST = {"cache": True, "nogil": True}


@dataclass(frozen=True)
class Network:
    """Cells as arcs from what is added up to the sum: `tail[a]` to `head[a]` for cell `a`; -1 for cells of others."""

    tail: Ints
    head: Ints
    start: Ints
    incident: Ints
    leaf: Ints
    """For each place the node at which it adds up its groups; -1 where it does not."""


GROUND = 0
"""The node at which nothing has to add up: what lies outside the table."""


def build(parent: Ints, size: int, groups: Ints, *, is_partition: bool, totals: Ints | None = None) -> Network:
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
    arcs = np.flatnonzero(tail >= 0)
    ends = np.concatenate([tail[arcs], head[arcs]])
    order = np.argsort(ends, kind="stable")
    start = np.searchsorted(ends[order], np.arange(nodes + 1))
    return Network(tail, head, start, np.concatenate([arcs, arcs])[order], leaf)


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


@njit(**FAST)
def _push(costs, nodes, side, size, cost, node):
    """Put a node on the heap of a side, which is ordered by cost and then by number."""
    hole = size
    while hole > 0:
        above = (hole - 1) // 2
        if costs[side, above] < cost or (costs[side, above] == cost and nodes[side, above] <= node):
            break
        costs[side, hole], nodes[side, hole] = costs[side, above], nodes[side, above]
        hole = above
    costs[side, hole], nodes[side, hole] = cost, node


@njit(**FAST)
def _pop(costs, nodes, side, size):
    """Take the first of `size` entries from the heap of a side; the others are in order again."""
    cost, node = costs[side, size - 1], nodes[side, size - 1]
    hole = 0
    while True:
        child = 2 * hole + 1
        if child >= size - 1:
            break
        if child + 1 < size - 1 and (
            costs[side, child + 1] < costs[side, child]
            or (costs[side, child + 1] == costs[side, child] and nodes[side, child + 1] < nodes[side, child])
        ):
            child += 1
        if costs[side, child] > cost or (costs[side, child] == cost and nodes[side, child] >= node):
            break
        costs[side, hole], nodes[side, hole] = costs[side, child], nodes[side, child]
        hole = child
    costs[side, hole], nodes[side, hole] = cost, node


@njit(**FAST)
def _path(
    tail,
    head,
    start,
    incident,
    value,
    low,
    high,
    widest,
    price,
    banned,
    source,
    goal,
    need,
    may_pay,
    marks,
    cost,
):
    """Find the cheapest way to send `need` from source to goal; return its arcs, and +1 or -1 for each.

    A step along an arc raises its cell, a step against it lowers it. Within [low, high] a step costs 1; beyond, the
    cell must be withheld, at its price. The way is sought from both ends at once (Pohl 1971), on the side that was less
    work so far: the sums of a state have thousands of arcs, and most ends have few. `marks` and `cost` [side, node] are
    work space; `cost` is left clean.
    """
    heap_cost = np.empty((2, 64), np.int64)
    heap_node = np.empty((2, 64), np.int64)
    size = np.ones(2, np.int64)
    work = np.zeros(2, np.int64)
    heap_cost[:, 0] = 0
    heap_node[0, 0], heap_node[1, 0] = source, goal
    touched = np.empty(64, np.int64)
    touched_size = 2
    touched[0], touched[1] = 2 * source, 2 * goal + 1
    cost[0, source] = cost[1, goal] = 0
    marks[0, source] = marks[1, goal] = -1
    best, meeting, before, after = -1, -1, -1, -1
    while size[0] > 0 and size[1] > 0:
        if best >= 0 and heap_cost[0, 0] + heap_cost[1, 0] >= best:
            break
        first, second = heap_node[0, 0], heap_node[1, 0]
        more = work[0] + start[first + 1] - start[first] - work[1] - start[second + 1] + start[second]
        side = 1 if more > 0 else 0
        here_cost, here = heap_cost[side, 0], heap_node[side, 0]
        _pop(heap_cost, heap_node, side, size[side])
        size[side] -= 1
        if here_cost > cost[side, here]:
            continue
        work[side] += start[here + 1] - start[here]
        for place in range(start[here], start[here + 1]):
            arc = incident[place]
            if arc == banned:
                continue
            along = tail[arc] == here
            there = head[arc] if along else tail[arc]
            if there == here:
                continue
            up = along != (side == 1)
            free = high[arc] - value[arc] if up else value[arc] - low[arc]
            if free >= need:
                step = 1
            elif may_pay:
                wide = widest[arc] - value[arc] if up else value[arc]
                if wide < need:
                    continue
                step = 1 + price[arc]
            else:
                continue
            total = here_cost + step
            if (cost[side, there] >= 0 and total >= cost[side, there]) or (best >= 0 and total >= best):
                continue
            if cost[1 - side, there] >= 0 and (best < 0 or total + cost[1 - side, there] < best):
                best, meeting = total + cost[1 - side, there], arc
                before, after = (here, there) if side == 0 else (there, here)
            if cost[side, there] < 0:
                if touched_size == touched.size:
                    touched = np.append(touched, np.empty(touched_size, np.int64))
                touched[touched_size] = 2 * there + side
                touched_size += 1
            cost[side, there] = total
            marks[side, there] = arc
            if size[side] == heap_cost.shape[1]:
                heap_cost = np.concatenate((heap_cost, np.empty_like(heap_cost)), axis=1)
                heap_node = np.concatenate((heap_node, np.empty_like(heap_node)), axis=1)
            _push(heap_cost, heap_node, side, size[side], total, there)
            size[side] += 1
    arcs, signs = np.empty(touched_size, np.int64), np.empty(touched_size, np.int64)
    length = 0
    if best >= 0:
        arcs[0], signs[0], length = meeting, 1 if tail[meeting] == before else -1, 1
        while before != source:
            arc = marks[0, before]
            along = head[arc] == before
            arcs[length], signs[length] = arc, 1 if along else -1
            length += 1
            before = tail[arc] if along else head[arc]
        while after != goal:
            arc = marks[1, after]
            along = tail[arc] == after
            arcs[length], signs[length] = arc, 1 if along else -1
            length += 1
            after = head[arc] if along else tail[arc]
    for place in range(touched_size):
        cost[touched[place] % 2, touched[place] // 2] = -1
    return best >= 0, arcs[:length], signs[:length]


@njit(**FAST)
def _shift(
    tail,
    head,
    start,
    incident,
    value,
    low,
    high,
    widest,
    price,
    source,
    goal,
    banned,
    amount,
    may_pay,
    marks,
    cost,
):
    """Send up to `amount` from source to goal; return how much went, over which arcs, and which of them were withheld.

    All of it goes along one way where there is one, else piece by piece.
    """
    used = np.empty(0, np.int64)
    paid = np.empty(0, np.int64)
    left, need = amount, amount
    while left > 0:
        found, way, signs = _path(
            tail,
            head,
            start,
            incident,
            value,
            low,
            high,
            widest,
            price,
            banned,
            source,
            goal,
            need,
            may_pay,
            marks,
            cost,
        )
        if not found:
            if need == 1:
                break
            need = max(1, need // 2)
            continue
        for place in range(way.size):
            arc = way[place]
            value[arc] += signs[place] * need
            if value[arc] < low[arc] or value[arc] > high[arc]:
                paid = np.append(paid, arc)
                low[arc], high[arc] = 0, widest[arc]
        used = np.append(used, way)
        left -= need
        need = min(need, left)
    return amount - left, used, paid
