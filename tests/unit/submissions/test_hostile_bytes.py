"""What the gate promises of bytes that were made to hurt: it never falls, loses nothing unsaid, and stays small.

Valid files of every kind are changed at random where their structure lies; whatever is then taken in must be what an
independent reader finds in the same bytes.
"""

import csv
import gzip
import io
import random
import subprocess
import sys
import textwrap
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path
from xml.etree import ElementTree
from xml.sax.saxutils import escape

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from submissions import conservation, packages
from submissions.reading import Refused, read
from submissions.refusals import Problems

ROOT = Path(__file__).parents[3]
NAMES = ["student_id", "school_id", "name", "score"]
TABLE = [
    [f"{10_000 + n:07d}", f"{n % 7:04d}", ["Ana", 'O"Neil, B', "Zoë", "", "Ng"][n % 5], f"{400 + n / 8}"]
    for n in range(60)
]
STRINGS = "sharedStrings"
MUTATIONS = {"csv": 900, "gzip": 350, "zip": 350, "workbook": 340, "parquet": 60}
PIECES = (
    b'"',
    b",",
    b"\n",
    b"\r\n",
    b"\r",
    b'""',
    b'"\n"',
    b"\x00",
    b"\xff",
    b"\xe9",
    b"=",
    b"0",
    b"",
    b"\xef\xbb\xbf",
)


def as_csv() -> bytes:
    text = io.StringIO(newline="")
    csv.writer(text, lineterminator="\r\n").writerows([NAMES, *TABLE])
    return text.getvalue().encode()


def as_zip() -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(zipfile.ZipInfo("student.csv"), as_csv())
    return packed.getvalue()


def as_workbook() -> bytes:
    """Write a workbook as Excel does: texts stand apart, and cells name them by number."""
    main = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
    office = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    texts = list(dict.fromkeys(value for row in [NAMES, *TABLE] for value in row if value))
    rows = ""
    for number, row in enumerate([NAMES, *TABLE], 1):
        cells = [
            f'<c r="{letter}{number}" t="s"><v>{texts.index(value)}</v></c>'
            for letter, value in zip("ABCD", row, strict=True)
            if value
        ]
        rows += f'<row r="{number}">{"".join(cells)}</row>'
    parts = {
        "[Content_Types].xml": "<Types/>",
        "xl/_rels/workbook.xml.rels": '<Relationships><Relationship Id="r1" Target="worksheets/sheet1.xml"/>'
        "</Relationships>",
        "xl/workbook.xml": f'<workbook {main} xmlns:r="{office}"><sheets>'
        '<sheet name="a" sheetId="1" r:id="r1"/></sheets></workbook>',
        "xl/worksheets/sheet1.xml": f"<worksheet {main}><sheetData>{rows}</sheetData></worksheet>",
        f"xl/{STRINGS}.xml": f"<sst {main}>{''.join(f'<si><t>{escape(text)}</t></si>' for text in texts)}</sst>",
    }
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(zipfile.ZipInfo(name), content)
    return packed.getvalue()


def as_parquet() -> bytes:
    saved = io.BytesIO()
    columns = [list(column) for column in zip(*TABLE, strict=True)]
    pq.write_table(pa.table(dict(zip(NAMES, columns, strict=True))), saved, write_page_checksum=True)
    return saved.getvalue()


# --- mutations


def mutate(chance: random.Random, data: bytes) -> bytes:
    """Change a few places: a bit, a piece of syntax, something taken out, doubled, moved, or cut off."""
    for _ in range(chance.choice((1, 1, 1, 2, 4))):
        at, size = chance.randrange(len(data) + 1), chance.choice((1, 1, 2, 8, 40))
        kind = chance.randrange(6)
        if kind == 0 and at < len(data):
            data = data[:at] + bytes([data[at] ^ 1 << chance.randrange(8)]) + data[at + 1 :]
        elif kind == 1:
            data = data[:at] + chance.choice(PIECES) + data[at + chance.choice((0, 0, 1)) :]
        elif kind == 2:
            data = data[:at] + data[at + size :]
        elif kind == 3:
            data = data[: at + size] + data[at:]
        elif kind == 4:
            to = chance.randrange(len(data) + 1)
            data = data[:to] + data[at : at + size] + data[to:]
        elif chance.random() < 0.2:
            data = data[:at]
    return data


