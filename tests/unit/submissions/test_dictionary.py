"""The dictionary says of the standard what the contracts say, in every form, and nothing that they do not."""

import csv
import io

import pytest
import yaml
from frictionless import Resource, Schema
from typer.testing import CliRunner

from expectations.collections import CONTRACTS, RULES
from orchestration.cli import app
from submissions import dictionary

GOOD = "tests/unit/expectations/good_records.yaml"


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    """The folder of a dictionary, written from the command line."""
    out = tmp_path_factory.mktemp("dictionary")
    done = CliRunner().invoke(app, ["dictionary", "--out", str(out)])
    assert (done.exit_code, "56 files" in done.stdout) == (0, True)
    return out


@pytest.fixture(scope="module")
def table(written):
    return list(csv.DictReader(io.StringIO((written / "dictionary.csv").read_text())))


def test_the_table_holds_every_column_of_every_collection_once_and_in_order(table):
    columns = [(name, column) for name, contract in CONTRACTS.items() for column in contract.columns]

    assert [(row["collection"], row["column"]) for row in table] == columns


def test_a_column_says_its_codes_its_equivalents_and_who_checks_it(table):
    (level,) = [row for row in table if (row["collection"], row["column"]) == ("course_section", "course_level")]

    assert level["codes"].startswith("basic;general;enriched")
    assert (level["required"], level["ceds"], level["ed_fi"]) == ("No", "000061", "Course.levelCharacteristics")
    assert level["rules"] == "SEC-003;SEC-011"


def test_every_rule_of_a_collections_own_stands_beside_a_column_and_on_the_page(table, written):
    beside = {code for row in table for code in row["rules"].split(";")}
    page = (written / "dictionary.html").read_text()

    assert {code for code, rule in RULES.items() if rule.holds is not None} <= beside
    assert all(f'<th scope="row">{code}</th>' in page for code, rule in RULES.items() if rule.holds is not None)


@pytest.mark.parametrize("name", CONTRACTS)
def test_a_blank_file_and_its_schema_name_the_columns_of_the_contract(name, written):
    header = (written / "templates" / f"{name}.csv").read_text()
    schema = Schema.from_descriptor(str(written / "schemas" / f"{name}.schema.json"))

    assert header == ",".join(CONTRACTS[name].columns) + "\n"
    assert schema.field_names == list(CONTRACTS[name].columns)
    assert [field.required for field in schema.fields] == [not c.nullable for c in CONTRACTS[name].columns.values()]


@pytest.mark.parametrize("name", CONTRACTS)
def test_a_good_record_meets_the_schema_and_one_without_its_required_values_does_not(name, checkout):
    record = yaml.safe_load((checkout / GOOD).read_text())[name]
    record = {column: record.get(column, "") for column in CONTRACTS[name].columns}
    schema = Schema.from_descriptor(dictionary.table_schema(CONTRACTS[name]))
    blank = dict.fromkeys(record, "") | {"local_note": "x"}

    assert Resource(data=[list(record), list(record.values())], schema=schema).validate().valid
    assert not Resource(data=[list(record), list(blank.values())[: len(record)]], schema=schema).validate().valid


def test_two_dictionaries_have_the_same_bytes(written, tmp_path):
    again = dictionary.write(tmp_path)

    assert all(path.read_bytes() == (written / path.relative_to(tmp_path)).read_bytes() for path in again)
