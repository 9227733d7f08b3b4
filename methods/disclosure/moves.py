"""Worlds found without a program: how cells are moved round the networks of a table while every sum stays as it is.

One kernel goes over all cells of a system. A cell moves along a shortest cycle; where the total of a place moves, its
groups follow in every other partition, and a group that then exceeds its place gives the rest to other places. Two
worlds found for one cell serve every other that moves far enough in them. What is found is held against every sum.
"""

from itertools import pairwise
from typing import NamedTuple

import numpy as np
from numba import njit

from methods.disclosure.linked import Hierarchy
from methods.disclosure.network import FAST, GROUND, INNER, Bools, Ints, families
from methods.disclosure.protection import Worlds

TRIES = 8
"""How many ways are tried for a step before a smaller one is."""
NO_CELL = np.int64(-1)
"""Not a plain -1, for which everything that is given it would be compiled again."""


class Graph(NamedTuple):
    """The networks of a layout, one after the other, with no arcs but those of cells that are not published exactly.

    The arcs at node `n` of network `k` are `incident[start[first[k] + n] : start[first[k] + n + 1]]`. The totals of
    places move in network 0; `partition` lists the networks without them, and `joined` the network with them of each.
    """

    tail: Ints
    head: Ints
    first: Ints
    start: Ints
    incident: Ints
    own: Ints
    partition: Ints
    joined: Ints
    leaf: Ints
    place: Ints
    is_total: Bools
    whole: Ints
    """The cell that each group outside the partitions may not exceed, or -1."""
    excess: Ints
    """By how much it does so in the base world."""
    part_start: Ints
    part: Ints
    """The groups that may not exceed a cell, cell after cell."""


class Sums(NamedTuple):
    """Equations and limits by column, and by how much each may change."""

    start: Ints
    row: Ints
    sign: np.ndarray
    low: np.ndarray
    high: np.ndarray
    moved: np.ndarray


class _Work(NamedTuple):
    """Work space: the search from both ends, and the cells changed so far, with their numbers before the last step.

    `count` holds how many have changed, the number of the last search, and that of the last cell that was sought for.
    """

    steps: Ints
    mark: Ints
    stamp: Ints
    queue: Ints
    way: Ints
    sign: Ints
    changed: Ints
    is_changed: Bools
    before: Ints
    stuck: Ints
    """The number of the last cell for which a total could not be moved."""
    count: Ints


def graph(hierarchy: Hierarchy, cells: Ints, is_open: Bools, base: Ints, limits: tuple[Ints, Ints]) -> Graph:
    """Make the networks of the cells that are open, `cells[place, group]`; `limits` pairs groups with their places."""
    size, parent = base.size, hierarchy.parent
    moved, following, own, place, is_total = families(parent, cells, hierarchy.family)
    first, starts, incidents, arcs = [], [], [], 0
    for network in (*moved, *following):
        mine = np.flatnonzero((network.tail >= 0) & is_open)
        ends = np.concatenate([network.tail[mine], network.head[mine]])
        order = np.argsort(ends, kind="stable")
        first.append(sum(start.size for start in starts))
        starts.append(arcs + np.searchsorted(ends[order], np.arange(network.nodes + 1)))
        incidents.append(np.tile(mine, 2)[order])
        arcs += ends.size
    part, over = limits
    whole, excess = np.full(size, -1), np.zeros(size, dtype=np.int64)
    whole[part], excess[part] = over, np.maximum(base[part] - base[over], 0)
    order = np.lexsort((part, over))
    return Graph(
        tail=np.array([network.tail for network in (*moved, *following)]),
        head=np.array([network.head for network in (*moved, *following)]),
        first=np.array(first),
        start=np.concatenate(starts),
        incident=np.concatenate(incidents),
        own=own,
        partition=len(moved) + np.arange(len(following)),
        joined=np.arange(len(following)),
        leaf=np.array([network.leaf for network in following], dtype=np.int64).reshape(len(following), parent.size),
        place=place,
        is_total=is_total,
        whole=whole,
        excess=excess,
        part_start=np.searchsorted(over[order], np.arange(size + 1)),
        part=part[order],
    )


