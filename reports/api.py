"""The release as static JSON under `api/v1`: any web server is the service.

Results are written by columns into one file for each entity; a number is written as it was rounded, and where there is
none stands null with the status beside it.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import polars as pl

from reports.contents import Contents, columns_of, dictionary
from reports.data_files import write_csv
from reports.descriptions import LICENSE, TITLE, described

LISTS = (
    "entities",
    "indicators",
    "measures",
    "student_groups",
    "value_statuses",
    "comparability",
    "footnotes",
    "policies",
    "certifications",
)
OF_ENTITY = ("level", "entity_id")
ROOT = "api/v1"
STRETCH = 50_000
"""About how many results are written as text at a time, which takes ten times the memory that their columns take."""


def write_api(contents: Contents, folder: Path, version: str, releases: Sequence[Mapping[str, Any]]) -> None:
    """Write the lists, the results of each entity, the releases and the description of it all into `folder`."""
    folder.mkdir(parents=True)
    for file in LISTS:
        write_json(folder / f"{file}.json", {"release": version, file: contents.tables[file].to_dicts()})
    write_json(folder / "releases.json", {"releases": list(releases)})
    write_json(folder / "openapi.json", openapi(version))
    columns = [name for name in columns_of(dictionary()["values"]) if name not in OF_ENTITY]
    for stretch in _stretches(contents.values):
        rows = stretch.select(*OF_ENTITY, json_rows(stretch.select(columns)).alias("row"))
        of_entities = rows.group_by(OF_ENTITY, maintain_order=True).agg(pl.col("row").str.join(",\n"))
        for level, entity_id, text in of_entities.iter_rows():
            place = folder / "values" / level
            place.mkdir(parents=True, exist_ok=True)
            head = json.dumps({"release": version, "level": level, "entity_id": entity_id}, ensure_ascii=False)
            (place / f"{entity_id}.json").write_text(f'{head[:-1]}, "values": [\n{text}\n]}}\n', encoding="utf-8")


def _stretches(values: pl.DataFrame, rows: int = STRETCH) -> list[pl.DataFrame]:
    """Give the results in parts of about so many rows, all those of an entity in one."""
    counts = values.group_by(OF_ENTITY, maintain_order=True).len()
    numbered = counts.select(*OF_ENTITY, stretch=pl.col("len").cum_sum() // rows)
    told = values.join(numbered, on=OF_ENTITY, how="left", maintain_order="left")
    return told.partition_by("stretch", maintain_order=True, include_key=False)


def write_changes(changed: pl.DataFrame, folder: Path, before: str, after: str) -> dict[str, Any]:
    """Write the list of changes between two releases, in the columns of changes.csv, and give how many there are."""
    place = folder / "changes"
    place.mkdir(exist_ok=True)
    text = ",\n".join(json_rows(changed))
    head = json.dumps({"from": before, "to": after})
    (place / f"{before}..{after}.json").write_text(f'{head[:-1]}, "changes": [\n{text}\n]}}\n', encoding="utf-8")
    write_csv(changed, place / f"{before}..{after}.csv", ["entity_id"])
    counts = changed.group_by("change", "cause").len().sort("change", "cause")
    return {"from": before, "to": after, "counts": counts.rename({"len": "results"}).to_dicts()}


def json_rows(table: pl.DataFrame) -> pl.Series:
    """Write each row as a JSON object, by columns; numbers may stand as text and are written as numbers."""
    kinds = {name: about[0] for name, about in dictionary()["values"]["fields"].items()}
    members = []
    for place, name in enumerate(table.columns):
        column, before = pl.col(name), ("{" if place == 0 else ", ") + json.dumps(name) + ": "
        kind = kinds.get(name.removesuffix("_before").removesuffix("_after"), "string")
        if kind == "string":
            texts = list({"", *table[name].drop_nulls().unique()})
            written = [json.dumps(text, ensure_ascii=False) for text in texts]
            column = column.replace_strict(texts, written, default=None, return_dtype=pl.String)
        members.append(pl.concat_str(pl.lit(before), column.cast(pl.String).fill_null("null")))
    return table.select(pl.concat_str(*members, pl.lit("}"))).to_series()


def write_json(path: Path, content: object) -> None:
    """Write JSON for people to read, with the keys in order."""
    text = json.dumps(content, indent=2, sort_keys=True, ensure_ascii=False, default=str)
    path.write_text(text + "\n", encoding="utf-8")


def openapi(version: str) -> dict[str, Any]:
    """Describe the files as the paths of a service, OpenAPI 3.1."""
    kinds = {"string": "string", "integer": "integer", "number": "number", "boolean": "boolean"}
    schemas = {}
    for file, about in dictionary().items():
        skipped = ("release", *OF_ENTITY) if file == "values" else ()
        properties = {
            name: {"type": [kinds[kind], "null"], "title": title, "description": description}
            for name, (kind, title, description) in about["fields"].items()
            if name not in skipped
        }
        for name in properties.keys() & set(about["key"]):
            properties[name]["type"] = properties[name]["type"][0]
        schemas[file] = {"type": "object", "properties": properties, "required": list(properties)}
    listed = {f"/{file}.json": _get(dictionary()[file]["title"], _list_of(file)) for file in LISTS}
    level = _parameter("level", "The level of the entity.", enum=["state", "district", "school"])
    return {
        "openapi": "3.1.0",
        "info": {
            "title": TITLE,
            "version": version,
            "description": described(
                "Static files; every path can be fetched as it stands. Where there is no number, the value is null and "
                "the status says why.",
                version,
            ),
            "license": {"name": LICENSE["title"], "url": LICENSE["path"]},
        },
        "servers": [{"url": "."}],
        "paths": listed
        | {
            "/values/{level}/{entity_id}.json": _get(
                "Every result of an entity",
                _list_of("values", level={"type": "string"}, entity_id={"type": "string"}),
                [level, _parameter("entity_id", "The id of the entity; `state` for the state.")],
            ),
            "/releases.json": _get("The releases that there are", _object(releases=_array({"type": "object"}))),
            "/provenance/{level}/{entity_id}.json": _get(
                "The submissions behind the results of an entity",
                _object(submissions={"type": "object"}),
                [level, _parameter("entity_id", "The id of the entity.")],
            ),
            "/provenance/indicators/{indicator}.json": _get(
                "The page, policies and models behind an indicator",
                _object(models={"type": "object"}),
                [_parameter("indicator", "The short name of the indicator.")],
            ),
            "/changes.json": _get(
                "How many results each release changed, by cause", _object(changes=_array({"type": "object"}))
            ),
            "/changes/{from}..{to}.json": _get(
                "What changed from one release to the next, with the cause",
                _object(changes=_array({"type": "object"})),
                [_parameter("from", "The earlier release."), _parameter("to", "The later release.")],
            ),
        },
        "components": {"schemas": schemas},
    }


def _get(summary: str, schema: Mapping, parameters: Iterable[Mapping] = ()) -> dict[str, Any]:
    content = {"application/json": {"schema": schema}}
    answers = {"200": {"description": summary, "content": content}, "404": {"description": "There is no such file."}}
    about: dict[str, Any] = {"summary": summary, "responses": answers}
    if parameters:
        about["parameters"] = list(parameters)
    return {"get": about}


def _parameter(name: str, description: str, **schema: Any) -> dict[str, Any]:
    return {
        "name": name,
        "in": "path",
        "required": True,
        "description": description,
        "schema": {"type": "string", **schema},
    }


def _list_of(file: str, **more: Mapping) -> dict[str, Any]:
    return _object(release={"type": "string"}, **more, **{file: _array({"$ref": f"#/components/schemas/{file}"})})


def _array(items: Mapping) -> dict[str, Any]:
    return {"type": "array", "items": items}


def _object(**properties: Mapping) -> dict[str, Any]:
    return {"type": "object", "properties": properties, "required": list(properties)}
