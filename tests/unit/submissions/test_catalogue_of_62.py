"""The catalogue of bad input: 62 kinds, each as files that a test makes, with the verdict that each has to get.

R: the files are refused and what was in force stays. Q: they are taken in, records that must be fixed are named, and
those that cannot be read are set aside. W: taken in, and told. A: taken in. Whatever is taken in has lost no row and
changed no value, and whatever is said repeats no value of a student.
"""

import csv
import errno
import gzip
import io
import json
import os
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from hashlib import sha256
from pathlib import Path

import openpyxl
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from openpyxl.utils.datetime import CALENDAR_MAC_1904

from submissions import custody
from submissions.custody import receive, submissions_in_force
from submissions.door_words import words
from submissions.screening import screen
from submissions.store import Store

DISTRICT, YEAR = "0470", 2025
NAMES = "student_id,last_name,first_name,birth_date,sex,hispanic_latino_ethnicity,races"
ROWS = (
    "QX71001,Zivkovic,Anabel,2014-10-03,F,No,WH",
    "QX71002,Quaifeson,Benedikt,2015-02-11,M,No,AS",
    "QX71003,Wrzosek,Cyprian,2014-12-24,M,Yes,",
)
SECRETS = ("QX7100", "Zivkovic", "Quaifeson", "Wrzosek", "Anabel", "Benedikt", "Cyprian")
TESTS = "student_id,school_id,subject,grade_assessed,participation_status,scale_score,attempt_number"
TEST = "QX71001,0063,MATH,03,participated,{},{}"


def student(*rows: str, names: str = NAMES, end: str = "\n") -> bytes:
    return "".join(line + end for line in (names, *(rows or ROWS))).encode()


def with_name(name: str) -> bytes:
    return student(ROWS[0].replace("Zivkovic", name), *ROWS[1:])


def with_id(value: str) -> bytes:
    return student(ROWS[0].replace("QX71001", value), *ROWS[1:])


def assessments(score: str = "461.5", attempt: str = "1") -> dict[str, bytes]:
    good = TEST.format("472.5", "1").replace("MATH", "RLA")
    return {"assessment.csv": f"{TESTS}\n{TEST.format(score, attempt)}\n{good}\n".encode()}


def zipped(files: dict[str, bytes], change: Callable[[zipfile.ZipInfo], None] | None = None) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            entry = zipfile.ZipInfo(name)
            entry.compress_type = zipfile.ZIP_DEFLATED
            if change:
                change(entry)
            archive.writestr(entry, content)
    return packed.getvalue()


def linked(entry: zipfile.ZipInfo) -> None:
    entry.create_system, entry.external_attr = 3, 0o120777 << 16


def workbook(change: Callable | None = None, rows: list[list] | None = None) -> bytes:
    book = openpyxl.Workbook()
    for row in rows or [line.split(",") for line in (NAMES, *ROWS)]:
        book.active.append(row)
    if change:
        change(book, book.active)
    saved = io.BytesIO()
    book.save(saved)
    return saved.getvalue()


def part_of_workbook(name: str, change: Callable[[bytes], bytes]) -> bytes:
    with zipfile.ZipFile(io.BytesIO(workbook())) as archive:
        parts = {one: archive.read(one) for one in archive.namelist()}
    return zipped(parts | {name: change(parts.get(name, b""))})


def parquet(table: pa.Table | None = None, **options: object) -> bytes:
    if table is None:
        columns = zip(*(line.split(",") for line in ROWS), strict=True)
        table = pa.table({name: list(values) for name, values in zip(NAMES.split(","), columns, strict=True)})
    saved = io.BytesIO()
    pq.write_table(table, saved, write_page_checksum=True, **options)
    return saved.getvalue()


def flipped(content: bytes, at: int) -> bytes:
    return content[:at] + bytes([content[at] ^ 4]) + content[at + 1 :]


def lying_dictionary() -> bytes:
    """The last values of the column point beyond the end of its dictionary, which has three entries."""
    ids = pa.table({"student_id": pa.array(["QX71001", "QX71002", "QX71003"] * 40)})
    saved = io.BytesIO()
    pq.write_table(ids, saved, compression="none", use_dictionary=True)
    chunk = pq.ParquetFile(saved).metadata.row_group(0).column(0)
    end = chunk.dictionary_page_offset + chunk.total_compressed_size
    return saved.getvalue()[: end - 4] + b"\xff" * 4 + saved.getvalue()[end:]