def search(
    networks: Graph, sums: Sums, base: Ints, low: Ints, high: Ints, cells: Ints, asked: Ints, width: int
) -> dict[int, Worlds]:
    """Find two worlds that differ by `width`, or by what is `asked`, for each of the cells that cycles can move so far.

    `asked[c]` is what is enough for cell `c`. Whatever is found agrees with every sum, and with [low, high].
    """
    nodes = int(np.diff(np.append(networks.first, networks.start.size)).max())
    work = _Work(
        *np.zeros((4, 2, nodes), dtype=np.int64),
        *np.zeros((2, 2 * nodes), dtype=np.int64),
        changed=np.zeros(base.size, dtype=np.int64),
        is_changed=np.zeros(base.size, dtype=bool),
        before=base.copy(),
        stuck=np.zeros(base.size, dtype=np.int64),
        count=np.zeros(3, dtype=np.int64),
    )
    lacks = np.zeros(base.size, dtype=bool)
    lacks[cells] = asked[cells] > 0
    of, rise, ends, changed, numbers = _search(
        networks, sums, base, base.copy(), low, high, cells, asked, width, lacks, work
    )
    found = np.flatnonzero(of >= 0)
    parts = [(changed[at:end], numbers[at:end]) for at, end in pairwise([0, *ends.tolist()])]
    nothing = np.empty(0, np.int64), np.empty(0, np.int64)
    pairs = dict.fromkeys(cells[asked[cells] == 0].tolist(), Worlds(nothing, nothing, 0))
    for cell, pair, up in zip(found.tolist(), of[found].tolist(), rise[found].tolist(), strict=True):
        one, other = parts[2 * pair : 2 * pair + 2]
        pairs[cell] = Worlds(other, one, up) if up > 0 else Worlds(one, other, -up)
    return pairs


@njit(**FAST)
def keeps(sums, changed, steps):
    """Say whether every sum stays within its bounds when cells change; `moved` is zero for each sum, and is again."""
    for number in range(changed.size):
        for entry in range(sums.start[changed[number]], sums.start[changed[number] + 1]):
            sums.moved[sums.row[entry]] += sums.sign[entry] * steps[number]
    kept = True
    for cell in changed:
        for entry in range(sums.start[cell], sums.start[cell + 1]):
            row = sums.row[entry]
            kept = kept and sums.low[row] <= sums.moved[row] <= sums.high[row]
    for cell in changed:
        for entry in range(sums.start[cell], sums.start[cell + 1]):
            sums.moved[sums.row[entry]] = 0
    return kept


@njit(**FAST)
def rooms(sums, down, up, far, rounds):
    """Lower how far each cell can go down and up to what the others of its sums can make up for, sum after sum."""
    cells, is_new = down.size, True
    while is_new and rounds > 0:
        is_new, rounds = False, rounds - 1
        for sign in (1, -1):
            # What the others of a sum can make up for is the most that a cell can move; a limit gives its slack.
            for cell in range(cells):
                for entry in range(sums.start[cell], sums.start[cell + 1]):
                    rises = sign * sums.sign[entry] > 0
                    sums.moved[sums.row[entry]] += down[cell] if rises else up[cell]
            for cell in range(cells):
                least_down, least_up = down[cell], up[cell]
                for entry in range(sums.start[cell], sums.start[cell + 1]):
                    row = sums.row[entry]
                    slack = min(sums.high[row] if sign > 0 else -sums.low[row], far)
                    if sign * sums.sign[entry] > 0:
                        least_up = min(least_up, sums.moved[row] - down[cell] + slack)
                    else:
                        least_down = min(least_down, sums.moved[row] - up[cell] + slack)
                is_new = is_new or least_up < up[cell] or least_down < down[cell]
                down[cell], up[cell] = least_down, least_up
            for row in range(sums.moved.size):
                sums.moved[row] = 0


