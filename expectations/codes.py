"""Code sets: the csv files that dbt seeds as `reference.code_*`, read once and shared by the contracts.

The tables of policy beside them are named here and not read. Nothing else is known here, and no code is written down
here: a code set has one home, its csv file.
"""

import csv
from datetime import date
from functools import cache
from pathlib import Path

FOLDER = Path(__file__).resolve().parent.parent / "dbt_project" / "models" / "reference"


def code_set_file(name: str) -> Path:
    """Name the csv file of a code set, for example `grades`."""
    return FOLDER / f"code_{name}.csv"


def policy_file(name: str) -> Path:
    """Name the csv file of a table of the state's policy, for example `cut_scores`."""
    return FOLDER / f"policy_{name}.csv"


@cache
def codes(name: str, **having: str) -> tuple[str, ...]:
    """Give the codes of a code set in the order of its file, or those whose other columns have the values named.

    Raises LookupError when the file is absent, empty or repeats a code, or when nothing has those values.
    """
    found = tuple(row["code"] for row in code_set(name) if having.items() <= row.items())
    if not found:
        raise LookupError(f"{code_set_file(name).name} lists no such code")
    return found


def code_set(name: str) -> list[dict[str, str]]:
    """Give the rows of a code set: each code with its labels and whatever else its file says of it."""
    path = code_set_file(name)
    if not path.is_file():
        raise LookupError(f"there is no code set {name!r}: {path.name} is missing")
    with path.open(encoding="utf-8", newline="") as lines:
        rows = list(csv.DictReader(lines))
    listed = [row["code"] for row in rows]
    if "" in listed or len(set(listed)) != len(listed):
        raise LookupError(f"{path.name} lists a blank code, or one code twice")
    return rows


def dates_in_force(name: str) -> dict[str, tuple[date | None, date | None]]:
    """Give the first and the last day of the codes that are not always in force.

    They stand in the columns `effective_from` and `effective_to` of the file, where it has them; blank: without end.
    """
    dates = {
        row["code"]: tuple(
            date.fromisoformat(row[end]) if row.get(end) else None for end in ("effective_from", "effective_to")
        )
        for row in code_set(name)
    }
    return {code: ends for code, ends in dates.items() if any(ends)}
