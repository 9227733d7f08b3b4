"""What two releases tell together that neither tells alone: the few students who came or went between them."""

import numpy as np
from numpy.typing import ArrayLike, NDArray


def told_by_change(
    before: tuple[ArrayLike, ArrayLike], now: tuple[ArrayLike, ArrayLike], minimum: ArrayLike
) -> NDArray[np.bool_]:
    """Mark the rates whose change is that of fewer than `minimum` students.

    `before` and `now` are numerators and denominators, NaN where a release does not show them. A denominator that went
    from 48 to 47 beside a numerator that stayed says how the one student who left had done.
    """
    (part_before, of_before), (part, of) = (
        tuple(np.asarray(end, dtype=np.float64) for end in pair) for pair in (before, now)
    )
    moved = np.abs(of - of_before)
    return (moved > 0) & (moved < np.asarray(minimum)) & ~np.isnan(part - part_before)
