"""How numbers and comparisons are said, in each language of the site.

Every page, chart and headline takes its words from here, so that one fact is never said in two ways. The texts stand in
language.yml; names of indicators, groups and statuses are not here: they come with the release.
"""

import re
from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from functools import cache, lru_cache
from math import sqrt
from pathlib import Path
from typing import TYPE_CHECKING

import polars as pl
import yaml
from babel import Locale
from babel.dates import format_date
from babel.numbers import format_decimal
from markupsafe import Markup

if TYPE_CHECKING:
    from reports.charts import Cell

LANGUAGES = {"en": "en_US", "es": "es_US"}
"""The languages of the site, and how their readers here write numbers."""

HIGHER, SAME, LOWER, CANNOT_TELL = "higher", "about the same", "lower", "cannot tell"

_PLACE = re.compile(r"\{(\w*)\}")
_FORMULA = "[=+\\-@\t\r＝＋－＠]"


class Language:
    """What pages say in one language, and how its numbers, years and dates are written.

    Templates get one as `say`: `{{ say("nav.find") }}`; `{{ say("count.students", 412) }}` takes the plural that 412
    needs and fills {number}; `{{ say("year.of", year=say.school_year(2025)) }}` fills a place. A key that a language
    lacks, or a place that is not filled, raises: the build fails. Names of the release come through
    `say.of(indicator, "label")`, which reads label_en or label_es.
    """

    def __init__(self, code: str) -> None:
        if code not in LANGUAGES:
            raise ValueError(f"the site speaks {' and '.join(LANGUAGES)}, not {code!r}")
        self.code = code
        self.locale = Locale.parse(LANGUAGES[code])
        self._texts = {key: text[code] for key, text in catalogue().items()}

    def __call__(self, key: str, number: int | float | None = None, /, **places: object) -> str:
        """Say a text of the catalogue, with its places filled; `number` chooses the plural and fills {number}."""
        text = self._texts[key]
        if number is None and not places and isinstance(text, str) and "{" not in text:
            return text
        if isinstance(text, dict):
            if number is None:
                raise ValueError(f"{key} has plurals and needs a number")
            text = text.get(self.locale.plural_form(number), text["other"])
        if number is not None:
            places.setdefault("number", self.number(number))
        if any(hasattr(place, "__html__") for place in places.values()):
            return Markup(text).format(**places)
        return text.format(**places) if places or "{" in text else text

    def of(self, row: Mapping[str, object], name: str) -> str:
        """Give the text of a row of the release that has one in each language, such as its label."""
        return row[f"{name}_{self.code}"]

    def number(self, value: int | float | str) -> str:
        """Write a number as people do; the text of a published number keeps its decimals."""
        return _number(str(value), self.locale)

    def date(self, day: date) -> str:
        """Write a date in full."""
        return format_date(day, "long", locale=self.locale)

    def day(self, written: str) -> str:
        """Write in full a date that is written as 2025-11-14."""
        return self.date(date.fromisoformat(written))

    def school_year(self, ending: int) -> str:
        """Say the school year that ends in the year given."""
        return school_year(ending)

    def with_unit(self, value: str, unit: str) -> str:
        """Write a published number with its unit."""
        if unit in ("days", "years"):
            return self(f"number.{unit}", float(value), number=self.number(value))
        return self.number(value) + {"percent": "%", "multiple": "×"}.get(unit, "")

    def span(self, low: str, high: str) -> str:
        """Say a likely range."""
        return _span(self, low, high)

    def bounds(self, low: str | None, high: str | None, unit: str) -> str:
        """Say a published range whose ends may be open."""
        if low is None:
            return self("number.or_less", number=self.with_unit(high, unit))
        if high is None:
            return self("number.or_more", number=self.with_unit(low, unit))
        return self("number.span", low=self.with_unit(low, unit), high=self.with_unit(high, unit))

    def against(self, word: str, state: bool) -> str:
        """Say what `compare` found: against the state, or against the year before."""
        return self(f"compared.{'state' if state else 'before'}.{self.key_of(word)}")

    @staticmethod
    def key_of(word: str) -> str:
        """Give the end of the keys that say what a comparison found: higher, same, lower or cannot_tell."""
        return word.removeprefix("about the ").replace(" ", "_")


