"""The release gate's promises about what is hidden: what the attackers found becomes results, each naming its cells.

The attacks are made elsewhere. A cell is named by its place, indicator, group and year; no hidden number is ever told.
"""

from collections.abc import Iterable

import polars as pl

from expectations.releases.promises import Result, result

NAMED = 10
"""Cells that a result names; the rest are counted."""
PROMISES = {
    ("shown", "elsewhere"): "hidden_numbers_stand_nowhere",
    ("subtraction",): "nothing_is_found_by_subtraction",
    ("interval", "unsettled"): "every_hidden_number_has_room",
    ("change",): "no_change_tells_about_a_few",
    ("reopened",): "hidden_stays_hidden",
}
"""The attacks that break each promise, as promises.yml names it."""
REMEDIED = [*PROMISES.values()][:3]
REMEDY = ". The next `waymark run` hides these rows, or those beside them; then publish again"
"""What becomes of a row of this build that breaks one of these promises: whoever attacks has it withheld."""


def judge_attacks(
    found: pl.DataFrame, attacked: int, *, narrowed: bool = True, shown: Iterable[str] = ()
) -> list[Result]:
    """Turn what gave way (release, key, `quantity` and `attack`) into one result of the gate for each promise.

    Where programs were not tried (`narrowed` is false), the promise of room is not checked: a warning, for somebody to
    answer for, and never a pass. `shown` names the columns of the results that were attacked.
    """
    return [
        _judged(name, found.filter(pl.col("attack").is_in(attacks)).unique(maintain_order=True), attacked, shown)
        if narrowed or "interval" not in attacks or found["attack"].is_in(attacks).any()
        else _not_checked(name, attacked, shown)
        for attacks, name in PROMISES.items()
    ]


def judge_proof(unproven: pl.DataFrame, sensitive: int, shown: Iterable[str] = ()) -> Result:
    """Turn the sensitive numbers that no two published worlds leave open (key and `quantity`) into a gate's result."""
    return _judged("every_hidden_number_is_proven_open", unproven, sensitive, shown)


def _judged(name: str, broken: pl.DataFrame, attacked: int, shown: Iterable[str]) -> Result:
    outcome = "passed" if broken.is_empty() else "failed"
    observed = f"no breach in {attacked:,}" if broken.is_empty() else _named(broken)
    if name in REMEDIED and (broken["release"] == "").any():
        observed += REMEDY
    return result(name, outcome, observed, columns=_of_the_results(shown))


def _not_checked(name: str, attacked: int, shown: Iterable[str]) -> Result:
    observed = f"programs were not tried: {attacked:,} numbers that nobody may work out are too many"
    return result(name, "not_checked", observed, severity="warning", columns=_of_the_results(shown))


def _of_the_results(names: Iterable[str]) -> list[str]:
    return [f"values.{name}" for name in names]


def _named(broken: pl.DataFrame) -> str:
    cells = [
        f"{row['level']} {row['entity_id']}, {row['indicator']} {row['measure']}, {row['student_group']}, "
        f"{row['subject']}, {row['grade_span']}, {row['population']}, {row['school_year']} ({row['quantity']}"
        f"{', in release ' + row['release'] if row['release'] else ''})"
        for row in broken.head(NAMED).iter_rows(named=True)
    ]
    more = f"; and {broken.height - NAMED:,} more" if broken.height > NAMED else ""
    return f"{broken.height:,}: {'; '.join(cells)}{more}"
