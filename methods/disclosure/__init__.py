"""Which cells must be hidden so that nobody can be recognized.

Primary hiding by minimum n lives here, on plain arrays. Reading results and writing the mask belongs to whoever calls.
"""

import numpy as np
from numpy.typing import ArrayLike, NDArray


def primary_mask(student_count: ArrayLike, minimum: ArrayLike) -> NDArray[np.bool_]:
    """Mark the cells whose student count lies strictly between zero and the minimum.

    `minimum` is one number or one per cell. Nobody stands behind a count of zero, so it stays. A count that is missing
    (NaN) is marked: a cell that nobody can vouch for is not shown. A missing or non-positive minimum and a negative
    count raise ValueError, because comparing with them would quietly show everything.
    """
    counts = np.asarray(student_count, dtype=np.float64)
    minimums = np.asarray(minimum, dtype=np.float64)
    if not np.all(minimums > 0):
        raise ValueError("every cell needs a positive minimum number of students")
    if np.any(counts < 0):
        raise ValueError("a student count cannot be negative")
    return (counts != 0) & ~(counts >= minimums)
