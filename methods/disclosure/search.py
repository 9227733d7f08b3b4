"""The cheapest cycles through a cell of a table: two worlds that differ there, and what must be withheld for them.

What is withheld in vain is shown again. Everything here is compiled and works on a `Network`, the numbers of its table
(`NUMBER`) and a space to work in: [node, 4], the cost at which each of two sides reached a node, or -1, which it is
left at, and the step that did. Values and intervals are as they were when a search is done, but for what it says that
it withheld.
"""

import numpy as np
from numba import njit

from methods.disclosure.network import FAST, INNER

UNBOUNDED = 1 << 40
"""The widest interval of a number that nothing bounds."""


NUMBER = np.dtype([
    (name, np.int64) for name in ("value", "low", "high", "widest", "price", "kept", "shown_low", "shown_high")
])  # fmt: skip
"""A number of a table and the closed interval in which it may move; the value from which worlds are sought, and the
interval while the cell is not withheld."""
WAYS = np.array([(1, 0, 0), (-1, 0, 0), (1, 1, 1), (-1, 1, 1), (1, 0, 1), (-1, 0, 1)])
WAYS.flags.writeable = False
"""In which direction a cell is moved first, and whether cells may be withheld for it and for the other direction."""
PAYS = np.array([1, 0, 1, 0])
"""Whether cells may be withheld at first; then while what can be shown again for nothing is, then what can be for less
than it is worth, then what can be for nothing since."""


@njit(**INNER)
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


@njit(**INNER)
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
def _path(network, numbers, space, banned, source, goal, need, may_pay):
    """Find the cheapest way to send `need` from source to goal; return its arcs, and +1 or -1 for each.

    A step that raises a cell or lowers it within [low, high] costs 1; beyond, the cell must be withheld, at its price.
    The way is sought from both ends at once (Pohl 1971), on the side that was less work so far: the sums of a state
    have thousands of arcs, and most ends have few.
    """
    start, steps = network.start, network.steps
    heap_cost = np.empty((2, 64), np.int64)
    heap_node = np.empty((2, 64), np.int64)
    size = np.ones(2, np.int64)
    work = np.zeros(2, np.int64)
    heap_cost[:, 0] = 0
    heap_node[0, 0], heap_node[1, 0] = source, goal
    touched = np.empty(64, np.int64)
    touched_size = 2
    touched[0], touched[1] = source, goal
    space[source, 0] = space[goal, 1] = 0
    best, meeting, meeting_side = -1, -1, 0
    while size[0] > 0 and size[1] > 0:
        if best >= 0 and heap_cost[0, 0] + heap_cost[1, 0] >= best:
            break
        first, second = heap_node[0, 0], heap_node[1, 0]
        more = work[0] + start[first + 1] - start[first] - work[1] - start[second + 1] + start[second]
        side = 1 if more > 0 else 0
        here_cost, here = heap_cost[side, 0], heap_node[side, 0]
        _pop(heap_cost, heap_node, side, size[side])
        size[side] -= 1
        if here_cost > space[here, side]:
            continue
        work[side] += start[here + 1] - start[here]
        for place in range(start[here], start[here + 1]):
            arc, there = steps[place].arc, steps[place].there
            if arc == banned or there == here:
                continue
            up = steps[place].rises != side
            value = numbers[arc].value
            free = numbers[arc].high - value if up else value - numbers[arc].low
            if free >= need:
                step = 1
            elif may_pay:
                wide = numbers[arc].widest - value if up else value
                if wide < need:
                    continue
                step = 1 + numbers[arc].price
            else:
                continue
            total = here_cost + step
            if (space[there, side] >= 0 and total >= space[there, side]) or (best >= 0 and total >= best):
                continue
            if space[there, 1 - side] >= 0 and (best < 0 or total + space[there, 1 - side] < best):
                best, meeting, meeting_side = total + space[there, 1 - side], place, side
            if space[there, side] < 0:
                if touched_size == touched.size:
                    touched = joined(touched, touched)
                touched[touched_size] = there
                touched_size += 1
            space[there, side] = total
            space[there, 2 + side] = place
            if size[side] == heap_cost.shape[1]:
                heap_cost, heap_node = _doubled(heap_cost), _doubled(heap_node)
            _push(heap_cost, heap_node, side, size[side], total, there)
            size[side] += 1
    arcs, signs = np.empty(touched_size, np.int64), np.empty(touched_size, np.int64)
    length = 0
    if best >= 0:
        arcs[0], signs[0], length = steps[meeting].arc, 1 if steps[meeting].rises != meeting_side else -1, 1
        for side in range(2):
            node = steps[meeting].here if side == meeting_side else steps[meeting].there
            end = goal if side else source
            while node != end:
                step = steps[space[node, 2 + side]]
                arcs[length], signs[length] = step.arc, 1 if step.rises != side else -1
                length += 1
                node = step.here
    for place in range(touched_size):
        space[touched[place], 0] = space[touched[place], 1] = -1
    return best >= 0, arcs[:length], signs[:length]


