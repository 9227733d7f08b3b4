"""What a file is, by its first bytes, and what is packed in it, as a stream that never grows beyond its limits.

Nothing is ever unpacked to a disk, and no name inside an archive becomes a name of ours. What the unpacked bytes mean
is not known here.
"""

import io
import re
import stat
import struct
import zipfile
import zlib
from collections.abc import Iterator
from typing import BinaryIO

from submissions.refusals import Limits, Problems

CHUNK = 2**20
GZIP, ZIP, PARQUET = b"\x1f\x8b", b"PK\x03\x04", b"PAR1"
_OTHER_KINDS = {
    b"PK\x05\x06": "an empty ZIP archive",
    b"\xd0\xcf\x11\xe0": "an old or protected Excel workbook",
    b"%PDF": "a PDF",
    b"\xff\xfe": "UTF-16 text",
    b"\xfe\xff": "UTF-16 text",
    b"BZh": "packed with bzip2",
    b"7z\xbc\xaf": "a 7z archive",
    b"\xfd7zXZ": "packed with xz",
    b"\x28\xb5\x2f\xfd": "packed with zstd",
}
_PLAIN_NAME = re.compile(r"[A-Za-z0-9._-]{1,100}")
_PART_NAME = re.compile(r"[A-Za-z0-9._\[\] -]{1,100}(/[A-Za-z0-9._\[\] -]{1,100}){0,6}")
_END_OF_DIRECTORY = struct.Struct("<4s4H2LH")
_DAMAGED = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, ValueError, struct.error, UnicodeDecodeError)


def head_of(file: BinaryIO) -> bytes:
    """Look at the first bytes."""
    file.seek(0)
    head = file.read(8)
    file.seek(0)
    return head


def prove_text(head: bytes) -> None:
    """Refuse what begins like something that is not text."""
    kinds = _OTHER_KINDS | {GZIP: "packed twice", ZIP: "a ZIP archive within another file", PARQUET: "packed Parquet"}
    for magic, kind in kinds.items():
        if head.startswith(magic):
            raise Problems(("FIL-003", f"The file is {kind}; we expected text, or another kind that we read."))


def plain(file: BinaryIO) -> Iterator[bytes]:
    """Give the bytes as they are, piece by piece."""
    return iter(lambda: file.read(CHUNK), b"")


def gunzip(file: BinaryIO, most: int) -> Iterator[bytes]:
    """Unpack gzip, one or more members to the very end, and stop where it grows beyond `most` bytes."""
    total, stream, rest = 0, None, b""
    while rest or (rest := file.read(CHUNK)):
        stream = stream or zlib.decompressobj(wbits=31)
        try:
            chunk = stream.decompress(rest, CHUNK)
        except zlib.error:
            at = f"after {total:,} unpacked bytes"
            raise Problems(("FIL-004", f"The packed file is damaged {at}; we expected a complete gzip file.")) from None
        rest = stream.unused_data if stream.eof else stream.unconsumed_tail
        total += len(chunk)
        if total > most:
            raise Problems(("FIL-005", f"The file unpacks to more than {most:,} bytes."))
        if stream.eof:
            stream = None
        if chunk:
            yield chunk
    if stream:
        seen = f"It stops after {total:,} unpacked bytes"
        raise Problems(("FIL-004", f"The packed file is cut short. {seen}, before the end that gzip marks."))


# --- archives


class Archive:
    """A ZIP archive whose directory was examined: nothing in it is out of bounds by what it says of itself."""

    def __init__(self, file: BinaryIO, limits: Limits) -> None:
        self._limits = limits
        _prove_directory_is_small(file, limits)
        try:
            self._zip = zipfile.ZipFile(file)
        except _DAMAGED:
            raise Problems(("FIL-004", "The archive is damaged; its list of files cannot be read.")) from None
        self.parts = {one.filename: one for one in self._zip.infolist() if not one.is_dir()}
        self._prove(self._zip.infolist())

    @property
    def is_workbook(self) -> bool:
        return "[Content_Types].xml" in self.parts

    def _prove(self, listed: list[zipfile.ZipInfo]) -> None:
        names = [one.orig_filename.casefold() for one in listed]
        if len(set(names)) < len(names):
            raise _not_opened("two files of the same name")
        for one in listed:
            kind = stat.S_IFMT(one.external_attr >> 16)
            if kind not in (0, stat.S_IFREG, stat.S_IFDIR):
                raise _not_opened("a link or another thing that is no file")
            if one.flag_bits & 0x1:
                raise _not_opened("a file with a password")
            if one.orig_filename != one.filename or not _PART_NAME.fullmatch(one.filename.removesuffix("/")):
                raise _not_opened("a name that is no plain file name")
            if any(part.strip(". ") == "" for part in one.filename.removesuffix("/").split("/")):
                raise _not_opened("a name that leads to another folder")
            if one.file_size > self._limits.packed_ratio * max(one.compress_size, 1):
                ratio = f"{self._limits.packed_ratio:,} times its size"
                raise Problems(("FIL-005", f"A file in the archive unpacks to more than {ratio}."))
        if sum(one.file_size for one in listed) > self._limits.unpacked_bytes:
            raise Problems(("FIL-005", f"The archive unpacks to more than {self._limits.unpacked_bytes:,} bytes."))

    def prove_plain_files(self, suffixes: tuple[str, ...]) -> None:
        """Refuse folders, further archives and whatever else is not a file that we read."""
        for name in self.parts:
            if not _PLAIN_NAME.fullmatch(name):
                raise _not_opened("a folder, or a name with characters other than letters, digits, . - and _")
            if not name.endswith(suffixes):
                raise _not_opened(f"a file that is not {' or '.join(suffixes)}")
        if not self.parts:
            raise Problems(("FIL-001", "The archive holds no file; we expected one or more."))

    def open(self, name: str) -> BinaryIO:
        """Open a file of the archive; reading it may raise `Problems`."""
        return _Part(self._zip, self.parts[name])


class _Part(io.RawIOBase):
    """A file in an archive, to be read from its beginning as often as need be; its faults are those of the archive."""

    def __init__(self, archive: zipfile.ZipFile, part: zipfile.ZipInfo) -> None:
        self._archive, self._part = archive, part
        self._stream: BinaryIO | None = None

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return False

    def read(self, size: int = -1) -> bytes:
        try:
            self._stream = self._stream or self._archive.open(self._part)
            return self._stream.read(size)
        except _DAMAGED:
            raise Problems(("FIL-004", "A file in the archive is damaged; it fails its checksum.")) from None

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Go to the beginning, or tell the size; nothing else is needed of a stream."""
        if offset:
            raise io.UnsupportedOperation
        if whence == io.SEEK_END:
            return self._part.file_size
        self._stream = None
        return 0


def _prove_directory_is_small(file: BinaryIO, limits: Limits) -> None:
    """Read the size of the directory before anyone makes an object of each of its lines."""
    size = file.seek(0, io.SEEK_END)
    file.seek(max(0, size - _END_OF_DIRECTORY.size - 2**16))
    tail = file.read()
    at = tail.rfind(b"PK\x05\x06")
    if at < 0 or at + _END_OF_DIRECTORY.size > len(tail):
        raise Problems(("FIL-004", "The archive is damaged; its end is missing."))
    _, *numbers, _ = _END_OF_DIRECTORY.unpack_from(tail, at)
    if numbers[3] > limits.archive_files or numbers[4] > limits.archive_files * 512:
        raise Problems(("FIL-005", f"The archive lists more than {limits.archive_files:,} files."))


def _not_opened(what: str) -> Problems:
    return Problems(("FIL-026", f"The archive holds {what}."))
