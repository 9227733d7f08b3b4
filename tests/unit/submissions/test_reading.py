"""What the strict gate promises: a value leaves exactly as it came, or the file is refused with a reason and a line."""

import csv
import gzip
import io
import tracemalloc

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from submissions import reading
from submissions.door_words import words
from submissions.reading import Limits, Refused, read
from submissions.structure import Piece, outline, quick_outline


def rows_of(data: bytes) -> list[tuple]:
    return read(data, "sent.csv").frame.rows()


def packed(data: bytes) -> bytes:
    """Give a gzip file without the hour, so that a test made from it has one name in every process."""
    return gzip.compress(data, mtime=0)


def refusal(data: bytes, **limits: int) -> list[tuple[str, int | None]]:
    with pytest.raises(Refused) as refused:
        read(data, "sent.csv", Limits(**limits))
    assert all(len(notice.message.split()) <= 25 for notice in refused.value.notices)
    assert all(words(notice, "es").language == "es" for notice in refused.value.notices)
    return [(notice.rule, notice.line) for notice in refused.value.notices]


# --- what leaves exactly as it came


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"id,score\n0007,461.0\n", [("0007", "461.0", 2)]),
        (b"id,score\n12345678901234567890,1e5\n", [("12345678901234567890", "1e5", 2)]),
        (b"id,score\nNA,null\nNULL,\\N\n", [("NA", "null", 2), ("NULL", "\\N", 3)]),
        (b"id,score\n  7 ,\t8\n#9,=1+1\n", [("  7 ", "\t8", 2), ("#9", "=1+1", 3)]),
        (b'id,name\n1,"O""Neil, Ann"\n"",\n', [("1", 'O"Neil, Ann', 2), ("", "", 3)]),
        (b"id,flag\r\n1,T\r\n2,F\r\n", [("1", "T", 2), ("2", "F", 3)]),
        ("\ufeffid,name\n1,Zoë\n".encode(), [("1", "Zoë", 2)]),
        (b'id\n""\n0\n', [("", 2), ("0", 3)]),
        (packed(b"id,score\n1,2\n"), [("1", "2", 2)]),
        (packed(b"id,score\n") + packed(b"1,2\n"), [("1", "2", 2)]),
    ],
)
def test_a_value_leaves_exactly_as_it_came(data, expected):
    assert rows_of(data) == expected


@pytest.mark.parametrize("ending", ["\n", "\r\n"])
@given(data=st.data())
@settings(max_examples=150, deadline=None)
def test_any_table_written_as_csv_comes_back_equal_with_its_line_numbers(data, ending):
    character = st.characters(exclude_categories=("Cs", "Cc")) | st.sampled_from('",\t;|\\#')
    width = data.draw(st.integers(1, 5))
    table = data.draw(st.lists(st.lists(st.text(character, max_size=12), min_size=width, max_size=width), min_size=1))
    quoting = csv.QUOTE_ALL if width == 1 else data.draw(st.sampled_from([csv.QUOTE_ALL, csv.QUOTE_MINIMAL]))
    file = io.StringIO(newline="")
    header = [f"column_{number}" for number in range(width)]
    csv.writer(file, quoting=quoting, lineterminator=ending).writerows([header, *table])
    assert rows_of(file.getvalue().encode()) == [(*row, line) for line, row in enumerate(table, 2)]


SOUND = b"id,name,note\r\n" + b"".join(b'%d,"O""Neil, %d",x\r\n' % (number, number) for number in range(20))
PATCH = st.sampled_from(
    [b'"', b",", b"\n", b"\r\n", b'""', b'"\n"', b'","', b"\xef\xbb\xbf", b"\x00", b"\xe9", b";", b""]
)


@given(patches=st.lists(st.tuples(st.integers(0, len(SOUND)), st.integers(0, 30), PATCH), min_size=1, max_size=3))
@settings(max_examples=300, deadline=None)
def test_a_file_damaged_anywhere_is_refused_or_read_as_a_strict_reader_reads_it(patches):
    damaged = SOUND
    for at, removed, put in patches:
        damaged = damaged[:at] + put + damaged[at + removed :]
    try:
        rows = rows_of(damaged)
    except Refused:
        return
    strict = csv.reader(io.StringIO(damaged.decode("utf-8-sig"), newline=""), strict=True)
    assert [row[:-1] for row in rows] == [tuple(row) for row in strict if row][1:]


