"""The gate before a release: an error stops it, a warning needs a name, and no road leads around it."""

import json

import dagster as dg
import pytest

from expectations.releases.checklist import Acknowledgement, earlier_releases
from orchestration import gate, settings, warehouse
from orchestration.defs import publish
from reports.statement import ENVELOPE
from submissions import custody

HELD = {"expectation": "a", "title": "Keys are unique", "success": True, "severity": "error", "observed": "3 rows"}
BROKEN = HELD | {"success": False, "observed": "2 of 3"}
ODD = {
    "expectation": "b",
    "title": "The state moves plausibly",
    "success": False,
    "severity": "warning",
    "observed": "9",
}


@pytest.fixture
def build(place):
    """A complete build."""
    settings.enter(place)
    folder = warehouse.begin(place, "aaaaaaaa")
    (folder / warehouse.FILE).touch()
    warehouse.complete(place, folder, {"ledger_sequence": 0})
    return folder


@pytest.fixture
def made(monkeypatch):
    """The calls for a release, which is not really made."""
    calls = []

    def publish_release(handed_over, releases, dossier, on_progress):
        calls.append({"from": handed_over, "gate_results": dossier.gate_results, "signed": dossier.key is not None})
        folder = releases / "1.0.0"
        folder.mkdir()
        (folder / ENVELOPE).write_text("{}")
        return folder

    monkeypatch.setattr(publish, "publish_release", publish_release)
    return calls


def run(monkeypatch, results, assets=(publish.release_gate, publish.release)):
    """Run the assets with a gate that finds these results."""
    monkeypatch.setattr(gate, "hand_over", lambda file, indicators, out, *more: out)
    monkeypatch.setattr(gate, "_of_what_is_hidden", lambda *_: [])
    monkeypatch.setattr(gate.ledger, "settle", lambda *_: None)
    monkeypatch.setattr(gate, "_of_the_table", lambda *_: [])
    monkeypatch.setattr(gate, "_of_the_rest", lambda *_: list(results))
    return dg.materialize(list(assets), raise_on_error=False)


def test_a_build_that_keeps_every_promise_is_released_signed_with_the_results_of_the_gate(
    build, made, monkeypatch, place
):
    outcome = run(monkeypatch, [HELD])
    assert outcome.success
    assert made == [{"from": build / gate.HANDED_OVER, "gate_results": [HELD], "signed": True}]
    assert json.loads((build / warehouse.GATE).read_text()) == [HELD]
    assert list(gate.published(place)) == ["1.0.0"]


def test_an_error_blocks_the_release_and_says_which_promise_is_broken(build, made, monkeypatch):
    outcome = run(monkeypatch, [BROKEN, ODD])
    assert not outcome.success
    assert made == []
    verdict = {one.check_name: one for one in outcome.get_asset_check_evaluations()}
    assert verdict["no_error"].metadata["broken"].value == ["Keys are unique (2 of 3)"]
    assert verdict["no_error"].severity == dg.AssetCheckSeverity.ERROR


def test_a_warning_blocks_until_it_is_acknowledged_and_the_name_goes_into_the_release(build, made, monkeypatch):
    outcome = run(monkeypatch, [HELD, ODD])
    assert not outcome.success
    assert made == []
    verdict = {one.check_name: one.passed for one in outcome.get_asset_check_evaluations()}
    assert verdict == {"no_error": True, "no_open_warning": False}
    gate.acknowledge(build, [Acknowledgement("b", "J. Ortiz", "A new test.")])
    assert run(monkeypatch, [HELD, ODD]).success
    assert made[0]["gate_results"] == [HELD, ODD | {"acknowledged_by": "J. Ortiz", "reason": "A new test."}]


def test_an_acknowledgement_does_not_hold_for_what_is_observed_later(build, made, monkeypatch):
    gate.acknowledge(build, [Acknowledgement("b", "J. Ortiz", "A new test.")])
    assert run(monkeypatch, [HELD, ODD], assets=(publish.release_gate,)).success
    assert not run(monkeypatch, [HELD, ODD | {"observed": "10"}]).success
    assert made == []


@pytest.mark.parametrize("results", [None, [], [BROKEN], [ODD]])
def test_the_release_run_alone_is_refused_unless_this_build_has_passed_the_gate(build, made, monkeypatch, results):
    if results is not None:
        (build / warehouse.GATE).write_text(json.dumps(results))
    outcome = run(monkeypatch, [], assets=(publish.release,))
    assert not outcome.success
    assert made == []


def test_a_gate_that_finds_nothing_to_test_does_not_pass(build, made, monkeypatch):
    outcome = run(monkeypatch, [])
    assert not outcome.success
    assert made == []


def test_without_a_complete_build_there_is_nothing_to_publish(place, made, monkeypatch):
    assert not run(monkeypatch, [HELD]).success
    assert made == []


def test_a_release_that_the_ledger_names_and_that_is_gone_is_an_error(place):
    settings.enter(place)
    custody.record_event(place.store, gate.PUBLISHED, release="1.0.0", statement="a" * 64)
    result = earlier_releases(gate.published(place), gate._standing(place))
    assert (result["success"], result["severity"], result["observed"]) == (False, "error", "1.0.0 is not there")
