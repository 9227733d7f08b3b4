"""Where a published number comes from: its page, policy, models, and submissions, by checksum, from the release alone.

No record of a student, no count and no name of a file that someone sent stands here.
"""

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import polars as pl

from reports.api import write_json
from reports.contents import Contents

FILE = "provenance.json"
KEY = ("school_year", "policy_id", "population", "student_group", "grade_span", "subject", "measure")
SHOWN = ("value", "value_status", "low_bound", "high_bound", "interval_low", "interval_high", "student_count")
NO_INPUTS: Mapping[str, Any] = {
    "submissions": {},
    "files": {},
    "code": {},
    "policies": {},
    "indicators": {},
    "shared_models": {},
}


class NotThereError(LookupError):
    """Say what a release does not have."""


def write_provenance(contents: Contents, inputs: Mapping[str, Any], out: Path, version: str) -> None:
    """Write what a release was made of: whole, and in pieces beside the numbers of the API."""
    write_json(out / "data" / FILE, {"release": version, "inputs": inputs})
    api = out / "api" / "v1" / "provenance"
    (api / "indicators").mkdir(parents=True)
    policies = contents.tables["policies"]
    for slug in contents.tables["indicators"]["indicator"]:
        own = policies.filter(pl.col("indicator") == slug).to_dicts()
        write_json(api / "indicators" / f"{slug}.json", {"release": version} | _indicator(inputs, contents, slug, own))
    behind = _submissions_by_district(inputs)
    for level, entity_id, district in _places(contents.tables["entities"]):
        (api / level).mkdir(exist_ok=True)
        of_entity = {"release": version, "level": level, "entity_id": entity_id}
        submissions = inputs["submissions"] if level == "state" else behind.get(district, {})
        write_json(api / level / f"{entity_id}.json", of_entity | {"submissions": submissions})


def is_simulated(inputs: Mapping[str, Any]) -> bool:
    """Tell whether a release is made of simulated records, be it in part."""
    return any(one.get("simulated") for one in inputs["submissions"].values())


def made_of(inputs: Mapping[str, Any]) -> list[dict[str, Any]]:
    """List what a release was made of as the resource descriptors of its statement."""
    named = [
        (f"submission/{submission}/{collection}", sha256)
        for submission, one in inputs["submissions"].items()
        for collection, sha256 in one["files"]
    ]
    for part in ("files", "code", "policies", "shared_models"):
        named += [(f"{part}/{name}", sha256) for name, sha256 in inputs[part].items()]
    models = {name: sha256 for one in inputs["indicators"].values() for name, sha256 in one["models"].items()}
    named += [(f"models/{name}", sha256) for name, sha256 in models.items()]
    return [{"name": name, "digest": {"sha256": sha256}} for name, sha256 in sorted(named)]


def explain(release: Path, entity: str, indicator: str, group: str = "ALL", level: str | None = None) -> dict[str, Any]:
    """Say of the results of an entity for an indicator and a group what they are and what they were made of.

    Raises NotThereError, naming what the release does not have. An id that a school and a district share needs `level`.
    """
    api = release / "api" / "v1"
    levels = sorted(path.parent.name for path in (api / "values").glob(f"*/{entity}.json") if path.stem == entity)
    if level:
        levels = [one for one in levels if one == level]
    if not levels:
        raise NotThereError(f"{entity} is not a {level or 'school or district'} of this release.")
    if len(levels) > 1:
        raise NotThereError(f"{entity} is a {' and a '.join(levels)}; say which with --level.")
    if not (api / "provenance" / "indicators" / f"{indicator}.json").is_file():
        raise NotThereError(f"{indicator} is not an indicator of this release.")
    # Numbers are kept as the text that they were rounded to.
    said = json.loads((api / "values" / levels[0] / f"{entity}.json").read_text(encoding="utf-8"), parse_float=str)
    rows = [one for one in said["values"] if one["indicator"] == indicator and one["student_group"] == group]
    if not rows:
        raise NotThereError(f"This release has no result of {entity} for {indicator} and {group}.")
    about = _read(api / "provenance" / "indicators" / f"{indicator}.json")
    behind = _read(api / "provenance" / levels[0] / f"{entity}.json")
    last, policies = max(row["school_year"] for row in rows), {row["policy_id"] for row in rows}
    collections, certified = set(about["collections"]), _certifications(api)
    return {
        "release": said["release"],
        "level": levels[0],
        "entity_id": entity,
        "indicator": indicator,
        "student_group": group,
        "values": [{name: row[name] for name in (*KEY, *SHOWN)} for row in rows],
        "methodology": about["methodology"],
        "policies": [one for one in about["policies"] if one["policy_id"] in policies and one["level"] == levels[0]],
        "models": about["models"],
        "shared_models": about["shared_models"],
        "computed": about["computed"],
        "submissions": {
            name: {
                **one,
                "files": [pair for pair in one["files"] if not collections or pair[0] in collections],
                "certification": certified.get((one["district_id"], one["school_year"])),
            }
            for name, one in behind["submissions"].items()
            if one["school_year"] <= last
        },
        "others": f"data/{FILE}",
        "code": _read(release / "data" / FILE)["inputs"]["code"],
    }


def _certifications(api: Path) -> dict[tuple[str, int], dict[str, Any]]:
    """Give by district and school year who certified it; nothing where a release does not say."""
    path = api / "certifications.json"
    rows = _read(path)["certifications"] if path.is_file() else []
    return {(row["district_id"], row["school_year"]): row for row in rows}


def _read(path: Path) -> dict[str, Any]:
    return json.loads(path.read_text(encoding="utf-8"))


def _indicator(inputs: Mapping, contents: Contents, slug: str, policies: list[dict]) -> dict[str, Any]:
    page = contents.methodology[f"{slug}.md"]
    own = inputs["indicators"].get(slug, {"models": {}, "collections": [], "computed": []})
    return {
        "indicator": slug,
        "methodology": {
            "page": f"methodology/{slug}.md",
            "sha256": hashlib.sha256(page.encode()).hexdigest(),
        },
        "policies": policies,
        "models": own["models"],
        "shared_models": inputs["shared_models"],
        "collections": own["collections"],
        "computed": own["computed"],
    }


def _submissions_by_district(inputs: Mapping) -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = {}
    for name, one in inputs["submissions"].items():
        found.setdefault(one["district_id"], {})[name] = one
    return found


def _places(entities: pl.DataFrame) -> list[tuple[str, str, str]]:
    """Name each entity with the district whose submissions stand behind it."""
    district = pl.when(pl.col("level") == "school").then("district_id").otherwise("entity_id")
    return entities.select("level", "entity_id", district.alias("district")).rows()
