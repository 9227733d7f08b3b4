"""How numbers and comparisons are said.

Every page, chart and headline takes its words from here, so that one fact is never said in two ways. Names of
indicators, groups and statuses are not here: they come with the release.
"""

import re

import polars as pl

HIGHER, SAME, LOWER, CANNOT_TELL = "higher", "about the same", "lower", "cannot tell"

USE = {
    "federal_required": "Federal law requires this number.",
    "state_policy": "State policy uses this number.",
    "diagnostic": "For finding out and improving, not for judging a school.",
    "research": "For research only.",
}
BETTER = {
    "higher": "A higher number is better.",
    "lower": "A lower number is better.",
    "neither": "Neither a higher nor a lower number is better by itself.",
}
# Where growth is drawn over level, clockwise from the upper left.
CORNERS = ("Behind and catching up", "Ahead and moving on", "Ahead and growing less", "Behind and growing less")

_FORMULA = "[=+\\-@\t\r＝＋－＠]"


def as_text(numbers: pl.DataFrame, decimals: pl.Series) -> pl.DataFrame:
    """Write each row of decimals as text, all with the fewest decimals that say them exactly.

    A number and its likely range were rounded alike, so together they tell how: 53.0 between 48.0 and 58.0 is 53 in
    whole percents. A row that needs more decimals than `decimals` has for it raises ValueError.
    """
    places = range(int(decimals.max()) + 1) if decimals.len() else range(1)
    exact = [pl.all_horizontal((pl.all().cast(pl.Decimal(38, n)) == pl.all()).fill_null(True)) for n in places]
    needed = numbers.select(
        pl.coalesce(pl.when(fits).then(n) for n, fits in zip(places, exact, strict=True))
    ).to_series()
    if needed.null_count() or (needed > decimals).any():
        raise ValueError("a published number has more decimals than its indicator declares")
    return numbers.select(
        pl.coalesce(
            pl.when(needed == n).then(pl.col(name).cast(pl.Decimal(38, n)).cast(pl.String)) for n in places
        ).alias(name)
        for name in numbers.columns
    )


def decimals_of(results: pl.DataFrame, measures: pl.DataFrame) -> pl.Series:
    """Give for each row of results how many decimals its measure may show; nothing for a measure that is not there."""
    keys = ["indicator", "measure"]
    shown = measures.select(*keys, "decimals")
    return results.select(keys).join(shown, on=keys, how="left", maintain_order="left")["decimals"]


def guarded(text: pl.Expr) -> pl.Expr:
    """Put an apostrophe before text that a spreadsheet would run as a formula."""
    return text.str.replace(f"^('*{_FORMULA})", "'${1}")


def unguarded(text: pl.Expr) -> pl.Expr:
    """Take away the apostrophe that `guarded` put."""
    return text.str.replace(f"^'('*{_FORMULA})", "${1}")


def school_year(ending: int) -> str:
    """Say the school year that ends in the year given."""
    return f"{ending - 1}–{ending % 100:02d}"


def count(number: int) -> str:
    """Write a count with a comma at each thousand."""
    return f"{number:,}"


def policy_number(text: str) -> str:
    """Write a number of a policy without zeros that say nothing."""
    return text.rstrip("0").rstrip(".") if re.fullmatch(r"-?\d+\.\d+", text) else text


def with_unit(value: str, unit: str) -> str:
    """Write a published number with its unit."""
    if unit in ("days", "years"):
        return f"{value} {unit[:-1] if value == '1' else unit}"
    return value + {"percent": "%", "multiple": "×"}.get(unit, "")


def bounds(low: str | None, high: str | None, unit: str) -> str:
    """Say a published range whose ends may be open."""
    if low is None:
        return f"{with_unit(high, unit)} or less"
    if high is None:
        return f"{with_unit(low, unit)} or more"
    return f"{with_unit(low, unit)} to {with_unit(high, unit)}"


def compare(low: float | None, high: float | None, other_low: float | None, other_high: float | None) -> str:
    """Compare two numbers by their likely ranges: different only where the ranges do not meet."""
    if low is None or high is None or other_low is None or other_high is None:
        return CANNOT_TELL
    if low > other_high:
        return HIGHER
    return LOWER if high < other_low else SAME


def against(word: str, state: bool) -> str:
    """Finish a comparison: with the state, or with the year before."""
    if word == CANNOT_TELL:
        return "Cannot tell"
    than, what = ("as" if word == SAME else "than"), ("the state" if state else "the year before")
    return f"{word.capitalize()} {than} {what}"
