"""One shape of finding for every tool: the strict gate, the mappings, the contracts and the agreement rules.

No rule lives here and nothing is read or written here. A notice never carries what could tell who a student is: a value
seen in a personal or identifying field passes through `masked` first.
"""

import re
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any

MUST_FIX, EXPLAIN, INFORMATION = "must_fix", "explain", "information"
SEVERITIES = (MUST_FIX, EXPLAIN, INFORMATION)
"""From the gravest to the lightest."""

_LETTER, _DIGIT = re.compile(r"[^\W\d_]"), re.compile(r"\d")


@dataclass(frozen=True, kw_only=True)
class Notice:
    """What is wrong, where, what was seen, and what to do about it.

    `line` counts the lines of the file as sent (the header is line 1) and is the first of `count` records. `seen` is
    masked when the field is personal or an identifier.
    """

    rule: str
    severity: str
    collection: str | None = None
    file: str | None = None
    line: int | None = None
    field: str | None = None
    title: str
    message: str
    fix: str
    count: int = 1
    seen: str | None = None

    def __post_init__(self) -> None:
        if self.severity not in SEVERITIES:
            raise ValueError(f"a severity is one of {', '.join(SEVERITIES)}; {self.rule} has {self.severity!r}")

    def as_dict(self) -> dict[str, Any]:
        """Give the fields as plain values, for JSON."""
        return asdict(self)


def in_order(notices: Iterable[Notice]) -> list[Notice]:
    """Sort for a reader: gravest first, then by rule, collection, file, line and field."""

    def place(n: Notice) -> tuple:
        return SEVERITIES.index(n.severity), n.rule, n.collection or "", n.file or "", n.line or 0, n.field or ""

    return sorted(notices, key=place)


def worst(severities: Iterable[str]) -> str | None:
    """Name the gravest of the severities, or None where there are none."""
    return min(severities, key=SEVERITIES.index, default=None)


def masked(value: str | None, longest: int = 20) -> str | None:
    """Show the shape of a value and not the value: letters become x, digits become 9."""
    if value is None:
        return None
    shape = _DIGIT.sub("9", _LETTER.sub("x", value[:longest]))
    return shape + "…" if len(value) > longest else shape
