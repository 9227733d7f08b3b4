"""What the ledger says has arrived and not been worked on, and which runs that asks for. Nothing is written here."""

from collections.abc import Iterator

import dagster as dg

from orchestration import operations, settings, warehouse
from submissions import custody
from submissions.feedback import NOT_CHECKED
from submissions.store import Store


def waiting(store: Store, school_year: int) -> dict[str, int]:
    """Give the districts whose submission in force came to no end in screening, each with its place in the ledger."""
    ended = {
        event["submission_id"]: event["sequence"]
        for event in custody.events(store)
        if event["event"] in (custody.ACCEPTED, custody.REFUSED, NOT_CHECKED)
    }
    in_force = custody.submissions_in_force(store, school_year).items()
    return {name: sent.sequence for name, sent in in_force if ended.get(sent.submission_id, 0) < sent.sequence}


def requests(place: settings.Home) -> Iterator[dg.RunRequest]:
    """Ask for one intake of every school year in which something waits; when nothing waits, for a build if it is due.

    When that is not due either, ask for the pages of the state team if they do not tell the latest event and build. The
    keys are places in the ledger, so that one arrival asks once, however often it is looked at.
    """
    new = {year: waiting(place.store, year) for year in custody.school_years(place.store)}
    for year, districts in new.items():
        if districts:
            key = f"intake-{year}-{max(districts.values())}"
            yield dg.RunRequest(key, job_name="intake", partition_key=str(year))
    if not any(new.values()):
        accepted = [event["sequence"] for event in custody.events(place.store) if event["event"] == custody.ACCEPTED]
        last = max(accepted, default=0)
        if last > warehouse.facts(place).get("ledger_sequence", 0):
            yield dg.RunRequest(f"build-{last}", job_name="build")
        elif operations.news(place) != operations.told(place):
            yield dg.RunRequest(f"state_team-{operations.news(place)}", job_name="state_team")


def sensor(school_years: dg.DynamicPartitionsDefinition, jobs: list[dg.JobDefinition]) -> dg.SensorDefinition:
    """Make the sensor at the door: screen what arrives, build, show it. It sleeps until someone turns it on."""

    @dg.sensor(jobs=jobs, minimum_interval_seconds=60, description=sensor.__doc__)
    def at_the_door(context: dg.SensorEvaluationContext) -> dg.SensorResult:
        asked = list(requests(settings.home()))
        years = [request.partition_key for request in asked if request.partition_key]
        added = [school_years.build_add_request(years)] if years else []
        reason = None if asked else "Nothing new has arrived."
        return dg.SensorResult(run_requests=asked, dynamic_partitions_requests=added, skip_reason=reason)

    return at_the_door
