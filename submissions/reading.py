"""The strict gate: bytes that anyone may have sent become a table of text with line numbers, or are refused.

No value is changed, trimmed, typed or guessed here, and no rule knows what a column means. Whatever the kind of the
file, its text passes the same proof piece by piece; only then does a fast reader load it, with every setting given, and
what it loaded must be what was proved: written again it is the same bytes, or every column has the same sum of hashes.
"""

import csv
import io
import re
from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import BinaryIO

import numpy as np
import polars as pl

from expectations.notices import Notice
from submissions import columnar, containers, workbooks
from submissions.conservation import sums_of_frame
from submissions.refusals import USUAL, Limits, Problems, Refused, first, notice
from submissions.structure import Lines, Part, Piece, faults, outline, pieces, prove_text, quick_outline

__all__ = ["LINE", "RESERVED", "Limits", "Refused", "Table", "read"]

LINE = "record_line"
"""The column that the gate adds: the line of the file as sent, the header being line 1."""

RESERVED = frozenset({LINE, "source_rows"})

_WORKERS = 2
_TOLD = {
    "FIL-021": ("{line} is blank and was skipped.", "{count} blank lines were skipped; the first is {line}."),
    "FIL-023": (
        "{line} has an accent written apart from its letter.",
        "{count} lines have accents written apart from their letters; the first is {line}.",
    ),
    "FIL-024": (
        "{line} holds a character that cannot be seen.",
        "{count} lines hold characters that cannot be seen; the first is {line}.",
    ),
    "FIL-025": (
        "{line} has a word with letters of two alphabets.",
        "{count} lines have words with letters of two alphabets; the first is {line}.",
    ),
    "FIL-029": (
        "A date of the workbook on {line} was written as text.",
        "{count} dates of the workbook were written as text; the first is on {line}.",
    ),
}


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


def read(source: Path | bytes | BinaryIO, name: str, limits: Limits = USUAL, *, is_whole: bool = False) -> Table:
    """Read a file of a kind that we know (CSV, CSV packed with gzip, XLSX, Parquet), or raise `Refused`.

    `name` is the name to report it by. A file that is known to be whole, for its checksum agrees with what the sender
    declared, may leave its last line without an end.
    """
    file = _opened(source)
    try:
        told: dict[str, list[int]] = {}
        return _table(_text(file, limits, told), name, limits, is_whole, told)
    except Problems as problems:
        raise Refused([notice(name, *problem) for problem in problems.found]) from None
    finally:
        if isinstance(source, Path):
            file.close()


def _opened(source: Path | bytes | BinaryIO) -> BinaryIO:
    if isinstance(source, Path):
        return source.open("rb")
    return io.BytesIO(source) if isinstance(source, bytes) else source


def _text(file: BinaryIO, limits: Limits, told: dict[str, list[int]]) -> Iterator[bytes]:
    """Give the text of a file of whatever kind, piece by piece; a workbook or Parquet is written as CSV."""
    size = file.seek(0, io.SEEK_END)
    if size == 0:
        raise Problems(("FIL-001", "The file has no bytes; we expected column names and records."))
    if size > limits.file_bytes:
        raise Problems(("FIL-002", f"The file has {size:,} bytes; we read files of up to {limits.file_bytes:,}."))
    head = containers.head_of(file)
    if head.startswith(containers.PARQUET):
        return columnar.text_of(file, limits)
    if head.startswith(containers.ZIP):
        archive = containers.Archive(file, limits)
        if not archive.is_workbook:
            raise Problems(("FIL-003", "The file is a ZIP archive; we expected one table here."))
        return workbooks.text_of(archive, told)
    packed = head.startswith(containers.GZIP)
    return _proved_to_be_text(containers.gunzip(file, limits.unpacked_bytes) if packed else containers.plain(file))


def _proved_to_be_text(chunks: Iterator[bytes]) -> Iterator[bytes]:
    start = b""
    for chunk in chunks:
        start += chunk
        if len(start) >= 8:
            break
    if not start.removeprefix(b"\xef\xbb\xbf"):
        raise Problems(("FIL-001", "The file has no text; we expected column names and records."))
    containers.prove_text(start)
    yield start
    yield from chunks


# --- a table from its pieces


def _table(chunks: Iterable[bytes], name: str, limits: Limits, is_whole: bool, told: dict[str, list[int]]) -> Table:
    gate = _Gate(limits)
    with closing(pieces(chunks, limits, is_whole)) as stream:
        gate.take(stream)
    return gate.table(name, told)


