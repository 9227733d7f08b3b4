"""The proof, on the bytes alone, that a text is one table: whole lines, one record on each, equally many fields in all.

Nothing is parsed into values and no value is judged by what it means. The text comes in pieces and is never held whole;
each piece of whole lines becomes a `Part`, and the parts together say what is wrong with the file.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np

from submissions.conservation import sums_of_values
from submissions.refusals import Limits, Problems, first

_BOM = b"\xef\xbb\xbf"
_CONTROL = bytes(code for code in range(32) if code not in b"\t\r\n") + b"\x7f"
_LATE_CONTROL = re.compile(rb"\xc2[\x80-\x9f]")
_NEWLINE, _QUOTE, _COMMA, _RETURN = b'\n",\r'

_UNSEEN = re.compile("[\u00ad\u061c\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u206f\ufeff]")
_LATIN, _OTHER_ALPHABET = "A-Za-z\u00c0-\u024f", "\u0370-\u03ff\u0400-\u052f"
_MIXED = re.compile(f"[{_LATIN}][{_OTHER_ALPHABET}]|[{_OTHER_ALPHABET}][{_LATIN}]")
_UNUSUAL = {
    "FIL-023": lambda text: not unicodedata.is_normalized("NFC", text),
    "FIL-024": lambda text: _UNSEEN.search(text) is not None,
    "FIL-025": lambda text: _MIXED.search(text) is not None,
}


@dataclass(frozen=True)
class Piece:
    """Whole lines of a file, with the number of the first and the place of its first byte."""

    data: bytes
    line: int
    offset: int


@dataclass(frozen=True)
class Part:
    """What the bytes of a piece say about its lines: of each how many fields it has and what is wrong with it.

    `sums` holds the sums of the hashes of its values by column, where every line is as wide as the header. In a part
    that `is_plain` no line is blank and nothing is wrong.
    """

    fields: np.ndarray
    blank: np.ndarray
    unclosed: np.ndarray
    stray: np.ndarray
    too_long: list[int]
    long_value: list[int]
    sums: np.ndarray | None
    unusual: dict[str, list[int]] = field(default_factory=dict)
    is_plain: bool = False

    @property
    def is_sound(self) -> bool:
        return self.sums is not None and not (
            self.too_long or self.long_value or self.unclosed.any() or self.stray.any()
        )


def pieces(chunks: Iterable[bytes], limits: Limits, is_whole: bool) -> Iterator[Piece]:
    """Cut a stream into pieces of whole lines; a line that does not end in time is refused while it streams.

    A last line without an end is refused too, unless the file is known to be whole.
    """
    rest, line, offset = b"", 1, 0
    for chunk in chunks:
        data = rest + chunk
        if not offset and data.startswith(_BOM):
            data, offset = data[len(_BOM) :], len(_BOM)
        cut = data.rfind(b"\n") + 1
        if cut:
            yield (piece := Piece(data[:cut], line, offset))
            line, offset = line + _newlines(piece.data), offset + cut
        rest = data[cut:]
        if len(rest) > limits.line_bytes + 2:
            _refuse_a_return_alone(rest, line)
            seen = f"Line {line:,} is longer than {limits.line_bytes:,} bytes."
            raise Problems(("FIL-010", seen, line))
    if rest:
        _refuse_a_return_alone(rest, line)
        if not is_whole:
            raise Problems(("FIL-009", f"Line {line:,} is the last and does not end in a line break.", line))
        yield Piece(rest + (b"\r\n" if line > 1 and piece.data.endswith(b"\r\n") else b"\n"), line, offset)


def _newlines(data: bytes) -> int:
    return int(np.count_nonzero(np.frombuffer(data, np.uint8) == _NEWLINE))


def _refuse_a_return_alone(data: bytes, line: int) -> None:
    if b"\r" in data and (alone := re.search(rb"\r(?!\n|\Z)", data)):
        line += data.count(b"\n", 0, alone.start())
        raise Problems(("FIL-008", f"Line {line:,} holds a carriage return alone; lines end in LF or CR LF.", line))


# --- text


def prove_text(piece: Piece, ends_in_pair: bool) -> dict[str, list[int]]:
    """Prove that a piece is UTF-8 without control characters and ends all its lines alike.

    Gives the lines with letters that are sound but unusual, by the rule that tells of them.
    """
    data, unusual = piece.data, {}
    if not data.isascii():
        try:
            text = data.decode()
        except UnicodeDecodeError as error:
            line, byte = _line_at(piece, error.start), f"0x{data[error.start]:02X}"
            seen = f"Line {line:,}, byte {piece.offset + error.start + 1:,} of the file, is {byte}, which is not UTF-8."
            raise Problems(("FIL-006", seen, line)) from None
        for rule, is_unusual in _UNUSUAL.items():
            if is_unusual(text):
                lines = enumerate(text.split("\n"), piece.line)
                unusual[rule] = [line for line, one in lines if not one.isascii() and is_unusual(one)]
    _prove_no_control_characters(piece)
    _refuse_a_return_alone(data, piece.line)
    pairs = data.count(b"\r\n") if b"\r" in data else 0
    if pairs != (_newlines(data) if ends_in_pair else 0):
        other = re.search(rb"(?<!\r)\n" if ends_in_pair else rb"\r\n", data)
        line = _line_at(piece, other.start())
        ends = ("CR LF", "LF") if ends_in_pair else ("LF", "CR LF")
        raise Problems(("FIL-008", f"Line 1 ends in {ends[0]} and line {line:,} in {ends[1]}; use one for all.", line))
    return unusual


def _line_at(piece: Piece, offset: int) -> int:
    return piece.line + piece.data.count(b"\n", 0, offset)


def _prove_no_control_characters(piece: Piece) -> None:
    data = piece.data
    low = np.count_nonzero(np.frombuffer(data, np.uint8) < 32)
    is_clean = low == _newlines(data) and b"\x7f" not in data
    many = 0 if is_clean else len(data) - len(data.translate(None, _CONTROL))
    found = re.search(b"[" + re.escape(_CONTROL) + b"]", data) if many else None
    if b"\xc2" in data and (late := _LATE_CONTROL.search(data)):
        many += len(_LATE_CONTROL.findall(data))
        found = min(filter(None, (found, late)), key=re.Match.start)
    if found:
        line, code = _line_at(piece, found.start()), ord(found.group().decode())
        more = "." if many == 1 else f", the first of {many:,} control characters near it."
        raise Problems(("FIL-007", f"Line {line:,} holds the control character U+{code:04X}{more}", line, many))


# --- lines and fields


def quick_outline(piece: Piece, limits: Limits, width: int) -> Part | None:
    """Prove in the fewest steps that every line of a piece is sound and `width` fields wide.

    None where a line is not, is blank, or is so long that a value may be: then `outline` looks closer. No sums are
    taken.
    """
    block = np.frombuffer(piece.data, np.uint8)
    newlines = np.flatnonzero(block == _NEWLINE)
    is_end = block == _COMMA
    if b'"' in piece.data:
        quotes = np.flatnonzero(block == _QUOTE)
        inside = _inside(block, quotes)
        if inside[newlines].any() or not _in_place(block, quotes, inside[quotes]).all():
            return None
        is_end &= ~inside
    is_end[newlines] = True
    ends = np.flatnonzero(is_end)
    all_alike = width > 1 and len(ends) == width * len(newlines) and np.array_equal(ends[width - 1 :: width], newlines)
    if not all_alike or np.diff(newlines, prepend=-1).max() > min(limits.value_characters, limits.line_bytes):
        return None
    nowhere = np.zeros(len(newlines), bool)
    fields = np.full(len(newlines), width, np.int32)
    return Part(fields, nowhere, nowhere, nowhere, [], [], None, is_plain=True)


def outline(piece: Piece, limits: Limits, width: int | None = None) -> Part:
    """Find where every line and every field ends, and sum the hashes of the values where all lines have `width`.

    A line break always ends a record here, also between quotation marks: a mark that is open at the end of its line is
    a fault of its own.
    """
    block = np.frombuffer(piece.data, np.uint8)
    ending = 2 if piece.data.endswith(b"\r\n") else 1
    newlines = np.flatnonzero(block == _NEWLINE)
    quotes = np.flatnonzero(block == _QUOTE) if b'"' in piece.data else newlines[:0]
    is_end = block == _COMMA
    unclosed, stray = np.zeros((2, len(newlines)), bool)
    if len(quotes):
        inside, unclosed, stray, kept_quotes = _quoting(block, quotes, newlines)
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

    sums = None
    if width and not unclosed.any() and not stray.any() and (fields[~blank] == width).all():
        starts, sizes, content = np.concatenate(([0], ends[:-1] + 1)), size, block
        if len(quotes):
            starts += block[starts] == _QUOTE
            if len(kept_quotes):
                content, starts = _undoubled(block, starts, kept_quotes)
        if blank.any():
            of_row = np.repeat(~blank, fields)
            starts, sizes = starts[of_row], sizes[of_row]
        sums = sums_of_values(content, starts, sizes, width)
    too_long = piece.line + np.flatnonzero(line_size > limits.line_bytes)
    long_value = []
    for index in np.flatnonzero(size > limits.value_characters):
        value = piece.data[ends[index - 1] + 1 if index else 0 : ends[index]]
        if _characters(value) > limits.value_characters:
            long_value.append(piece.line + int(np.searchsorted(last, index)))
    return Part(fields.astype(np.int32), blank, unclosed, stray, too_long.tolist(), long_value, sums)


def _undoubled(block: np.ndarray, starts: np.ndarray, doubles: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Leave out the first of every two quotation marks that are one, and say where the values begin then."""
    return np.delete(block, doubles - 1), starts - np.searchsorted(doubles, starts)