def described(files: dict[str, bytes], **changes: object) -> dict[str, bytes]:
    resources = [
        {"path": name, "bytes": len(content), "hash": f"sha256:{sha256(content).hexdigest()}"} | changes
        for name, content in files.items()
    ]
    return files | {"datapackage.json": json.dumps({"resources": resources}).encode()}


@dataclass
class Case:
    """Files by name (or the content of the student file), the verdict, the rule that gives it, and its line."""

    number: int
    what: str
    verdict: str
    files: dict[str, bytes] | bytes
    rule: str | None = None
    line: int | None = None


GOOD = student()
CUT = GOOD[:-1]
CASES = [
    Case(1, "a byte order mark", "A", b"\xef\xbb\xbf" + GOOD),
    Case(2, "UTF-16", "R", GOOD.decode().encode("utf-16"), "FIL-003"),
    Case(3, "Windows-1252", "R", with_name("Zoë").decode().encode("cp1252"), "FIL-006", 2),
    Case(4, "bytes that are no UTF-8", "R", GOOD.replace(b"Quaife", b"Qua\xc3\x28fe"), "FIL-006", 3),
    Case(5, "a NUL", "R", GOOD.replace(b"Quaife", b"Qua\x00fe"), "FIL-007", 3),
    Case(6, "Ctrl-Z at the end", "R", GOOD + b"\x1a\n", "FIL-007", 5),
    Case(7, "mixed line endings", "R", GOOD.replace(b"WH\n", b"WH\r\n"), "FIL-008", 2),
    Case(7, "carriage returns alone", "R", student(end="\r"), "FIL-008", 1),
    Case(8, "an accent apart from its letter", "W", with_name("Zoe\u0308"), "FIL-023", 2),
    Case(9, "a letter of another alphabet in an id", "R", with_id("QX7100\u0410"), "SUB-009", 2),
    Case(9, "a letter of another alphabet in a name", "W", with_name("Ziv\u043avic"), "FIL-025", 2),
    Case(10, "a letter that turns the line in an id", "R", with_id("QX71\u202e001"), "SUB-009", 2),
    Case(10, "a letter of no width in an id", "R", with_id("QX71\u200b001"), "SUB-009", 2),
    Case(10, "a letter of no width in a name", "W", with_name("Ziv\u200bkovic"), "FIL-024", 2),
    Case(11, "no end of the last line", "R", CUT, "FIL-009", 4),
    Case(11, "no end of the last line, and the declared checksum", "A", described({"student.csv": CUT})),
    Case(12, "a short row", "R", GOOD.replace(b",M,No,AS", b",M,No"), "FIL-014", 3),
    Case(13, "a long row", "R", GOOD.replace(b"AS\n", b"AS,x\n"), "FIL-015", 3),
    Case(14, "a quotation mark never closed", "R", with_name('"Zivkovic'), "FIL-011", 2),
    Case(15, "a quotation mark within a value", "R", with_name('Ziv"kovic'), "FIL-012", 2),
    Case(16, "a line break within a value", "R", with_name('"Ziv\nkovic"'), "FIL-013", 2),
    Case(17, "a value of 1,001 characters", "R", with_name("Z" * 1001), "FIL-016", 2),
    Case(18, "a line of more than 64 KB", "R", with_name("Z" * 70_000), "FIL-010", 2),
    Case(19, "a line that never ends", "R", NAMES.encode() + b"\n" + b"Z" * (3 * 2**20), "FIL-010"),
    Case(20, "semicolons", "R", GOOD.replace(b",", b";"), "FIL-017", 1),
    Case(21, "a name twice", "R", GOOD.replace(b"first_name", b"last_name"), "FIL-018", 1),
    Case(21, "a name twice but for capitals", "R", GOOD.replace(b"first_name", b"Last_Name"), "FIL-018", 1),
    Case(22, "a column renamed", "R", GOOD.replace(b"birth_date", b"birthdate"), "SUB-005", 1),
    Case(
        23,
        "columns in another order",
        "A",
        student(*(",".join(row.split(",")[::-1]) for row in ROWS), names=",".join(NAMES.split(",")[::-1])),
    ),
    Case(
        24,
        "a required column missing",
        "R",
        {"enrollment.csv": b"student_id,school_id\nQX71001,0063\n"},
        "SUB-005",
        1,
    ),
    Case(25, "a column more", "W", student(*(f"{row},x" for row in ROWS), names=f"{NAMES},photo"), "STU-006"),
    Case(26, "lines above the names", "R", b"Fall census\n\n" + GOOD, "FIL-017", 1),
    Case(27, "a row of totals", "Q", student(*ROWS, "Total,,,,,,"), "STU-001", 5),
    Case(28, "blank lines", "W", GOOD.replace(b"\nQX71002", b"\n\n\nQX71002"), "FIL-021", 3),
    Case(29, "names alone", "R", f"{NAMES}\n".encode(), "FIL-020"),
    Case(30, "nothing", "R", b"", "FIL-001"),
    Case(31, "a comment", "Q", student(*ROWS, "# exported 9/1,,,,,,"), "STU-001", 5),
    Case(
        33,
        "ids without their zeros in one of two files",
        "R",
        {
            "student.csv": student("0071001,Zivkovic,Anabel,2014-10-03,F,No,WH"),
            "enrollment.csv": b"student_id,school_id,grade\n71001,0063,03\n",
        },
        "SUB-010",
        2,
    ),
    Case(34, "an id with a power of ten", "R", with_id("7.1E+10"), "SUB-009", 2),
    Case(35, "an id with a decimal point", "R", with_id("71001.0"), "SUB-009", 2),
    Case(
        36,
        "an id of more than 15 digits as a number of a workbook",
        "R",
        {"student.xlsx": workbook(rows=[["student_id"], [12345678901234567890]])},
        "FIL-028",
        2,
    ),
    Case(37, "a date written 10/03/2014", "Q", GOOD.replace(b"2014-10-03", b"10/03/2014"), "STU-001", 2),
    Case(38, "a date written as a day's number", "Q", GOOD.replace(b"2014-10-03", b"41915"), "STU-001", 2),
    Case(
        39,
        "a workbook that counts from 1904",
        "R",
        {"student.xlsx": workbook(lambda book, sheet: setattr(book, "epoch", CALENDAR_MAC_1904))},
        "FIL-028",
    ),
    Case(40, "a comma for thousands", "Q", assessments('"1,461.5"'), "ASM-001", 2),
    Case(40, "a comma for the decimal point", "Q", assessments('"461,5"'), "ASM-001", 2),
    Case(41, "a count below zero", "Q", assessments(attempt="-1"), "ASM-017", 2),
    Case(42, "names such as Null, NA and None", "A", student(*(ROWS[0].replace("Zivkovic", "Null"), *ROWS[1:]))),
    Case(42, "NA where a code stands", "Q", GOOD.replace(b",F,", b",NA,"), "STU-003", 2),
    Case(43, "spaces around values", "W", GOOD.replace(b",F,", b", F ,"), "STU-007", 2),
    Case(44, "Y for Yes", "Q", GOOD.replace(b",Yes,", b",Y,"), "STU-001", 4),
    Case(44, "T for Yes", "Q", GOOD.replace(b",Yes,", b",T,"), "STU-001", 4),
    Case(45, "a birth date to come", "Q", GOOD.replace(b"2014-10-03", b"2035-10-03"), "STU-010", 2),
    Case(45, "a birth date of long ago", "Q", GOOD.replace(b"2014-10-03", b"1894-10-03"), "STU-011", 2),
    Case(
        46,
        "another school year",
        "R",
        student(*(f"{row},2024" for row in ROWS), names=f"{NAMES},school_year"),
        "SUB-002",
        2,
    ),
    Case(47, "a student twice", "Q", student(*ROWS, ROWS[0]), "STU-004", 2),
    Case(48, "a student twice, of different groups", "Q", student(*ROWS, ROWS[0].replace("WH", "AI")), "STU-004", 2),
    Case(49, "values that a spreadsheet takes for formulas", "A", with_name("=1+1")),
    Case(49, "values that begin with -", "A", with_name("-2+3")),
    Case(49, "values that begin with @", "A", with_name("@SUM(A1)")),
    Case(50, "HTML in a name", "A", with_name("<script>alert(1)</script>")),
    Case(51, "SQL in an id", "Q", with_id("1'; DROP TABLE x --"), "STU-001", 2),
    Case(53, "a terminal's commands", "R", with_name("Ziv\x1b[31mkovic"), "FIL-007", 2),
    Case(53, "a line break and a report in a file name", "R", {"student\n2025 ERROR all lost.csv": GOOD}, "SUB-004"),
    Case(54, "a ZIP bomb", "R", {"a.zip": zipped({"student.csv": b"0" * (32 * 2**20)})}, "FIL-005"),
    Case(55, "a gzip bomb", "R", {"student.csv.gz": gzip.compress(b"0" * (64 * 2**20), 1)}, "FIL-010"),
    Case(56, "a name that leads out of the archive", "R", {"a.zip": zipped({"../student.csv": GOOD})}, "FIL-026"),
    Case(56, "a name from the root", "R", {"a.zip": zipped({"/student.csv": GOOD})}, "FIL-026"),
    Case(57, "an archive in an archive", "R", {"a.zip": zipped({"b.zip": zipped({"student.csv": GOOD})})}, "FIL-026"),
    Case(57, "one under another name", "R", {"a.zip": zipped({"student.csv": gzip.compress(GOOD)})}, "FIL-026"),
    Case(58, "a link in an archive", "R", {"a.zip": zipped({"student.csv": b"/etc/hosts"}, linked)}, "FIL-026"),
    *(
        Case(59, what, "R", {"student.xlsx": content}, "FIL-027")
        for what, content in {
            "formulas": workbook(lambda book, sheet: sheet.__setitem__("B2", '="Ziv"&"kovic"')),
            "merged cells": workbook(lambda book, sheet: sheet.merge_cells("B2:C2")),
            "hidden rows": workbook(lambda book, sheet: setattr(sheet.row_dimensions[3], "hidden", True)),
            "hidden columns": workbook(lambda book, sheet: setattr(sheet.column_dimensions["C"], "hidden", True)),
            "a hidden sheet": workbook(lambda book, sheet: setattr(book.create_sheet(), "sheet_state", "hidden")),
            "a second sheet": workbook(lambda book, sheet: book.create_sheet().append(["more"])),
            "links to other workbooks": part_of_workbook("xl/externalLinks/externalLink1.xml", lambda _: b"<x/>"),
            "an entity": part_of_workbook(
                "xl/worksheets/sheet1.xml",
                lambda text: b'<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/hosts">]>' + text.partition(b"?>")[2],
            ),
        }.items()
    ),
    Case(59, "a plain workbook", "A", {"student.xlsx": workbook()}),
    Case(60, "plain Parquet", "A", {"student.parquet": parquet()}),
    Case(60, "nested Parquet", "R", {"student.parquet": parquet(pa.table({"student_id": [["QX71001"]]}))}, "FIL-030"),
    Case(60, "Parquet of floats", "R", {"student.parquet": parquet(pa.table({"student_id": [71001.0]}))}, "FIL-030"),
    Case(60, "Parquet with a page that has changed", "R", {"student.parquet": flipped(parquet(), 60)}, "FIL-004"),
    Case(60, "Parquet that is cut short", "R", {"student.parquet": parquet()[:-30]}, "FIL-004"),
    Case(60, "Parquet that lies about its dictionary", "R", {"student.parquet": lying_dictionary()}, "FIL-004"),
    Case(60, "gzip that is cut short", "R", {"student.csv.gz": gzip.compress(GOOD)[:-20]}, "FIL-004"),
    Case(
        61,
        "students of another district",
        "R",
        student(*(f"{row},0471" for row in ROWS), names=f"{NAMES},district_id"),
        "SUB-001",
        2,
    ),
    Case(61, "a part of what was declared", "R", described({"student.csv": GOOD}, path="all.csv"), "SUB-011"),
    Case(61, "other bytes than declared", "R", described({"student.csv": GOOD}, bytes=1), "SUB-011"),
    Case(61, "another checksum than declared", "R", described({"student.csv": GOOD}, hash="0" * 64), "SUB-011"),
    Case(61, "other rows than declared", "R", described({"student.csv": GOOD}, rows=4), "SUB-011"),
    Case(61, "all that was declared", "A", described({"student.csv": GOOD}, rows=3)),
    Case(61, "all that was declared, in an archive", "A", {"a.zip": zipped(described({"student.csv": GOOD}))}),
]
MADE_BELOW = {32, 52, 58, 61, 62}
"""What is no matter of content alone has a test of its own at the end."""