@njit(**INNER)
def _doubled(rows):
    """Give two rows twice the room."""
    size = rows.shape[1]
    found = np.empty((2, 2 * size), np.int64)
    for row in range(2):
        for place in range(size):
            found[row, place] = rows[row, place]
    return found


@njit(**INNER)
def joined(cells, more):
    """Give cells and more cells as one array."""
    found = np.empty(cells.size + more.size, np.int64)
    for place in range(cells.size):
        found[place] = cells[place]
    for place in range(more.size):
        found[cells.size + place] = more[place]
    return found


@njit(**INNER)
def below(rows, more):
    """Give rows and, below them, more rows of the same width."""
    found = np.empty((len(rows) + len(more), rows.shape[1]), np.int64)
    for at in range(rows.shape[1]):
        for place in range(len(rows)):
            found[place, at] = rows[place, at]
        for place in range(len(more)):
            found[len(rows) + place, at] = more[place, at]
    return found


@njit(**INNER)
def distinct(cells):
    """Give each of a few cells once, by number."""
    found, size = np.empty(cells.size, np.int64), 0
    for cell in cells:
        place = size
        while place > 0 and found[place - 1] > cell:
            place -= 1
        if place > 0 and found[place - 1] == cell:
            continue
        for at in range(size, place, -1):
            found[at] = found[at - 1]
        found[place] = cell
        size += 1
    return found[:size]


