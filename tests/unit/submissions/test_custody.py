"""What custody promises: the acknowledged is kept, the refused is never in force, and the ledger gives the order."""

import gzip
import hashlib
import json
import os
import stat
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import pytest

from submissions import custody
from submissions import store as store_module
from submissions.custody import (
    DamagedError,
    SupersedesError,
    events,
    find_submissions,
    open_submission,
    receive,
    submissions_in_force,
)
from submissions.layout import STANDS_FOR
from submissions.reading import LINE
from submissions.store import Store, write_atomically, write_together

SCHOOLS = b"school_id,school_name\n0001,North\n0002,South\n"


@pytest.fixture
def store(tmp_path) -> Store:
    return Store(tmp_path / "home")


@pytest.fixture
def send(store, tmp_path):
    """Receive content as one file in the standard layout."""

    def send(content: bytes, name: str = "school.csv", district_id: str = "11", school_year: int = 2025, **facts):
        file = tmp_path / name
        file.write_bytes(content)
        return receive(store, [file], district_id=district_id, school_year=school_year, **facts)

    return send


@pytest.fixture
def star(tmp_path) -> Path:
    """One district's file as the mapping `star` reads it."""
    header = "student,gender,ethnicity,birth,grade,class_type,read,math,lunch,school_setting,teacher_degree,"
    header += "teacher_ladder,teacher_experience,teacher_ethnicity,system,schoolid,school_year\n"
    file = tmp_path / "1986_district_11.csv"
    rows = "{},female,cauc,1979 Q3,k,small,447,473,free,rural,bachelor,level1,7,afam,11,63,1986\n"
    file.write_text(header + rows.format(1122) + rows.format(1137))
    return file


def receive_star(store: Store, file: Path):
    return receive(store, [file], district_id="0011", school_year=1986, mapping="star")


# --- receipts


def test_a_receipt_names_the_file_its_hash_its_size_and_its_records(store, send):
    receipt = send(SCHOOLS)
    assert (receipt.status, receipt.sequence, receipt.notices) == ("received", 1, ())
    assert receipt.files == (
        custody.ReceivedFile("school.csv", hashlib.sha256(SCHOOLS).hexdigest(), len(SCHOOLS), rows=2),
    )
    assert receipt.submission_id.startswith("2025-11-")
    written = json.loads((store.receipts / f"{receipt.submission_id}.json").read_text())
    assert (written["submission_id"], written["files"][0]["rows"]) == (receipt.submission_id, 2)


def test_the_bytes_are_kept_as_they_came(store, send):
    packed = gzip.compress(SCHOOLS)
    receipt = send(packed, "school.csv.gz")
    assert store.bytes_of(receipt.files[0].sha256).read_bytes() == packed


def test_the_same_bytes_again_are_the_same_submission(store, send):
    first = send(SCHOOLS, received_at="2025-09-01T08:00:00+00:00")
    again = send(SCHOOLS, received_at="2025-09-02T08:00:00+00:00")
    assert again.status == "already_received"
    assert (again.submission_id, again.sequence, again.received_at) == (first.submission_id, 1, first.received_at)
    assert len(events(store)) == 1


def test_the_same_bytes_for_another_district_year_or_mapping_are_another_submission(send):
    sent = [send(SCHOOLS), send(SCHOOLS, district_id="12"), send(SCHOOLS, school_year=2024)]
    sent.append(send(SCHOOLS, mapping="star"))
    assert len({receipt.submission_id for receipt in sent}) == 4


def test_order_is_the_order_of_receipt_and_never_that_of_the_clock(store, send):
    send(SCHOOLS, received_at="2025-09-30T00:00:00+00:00")
    later = send(SCHOOLS + b"0003,West\n", received_at="2025-09-01T00:00:00+00:00")
    assert submissions_in_force(store, 2025)["11"].submission_id == later.submission_id


def test_an_older_submission_sent_again_does_not_win(store, send):
    send(SCHOOLS)
    newer = send(SCHOOLS + b"0003,West\n")
    assert send(SCHOOLS).status == "already_received"
    assert submissions_in_force(store, 2025)["11"].submission_id == newer.submission_id


