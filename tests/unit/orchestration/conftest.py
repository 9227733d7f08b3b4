"""A home folder of one test, whose environment, umask and lock do not outlive it."""

import os

import pytest

from orchestration import settings

settings.ensure_manifest()


@pytest.fixture
def place(tmp_path, monkeypatch):
    """A home that does not exist yet, named by the environment."""
    place = settings.Home(tmp_path / "home")
    for name, value in settings.environment(place).items():
        monkeypatch.setenv(name, value)
    umask = os.umask(0o022)
    yield place
    os.umask(umask)
    settings.release(place)
