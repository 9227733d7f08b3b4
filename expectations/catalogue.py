"""Every rule about records under its code, of one file or of several: how grave it is and what it says.

The rules and their English words stand in `collections`, cards and their words in `agreement`. Nothing is decided here.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from expectations import collections
from expectations.agreement import ANY_REASON, CARDS, Card, cards_version
from expectations.codes import codes
from expectations.collections import CONTRACTS, RULES
from expectations.collections.rules import Rule, notice
from expectations.collections.validation import rule_pack
from expectations.notices import EXPLAIN

ENGLISH, SPANISH = "en", "es"
_SPANISH = Path(collections.__file__).with_name("spanish.yaml")
_COLLECTION_OF = {code: contract.name for contract in CONTRACTS.values() for code in contract.metadata["rules"]}

SEVERITY: Mapping[str, str] = {code: rule.severity for code, rule in (RULES | CARDS).items()}
"""How grave each rule is."""


@dataclass(frozen=True)
class Said:
    """What a rule says of its findings. `language` is that of the words, which may not be the one asked for."""

    language: str
    title: str
    message: str
    why: str
    fix: tuple[str, ...]
    causes: tuple[str, ...] = ()
    ok_when: str | None = None


def rule_of(code: str) -> Rule | Card:
    """Give a rule or a card by its code."""
    return CARDS.get(code) or RULES[code]


def collection_of(code: str) -> str:
    """Name the collection in whose records a rule finds something."""
    return CARDS[code].collection if code in CARDS else _COLLECTION_OF[code]


def reasons_of(code: str) -> tuple[str, ...]:
    """Name the reason codes that explain a finding of a rule; none where it has to be fixed."""
    if code in CARDS:
        return CARDS[code].explain_codes
    return ANY_REASON if SEVERITY[code] == EXPLAIN else ()


def say(code: str, language: str, *, count: int = 1, field: str | None = None) -> Said:
    """Say in a language what a rule found; in English where no one has said it in that language.

    Without a `field`, how to fix it is said of any column.
    """
    if code in CARDS:
        words = CARDS[code].words[language]
        message = words["one" if count == 1 else "many"].replace("{count}", f"{count:,}")
        causes, fix = tuple(words["causes"]), tuple(words["fix"])
        return Said(language, words["title"], message, words["why"], fix, causes, words["ok_when"])
    if language == SPANISH and (words := _spanish_of(code)):
        return _spoken_in_spanish(code, words, count, field)
    told = notice(CONTRACTS[collection_of(code)], code, count=count, field=field)
    fix = told.fix if field else RULES[code].anywhere or told.fix
    return Said(ENGLISH, told.title, told.message, RULES[code].why, (fix,))


@cache
def version() -> str:
    """Name the present state of all rules, cards and words."""
    parts = [rule_pack(CONTRACTS.values()), cards_version(), hashlib.sha256(_SPANISH.read_bytes()).hexdigest()]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:16]


def entries() -> list[dict[str, Any]]:
    """Describe every rule in plain values, in the order of the codes: what a catalogue shows."""
    return [_entry(code) for code in sorted(SEVERITY)]


def _entry(code: str) -> dict[str, Any]:
    rule, contract = rule_of(code), CONTRACTS[collection_of(code)]
    card = rule if isinstance(rule, Card) else None
    words = {}
    for language in (ENGLISH, SPANISH):
        said = say(code, language, count=2, field=next(iter(rule.fields), None))
        words[language] = {
            "language": said.language,
            "title": said.title,
            "why": said.why,
            "fix": list(said.fix),
            "causes": list(said.causes),
            "ok_when": said.ok_when,
        }
    return {
        "rule": code,
        "version": card.version if card else 1,
        "catalogue": ", ".join(rule.catalogue) or None,
        "severity": rule.severity,
        "shadow": card.shadow if card else False,
        "collection": contract.name,
        "fields": list(rule.fields),
        "collections": list(card.collections) if card else [contract.name],
        "last_year": list(card.last_year) if card else [],
        "of_state": list(card.of_state) if card else [],
        "policies": list(card.policies) if card else [],
        "columns": list(card.columns) if card else [f"{contract.name}.{name}" for name in rule.needs],
        "first_school_year": card.first_school_year if card else None,
        "last_school_year": card.last_school_year if card else None,
        "reason_codes": list(reasons_of(code)),
        "words": words,
    }


@cache
def spanish() -> dict[str, Any]:
    """Give the Spanish words of the contracts' rules, as they stand in their file."""
    return yaml.load(_SPANISH.read_text(encoding="utf-8"), yaml.CSafeLoader)


def _spanish_of(code: str) -> dict[str, str] | None:
    own = spanish()["rules"].get(code)
    general = spanish()["general"].get(code[-3:])
    return own or (general if collection_of(code) in spanish()["records"] else None)


def _spoken_in_spanish(code: str, words: dict[str, str], count: int, field: str | None) -> Said:
    contract = CONTRACTS[collection_of(code)]
    one, many = spanish()["records"].get(contract.name, ("registro", "registros"))
    column = contract.columns.get(field)
    places = {
        "{count}": f"{count:,}",
        "{field}": field or "",
        "{record}": one,
        "{records}": many,
        "{key}": " y ".join(filter(None, [", ".join(contract.metadata["key"][:-1]), contract.metadata["key"][-1]])),
        "{expected}": spanish()["kinds"].get(column.metadata["kind"], "") if column else "",
        "{codes}": ", ".join(codes(column.metadata["codes"])) if column and column.metadata["codes"] else "",
    }

    def fill(sentence: str) -> str:
        for place, word in places.items():
            sentence = sentence.replace(place, word)
        return sentence

    message = fill(words["one" if count == 1 else "many"])
    fix = words["fix"] if field else words.get("anywhere", words["fix"])
    return Said(SPANISH, fill(words["title"]), message, fill(words["why"]), (fill(fix),))