def test_an_older_submission_wins_again_only_where_it_names_what_it_supersedes(store, send):
    older, newer = send(SCHOOLS), send(SCHOOLS + b"0003,East\n")
    with pytest.raises(SupersedesError, match=newer.submission_id):
        send(SCHOOLS, supersedes="2025-11-another")
    again = send(SCHOOLS, supersedes=newer.submission_id)

    assert (again.status, again.submission_id, again.sequence) == ("received", older.submission_id, 3)
    assert submissions_in_force(store, 2025)["11"].submission_id == older.submission_id
    assert send(SCHOOLS, supersedes=older.submission_id).status == "already_received"
    assert len(events(store)) == 3


def test_every_district_and_year_has_its_own_submission_in_force(store, send):
    send(SCHOOLS, district_id="9")
    send(SCHOOLS, district_id="11")
    send(SCHOOLS, district_id="11", school_year=2024)
    assert list(submissions_in_force(store, 2025)) == ["11", "9"]
    assert list(submissions_in_force(store, 2024)) == ["11"]
    assert custody.school_years(store) == [2024, 2025]


# --- refusals


@pytest.mark.parametrize(
    ("why", "change", "rule", "said"),
    [
        ("cut inside the last line", lambda text: text[:-9], "FIL-009", "Line 3 is the last"),
        ("a packed file cut short", lambda text: gzip.compress(text)[:-20], "FIL-004", "cut short"),
        (
            "a renamed column",
            lambda text: text.replace(b"school_setting", b"schoolsetting"),
            "SUB-005",
            "Column school_setting is missing from line 1; column schoolsetting has a name much like it.",
        ),
        ("a missing column", lambda text: text.replace(b"lunch,", b"", 1).replace(b"free,", b""), "SUB-005", "lunch"),
        (
            "a column more",
            lambda text: text.replace(b"\n", b",note\n", 1).replace(b"1986\n", b"1986,x\n"),
            "SUB-006",
            "note",
        ),
        ("another district", lambda text: text.replace(b",11,", b",12,"), "SUB-001", "2 rows name district 0012"),
        ("rows of another district", lambda text: text.replace(b",11,", b",12,", 1), "SUB-001", "first on line 2"),
        ("another year", lambda text: text.replace(b",1986", b",1987"), "SUB-002", "2 rows name school year 1987"),
        ("no header", lambda text: text.split(b"\n", 1)[1], "SUB-008", "Line 1 names 0 of the 17 columns"),
    ],
    ids=lambda part: part if isinstance(part, str) else "",
)
def test_a_refused_file_keeps_its_bytes_says_why_and_is_never_in_force(store, star, why, change, rule, said):
    good = receive_star(store, star)
    content = change(star.read_bytes())
    star.write_bytes(content)
    receipt = receive_star(store, star)
    assert receipt.status == "refused"
    assert [notice.rule for notice in receipt.notices] == [rule]
    notice = receipt.notices[0]
    assert said in notice.message
    assert len(notice.message.split()) <= 25
    assert notice.fix and notice.file == star.name
    assert store.bytes_of(receipt.files[0].sha256).read_bytes() == content
    assert submissions_in_force(store, 1986)["0011"].submission_id == good.submission_id


def test_a_file_without_a_header_is_refused_without_repeating_a_students_values(store, star):
    star.write_bytes(star.read_bytes().split(b"\n", 1)[1])
    receipt = receive_star(store, star)
    assert "1122" not in json.dumps(events(store)) + repr(receipt.notices)


def test_a_shifted_district_column_is_refused_without_repeating_its_values(store, star):
    star.write_bytes(star.read_bytes().replace(b"11,63,1986", b"secret-a,63,1986", 1))
    assert receive_star(store, star).status == "refused"
    star.write_bytes(star.read_bytes().replace(b"11,63,1986", b"secret-b,63,1986", 1))
    assert receive_star(store, star).status == "refused"
    assert "secret-b" not in json.dumps(events(store))


def test_every_problem_of_a_submission_is_told_at_once(store, tmp_path):
    (tmp_path / "school.csv").write_bytes(b"school_name\nNorth\n")
    (tmp_path / "students.csv").write_bytes(b"student_id\n1\n")
    (tmp_path / "enrollment.csv").write_bytes(b"student_id,school_id,grade\n1,1\n")
    receipt = receive(store, sorted(tmp_path.glob("*.csv")), district_id="11", school_year=2025)
    assert {(notice.file, notice.rule) for notice in receipt.notices} == {
        ("enrollment.csv", "FIL-014"),
        ("school.csv", "SUB-005"),
        ("students.csv", "SUB-004"),
    }


