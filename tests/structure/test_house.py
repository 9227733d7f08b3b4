"""The house keeps its rules. Each test states one of them; what the rule is stands in house.py."""

import subprocess
import sys
from pathlib import Path

import house


def test_every_room_stands_and_nothing_else_does(checkout: Path) -> None:
    assert house.rooms_stand(checkout) == []


def test_nothing_has_a_name_that_says_nothing(checkout: Path) -> None:
    assert house.no_forbidden_names(checkout) == []


def test_every_room_and_every_module_says_what_lives_there(checkout: Path) -> None:
    assert house.rooms_introduce_themselves(checkout) == []


def test_imports_point_one_way(checkout: Path) -> None:
    command = [Path(sys.executable).parent / "lint-imports", "--no-logo", "--no-cache"]
    done = subprocess.run(command, cwd=checkout, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout


def test_methods_only_compute(checkout: Path) -> None:
    assert house.methods_only_compute(checkout) == []


def test_compiled_code_stands_with_what_it_calls(checkout: Path) -> None:
    assert house.compiled_code_stands_together(checkout) == []


def test_great_expectations_is_imported_by_the_function_that_runs_it(checkout: Path) -> None:
    assert house.heavy_imports_wait(checkout) == []


def test_no_tool_phones_home(checkout: Path) -> None:
    assert house.nothing_phones_home(checkout) == []


def test_the_lock_file_carries_hashes_and_no_address(checkout: Path) -> None:
    assert house.lock_is_closed(checkout) == []


def test_reports_read_only_what_is_public(checkout: Path) -> None:
    assert house.reports_read_what_is_public(checkout) == []


def test_no_policy_leaves_a_number_blank(manifest: dict, checkout: Path) -> None:
    assert house.policies_are_complete(manifest, checkout) == []


def test_no_code_set_has_a_blank_code_or_one_code_twice(checkout: Path) -> None:
    assert house.code_sets_stand_once(checkout) == []


def test_no_build_loads_a_code_set_that_nothing_reads(manifest: dict) -> None:
    assert house.seeds_are_read(manifest) == []


def test_the_rows_of_every_collection_are_counted_again_in_staging(manifest: dict) -> None:
    assert house.staging_loses_nothing(manifest) == []


def test_every_indicator_folder_is_complete(checkout: Path) -> None:
    assert house.indicator_folders_are_complete(checkout) == []


def test_no_model_reads_a_later_layer(manifest: dict) -> None:
    assert house.no_model_reads_a_later_layer(manifest) == []


def test_every_model_stands_in_the_schema_and_under_the_prefix_of_its_layer(manifest: dict) -> None:
    assert house.models_stand_in_their_layer(manifest) == []


def test_no_indicator_reads_another(manifest: dict) -> None:
    assert house.no_indicator_reads_another(manifest) == []


def test_publication_reads_marts_reference_and_the_mask(manifest: dict) -> None:
    assert house.publication_reads_what_it_may(manifest) == []


def test_every_indicator_has_an_enforced_contract_in_one_of_two_shapes(manifest: dict) -> None:
    assert house.indicators_keep_their_contract(manifest) == []


def test_every_indicator_has_a_unit_test_named_by_a_sentence(manifest: dict) -> None:
    assert house.indicators_are_tested(manifest) == []


def test_the_table_of_contents_names_exactly_the_indicator_folders(manifest: dict, checkout: Path) -> None:
    assert house.one_table_of_contents(manifest, checkout) == []


def test_no_model_selects_a_star_from_another(manifest: dict) -> None:
    assert house.no_star_across_a_layer(manifest) == []


def test_policy_is_rows_with_dates(manifest: dict, checkout: Path) -> None:
    assert house.policy_is_rows(manifest, checkout) == []
