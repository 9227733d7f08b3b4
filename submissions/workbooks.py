"""An Excel workbook (.xlsx), read as the one plain table that it has to be.

Whatever a person sees in it and a reader would not, or the other way round, is refused: formulas, merged cells, hidden
rows, columns and sheets, numbers that lost digits or zeros. Nothing is calculated and no entity is expanded. The text
is handed to the gate as CSV, a line for each row of the sheet, and is judged there like any other.
"""

import csv
import io
import re
from collections.abc import Iterator
from datetime import date, timedelta
from typing import BinaryIO, ClassVar
from xml.parsers import expat

from submissions.containers import CHUNK, Archive
from submissions.refusals import Problems

_NOT_PLAIN = {
    "externallinks": "links to other workbooks",
    "vbaproject": "macros",
    "macrosheets": "macros",
    "embeddings": "embedded files",
    "activex": "controls",
    "connections": "connections to data elsewhere",
    "querytables": "connections to data elsewhere",
    "pivottables": "pivot tables",
}
_MOST_ROWS, _MOST_COLUMNS = 1_048_576, 16_384
_BUILT_IN_DATES = frozenset([*range(14, 23), *range(27, 37), *range(45, 48), *range(50, 59)])
_NOT_SHOWN = re.compile(r'"[^"]*"|\\.|_.|\[(?![hms]+\])[^\]]*\]')
_DAY_ZERO, _FIRST_SURE_DAY = date(1899, 12, 30), 61
_REFERENCE = re.compile(r"([A-Z]{1,3})([0-9]{1,7})")
_OF_TEXT = {"t", "v"}
_OF_CELLS = {"r", "s", "t", "cm", "vm", "ph"}
_WHOLE, _ESCAPED = re.compile(r"-?[0-9]{1,15}"), re.compile(r"_x([0-9A-Fa-f]{4})_")


def text_of(archive: Archive, told: dict[str, list[int]]) -> Iterator[bytes]:
    """Give the one sheet of a workbook as CSV. The rows with dates are added to `told` under the rule that tells."""
    for name in archive.parts:
        for part, what in _NOT_PLAIN.items():
            if part in name.casefold():
                raise _not_plain(what)
    try:
        sheet = _only_sheet(archive)
        shared = _SharedStrings()
        if "xl/sharedStrings.xml" in archive.parts:
            _parse(archive.open("xl/sharedStrings.xml"), shared)
        styles = _Styles()
        if "xl/styles.xml" in archive.parts:
            _parse(archive.open("xl/styles.xml"), styles)
        rows = _Rows(shared.texts, styles.kinds)
        for _ in _steps(archive.open(sheet), rows):
            if rows.done:
                yield rows.as_csv()
        dates = rows.lines_of_dates
        for name in archive.parts.keys() - {sheet}:
            _prove_whole(archive.open(name))
    except (expat.ExpatError, KeyError, IndexError, UnicodeError, ValueError, OverflowError):
        raise Problems(("FIL-004", "The workbook is damaged; a part of it cannot be read.")) from None
    if dates:
        told["FIL-029"] = dates


def _not_plain(what: str, row: int | None = None, count: int = 1) -> Problems:
    where = f", first in row {row:,}" if row else ""
    return Problems(("FIL-027", f"The workbook holds {what}{where}.", row, count))


# --- XML


class _Reader:
    """Takes the parts of an XML document as they come. Names are without their namespaces.

    `children` names what may stand in an element; whatever else stood there would be lost without a word.
    """

    children: ClassVar[dict[str, set[str]]] = {}

    def start(self, name: str, attributes: dict[str, str]) -> None: ...

    def end(self, name: str) -> None: ...

    def characters(self, text: str) -> None: ...


def _parse(stream: BinaryIO, reader: _Reader) -> None:
    for _ in _steps(stream, reader):
        pass


