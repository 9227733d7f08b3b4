"""What is received becomes accepted records: no row is lost, no bad district stops the others, no student is named."""

import csv
import gzip
import importlib
import io
import json
import shutil
import stat
import zipfile
from contextlib import nullcontext
from pathlib import Path

import polars as pl
import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from expectations import catalogue
from expectations.collections import CONTRACTS, RULES
from expectations.collections.validation import accepted_schema
from submissions import acceptance, custody, examination, mapping, screening
from submissions.custody import receive
from submissions.pseudonyms import key_of
from submissions.screening import MANIFEST, prepare_accepted, screen
from submissions.store import Store

EXPECTATIONS = Path(__file__).parent.parent / "expectations"
GOOD = yaml.safe_load((EXPECTATIONS / "good_records.yaml").read_text(encoding="utf-8"))
EXAMPLES = yaml.safe_load((EXPECTATIONS / "rule_examples.yaml").read_text(encoding="utf-8"))
COLLECTION_OF = {code: contract.name for contract in CONTRACTS.values() for code in contract.metadata["rules"]}

STUDENTS = "student_id,last_name,first_name,birth_date,sex,races\n"
ENROLLMENTS = "student_id,school_id,grade\n"


def csv_of(collection: str, changes: list[dict]) -> str:
    rows = [GOOD[collection] | change for change in changes]
    columns = list(dict.fromkeys(name for row in rows for name in row))
    text = io.StringIO()
    writer = csv.DictWriter(text, columns, restval="", lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()


@pytest.fixture
def store(tmp_path) -> Store:
    return Store(tmp_path / "home")


@pytest.fixture
def send(store, tmp_path):
    """Receive the files of a district for 2025, given by collection as text."""
    count = 0

    def to_store(files: dict[str, str], district_id: str = "0470", school_year: int = 2025) -> custody.Receipt:
        nonlocal count
        count += 1
        folder = tmp_path / f"sent{count}"
        folder.mkdir()
        for name, text in files.items():
            (folder / f"{name}.csv").write_text(text)
        return receive(store, sorted(folder.iterdir()), district_id=district_id, school_year=school_year)

    return to_store


def accepted(store: Store, collection: str, district_id: str = "0470", school_year: int = 2025) -> pl.DataFrame:
    return pl.read_parquet(store.accepted / collection / str(school_year) / f"{district_id}.parquet")


def files_under(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def unpacked(data: bytes) -> bytes:
    """Give the text of a file, also of one that is packed."""
    if not data.startswith(b"PK"):
        return data
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return b"\n".join(map(archive.read, archive.namelist()))


def findings_of(store: Store, submission_id: str) -> list[dict[str, str]]:
    with (store.feedback / submission_id / "findings.csv").open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def no_row(store: Store) -> dict[str, pl.Schema]:
    return {name: pl.read_parquet(store.accepted / name / "none" / "none.parquet").schema for name in CONTRACTS}


# --- what is kept


def test_a_row_with_a_finding_is_kept_and_annotated_and_one_that_cannot_be_read_is_set_aside(store, send):
    rows = (
        "S1,Rivera,Ana,2014-10-03,F,WH\n",
        "S2,Okafor,Ben,10/3/2014,M,WH\n",
        "S3,Lind,Cy,2014-10-03,Q,\n",
        "S4,Ito,Di,2014-10-03,F,AS\n",
    )
    send({"student": STUDENTS + "".join(rows)})
    screen(store, 2025)
    kept = accepted(store, "student")
    aside = pl.read_parquet(store.quarantine / "student" / "2025" / "0470.parquet")

    assert kept["record_line"].to_list() == [2, 4, 5]
    assert kept["worst_severity"].to_list() == [None, "must_fix", None]
    assert kept["finding_codes"].to_list() == [None, "STU-003;STU-012", None]
    assert aside["record_line"].to_list() == [3]
    assert aside["birth_date"].to_list() == ["10/3/2014"]
    assert aside["student_id"].dtype == pl.String


def test_staff_are_pseudonyms_too_and_the_same_one_in_every_collection(store, send):
    send({"course_section": csv_of("course_section", [{}]), "moderation_score": csv_of("moderation_score", [{}])})
    screen(store, 2025)
    (teacher,), scores = accepted(store, "course_section")["staff_id"], accepted(store, "moderation_score")

    assert len(teacher) == 32
    assert scores["first_rater_id"].to_list() == [teacher]
    assert scores["rater_id"].to_list() != [teacher]


def test_the_registry_says_who_its_numbers_are_in_the_identity_table_alone(store, send):
    send({"student_registry": csv_of("student_registry", [{}])})
    screen(store, 2025)
    identity = pl.read_parquet(store.identity / "2025" / "0470.parquet")

    assert identity["last_name"].to_list() == ["Rivera"]
    assert accepted(store, "student_registry")["student_id"].to_list() == identity["pseudonym"].to_list()
    assert not {"last_name", "first_name", "birth_date"} & set(accepted(store, "student_registry").columns)


def test_the_accepted_columns_are_those_of_the_contract_then_where_each_came_from_then_the_senders_own(store, send):
    receipt = send({"student": "student_id,local_house,last_name\nS1,Red,Rivera\n"})
    screen(store, 2025)
    kept = accepted(store, "student")
    schema = accepted_schema(CONTRACTS["student"])

    assert kept.schema == pl.Schema({**schema, "local_house": pl.String()})
    assert kept.row(0, named=True) | {"student_id": None} == dict.fromkeys(schema) | {
        "school_year": 2025,
        "district_id": "0470",
        "record_line": 2,
        "source_rows": 1,
        "submission_id": receipt.submission_id,
        "worst_severity": "explain",
        "finding_codes": "STU-012",
        "local_house": "Red",
    }


def test_every_collection_has_an_accepted_file_even_where_nothing_was_ever_received(store):
    prepare_accepted(store)
    screening_of_nothing = screen(store, 2025)

    assert no_row(store) == {name: accepted_schema(contract) for name, contract in CONTRACTS.items()}
    assert screening_of_nothing.manifest.schema == MANIFEST
    assert screening_of_nothing.manifest.is_empty()


def test_the_same_submission_gives_the_same_bytes(store, send):
    rows = "".join(f"S{n},0063,03\n" for n in range(500))
    send({"enrollment": ENROLLMENTS + rows, "student": STUDENTS + "S1,Rivera,Ana,2014-10-03,F,WH\n"})
    screen(store, 2025)
    first = [files_under(folder) for folder in (store.accepted, store.feedback, store.identity, store.manifest)]
    screen(store, 2025, districts=["0470"])

    assert [files_under(folder) for folder in (store.accepted, store.feedback, store.identity, store.manifest)] == first


def test_what_is_kept_is_for_the_owner_alone(store, send):
    send({"student": STUDENTS + "S1,Rivera,Ana,bad,F,WH\nS2,Rivera,Ana,2014-10-03,F,WH\n"})
    screen(store, 2025)

    for folder in (store.accepted, store.quarantine, store.identity, store.feedback, store.manifest):
        for path in [folder, *folder.rglob("*")]:
            assert stat.S_IMODE(path.stat().st_mode) == (0o700 if path.is_dir() else 0o600)


# --- who a student is


def test_a_student_is_a_pseudonym_everywhere_but_in_the_identity_table(store, send):
    send(
        {
            "student": STUDENTS + "S1,Zyxwvut,Ana,2014-10-03,F,WH\n",
            "enrollment": ENROLLMENTS + "S1,0063,03\nS7,0063,03\n",
        }
    )
    screen(store, 2025)
    identity = pl.read_parquet(store.identity / "2025" / "0470.parquet")
    known = dict(zip(identity["student_id"], identity["pseudonym"], strict=True))

    assert accepted(store, "student")["student_id"].to_list() == [known["S1"]]
    assert accepted(store, "enrollment")["student_id"].to_list() == [known["S1"], known["S7"]]
    assert identity.columns == ["student_id", "pseudonym", "last_name", "first_name", "birth_date"]
    assert identity["last_name"].to_list() == ["Zyxwvut", None]


def test_a_student_has_one_pseudonym_in_every_district_and_year(store, send):
    for district_id, school_year in (("0470", 2025), ("2690", 2025), ("0470", 2024)):
        send({"enrollment": ENROLLMENTS + "S1,0063,03\n"}, district_id, school_year)
        screen(store, school_year)

    assert (
        len(
            {
                accepted(store, "enrollment", *where)["student_id"][0]
                for where in (("0470", 2025), ("2690", 2025), ("0470", 2024))
            }
        )
        == 1
    )


def test_no_name_number_birth_date_or_score_leaves_the_private_tables(store, send):
    secret = {"student_id": "S7777777", "last_name": "Zyxwvut", "first_name": "Qwsx", "birth_date": "2031-12-13"}
    scores = {"scale_score": "987.654x", "scale_score_standard_error": "-3.217", "performance_level": "8888"}
    receipt = send(
        {
            "student": csv_of(
                "student", [secret, secret, {**secret, "birth_date": "13.12.2031", "student_id": "S7 777777"}]
            ),
            "assessment": csv_of(
                "assessment",
                [
                    {"student_id": "S7777777"} | scores,
                    {"student_id": "S7777777"}
                    | scores
                    | {"scale_score": "987.654", "participation_status": "not_participated"},
                ],
            ),
            "enrollment": csv_of("enrollment", [{"student_id": " S7777777", "grade": "3"}]),
        }
    )
    screen(store, 2025)
    told = {**files_under(store.feedback), "ledger": store.ledger.read_bytes()}
    text = b"\n".join(map(unpacked, told.values())).decode() + str(pl.read_parquet(store.manifest / "*.parquet").rows())

    assert {row["rule"] for row in findings_of(store, receipt.submission_id)} >= {
        "STU-001",
        "STU-010",
        "ASM-001",
        "ASM-010",
    }
    for value in ("7777777", "Zyxwvut", "Qwsx", "2031-12-13", "13.12.2031", "987.654", "3.217", "8888"):
        assert value not in text


def test_names_in_a_column_of_codes_are_not_shown_where_columns_were_exchanged(store, send):
    rows = [{"student_id": f"S{n}", "last_name": "F", "sex": f"Family{chr(97 + n)}"} for n in range(11)]
    receipt = send({"student": csv_of("student", rows)})
    screen(store, 2025)
    seen = {row["what_we_saw"] for row in findings_of(store, receipt.submission_id) if row["rule"] == "STU-003"}

    assert seen == {"xxxxxxx"}


def test_a_code_that_is_not_known_is_shown_so_that_it_can_be_mapped(store, send):
    receipt = send({"enrollment": ENROLLMENTS + "S1,0063,3\nS2,0063,Third\n"})
    screen(store, 2025)

    assert [row["what_we_saw"] for row in findings_of(store, receipt.submission_id)] == ["3", "Third"]


def test_without_its_key_a_home_makes_no_new_pseudonyms(store, send):
    send({"enrollment": ENROLLMENTS + "S1,0063,03\n"})
    screen(store, 2025)
    store.pseudonym_key.unlink()

    with pytest.raises(Exception, match="backup"):
        screen(store, 2025, districts=["0470"])


# --- no row is lost


def test_received_rows_are_accepted_set_aside_or_not_applicable(store, send):
    send({"enrollment": ENROLLMENTS + "S1,0063,03\nS 2,0063,03\nS3,0063,3\n"})
    [row] = screen(store, 2025).manifest.rows(named=True)

    counts = ("rows_received", "rows_accepted", "rows_quarantined", "rows_not_applicable", "records_accepted")
    assert [row[name] for name in counts] == [3, 2, 1, 0, 2]
    assert [row[name] for name in ("must_fix", "explain", "information")] == [2, 0, 0]
    assert (row["status"], row["file_name"], row["collection"]) == ("accepted", "enrollment.csv", "enrollment")


EXPORT = """
title: A made-up export
file_name: (?P<school_year>[0-9]{4})_(?P<district_id>[0-9]+)\\.csv
district_id: LEA
school_year: YEAR
collections:
  school: {columns: {school_id: SCHOOL, school_name: SCHOOL_NAME}}
  student: {columns: {student_id: ID, sex: {column: SEX, codes: {Girl: F, Boy: M}}, birth_date: BORN}}
  student_status:
    columns: {student_id: ID}
    rows:
      - columns: {status: {constant: english_learner}}
        where: {column: EL, keep: ["Y"], leave: ["N"]}
      - columns: {status: {constant: gifted}}
        where: {column: GIFTED, keep: ["Y"], leave: ["N"]}
"""
EXPORTED = st.fixed_dictionaries(
    {
        "LEA": st.just("0470"),
        "YEAR": st.just("2025"),
        "ID": st.sampled_from(["S1", "S2", "S3", "not an id", ""]),
        "SCHOOL": st.sampled_from(["0063", "0064", "x" * 30]),
        "SCHOOL_NAME": st.sampled_from(["North", "South", ""]),
        "SEX": st.sampled_from(["Girl", "Boy", "Q"]),
        "BORN": st.sampled_from(["2014-10-03", "", "soon"]),
        "EL": st.sampled_from(["Y", "N", "?"]),
        "GIFTED": st.sampled_from(["Y", "N"]),
    }
)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=st.lists(EXPORTED, min_size=1, max_size=12))
def test_the_rows_of_any_export_add_up_in_every_collection(rows, tmp_path_factory, monkeypatch):
    folder = tmp_path_factory.mktemp("export")
    with (folder / "2025_0470.csv").open("w", newline="") as file:
        writer = csv.DictWriter(file, rows[0], lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
    declared = mapping.parse("made_up", EXPORT.encode())
    monkeypatch.setattr(mapping, "load", lambda name: declared)
    monkeypatch.setattr(custody, "load", lambda name: declared)
    store = Store(folder / "home")
    receive(store, [folder / "2025_0470.csv"], district_id="0470", school_year=2025, mapping="made_up")
    screened = screen(store, 2025)

    assert screened.not_checked == {}
    for row in screened.manifest.rows(named=True):
        received = len(rows) * (2 if row["collection"] == "student_status" else 1)
        assert row["rows_received"] == received
        if row["status"] == "accepted":
            kept = row["rows_accepted"] + row["rows_quarantined"] + row["rows_not_applicable"]
            assert kept == received
            assert accepted(store, row["collection"])["source_rows"].sum() == row["rows_accepted"]


def test_rows_that_do_not_add_up_are_our_fault_and_are_not_taken_in(store, send, monkeypatch):
    send({"enrollment": ENROLLMENTS + "S1,0063,03\nS2,0063,03\n"})
    lossy = examination.examine

    def examine_and_lose(frame, contract, **whose):
        examined = lossy(frame, contract, **whose)
        return type(examined)(**vars(examined) | {"typed": examined.typed.head(1)})

    monkeypatch.setattr(examination, "examine", examine_and_lose)
    screened = screen(store, 2025)

    reason = screened.not_checked["0470"]
    assert reason.startswith("Our program failed (ConservationError at submissions/examination.py:")
    assert not (store.accepted / "enrollment" / "2025").exists()


# --- districts are independent, and the last accepted version stands


def test_a_bad_district_never_stops_the_others(store, send, monkeypatch):
    for district_id in ("0001", "0002", "0003"):
        send({"enrollment": ENROLLMENTS + "S1,0063,03\n"}, district_id)
    faithful = acceptance._accepted

    def fail_for_one(one, submission, *rest):
        if submission.district_id == "0002":
            raise ValueError("S1 is at fault")
        return faithful(one, submission, *rest)

    monkeypatch.setattr(acceptance, "_accepted", fail_for_one)
    screened = screen(store, 2025)

    assert screened.screened == ["0001", "0002", "0003"]
    assert screened.manifest["status"].to_list() == ["accepted", "refused", "accepted"]
    assert "S1" not in str(screened.not_checked)
    monkeypatch.undo()
    again = screen(store, 2025)
    assert (again.screened, again.unchanged) == (["0002"], ["0001", "0003"])
    assert again.manifest["status"].to_list() == ["accepted"] * 3


KILLED_OVER_THE_SECOND = """
import os, signal
from submissions.screening import _screen_and_record as screened

def killed_over_the_second(home, submission, pack):
    if submission.district_id == "0002":
        os.kill(os.getpid(), signal.SIGKILL)
    return screened(home, submission, pack)
"""


def test_several_processes_make_the_same_of_the_districts_as_one_and_one_that_is_killed_stops_no_other(
    store, send, monkeypatch, tmp_path
):
    for number in range(1, 4):
        rows = "".join(f"S{number}{row},0063,03\n" for row in range(2 * number))
        send({"enrollment": ENROLLMENTS + rows, "student": csv_of("student", [{"sex": "Q"}])}, f"000{number}")
    key_of(store)
    shutil.copytree(store.root, tmp_path / "other")
    other, told = Store(tmp_path / "other"), []
    screen(store, 2025)
    (tmp_path / "deadly.py").write_text(KILLED_OVER_THE_SECOND)
    monkeypatch.syspath_prepend(tmp_path)
    deadly = importlib.import_module("deadly")
    monkeypatch.setattr(screening, "_screen_and_record", deadly.killed_over_the_second)
    screened = screen(other, 2025, on_progress=lambda *count: told.append(count), processes=2)

    assert screened.screened == ["0001", "0002", "0003"] and told == [(1, 3), (2, 3), (3, 3)]
    assert screened.not_checked.keys() == {"0002"} and "SIGKILL" in screened.not_checked["0002"]
    monkeypatch.undo()
    assert screen(other, 2025, processes=1).screened == ["0002"]
    for kept in ("accepted", "identity", "manifest", "feedback"):
        assert files_under(getattr(other, kept)) == files_under(getattr(store, kept)), kept
    assert all(stat.S_IMODE(path.stat().st_mode) == 0o600 for path in other.root.rglob("*") if path.is_file())


def test_a_submission_of_which_nothing_can_be_read_leaves_the_last_accepted_version_in_force(store, send):
    first = send({"enrollment": ENROLLMENTS + "S1,0063,03\n"})
    screen(store, 2025)
    before = files_under(store.accepted)
    second = send({"enrollment": ENROLLMENTS + "S 1,0063,03\nS 2,0063,04\n"})
    screened = screen(store, 2025)

    assert files_under(store.accepted) == before
    assert screened.manifest.select("submission_id", "status", "reason").rows() == [
        (first.submission_id, "accepted", None),
        (second.submission_id, "refused", "Not one enrollment record could be read."),
    ]
    assert custody.submissions_in_force(store, 2025)["0470"].submission_id == first.submission_id
    assert "was not taken in" in (store.feedback / second.submission_id / "report.html").read_text()
    assert screen(store, 2025).unchanged == ["0470"]


def test_a_submission_refused_at_the_door_stands_in_the_manifest_and_has_its_feedback(store, send):
    send({"enrollment": ENROLLMENTS + "S1,0063,03\n"})
    refused = send({"enrollment": "student,school\nS1,0063\n"})
    manifest = screen(store, 2025).manifest

    assert manifest["status"].to_list() == ["accepted", "refused"]
    assert manifest["reason"][1]
    assert (store.feedback / refused.submission_id / "report.html").is_file()


def test_a_new_version_takes_the_place_of_the_old_and_leaves_nothing_of_it(store, send):
    send(
        {
            "student": STUDENTS + "S1,Rivera,Ana,2014-10-03,F,WH\nS2,Ito,Di,bad,F,WH\n",
            "enrollment": ENROLLMENTS + "S1,1,03\n",
        }
    )
    screen(store, 2025)
    send({"school": "school_id,school_name\n0063,North\n"})
    manifest = screen(store, 2025).manifest

    assert manifest["collection"].to_list() == ["school"]
    for folder in (store.accepted, store.quarantine):
        assert [path.parts[-3] for path in folder.rglob("2025/*.parquet")] == (
            ["school"] if folder == store.accepted else []
        )
    assert list(store.identity.rglob("*.parquet")) == []


def test_bytes_that_changed_in_the_store_are_never_screened(store, send):
    receipt = send({"enrollment": ENROLLMENTS + "S1,0063,03\n"})
    screen(store, 2025)
    before = files_under(store.accepted)
    kept = store.bytes_of(receipt.files[0].sha256)
    kept.chmod(0o600)
    kept.write_bytes(kept.read_bytes().replace(b"S1", b"S2"))
    screened = screen(store, 2025, districts=["0470"])

    assert screened.not_checked == {"0470": "The bytes in our store are not those that we received."}
    assert files_under(store.accepted) == before
    assert "fault is ours" in (store.feedback / receipt.submission_id / "report.html").read_text()
    assert screened.manifest["status"].to_list() == ["accepted", "refused"]
    kept.unlink()
    assert screen(store, 2025).not_checked.keys() == {"0470"}


def test_a_machine_that_cannot_write_is_no_fault_of_a_district(store, send, monkeypatch):
    send({"enrollment": ENROLLMENTS + "S1,0063,03\n"})

    def full(*_, **__):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(pl, "collect_all", full)
    with pytest.raises(OSError, match="No space"):
        screen(store, 2025)
    monkeypatch.undo()
    assert screen(store, 2025).screened == ["0470"]


def test_a_full_disk_is_a_fault_of_the_machine_also_where_polars_gives_it_another_name(store, monkeypatch):
    monkeypatch.setattr(acceptance, "SMALL", 0)
    monkeypatch.setattr(acceptance, "write_together", lambda root: nullcontext(lambda path: Path("/dev/full")))
    with pytest.raises(OSError, match="disk"):
        acceptance._write(store, {store.accepted / "a": pl.DataFrame({"a": [1]})})


def test_a_large_file_and_a_small_one_are_the_same_bytes(store, monkeypatch):
    frame, places = pl.DataFrame({"a": ["x", None] * 50}), [store.accepted / name for name in ("small", "large")]
    acceptance._write(store, {places[0]: frame})
    monkeypatch.setattr(acceptance, "SMALL", 0)
    acceptance._write(store, {places[1]: frame})
    assert places[0].read_bytes() == places[1].read_bytes()


# --- only what has changed


def test_a_district_is_screened_again_only_when_it_or_its_rules_changed_or_it_is_named(store, send, monkeypatch):
    send({"enrollment": ENROLLMENTS + "S1,0063,03\n"}, "0001")
    send({"enrollment": ENROLLMENTS + "S1,0063,03\n"}, "0002")
    assert screen(store, 2025).screened == ["0001", "0002"]
    assert screen(store, 2025).screened == []
    assert screen(store, 2025, districts=["0002"]).screened == ["0002"]

    send({"enrollment": ENROLLMENTS + "S9,0063,03\n"}, "0001")
    assert screen(store, 2025).screened == ["0001"]

    monkeypatch.setattr(catalogue, "version", lambda: "new rules")
    assert screen(store, 2025).screened == ["0001", "0002"]
    monkeypatch.setattr(screening, "FORMAT", screening.FORMAT + 1)
    assert screen(store, 2025).screened == ["0001", "0002"]


def test_a_year_is_current_until_something_of_it_changes_and_asking_writes_nothing(store, send, monkeypatch):
    send({"enrollment": ENROLLMENTS + "S1,0063,03\n"}, "0001")
    assert not screening.is_current(store, 2025)
    screen(store, 2025)
    before = files_under(store.root)
    assert screening.is_current(store, 2025) and files_under(store.root) == before

    send({"enrollment": "student_id\n"}, "0002")
    assert not screening.is_current(store, 2025)
    screen(store, 2025)
    assert screening.is_current(store, 2025)

    send({"enrollment": ENROLLMENTS + "S9,0063,03\n"}, "0001")
    assert not screening.is_current(store, 2025)
    screen(store, 2025)
    monkeypatch.setattr(catalogue, "version", lambda: "new rules")
    assert not screening.is_current(store, 2025)


def test_accepted_files_that_were_deleted_are_made_again(store, send):
    send({"enrollment": ENROLLMENTS + "S1,0063,03\n"})
    screen(store, 2025)
    before = files_under(store.accepted)
    (store.accepted / "enrollment" / "2025" / "0470.parquet").unlink()
    screen(store, 2025)

    assert files_under(store.accepted) == before


def test_a_run_that_was_killed_before_it_said_what_it_did_does_it_again(store, send, monkeypatch):
    send({"enrollment": ENROLLMENTS + "S1,0063,03\n"})
    record = custody.record_event

    def die_at_the_outcome(store, event, **facts):
        if event == "accepted":
            raise KeyboardInterrupt
        return record(store, event, **facts)

    monkeypatch.setattr(custody, "record_event", die_at_the_outcome)
    with pytest.raises(KeyboardInterrupt):
        screen(store, 2025)
    monkeypatch.undo()
    assert screen(store, 2025).screened == ["0470"]


def test_progress_counts_the_districts_that_have_changed(store, send):
    for district_id in ("0001", "0002"):
        send({"enrollment": ENROLLMENTS + "S1,0063,03\n"}, district_id)
    told = []
    screen(store, 2025, on_progress=lambda *count: told.append(count))

    assert told == [(1, 2), (2, 2)]


# --- every rule is heard


@pytest.mark.parametrize("collection", CONTRACTS)
def test_every_rule_reaches_the_findings_of_the_district(collection, store, send, monkeypatch):
    # The door refuses whole files that name another district; the rule behind it must be heard if one slips through.
    monkeypatch.setattr(custody, "check", lambda *_, **__: [])
    for code, rule in CONTRACTS[collection].metadata["rules"].items():
        unlike = dict.fromkeys(CONTRACTS[collection].metadata["key"][:1], "Z9") if collection != "district" else {}
        rows = [*EXAMPLES[code]["breaks"], unlike | {"last_name": "Other"} if collection == "student" else unlike]
        receipt = send({collection: csv_of(collection, rows)})
        screen(store, 2025)
        found = [row for row in findings_of(store, receipt.submission_id) if row["rule"] == code]

        assert found, code
        assert {row["severity"] for row in found} == {rule.severity}
        assert code in (store.feedback / receipt.submission_id / "report.html").read_text()


def test_real_exports_are_taken_in_whole(store, sgpdata):
    exports, _ = custody.find_submissions(sgpdata, "sgpdata")
    for found in exports:
        if found.school_year == 2025:
            receive(store, found.paths, district_id=found.district_id, school_year=2025, mapping="sgpdata")
    manifest = screen(store, 2025).manifest
    lines = {
        path.name: gzip.decompress(path.read_bytes()).count(b"\n") - 1 for path in sgpdata.glob("2024-2025_district_*")
    }

    assert set(manifest["status"]) == {"accepted"}
    assert manifest["rows_quarantined"].sum() == 0
    assert {
        row["file_name"]: row["rows_accepted"] for row in manifest.rows(named=True) if row["collection"] == "assessment"
    } == lines
    assert set(RULES) >= set(";".join(accepted(store, "student", "2690")["finding_codes"].drop_nulls()).split(";"))


# --- whose files they are, by what the state knows


@pytest.mark.parametrize(
    ("enrolled", "rule"),
    [
        ("0001,0063,03\n0002,0064,03\n", None),
        ("0001,0063,03\n9999,0999,03\n", None),
        ("0001,0071,03\n0002,0071,03\n", "SUB-001"),
        ("1,0063,03\n2,0063,03\n", "SUB-010"),
        ("1,0063,03\n0002,0063,03\n", None),
    ],
)
def test_files_of_another_district_or_without_their_zeros_are_refused_by_what_the_state_knows(
    enrolled, rule, store, send
):
    schools = "school_id,school_name,district_id\n0063,North,0470\n0064,East,0470\n0071,South,0480\n"
    people = "\n0001,Lee,Ann,2015-01-02\n0002,Roe,Bob,2015-03-04\n"
    registry = "student_id,last_name,first_name,birth_date" + people
    send({"school": schools, "student_registry": registry}, "state")
    receipt = send({"enrollment": ENROLLMENTS + enrolled}, "0470")
    manifest = screen(store, 2025).manifest.filter(pl.col("district_id") == "0470")
    told = json.loads((store.feedback / receipt.submission_id / "report.json").read_text())

    assert manifest["status"].unique().to_list() == ["refused" if rule else "accepted"]
    assert ({one["rule"] for one in told["findings"]} & {"SUB-001", "SUB-010"}) == ({rule} if rule else set())
