"""The strict gate: bytes that anyone may have sent become a table of text with line numbers, or are refused.

No value is changed, trimmed, typed or guessed here, and no rule knows what a column means. The structure is proved on
the bytes (one record on one line, equally many fields in each); only then does a fast reader load them, with every
setting given, and what it loaded must agree with what was proved.
"""

import csv
import re
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl

from expectations.notices import INFORMATION, MUST_FIX, Notice

LINE = "record_line"
"""The column that the gate adds: the line of the file as sent, the header being line 1."""

RESERVED = frozenset({LINE, "source_rows"})

_RULES = {
    "FIL-001": ("The file is empty", "Export the file again and send it."),
    "FIL-002": (
        "The file is too large",
        "Send the district and the year alone, or ask the state team to raise the limit.",
    ),
    "FIL-003": ("The file is not a CSV file", "Save it as CSV UTF-8, or as CSV packed with gzip, and send that."),
    "FIL-004": ("The packed file is damaged", "The upload may have been cut short. Pack the export again and resend."),
    "FIL-005": ("The file unpacks to more than is allowed", "Send the district and the year alone."),
    "FIL-006": ("The text is not UTF-8", "Save the file as CSV UTF-8 and send it again."),
    "FIL-007": (
        "The file holds a control character",
        "Remove the character in your information system and export again.",
    ),
    "FIL-008": ("The line endings differ within the file", "Export again in one step; do not join files by hand."),
    "FIL-009": (
        "The last line does not end",
        "The file may have been cut short. Export it again and send the whole file.",
    ),
    "FIL-010": ("A line is too long", "Check the line for a missing line break and export again."),
    "FIL-011": ("A quotation mark is never closed", "Close it, or double it where it belongs to the value."),
    "FIL-012": (
        "A quotation mark stands inside a value",
        "Put the value in quotation marks and double the one inside.",
    ),
    "FIL-013": ("A value runs over more than one line", "Remove the line break from the value and export again."),
    "FIL-014": ("A row has too few fields", "Check the row for a missing comma or a line break, and export again."),
    "FIL-015": ("A row has too many fields", "Put values that hold a comma in quotation marks, and export again."),
    "FIL-016": ("A value is too long", "Check the row for a value that swallowed others, and shorten it."),
    "FIL-017": (
        "The first line does not name the columns",
        "Put the column names, and nothing above them, on line 1, with one comma between fields and none at the end.",
    ),
    "FIL-018": ("Two columns have the same name", "Give each column its own name; capital letters make no difference."),
    "FIL-019": ("A column has no name", "Name the column or remove it."),
    "FIL-020": ("The file holds no records", "Export the file again; it holds the column names alone."),
    "FIL-021": ("Blank lines were skipped", "Nothing to do. If records are missing, export the file again."),
    "FIL-022": ("The file could not be read safely", "Nothing to do. The state team must look into it."),
}

_GZIP, _BOM = b"\x1f\x8b", b"\xef\xbb\xbf"
_OTHER_KINDS = {
    _GZIP: "packed with gzip twice",
    b"PK\x03\x04": "a ZIP archive or an Excel workbook",
    b"\xd0\xcf\x11\xe0": "an old Excel workbook",
    b"PAR1": "a Parquet file",
    b"%PDF": "a PDF",
    b"\xff\xfe": "UTF-16 text",
    b"\xfe\xff": "UTF-16 text",
    b"BZh": "packed with bzip2",
    b"7z\xbc\xaf": "a 7z archive",
    b"\xfd7zXZ": "packed with xz",
    b"\x28\xb5\x2f\xfd": "packed with zstd",
}
_CONTROL = bytes(code for code in range(32) if code not in b"\t\r\n") + b"\x7f"
_LATE_CONTROL = re.compile(rb"\xc2[\x80-\x9f]")
_NEWLINE, _QUOTE, _COMMA, _RETURN = b'\n",\r'
_BLOCK = 8 * 2**20


@dataclass(frozen=True)
class Limits:
    """How much one file may ask of the machine that reads it."""

    file_bytes: int = 512 * 2**20
    unpacked_bytes: int = 1024 * 2**20
    line_bytes: int = 64 * 2**10
    value_characters: int = 1_000