def test_a_refused_submission_sent_again_is_refused_again_and_recorded_once(store, send):
    first, again = send(b"school_id\n1"), send(b"school_id\n1")
    assert (again.status, again.sequence) == ("refused", first.sequence)
    assert len(events(store)) == 1


def test_a_refused_submission_is_examined_anew(store, tmp_path):
    wrong, right = tmp_path / "schools.csv", tmp_path / "school.csv"
    for file in (wrong, right):
        file.write_bytes(SCHOOLS)
    assert receive(store, [wrong], district_id="11", school_year=2025).status == "refused"
    assert receive(store, [right], district_id="11", school_year=2025).status == "received"
    assert "11" in submissions_in_force(store, 2025)


def test_a_submission_refused_by_a_later_stage_is_out_of_force_until_it_is_received_again(store, send):
    first = send(SCHOOLS)
    second = send(SCHOOLS + b"0003,West\n")
    custody.record_event(store, "refused", submission_id=second.submission_id, district_id="11", school_year=2025)
    assert submissions_in_force(store, 2025)["11"].submission_id == first.submission_id
    assert send(SCHOOLS + b"0003,West\n").status == "received"
    assert submissions_in_force(store, 2025)["11"].submission_id == second.submission_id


def test_two_files_of_one_collection_are_refused(store, tmp_path):
    (tmp_path / "school.csv").write_bytes(SCHOOLS)
    (tmp_path / "school.csv.gz").write_bytes(gzip.compress(SCHOOLS))
    receipt = receive(store, sorted(tmp_path.glob("school*")), district_id="11", school_year=2025)
    assert [notice.rule for notice in receipt.notices] == ["SUB-003"]


@pytest.mark.parametrize(
    ("content", "rule"),
    [
        (b"school_id,school_name,district_id\n1,North,11\n2,South,12\n", "SUB-001"),
        (b"school_id,school_name,school_year\n1,North,2025\n2,South,2024\n", "SUB-002"),
        (b"school_id,School Name\n1,North\n", "SUB-005"),
        (b"school_id\n1\n", "SUB-005"),
        (b"a,b\n1,North\n", "SUB-008"),
    ],
)
def test_the_standard_layout_is_held_to_its_columns_its_district_and_its_year(send, content, rule):
    receipt = send(content)
    assert (receipt.status, [notice.rule for notice in receipt.notices]) == ("refused", [rule])


@pytest.mark.parametrize("wrong", [{"district_id": "../11"}, {"district_id": ""}, {"school_year": 25}])
def test_a_district_or_year_that_could_not_be_one_is_not_received(store, send, wrong):
    with pytest.raises(ValueError, match="a school year such as 2025"):
        send(SCHOOLS, **wrong)
    assert not store.root.exists()


# --- faults


def test_everything_below_the_home_is_private_whatever_the_umask(store, send):
    before = os.umask(0)
    try:
        send(SCHOOLS)
        send(b"")
    finally:
        os.umask(before)
    modes = {path.relative_to(store.root): stat.S_IMODE(path.stat().st_mode) for path in store.root.rglob("*")}
    assert len(modes) >= 8
    assert {mode for path, mode in modes.items() if (store.root / path).is_dir()} == {0o700}
    assert {mode for path, mode in modes.items() if (store.root / path).is_file()} == {0o600}
    assert stat.S_IMODE(store.root.stat().st_mode) == 0o700


@pytest.mark.parametrize("fault", ["_examine", "_append"])
def test_a_crash_before_the_ledger_leaves_no_submission_and_the_next_try_succeeds(store, send, monkeypatch, fault):
    def crash(*_):
        raise OSError("no space left on device")

    with monkeypatch.context() as broken:
        broken.setattr(custody, fault, crash)
        with pytest.raises(OSError, match="no space"):
            send(SCHOOLS)
    assert (events(store), submissions_in_force(store, 2025), list(store.receipts.glob("*"))) == ([], {}, [])
    assert send(SCHOOLS).status == "received"


