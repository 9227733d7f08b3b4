"""Random numbers that depend on a seed, a purpose and a key alone, so that neither order nor processes matter.

Nothing here knows what is simulated. Never draw from a generator that two places share.
"""

import hashlib

import numpy as np
from scipy.special import ndtri

_STEP = np.uint64(0x9E3779B97F4A7C15)
_FIRST, _SECOND = np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB)


def draws(seed: int, purpose: str, *key: int | str) -> np.random.Generator:
    """Give the stream of random numbers of a purpose and a key, such as ("absences", 2025, "0012")."""
    return np.random.Generator(np.random.Philox(key=_words(seed, purpose, *key)))


def uniforms(seed: int, purpose: str, numbers: np.ndarray) -> np.ndarray:
    """Give each number (of a student, a school) its own value between 0 and 1, the same whoever asks and when."""
    mixed = _mixed(seed, purpose, numbers) >> np.uint64(11)
    return (mixed.astype(np.float64) + 0.5) * 2.0**-53


def normals(seed: int, purpose: str, numbers: np.ndarray) -> np.ndarray:
    """Give each number its own value of a standard normal distribution, the same whoever asks and when."""
    return ndtri(uniforms(seed, purpose, numbers))


def _words(*key: int | str) -> np.ndarray:
    return np.frombuffer(hashlib.blake2b(repr(key).encode(), digest_size=16).digest(), dtype=np.uint64)


def _mixed(seed: int, purpose: str, numbers: np.ndarray) -> np.ndarray:
    """Mix as SplitMix64 does (Steele, Lea and Flood 2014), once more for the second word of the key."""
    first, second = _words(seed, purpose)
    mixed = np.asarray(numbers).astype(np.uint64) * _STEP + first
    for word in (second, np.uint64(0)):
        mixed = (mixed ^ (mixed >> np.uint64(30))) * _FIRST
        mixed = (mixed ^ (mixed >> np.uint64(27))) * _SECOND
        mixed = (mixed ^ (mixed >> np.uint64(31))) + word
    return mixed
