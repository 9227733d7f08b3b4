"""The gate before a release: an error stops it, a warning is told, and no road leads around it."""

import json

import dagster as dg
import duckdb
import pytest

from orchestration import settings, warehouse
from orchestration.defs import publish

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
    """A complete build that holds one published row."""
    settings.enter(place)
    folder = warehouse.begin(place, "aaaaaaaa")
    with duckdb.connect(str(folder / warehouse.FILE)) as connection:
        connection.execute("create schema publication; create schema reference")
        connection.execute(
            "create table publication.pub_indicator_results as select 2025 as school_year, 12 as student_count"
        )
        connection.execute(
            "create table publication.pub_measures as select 'i' as indicator, 'm' as measure, 'percent' as unit"
        )
        connection.execute("create table reference.policy_minimum_n as select 'publication' as purpose, 10 as minimum")
    warehouse.complete(place, folder, {})
    return folder


@pytest.fixture
def made(monkeypatch):
    """The calls for a release, which is not really made."""
    calls = []

    def publish_release(handed_over, releases, dossier, on_progress):
        calls.append({"from": handed_over, "gate_results": dossier.gate_results})
        return releases / "1.0.0"

    monkeypatch.setattr(publish, "hand_over", lambda file, indicators, out: file)
    monkeypatch.setattr(publish, "publish_release", publish_release)
    return calls


def run(monkeypatch, results, assets=(publish.release_gate, publish.release)):
    asked = []

    def check_release(frame, minimum, units, previous):
        asked.append((list(frame.columns), minimum, previous))
        return results

    monkeypatch.setattr(publish, "check_release", check_release)
    outcome = dg.materialize(list(assets), raise_on_error=False)
    return outcome, asked


def test_a_build_that_keeps_every_promise_is_released_with_the_results_of_the_gate(build, made, monkeypatch):
    outcome, asked = run(monkeypatch, [HELD])
    assert outcome.success
    assert asked == [(["school_year", "student_count"], 10, None)]
    assert made == [{"from": build / warehouse.FILE, "gate_results": [HELD]}]
    assert json.loads((build / warehouse.GATE).read_text()) == [HELD]


def test_an_error_blocks_the_release_and_says_which_promise_is_broken(build, made, monkeypatch):
    outcome, _ = run(monkeypatch, [BROKEN, ODD])
    assert not outcome.success
    assert made == []
    verdict = {one.check_name: one for one in outcome.get_asset_check_evaluations()}
    assert verdict["no_error"].metadata["broken"].value == ["Keys are unique (2 of 3)"]
    assert verdict["no_error"].severity == dg.AssetCheckSeverity.ERROR


def test_a_warning_is_told_and_does_not_block(build, made, monkeypatch):
    outcome, _ = run(monkeypatch, [HELD, ODD])
    assert outcome.success
    assert len(made) == 1
    verdict = {one.check_name: one for one in outcome.get_asset_check_evaluations()}
    assert (verdict["no_warning"].passed, verdict["no_warning"].severity) == (False, dg.AssetCheckSeverity.WARN)


@pytest.mark.parametrize("results", [None, [], [BROKEN]])
def test_the_release_run_alone_is_refused_unless_this_build_has_passed_the_gate(build, made, monkeypatch, results):
    if results is not None:
        (build / warehouse.GATE).write_text(json.dumps(results))
    outcome, _ = run(monkeypatch, [], assets=(publish.release,))
    assert not outcome.success
    assert made == []


def test_a_gate_that_finds_nothing_to_test_does_not_pass(build, made, monkeypatch):
    outcome, _ = run(monkeypatch, [])
    assert not outcome.success
    assert made == []


def test_without_a_complete_build_there_is_nothing_to_publish(place, made, monkeypatch):
    outcome, asked = run(monkeypatch, [HELD])
    assert not outcome.success
    assert asked == []
