"""The contracts are complete, say where each column comes from, and are the one source of what is stored."""

import re

import polars as pl
import pytest

from expectations.codes import codes
from expectations.collections import CONTRACTS, RULES
from expectations.collections.columns import KINDS
from expectations.collections.columns import column as declare
from expectations.collections.rules import contract
from expectations.collections.validation import accepted_schema, examine, rule_pack

COLUMNS = [(name, column) for name, contract in CONTRACTS.items() for column in contract.columns.values()]


@pytest.mark.parametrize(("collection", "column"), COLUMNS, ids=lambda part: getattr(part, "name", part))
def test_every_column_is_described_and_typed_by_its_kind(collection, column):
    assert column.title and column.description.endswith(".")
    assert column.dtype.type == KINDS[column.metadata["kind"]].dtype
    assert column.metadata["ceds"] is None or re.fullmatch(r"\d{6}(, \d{6})*", column.metadata["ceds"])
    assert column.metadata["edfi"] is None or re.fullmatch(r"[A-Z]\w+\.\w+", column.metadata["edfi"])


@pytest.mark.parametrize("contract", CONTRACTS.values(), ids=lambda contract: contract.name)
def test_every_check_carries_the_code_title_and_fix_of_its_rule_and_no_error_text(contract):
    for column in contract.columns.values():
        for check in column.checks:
            rule = RULES[check.name]
            assert (check.title, check.description, check.error) == (rule.title, rule.fix, None)


@pytest.mark.parametrize("contract", CONTRACTS.values(), ids=lambda contract: contract.name)
def test_every_rule_of_a_collection_is_checked_by_its_contract(contract):
    checked = {check.name for column in contract.columns.values() for check in column.checks}
    own = {code for code, rule in contract.metadata["rules"].items() if rule.holds is not None}

    assert own <= checked


def test_a_contract_is_named_as_its_module_and_its_prefix_is_its_own():
    assert [contract.name for contract in CONTRACTS.values()] == list(CONTRACTS)
    assert len({contract.metadata["prefix"] for contract in CONTRACTS.values()}) == len(CONTRACTS)


def test_personal_columns_are_never_stored_with_the_accepted_records():
    personal = {name for _, column in COLUMNS if column.metadata["personal"] for name in [column.name]}
    stored = {name for contract in CONTRACTS.values() for name in accepted_schema(contract)}

    assert personal == {"last_name", "first_name", "birth_date"}
    assert not personal & stored


def test_ids_of_students_scores_and_personal_values_are_confidential():
    confidential = {column.name for _, column in COLUMNS if column.metadata["confidential"]}

    assert confidential == {
        "student_id",
        *("last_name", "first_name", "birth_date"),
        *("scale_score", "scale_score_standard_error", "performance_level", "grade_level_equivalent"),
        *("final_grade", "grade_points", "course_grade", "prior_score", "override_reason"),
        *("score", "is_successful", "first_score", "benchmark_score", "final_score"),
        *("is_mastery", "level", "audit_level"),
        *("evidence_id", "determination_id", "supersedes_determination_id", "incident_id"),
        *("staff_id", "rater_id", "first_rater_id", "decided_by"),
        *("respondent_id", "value"),
    }


def test_the_accepted_schema_has_the_contract_in_its_order_and_then_where_each_record_came_from():
    schema = accepted_schema(CONTRACTS["assessment"])

    assert list(schema)[:3] == ["student_id", "school_id", "subject"]
    assert schema["scale_score"] == pl.Decimal(9, 3)
    assert schema["full_academic_year_school"] == pl.Boolean
    assert list(schema)[-7:] == [
        "school_year",
        "district_id",
        "record_line",
        "source_rows",
        "submission_id",
        "worst_severity",
        "finding_codes",
    ]


def test_the_district_collection_stores_its_district_id_once():
    assert list(accepted_schema(CONTRACTS["district"])).count("district_id") == 1


def test_the_rule_pack_changes_when_a_code_set_does(monkeypatch, tmp_path):
    before = rule_pack(CONTRACTS.values())
    for name in {column.metadata["codes"] for _, column in COLUMNS} - {None}:
        (tmp_path / f"code_{name}.csv").write_text("code\nnew\n")
    monkeypatch.setattr("expectations.codes.FOLDER", tmp_path)

    assert rule_pack(CONTRACTS.values()) != before


def test_the_codes_of_a_set_come_in_the_order_of_its_file():
    assert codes("grades")[:4] == ("PK", "KG", "01", "02")
    assert codes("participation_statuses", is_participant="false") == ("not_participated", "medical_exemption")


@pytest.mark.parametrize("text", ["code,label_en\n", "code\nA\nA\n", 'code\nA\n""\n'])
def test_a_code_set_that_is_empty_or_repeats_itself_is_refused(text, tmp_path, monkeypatch):
    (tmp_path / "code_broken.csv").write_text(text)
    monkeypatch.setattr("expectations.codes.FOLDER", tmp_path)
    codes.cache_clear()

    with pytest.raises(LookupError):
        codes("broken")


def test_a_code_counts_only_while_it_is_in_force(tmp_path, monkeypatch):
    (tmp_path / "code_exits.csv").write_text(
        "code,effective_from,effective_to\nalways,,\nold,,2024-12-31\nnew,2025-01-01,\n"
    )
    monkeypatch.setattr("expectations.codes.FOLDER", tmp_path)
    dated = declare("exit", "code", "Exit", "How.", required=True, code_set="exits", in_force_on="left")
    columns = (dated, declare("left", "date", "Left", "When."))
    exits = contract("exits", "EXT", title="", description="", record="", records="", columns=columns, key=("exit",))
    rows = [("always", None), ("old", "2024-12-31"), ("old", "2025-01-01"), ("new", "2024-12-31"), ("new", None)]
    frame = pl.DataFrame(rows, schema=["exit", "left"], orient="row")
    found = examine(frame, exits, district_id="0470", school_year=2025).findings

    assert found.filter(rule="EXT-003")["row"].to_list() == [2, 3]
