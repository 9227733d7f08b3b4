"""dbt by hand on a finished warehouse: one indicator's folder alone, and every unit test of the project."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest


@pytest.fixture(scope="module")
def dbt(star, checkout: Path, tmp_path_factory: pytest.TempPathFactory):
    """Run dbt in the project against a copy of the STAR warehouse and return what it printed."""
    folder = tmp_path_factory.mktemp("dbt")
    shutil.copy(star.home / "warehouse/current/waymark.duckdb", folder / "waymark.duckdb")
    environment = os.environ | {
        "WAYMARK_WAREHOUSE": str(folder / "waymark.duckdb"),
        "WAYMARK_ACCEPTED": str(star.home / "accepted"),
        "WAYMARK_ESTIMATES": str(star.home / "warehouse/current"),
        "WAYMARK_DISCLOSURE_MASK": str(star.home / "warehouse/current/disclosure_mask.parquet"),
        "DBT_TARGET_PATH": str(folder / "target"),
        "DBT_LOG_PATH": str(folder / "logs"),
    }

    def run(*arguments: str) -> str:
        command = [Path(sys.executable).parent / "dbt", *arguments, "--profiles-dir", "."]
        result = subprocess.run(
            command, cwd=checkout / "dbt_project", env=environment, capture_output=True, text=True, timeout=300
        )
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
