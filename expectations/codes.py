"""Code sets: the csv files that dbt seeds as `reference.code_*`, read once and shared by the contracts.

Nothing else is read here, and no code is written down here: a code set has one home, its csv file.
"""

import csv
from functools import cache
from pathlib import Path

FOLDER = Path(__file__).resolve().parent.parent / "dbt_project" / "models" / "reference"


def code_set_file(name: str) -> Path:
    """Name the csv file of a code set, for example `grades`."""
    return FOLDER / f"code_{name}.csv"


@cache
def codes(name: str, **having: str) -> tuple[str, ...]:
    """Give the codes of a code set in the order of its file, or those whose other columns have the values named.

    Raises LookupError when the file is absent, empty or repeats a code, or when nothing has those values.
    """
    path = code_set_file(name)
    if not path.is_file():
        raise LookupError(f"there is no code set {name!r}: {path.name} is missing")
    with path.open(encoding="utf-8", newline="") as lines:
        rows = list(csv.DictReader(lines))
    listed = [row["code"] for row in rows]
    if "" in listed or len(set(listed)) != len(listed):
        raise LookupError(f"{path.name} lists a blank code, or one code twice")
    found = tuple(row["code"] for row in rows if having.items() <= row.items())
    if not found:
        raise LookupError(f"{path.name} lists no such code")
    return found