@pytest.fixture
def store(tmp_path) -> Store:
    return Store(tmp_path / "home")


def put(folder: Path, files: dict[str, bytes]) -> list[Path]:
    folder.mkdir(exist_ok=True)
    for name, content in files.items():
        (folder / name).write_bytes(content)
    return sorted(folder / name for name in files)


def send(store: Store, paths: list[Path]) -> custody.Receipt:
    return receive(store, paths, district_id=DISTRICT, school_year=YEAR)


def said(store: Store, receipt: custody.Receipt) -> list[dict[str, str]]:
    """Everything that was found, at the door and later, as the district reads it."""
    file = store.feedback / receipt.submission_id / "findings.csv"
    with file.open(encoding="utf-8-sig", newline="") as text:
        return list(csv.DictReader(text))


def judge(store: Store, receipt: custody.Receipt, rule: str | None) -> tuple[str, list[dict[str, str]]]:
    screening = screen(store, YEAR)
    assert not screening.not_checked
    found = said(store, receipt)
    of_interest = [one for one in found if one["rule"] == rule]
    if set(screening.manifest["status"]) != {"accepted"}:
        return "R", of_interest
    if any(one["severity"] == "must_fix" for one in found):
        return "Q", of_interest
    return ("W" if of_interest else "A"), of_interest


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.number}-{case.what}")
def test_every_kind_of_bad_input_gets_its_verdict_and_loses_or_changes_nothing(store, tmp_path, case):
    files = case.files if isinstance(case.files, dict) else {"student.csv": case.files}
    receipt = send(store, put(tmp_path / "sent", files))
    verdict, found = judge(store, receipt, case.rule)

    assert verdict == case.verdict, [notice.message for notice in receipt.notices]
    assert bool(found) == bool(case.rule)
    if case.line:
        assert str(case.line) in {one["line"] for one in found}
    assert all(one["what_is_wrong"] and one["how_to_fix"] for one in found)
    assert all(words(notice, "es").language == "es" for notice in receipt.notices)
    for content in files.values():
        kept = store.bytes_of(sha256(content).hexdigest())
        assert case.number == 19 or kept.read_bytes() == content
    if verdict != "R":
        prove_nothing_lost(store, files)
    else:
        assert not submissions_in_force(store, YEAR)
    told = json.dumps([notice.as_dict() for notice in receipt.notices]) + store.ledger.read_text() + json.dumps(found)
    assert not [secret for secret in SECRETS if secret in told]
    report = (store.feedback / receipt.submission_id / "report.html").read_text()
    assert not [secret for secret in (*SECRETS, "alert(1)") if secret in report]