@given(lines=st.lists(st.text('ab,"', max_size=9), min_size=1, max_size=6), width=st.integers(1, 4))
@settings(max_examples=300, deadline=None)
def test_what_the_quick_proof_finds_sound_the_close_one_finds_sound_as_well(lines, width):
    piece = Piece("".join(f"{line}\n" for line in lines).encode(), 2, 0)
    quick, close = quick_outline(piece, Limits(), width), outline(piece, Limits(), width)
    if quick:
        assert close.is_sound and quick.fields.tolist() == close.fields.tolist() and not close.blank.any()
    elif width > 1 and not close.blank.any():
        assert not close.is_sound


@pytest.mark.parametrize("row", ["1,2024-09-01,", '1,"a, b",', '1,"a ""b""",""', '"1","2","3"', '1,"2",3'])
def test_however_a_file_is_quoted_a_reader_that_changes_one_value_is_found_out(row, monkeypatch):
    data, load = ("id,name,note\n" + f"{row}\n" * 3).encode(), reading._load
    assert len(rows_of(data)) == 3
    for column in ("id", "name", "note"):
        changed = pl.when(pl.int_range(pl.len()) == 1).then(pl.lit("x")).otherwise(column).alias(column)
        monkeypatch.setattr(reading, "_load", lambda *given, changed=changed: load(*given).with_columns(changed))
        assert refusal(data) == [("FIL-022", None)]


def test_blank_lines_are_skipped_and_told_and_do_not_move_the_line_numbers():
    table = read(b"\nid,score\n1,2\n\n3,4\n\n", "sent.csv")
    assert table.frame.rows() == [("1", "2", 3), ("3", "4", 5)]
    assert [(notice.rule, notice.severity, notice.line, notice.count) for notice in table.notices] == [
        ("FIL-021", "information", 1, 3)
    ]


# --- what is refused, by which rule, on which line


@pytest.mark.parametrize(
    ("why", "data", "expected"),
    [
        ("empty", b"", [("FIL-001", None)]),
        ("blank lines alone", b"\n\n", [("FIL-001", None)]),
        ("a damaged ZIP archive", b"PK\x03\x04rest", [("FIL-004", None)]),
        ("UTF-16", "id,score\n1,2\n".encode("utf-16"), [("FIL-003", None)]),
        ("a gzip file within a gzip file", packed(packed(b"id\n1\n")), [("FIL-003", None)]),
        ("a damaged gzip file", packed(b"id\n1\n" * 99)[:-8] + b"12345678", [("FIL-004", None)]),
        ("a gzip file with something after it", packed(b"id\n1\n") + b"more", [("FIL-004", None)]),
        ("Windows-1252", b"id,name\n1,Zo\xeb\n", [("FIL-006", 2)]),
        ("a NUL", b"id,name\n1,a\n2,\x00\n", [("FIL-007", 3)]),
        ("Ctrl-Z", b"id,name\n1,a\n\x1a\n", [("FIL-007", 3)]),
        ("a control character of the second range", "id,name\n1,\x85\n".encode(), [("FIL-007", 2)]),
        ("mixed line endings", b"id,name\r\n1,a\r\n2,b\n", [("FIL-008", 3)]),
        ("carriage returns alone", b"id,name\r1,a\r", [("FIL-008", 1)]),
        ("cut inside the last line", b"id,name\n1,Ann\n2,Be", [("FIL-009", 3)]),
        ("a long line", b"id,name\n1,a\n2," + b"b" * 70_000 + b"\n", [("FIL-010", 3)]),
        ("a quotation mark never closed", b'id,name\n1,"a\n2,b\n3,c\n', [("FIL-011", 2)]),
        ("a quotation mark inside a value", b'id,name\n1,a"b\n2,c\n', [("FIL-012", 2)]),
        ("something after a closing mark", b'id,name\n1,"a"b\n2,c\n', [("FIL-012", 2)]),
        ("a line break inside a value", b'id,name\n1,"a\nb"\n2,c\n', [("FIL-013", 2)]),
        ("stray marks on two lines", b'id,name\n1,"a\n2,b\n3,c"\n4,d\n', [("FIL-013", 2)]),
        ("a short row", b"id,name\n1,a\n2\n3,c\n", [("FIL-014", 3)]),
        ("a long row", b"id,name\n1,a\n2,b,c\n3,d\n", [("FIL-015", 3)]),
        ("a short row and a long row", b"id,name\n1\n2,b,c\n3,d\n4,e\n", [("FIL-014", 2), ("FIL-015", 3)]),
        ("a long value", b"id,name\n1," + b"b" * 1_001 + b"\n", [("FIL-016", 2)]),
        ("semicolons", b"id;score\n1;2,5\n2;3,5\n", [("FIL-017", 1)]),
        ("lines above the header", b"Report\nid,name\n1,a\n2,b\n3,c\n", [("FIL-017", 1)]),
        ("a comma at the end of every row", b"id,name\n1,a,\n2,b,\n3,c,\n", [("FIL-017", 1)]),
        ("the same name twice", b"Score,id,score\n1,2,3\n", [("FIL-018", 1)]),
        ("a column without a name", b"id,,name\n1,2,3\n", [("FIL-019", 1)]),
        ("a name that is ours", b"id,record_line\n1,2\n", [("FIL-018", 1)]),
        ("column names alone", b"id,name\n", [("FIL-020", None)]),
    ],
    ids=lambda part: part if isinstance(part, str) else "",
)
def test_a_file_that_is_not_one_table_is_refused(why, data, expected):
    assert refusal(data) == expected, why