@cache
def language(code: str) -> Language:
    """Give a language of the site by its code."""
    return Language(code)


@cache
def catalogue() -> dict[str, dict[str, str | dict[str, str]]]:
    """Read every text of the site; a text that a language lacks raises."""
    texts = yaml.load(Path(__file__).with_name("language.yml").read_text(encoding="utf-8"), yaml.CSafeLoader)
    if faults := faults_of(texts):
        raise ValueError("; ".join(faults))
    return texts


def faults_of(texts: Mapping[str, Mapping]) -> list[str]:
    """Say where languages differ in what they have: a text, the places in it, or its plurals."""
    faults = []
    for key, text in texts.items():
        if missing := [code for code in LANGUAGES if not text.get(code)]:
            faults.append(f"{key} is not said in {', '.join(missing)}")
            continue
        forms = {code: said if isinstance(said, dict) else {"other": said} for code, said in text.items()}
        if len({isinstance(said, dict) for said in text.values()}) > 1:
            faults.append(f"{key} has plurals in one language and none in another")
        elif isinstance(text["en"], dict) and any(not {"one", "other"} <= set(own) for own in forms.values()):
            faults.append(f"{key} lacks a plural: it needs one and other")
        elif len({frozenset(_PLACE.findall(said)) for own in forms.values() for said in own.values()}) > 1:
            faults.append(f"{key} does not name the same places everywhere")
    return faults


@lru_cache(maxsize=65536)
def _number(text: str, locale: Locale) -> str:
    part = text.partition(".")[2]
    return format_decimal(Decimal(text), format="#,##0" + ("." + "0" * len(part) if part else ""), locale=locale)


@lru_cache(maxsize=65536)
def _span(say: Language, low: str, high: str) -> str:
    return say("number.span", low=say.number(low), high=say.number(high))


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


def policy_number(text: str) -> str:
    """Write a number of a policy without zeros that say nothing."""
    return text.rstrip("0").rstrip(".") if re.fullmatch(r"-?\d+\.\d+", text) else text


def compare(low: float | None, high: float | None, other_low: float | None, other_high: float | None) -> str:
    """Compare two numbers by their likely ranges: different only where the ranges do not meet."""
    if low is None or high is None or other_low is None or other_high is None:
        return CANNOT_TELL
    if low > other_high:
        return HIGHER
    return LOWER if high < other_low else SAME


def decide(own: "Cell", other: "Cell", unit: str, over_time: bool = False) -> str:
    """Tell whether one published result is higher than another, about the same, or lower, or that nobody can tell.

    Nobody can tell where either has no number, is being checked or lacks records, where a definition changed between
    two years, or where no likely range is known. A share published as a range has the likely range of its two ends
    with its students; where that meets the other, the range may hide a difference, and nobody can tell.
    """
    unsure = {"incomplete", "under_review"} | ({"not_comparable"} if over_time else set())
    if not (own.can_be_drawn and other.can_be_drawn) or unsure & {own.status, other.status}:
        return CANNOT_TELL
    word = compare(*_likely(own, unit), *_likely(other, unit))
    return CANNOT_TELL if word == SAME and (own.is_bounded or other.is_bounded) else word


def is_worse(word: str, better: str) -> bool:
    """Tell whether a comparison is to the worse, for an indicator of which `better` numbers are higher or lower."""
    return (word, better) in {(LOWER, "higher"), (HIGHER, "lower")}


def _likely(cell: "Cell", unit: str) -> tuple[float | None, float | None]:
    """Give the likely range of a result; of a share between bounds, the outer ends of what each bound makes likely."""
    if not cell.is_bounded:
        return cell.start, cell.end
    if not cell.count or unit != "percent":
        return None, None
    low, high = (0.0 if cell.start is None else cell.start), (100.0 if cell.end is None else cell.end)
    return _wilson(low / 100, cell.count)[0] * 100, _wilson(high / 100, cell.count)[1] * 100


def _wilson(share: float, count: int) -> tuple[float, float]:
    """Give the 95 percent score interval of a share (Wilson 1927)."""
    z = 1.959964
    middle, spread = share + z * z / (2 * count), z * sqrt(share * (1 - share) / count + (z / (2 * count)) ** 2)
    return (middle - spread) / (1 + z * z / count), (middle + spread) / (1 + z * z / count)
