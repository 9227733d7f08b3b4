"""The door: one step for all districts of a year, totals and checks by severity, and no student in what it tells."""

import dagster as dg
import polars as pl
import pytest

from orchestration import settings
from orchestration.defs import intake
from submissions import screening

FACTS = {
    "submission_id": "1986-0011-0123456789ab",
    "mapping": None,
    "file_name": "student.csv",
    "file_sha256": "0" * 64,
    "records_accepted": 2,
    "status": "accepted",
    "reason": None,
}
COUNTS = {
    "rows_received": 3,
    "rows_accepted": 2,
    "rows_quarantined": 1,
    "rows_not_applicable": 0,
    "must_fix": 0,
    "explain": 0,
    "information": 0,
}


def row(district="0011", collection="student", **changed):
    return FACTS | COUNTS | {"school_year": 1986, "district_id": district, "collection": collection} | changed


def materialize(monkeypatch, rows, config=None, **outcome):
    asked = []

    def screen(store, school_year, districts, on_progress):
        asked.append((school_year, districts))
        on_progress(1, 1)
        return screening.Screening(school_year, pl.DataFrame(rows, schema=screening.MANIFEST), **outcome)

    monkeypatch.setattr(screening, "screen", screen)
    with dg.DagsterInstance.ephemeral() as instance:
        instance.add_dynamic_partitions("school_year", ["1986"])
        result = dg.materialize(
            [intake.door],
            instance=instance,
            partition_key="1986",
            run_config={"ops": {"door": {"config": {"districts": config or []}}}},
            raise_on_error=False,
        )
    return result, asked


def metadata(result, collection):
    (event,) = [e for e in result.get_asset_materialization_events() if e.asset_key.path == ["accepted", collection]]
    return {name: value.value for name, value in event.materialization.metadata.items()}


def verdicts(result, check):
    return {
        evaluation.asset_key.path[1]: (evaluation.passed, evaluation.severity)
        for evaluation in result.get_asset_check_evaluations()
        if evaluation.check_name == check
    }


def test_totals_of_the_year_stand_beside_every_collection(place, monkeypatch):
    rows = [row(), row("0012"), row("0013", rows_received=9, status="refused", reason="Not one record could be read.")]
    result, asked = materialize(monkeypatch, rows, screened=["0011", "0013"], unchanged=["0012"])
    assert result.success
    assert asked == [(1986, [])]
    told = metadata(result, "student")
    assert (told["rows_received"], told["rows_accepted"], told["rows_quarantined"]) == (6, 4, 2)
    assert (told["districts_screened"], told["districts_unchanged"], told["districts_refused"]) == (2, 1, 1)
    assert told["manifest"] == [str(place.store.manifest / "1986.parquet")]


def test_a_collection_that_no_district_has_sent_is_passed_over(place, monkeypatch):
    settings.enter()
    (place.store.accepted / "school" / "1986").mkdir(parents=True)
    result, _ = materialize(monkeypatch, [row()])
    told = {event.asset_key.path[1] for event in result.get_asset_materialization_events()}
    assert result.success
    assert set(verdicts(result, "must_fix")) == {"student", "school"}
    assert told == {"student", "school", "manifest"}
    assert metadata(result, "school")["rows_received"] == 0


def test_a_refused_district_is_a_result_and_not_a_failure(place, monkeypatch):
    result, _ = materialize(monkeypatch, [row(status="refused", rows_accepted=0, rows_quarantined=0)])
    assert result.success
    assert verdicts(result, "rows_reconcile")["student"][0]


def test_districts_can_be_named_to_be_screened_again(place, monkeypatch):
    _, asked = materialize(monkeypatch, [row()], config=["0011", "0470"])
    assert asked == [(1986, ["0011", "0470"])]


def test_findings_warn_and_stop_nothing(place, monkeypatch):
    result, _ = materialize(monkeypatch, [row(must_fix=3, explain=1), row(collection="school")])
    assert result.success
    warning = dg.AssetCheckSeverity.WARN
    assert verdicts(result, "must_fix")["student"] == (False, warning)
    assert verdicts(result, "explain")["student"] == (False, warning)
    assert verdicts(result, "must_fix")["school"] == (True, warning)


def test_rows_that_do_not_reconcile_stop_the_run_even_when_another_district_evens_the_sum(place, monkeypatch):
    result, _ = materialize(monkeypatch, [row(rows_received=4), row("0012", rows_received=2)])
    assert not result.success
    assert verdicts(result, "rows_reconcile")["student"] == (False, dg.AssetCheckSeverity.ERROR)


def test_a_fault_at_the_door_tells_no_value(place, monkeypatch):
    def screen(*_):
        raise ValueError("0000000417 Adams")

    monkeypatch.setattr(screening, "screen", screen)
    with dg.DagsterInstance.ephemeral() as instance:
        instance.add_dynamic_partitions("school_year", ["1986"])
        result = dg.materialize([intake.door], instance=instance, partition_key="1986", raise_on_error=False)
        told = str([instance.all_logs(result.run_id)])
    assert not result.success
    assert "The door broke: ValueError" in told
    assert "0000000417" not in told


@pytest.mark.parametrize("reason", ["Not one student record could be read."])
def test_accounts_of_the_whole_home_name_who_was_not_taken_in(place, reason):
    place.store.manifest.mkdir(parents=True)
    schema = screening.MANIFEST
    pl.DataFrame([row()], schema=schema).write_parquet(place.store.manifest / "1986.parquet")
    refused = row("0012", school_year=1987, status="refused", reason=reason)
    pl.DataFrame([row(school_year=1987), refused], schema=schema).write_parquet(place.store.manifest / "1987.parquet")
    totals, not_taken_in = intake.accounts(place.store)
    assert totals["student"]["rows_received"] == 6
    assert not_taken_in == [(1987, "0012", reason)]