@dataclass(frozen=True)
class Table:
    """What a file says: its columns as named, every value as text exactly as sent (blank is ""), and `record_line`."""

    name: str
    columns: tuple[str, ...]
    frame: pl.DataFrame
    notices: tuple[Notice, ...] = ()

    @property
    def rows(self) -> int:
        return self.frame.height


class Refused(Exception):  # noqa: N818 - a refusal is a result and no error of the program
    """A file or a submission cannot be taken in; `notices` say why, without any value of a student."""

    def __init__(self, notices: list[Notice]) -> None:
        self.notices = tuple(notices)
        super().__init__("; ".join(notice.message for notice in notices))


def read(source: Path | bytes, name: str, limits: Limits = Limits()) -> Table:
    """Read a CSV file, plain or packed with gzip, or raise `Refused`. `name` is the name to report it by."""
    try:
        data = _text(_open(source, limits), limits)
        return _table(data, _outline(data, limits), name, limits)
    except _Problems as problems:
        raise Refused([_notice(name, *problem) for problem in problems.found]) from None


class _Problems(Exception):  # noqa: N818
    def __init__(self, *found: tuple) -> None:
        self.found = found


def _notice(name: str, rule: str, message: str, line: int | None = None, count: int = 1) -> Notice:
    title, fix = _RULES[rule]
    severity = INFORMATION if rule == "FIL-021" else MUST_FIX
    return Notice(
        rule=rule, severity=severity, file=name, line=line, title=title, message=message, fix=fix, count=count
    )


# --- bytes and encoding


def _open(source: Path | bytes, limits: Limits) -> bytes:
    size = len(source) if isinstance(source, bytes) else source.stat().st_size
    if size == 0:
        raise _Problems(("FIL-001", "The file has no bytes; we expected column names and records."))
    if size > limits.file_bytes:
        raise _Problems(("FIL-002", f"The file has {size:,} bytes; we read files of up to {limits.file_bytes:,}."))
    return source if isinstance(source, bytes) else source.read_bytes()


def _text(data: bytes, limits: Limits) -> bytes:
    """Unpack if packed, set the byte order mark aside, and prove that the rest is text in whole lines."""
    if data.startswith(_GZIP):
        data = _unpack(data, limits.unpacked_bytes)
    for magic, kind in _OTHER_KINDS.items():
        if data.startswith(magic):
            raise _Problems(("FIL-003", f"The file is {kind}; we expected CSV text."))
    bom = len(_BOM) if data.startswith(_BOM) else 0
    data = data[bom:]
    if not data:
        raise _Problems(("FIL-001", "The file has no text; we expected column names and records."))
    _prove_utf8(data, bom)
    _prove_no_control_characters(data)
    _prove_line_endings(data)
    return data


def _unpack(data: bytes, most: int) -> bytes:
    unpacked, total, rest = [], 0, data
    while rest:
        stream = zlib.decompressobj(wbits=31)
        while rest and not stream.eof:
            try:
                chunk = stream.decompress(rest, 2**24)
            except zlib.error:
                at = f"after {total:,} unpacked bytes"
                raise _Problems(
                    ("FIL-004", f"The packed file is damaged {at}; we expected a complete gzip file.")
                ) from None
            total += len(chunk)
            if total > most:
                raise _Problems(("FIL-005", f"The file unpacks to more than {most:,} bytes."))
            unpacked.append(chunk)
            rest = stream.unused_data if stream.eof else stream.unconsumed_tail
        if not stream.eof:
            seen = f"It stops after {total:,} unpacked bytes"
            raise _Problems(("FIL-004", f"The packed file is cut short. {seen}, before the end that gzip marks."))
    return b"".join(unpacked)


def _line_at(data: bytes, offset: int) -> int:
    return data.count(b"\n", 0, offset) + 1


def _prove_utf8(data: bytes, bom: int) -> None:
    try:
        data.decode("utf-8")
    except UnicodeDecodeError as error:
        line, byte = _line_at(data, error.start), f"0x{data[error.start]:02X}"
        seen = f"Line {line:,}, byte {bom + error.start + 1:,} of the file, is {byte}, which is not UTF-8."
        raise _Problems(("FIL-006", seen, line)) from None


