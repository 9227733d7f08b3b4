"""dbt by hand on a finished warehouse: one indicator's folder alone, and every unit test of the project."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from orchestration import settings


@pytest.fixture(scope="module")
def dbt(star, tmp_path_factory: pytest.TempPathFactory):
    """Run dbt against a copy of the STAR warehouse and return what it printed."""
    place = settings.Home(tmp_path_factory.mktemp("dbt"))
    building, target = place.warehouse / "next", place.root / "target"
    building.mkdir(parents=True)
    for file in (star.home / "warehouse/current").glob("*.*"):
        if file.suffix in (".duckdb", ".parquet"):
            shutil.copy(file, building)
    place.store.accepted.symlink_to(star.home / "accepted")
    # With the paths of a run, and what a run understood of the project, dbt need not read it anew.
    target.mkdir()
    shutil.copy(settings.ensure_manifest().with_name("partial_parse.msgpack"), target)
    project = {"DBT_PROJECT_DIR": str(settings.DBT_PROJECT), "DBT_PROFILES_DIR": str(settings.DBT_PROJECT)}
    kept = {"DBT_TARGET_PATH": str(target), "DBT_LOG_PATH": str(place.root / "logs")}
    environment = os.environ | settings.environment(place) | project | kept

    def run(*arguments: str) -> str:
        command = [Path(sys.executable).parent / "dbt", *arguments]
        result = subprocess.run(command, cwd=place.root, env=environment, capture_output=True, text=True, timeout=300)
        assert result.returncode == 0, result.stdout
        return result.stdout

    return run


def test_a_folder_builds_alone_with_its_seed_unit_tests_model_and_data_tests(dbt):
    told = dbt("build", "--select", "indicators.academic_achievement")
    assert "seed file reference.policy_academic_achievement" in told
    assert "sql view model indicators.ind_academic_achievement" in told
    assert "unit_test ind_academic_achievement::" in told or "PASS ind_academic_achievement::" in told
    assert "PASS academic_achievement_counts_a_student_once_in_each_entity" in told
    assert "PASS gv01_gv02_gv03_come_out_as_published" in told
    assert "ind_average_score" not in told


def test_every_unit_test_of_the_project_passes_and_the_golden_vectors_are_among_them(dbt):
    told = dbt("test", "--select", "test_type:unit")
    for vector in ("gv01", "gv02", "gv03"):
        assert f"PASS fct_indicator_results::{vector}_" in told
    assert "ERROR=0 SKIP=0" in told
