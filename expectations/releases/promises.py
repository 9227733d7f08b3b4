"""The promises of the gate by name: what each says in each language, and one shape of result for all of them.

What is promised stands in promises.yml and nowhere else; a promise without a name there cannot be made.
"""

from collections.abc import Iterable
from functools import cache
from pathlib import Path

import yaml

LANGUAGES = ("en", "es")
Result = dict[str, str | bool | list[str]]


@cache
def promised() -> dict[str, dict[str, str]]:
    """Give what every promise says, by its name and then by language; raises ValueError where a language lacks one."""
    said = yaml.load(Path(__file__).with_suffix(".yml").read_text(encoding="utf-8"), yaml.CSafeLoader)
    if missing := [f"{name} in {code}" for name, own in said.items() for code in LANGUAGES if not own.get(code)]:
        raise ValueError(f"promises.yml does not say {', '.join(missing)}")
    return said


def result(
    name: str,
    outcome: str,
    observed: str,
    *,
    severity: str = "error",
    columns: Iterable[str] = (),
    places: dict[str, object] | None = None,
) -> Result:
    """Give what the gate found of a promise; raises KeyError where nobody has said what it promises.

    `outcome` is `passed`, `failed` or `not_checked`. `columns` are the columns of a release that were looked at, each
    as `file.column`; `places` fill the places of the text.
    """
    english, spanish = (promised()[name][code].format(**places or {}) for code in LANGUAGES)
    return {
        "expectation": name,
        "title": english,
        "title_es": spanish,
        "success": outcome == "passed",
        "outcome": outcome,
        "severity": severity,
        "observed": observed,
        "columns": list(columns),
    }