def _prove_no_control_characters(data: bytes) -> None:
    many = len(data) - len(data.translate(None, _CONTROL))
    first = re.search(b"[" + re.escape(_CONTROL) + b"]", data) if many else None
    if b"\xc2" in data and (late := _LATE_CONTROL.search(data)):
        many += len(_LATE_CONTROL.findall(data))
        first = min(filter(None, (first, late)), key=re.Match.start)
    if first:
        line, code = _line_at(data, first.start()), ord(first.group().decode())
        more = "." if many == 1 else f", the first of {many:,} control characters."
        raise _Problems(("FIL-007", f"Line {line:,} holds the control character U+{code:04X}{more}", line, many))


def _prove_line_endings(data: bytes) -> None:
    returns, pairs, newlines = data.count(b"\r"), data.count(b"\r\n"), data.count(b"\n")
    if returns != pairs:
        line = _line_at(data, re.search(rb"\r(?!\n)", data).start())
        raise _Problems(("FIL-008", f"Line {line:,} holds a carriage return alone; lines end in LF or CR LF.", line))
    if 0 < pairs < newlines:
        first_is_pair = data[data.index(b"\n") - 1] == _RETURN
        other = re.search(rb"(?<!\r)\n" if first_is_pair else rb"\r\n", data)
        line = _line_at(data, other.start())
        ends = ("CR LF", "LF") if first_is_pair else ("LF", "CR LF")
        raise _Problems(("FIL-008", f"Line 1 ends in {ends[0]} and line {line:,} in {ends[1]}; use one for all.", line))
    if not data.endswith(b"\n"):
        line = newlines + 1
        raise _Problems(("FIL-009", f"Line {line:,} is the last and does not end in a line break.", line))


# --- structure


@dataclass
class _Lines:
    """What the bytes say about every line of the file, in order, before anything is parsed."""

    fields: np.ndarray
    blank: np.ndarray
    unclosed: np.ndarray
    stray: np.ndarray
    column_bytes: np.ndarray
    too_long: list[int]
    long_value: list[int]


def _blocks(data: bytes, longest_line: int) -> Iterator[tuple[int, int]]:
    """Cut the data into pieces of whole lines."""
    start = 0
    while start < len(data):
        near = min(start + _BLOCK, len(data) - 1)
        stop = data.find(b"\n", near, near + longest_line + 3)
        if stop < 0:
            line = _line_at(data, near)
            raise _Problems(("FIL-010", f"Line {line:,} is longer than {longest_line:,} bytes.", line))
        yield start, stop + 1
        start = stop + 1


