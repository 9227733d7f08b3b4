"""The release gate's promises about what is hidden: what the attackers found becomes results, each naming its cells.

The attacks are made elsewhere. A cell is named by its place, indicator, group and year; no hidden number is ever told.
"""

import polars as pl

NAMED = 10
"""Cells that a result names; the rest are counted."""
PROMISES = {
    ("shown", "elsewhere"): (
        "hidden_numbers_stand_nowhere",
        "No number that must stay hidden stands in its row, in another table or in an earlier release",
    ),
    ("subtraction",): (
        "nothing_is_found_by_subtraction",
        "No number that must stay hidden is what is left when shown numbers are subtracted",
    ),
    ("interval", "unsettled"): (
        "every_hidden_number_has_room",
        "What is shown leaves every number that must stay hidden as much room as the policy asks for",
    ),
    ("change",): (
        "no_change_tells_about_a_few",
        "No rate that changed since an earlier release tells about the few students who came or went",
    ),
    ("reopened",): (
        "hidden_stays_hidden",
        "No row that an earlier release hid is shown while its number is the same",
    ),
}


def judge_attacks(found: pl.DataFrame, attacked: int, *, narrowed: bool = True) -> list[dict[str, str | bool]]:
    """Turn what gave way (release, key, `quantity` and `attack`) into one result of the gate for each promise.

    Where programs were not tried (`narrowed` is false), the promise of room is not checked: a warning, for somebody to
    answer for, and never a pass.
    """
    return [
        _judged(name, title, found.filter(pl.col("attack").is_in(attacks)).unique(maintain_order=True), attacked)
        if narrowed or "interval" not in attacks or found["attack"].is_in(attacks).any()
        else _not_checked(name, title, attacked)
        for attacks, (name, title) in PROMISES.items()
    ]


def judge_proof(unproven: pl.DataFrame, sensitive: int) -> dict[str, str | bool]:
    """Turn the sensitive numbers that no two published worlds leave open (key and `quantity`) into a gate's result."""
    title = "Two published worlds leave every number that must stay hidden as much room as the policy asks for"
    return _judged("every_hidden_number_is_proven_open", title, unproven, sensitive)


def _judged(name: str, title: str, broken: pl.DataFrame, attacked: int) -> dict[str, str | bool]:
    holds = broken.is_empty()
    return {
        "expectation": name,
        "title": title,
        "success": holds,
        "outcome": "passed" if holds else "failed",
        "severity": "error",
        "observed": f"no breach in {attacked:,}" if holds else _named(broken),
    }


def _not_checked(name: str, title: str, attacked: int) -> dict[str, str | bool]:
    return {
        "expectation": name,
        "title": f"Not checked: {title}",
        "success": False,
        "outcome": "not_checked",
        "severity": "warning",
        "observed": f"programs were not tried: {attacked:,} hidden numbers are too many",
    }


def _named(broken: pl.DataFrame) -> str:
    cells = [
        f"{row['level']} {row['entity_id']}, {row['indicator']} {row['measure']}, {row['student_group']}, "
        f"{row['subject']}, {row['grade_span']}, {row['population']}, {row['school_year']} ({row['quantity']}"
        f"{', in release ' + row['release'] if row['release'] else ''})"
        for row in broken.head(NAMED).iter_rows(named=True)
    ]
    more = f"; and {broken.height - NAMED:,} more" if broken.height > NAMED else ""
    return f"{broken.height:,}: {'; '.join(cells)}{more}"
