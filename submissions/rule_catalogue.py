"""The catalogue of all rules about records, for people and for programs, written from the rules themselves.

No rule and no word of a rule stands here.
"""

import json
from pathlib import Path

import jinja2

from expectations.agreement import REASONS
from expectations.catalogue import entries, spanish, version
from expectations.collections import CONTRACTS
from submissions.page import LANGUAGES, template, words

SCHEMA = "rule-catalogue/1"


def write(folder: Path) -> list[Path]:
    """Write `rules.json`, `index.html` and one page for each rule, and give the files."""
    written, rules = [write_json(folder)], entries()
    titles = {name: contract.title for name, contract in CONTRACTS.items()}
    shared = {"rules": rules, "titles": titles, "version": version(), "reasons": REASONS, "t": words()}
    files = {"index.html": _page("rules.html", **shared)}
    for rule in rules:
        files[f"{rule['rule']}.html"] = _page("rule.html", rule=rule, **shared)
    for name, text in files.items():
        (folder / name).write_text(text, encoding="utf-8")
    return [*written, *(folder / name for name in files)]


def write_json(folder: Path) -> Path:
    """Write `rules.json`, the catalogue for programs and for the public site, and give the file."""
    folder.mkdir(parents=True, exist_ok=True)
    records = spanish()["records"]
    collections = {
        name: {"en": contract.title, "es": records[name][1].capitalize() if name in records else contract.title}
        for name, contract in CONTRACTS.items()
    }
    catalogue = {"schema": SCHEMA, "version": version(), "collections": collections, "reason_codes": REASONS}
    catalogue |= {"severities": {code: words()[code]["severity"] for code in LANGUAGES}, "rules": entries()}
    path = folder / "rules.json"
    path.write_text(json.dumps(catalogue, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    return path


def _page(name: str, **facts: object) -> str:
    page: jinja2.Template = template(name)
    return page.render(**facts)
