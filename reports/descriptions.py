"""What the files of a release hold, said to programs: a Data Package and a CSVW description for each CSV file.

Both follow from the dictionary and the tables of the release; the Spanish of files and columns stands in
titles_es.yml and descriptions_es.yml.
"""

from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from reports.contents import Contents, dictionary
from reports.statement import sha256_of
from reports.versions import is_simulated

NAME = "waymark-results"
TITLE = "Waymark results"
LICENSE = {
    "name": "CC-BY-4.0",
    "title": "Creative Commons Attribution 4.0",
    "path": "https://creativecommons.org/licenses/by/4.0/",
}
SOURCE = {"title": "Records that districts submitted and the state accepted"}
SIMULATED = "The records are simulated: no student, school or district in these data is real."
NO_NUMBER = "No number: value_status says why"
SPREADSHEET = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
CODED = {
    "level": ("levels", "code"),
    "population": ("populations", "code"),
    "student_group": ("student_groups", "student_group"),
    "grade_span": ("grade_spans", "code"),
    "subject": ("subjects", "code"),
    "value_status": ("value_statuses", "status"),
}
"""The columns of the results that hold codes, with the file and column that explain them."""
_DATATYPES = {"string": "string", "integer": "integer", "number": "decimal", "boolean": "boolean"}


@cache
def titles_es() -> dict[str, str]:
    """Give the name of a file or column in Spanish by its name in English."""
    return yaml.load(Path(__file__).with_name("titles_es.yml").read_text(encoding="utf-8"), yaml.CSafeLoader)


@cache
def descriptions_es() -> dict[str, str]:
    """Give what a file or column means in Spanish by what it means in English."""
    return yaml.load(Path(__file__).with_name("descriptions_es.yml").read_text(encoding="utf-8"), yaml.CSafeLoader)


def data_package(folder: Path, contents: Contents, version: str, checked: Sequence[Mapping] = ()) -> dict[str, Any]:
    """Describe the data files of a folder as a Data Package, version 2.

    `checked` are the results of the gate. Each names the columns that it looked at, and so each column its checks.
    """
    resources = [_table(folder, file, about, contents, checked) for file, about in dictionary().items()]
    return {
        "$schema": "https://datapackage.org/profiles/2.0/datapackage.json",
        "name": NAME,
        "title": TITLE,
        "description": described(f"Results of schools, districts and the state, {contents.years}.", version),
        "version": version,
        "simulated": is_simulated(version),
        "licenses": [LICENSE],
        "sources": [SOURCE],
        "years": contents.years,
        "content_sha256": contents.sha256,
        "resources": [*resources, _parquet(folder), *_parts(folder)],
    }


def csvw(file: str, url: str, version: str) -> dict[str, Any]:
    """Describe a CSV file, which stands beside the description under `url`, for CSV on the Web."""
    about = dictionary()[file]
    columns = [
        {
            "name": name,
            "titles": {"und": name, "en": title, "es": titles_es()[title]},
            "dc:description": {"@value": description, "@language": "en"},
            "datatype": _DATATYPES[kind],
            "required": name in about["key"],
            "null": [""],
        }
        for name, (kind, title, description) in about["fields"].items()
    ]
    return {
        "@context": ["http://www.w3.org/ns/csvw", {"@language": "en"}],
        "url": url,
        "dc:title": about["title"],
        "dc:description": described(about["description"], version),
        "dc:license": {"@id": LICENSE["path"]},
        "schema:version": version,
        "dialect": {"encoding": "utf-8", "header": True},
        "tableSchema": {"columns": columns, "primaryKey": about["key"]},
    }


def described(description: str, version: str) -> str:
    """Give a description of data of a release, which says first where they are simulated."""
    return f"{SIMULATED} {description}" if is_simulated(version) else description


def size_of(path: Path) -> dict[str, Any]:
    """Give the size of a file and its checksum, as a Data Package writes them."""
    return {"bytes": path.stat().st_size, "hash": f"sha256:{sha256_of(path)}"}


def _table(folder: Path, file: str, about: Mapping, contents: Contents, checked: Sequence[Mapping]) -> dict[str, Any]:
    path = folder / f"{file}.csv"
    schema: dict[str, Any] = {
        "fields": [_field(file, name, about, contents, checked) for name in about["fields"]],
        "missingValues": [""],
        "primaryKey": about["key"],
    }
    if about.get("references"):
        schema["foreignKeys"] = [
            {"fields": columns, "reference": {"resource": other, "fields": others}}
            for columns, other, others in about["references"]
        ]
    return {
        "name": file,
        "type": "table",
        "path": path.name,
        **_said(about["title"], about["description"]),
        "format": "csv",
        "mediatype": "text/csv",
        "encoding": "utf-8",
        **size_of(path),
        "schema": schema,
    }


def _field(file: str, name: str, about: Mapping, contents: Contents, checked: Sequence[Mapping]) -> dict[str, Any]:
    kind, title, description = about["fields"][name]
    checks = [one["expectation"] for one in checked if f"{file}.{name}" in one["columns"]]
    field = {"name": name, "type": kind, **_said(title, description), "checks": checks}
    if name in about["key"]:
        field["constraints"] = {"required": True}
    if (file, name) == ("values", "value"):
        field["missingValues"] = [{"value": "", "label": NO_NUMBER}]
    if file == "values" and name in CODED:
        table, code = CODED[name]
        labels = contents.tables[table].select(code, "label_en").unique(maintain_order=True)
        field["categories"] = [{"value": value, "label": label} for value, label in labels.iter_rows()]
    return field


def _said(title: str, description: str) -> dict[str, str]:
    """Give a title and a description in both languages; a missing Spanish one raises KeyError."""
    spanish = {"title_es": titles_es()[title], "description_es": descriptions_es()[description]}
    return {"title": title, "description": description} | spanish


def _parquet(folder: Path) -> dict[str, Any]:
    return {
        "name": "values-parquet",
        "type": "file",
        "path": "values.parquet",
        **_said(
            "Results, as Parquet",
            "The same rows as values.csv, typed. Text stands here as it is, without the apostrophe.",
        ),
        "format": "parquet",
        "mediatype": "application/vnd.apache.parquet",
        **size_of(folder / "values.parquet"),
    }


def _parts(folder: Path) -> list[dict[str, Any]]:
    """List the parts for spreadsheets, a CSV and an XLSX file for each."""
    kinds = {".csv": "text/csv", ".xlsx": SPREADSHEET}
    return [
        {
            "name": f"values-{path.parent.name}-{path.stem}-{path.suffix[1:]}",
            "type": "file",
            "path": f"{path.parent.name}/{path.name}",
            **_said("Results", "Rows of values.csv, few enough for a spreadsheet; in XLSX ids are text."),
            "title": f"Results, {path.parent.name}, {path.stem}",
            "title_es": f"Resultados, {path.parent.name}, {path.stem}",
            "format": path.suffix[1:],
            "mediatype": kinds[path.suffix],
            **size_of(path),
        }
        for path in sorted(folder.glob("*/*"))
        if path.suffix in kinds
    ]
