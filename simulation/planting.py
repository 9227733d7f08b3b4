"""Which truths are planted, where, and how strong: the settings, and what `truth/planted.json` will list.

How a truth is brought about stands in the module that makes the records; here is only who is told, and what.
"""

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

if TYPE_CHECKING:
    from simulation.state import State

DEFAULTS = Path(__file__).with_name("truths.yaml")


class UnknownTruthError(ValueError):
    """A settings file names a truth, or a setting of one, that is not known."""


@dataclass(frozen=True)
class Planted:
    """A truth that stands in the records: what it says, where, and the facts by which it can be found."""

    truth: str
    says: str
    school_years: tuple[int, ...] = ()
    districts: tuple[str, ...] = ()
    schools: tuple[str, ...] = ()
    facts: Mapping[str, Any] = field(default_factory=dict)

    def holds_in_district(self, district_id: str, school_year: int) -> bool:
        """Say whether it is planted in this district in this year; no years or no districts named means all."""
        return (not self.districts or district_id in self.districts) and self.holds_in(school_year)

    def holds_in(self, school_year: int) -> bool:
        """Say whether it is planted in this year; none named means all."""
        return not self.school_years or school_year in self.school_years


Settings = Mapping[str, Mapping[str, Any]]
Plan = Callable[["State", Mapping[str, Any]], Planted | None]
"""Finds a place for one truth, given its setting; None where the state is too small for it."""


class Truths(dict[str, Planted]):
    """The planted truths by name. One that is switched off, or finds no place in a small state, is not in it.

    `school_years` are the years that are simulated.
    """

    school_years: tuple[int, ...] = ()

    def in_district(self, name: str, district_id: str, school_year: int) -> Planted | None:
        """Give the truth if it is planted in this district in this year."""
        planted = self.get(name)
        return planted if planted and planted.holds_in_district(district_id, school_year) else None

    def listed(self) -> list[dict]:
        """Give all of them as `truth/planted.json` lists them."""
        return [asdict(self[name]) for name in sorted(self)]


def settings(path: Path | None = None) -> Settings:
    """Read which truths are planted: the defaults, changed by a file of the same form."""
    known: dict[str, dict[str, Any]] = yaml.load(DEFAULTS.read_text(encoding="utf-8"), yaml.CSafeLoader)
    changes = yaml.safe_load(path.read_text(encoding="utf-8")) if path else {}
    if not isinstance(changes or {}, dict):
        raise UnknownTruthError("The file does not name truths with their settings.")
    for name, change in (changes or {}).items():
        change = {"plant": change} if isinstance(change, bool) else change
        unknown = [name] if name not in known else [f"{name}: {key}" for key in change if key not in known[name]]
        if unknown:
            raise UnknownTruthError(f"{', '.join(unknown)} is not known. Known truths: {', '.join(known)}.")
        known[name] |= change
    return known


def plant(state: "State", chosen: Settings, plans: Mapping[str, Plan]) -> Truths:
    """Find a place for each truth that is switched on."""
    planted = {name: plans[name](state, setting) for name, setting in chosen.items() if setting["plant"]}
    truths = Truths({name: truth for name, truth in planted.items() if truth})
    truths.school_years = state.school_years
    return truths