def test_a_receipt_lost_in_a_crash_is_written_again(store, send):
    receipt = send(SCHOOLS)
    file = store.receipts / f"{receipt.submission_id}.json"
    content = file.read_bytes()
    file.unlink()
    assert send(SCHOOLS).status == "already_received"
    assert file.read_bytes() == content


def test_a_line_torn_by_a_crash_is_no_event_and_does_not_spoil_the_next(store, send):
    send(SCHOOLS)
    with store.ledger.open("ab") as ledger:
        ledger.write(b'{"sequence": 2, "event": "rec')
    assert len(events(store)) == 1
    send(SCHOOLS + b"0003,West\n")
    assert [event["sequence"] for event in events(store)] == [1, 2]
    assert all(json.loads(line) for line in store.ledger.read_bytes().splitlines())


def test_an_append_that_fails_half_way_leaves_the_ledger_as_it_was(store, send, monkeypatch):
    send(SCHOOLS)
    before = store.ledger.read_bytes()
    with monkeypatch.context() as broken:
        broken.setattr(custody.os, "fsync", lambda _: (_ for _ in ()).throw(OSError("input/output error")))
        with pytest.raises(OSError, match="input/output"):
            custody.record_event(store, "screened")
    assert store.ledger.read_bytes() == before


def test_many_receiving_at_once_get_one_line_each(store, tmp_path):
    def one(number: int):
        file = tmp_path / str(number % 10) / "school.csv"
        return receive(store, [file], district_id=f"{number % 10}", school_year=2025).status

    for number in range(10):
        (tmp_path / str(number)).mkdir()
        (tmp_path / str(number) / "school.csv").write_bytes(SCHOOLS + b"%d,West\n" % number)
    with ThreadPoolExecutor(8) as pool:
        statuses = list(pool.map(one, range(40)))
    assert (statuses.count("received"), statuses.count("already_received")) == (10, 30)
    assert [event["sequence"] for event in events(store)] == list(range(1, 11))


def test_of_those_received_side_by_side_each_stands_in_the_ledger_after_the_one_before_it(store, send):
    before = Future()
    with ThreadPoolExecutor(1) as pool:
        second = pool.submit(send, SCHOOLS, district_id="22", after=before)
        with pytest.raises(TimeoutError):
            second.result(timeout=0.3)
        first = send(SCHOOLS, district_id="11")
        before.set_result(first)
        assert (first.sequence, second.result().sequence) == (1, 2)


def test_one_that_cannot_be_received_holds_up_none_after_it(store, send):
    before = Future()
    before.set_exception(OSError(5, "Input/output error"))
    assert send(SCHOOLS, after=before).sequence == 1


def test_a_home_made_anew_at_the_same_place_has_a_ledger_of_its_own(store, send):
    send(SCHOOLS)
    assert len(events(store)) == 1
    store.ledger.unlink()
    assert events(store) == []
    custody.record_event(store, "screened", note="x" * 2000)
    assert [event["event"] for event in events(store)] == ["screened"]


def test_bytes_that_changed_in_the_store_are_found_out(store, send):
    receipt = send(SCHOOLS)
    kept = store.bytes_of(receipt.files[0].sha256)
    kept.write_bytes(SCHOOLS.replace(b"South", b"Sooth"))
    with pytest.raises(DamagedError, match=receipt.submission_id):
        open_submission(store, submissions_in_force(store, 2025)["11"])


def test_a_link_or_a_folder_is_not_received(store, tmp_path):
    (tmp_path / "real.csv").write_bytes(SCHOOLS)
    (tmp_path / "school.csv").symlink_to(tmp_path / "real.csv")
    for path in (tmp_path / "school.csv", tmp_path):
        with pytest.raises(OSError, match="not a regular file"):
            receive(store, [path], district_id="11", school_year=2025)
    assert events(store) == []


def test_an_atomic_write_that_fails_leaves_what_was_there(tmp_path):
    file = tmp_path / "file"
    file.write_text("before")
    with pytest.raises(RuntimeError), write_atomically(file) as part:
        part.write_text("half of what")
        raise RuntimeError
    assert [path.name for path in tmp_path.iterdir()] == ["file"]
    assert file.read_text() == "before"


# --- opening and finding