def _characters(value: bytes) -> int:
    text = value.decode().removesuffix("\r")
    return len(text[1:-1].replace('""', '"')) if text.startswith('"') else len(text)


def _quoting(
    block: np.ndarray, quotes: np.ndarray, newlines: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Tell which bytes stand inside quotation marks, which lines leave one open, and which have one out of place.

    Marks alternate between opening and closing; two in a row inside a value are one that belongs to it. So a comma, a
    line break or a closing mark stands before an opening one; a comma, a line break or an opening mark after a closing.
    Last come the places of the marks that belong to a value.
    """
    line = np.searchsorted(newlines, quotes)
    unclosed = np.bincount(line, minlength=len(newlines)) % 2 == 1
    inside = _inside(block, quotes)
    if unclosed.any():  # begin afresh on every line
        open_before = np.concatenate(([False], inside[newlines[:-1]]))
        inside ^= np.repeat(open_before, np.diff(newlines, prepend=-1))
    opening = inside[quotes]
    stray = np.bincount(line[~_in_place(block, quotes, opening)], minlength=len(newlines)) > 0
    return inside, unclosed, stray, quotes[opening & (_before(block, quotes) == _QUOTE)]


def _inside(block: np.ndarray, quotes: np.ndarray) -> np.ndarray:
    is_quote = np.zeros(len(block), bool)
    is_quote[quotes] = True
    return np.bitwise_xor.accumulate(is_quote)


def _in_place(block: np.ndarray, quotes: np.ndarray, opening: np.ndarray) -> np.ndarray:
    neighbor = np.where(opening, _before(block, quotes), block[quotes + 1])
    may_stand_there = (neighbor == _COMMA) | (neighbor == _NEWLINE) | (neighbor == _QUOTE)
    return may_stand_there | (~opening & (neighbor == _RETURN))


def _before(block: np.ndarray, quotes: np.ndarray) -> np.ndarray:
    return np.where(quotes > 0, block[quotes - 1], _NEWLINE)


# --- what is wrong


@dataclass(frozen=True)
class Lines:
    """What the parts of a file say about all its lines, in order."""

    fields: np.ndarray
    blank: np.ndarray
    unclosed: np.ndarray
    stray: np.ndarray
    too_long: list[int]
    long_value: list[int]

    @classmethod
    def of(cls, parts: Sequence[Part]) -> "Lines":
        arrays = (np.concatenate([getattr(part, name) for part in parts]) for name in _ARRAYS)
        lists = ([line for part in parts for line in getattr(part, name)] for name in ("too_long", "long_value"))
        return cls(*arrays, *lists)


_ARRAYS = ("fields", "blank", "unclosed", "stray")


def faults(lines: Lines, limits: Limits) -> list[tuple]:
    """Say what is wrong with the lines; where one fault would make others look wrong, say the first alone."""
    if lines.too_long:
        most = f"longer than {limits.line_bytes:,} bytes"
        many = f"{{count}} lines are {most}; the first is {{line}}."
        return [first("FIL-010", lines.too_long, f"{{line}} is {most}.", many)]
    found = _faults_of_quoting(lines) or _faults_of_width(lines)
    if lines.long_value and not found:
        most = f"of more than {limits.value_characters:,} characters"
        many = f"{{count}} values are {most}; the first is on {{line}}."
        found = [first("FIL-016", lines.long_value, f"{{line}} holds a value {most}.", many)]
    return found


def _faults_of_quoting(lines: Lines) -> list[tuple]:
    odd, stray = np.flatnonzero(lines.unclosed) + 1, np.flatnonzero(lines.stray) + 1
    left_open = odd[~np.isin(odd, stray)]
    found = []
    if len(left_open):
        opened, later = int(left_open[0]), odd[odd > left_open[0]]
        if len(later):
            seen = f"A value opens a quotation mark on line {opened:,} and closes it on line {later[0]:,}."
            found.append(("FIL-013", seen, opened, len(left_open)))
            stray = stray[(stray < opened) | (stray > later[0])]
        else:
            found.append(("FIL-011", f"Line {opened:,} opens a quotation mark that no later line closes.", opened))
    if len(stray):
        one = "{line} has a quotation mark inside a value that is not quoted."
        many = "{count} lines have a quotation mark inside a value that is not quoted; the first is {line}."
        found.append(first("FIL-012", stray, one, many))
    return found


def _faults_of_width(lines: Lines) -> list[tuple]:
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
            found.append(first(rule, number[1:][wrong], one, many))
    return found


def _fields(count: int) -> str:
    return "field" if count == 1 else "fields"
