"""How a step of a run works: in a prepared home, alone, and with failures told plainly.

When something breaks, what may be said is what, which kind of error, and where in the code. The message of a database,
a reader or a validator can hold rows of students, so it goes nowhere: not to the screen, a log or Dagster's records.
"""

import hashlib
import re
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import dagster as dg
import polars as pl

from orchestration import settings
from orchestration.settings import ROOT, CannotRunError, Home
from submissions.store import write_atomically

# The rooms whose own errors are written for people and hold no value of a record.
ROOMS = ("submissions", "expectations", "methods", "reports")
WRAPPERS = ("Runtime Error", "Database Error")
# Errors about the code of a query or the name of a file; they never quote a value of a table.
ABOUT_CODE = ("Parser Error", "Binder Error", "Catalog Error", "Compilation Error", "IO Error")


@contextmanager
def at_work(step: str) -> Iterator[Home]:
    """Lend the home to a step of a run; let the step fail with one sentence that holds no value of a record."""
    try:
        place = settings.enter()
        settings.hold(place)
        yield place
    except dg.Failure:
        raise
    except CannotRunError as error:
        raise dg.Failure(str(error), allow_retries=False) from None
    except Exception as error:
        own = type(error).__module__.partition(".")[0] in ROOMS
        told = f"{step} stopped: {error}" if own else f"{step} broke: {where(error)}."
        raise dg.Failure(told, allow_retries=False) from None


def write_table(table: pl.DataFrame, path: Path) -> dict[str, Any]:
    """Write what a method found as Parquet, whole or not at all; return its number of rows and checksum."""
    with write_atomically(path) as part:
        table.write_parquet(part)
    return {"rows": table.height, "sha256": hashlib.sha256(path.read_bytes()).hexdigest()}


def where(error: BaseException) -> str:
    """Name the kind of an error, what the system said, and the last line of this project that it passed through."""
    own = [frame for frame in traceback.extract_tb(error.__traceback__) if Path(frame.filename).is_relative_to(ROOT)]
    inside = [frame for frame in own if ".venv" not in frame.filename]
    place = f" at {Path(inside[-1].filename).relative_to(ROOT)}:{inside[-1].lineno}" if inside else ""
    system = f" ({error.strerror})" if isinstance(error, OSError) and error.strerror else ""
    return f"{type(error).__name__}{system}{place}"


def without_values(message: str) -> str:
    """Reduce what dbt or DuckDB said to the kind of error, or to the whole where it can only be about code or files."""
    kinds = re.findall(r"\b([A-Z]\w+(?: [A-Z]\w+)* Error)\b", message)
    kind = next((kind for kind in kinds if kind not in WRAPPERS), "an error of a kind not known")
    return " ".join(message.split()) if kind in ABOUT_CODE else kind
