"""The Spanish of what the door says: the strict gate, the layouts, and why a submission is not taken in.

The English stands where it is said. Each of its sentences has its Spanish in `door_spanish.yaml`, with places for what
it names; a sentence that is not there stays English, and says so. Nothing is judged here.
"""

import re
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from expectations.catalogue import ENGLISH, SPANISH, Said
from expectations.notices import Notice

_PLACE = re.compile(r"\\\{(\w+)\\\}")
_NUMBER = r"[\d,]+"


def words(notice: Notice, language: str) -> Said:
    """Say a notice of the door in a language; in English where a part of it has no words in the other."""
    if language == SPANISH and notice.rule in _spanish()["rules"]:
        title, usual_fix = _spanish()["rules"][notice.rule]
        message, own_fix = in_spanish(notice.message), in_spanish(notice.fix)
        if message:
            return Said(SPANISH, title, message, "", (own_fix or usual_fix,))
    return Said(ENGLISH, notice.title, notice.message, "", (notice.fix,))


def in_spanish(sentence: str) -> str | None:
    """Give a sentence of the door in Spanish, the name of a file before it or not; None where no one has said it."""
    for pattern, spanish in _sentences():
        if found := pattern.fullmatch(sentence):
            return spanish.format(**{name: _phrase(named) for name, named in found.groupdict().items()})
    file, colon, rest = sentence.partition(": ")
    said = in_spanish(rest) if colon else None
    return said and f"{file}: {said}"


def _phrase(named: str) -> str:
    """Say in Spanish what a sentence names; numbers and names of columns and files stay as they are."""
    said = _spanish()
    if named in said["phrases"]:
        return said["phrases"][named]
    for english, spanish in said["beginnings"].items():
        if named.startswith(english):
            return spanish + named.removeprefix(english)
    for english, spanish in said["endings"].items():
        if re.fullmatch(_NUMBER + re.escape(english), named):
            return named.removesuffix(english) + spanish
    return named


@cache
def _sentences() -> list[tuple[re.Pattern[str], str]]:
    def place(found: re.Match[str]) -> str:
        what = _NUMBER if len(found[1]) == 1 and found[1] in "nmo" else ".+?"
        return f"(?P<{found[1]}>{what})"

    return [(re.compile(_PLACE.sub(place, re.escape(one))), spanish) for one, spanish in _spanish()["sentences"]]


@cache
def _spanish() -> dict[str, Any]:
    path = Path(__file__).with_name("door_spanish.yaml")
    return yaml.load(path.read_text(encoding="utf-8"), yaml.CSafeLoader)