@njit(**INNER)
def _room(networks, value, low, high, cell, is_up, is_strict, work):
    """Say how far a cell can go while no group exceeds its place; only where that is strict may it bind a total."""
    if work.stuck[cell] == work.count[2]:
        return 0
    if is_up:
        room = high[cell] - value[cell]
        whole = networks.whole[cell]
        if whole >= 0:
            room = min(room, value[whole] + networks.excess[cell] - value[cell])
        return room
    room = value[cell] - low[cell]
    if is_strict and networks.is_total[cell]:
        for entry in range(networks.part_start[cell], networks.part_start[cell + 1]):
            part = networks.part[entry]
            room = min(room, value[cell] + networks.excess[part] - value[part])
    return room


@njit(**INNER)
def _way(networks, value, low, high, network, source, goal, banned, need, is_strict, work):
    """Find a shortest way to send `need` from source to goal, from both ends at once; return how many arcs it has."""
    work.count[1] += 1
    stamp = work.count[1]
    tail, head = networks.tail[network], networks.head[network]
    start, incident = networks.start[networks.first[network] :], networks.incident
    whole_of, excess, is_total = networks.whole, networks.excess, networks.is_total
    steps, mark, stamps, queue, stuck, mine = work.steps, work.mark, work.stamp, work.queue, work.stuck, work.count[2]
    for side in range(2):
        end = goal if side else source
        steps[side, end], mark[side, end], stamps[side, end] = 0, -1, stamp
        queue[side, 0] = end
    here_at, there_at = np.zeros(2, np.int64), np.ones(2, np.int64)
    spent = np.zeros(2, np.int64)
    best, meeting = -1, -1
    while here_at[0] < there_at[0] and here_at[1] < there_at[1]:
        one, other = queue[0, here_at[0]], queue[1, here_at[1]]
        if best >= 0 and steps[0, one] + steps[1, other] >= best:
            break
        ahead = spent[0] + start[one + 1] - start[one]
        back = spent[1] + start[other + 1] - start[other]
        side = 1 if ahead > back else 0
        spent[side] = back if side else ahead
        here = other if side else one
        here_at[side] += 1
        step = steps[side, here] + 1
        if best >= 0 and step >= best:
            continue
        for place in range(start[here], start[here + 1]):
            arc = incident[place]
            along = tail[arc] == here
            there = head[arc] if along else tail[arc]
            if stamps[side, there] == stamp or arc == banned:
                continue
            # What stands here is `_room`; calls of it would be most of the work.
            if along != (side == 1):
                room = high[arc] - value[arc]
                whole = whole_of[arc]
                if whole >= 0:
                    room = min(room, value[whole] + excess[arc] - value[arc])
            else:
                room = value[arc] - low[arc]
                if is_strict and is_total[arc] and room >= need:
                    room = _room(networks, value, low, high, arc, False, True, work)
            if room < need or stuck[arc] == mine:
                continue
            steps[side, there], mark[side, there], stamps[side, there] = step, arc, stamp
            queue[side, there_at[side]] = there
            there_at[side] += 1
            if stamps[1 - side, there] == stamp and (best < 0 or step + steps[1 - side, there] < best):
                best, meeting = step + steps[1 - side, there], there
    length = 0
    if best >= 0:
        for side in range(2):
            here, end = meeting, goal if side else source
            while here != end:
                arc = work.mark[side, here]
                # From the source an arc was gone through towards here, from the goal it is gone through from here on.
                along = (head[arc] == here) != (side == 1)
                work.way[length], work.sign[length] = arc, 1 if along else -1
                length += 1
                here = tail[arc] if head[arc] == here else head[arc]
    return length


