"""What the ledger asks for: an intake of every year in which something waits, then one build, and each only once."""

import dagster as dg
import pytest

from orchestration import operations, settings, warehouse, watch
from orchestration.definitions import defs
from submissions import custody


@pytest.fixture(autouse=True)
def prepared(place):
    settings.enter(place)


def arrive(place, district, year=1986, number=1):
    facts = {"submission_id": f"{year}-{district}-{number}", "district_id": district, "school_year": year}
    custody.record_event(place.store, custody.RECEIVED, **facts, mapping=None, files=[], notices=[])
    return facts


def end(place, facts, outcome=custody.ACCEPTED):
    custody.record_event(place.store, custody.SCREENED, **facts)
    custody.record_event(place.store, outcome, **facts)


def asked(place):
    return [(request.job_name, request.partition_key, request.run_key) for request in watch.requests(place)]


def test_an_empty_home_asks_for_nothing(place):
    assert asked(place) == []


def test_every_school_year_in_which_a_submission_waits_asks_for_one_intake(place):
    arrive(place, "0011"), arrive(place, "0012"), arrive(place, "0011", 1987)
    assert asked(place) == [("intake", "1986", "intake-1986-2"), ("intake", "1987", "intake-1987-3")]


def test_a_build_follows_when_nothing_waits_any_more(place):
    first, second = arrive(place, "0011"), arrive(place, "0012")
    end(place, first)
    assert [job for job, _, _ in asked(place)] == ["intake"]
    end(place, second)
    assert asked(place) == [("build", None, "build-6")]


def test_what_is_said_published_or_signed_of_a_submission_ends_no_wait(place):
    waiting = arrive(place, "0011")
    custody.record_event(place.store, "published", release="1.0.0", statement="0" * 64)
    custody.record_event(place.store, "certified", **waiting)
    assert asked(place) == [("intake", "1986", "intake-1986-1")]


def test_no_build_is_asked_once_the_current_one_holds_all_that_is_accepted(place):
    end(place, arrive(place, "0011"))
    folder = warehouse.begin(place, "aaaaaaaa")
    (folder / warehouse.FILE).write_bytes(b"")
    warehouse.complete(place, folder, {"ledger_sequence": 3})
    assert [job for job, _, _ in asked(place)] == ["state_team"]


def test_the_state_teams_pages_follow_what_asks_for_nothing_else(place):
    custody.record_event(place.store, "published", release="1.0.0", statement="0" * 64)
    assert asked(place) == [("state_team", None, "state_team-1-")]
    place.operations.mkdir()
    (place.operations / operations.TOLD).write_text(operations.news(place))
    assert asked(place) == []


def test_a_screening_that_was_killed_leaves_the_district_waiting(place):
    facts = arrive(place, "0011")
    custody.record_event(place.store, custody.SCREENED, **facts)
    assert list(watch.waiting(place.store, 1986)) == ["0011"]


def test_a_resubmission_waits_though_the_earlier_one_was_accepted(place):
    end(place, arrive(place, "0011"))
    arrive(place, "0011", number=2)
    assert watch.waiting(place.store, 1986) == {"0011": 4}


def test_a_refused_submission_does_not_wait_again(place):
    end(place, arrive(place, "0011"), custody.REFUSED)
    assert [job for job, _, _ in asked(place)] == ["state_team"]


def look(place):
    with dg.DagsterInstance.ephemeral() as instance:
        return defs.resolve_sensor_def("at_the_door")(dg.build_sensor_context(instance=instance, definitions=defs))


def test_the_sensor_asks_for_the_runs_and_for_the_partitions_they_need(place):
    arrive(place, "0011")
    seen = look(place)
    assert [(request.job_name, request.partition_key) for request in seen.run_requests] == [("intake", "1986")]
    assert [request.partition_keys for request in seen.dynamic_partitions_requests] == [["1986"]]


def test_the_sensor_says_when_there_is_nothing_and_sleeps_until_someone_turns_it_on(place):
    assert str(look(place).skip_reason.skip_message) == "Nothing new has arrived."
    assert defs.resolve_sensor_def("at_the_door").default_status == dg.DefaultSensorStatus.STOPPED
