"""The state is a submitter too: its registry and its directory are what the districts are held against."""

import csv
from pathlib import Path

import polars as pl
import pytest
import yaml

from submissions import history
from submissions.custody import receive
from submissions.screening import screen
from submissions.store import Store

GOOD = yaml.safe_load((Path(__file__).parent.parent / "expectations" / "good_records.yaml").read_text(encoding="utf-8"))
REGISTERED = {"birth_date": "2014-10-03", "first_grade_nine_school_year": ""}


@pytest.fixture
def send(tmp_path):
    """Send collections as a district or as the state; a row says what differs from the good record."""
    store = Store(tmp_path / "home")

    def send(district_id: str, **collections: list[dict[str, str]]):
        folder = tmp_path / f"{district_id}{len(list(tmp_path.iterdir()))}"
        folder.mkdir()
        for name, rows in collections.items():
            made = [GOOD[name] | row for row in rows]
            with (folder / f"{name}.csv").open("w", newline="") as file:
                writer = csv.DictWriter(file, list(made[0]), lineterminator="\n")
                writer.writeheader()
                writer.writerows(made)
        return receive(store, sorted(folder.iterdir()), district_id=district_id, school_year=2025)

    send.store = store
    return send


def rules_of(store: Store, submission_id: str) -> set[str]:
    with (store.feedback / submission_id / "findings.csv").open(encoding="utf-8-sig", newline="") as file:
        return {row[0] for row in csv.reader(file)}


def test_a_district_is_held_against_what_the_state_sent_with_it(send):
    state = send("state", student_registry=[REGISTERED], school=[{"district_id": "0470"}])
    sent = send("0470", student=[{}, {"student_id": "S2"}], school=[{}, {"school_id": "0064"}])
    assert state.status == "received"

    assert screen(send.store, 2025).screened == ["state", "0470"]
    assert {"STU-301", "SCH-301"} <= rules_of(send.store, sent.submission_id)


def test_a_new_registry_has_every_district_screened_again_and_the_same_one_has_none(send):
    first = send("0470", student=[{}])
    screen(send.store, 2025)
    assert "STU-301" not in rules_of(send.store, first.submission_id)

    send("state", student_registry=[REGISTERED | {"student_id": "S9"}])
    assert screen(send.store, 2025).screened == ["state", "0470"]
    assert "STU-301" in rules_of(send.store, first.submission_id)
    assert screen(send.store, 2025).screened == []


def test_the_directory_says_of_each_row_whose_it_is(send):
    send("state", school=[{"district_id": "0470"}, {"school_id": "0064", "district_id": "0471"}])
    screen(send.store, 2025)
    kept = pl.read_parquet(send.store.accepted / "school" / "2025" / "state.parquet")

    assert kept.select("school_id", "district_id").rows() == [("0063", "0470"), ("0064", "0471")]


def test_who_is_registered_is_known_to_the_rules_and_to_the_private_table_alone(send):
    send("state", student_registry=[REGISTERED])
    screen(send.store, 2025)
    kept = pl.read_parquet(send.store.accepted / "student_registry" / "2025" / "state.parquet")
    known = history.of_state(send.store, 2025)["student_registry"]

    assert not {"last_name", "first_name", "birth_date"} & set(kept.columns)
    assert known.select("student_id", "last_name", "first_name").rows() == [("S1", "Rivera", "Ana")]


def test_no_district_but_the_state_may_name_another(send):
    assert send("0470", school=[{"district_id": "0471"}]).status == "refused"