def rows_sent(files: dict[str, bytes]) -> dict[str, list[dict[str, str]]]:
    """Read what was sent with other readers than those of the gate."""
    rows = {}
    for name, content in files.items():
        if name.endswith(".zip"):
            with zipfile.ZipFile(io.BytesIO(content)) as archive:
                rows |= rows_sent({one: archive.read(one) for one in archive.namelist()})
        elif name.endswith(".xlsx"):
            lines = list(openpyxl.load_workbook(io.BytesIO(content)).active.values)
            rows[name] = [dict(zip(lines[0], (value or "" for value in line), strict=True)) for line in lines[1:]]
        elif name.endswith(".parquet"):
            rows[name] = pl.read_parquet(io.BytesIO(content)).rows(named=True)
        elif name.endswith(".csv"):
            text = io.StringIO(content.decode("utf-8-sig"), newline="")
            rows[name] = list(csv.DictReader(text, strict=True))
    return {name.partition(".")[0]: lines for name, lines in rows.items()}


def prove_nothing_lost(store: Store, files: dict[str, bytes]) -> None:
    """Compare every value that was accepted or set aside with what was sent."""
    for collection, sent in rows_sent(files).items():
        frames = []
        for folder in (store.accepted, store.quarantine):
            path = folder / collection / str(YEAR) / f"{DISTRICT}.parquet"
            frames.append(pl.read_parquet(path) if path.is_file() else pl.DataFrame({"record_line": []}))
        lines = sorted(line for frame in frames for line in frame["record_line"])
        assert len(lines) == len(set(lines)) == len(sent)
        row_of = dict(zip(lines, sent, strict=True))
        people = pl.read_parquet(store.identity / str(YEAR) / f"{DISTRICT}.parquet")
        for frame in frames:
            for kept in frame.rows(named=True):
                row = row_of[kept["record_line"]]
                if frame is frames[0]:
                    person = people.filter(pl.col("pseudonym") == kept["student_id"]).row(0, named=True)
                    kept |= {name: person[name] for name in ("student_id", *people.columns[2:]) if name in row}
                for name in row.keys() & kept.keys():
                    assert as_text(kept[name]) == as_sent(row[name], kept[name]), name


