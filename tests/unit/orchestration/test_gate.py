"""What goes with a release: the hand-over that was tested, the key, the publisher, and the releases before."""

import hashlib
import stat

import pytest

from expectations.releases.checklist import Acknowledgement
from orchestration import gate, lineage, settings, signing, warehouse
from orchestration.settings import CannotRunError
from reports.statement import ENVELOPE
from submissions import custody


@pytest.fixture
def home(place):
    settings.enter(place)
    return place


def test_the_key_is_made_once_and_for_its_owner_alone(home):
    key = signing.signing_key(home)
    path = home.root / "private" / "signing.key"
    assert (len(key), signing.signing_key(home)) == (32, key)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_damaged_key_is_told_and_not_replaced(home):
    signing.signing_key(home)
    path = home.root / "private" / "signing.key"
    path.write_text("spoiled")
    with pytest.raises(CannotRunError, match="does not hold a key"):
        signing.signing_key(home)
    assert path.read_text() == "spoiled"


def test_who_publishes_is_said_in_one_file_of_the_home(home):
    assert gate.publisher(home).url == "https://example.org/"
    (home.root / "publisher.yml").write_text("name: State of X\nurl: https://data.x.gov/\n")
    assert (gate.publisher(home).name, gate.publisher(home).url) == ("State of X", "https://data.x.gov/")


@pytest.mark.parametrize(
    "text", ["nmae: State of X", "- a list", "url: data.x.gov", "url: https://data.x.gov", "a: b: c"]
)
def test_a_publisher_that_is_not_understood_is_refused(home, text):
    (home.root / "publisher.yml").write_text(text)
    with pytest.raises(CannotRunError, match=r"publisher\.yml"):
        gate.publisher(home)


def test_a_release_is_named_in_the_ledger_once(home, monkeypatch):
    settled = []
    monkeypatch.setattr(gate.ledger, "settle", lambda place, version: settled.append(version))
    made = home.releases / "1.0.0"
    made.mkdir()
    (made / ENVELOPE).write_text("{}")
    for _ in range(2):
        gate.record(home, made)
    assert [event["release"] for event in custody.events(home.store) if event["event"] == "published"] == ["1.0.0"]
    assert gate.published(home) == gate._standing(home)
    assert set(settled) == {"1.0.0"}


def test_what_people_said_of_a_build_is_kept_and_the_last_word_counts(home):
    folder = warehouse.begin(home, "aaaaaaaa")
    gate.acknowledge(folder, [Acknowledgement("odd", "A", "one"), Acknowledgement("rare", "A", "two")])
    gate.acknowledge(folder, [Acknowledgement("odd", "B", "three")])
    assert {one.expectation: one.by for one in gate.acknowledgements(folder)} == {"odd": "B", "rare": "A"}


def test_only_submissions_that_were_accepted_last_and_before_the_build_are_named(home):
    facts = {"district_id": "0470", "school_year": 2025}
    manifest = [{"collection": "student", "file_sha256": "a" * 64, "rows_received": 7}]

    def accept(submission, **more):
        custody.record_event(
            home.store, "received", submission_id=submission, **facts, mapping=None, files=[], notices=[], **more
        )
        return custody.record_event(
            home.store, "accepted", submission_id=submission, **facts, rule_pack="r", manifest=manifest
        )

    accept("first")
    until = accept("second")
    accept("third")
    custody.record_event(home.store, "refused", submission_id="fourth", **facts)
    assert lineage.submissions(home, until) == {
        "second": {
            "district_id": "0470",
            "school_year": 2025,
            "rule_pack": "r",
            "files": [("student", "a" * 64)],
            "simulated": False,
            "events": ["received", "accepted"],
        }
    }
    until = accept("fifth", simulated=True)
    assert lineage.submissions(home, until)["fifth"]["simulated"]


def test_a_build_is_certified_while_it_is_made_of_what_was_signed_and_after_that_it_has_changed(home):
    def arrive(district, submission):
        facts = {"submission_id": submission, "district_id": district, "school_year": 2025, "rule_pack": "r"}
        custody.record_event(home.store, "received", **facts, mapping=None, files=[], notices=[])
        return facts, custody.record_event(home.store, "accepted", **facts, manifest=[])

    def sign(facts):
        said = {"STU-012": True, "ENR-201": None}
        explained = [{"rule": rule, "count": 3, "accepted": accepted} for rule, accepted in said.items()]
        signed = {"verdict": "ready_to_certify", "totals": {}, "statement": "1", "name": "J. Ortiz", "title": "Head"}
        facts = facts | signed | {"simulated": False, "files": [], "explanations": explained}
        custody.record_event(home.store, "certified", **facts)

    folder = warehouse.begin(home, "aaaaaaaa")
    (folder / warehouse.FILE).touch()
    arrive("0010", "unsigned")
    signed, until = arrive("0470", "signed")
    warehouse.complete(home, folder, {"ledger_sequence": until})
    assert lineage.certifications(home, folder) == []

    sign(signed)
    [row] = lineage.certifications(home, folder)
    assert (row["district_id"], row["status"], row["certified_by"]) == ("0470", "certified", "J. Ortiz")
    assert (row["explained_findings"], row["accepted_explanations"]) == (2, 1)
    assert row["explained_rules"] == "ENR-201 STU-012"
    assert lineage.submissions(home, until)["signed"]["events"] == ["received", "accepted", "certified"]

    _, until = arrive("0470", "later")
    [row] = lineage.certifications(home, folder)
    assert row["status"] == "certified", "the build is made of what was signed, whatever has come since"
    later = warehouse.begin(home, "bbbbbbbb")
    (later / warehouse.FILE).touch()
    warehouse.complete(home, later, {"ledger_sequence": until})
    [row] = lineage.certifications(home, later)
    assert row["status"] == "changed_since"


def test_what_a_build_was_made_of_is_told_without_a_place_of_this_machine(home):
    folder = warehouse.begin(home, "aaaaaaaa")
    model = folder / "dbt/foundation/compiled/waymark/models/indicators/i/ind_academic_achievement.sql"
    model.parent.mkdir(parents=True)
    model.write_text("select 1")
    (folder / warehouse.FILE).touch()
    warehouse.complete(home, folder, {"ledger_sequence": 0})
    found = lineage.inputs(home, folder)
    assert str(home.root) not in str(found)
    assert str(settings.ROOT) not in str(found)
    own = found["indicators"]["academic_achievement"]
    assert own["models"] == {"ind_academic_achievement": hashlib.sha256(b"select 1").hexdigest()}
    assert "assessment" in own["collections"]
    assert {"submissions", "methods", "dbt_project"} <= found["code"].keys()
    assert found["policies"]["policy_minimum_n"]
