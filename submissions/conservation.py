"""Proof that loading a table changes no value: for each column, a sum of hashes that is the same before and after.

The sum does not depend on the order of the rows. It is taken over bytes, the same way on both sides: from the file as
sent, at the places where its values were proved to begin and end, and from what the fast reader made of it.
"""

import numpy as np
import polars as pl

_LENGTH, _FIRST, _SECOND = np.uint64(0xD6E8FEB86659FD93), np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB)
_HALF, _THIRTY = np.uint64(32), np.uint64(29)
_WORD = 8
_OF_WORD = np.array([(1 << 8 * size) - 1 for size in range(_WORD + 1)], np.uint64)
"""What keeps the first bytes of a word, by their number."""


def sums_of_values(content: np.ndarray, starts: np.ndarray, sizes: np.ndarray, width: int) -> np.ndarray:
    """Sum the hashes by column. The values stand in `content` row by row, where `starts` and `sizes` say."""
    return _hashes(content, starts, sizes).reshape(-1, width).sum(axis=0, dtype=np.uint64)


def sums_of_frame(frame: pl.DataFrame) -> np.ndarray:
    """Sum the hashes of every column of text, none of whose values is null."""
    return np.array([_sum_of_column(column) for column in frame], np.uint64)


def _sum_of_column(column: pl.Series) -> np.uint64:
    """Sum the hashes of a column where its bytes stand: Arrow keeps them one after the other, with where each ends."""
    array = column.to_arrow()
    _, offsets, data = array.buffers()
    ends = np.frombuffer(offsets, np.int64)[array.offset : array.offset + len(array) + 1]
    content = np.frombuffer(data, np.uint8) if data else np.empty(0, np.uint8)
    return _hashes(content, ends[:-1], np.diff(ends)).sum(dtype=np.uint64)


def _hashes(content: np.ndarray, starts: np.ndarray, sizes: np.ndarray) -> np.ndarray:
    """Hash every value, eight bytes at a time, for as long as values last."""
    padded = np.concatenate((content, np.zeros(_WORD, np.uint8)))
    words = np.ndarray(len(content) + 1, "<u8", padded.data, strides=(1,))
    hashes = sizes.astype(np.uint64)
    hashes *= _LENGTH
    rest, starts, going = sizes, starts, None
    while len(rest):
        word = words[starts]
        word &= _OF_WORD[np.minimum(rest, _WORD)]
        if going is None:
            hashes = _mixed(hashes ^ word)
        else:
            hashes[going] = _mixed(hashes[going] ^ word)
        longer = np.flatnonzero(rest > _WORD)
        going = longer if going is None else going[longer]
        rest, starts = rest[longer] - _WORD, starts[longer] + _WORD
    return hashes


def _mixed(hashes: np.ndarray) -> np.ndarray:
    """Let every bit depend on every other, so that two values that exchange bytes do not cancel out."""
    hashes ^= hashes >> _HALF
    hashes *= _FIRST
    hashes ^= hashes >> _THIRTY
    hashes *= _SECOND
    hashes ^= hashes >> _HALF
    return hashes