def as_text(value: object) -> object:
    if isinstance(value, bool):
        return "Yes" if value else "No"
    return value.isoformat() if isinstance(value, date) else "" if value is None else value


def as_sent(text: str, kept: object) -> object:
    text = text.strip()
    return Decimal(text) if isinstance(kept, Decimal) else int(text) if type(kept) is int else text


# --- what is no matter of content alone


def test_32_a_file_that_changes_while_it_is_read_is_not_received(store, tmp_path, monkeypatch):
    (path,) = put(tmp_path / "sent", {"student.csv": GOOD})
    digest = custody._hash

    def and_change(*arguments):
        hashed = digest(*arguments)
        path.write_bytes(GOOD.replace(b"WH", b"AS"))
        return hashed

    monkeypatch.setattr(custody, "_hash", and_change)
    with pytest.raises(OSError, match="changed"):
        send(store, [path])
    assert custody.events(store) == []


@pytest.mark.parametrize("district", ["../../etc", "0470/..", "a b", "", "04\n70", "x" * 21])
def test_52_a_district_that_is_a_path_is_no_district(store, tmp_path, district):
    with pytest.raises(ValueError, match="district"):
        receive(store, put(tmp_path / "sent", {"student.csv": GOOD}), district_id=district, school_year=YEAR)
    assert not store.received.exists()


