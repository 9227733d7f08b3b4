"""Arrays to columns: dates, words by place, and blanks. What the columns say is decided elsewhere."""

from collections.abc import Sequence

import numpy as np
import polars as pl


def dates(days: np.ndarray, known: np.ndarray | None = None) -> pl.Series:
    """Turn days counted from 1970 into dates, blank where they are not known."""
    column = pl.Series(np.asarray(days).astype(np.int32)).cast(pl.Date)
    return column if known is None else where(column, known)


def where(values: pl.Series, known: np.ndarray) -> pl.Series:
    """Keep values where they are known, and leave the others blank."""
    return pl.select(pl.when(pl.Series(known)).then(values)).to_series()


def words(of: Sequence[str | None], places: np.ndarray) -> pl.Series:
    """Give the words at these places of a list."""
    return pl.Series(of, dtype=pl.String).gather(np.asarray(places).astype(np.uint32))