@pytest.mark.parametrize("fault", ["while writing", "while flushing"])
def test_files_written_together_are_all_there_or_all_as_before(tmp_path, monkeypatch, fault):
    first, second = tmp_path / "a" / "first", tmp_path / "b" / "second"
    with write_together(tmp_path) as lend:
        lend(first).write_bytes(b"before")
    if fault == "while flushing":
        monkeypatch.setattr(store_module, "flush_all", lambda _: (_ for _ in ()).throw(OSError("input/output error")))
    with pytest.raises(OSError), write_together(tmp_path) as lend:
        lend(first).write_bytes(b"after")
        lend(second).write_bytes(b"after")
        if fault == "while writing":
            raise OSError("no space")
    assert first.read_bytes() == b"before"
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == [first]
    assert stat.S_IMODE(first.stat().st_mode) == 0o600


def test_a_submission_is_opened_with_the_records_as_they_were_sent(store, send):
    send(b"\n" + SCHOOLS)
    [opened] = open_submission(store, submissions_in_force(store, 2025)["11"])
    [records] = opened.records
    assert [notice.rule for notice in opened.notices] == ["FIL-021"]
    assert (records.collection, records.rows_received, records.rows_not_applicable) == ("school", 2, 0)
    assert records.frame.columns == ["school_id", "school_name", LINE, STANDS_FOR]
    assert records.frame.rows() == [("0001", "North", 3, 1), ("0002", "South", 4, 1)]


def test_files_are_found_by_the_pattern_of_the_mapping_and_others_are_left_alone(tmp_path):
    for name in ("2024-2025_district_470.csv.gz", "2024-2025_instructors.csv.gz", "2023-2024_district_470.csv"):
        (tmp_path / name).write_bytes(b"")
    (tmp_path / "older").mkdir()
    found, skipped = find_submissions(tmp_path, "sgpdata")
    assert [(one.paths[0].name, one.district_id, one.school_year) for one in found] == [
        ("2023-2024_district_470.csv", "470", 2024),
        ("2024-2025_district_470.csv.gz", "470", 2025),
    ]
    assert [path.name for path, _ in skipped] == ["2024-2025_instructors.csv.gz", "older"]


def test_the_district_in_a_file_name_is_written_as_the_mapping_writes_it(star):
    found, _ = find_submissions(star, "star")
    assert [(one.district_id, one.school_year) for one in found] == [("0011", 1986)]


def test_files_in_the_standard_layout_are_found_by_year_and_district(tmp_path):
    for name in (
        "2025/0011/school.csv",
        "2025/0011/student.csv.gz",
        "2025/12/school.csv",
        "2025/12/notes.txt",
        "readme",
    ):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(b"")
    found, skipped = find_submissions(tmp_path)
    assert [(one.district_id, one.school_year, len(one.paths)) for one in found] == [("0011", 2025, 2), ("12", 2025, 1)]
    assert {path.name for path, _ in skipped} == {"notes.txt", "readme"}


@pytest.mark.parametrize(
    ("said", "simulated"), [({"simulated": True}, True), ({"simulated": False}, False), ({}, False)]
)
def test_what_the_sender_says_to_be_simulated_stays_so_in_the_ledger(store, tmp_path, said, simulated):
    (tmp_path / "school.csv").write_bytes(SCHOOLS)
    described = {"resources": [{"path": "school.csv"}]} | said
    (tmp_path / "datapackage.json").write_text(json.dumps(described))
    files = [tmp_path / "school.csv", tmp_path / "datapackage.json"]
    receipt = receive(store, files, district_id="11", school_year=2025)
    assert (receipt.status, receipt.simulated) == ("received", simulated)
    assert submissions_in_force(store, 2025)["11"].simulated is simulated


def test_a_descriptor_that_says_neither_yes_nor_no_to_simulated_is_refused(store, tmp_path):
    (tmp_path / "school.csv").write_bytes(SCHOOLS)
    (tmp_path / "datapackage.json").write_text('{"resources": [{"path": "school.csv"}], "simulated": "maybe"}')
    files = [tmp_path / "school.csv", tmp_path / "datapackage.json"]
    receipt = receive(store, files, district_id="11", school_year=2025)
    assert (receipt.status, [one.rule for one in receipt.notices]) == ("refused", ["SUB-012"])
