"""The sentences "In short" at the head of a profile, chosen by rules from what is published and from nothing else.

A sentence about an indicator stands in the indicator's folder, in both languages; how it goes on stands in
language.yml. No number is computed here.
"""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from reports.charts import Cell
from reports.words import CANNOT_TELL, Language, decide, is_worse

LEVEL, GROWTH = "learning", "growth"
_UNSURE = ("incomplete", "under_review", "not_comparable")


class Told(NamedTuple):
    """One headline that a summary may tell: for all students, or for one group of them.

    `indicator` and `measure` are rows of the release; `subject` and `group` are names in the language of the page.
    `beside` is the same number of the state or, for a group, of all students here; `before` is that of the year before.
    """

    indicator: Mapping[str, Any]
    measure: Mapping[str, Any]
    subject: str
    cell: Cell
    beside: Cell | None = None
    before: Cell | None = None
    group: str | None = None

    @property
    def slug(self) -> str:
        """Give the short name of the indicator."""
        return self.indicator["indicator"]


class Sentence(NamedTuple):
    """One sentence and the indicator that it speaks of, if any, so that a page can lead there."""

    text: str
    indicator: str | None = None


def in_short(say: Language, told: Sequence[Told]) -> list[Sentence]:
    """Say in at most three sentences where students are, how they grow, and one thing to watch.

    `told` comes in the order of the indicators; those that lead their topic are told first. Where nothing has a number,
    one sentence says why.
    """
    everyone = [one for one in told if one.group is None]
    shown = [one for one in everyone if one.cell.can_be_drawn]
    if not shown:
        return [Sentence(_reason(say, everyone))]
    by_rank = sorted(shown, key=lambda one: not one.indicator["is_lead"])
    first = [next((one for one in by_rank if one.indicator["topic"] == topic), None) for topic in (LEVEL, GROWTH)]
    first = [one for one in first if one] or by_rank[:1]
    return [*(_sentence(say, one) for one in first), *_to_watch(say, told, first)]


def headline(say: Language, one: Told) -> str:
    """Say one number in the sentence of its indicator."""
    value, number = _said(say, one, one.cell), _said(say, one, one.cell, with_unit=False)
    subject = one.subject[:1].lower() + one.subject[1:]
    return say.of(one.indicator, "in_short").format(value=value, number=number, subject=subject)


def change(say: Language, one: Told, year: int) -> str | None:
    """Say how a number differs from that of the school year `year`; nothing where one of the two has none."""
    if one.before is None or not (one.cell.can_be_drawn and one.before.can_be_drawn):
        return None
    word = decide(one.cell, one.before, one.measure["unit"], over_time=True)
    key = "changed" if one.cell.status == "not_comparable" else say.key_of(word)
    then, now = _said_beside(say, one, one.before), _said_beside(say, one, one.cell)
    return say(f"change.{key}", year=say.school_year(year), then=then, now=now)


def _said_beside(say: Language, one: Told, cell: Cell) -> str:
    """Say another number after the sentence of an indicator: where that names grade levels itself, "×" is a riddle."""
    is_named = one.measure["unit"] == "multiple" and "{number}" in say.of(one.indicator, "in_short")
    return _said(say, one, cell, with_unit=not is_named)


def _said(say: Language, one: Told, cell: Cell, with_unit: bool = True) -> str:
    unit = one.measure["unit"] if with_unit else ""
    return say.bounds(cell.low, cell.high, unit) if cell.is_bounded else say.with_unit(cell.value, unit)


def _sentence(say: Language, one: Told) -> Sentence:
    text = headline(say, one)
    if one.cell.status in _UNSURE:
        text += " " + say(f"summary.{one.cell.status}")
    elif one.beside is not None:
        word = decide(one.cell, one.beside, one.measure["unit"])
        if word != CANNOT_TELL:
            text += " " + say(f"summary.state.{say.key_of(word)}", state=_said_beside(say, one, one.beside))
    return Sentence(text, one.slug)


def _to_watch(say: Language, told: Sequence[Told], first: Sequence[Told]) -> list[Sentence]:
    """Find one number that is worse: of a group in what was said, or than in the state, or than the year before."""

    def falls_behind(one: Told, other: Cell | None, over_time: bool = False) -> bool:
        word = CANNOT_TELL if other is None else decide(one.cell, other, one.measure["unit"], over_time)
        return is_worse(word, one.measure["better"])

    said = {(one.slug, one.subject) for one in first}
    groups = [one for one in told if one.group and (one.slug, one.subject) in said and falls_behind(one, one.beside)]
    if groups:
        one = max(groups, key=_distance)
        label, here, all_ = say.of(one.indicator, "label"), _said(say, one, one.cell), _said(say, one, one.beside)
        label = label[:1].lower() + label[1:]
        text = say("summary.watch_group", group=one.group, indicator=label, here=here, all=all_)
        return [Sentence(text, one.slug)]
    everyone = [one for one in told if one.group is None]
    for one in everyone:
        if (one.slug, one.subject) not in said and falls_behind(one, one.beside):
            text = say("summary.watch_state", sentence=headline(say, one), state=_said_beside(say, one, one.beside))
            return [Sentence(text, one.slug)]
    for one in everyone:
        if falls_behind(one, one.before, over_time=True):
            text = say("summary.watch_fall", sentence=headline(say, one), before=_said_beside(say, one, one.before))
            return [Sentence(text, one.slug)]
    return []


def _distance(one: Told) -> float:
    """Give how far a group is from all students; what is published as a range comes last."""
    ends = one.cell.at, one.beside.at
    return abs(ends[0] - ends[1]) if None not in ends else 0.0


def _reason(say: Language, told: Sequence[Told]) -> str:
    statuses = {one.cell.status for one in told}
    key = "summary.all_hidden" if statuses == {"suppressed"} else "summary.nothing" if statuses else "summary.no_rows"
    return say(key)
