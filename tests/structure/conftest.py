"""What the tests of the house look at: a copy to plant faults in, and what dbt understands of the project."""

import json
import shutil
import sys
from pathlib import Path

import pytest

from orchestration import settings

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
def manifest() -> dict:
    """What dbt understands of the project as it is now: the manifest that a run reads."""
    return json.loads(settings.ensure_manifest().read_text())


@pytest.fixture
def doctored(manifest: dict) -> dict:
    """A copy of the manifest, in which a test may break things."""
    return json.loads(json.dumps({kind: manifest[kind] for kind in ("nodes", "sources", "macros", "unit_tests")}))