@pytest.mark.parametrize("make", [Path.symlink_to, Path.hardlink_to, lambda path, _: os.mkfifo(path)])
def test_58_what_is_no_file_of_its_own_is_not_received(store, tmp_path, make):
    (real,) = put(tmp_path / "sent", {"secret.csv": GOOD})
    path = tmp_path / "student.csv"
    make(path, real)
    with pytest.raises(OSError, match=r"not a regular file|more than one name"):
        send(store, [path])
    assert custody.events(store) == []


def test_61_the_same_file_twice_is_one_submission_and_an_older_one_never_wins(store, tmp_path):
    older, newer = (
        put(tmp_path / name, {"student.csv": content}) for name, content in (("a", GOOD), ("b", student(*ROWS[:2])))
    )
    first, second, again = send(store, older), send(store, newer), send(store, older)
    assert (again.status, again.submission_id, again.sequence) == ("already_received", first.submission_id, 1)
    assert submissions_in_force(store, YEAR)[DISTRICT].submission_id == second.submission_id


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EACCES, errno.EROFS, errno.EMFILE, errno.EIO, errno.ENOMEM])
@pytest.mark.parametrize("call", ["fsync", "open", "replace"])
def test_62_what_the_machine_cannot_do_leaves_no_receipt_and_can_be_done_again(
    store, tmp_path, monkeypatch, code, call
):
    paths, done = put(tmp_path / "sent", {"student.csv": GOOD}), 0
    for step in range(1, 30):
        done = 0
        owner = Path if call == "replace" else os
        real = getattr(owner, call)

        def fails(*arguments, real=real, step=step, **options):
            nonlocal done
            done += 1
            if done == step:
                raise OSError(code, os.strerror(code))
            return real(*arguments, **options)

        with monkeypatch.context() as patch:
            patch.setattr(owner, call, fails)
            try:
                send(store, paths)
            except OSError:
                failed = True
            else:
                failed = done >= step
        if not failed:
            break
        left = list(store.root.rglob(".part-*")) if store.root.exists() else []
        assert left == []
    assert step > 1
    assert [event["event"] for event in custody.events(store)] == ["received"]
    assert send(store, paths).status == "already_received"
    assert len(list(store.receipts.iterdir())) == 1


def test_all_62_kinds_are_here():
    assert {case.number for case in CASES} | MADE_BELOW == set(range(1, 63))