@njit(**INNER)
def _send(network, numbers, space, source, goal, banned, amount, may_pay):
    """Send up to `amount` from source to goal; return how much went, over which arcs, and which of them were withheld.

    All of it goes along one way where there is one, else piece by piece.
    """
    used, paid = np.empty(0, np.int64), np.empty(0, np.int64)
    if source == goal:
        return amount, used, paid
    left, need = amount, amount
    while left > 0:
        found, way, signs = _path(network, numbers, space, banned, source, goal, need, may_pay)
        if not found:
            if need == 1:
                break
            need = max(1, need // 2)
            continue
        spent, size = np.empty(way.size, np.int64), 0
        for place in range(way.size):
            number = numbers[way[place]]
            number.value += signs[place] * need
            if number.value < number.low or number.value > number.high:
                number.low, number.high = 0, number.widest
                spent[size] = way[place]
                size += 1
        used, paid = joined(used, way), joined(paid, spent[:size])
        left -= need
        need = min(need, left)
    return amount - left, used, paid


@njit(**FAST)
def show(numbers, cells):
    """Show cells again that have been withheld."""
    for cell in cells:
        number = numbers[cell]
        number.low, number.high = number.shown_low, number.shown_high


@njit(**INNER)
def withhold(numbers, cells):
    """Say nothing of some cells any more; give the price of that."""
    price = 0
    for cell in cells:
        number = numbers[cell]
        number.low, number.high = 0, number.widest
        price += number.price
    return price


@njit(**INNER)
def _taken(numbers, cells, sign):
    """Give [change, 3] the cells that have another number now, that number and a sign, and put their own back."""
    found, size = np.empty((cells.size, 3), np.int64), 0
    for cell in cells:
        number = numbers[cell]
        if number.value != number.kept:
            found[size, 0], found[size, 1], found[size, 2] = cell, number.value, sign
            size += 1
            number.value = number.kept
    return found[:size]


@njit(**INNER)
def _move(network, numbers, space, cell, sign, amount, may_pay):
    """Raise or lower a cell by up to `amount` and let others make up for it.

    Return the changes as `_taken` does, how much it was, and the cells withheld. Where the total of a place moves, its
    groups must follow in every other partition; where they cannot, nothing moves.
    """
    own = network.cells[cell]
    source, goal = (own.head, own.tail) if sign > 0 else (own.tail, own.head)
    went, changed, paid = _send(network, numbers, space, source, goal, cell, amount, may_pay)
    numbers[cell].value += sign * went
    changed = distinct(joined(changed, np.array([cell])))
    total, size = np.empty(changed.size, np.int64), 0
    for one in changed:
        if network.cells[one].is_total and numbers[one].value != numbers[one].kept:
            total[size] = one
            size += 1
    node, left = np.empty(size, np.int64), np.empty(size, np.int64)
    ok = went > 0
    for family in range(len(network.leaf) if size else 0):
        if family == own.family:
            continue
        leaf = network.leaf[family]
        for at in range(size):
            node[at] = leaf[network.cells[total[at]].place]
            left[at] = numbers[total[at]].value - numbers[total[at]].kept if node[at] >= 0 else 0
        while ok:
            # From the first place that has more students to the first that has fewer, or from and to outside.
            up, down = -1, -1
            for at in range(size - 1, -1, -1):
                if left[at] > 0:
                    up = at
                elif left[at] < 0:
                    down = at
            if up < 0 and down < 0:
                break
            piece = min(left[up] if up >= 0 else UNBOUNDED, -left[down] if down >= 0 else UNBOUNDED)
            source, goal = node[up] if up >= 0 else leaf[-1], node[down] if down >= 0 else leaf[-1]
            sent, arcs, more = _send(network, numbers, space, source, goal, cell, piece, may_pay)
            changed, paid = joined(changed, arcs), joined(paid, more)
            ok = sent == piece
            if up >= 0:
                left[up] -= piece
            if down >= 0:
                left[down] += piece
    changes = _taken(numbers, distinct(changed), sign)
    if not ok:
        show(numbers, paid)
        return changes[:0], 0, paid[:0]
    return changes, went, paid


@njit(**INNER)
def pair(network, numbers, space, cell, width, way):
    """Find two worlds that differ by up to `width` in a cell, one of `WAYS`.

    Return the changes [change, 3] as cell, number and +1 for the high world or -1 for the low one; the difference; and
    the cells that are withheld: none where it is less than was asked.
    """
    changes, paid, left = np.empty((0, 3), np.int64), np.empty(0, np.int64), width
    for turn in range(2):
        sign, own = way[0] * (1 - 2 * turn), numbers[cell]
        amount = min(left, own.high - own.value if sign > 0 else own.value - own.low)
        if amount > 0:
            found, went, more = _move(network, numbers, space, cell, sign, amount, way[1 + turn])
            changes, paid = below(changes, found), joined(paid, more)
            left -= went
    if left > 0:
        show(numbers, paid)
        paid = paid[:0]
    return changes, width - left, paid


@njit(**FAST)
def worlds(network, numbers, space, cell, width, may_pay):
    """Find two worlds as `pair` gives them; where cells may be withheld for them, the cheapest of the ways to go.

    Cells are withheld only where the worlds differ by less than `width` without.
    """
    changes, went, paid = pair(network, numbers, space, cell, width, WAYS[0])
    least = -1
    for place in range(2, len(WAYS) if may_pay and went < width else 2):
        found, wide, spent = pair(network, numbers, space, cell, width, WAYS[place])
        price = withhold(numbers, spent)
        show(numbers, spent)
        if place == 2 or (wide >= width and (least < 0 or price < least)):
            changes, went, paid = found, wide, spent
            least = price if wide >= width else -1
    withhold(numbers, paid)
    return changes, went, paid


@njit(**FAST)
def protect(network, numbers, space, cells, widths, dear):
    """Withhold what it takes for each of `cells`, in their order, and show again what is not needed, first the dear."""
    size = numbers.size
    wanted, withheld = np.zeros(size, np.int64), np.zeros(size, np.bool_)
    # What the worlds of a cell change, one after the other: `uses[at[cell, 0] : at[cell, 1]]`.
    uses, used, at = np.empty(1024, np.int64), 0, np.zeros((size, 2), np.int64)
    # Which cells need a cell: a chain of `users` [cell, next] from `last`; some of them may need it no more.
    users, links, last = np.empty((1024, 2), np.int64), 0, np.full(size, -1)
    failed, failures = np.empty(cells.size, np.int64), 0
    # For which cell one was withheld, or which could not do without it when that was tried last.
    needed = np.full(size, -1)
    for place in range(cells.size):
        wanted[cells[place]] = widths[place]
    for cell in cells:
        changes, went, paid = worlds(network, numbers, space, cell, wanted[cell], PAYS[0])
        if went < wanted[cell]:
            failed[failures] = cell
            failures += 1
            continue
        for arc in paid:
            withheld[arc], needed[arc] = True, cell
        uses, used = _note(uses, used, at, cell, changes)
        users, links = _link(users, links, last, uses, at, cell)
    for may_pay in PAYS[1:]:
        in_turn, turns = np.empty(size, np.int64), 0
        for arc in dear:
            if withheld[arc] and wanted[arc] == 0:
                in_turn[turns] = arc
                turns += 1
        for arc in in_turn[:turns]:
            # Where nothing is withheld, the order decides nothing but how soon it is known that one cannot do without.
            mine = _users(users, last[arc], uses, at, arc, -1 if may_pay else needed[arc])
            was, before, number = np.empty((mine.size, 2), np.int64), used, numbers[arc]
            for place in range(mine.size):
                was[place, 0], was[place, 1] = at[mine[place], 0], at[mine[place], 1]
            low, high = number.low, number.high
            number.low, number.high = number.shown_low, number.shown_high
            instead, spent, ok = np.empty(0, np.int64), 0, True
            for cell in mine:
                changes, went, paid = worlds(network, numbers, space, cell, wanted[cell], may_pay)
                instead = joined(instead, paid)
                spent += withhold(numbers, paid)
                ok = went >= wanted[cell] and spent < number.price
                if not ok:
                    needed[arc] = cell
                    break
                uses, used = _note(uses, used, at, cell, changes)
            if ok:
                withheld[arc] = False
                for other in instead:
                    withheld[other], needed[other] = True, mine[0]
                for cell in mine:
                    users, links = _link(users, links, last, uses, at, cell)
            else:
                show(numbers, instead)
                number.low, number.high, used = low, high, before
                for place in range(mine.size):
                    at[mine[place], 0], at[mine[place], 1] = was[place, 0], was[place, 1]
    return withheld, failed[:failures]


@njit(**INNER)
def _note(uses, used, at, cell, changes):
    """Note which cells the worlds of a cell change."""
    arcs = distinct(changes[:, 0])
    while used + arcs.size > uses.size:
        uses = joined(uses, uses)
    for place in range(arcs.size):
        uses[used + place] = arcs[place]
    at[cell, 0], at[cell, 1] = used, used + arcs.size
    return uses, used + arcs.size


@njit(**INNER)
def _link(users, links, last, uses, at, cell):
    """Note a cell with all those that its worlds change."""
    for arc in uses[at[cell, 0] : at[cell, 1]]:
        if links == len(users):
            users = below(users, users)
        users[links, 0], users[links, 1] = cell, last[arc]
        last[arc] = links
        links += 1
    return users, links


@njit(**INNER)
def _users(users, link, uses, at, arc, first):
    """Give the cells whose worlds change a cell, by number, but one before the others if it is among them."""
    found, size = np.empty(16, np.int64), 0
    while link >= 0:
        cell, link = users[link, 0], users[link, 1]
        mine = uses[at[cell, 0] : at[cell, 1]]
        place = np.searchsorted(mine, arc)
        if place < mine.size and mine[place] == arc:
            if size == found.size:
                found = joined(found, found)
            found[size] = cell
            size += 1
    found = distinct(found[:size])
    place = np.searchsorted(found, first)
    if place < found.size and found[place] == first:
        for back in range(place, 0, -1):
            found[back] = found[back - 1]
        found[0] = first
    return found