class _Gate:
    """Takes the pieces of a file in order: the first names the columns, the others are proved and loaded side by side.

    Once something is wrong, what follows is proved for the sake of the counts and no longer loaded.
    """

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self.columns: tuple[str, ...] = ()
        self.header_line = 0
        self.ends_in_pair = False
        self.parts: list[Part] = []
        self.frames: list[pl.DataFrame] = []
        self.found: list[tuple] = []
        self.is_sound = True

    def take(self, stream: Iterator[Piece]) -> None:
        for piece in stream:
            if not self.parts:
                self.ends_in_pair = piece.data[: piece.data.index(b"\n") + 1].endswith(b"\r\n")
            if (body := self._without_header(piece)) is not None:
                self._keep(*self._examine(body))
                break
        with ThreadPoolExecutor(_WORKERS) as workers:
            ahead: deque = deque()
            for piece in stream:
                ahead.append(workers.submit(self._examine, piece))
                if len(ahead) > _WORKERS:
                    self._keep(*ahead.popleft().result())
            for examined in ahead:
                self._keep(*examined.result())

    def _without_header(self, piece: Piece) -> Piece | None:
        """Read the names of the columns from the first line that is not blank, and give what follows it."""
        start = piece.data.find(b"\n") + 1 if piece.data.strip(b"\r\n") else len(piece.data)
        while not piece.data[:start].strip(b"\r\n") and start < len(piece.data):
            start = piece.data.index(b"\n", start) + 1
        head = Piece(piece.data[:start], piece.line, piece.offset)
        unusual = prove_text(head, self.ends_in_pair)
        part = quick_outline(head, self.limits, head.data.count(b",") + 1) or outline(head, self.limits)
        self.parts.append(replace(part, unusual=unusual))
        if part.blank.all():
            return None
        self.header_line = piece.line + len(part.blank) - 1
        names = head.data.strip(b"\r\n")
        _prove_commas(names, self.header_line)
        if not (part.too_long or part.unclosed[-1] or part.stray[-1]):
            self.columns = tuple(next(csv.reader([names.decode()], strict=True)))
            self.found = _faults_of_names(self.columns, self.header_line)
        self.is_sound = bool(self.columns) and not self.found
        return Piece(piece.data[start:], self.header_line + 1, piece.offset + start)

    def _examine(self, piece: Piece) -> tuple[Part | None, pl.DataFrame | None]:
        if not piece.data:
            return None, None
        unusual = prove_text(piece, self.ends_in_pair)
        if self.is_sound and (part := quick_outline(piece, self.limits, len(self.columns))):
            body = piece.data.replace(b"\r\n", b"\n") if self.ends_in_pair else piece.data
            frame = _load(body, self.columns)
            if frame.height == len(part.fields) and _is_written_as(frame, body):
                return replace(part, unusual=unusual), _numbered(frame, np.arange(frame.height) + piece.line)
        part = outline(piece, self.limits, len(self.columns))
        part = replace(part, unusual=unusual)
        if not (self.is_sound and part.is_sound):
            return part, None
        number = np.flatnonzero(~part.blank)
        body = piece.data
        if len(number) < len(part.blank):
            body = b"".join(line for line in body.splitlines(keepends=True) if line not in (b"\n", b"\r\n"))
        frame = _load(body, self.columns) if body else pl.DataFrame(schema=dict.fromkeys(self.columns, pl.String))
        if frame.height != len(number) or not np.array_equal(sums_of_frame(frame), part.sums):
            raise Problems(("FIL-022", "Two ways of reading the file disagree, so we did not take it in."))
        return part, _numbered(frame, number + piece.line)

    def _keep(self, part: Part | None, frame: pl.DataFrame | None) -> None:
        if part is None:
            return
        self.parts.append(part)
        if frame is None:
            self.is_sound = False
            self.frames.clear()
        else:
            self.frames.append(frame)

    def table(self, name: str, told: dict[str, list[int]]) -> Table:
        """Give what was read, or say what is wrong with it."""
        if not self.header_line:
            raise Problems(("FIL-001", "The file holds blank lines alone; we expected column names and records."))
        blank: list[int] = []
        if self.found or len(self.parts) < 2 or not all(part.is_plain for part in self.parts):
            blank = self._prove_all_lines()
        told = told | {"FIL-021": blank}
        for part in self.parts:
            for rule, at in part.unusual.items():
                told[rule] = told.get(rule, []) + at
        notices = [notice(name, *first(rule, told[rule], *words)) for rule, words in _TOLD.items() if told.get(rule)]
        return Table(name, self.columns, pl.concat(self.frames, rechunk=True), tuple(notices))

    def _prove_all_lines(self) -> list[int]:
        """Say what is wrong with the lines of all parts together, or give the numbers of those that are blank."""
        lines = Lines.of(self.parts)
        found = self.found + faults(lines, self.limits)
        if not found and np.count_nonzero(~lines.blank) == 1:
            seen = f"Line {self.header_line:,} names {len(self.columns):,} columns and no record follows."
            found = [("FIL-020", seen)]
        if found:
            raise Problems(*found)
        return (np.flatnonzero(lines.blank) + 1).tolist()


def _prove_commas(names: bytes, line: int) -> None:
    other = re.search(rb"[;\t|]", names)
    if other and b"," not in names:
        mark = {b";": "semicolons", b"\t": "tabs", b"|": "bars"}[other.group()]
        raise Problems(("FIL-017", f"Line {line:,} is divided by {mark}; we expected commas.", line))


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
    one_of_each = {rule: next(one for one in found if one[0] == rule) for rule, *_ in found}
    return [(*one, sum(rule == one[0] for rule, *_ in found)) for one in one_of_each.values()]


def _numbered(frame: pl.DataFrame, lines: np.ndarray) -> pl.DataFrame:
    return frame.hstack([pl.Series(LINE, lines, pl.Int64)])


def _is_written_as(frame: pl.DataFrame, body: bytes) -> bool:
    """Tell whether a frame, written again in the way of quoting that the bytes seem to have, is those bytes.

    Where rows and fields were counted on the bytes, this proves every value; where it is not so, the way of quoting may
    only be another one.
    """
    style = "necessary" if b'"' in body else "never"
    if body.startswith(b'"'):
        style = "always"
    elif style == "necessary" and b',""' not in body:
        frame = frame.with_columns(pl.all().replace("", None))
    written = io.BytesIO()
    frame.write_csv(written, include_header=False, quote_style=style, null_value="")
    return written.getvalue() == body


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
