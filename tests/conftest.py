"""What every test may rely on: the folders of the development data and of the checkout. No test data lives here."""

from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
SHARED = ROOT.parent / "shared" / "data"


@pytest.fixture(scope="session")
def checkout() -> Path:
    """The folder that holds pyproject.toml."""
    return ROOT


@pytest.fixture(scope="session")
def sgpdata() -> Path:
    """The real district exports of the development data, or a skip that says why."""
    folder = SHARED / "sgpdata"
    if not folder.is_dir():
        pytest.skip("the development data (sgpdata) are not beside this checkout")
    return folder
