"""Rules that need a second file or a second school year: for each a card (yaml) and one `select` (sql) under its code.

Cards are read and checked here, and nothing is opened or run: `submissions` runs the selects over what a district sent.
A rule that one file alone decides stands in `expectations/collections`.
"""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from expectations.codes import policy_file
from expectations.collections import CONTRACTS
from expectations.notices import EXPLAIN, SEVERITIES

FOLDER = Path(__file__).resolve().parent
LANGUAGES = ("en", "es")
WORDS = ("title", "one", "many", "why", "fix", "causes", "ok_when")
LAST_YEAR, SET_ASIDE, OF_STATE = "_last_year", "_set_aside", "_of_state"
"""What the names of tables end in: a collection's rows of the year before, those that could not be read, and those
that the state itself has sent: its registry of students, its directory of schools."""

FRAMEWORK = ("competency", "competency_edge")
"""The collections of the state's framework, which stand in for a district's own where it has none."""


class CardError(Exception):
    """A card cannot be used as it stands."""


@dataclass(frozen=True, kw_only=True)
class Card:
    """What is known of one rule. `words[language]` holds `WORDS`; in `one` and `many`, {count} is how many were found.

    `collection` is the one whose records are found, and `collections` and `last_year` those that must be there; of
    `columns`, named collection.column, each must have been sent. `of_state` are collections of the state itself, or
    columns of theirs in which something must stand, and `policies` tables of the state's policy that must have rows for
    the school year. `catalogue` are the rule's numbers in the catalogue of submission rules. `seen` and `expected` of a
    finding never hold a confidential value.
    """

    code: str
    version: int
    catalogue: tuple[str, ...]
    severity: str
    shadow: bool
    collection: str
    keys: tuple[str, ...]
    fields: tuple[str, ...]
    collections: tuple[str, ...]
    last_year: tuple[str, ...]
    columns: tuple[str, ...]
    of_state: tuple[str, ...]
    code_sets: tuple[str, ...]
    policies: tuple[str, ...]
    first_school_year: int | None
    last_school_year: int | None
    explain_codes: tuple[str, ...]
    words: Mapping[str, Mapping[str, Any]]
    select: str

    def holds_in(self, school_year: int) -> bool:
        """Tell whether the rule is in effect in a school year."""
        return (self.first_school_year or 0) <= school_year <= (self.last_school_year or 9999)


def read_card(path: Path) -> Card:
    """Read a card and the select beside it. Raises CardError, naming the rule and what is missing in it."""
    said = yaml.load(path.read_text(encoding="utf-8"), yaml.CSafeLoader)
    select = path.with_suffix(".sql")
    if not isinstance(said, dict) or said.get("id") != path.stem or not select.is_file():
        raise CardError(f"{path.stem}: the card does not carry its own code, or has no select beside it")
    required = {"version", "severity", "collection", "fields", "collections", "effective", *WORDS}
    optional = {"id", "catalogue", "shadow", "keys", "last_year", "columns", "of_state", "code_sets", "policies"}
    optional |= {"explain_codes"}
    if wrong := (required - said.keys()) | (said.keys() - required - optional):
        raise CardError(f"{path.stem}: {', '.join(sorted(wrong))} is missing, or not known")
    for name in WORDS:
        if not isinstance(said[name], dict) or [*said[name]] != list(LANGUAGES) or not all(said[name].values()):
            raise CardError(f"{path.stem}: {name} is not said in English and Spanish")
    contract = CONTRACTS.get(said["collection"])
    if contract is None or not re.fullmatch(rf"{contract.metadata['prefix']}-[123]\d\d", path.stem):
        raise CardError(f"{path.stem}: the code is not one of the collection {said['collection']}")
    if said["severity"] not in SEVERITIES:
        raise CardError(f"{path.stem}: the severity is none of {', '.join(SEVERITIES)}")
    if reasons := set(said.get("explain_codes", ())) - REASONS.keys():
        raise CardError(f"{path.stem}: {', '.join(sorted(reasons))} is no reason code")
    return Card(
        code=path.stem,
        version=said["version"],
        catalogue=tuple(said.get("catalogue", ())),
        severity=said["severity"],
        shadow=said.get("shadow", False),
        collection=said["collection"],
        keys=tuple(said.get("keys", contract.metadata["key"])),
        fields=tuple(said["fields"]),
        collections=tuple(said["collections"]),
        last_year=tuple(said.get("last_year", ())),
        columns=tuple(said.get("columns", ())),
        of_state=tuple(said.get("of_state", ())),
        code_sets=tuple(said.get("code_sets", ())),
        policies=tuple(said.get("policies", ())),
        first_school_year=said["effective"].get("from"),
        last_school_year=said["effective"].get("to"),
        explain_codes=tuple(said.get("explain_codes", ()))
        or (("correct", "other") if said["severity"] == EXPLAIN else ()),
        words={language: {name: said[name][language] for name in WORDS} for language in LANGUAGES},
        select=select.read_text(encoding="utf-8"),
    )


ANY_REASON = ("correct", "other")
"""The reason codes of a rule to explain whose card or contract names none."""

REASONS: dict[str, dict[str, str]] = yaml.load((FOLDER / "reasons.yaml").read_text(encoding="utf-8"), yaml.CSafeLoader)
"""The reason codes with which a district explains a finding, with their words in each language."""

CARDS: dict[str, Card] = {path.stem: read_card(path) for path in sorted(FOLDER.glob("*-*.yaml"))}
"""Every rule across files and years by its code."""


def cards_version() -> str:
    """Name the present state of the cards, their selects and the policies that they ask for by a hash."""
    digest = hashlib.sha256()
    policies = {policy_file(name) for card in CARDS.values() for name in card.policies}
    for path in sorted([*FOLDER.glob("*.yaml"), *FOLDER.glob("*.sql"), *policies]):
        digest.update(f"{path.name}\n{hashlib.sha256(path.read_bytes()).hexdigest()}\n".encode())
    return digest.hexdigest()[:16]