def _outline(data: bytes, limits: Limits) -> _Lines:
    """Find where every line and every field ends.

    A line break always ends a record here, also between quotation marks: a mark that is open at the end of its line is
    a fault of its own. `column_bytes` sums the bytes of the values by column, where every row is as wide as the first.
    """
    ending = 2 if b"\r\n" in data else 1
    parts, column_bytes, too_long, long_value, before = [], None, [], [], 0
    for start, stop in _blocks(data, limits.line_bytes):
        block = np.frombuffer(data, np.uint8, stop - start, start)
        newlines, quotes = np.flatnonzero(block == _NEWLINE), np.flatnonzero(block == _QUOTE)
        is_end = block == _COMMA
        unclosed, stray = np.zeros((2, len(newlines)), bool)
        if len(quotes):
            inside, unclosed, stray = _quoting(block, quotes, newlines)
            is_end &= ~inside
        is_end[newlines] = True
        ends = np.flatnonzero(is_end)
        last = np.searchsorted(ends, newlines)

        size = np.diff(ends, prepend=-1) - 1
        size[last] -= ending - 1
        if len(quotes):
            marks = np.diff(np.searchsorted(quotes, ends), prepend=0)
            size -= np.where(marks > 0, marks // 2 + 1, 0)
        line_size = np.diff(newlines, prepend=-1) - ending
        fields, blank = np.diff(last, prepend=-1), line_size == 0

        kept = fields[~blank]
        if column_bytes is None and kept.size:
            column_bytes = np.zeros(kept[0], np.int64)
        if kept.size and (kept == len(column_bytes)).all():
            column_bytes += size[np.repeat(~blank, fields)].reshape(-1, len(column_bytes)).sum(axis=0)

        too_long += (before + 1 + np.flatnonzero(line_size > limits.line_bytes)).tolist()
        for index in np.flatnonzero(size > limits.value_characters):
            value = block[ends[index - 1] + 1 if index else 0 : ends[index]].tobytes()
            if _characters(value) > limits.value_characters:
                long_value.append(before + 1 + int(np.searchsorted(last, index)))
        parts.append((fields, blank, unclosed, stray))
        before += len(newlines)
    return _Lines(*map(np.concatenate, zip(*parts, strict=True)), column_bytes, too_long, long_value)


def _characters(value: bytes) -> int:
    text = value.decode().removesuffix("\r")
    return len(text[1:-1].replace('""', '"')) if text.startswith('"') else len(text)


def _quoting(block: np.ndarray, quotes: np.ndarray, newlines: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Tell which bytes stand inside quotation marks, which lines leave one open, and which have one out of place.

    Marks alternate between opening and closing; two in a row inside a value are one that belongs to it. So a comma, a
    line break or a closing mark stands before an opening one; a comma, a line break or an opening mark after a closing.
    """
    line = np.searchsorted(newlines, quotes)
    unclosed = np.bincount(line, minlength=len(newlines)) % 2 == 1
    is_quote = np.zeros(len(block), bool)
    is_quote[quotes] = True
    inside = np.bitwise_xor.accumulate(is_quote)
    if unclosed.any():  # begin afresh on every line
        open_before = np.concatenate(([False], inside[newlines[:-1]]))
        inside ^= np.repeat(open_before, np.diff(newlines, prepend=-1))
    opening = inside[quotes]
    previous = np.where(quotes > 0, block[quotes - 1], _NEWLINE)
    neighbor = np.where(opening, previous, block[quotes + 1])
    in_place = np.isin(neighbor, (_COMMA, _NEWLINE, _QUOTE)) | (~opening & (neighbor == _RETURN))
    stray = np.bincount(line[~in_place], minlength=len(newlines)) > 0
    return inside, unclosed, stray


def _faults(lines: _Lines, limits: Limits) -> list[tuple]:
    """Say what is wrong with the lines; where one fault would make others look wrong, say the first alone."""
    if lines.too_long:
        most = f"longer than {limits.line_bytes:,} bytes"
        many = f"{{count}} lines are {most}; the first is {{line}}."
        return [_first("FIL-010", lines.too_long, f"{{line}} is {most}.", many)]
    found = _faults_of_quoting(lines) or _faults_of_width(lines)
    if lines.long_value and not found:
        most = f"of more than {limits.value_characters:,} characters"
        many = f"{{count}} values are {most}; the first is on {{line}}."
        found = [_first("FIL-016", lines.long_value, f"{{line}} holds a value {most}.", many)]
    return found


def _first(rule: str, at: np.ndarray | list[int], one: str, many: str) -> tuple:
    line, count = int(at[0]), len(at)
    message = (one if count == 1 else many).format(line=f"line {line:,}", count=f"{count:,}")
    return rule, message[0].upper() + message[1:], line, count


def _faults_of_quoting(lines: _Lines) -> list[tuple]:
    odd, stray = np.flatnonzero(lines.unclosed) + 1, np.flatnonzero(lines.stray) + 1
    left_open = odd[~np.isin(odd, stray)]
    found = []
    if len(left_open):
        first, later = int(left_open[0]), odd[odd > left_open[0]]
        if len(later):
            seen = f"A value opens a quotation mark on line {first:,} and closes it on line {later[0]:,}."
            found.append(("FIL-013", seen, first, len(left_open)))
            stray = stray[(stray < first) | (stray > later[0])]
        else:
            found.append(("FIL-011", f"Line {first:,} opens a quotation mark that no later line closes.", first))
    if len(stray):
        one = "{line} has a quotation mark inside a value that is not quoted."
        many = "{count} lines have a quotation mark inside a value that is not quoted; the first is {line}."
        found.append(_first("FIL-012", stray, one, many))
    return found


def _faults_of_width(lines: _Lines) -> list[tuple]:
    number = np.flatnonzero(~lines.blank) + 1
    fields = lines.fields[~lines.blank]
    width, rows = int(fields[0]), fields[1:]
    usual = int(np.bincount(rows).argmax()) if len(rows) else width
    if usual != width and np.count_nonzero(rows == usual) > max(2, len(rows) // 2):
        seen = f"Line {number[0]:,} has {width:,} {_fields(width)}, while most rows have {usual:,}."
        return [("FIL-017", seen, int(number[0]))]
    found = []
    for rule, wrong, what in (("FIL-014", rows < width, "fewer"), ("FIL-015", rows > width, "more")):
        if wrong.any():
            has = f"{rows[wrong][0]:,} {_fields(rows[wrong][0])}"
            one = f"{{line}} has {has}; we expected {width:,}."
            many = f"{{count}} rows have {what} than {width:,} fields; the first is {{line}}, which has {has}."
            found.append(_first(rule, number[1:][wrong], one, many))
    return found


def _fields(count: int) -> str:
    return "field" if count == 1 else "fields"


# --- header and values


def _table(data: bytes, lines: _Lines, name: str, limits: Limits) -> Table:
    number, skipped = np.flatnonzero(~lines.blank) + 1, np.flatnonzero(lines.blank) + 1
    if not len(number):
        raise _Problems(("FIL-001", "The file holds blank lines alone; we expected column names and records."))
    if len(skipped):
        data = b"".join(line for line in data.splitlines(keepends=True) if line not in (b"\n", b"\r\n"))
    end = data.index(b"\n") + 1
    _prove_commas(data[:end], int(number[0]))
    found = _faults(lines, limits)
    if not (lines.too_long or lines.unclosed[number[0] - 1] or lines.stray[number[0] - 1]):
        columns = tuple(next(csv.reader([data[:end].decode().rstrip("\r\n")], strict=True)))
        found = _faults_of_names(columns, int(number[0])) + found
    if len(number) == 1 and not found:
        found = [("FIL-020", f"Line {number[0]:,} names {len(columns):,} columns and no record follows.")]
    if found:
        raise _Problems(*found)

    frame = _load(data[end:], columns)
    proved = lines.column_bytes - [len(column.encode()) for column in columns]
    if frame.height != len(number) - 1 or frame.select(pl.all().str.len_bytes().sum()).row(0) != tuple(proved.tolist()):
        raise _Problems(("FIL-022", "Two ways of reading the file disagree, so we did not take it in."))
    notices = []
    if len(skipped):
        one, many = "{line} is blank and was skipped.", "{count} blank lines were skipped; the first is {line}."
        notices = [_notice(name, *_first("FIL-021", skipped, one, many))]
    return Table(name, columns, frame.with_columns(pl.Series(LINE, number[1:], pl.Int64)), tuple(notices))


def _prove_commas(first_line: bytes, line: int) -> None:
    other = re.search(rb"[;\t|]", first_line)
    if other and b"," not in first_line:
        mark = {b";": "semicolons", b"\t": "tabs", b"|": "bars"}[other.group()]
        raise _Problems(("FIL-017", f"Line {line:,} is divided by {mark}; we expected commas.", line))


def _faults_of_names(columns: tuple[str, ...], line: int) -> list[tuple]:
    """Name columns by position alone: where the header is missing, the first line is a student's."""
    found, earlier = [], {}
    for position, name in enumerate(columns, 1):
        plain = name.strip().casefold()
        if not plain:
            found.append(("FIL-019", f"Column {position:,} has no name on line {line:,}.", line))
        elif plain in earlier:
            seen = f"Columns {earlier[plain]:,} and {position:,} have the same name on line {line:,}."
            found.append(("FIL-018", seen, line))
        elif plain in RESERVED:
            found.append(("FIL-018", f"Column {position:,} is named {plain}, a name that we use ourselves.", line))
        earlier.setdefault(plain, position)
    first = {rule: next(one for one in found if one[0] == rule) for rule, *_ in found}
    return [(*one, sum(rule == one[0] for rule, *_ in found)) for one in first.values()]


def _load(body: bytes, columns: tuple[str, ...]) -> pl.DataFrame:
    """Load proved bytes; every setting that lets a reader guess or repair is off."""
    return pl.read_csv(
        body,
        has_header=False,
        schema=dict.fromkeys(columns, pl.String),
        separator=",",
        quote_char='"',
        eol_char="\n",
        encoding="utf8",
        infer_schema=False,
        empty_string_is_null=False,
        ignore_errors=False,
        extra_columns="raise",
        missing_columns="raise",
        try_parse_dates=False,
        glob=False,
    )