def test_a_line_break_is_not_taken_for_the_end_of_a_value_that_spans_blocks(monkeypatch):
    monkeypatch.setattr("submissions.containers.CHUNK", 16)
    body = b"".join(b'%d,"a, ""b"""\n' % number for number in range(50))
    assert rows_of(b"id,name\n" + body) == [(str(number), 'a, "b"', number + 2) for number in range(50)]
    assert refusal(b"id,name\n" + body + b"50\n51,x,y\n") == [("FIL-014", 52), ("FIL-015", 53)]


def test_a_packed_file_that_is_cut_short_is_refused_wherever_it_is_cut():
    sent = packed(b"id,score\n" + b"".join(b"%d,%d\n" % (n, n * n) for n in range(500)))
    for kept in range(2, len(sent), 97):
        assert refusal(sent[:kept]) == [("FIL-004", None)]


def test_a_packed_file_stops_at_the_limit_and_is_not_unpacked_whole():
    bomb = gzip.compress(b"id\n" + b"1\n" * (64 * 2**20), 1)
    tracemalloc.start()
    try:
        assert refusal(bomb, unpacked_bytes=2**20) == [("FIL-005", None)]
        assert tracemalloc.get_traced_memory()[1] < 64 * 2**20
    finally:
        tracemalloc.stop()


def test_a_file_over_the_limit_is_refused_before_it_is_read(tmp_path):
    file = tmp_path / "large.csv"
    file.write_bytes(b"id\n1\n")
    with pytest.raises(Refused, match="5 bytes"):
        read(file, file.name, Limits(file_bytes=4))


def test_no_value_of_a_file_stands_in_the_words_of_a_refusal():
    secret = "Wxyzzy"
    faults = [
        f'id,name\n1,"{secret}\n2,{secret}\n',
        f'id,name\n1,{secret}"\n',
        f"id,name\n{secret}\n2,b\n",
        f"{secret},{secret}\n1,2\n",
        f"id,name\n1,{secret}",
        f"id,name\n1,{secret * 200}\n",
    ]
    for fault in faults:
        with pytest.raises(Refused) as refused:
            read(fault.encode(), "sent.csv")
        assert secret not in repr(refused.value.notices) + str(refused.value)