def _steps(stream: BinaryIO, reader: _Reader) -> Iterator[None]:
    """Feed a document to a reader, and stop for a moment after each piece. What may declare an entity is refused."""
    parser = expat.ParserCreate(namespace_separator="}")
    parser.buffer_text = True
    within = [""]

    def refuse(*_: object) -> None:
        raise _not_plain("declarations that a plain workbook has not")

    parser.StartDoctypeDeclHandler = parser.EntityDeclHandler = refuse

    def characters(text: str) -> None:
        if within[-1] in reader.children and within[-1] not in _OF_TEXT and not text.isspace():
            raise ValueError
        reader.characters(text)

    def start(name: str, attributes: dict[str, str]) -> None:
        name = name.rpartition("}")[2]
        known = reader.children.get(within[-1])
        if known and name not in known:
            raise ValueError
        within.append(name)
        reader.start(name, {key.rpartition("}")[2]: value for key, value in attributes.items()})

    def end(name: str) -> None:
        within.pop()
        reader.end(name.rpartition("}")[2])

    parser.StartElementHandler, parser.EndElementHandler = start, end
    parser.CharacterDataHandler = characters
    while chunk := stream.read(CHUNK // 4):
        parser.Parse(chunk)
        yield
    parser.Parse(b"", True)
    yield


def _is_on(attributes: dict[str, str], name: str) -> bool:
    return attributes.get(name, "0") not in ("0", "false")


def _prove_whole(stream: BinaryIO) -> None:
    """Read a part to its end, where its checksum is compared."""
    while stream.read(CHUNK):
        pass


class _Book(_Reader):
    def __init__(self) -> None:
        self.sheets: list[dict[str, str]] = []
        self.from_1904 = False

    def start(self, name: str, attributes: dict[str, str]) -> None:
        if name == "sheet":
            self.sheets.append(attributes)
        elif name == "workbookPr":
            self.from_1904 = _is_on(attributes, "date1904")


class _Relationships(_Reader):
    def __init__(self) -> None:
        self.targets: dict[str, str] = {}

    def start(self, name: str, attributes: dict[str, str]) -> None:
        if name == "Relationship":
            if attributes.get("TargetMode", "Internal") != "Internal":
                raise _not_plain("links to other files")
            self.targets[attributes["Id"]] = attributes["Target"]


def _only_sheet(archive: Archive) -> str:
    book, relationships = _Book(), _Relationships()
    _parse(archive.open("xl/workbook.xml"), book)
    _parse(archive.open("xl/_rels/workbook.xml.rels"), relationships)
    if any(sheet.get("state", "visible") != "visible" for sheet in book.sheets):
        raise _not_plain("a hidden sheet")
    if len(book.sheets) != 1:
        raise _not_plain(f"{len(book.sheets):,} sheets; we expected 1")
    if book.from_1904:
        raise Problems(("FIL-028", "The workbook counts its dates from 1904; we expected dates as text."))
    target = relationships.targets[book.sheets[0]["id"]]
    return target.removeprefix("/") if target.startswith("/") else f"xl/{target}"


class _SharedStrings(_Reader):
    """The texts that cells refer to by number; how a word is read aloud is no part of its text."""

    children: ClassVar = {
        "": {"sst"},
        "sst": {"si", "extLst"},
        "si": {"t", "r", "rPh", "phoneticPr"},
        "r": {"t", "rPr"},
        "t": {"none"},
    }

    def __init__(self) -> None:
        self.texts: list[str] = []
        self.now: list[str] | None = None
        self.aloud = False

    def start(self, name: str, attributes: dict[str, str]) -> None:
        if name == "si":
            self.texts.append("")
        elif name == "rPh":
            self.aloud = True
        elif name == "t" and not self.aloud:
            self.now = []

    def end(self, name: str) -> None:
        if name == "rPh":
            self.aloud = False
        elif name == "t" and self.now is not None:
            self.texts[-1] += "".join(self.now)
            self.now = None

    def characters(self, text: str) -> None:
        if self.now is not None:
            self.now.append(text)


class _Styles(_Reader):
    """What the format of a cell makes of a number: a date, a number filled up with zeros, or nothing of note."""

    def __init__(self) -> None:
        self.formats: dict[int, str] = {}
        self.kinds: list[str] = []
        self.in_cells = False

    def start(self, name: str, attributes: dict[str, str]) -> None:
        if name == "numFmt":
            self.formats[int(attributes["numFmtId"])] = attributes.get("formatCode", "")
        elif name == "cellXfs":
            self.in_cells = True
        elif name == "xf" and self.in_cells:
            self.kinds.append(self._kind(int(attributes.get("numFmtId", "0"))))

    def end(self, name: str) -> None:
        self.in_cells = self.in_cells and name != "cellXfs"

    def _kind(self, number: int) -> str:
        shown = _NOT_SHOWN.sub("", self.formats.get(number, "")).split(";")[0]
        if number in _BUILT_IN_DATES or re.search(r"[dmyhsDMYHS]", shown):
            return "date"
        return "zeros" if re.fullmatch(r"0{2,}", shown.strip()) else ""


class _Rows(_Reader):
    """The rows of the sheet as text, in order."""

    children: ClassVar = _SharedStrings.children | {
        "": {"worksheet"},
        "sheetData": {"row"},
        "row": {"c", "extLst"},
        "c": {"v", "f", "is", "extLst"},
        "is": _SharedStrings.children["si"],
        "v": {"none"},
    }

    def __init__(self, shared: list[str], kinds: list[str]) -> None:
        self.shared, self.kinds = shared, kinds
        self.done: list[list[str]] = []
        self.lines_of_dates: list[int] = []
        self.row = self.column = self.width = 0
        self.cells: list[str] = []
        self.cell: dict[str, str] = {}
        self.now: list[str] | None = None
        self.aloud = False

    def start(self, name: str, attributes: dict[str, str]) -> None:
        if name == "row":
            self._start_row(attributes)
        elif name == "c":
            self._start_cell(attributes)
        elif name in ("v", "t") and not self.aloud:
            self.now = self.now if self.now is not None else []
        elif name == "f":
            raise _not_plain("formulas", self.row)
        elif name == "mergeCell":
            raise _not_plain("merged cells")
        elif name == "rPh":
            self.aloud = True
        elif name == "col" and _is_on(attributes, "hidden"):
            raise _not_plain("hidden columns")
        elif name == "sheetFormatPr" and _is_on(attributes, "zeroHeight"):
            raise _not_plain("hidden rows")

    def _start_row(self, attributes: dict[str, str]) -> None:
        row = int(attributes.get("r", self.row + 1))
        if not self.row < row <= _MOST_ROWS:
            raise ValueError
        if _is_on(attributes, "hidden"):
            raise _not_plain("hidden rows", row)
        self.done += [[]] * (row - self.row - 1)
        self.row, self.column, self.cells = row, 0, []

    def _start_cell(self, attributes: dict[str, str]) -> None:
        column = self.column + 1
        if not attributes.keys() <= _OF_CELLS:
            raise ValueError
        if "r" in attributes:
            if not (reference := _REFERENCE.fullmatch(attributes["r"])):
                raise ValueError
            letters, row = reference.groups()
            column = 0
            for letter in letters:
                column = column * 26 + ord(letter) - 64
            if int(row) != self.row:
                raise ValueError
        if not self.column < column <= _MOST_COLUMNS:
            raise ValueError
        self.cells += [""] * (column - self.column)
        self.column, self.cell, self.now = column, attributes, None

    def characters(self, text: str) -> None:
        if self.now is not None:
            self.now.append(text)

    def end(self, name: str) -> None:
        if name == "c":
            if self.now:
                self.cells[-1] = self._text("".join(self.now))
            self.now = None
        elif name == "rPh":
            self.aloud = False
        elif name == "row":
            while self.cells and not self.cells[-1]:
                self.cells.pop()
            self.width = self.width or len(self.cells)
            if self.cells:
                self.cells += [""] * (self.width - len(self.cells))
            self.done.append(self.cells)

    def _text(self, text: str) -> str:
        kind = self.cell.get("t", "n")
        if kind == "n":
            return self._number(text)
        if kind == "s":
            if not text.isdigit():
                raise ValueError
            text = self.shared[int(text)]
        elif kind == "b":
            text = {"0": "FALSE", "1": "TRUE"}[text]
        elif kind == "e":
            raise Problems(("FIL-028", f"Row {self.row:,} of the workbook holds an error in a cell.", self.row))
        elif kind not in ("inlineStr", "str", "d"):
            raise ValueError
        return _ESCAPED.sub(lambda found: chr(int(found[1], 16)), text)

    def _number(self, text: str) -> str:
        """Write a number as it was entered; refuse one that may have lost what was entered."""
        kind = self.kinds[int(self.cell.get("s", "0"))] if self.kinds else ""
        if kind == "date":
            return self._date(float(text))
        whole = text if _WHOLE.fullmatch(text) else None
        if whole is None:
            value = float(text)
            if not abs(value) < 1e15:
                what = "a number of more than 15 digits, of which Excel keeps 15"
                raise Problems(("FIL-028", f"Row {self.row:,} of the workbook holds {what}.", self.row))
            whole = f"{value:.0f}" if value == int(value) else f"{value!r}" if abs(value) >= 1e-4 else f"{value:.20f}"
        if kind == "zeros":
            what = "a number that is shown with zeros before it and has none"
            raise Problems(("FIL-028", f"Row {self.row:,} of the workbook holds {what}.", self.row))
        return whole

    def _date(self, serial: float) -> str:
        if not _FIRST_SURE_DAY <= serial < 2_958_466:
            what = "a date before March 1900, which Excel counts wrongly"
            raise Problems(("FIL-028", f"Row {self.row:,} of the workbook holds {what}.", self.row))
        self.lines_of_dates.append(self.row)
        day = (_DAY_ZERO + timedelta(days=int(serial))).isoformat()
        seconds = round((serial - int(serial)) * 86_400)
        return f"{day}T{seconds // 3600:02d}:{seconds // 60 % 60:02d}:{seconds % 60:02d}" if seconds else day

    def as_csv(self) -> bytes:
        """Give the rows read since the last call, as lines."""
        text = io.StringIO(newline="")
        write = csv.writer(text, quoting=csv.QUOTE_ALL, lineterminator="\n").writerow
        for cells in self.done:
            if cells:
                write(cells)
            else:
                text.write("\n")
        self.done = []
        return text.getvalue().encode()
