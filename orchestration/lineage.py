"""What a build was made of, as checksums: submissions, policies, models as they were compiled, code, and the lock file.

Read from the ledger, dbt's manifest and this checkout. No name of a file that someone sent, no count and no value of a
record is taken along, for what stands here is published with the release.
"""

import hashlib
import json
from collections import defaultdict
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from orchestration import settings, warehouse
from orchestration.growth_tables import STORED
from orchestration.settings import Home
from submissions import certification, custody
from submissions.certification import CERTIFIED

CODE = ("submissions", "expectations", "dbt_project", "methods", "reports", "orchestration")
KINDS = {".py", ".sql", ".yml", ".yaml", ".csv", ".md", ".html", ".css", ".js"}
MADE = {"__pycache__", "target", "dbt_packages", "logs"}
LOCK = "requirements.lock"
SHARED = ("marts", "publication")
"""The stages after the indicators, which all of them share."""


def inputs(place: Home, folder: Path) -> dict[str, Any]:
    """Give the checksums of all that the build in this folder was made of."""
    manifest = json.loads(settings.MANIFEST.read_text(encoding="utf-8"))
    compiled = _compiled(folder)
    return {
        "submissions": submissions(place, json.loads((folder / warehouse.COMPLETE).read_text())["ledger_sequence"]),
        "files": {
            name: _sha256(path)
            for name, path in (
                *((f"growth_{name}s", place.growth / f"{name}s.parquet") for name in STORED),
                ("waivers", place.store.received / "waivers.csv"),
                ("lock", settings.ROOT / LOCK),
            )
            if path.is_file()
        },
        "code": {room: _digest(settings.ROOT / room) for room in CODE},
        "policies": _policies(manifest),
        "indicators": _indicators(manifest, compiled),
        "shared_models": {
            node["name"]: compiled[node["name"]]
            for node in _nodes(manifest, "model")
            if node["fqn"][1] in SHARED and node["name"] in compiled
        },
    }


def submissions(place: Home, until: int) -> dict[str, dict[str, Any]]:
    """Give by id the submissions accepted last for their district and year, up to a place in the ledger.

    That one was certified is told even if it was so later.
    """
    standing: dict[tuple[str, int], dict[str, Any]] = {}
    happened: dict[str, list[str]] = {}
    simulated = set()
    for event in custody.events(place.store):
        if "submission_id" not in event or (event["sequence"] > until and event["event"] != CERTIFIED):
            continue
        happened.setdefault(event["submission_id"], []).append(event["event"])
        if event.get("simulated"):
            simulated.add(event["submission_id"])
        if event["event"] == custody.ACCEPTED:
            standing[event["district_id"], event["school_year"]] = event
    return {
        event["submission_id"]: {
            "district_id": district,
            "school_year": year,
            "rule_pack": event["rule_pack"],
            "simulated": event["submission_id"] in simulated,
            "files": sorted(
                {(row["collection"], row["file_sha256"]) for row in event["manifest"]}, key=lambda pair: pair[::-1]
            ),
            "events": happened[event["submission_id"]],
        }
        for (district, year), event in sorted(standing.items())
    }


def certifications(place: Home, folder: Path) -> list[dict[str, Any]]:
    """Give who certified the submissions that the build in this folder was made of, as `reports.certifications` has it.

    What was certified after the build counts, as long as it is of a submission that the build was made of.
    """
    signed_of = defaultdict(list)
    for one in certification.certifications(place.store):
        signed_of[one.school_year, one.district_id].append(one)
    until = json.loads((folder / warehouse.COMPLETE).read_text())["ledger_sequence"]
    rows = []
    for submission_id, about in submissions(place, until).items():
        whose = {name: about[name] for name in ("school_year", "district_id")}
        own = signed_of[about["school_year"], about["district_id"]]
        status, one = certification.standing(own, whose | {"submission_id": submission_id})
        if one:
            signed = {
                "status": status,
                "certified_by": one.name,
                "certified_as": one.title,
                "certified_on": one.at[:10],
                "explained_findings": len(one.explanations),
                "accepted_explanations": sum(said["accepted"] is True for said in one.explanations),
                "explained_rules": " ".join(sorted(said["rule"] for said in one.explanations)) or None,
            }
            rows.append(whose | signed)
    return rows


def _compiled(folder: Path) -> dict[str, str]:
    """Give the checksum of the SQL of each model as dbt compiled it; no place of this machine stands in it."""
    return {path.stem: _sha256(path) for path in sorted(folder.glob("dbt/*/compiled/*/models/**/*.sql"))}


def _indicators(manifest: Mapping, compiled: Mapping[str, str]) -> dict[str, dict[str, Any]]:
    """Give for each indicator the models and policies that its numbers come from, and the collections they read."""
    slugs: dict[str, list[str]] = {}
    for node in _nodes(manifest, "model"):
        if node["fqn"][1] == "indicators":
            slugs.setdefault(node["fqn"][2], []).append(node["unique_id"])
    found = {}
    for slug, own in sorted(slugs.items()):
        above = [manifest["nodes"].get(name) or manifest["sources"][name] for name in _above(manifest, own)]
        found[slug] = {
            "models": {node["name"]: compiled[node["name"]] for node in above if node["name"] in compiled},
            "policies": sorted(node["name"] for node in above if node["name"].startswith("policy_")),
            "collections": sorted(node["name"] for node in above if node.get("source_name") == "accepted"),
            "computed": sorted(node["name"] for node in above if node.get("source_name") in ("growth", "estimates")),
        }
    return found


def _above(manifest: Mapping, names: Iterable[str]) -> list[str]:
    """Name the nodes that these are made from, they themselves included."""
    seen, waiting = set(), list(names)
    while waiting:
        name = waiting.pop()
        if name not in seen:
            seen.add(name)
            waiting += manifest["parent_map"].get(name, [])
    return sorted(seen)


def _policies(manifest: Mapping) -> dict[str, str]:
    seeds = [node for node in _nodes(manifest, "seed") if node["name"].startswith("policy_")]
    return {node["name"]: _sha256(settings.DBT_PROJECT / node["original_file_path"]) for node in seeds}


def _nodes(manifest: Mapping, kind: str) -> list[Mapping]:
    nodes = (node for node in manifest["nodes"].values() if node["resource_type"] == kind)
    return sorted(nodes, key=lambda node: node["name"])


def _digest(room: Path) -> str:
    """Give one checksum of the files of a room, whatever the checkout is called and whatever was made in it."""
    digest = hashlib.sha256()
    for path in sorted(room.rglob("*")):
        parts = path.relative_to(room).parts
        if path.suffix in KINDS and path.is_file() and not MADE.intersection(parts):
            digest.update(f"{_sha256(path)}  {'/'.join(parts)}\n".encode())
    return digest.hexdigest()


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
