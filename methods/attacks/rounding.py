"""What a rounded percent tells about the counts behind it: which whole numbers would have been rounded to it.

Percents are rounded half up, once, from exact counts; the arithmetic here is whole numbers throughout.
"""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from methods.attacks.system import Whole


def numerators(percent: ArrayLike, denominator: ArrayLike, decimals: ArrayLike = 0) -> tuple[Whole, Whole]:
    """Give the least and greatest numerator that rounds to each percent; least exceeds greatest if none does."""
    scale = 10 ** np.asarray(decimals, dtype=np.int64)
    shown = np.rint(np.asarray(percent, dtype=np.float64) * scale).astype(np.int64)
    total = np.asarray(denominator, dtype=np.int64)
    low = -(-(2 * shown - 1) * total // (200 * scale))
    high = -(-(2 * shown + 1) * total // (200 * scale)) - 1
    return np.maximum(low, 0), np.minimum(high, total)


def numerators_between(low: ArrayLike, high: ArrayLike, denominator: ArrayLike) -> tuple[Whole, Whole]:
    """Give the least and greatest numerator whose exact percent lies between two bounds, ends included.

    A bound that is missing (NaN) is open: nothing, or everyone.
    """
    total = np.asarray(denominator, dtype=np.int64)
    ends = (np.where(np.isnan(end), open_end, end) for end, open_end in ((_real(low), 0.0), (_real(high), 100.0)))
    from_ten_thousandths, to_ten_thousandths = (np.rint(end * 10_000).astype(np.int64) for end in ends)
    return -(-from_ten_thousandths * total // 1_000_000), to_ten_thousandths * total // 1_000_000


def pairs(percent: float, decimals: int, least: int, greatest: int) -> list[tuple[int, int]]:
    """List every denominator between two bounds with a numerator that would be rounded to this percent."""
    totals = np.arange(max(least, 1), greatest + 1)
    low, high = numerators(np.full(totals.size, percent), totals, decimals)
    return [(int(total), part) for total, a, b in zip(totals, low, high, strict=True) for part in range(a, b + 1)]


def _real(values: ArrayLike) -> NDArray[np.float64]:
    return np.asarray(values, dtype=np.float64)
