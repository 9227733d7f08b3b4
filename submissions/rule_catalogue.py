"""The catalogue of all rules about records, for people and for programs, written from the rules themselves.

No rule and no word of a rule stands here.
"""

import json
from pathlib import Path

import jinja2

from expectations.agreement import REASONS
from expectations.catalogue import entries, version
from expectations.collections import CONTRACTS
from submissions.page import template, words

SCHEMA = "rule-catalogue/1"


def write(folder: Path) -> list[Path]:
    """Write `rules.json`, `index.html` and one page for each rule, and give the files."""
    folder.mkdir(parents=True, exist_ok=True)
    rules = entries()
    catalogue = {"schema": SCHEMA, "version": version(), "reason_codes": REASONS, "rules": rules}
    files = {"rules.json": json.dumps(catalogue, ensure_ascii=False, indent=1) + "\n"}
    titles = {name: contract.title for name, contract in CONTRACTS.items()}
    shared = {"rules": rules, "titles": titles, "version": catalogue["version"], "reasons": REASONS, "t": words()}
    files["index.html"] = _page("rules.html", **shared)
    for rule in rules:
        files[f"{rule['rule']}.html"] = _page("rule.html", rule=rule, **shared)
    for name, text in files.items():
        (folder / name).write_text(text, encoding="utf-8")
    return [folder / name for name in files]


def _page(name: str, **facts: object) -> str:
    page: jinja2.Template = template(name)
    return page.render(**facts)
