"""The data files: the same numbers in every form, described for programs, and safe in a spreadsheet."""

import csv
import json
import re
from decimal import Decimal
from pathlib import Path

import duckdb
import jsonschema
import openpyxl
import polars as pl
import pytest
from csvw import CSVW

from reports.contents import dictionary, read
from reports.data_files import parts_of
from reports.descriptions import descriptions_es, titles_es
from reports.workbook import write_workbook

ADDRESS = (
    "school_year",
    "level",
    "entity_id",
    "indicator",
    "population",
    "student_group",
    "grade_span",
    "subject",
    "measure",
)


def rows_of(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@pytest.mark.parametrize("file", [*dictionary(), "2025/school"])
def test_every_csv_file_is_what_its_csvw_description_says(release: Path, file: str):
    described = release / "data" / f"{file}.csv-metadata.json"
    table = CSVW(str(release / "data" / f"{file}.csv"), md_url=str(described), validate=True)
    assert table.is_valid, [str(one.message) for one in table.warnings][:3]
    assert len(table.to_json(minimal=True)) == len(rows_of(release / "data" / f"{file}.csv"))


def test_a_number_that_is_text_breaks_the_csvw_description(release: Path, tmp_path: Path):
    for name in ("values.csv", "values.csv-metadata.json"):
        text = (release / "data" / name).read_text()
        (tmp_path / name).write_text(text.replace(",ok,", ",ok,few,", 1) if name == "values.csv" else text)
    assert not CSVW(
        str(tmp_path / "values.csv"), md_url=str(tmp_path / "values.csv-metadata.json"), validate=True
    ).is_valid


@pytest.mark.parametrize(("name", "place", "spanish"), [("title", 1, titles_es), ("description", 2, descriptions_es)])
def test_every_file_and_column_has_a_name_and_a_meaning_in_both_languages(name, place, spanish, release):
    package = json.loads((release / "data" / "datapackage.json").read_text(encoding="utf-8"))
    files = [one for one in package["resources"] if "/" not in one["path"] or name == "description"]
    used = {field[place] for about in dictionary().values() for field in about["fields"].values()}
    assert used | {file[name] for file in files} == set(spanish())
    assert all(spanish().values())
    assert all(file[f"{name}_es"] == spanish()[file[name]] for file in files)
    assert [file["title_es"] for file in package["resources"] if file["path"].endswith("2025/school.csv")] == [
        "Resultados, 2025, school"
    ]


def test_a_meaning_in_spanish_names_the_same_codes():
    def codes(text: str) -> list[str]:
        return sorted(re.findall(r"`[^`]+`", text))

    assert [english for english, spanish in descriptions_es().items() if codes(english) != codes(spanish)] == []


def test_the_value_field_says_what_an_empty_cell_means(release: Path):
    package = json.loads((release / "data" / "datapackage.json").read_text())
    fields = {field["name"]: field for field in package["resources"][0]["schema"]["fields"]}
    assert fields["value"]["missingValues"] == [{"value": "", "label": "No number: value_status says why"}]
    assert {"value": "suppressed", "label": "Hidden to protect students"} in fields["value_status"]["categories"]


def test_the_parts_for_spreadsheets_are_the_whole_file_and_each_is_short_enough(release: Path, handed_over: Path):
    whole = pl.read_csv(release / "data" / "values.csv", infer_schema=False)
    parts = [pl.read_csv(path, infer_schema=False) for path in sorted((release / "data").glob("2*/*.csv"))]
    assert len(parts) == 6
    assert pl.concat(parts).sort(pl.all()).equals(whole.sort(pl.all()))
    named = list(parts_of(read(handed_over).values, most_rows=100))
    assert max(part.height for _, part in named) == 100
    assert {"2025/school", "2025/school-2"} <= {name for name, _ in named}
    assert sum(part.height for _, part in named) == whole.height


def test_a_workbook_keeps_ids_as_text_numbers_as_numbers_and_runs_nothing(release: Path):
    sheet = openpyxl.load_workbook(release / "data" / "2025" / "school.xlsx")["values"]
    head, *rows = sheet.iter_rows()
    names = [cell.value for cell in head]
    told = {
        tuple(str(row[names.index(name)].value) for name in ADDRESS): dict(zip(names, row, strict=True)) for row in rows
    }
    wanted = rows_of(release / "data" / "2025" / "school.csv")
    assert len(told) == len(wanted)
    for row in wanted:
        cells = told[tuple(row[name].removeprefix("'") for name in ADDRESS)]
        assert cells["entity_id"].data_type == "s"
        assert (
            cells["value"].value is None
            if row["value"] == ""
            else Decimal(str(cells["value"].value)) == Decimal(row["value"])
        )
    assert {cell.data_type for row in rows for cell in row} <= {"s", "n"}


def test_text_that_would_run_stays_text_in_a_workbook(tmp_path: Path):
    hostile = ["=1+1", "@SUM(A1)", "-1+1", "<b>&\x07", None]
    write_workbook(pl.DataFrame({"a": hostile}), tmp_path / "a.xlsx", {"a": "string"})
    cells = [row[0] for row in openpyxl.load_workbook(tmp_path / "a.xlsx")["values"].iter_rows(min_row=2)]
    assert [cell.value for cell in cells] == ["=1+1", "@SUM(A1)", "-1+1", "<b>& ", None]
    assert {cell.data_type for cell in cells[:4]} == {"s"}


def test_the_api_has_the_numbers_of_the_files_and_null_where_there_is_none(release: Path):
    whole = {
        tuple(row[name].removeprefix("'") for name in ADDRESS): row for row in rows_of(release / "data" / "values.csv")
    }
    seen = 0
    for path in (release / "api" / "v1" / "values").glob("*/*.json"):
        told = json.loads(path.read_text(), parse_float=Decimal)
        for row in told["values"]:
            wanted = whole[tuple(str((told | row)[name]) for name in ADDRESS)]
            for name in ("value", "interval_low", "low_bound", "student_count", "numerator"):
                assert (row[name] is None) == (wanted[name] == "")
                assert row[name] is None or Decimal(row[name]) == Decimal(wanted[name])
            assert row["value_status"] == wanted["value_status"]
            seen += 1
    assert seen == len(whole)


def test_duckdb_reads_no_hidden_value_as_a_number_from_any_form(release: Path):
    data, values = release / "data", release / "api" / "v1" / "values"
    forms = (
        f"read_csv('{data}/values.csv')",
        f"read_parquet('{data}/values.parquet')",
        f"(select unnest(values, recursive := true) from read_json('{values}/*/*.json'))",
    )
    for form in forms:
        hidden = f"select count(*), count(value), count(student_count) from {form} where value_status = 'suppressed'"
        rows, numbers, counts = duckdb.sql(hidden).fetchone()
        assert rows > 0
        assert (numbers, counts) == (0, 0)


def test_the_api_is_described_and_keeps_to_its_description(release: Path):
    api = release / "api" / "v1"
    described = json.loads((api / "openapi.json").read_text())
    assert described["openapi"] == "3.1.0"
    for path, about in described["paths"].items():
        schema = about["get"]["responses"]["200"]["content"]["application/json"]["schema"]
        files = list(
            api.glob(
                path[1:]
                .replace("{from}..{to}", "*")
                .replace("{level}", "*")
                .replace("{entity_id}", "*")
                .replace("{indicator}", "*")
            )
        )
        assert files or "changes" in path, path
        for file in files[:2]:
            jsonschema.validate(json.loads(file.read_text()), schema | {"components": described["components"]})
        named = {one["name"] for one in about["get"].get("parameters", [])}
        assert named == {part.split("}")[0] for part in path.split("{")[1:]}


def test_the_catalogues_name_every_file_by_a_whole_address(release: Path):
    package = json.loads((release / "data" / "datapackage.json").read_text())
    for name in ("data.json", "data-v1.1.json"):
        catalogue = json.loads((release / name).read_text())
        [dataset] = catalogue["dataset"]
        for wanted in ("title", "description", "publisher", "contactPoint", "identifier", "keyword"):
            assert dataset[wanted]
        addresses = [one["downloadURL"] for one in dataset["distribution"]]
        assert addresses == [f"https://example.org/data/{one['path']}" for one in package["resources"]]
        assert all(
            (release / "site" / "data" / address.removeprefix("https://example.org/data/")).is_file()
            for address in addresses
        )
        assert (release / "site" / name).is_file()
    assert json.loads((release / "data.json").read_text())["dataset"][0]["inSeries"]
    said = json.loads((release / "data" / "dataset.jsonld").read_text())
    assert (said["@type"], said["version"]) == ("Dataset", "1.0.0")
    assert "value" in {one["name"] for one in said["variableMeasured"]}