def mutate_gzip(chance: random.Random, data: bytes) -> bytes:
    """Change the bytes, or the text within and pack it again."""
    if chance.random() < 0.5:
        return mutate(chance, data)
    return gzip.compress(mutate(chance, gzip.decompress(data)), chance.randrange(10), mtime=0)


def mutate_zip(chance: random.Random, data: bytes) -> bytes:
    """Change the bytes, or a part within and pack it again with a checksum that is right."""
    if chance.random() < 0.4:
        return mutate(chance, data)
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    chosen = chance.choice(
        [name for name in parts if name.endswith(("sheet1.xml", "Strings.xml", "styles.xml", "csv"))]
    )
    parts[chosen] = mutate(chance, parts[chosen])
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(zipfile.ZipInfo(name), content)
    return packed.getvalue()


# --- independent readers: names and rows of text


def by_csv(data: bytes) -> list[list[str]]:
    return [row for row in csv.reader(io.StringIO(data.decode("utf-8-sig"), newline=""), strict=True) if row]


def by_gzip(data: bytes) -> list[list[str]]:
    return by_csv(gzip.decompress(data))


def by_zip(data: bytes) -> list[list[str]]:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return by_csv(archive.read(archive.namelist()[0]))


def by_tree(data: bytes) -> list[list[str]]:
    """Read the one sheet of a workbook as a tree; between elements, space is no text."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        sheet, texts = (ElementTree.fromstring(archive.read(f"xl/{one}.xml")) for one in ("worksheets/sheet1", STRINGS))
    shared = ["".join(text for text in one.itertext() if not text.isspace()) for one in texts]
    found = []
    for row in sheet.iterfind(".//{*}row"):
        cells: dict[int, str] = {}
        for cell in row.iterfind("{*}c"):
            letters = cell.get("r", "").rstrip("0123456789")
            value = cell.findtext("{*}v", default="")
            if value and cell.get("t", "n") == "s":
                value = shared[int(value)]
            cells[ord(letters) - 65 if letters else max(cells, default=-1) + 1] = value
        found.append([cells.get(number, "") for number in range(max(cells, default=-1) + 1)])
    width = max(number for row in found for number, value in enumerate(row, 1) if value)
    return [(row + [""] * width)[:width] for row in found if any(row)]


def by_polars(data: bytes) -> list[list[str]]:
    frame = pl.read_parquet(io.BytesIO(data), use_pyarrow=False)
    return [frame.columns, *(["" if value is None else value for value in row] for row in frame.rows())]


def through_the_gate(kind: str, data: bytes) -> list[list[str]]:
    if kind == "zip":
        archive = packages.archive_in(io.BytesIO(data))
        if archive is None:
            raise Refused([])
        (member,) = packages.members(archive)
        with archive.open(member.name) as stream:
            table = read(stream, member.name)
    else:
        table = read(data, "sent")
    return [list(table.columns), *(list(row) for row in table.frame.drop("record_line").rows())]


KINDS: dict[str, tuple[Callable, Callable, Callable]] = {
    "csv": (as_csv, mutate, by_csv),
    "gzip": (lambda: gzip.compress(as_csv(), mtime=0), mutate_gzip, by_gzip),
    "zip": (as_zip, mutate_zip, by_zip),
    "workbook": (as_workbook, mutate_zip, by_tree),
    "parquet": (as_parquet, mutate, by_polars),
}


@pytest.mark.parametrize("kind", KINDS)
def test_of_two_thousand_changed_files_none_makes_the_gate_fall_or_is_taken_in_with_a_loss(kind):
    make, change, independent = KINDS[kind]
    sound, chance, taken = make(), random.Random(f"{kind} 2025"), 0
    assert through_the_gate(kind, sound) == independent(sound) == [NAMES, *TABLE]
    for number in range(MUTATIONS[kind]):
        data = change(chance, sound)
        try:
            rows = through_the_gate(kind, data)
        except (Refused, Problems):
            continue
        taken += 1
        try:
            expected = independent(data)
        except pl.exceptions.PolarsError:  # it refuses what is no part of the table, so the table has to be the old one
            expected = [NAMES, *TABLE]
        assert rows == expected, f"{kind} {number}"
    assert 0 < taken < MUTATIONS[kind]
    assert sum(MUTATIONS.values()) == 2000


# --- memory and time, in a process of its own


def grows_by(script: str) -> tuple[float, float, str]:
    """Run a script that sets `act`, and give how many MB it grows by beyond its imports, the seconds, and what it says.

    The high-water mark of the process is what the operating system counts.
    """
    measured = """
