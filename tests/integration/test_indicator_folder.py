"""One indicator's folder builds alone: its policy, unit tests, formula and data tests."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest


@pytest.mark.parametrize(
    "slug", ["academic_achievement", "test_participation", "average_score", "full_academic_year_coverage"]
)
def test_a_folder_builds_alone(star, checkout: Path, tmp_path: Path, slug: str):
    warehouse = tmp_path / "waymark.duckdb"
    shutil.copy(star.home / "warehouse/current/waymark.duckdb", warehouse)
    environment = os.environ | {
        "WAYMARK_WAREHOUSE": str(warehouse),
        "WAYMARK_ACCEPTED": str(star.home / "accepted"),
        "WAYMARK_DISCLOSURE_MASK": str(star.home / "warehouse/current/disclosure_mask.parquet"),
        "DBT_TARGET_PATH": str(tmp_path / "target"),
        "DBT_LOG_PATH": str(tmp_path / "logs"),
    }
    dbt = Path(sys.executable).parent / "dbt"
    command = [dbt, "build", "--profiles-dir", ".", "--select", f"indicators.{slug}"]
    result = subprocess.run(
        command, cwd=checkout / "dbt_project", env=environment, capture_output=True, text=True, timeout=300
    )
    assert result.returncode == 0, result.stdout
    assert f"seed file reference.policy_{slug}" in result.stdout
    assert f"sql table model indicators.ind_{slug}" in result.stdout
    assert f"unit_test ind_{slug}::" in result.stdout
    assert f"{slug}_counts_a_student_once_in_each_entity" in result.stdout
    if slug == "academic_achievement":
        assert "PASS gv01_gv02_gv03_come_out_as_published" in result.stdout
