"""The data dictionary: what the standard asks of each collection, as a page, a table, blank files and Table Schemas.

All of it is read from the contracts and the code sets; nothing about a column or a rule is written down here.
"""

import base64
import csv
import hashlib
import io
import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jinja2
import pandera.polars as pa
from markupsafe import Markup

from expectations.codes import code_set
from expectations.collections import CONTRACTS
from expectations.collections.columns import KINDS
from expectations.collections.rules import MISSING, UNKNOWN_CODE, UNREADABLE, Rule
from submissions.store import write_atomically

TABLE_SCHEMA = "https://datapackage.org/profiles/2.0/tableschema.json"

# Kind of value -> how a Table Schema says it. A list of codes is a string there, with a pattern.
TYPES = {
    "identifier": {"type": "string"},
    "reference": {"type": "string"},
    "text": {"type": "string"},
    "code": {"type": "string"},
    "codes": {"type": "string"},
    "yes_no": {"type": "boolean", "trueValues": ["Yes"], "falseValues": ["No"]},
    "date": {"type": "date", "format": "%Y-%m-%d"},
    "integer": {"type": "integer"},
    "decimal": {"type": "number"},
    "rating": {"type": "number"},
}

_TEMPLATES = Path(__file__).parent / "templates"


@dataclass(frozen=True)
class Entry:
    """A column of a collection, with all that the standard says of it."""

    collection: str
    column: str
    title: str
    description: str
    kind: str
    written_as: str
    required: bool
    in_key: bool
    private: bool
    code_set: str | None
    codes: tuple[str, ...]
    ceds: str | None
    ed_fi: str | None
    rules: tuple[str, ...]


def entries(contract: pa.DataFrameSchema) -> list[Entry]:
    """Describe every column of a collection, in the order of the contract."""
    return [_entry(contract, name) for name in contract.columns]


def write(out: Path) -> list[Path]:
    """Write the dictionary into a folder: the page, the table, and for every collection a blank file and its schema."""
    for folder in (out / "templates", out / "schemas"):
        folder.mkdir(parents=True, exist_ok=True)
    texts = {out / "dictionary.html": render(), out / "dictionary.csv": _csv(_table())}
    for name, contract in CONTRACTS.items():
        texts[out / "templates" / f"{name}.csv"] = _csv([list(contract.columns)])
        schema = json.dumps(table_schema(contract), indent=2, ensure_ascii=False)
        texts[out / "schemas" / f"{name}.schema.json"] = schema + "\n"
    for path, text in texts.items():
        with write_atomically(path) as part:
            part.write_text(text, encoding="utf-8", newline="")
    return list(texts)


def table_schema(contract: pa.DataFrameSchema) -> dict[str, Any]:
    """Give the Table Schema of a collection: whatever of its contract such a schema can say."""
    return {
        "$schema": TABLE_SCHEMA,
        "name": contract.name,
        "title": contract.title,
        "description": contract.description,
        "fields": [_field(entry) for entry in entries(contract)],
        "fieldsMatch": "superset",
        "missingValues": [""],
        # A key with a column that may be blank is no key to a Table Schema, so the rule alone holds it.
        **({"primaryKey": list(contract.metadata["key"])} if _key_is_filled(contract) else {}),
    }


def render() -> str:
    """Give the page as text."""
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(_TEMPLATES),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    style = "".join((_TEMPLATES / name).read_text(encoding="utf-8") for name in ("report.css", "dictionary.css"))
    used = {entry.code_set for contract in CONTRACTS.values() for entry in entries(contract)} - {None}
    return environment.get_template("dictionary.html").render(
        collections=[(contract, entries(contract), rules(contract)) for contract in CONTRACTS.values()],
        code_sets={name: code_set(name) for name in sorted(used)},
        style=Markup(style),
        style_sha256=base64.b64encode(hashlib.sha256(style.encode()).digest()).decode(),
    )


def rules(contract: pa.DataFrameSchema) -> list[Rule]:
    """Give the rules of the collection's own."""
    return [rule for rule in contract.metadata["rules"].values() if rule.holds is not None]


def _entry(contract: pa.DataFrameSchema, name: str) -> Entry:
    column, key = contract.columns[name], contract.metadata["key"]
    known = column.metadata
    return Entry(
        collection=contract.name,
        column=name,
        title=column.title,
        description=column.description,
        kind=known["kind"],
        written_as=KINDS[known["kind"]].expected,
        required=not column.nullable,
        in_key=name in key,
        private=known["personal"],
        code_set=known["codes"],
        codes=tuple(row["code"] for row in code_set(known["codes"])) if known["codes"] else (),
        ceds=known["ceds"],
        ed_fi=known["edfi"],
        rules=tuple(code for code, rule in contract.metadata["rules"].items() if _looks_at(rule, name, contract)),
    )


def _looks_at(rule: Rule, name: str, contract: pa.DataFrameSchema) -> bool:
    """Whether a rule looks at a column: those it names, or all that a general rule is about."""
    if rule.fields:
        return name in rule.fields
    column = contract.columns[name]
    about = {
        UNREADABLE: column.metadata["kind"] not in ("text", "code", "codes"),
        MISSING: not column.nullable,
        UNKNOWN_CODE: bool(column.metadata["codes"]),
    }
    return about.get(rule.code.rpartition("-")[2], False)


def _key_is_filled(contract: pa.DataFrameSchema) -> bool:
    return not any(contract.columns[name].nullable for name in contract.metadata["key"])


def _field(entry: Entry) -> dict[str, Any]:
    constraints: dict[str, Any] = {"required": True} if entry.required else {}
    if entry.kind == "code":
        constraints["enum"] = list(entry.codes)
    elif entry.kind == "codes":
        one_of = "|".join(map(re.escape, entry.codes))
        constraints["pattern"] = f"({one_of})(;({one_of}))*"
    elif entry.kind == "rating":
        constraints |= {"minimum": 0, "maximum": 999.999}
    return {
        "name": entry.column,
        "title": entry.title,
        "description": entry.description,
        **TYPES[entry.kind],
        **({"constraints": constraints} if constraints else {}),
        **({"ceds": entry.ceds} if entry.ceds else {}),
        **({"edFi": entry.ed_fi} if entry.ed_fi else {}),
    }


def _table() -> list[list[str]]:
    head = ["collection", "column", "title", "description", "type", "written_as", "required", "key", "private"]
    rows = [[*head, "code_set", "codes", "ceds", "ed_fi", "rules"]]
    for contract in CONTRACTS.values():
        for entry in entries(contract):
            flags = ["Yes" if flag else "No" for flag in (entry.required, entry.in_key, entry.private)]
            said = [entry.collection, entry.column, entry.title, entry.description, entry.kind, entry.written_as]
            sources = [entry.code_set or "", ";".join(entry.codes), entry.ceds or "", entry.ed_fi or ""]
            rows.append([*said, *flags, *sources, ";".join(entry.rules)])
    return rows


def _csv(rows: list[list[str]]) -> str:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(rows)
    return text.getvalue()