import io, resource, sys, time, zipfile, gzip, zlib
from pathlib import Path
import pyarrow.parquet, polars as pl
from submissions import custody, packages
from submissions.reading import Refused, read
from submissions.refusals import Problems
from submissions.store import Store
read(b"a,b\\n1,2\\n", "warm.csv")
{script}
def high():
    return int(next(l for l in open("/proc/self/status") if l.startswith("VmHWM")).split()[1]) / 1024
before, start, said = high(), time.perf_counter(), ""
try:
    said = act()
except Refused as refused:
    said = refused.notices[0].rule
except Problems as problems:
    said = problems.found[0][0]
print(high() - before, time.perf_counter() - start, said)
"""
    code = measured.replace("{script}", textwrap.dedent(script))
    run = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    grown, seconds, said = run.stdout.split()
    return float(grown), float(seconds), said


@pytest.mark.parametrize(
    ("what", "script", "rule"),
    [
        (
            "ten gigabytes of one line",
            """
            path = Path("{tmp}/student.csv")
            with path.open("wb") as file:
                file.write(b"student_id\\n")
                file.truncate(10 * 2**30)
            def act():
                facts = {"district_id": "1", "school_year": 2025}
                return custody.receive(Store(Path("{tmp}/home")), [path], **facts).notices[0].rule
            """,
            "FIL-002",
        ),
        (
            "a line of four hundred megabytes",
            """
            path = Path("{tmp}/student.csv")
            with path.open("wb") as file:
                file.write(b"student_id\\n")
                for _ in range(400):
                    file.write(b"7" * 2**20)
            def act():
                facts = {"district_id": "1", "school_year": 2025}
                receipt = custody.receive(Store(Path("{tmp}/home")), [path], **facts)
                kept = [one for one in Path("{tmp}/home").rglob("*") if one.is_file() and one.stat().st_size > 2**20]
                return receipt.notices[0].rule if not kept else "kept"
            """,
            "FIL-010",
        ),
        (
            "a line without an end, packed",
            """
            packer, packed = zlib.compressobj(1, wbits=31), []
            for _ in range(300):
                packed.append(packer.compress(b"7" * 2**20))
            packed = b"".join([*packed, packer.flush()])
            act = lambda: read(packed, "student.csv.gz")
            """,
            "FIL-010",
        ),
        (
            "a ZIP bomb",
            """
            packed = io.BytesIO()
            with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
                with archive.open("student.csv", "w", force_zip64=True) as file:
                    for _ in range(1000):
                        file.write(bytes(2**20))
            act = lambda: packages.archive_in(packed)
            """,
            "FIL-005",
        ),
        (
            "an archive in an archive",
            """
            inner = io.BytesIO()
            with zipfile.ZipFile(inner, "w") as archive:
                archive.writestr("student.csv", "student_id\\n" + "1\\n" * 10_000_000)
            packed = io.BytesIO()
            with zipfile.ZipFile(packed, "w") as archive:
                archive.writestr("student.csv", inner.getvalue())
            act = lambda: list(packages.members(packages.archive_in(packed)))
            """,
            "FIL-026",
        ),
        (
            "a member that leads out of the archive",
            """
            packed = io.BytesIO()
            with zipfile.ZipFile(packed, "w") as archive:
                archive.writestr("../../student.csv", "student_id\\n1\\n")
            act = lambda: packages.archive_in(packed)
            """,
            "FIL-026",
        ),
        (
            "an archive that lists a million files",
            """
            packed = io.BytesIO(b"PK\\x03\\x04" + b"PK\\x01\\x02" + bytes(42) * 1_000_000
                + b"PK\\x05\\x06" + bytes(4) + b"\\xff\\xff" * 2 + (46 * 10**6).to_bytes(4, "little") + bytes(6))
            act = lambda: packages.archive_in(packed)
            """,
            "FIL-005",
        ),
        (
            "a workbook that unpacks to a thousand times its size",
            """
            packed = io.BytesIO()
            with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
                archive.writestr("[Content_Types].xml", "<Types/>")
                with archive.open("xl/worksheets/sheet1.xml", "w") as file:
                    for _ in range(500):
                        file.write(b" " * 2**20)
            act = lambda: read(packed.getvalue(), "student.xlsx")
            """,
            "FIL-005",
        ),
    ],
    ids=lambda part: part if isinstance(part, str) and "\n" not in part else "",
)
def test_what_is_made_to_swell_is_refused_in_seconds_and_within_64_megabytes(tmp_path, what, script, rule):
    grown, seconds, said = grows_by(script.replace("{tmp}", str(tmp_path)))
    assert said == rule
    assert grown <= 64
    assert seconds < 10


@pytest.mark.parametrize("suffix", ["csv", "csv.gz", "parquet"])
def test_a_file_of_100_000_rows_is_read_within_256_megabytes(tmp_path, suffix):
    rows = pl.DataFrame({f"column_{n}": [f"{row * 7919 % 100_003:08d}" for row in range(100_000)] for n in range(12)})
    path = tmp_path / f"student.{suffix}"
    if suffix == "parquet":
        rows.write_parquet(path)
    else:
        text = rows.write_csv().encode()
        path.write_bytes(gzip.compress(text, 1) if suffix.endswith("gz") else text)
    grown, _, said = grows_by(f"act = lambda: read(Path({str(path)!r}), 'student').rows")
    assert said == "100000"
    assert grown <= 256


def test_a_file_of_100_000_rows_is_received_and_screened_within_256_megabytes(tmp_path):
    row = pl.int_range(100_000, eager=True).cast(pl.String).str.zfill(6)
    rows = pl.DataFrame({"student_id": row, "school_id": ["0063"] * len(row), "grade": ["03"] * len(row)})
    rows.write_csv(tmp_path / "enrollment.csv")
    script = f"""
        from submissions.screening import screen
        store, place = Store(Path({str(tmp_path / "home")!r})), Path({str(tmp_path / "enrollment.csv")!r})
        def act():
            custody.receive(store, [place], district_id="0470", school_year=2025)
            return screen(store, 2025).manifest["records_accepted"][0]
    """
    grown, _, said = grows_by(script)
    assert said == "100000"
    assert grown <= 256


# --- conservation


def test_the_sums_see_a_change_of_any_value_and_not_the_order_of_the_rows():
    frame = pl.DataFrame({"a": ["ab", "cd", "", "x" * 30], "b": ["1", "22", "333", "4"]})
    sums = conservation.sums_of_frame(frame)
    assert (conservation.sums_of_frame(frame.reverse()) == sums).all()
    for changed in (["ad", "cb", "", "x" * 30], ["abc", "d", "", "x" * 30], ["ab", "cd", "", "x" * 29 + "y"]):
        assert conservation.sums_of_frame(frame.with_columns(a=pl.Series(changed)))[0] != sums[0]
    assert conservation.sums_of_frame(frame.head(3))[0] != sums[0]


def test_what_the_fast_reader_loads_otherwise_than_was_proved_is_refused(monkeypatch):
    from submissions import reading

    load = reading._load
    monkeypatch.setattr(reading, "_load", lambda *given: load(*given).with_columns(pl.all().str.replace("0063", "63")))
    with pytest.raises(Refused) as refused:
        read(b"school_id,name\n0063,North\n", "school.csv")
    assert [notice.rule for notice in refused.value.notices] == ["FIL-022"]


def test_a_crafted_gzip_of_many_members_is_read_to_its_end():
    members = [gzip.compress(b"id,name\n")] + [gzip.compress(b"%d,x\n" % n) for n in range(50)]
    assert read(b"".join(members), "a.csv.gz").rows == 50
    with pytest.raises(Refused):
        read(b"".join(members) + zlib.compress(b"51,x\n"), "a.csv.gz")
