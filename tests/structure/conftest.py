"""What the tests of the house look at: a copy to plant faults in, and what dbt understands of the project."""

import fcntl
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))


@pytest.fixture
def copy(checkout: Path, tmp_path: Path) -> Path:
    """A copy of the house, without what is generated, in which a test may break things."""
    generated = (".*", "__pycache__", "*.egg-info", "target", "logs")
    outside = {"data", "build"}

    def ignored(folder: str, names: list[str]) -> set[str]:
        return shutil.ignore_patterns(*generated)(folder, names) | (outside if Path(folder) == checkout else set())

    return shutil.copytree(checkout, tmp_path / "house", ignore=ignored)


@pytest.fixture(scope="session")
def manifest(checkout: Path) -> dict:
    """What dbt understands of the project as it is now; parsed when something in it is newer, by one process of all."""
    project, kept = checkout / "dbt_project", checkout / ".pytest_cache" / "dbt"
    target = kept / "target" / "manifest.json"
    newest = max(path.stat().st_mtime for path in project.rglob("*") if "target" not in path.parts)
    kept.mkdir(parents=True, exist_ok=True)
    with (kept / "lock").open("w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        if not target.is_file() or target.stat().st_mtime <= newest:
            _parse(project, kept)
    return json.loads(target.read_text())


def _parse(project: Path, kept: Path) -> None:
    environment = os.environ | {
        "WAYMARK_WAREHOUSE": str(kept / "waymark.duckdb"),
        "WAYMARK_ACCEPTED": str(kept / "accepted"),
        "WAYMARK_ESTIMATES": str(kept),
        "WAYMARK_DISCLOSURE_MASK": str(kept / "disclosure_mask.parquet"),
        "DBT_TARGET_PATH": str(kept / "target"),
        "DBT_LOG_PATH": str(kept / "logs"),
    }
    dbt = [Path(sys.executable).parent / "dbt", "parse", "--project-dir", project, "--profiles-dir", project]
    done = subprocess.run(dbt, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.fixture
def doctored(manifest: dict) -> dict:
    """A copy of the manifest, in which a test may break things."""
    return json.loads(json.dumps({kind: manifest[kind] for kind in ("nodes", "sources", "macros", "unit_tests")}))