@njit(**INNER)
def _set(value, cell, number, work):
    if not work.is_changed[cell]:
        work.is_changed[cell] = True
        work.changed[work.count[0]] = cell
        work.count[0] += 1
    value[cell] = number


@njit(**INNER)
def _send(networks, value, low, high, network, source, goal, banned, amount, is_strict, work):
    """Send up to `amount` from source to goal, all along one way where there is one; return how much went."""
    if source == goal:
        return amount
    left, need = amount, amount
    while left > 0:
        length = _way(networks, value, low, high, network, source, goal, banned, need, is_strict, work)
        if length == 0:
            if need == 1:
                break
            need = max(1, need // 2)
            continue
        for place in range(length):
            arc = work.way[place]
            _set(value, arc, value[arc] + work.sign[place] * need, work)
        left -= need
        need = min(need, left)
    return amount - left


@njit(**INNER)
def _follow(networks, value, low, high, number, mine, is_strict, work):
    """Let the groups of a partition follow the totals of their places; say whether they can.

    Where they cannot, the total that is not of the place `mine` is stuck.
    """
    network = networks.partition[number]
    totals = work.count[0]
    of, node, amount = np.empty(totals, np.int64), np.empty(totals, np.int64), np.empty(totals, np.int64)
    size = 0
    for place in range(totals):
        cell = work.changed[place]
        leaf = networks.leaf[number, networks.place[cell]]
        if networks.is_total[cell] and leaf >= 0 and value[cell] != work.before[cell]:
            of[size], node[size], amount[size] = cell, leaf, value[cell] - work.before[cell]
            size += 1
    up, down = 0, 0
    while True:
        while up < size and amount[up] <= 0:
            up += 1
        while down < size and amount[down] >= 0:
            down += 1
        if up == size and down == size:
            return True
        source = node[up] if up < size else GROUND
        goal = node[down] if down < size else GROUND
        piece = min(amount[up] if up < size else -amount[down], -amount[down] if down < size else amount[up])
        if _send(networks, value, low, high, network, source, goal, NO_CELL, piece, is_strict, work) < piece:
            for end in (up, down):
                if end < size and networks.place[of[end]] != mine:
                    work.stuck[of[end]] = work.count[2]
            return False
        if up < size:
            amount[up] -= piece
        if down < size:
            amount[down] += piece


@njit(**INNER)
def _give_way(networks, value, low, high, mine, is_strict, work):
    """Lower the groups that exceed their places, and raise them elsewhere; say whether that can be done."""
    for place in range(work.count[0]):
        total = work.changed[place]
        for entry in range(networks.part_start[total], networks.part_start[total + 1]):
            part = networks.part[entry]
            beyond = value[part] - value[total] - networks.excess[part]
            if beyond <= 0:
                continue
            of = networks.own[part]
            source, goal = networks.tail[of, part], networks.head[of, part]
            sent = 0
            if beyond <= value[part] - low[part]:
                sent = _send(networks, value, low, high, of, source, goal, part, beyond, is_strict, work)
            if sent < beyond:
                if networks.place[total] != mine:
                    work.stuck[total] = work.count[2]
                return False
            _set(value, part, value[part] - beyond, work)
    return True


@njit(**INNER)
def _carry(networks, value, low, high, cell, sign, most, is_strict, work):
    """Move a cell by up to `most` from where it is, and let all follow that has to; return how far it went.

    Not strict: a total may fall below a group of its place, which then falls with it. Where something cannot follow,
    another way is sought, and then a smaller step.
    """
    network, mine = networks.own[cell], networks.place[cell]
    tail, head = networks.tail[network, cell], networks.head[network, cell]
    source, goal = (head, tail) if sign > 0 else (tail, head)
    gone, amount, tries = 0, most, TRIES
    while amount > 0 and gone < most:
        amount = min(amount, most - gone, _room(networks, value, low, high, cell, sign > 0, is_strict, work))
        if amount <= 0:
            break
        went = _send(networks, value, low, high, network, source, goal, cell, amount, is_strict, work)
        follows = went > 0
        if follows:
            _set(value, cell, value[cell] + sign * went, work)
        for number in range(networks.partition.size):
            if follows and networks.joined[number] != network:
                follows = _follow(networks, value, low, high, number, mine, is_strict, work)
        if follows and _give_way(networks, value, low, high, mine, is_strict, work):
            for place in range(work.count[0]):
                work.before[work.changed[place]] = value[work.changed[place]]
            gone += went
            continue
        for place in range(work.count[0]):
            value[work.changed[place]] = work.before[work.changed[place]]
        tries -= 1
        if went == 0 or is_strict:
            break
        if tries == 0:
            amount, tries = amount // 2, TRIES
    return gone


@njit(**INNER)
def _move(networks, sums, base, value, low, high, cell, sign, most, is_strict, work):
    """Move a cell of the base world by up to `most`; return how far it went. The changed cells are in the work space.

    A group that would exceed its place is moved after its place has more.
    """
    work.count[2] += 1
    whole = networks.whole[cell]
    if sign > 0 and whole >= 0 and not is_strict:
        short = min(most, high[cell] - value[cell]) - (value[whole] + networks.excess[cell] - value[cell])
        if short > 0:
            _carry(networks, value, low, high, whole, sign, short, is_strict, work)
    went = _carry(networks, value, low, high, cell, sign, most, is_strict, work)
    changed = work.changed[: work.count[0]]
    return went if went > 0 and keeps(sums, changed, value[changed] - base[changed]) else 0


@njit(**INNER)
def _reset(base, value, work):
    for place in range(work.count[0]):
        cell = work.changed[place]
        value[cell] = work.before[cell] = base[cell]
        work.is_changed[cell] = False
    work.count[0] = 0


@njit(**INNER)
def _doubled(values):
    """Give values twice the room."""
    found = np.empty(2 * values.size, np.int64)
    for place in range(values.size):
        found[place] = values[place]
    return found


@njit(**FAST)
def _search(networks, sums, base, value, low, high, cells, asked, width, lacks, work):
    """Return for each cell which pair of worlds serves it and how far it rises in it, and the pairs, end after end."""
    of, rise = np.full(base.size, -1), np.zeros(base.size, np.int64)
    ends, pairs = np.empty(2 * cells.size, np.int64), 0
    changed, numbers, size = np.empty(1024, np.int64), np.empty(1024, np.int64), 0
    step = np.zeros(base.size, np.int64)
    for is_strict in (True, False):
        for cell in cells:
            if not lacks[cell]:
                continue
            left, mark = width, size
            for sign in (1, -1):
                went = _move(networks, sums, base, value, low, high, cell, sign, left, is_strict, work)
                left -= went
                if went == 0:
                    _reset(base, value, work)
                for place in range(work.count[0]):
                    moved = work.changed[place]
                    if value[moved] == base[moved]:
                        continue
                    if size == changed.size:
                        changed = _doubled(changed)
                        numbers = _doubled(numbers)
                    changed[size], numbers[size] = moved, value[moved]
                    size += 1
                _reset(base, value, work)
                # The world above comes second.
                if sign > 0:
                    middle = size
            if width - left < asked[cell]:
                size = mark
                continue
            for place in range(mark, size):
                step[changed[place]] += (1 if place < middle else -1) * (numbers[place] - base[changed[place]])
            for place in range(mark, size):
                other = changed[place]
                if lacks[other] and abs(step[other]) >= asked[other]:
                    of[other], rise[other], lacks[other] = pairs, step[other], False
            for place in range(mark, size):
                step[changed[place]] = 0
            ends[2 * pairs], ends[2 * pairs + 1] = middle, size
            pairs += 1
    return of, rise, ends[: 2 * pairs], changed[:size], numbers[:size]
