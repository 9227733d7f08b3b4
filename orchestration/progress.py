"""How a long step says how far it is: one sentence in the log of its run, at most every second.

The same sentence is read in Dagster's UI by a person and by the command line, which draws a bar from it.
"""

import re
import time
from collections.abc import Callable
from dataclasses import dataclass

import dagster as dg


@dataclass(frozen=True)
class Progress:
    done: int
    total: int
    things: str

    def __str__(self) -> str:
        return f"{self.done} of {self.total} {self.things}"


def teller(context: dg.AssetExecutionContext, things: str) -> Callable[..., None]:
    """Give a function that takes what is done and the total, and logs it now and then."""
    told = -1.0

    def tell(done: int, total: int, *_: object) -> None:
        nonlocal told
        if done == total or time.monotonic() - told >= 1:
            told = time.monotonic()
            context.log.info(str(Progress(done, total, things)))

    return tell


def read(sentence: str) -> Progress | None:
    """Read such a sentence back; None for any other."""
    found = re.fullmatch(r"(\d+) of (\d+) (\w[\w ]*)", sentence)
    return found and Progress(int(found[1]), int(found[2]), found[3])
