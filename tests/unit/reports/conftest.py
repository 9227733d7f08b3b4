"""One release of a made-up state, built once for all tests of this room. No test lives here."""

import importlib.util
from pathlib import Path
from types import ModuleType

import pytest

from reports.handover import hand_over
from reports.release import Dossier, publish_release
from submissions import rule_catalogue

GATE = [
    {
        "expectation": "shares_lie_in_range",
        "title": "Every share lies between 0 and 100",
        "title_es": "Cada parte está entre 0 y 100",
        "success": True,
        "outcome": "passed",
        "severity": "error",
        "observed": "0",
        "columns": ["values.value", "values.low_bound", "footnotes.text_en"],
    }
]
SIGNED = {
    "certified_by": "=J. Ortiz <b>",
    "certified_as": "Superintendent",
    "certified_on": "2025-11-14",
    "explained_findings": 2,
    "accepted_explanations": 1,
    "explained_rules": "ENR-201 STU-012",
}
CERTIFIED = [
    {"school_year": 2025, "district_id": "0100", "status": "certified", **SIGNED},
    {"school_year": 2024, "district_id": "0100", "status": "changed_since", **SIGNED},
]
"""What one district certified; the other certified nothing."""


@pytest.fixture(scope="session")
def state() -> ModuleType:
    """The module that makes the warehouse and the methodology pages of the made-up state."""
    spec = importlib.util.spec_from_file_location("made_up_state", Path(__file__).with_name("made_up_state.py"))
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="session")
def warehouse(state: ModuleType, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A warehouse with the published tables and nothing else."""
    return state.make_warehouse(tmp_path_factory.mktemp("warehouse") / "waymark.duckdb")


@pytest.fixture(scope="session")
def methodology(state: ModuleType, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folders of the indicators, each with its page."""
    return state.make_methodology(tmp_path_factory.mktemp("indicators"))


@pytest.fixture(scope="session")
def handed_over(warehouse: Path, methodology: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What is handed over of the made-up state, with the rules of submissions as they are."""
    rules = rule_catalogue.write_json(tmp_path_factory.mktemp("rules"))
    return hand_over(warehouse, methodology, tmp_path_factory.mktemp("handed_over"), rules, CERTIFIED)


@pytest.fixture(scope="session")
def release(handed_over: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The first release of the made-up state; tests read it and change nothing."""
    return publish_release(handed_over, tmp_path_factory.mktemp("home") / "releases", Dossier(gate_results=GATE))
