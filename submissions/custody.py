"""Custody: the bytes as they came, by hash; the ledger of what happened to them; receipts; and what is in force.

Nothing is overwritten or deleted, and order is the order of the ledger, never that of a clock. What a row means is not
known here. A submission exists from the moment its line stands in the ledger: whatever fails before that leaves none,
and its receipt can be written again from that line.
"""

import errno
import fcntl
import hashlib
import json
import os
import re
import stat
import threading
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, wait
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, BinaryIO

from expectations.collections.rules import SCHOOL_YEARS
from expectations.notices import MUST_FIX, Notice, in_order
from submissions import packages
from submissions.containers import GZIP, PARQUET, ZIP
from submissions.layout import Identifiers, Records, check, collection_of, notice, records
from submissions.mapping import Mapping, load
from submissions.packages import DESCRIPTOR, Descriptor
from submissions.reading import Refused, Table, read
from submissions.refusals import USUAL, Problems
from submissions.refusals import notice as words
from submissions.store import Store, flush, make_private, write_atomically, write_together

RECEIVED, REFUSED, ALREADY_RECEIVED = "received", "refused", "already_received"
SCREENED, ACCEPTED = "screened", "accepted"
_DISTRICT_ID = re.compile(r"[0-9A-Za-z_-]{1,20}")
_CHUNK = 2**20


@dataclass(frozen=True)
class ReceivedFile:
    """One file of a submission; `rows` counts its records, None where it could not be read.

    `archive` is the hash of the archive in which it came. `is_whole` where its sender declared its hash. A file that is
    too large to be kept has no hash.
    """

    name: str
    sha256: str
    bytes: int
    rows: int | None = None
    archive: str | None = None
    is_whole: bool = False


@dataclass(frozen=True, kw_only=True)
class Submission:
    """The files of one district for one school year that were sent together.

    `simulated` where their sender says that the records are made up.
    """

    submission_id: str
    district_id: str
    school_year: int
    mapping: str | None
    sequence: int
    received_at: str
    files: tuple[ReceivedFile, ...]
    simulated: bool = False


@dataclass(frozen=True, kw_only=True)
class Receipt(Submission):
    """What the sender gets: the submission, whether it was taken in, and why where it was not."""

    status: str
    notices: tuple[Notice, ...] = ()


@dataclass(frozen=True)
class Found:
    """Files in a folder that make one submission."""

    paths: tuple[Path, ...]
    district_id: str
    school_year: int


@dataclass(frozen=True)
class OpenedFile:
    """A file of a submission as it was sent, with the records of its collections."""

    file: ReceivedFile
    notices: tuple[Notice, ...]
    records: tuple[Records, ...]


class SupersedesError(ValueError):
    """What is to be superseded is not what is in force. Nothing was recorded."""


class DamagedError(Exception):
    """Bytes in the store are not those that were received."""


# --- receiving


def receive(
    store: Store,
    paths: Sequence[Path],
    *,
    district_id: str,
    school_year: int,
    mapping: str | None = None,
    supersedes: str | None = None,
    received_at: str | None = None,
    after: Future | None = None,
) -> Receipt:
    """Take files into custody as one submission, put them through the strict gate, and give a receipt.

    The same bytes received again change nothing, whatever has come since, unless they are said to supersede the
    submission in force, by its id. Bytes that were refused are examined anew, for the mapping may have changed. Where
    several are received side by side, each stands in the ledger `after` the one before it. Raises ValueError,
    MappingError or SupersedesError where the call makes no sense, and OSError, with nothing recorded, where the machine
    cannot do it.
    """
    if not paths or not _DISTRICT_ID.fullmatch(district_id) or school_year not in SCHOOL_YEARS:
        raise ValueError(
            "a submission has files, a district id of letters, digits, - or _, and a school year such as 2025"
        )
    declared = load(mapping) if mapping else None
    with write_together(store.root) as lend:
        kept = [_keep(store, Path(path), lend) for path in paths]
    parcel = _unpack(store, kept)
    submission_id = _identify(parcel.files, district_id, school_year, mapping)
    if before := _received_before(store, submission_id, supersedes):
        return _receipt(store, before, ALREADY_RECEIVED)
    _prove_supersedes(store, supersedes, district_id, school_year)
    files, notices = _examine(store, parcel, declared, district_id, school_year)
    facts = {
        "submission_id": submission_id,
        "district_id": district_id,
        "school_year": school_year,
        "mapping": mapping,
        "files": [asdict(file) for file in files],
        "notices": [one.as_dict() for one in notices],
    }
    if parcel.descriptor:
        facts["descriptor"] = parcel.descriptor
    if parcel.said.is_simulated:
        facts["simulated"] = True
    if supersedes:
        facts["supersedes"] = supersedes
    status = REFUSED if any(one.severity == MUST_FIX for one in notices) else RECEIVED
    if after:
        wait([after])
    with _locked(store) as ledger:
        if before := _received_before(store, submission_id, supersedes):
            return _receipt(store, before, ALREADY_RECEIVED)
        _prove_supersedes(store, supersedes, district_id, school_year)
        before = _standing(store, submission_id)
        if before is None or status == RECEIVED or before.get("notices") != facts["notices"]:
            before = _append(store, ledger, status, facts, received_at)
    return _receipt(store, before, status)


def _received_before(store: Store, submission_id: str, supersedes: str | None) -> dict[str, Any] | None:
    """Find the receipt of the same bytes; none where they are to supersede what came later."""
    before = _standing(store, submission_id)
    is_again = supersedes not in (None, submission_id)
    return before if before and before["event"] == RECEIVED and not is_again else None


def _prove_supersedes(store: Store, supersedes: str | None, district_id: str, school_year: int) -> None:
    """Prove that the sender knows what stands, so that of two who correct at once one is told."""
    if supersedes is None:
        return
    in_force = submissions_in_force(store, school_year).get(district_id)
    if in_force is None or in_force.submission_id != supersedes:
        said = f"it is {in_force.submission_id}" if in_force else "there is none"
        raise SupersedesError(f"{supersedes} is not the submission in force of district {district_id}; {said}")


def _keep(store: Store, path: Path, lend: Callable[[Path], Path]) -> ReceivedFile | Notice:
    """Copy a file into the store under its hash; hashed twice, so that a file that changes meanwhile is not kept.

    A file that is too large, or a text whose line has no end, is not kept at all: then the reason is given.
    """
    if not stat.S_ISREG(path.lstat().st_mode):
        raise OSError(errno.EINVAL, "not a regular file", str(path))
    with os.fdopen(os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK), "rb") as source:
        before = os.fstat(source.fileno())
        if before.st_nlink > 1:
            raise OSError(errno.EMLINK, "a file of more than one name", str(path))
        name = _printable(path.name)
        try:
            sha256 = _hash(source, before.st_size)
        except Problems as problems:
            return words(name, *problems.found[0])
        source.seek(0)
        copied = hashlib.sha256()
        with lend(store.bytes_of(sha256)).open("wb") as target:
            while chunk := source.read(_CHUNK):
                copied.update(chunk)
                target.write(chunk)
            if copied.hexdigest() != sha256 or os.fstat(source.fileno()).st_mtime_ns != before.st_mtime_ns:
                raise OSError(errno.ESTALE, "the file changed while it was copied", str(path))
            return ReceivedFile(name, sha256, target.tell())


def _hash(source: BinaryIO, size: int) -> str:
    """Hash a file, and stop at once where no copy of it is needed to refuse it."""
    if size > USUAL.file_bytes:
        raise Problems(("FIL-002", f"The file has {size:,} bytes; we read files of up to {USUAL.file_bytes:,}."))
    hashed, may_be_text = hashlib.sha256(), None
    while chunk := source.read(_CHUNK):
        if may_be_text is None:
            may_be_text = not chunk.startswith((GZIP, ZIP, PARQUET)) and b"\0" not in chunk[:8]
        if may_be_text and len(chunk) == _CHUNK and b"\n" not in chunk and b"\r" not in chunk:
            raise Problems(("FIL-010", f"A line is longer than {_CHUNK:,} bytes; we read up to {USUAL.line_bytes:,}."))
        hashed.update(chunk)
    return hashed.hexdigest()


@dataclass(frozen=True)
class _Parcel:
    """What was sent together, with archives replaced by what they hold.

    `said` is what the descriptor says, and `descriptor` its hash.
    """

    files: tuple[ReceivedFile, ...]
    notices: list[Notice]
    said: Descriptor
    descriptor: str | None


def _unpack(store: Store, kept: Sequence[ReceivedFile | Notice]) -> _Parcel:
    """Look into the archives, and hold the files against the descriptor, if there is one."""
    files, notices = [], [one for one in kept if isinstance(one, Notice)]
    not_kept = [ReceivedFile(one.file, "", 0) for one in notices]
    for file in (one for one in kept if isinstance(one, ReceivedFile)):
        try:
            files += _members(store, file)
        except Problems as problems:
            files.append(file)
            notices += [words(file.name, *problem) for problem in problems.found]
    descriptors = [file for file in files if file.name == DESCRIPTOR]
    files = [file for file in files if file.name != DESCRIPTOR]
    if not descriptors:
        return _Parcel((*files, *not_kept), notices, Descriptor({}), None)
    said = Descriptor({})
    try:
        if len(descriptors) > 1:
            raise ValueError(f"there are {len(descriptors):,} of them")
        with _opened(store, descriptors[0]) as file:
            said = packages.read_descriptor(file)
        wrong = [notice("SUB-011", sentence) for sentence in packages.differences(said.files, files)]
    except ValueError as error:
        wrong = [notice("SUB-012", f"{DESCRIPTOR} was not understood: {error}.")]
    if not wrong:
        files = [replace(file, is_whole=said.files[file.name].sha256 is not None) for file in files]
    return _Parcel((*files, *not_kept), notices + wrong, said, descriptors[0].sha256)


def _members(store: Store, file: ReceivedFile) -> list[ReceivedFile]:
    """Give the files that an archive holds; a file that is no archive is itself."""
    with store.bytes_of(file.sha256).open("rb") as kept:
        if archive := packages.archive_in(kept):
            return [
                ReceivedFile(one.name, one.sha256, one.bytes, archive=file.sha256) for one in packages.members(archive)
            ]
    return [file]


@contextmanager
def _opened(store: Store, file: ReceivedFile) -> Iterator[BinaryIO]:
    """Open a file of a submission, where it stands or in its archive."""
    with store.bytes_of(file.archive or file.sha256).open("rb") as kept:
        yield packages.archive_in(kept).open(file.name) if file.archive else kept


def _printable(name: str) -> str:
    return "".join(character if character.isprintable() else "�" for character in name)


def _identify(files: Sequence[ReceivedFile], district_id: str, school_year: int, mapping: str | None) -> str:
    content = "\n".join([*sorted(file.sha256 or file.name for file in files), mapping or ""])
    return f"{school_year}-{district_id}-{hashlib.sha256(content.encode()).hexdigest()[:12]}"


def _examine(
    store: Store, parcel: _Parcel, mapping: Mapping | None, district_id: str, school_year: int
) -> tuple[tuple[ReceivedFile, ...], list[Notice]]:
    notices = parcel.notices + _wrong_files(parcel.files, mapping)
    spoiled = {one.file for one in parcel.notices}
    examined, named = [], Identifiers(len(parcel.files) > 1)
    for file in parcel.files:
        if file.name in spoiled:
            examined.append(file)
            continue
        try:
            table = _table(store, file)
        except Refused as refused:
            notices += refused.notices
        else:
            found = check(table, mapping, district_id=district_id, school_year=school_year)
            if not found:
                found = named.add(table, mapping)
            said = parcel.said.files.get(file.name)
            if said and said.rows not in (None, table.rows):
                found.append(notice("SUB-011", f"The file has {table.rows:,} rows; {said.rows:,} are declared.", table))
            notices += [*table.notices, *found]
            file = replace(file, rows=table.rows)
        examined.append(file)
    return tuple(examined), in_order(notices + named.lost_zeros())


def _wrong_files(files: tuple[ReceivedFile, ...], mapping: Mapping | None) -> list[Notice]:
    if mapping:
        seen = f"The submission has {len(files):,} files; the mapping {mapping.name} expects 1."
        return [notice("SUB-003", seen)] if len(files) != 1 else []
    if not files:
        return [notice("SUB-003", f"The submission holds no file but {DESCRIPTOR}.")]
    collections = Counter(filter(None, (collection_of(file.name) for file in files)))
    return [
        notice("SUB-003", f"{count:,} files hold the collection {name}; we expected 1.", collection=name)
        for name, count in collections.items()
        if count > 1
    ]


def _table(store: Store, file: ReceivedFile) -> Table:
    with _opened(store, file) as opened:
        return read(opened, file.name, is_whole=file.is_whole)


# --- finding and opening


def find_submissions(folder: Path, mapping: str | None = None) -> tuple[list[Found], list[tuple[Path, str]]]:
    """Find the submissions in a folder, in the order of their names, and the files left alone, with the reason.

    With a mapping, each file that its pattern names (or `folder` itself, being such a file) is one submission. Without,
    the files of `<folder>/<school_year>/<district_id>/` are one for each district and year: `<collection>.csv`, or of
    another kind that we read, archives of such files, and `datapackage.json`.
    """
    if mapping is None:
        return _find_standard(folder)
    declared, found, skipped = load(mapping), [], []
    for path in [folder] if folder.is_file() else sorted(folder.iterdir()):
        if path.is_symlink() or not path.is_file():
            skipped.append((path, "it is not a regular file"))
        elif submission := declared.submission_of(path.name):
            found.append(Found((path,), *submission))
        else:
            skipped.append((path, f"its name is not one that the mapping {mapping} reads"))
    return found, skipped


def _find_standard(folder: Path) -> tuple[list[Found], list[tuple[Path, str]]]:
    together, skipped = {}, []
    for path in sorted(path for path in folder.rglob("*") if not path.is_dir()):
        place = path.relative_to(folder).parts
        if path.is_symlink() or not path.is_file():
            skipped.append((path, "it is not a regular file"))
        elif len(place) != 3 or not re.fullmatch(r"\d{4}", place[0]) or not _DISTRICT_ID.fullmatch(place[1]):
            skipped.append(
                (path, f"it does not stand in a folder {folder.absolute().name}/<school_year>/<district_id>")
            )
        elif collection_of(path.name) is None and path.name != DESCRIPTOR and path.suffix != ".zip":
            skipped.append((path, "its name is not the name of a collection"))
        else:
            together.setdefault((place[1], int(place[0])), []).append(path)
    return [Found(tuple(paths), *submission) for submission, paths in together.items()], skipped


def open_submission(store: Store, submission: Submission) -> list[OpenedFile]:
    """Read the files of a submission from the store again, after comparing their hashes, and give their records.

    Raises DamagedError where the bytes are not those received, and Refused where they no longer pass the gate.
    """
    mapping = load(submission.mapping) if submission.mapping else None
    opened = []
    for file in submission.files:
        sha256 = file.archive or file.sha256
        with store.bytes_of(sha256).open("rb") as kept:
            if hashlib.file_digest(kept, "sha256").hexdigest() != sha256:
                raise DamagedError(f"the bytes of {file.name} in {submission.submission_id} have changed in the store")
        table = _table(store, file)
        found = check(table, mapping, district_id=submission.district_id, school_year=submission.school_year)
        if found:
            raise Refused(found)
        opened.append(OpenedFile(file, table.notices, tuple(records(table, mapping))))
    return opened


def submissions_in_force(store: Store, school_year: int) -> dict[str, Submission]:
    """Give the submission in force of each district: the last received that was not refused, at the door or later."""
    standing: dict[str, Submission] = {}
    for event in events(store):
        if event["event"] == RECEIVED and event["school_year"] == school_year:
            standing[event["submission_id"]] = submission_of(event)
        elif event["event"] == REFUSED:
            standing.pop(event["submission_id"], None)
    in_order_of_receipt = sorted(standing.values(), key=lambda submission: submission.sequence)
    return dict(sorted({submission.district_id: submission for submission in in_order_of_receipt}.items()))


def school_years(store: Store) -> list[int]:
    """Name the school years for which anything was ever received."""
    return sorted({event["school_year"] for event in events(store) if event["event"] == RECEIVED})


# --- the ledger


def record_event(store: Store, event: str, **facts: Any) -> int:
    """Append what happened to the ledger and give its sequence number. `facts` must hold no value of a student."""
    with _locked(store) as ledger:
        return _append(store, ledger, event, facts, None)["sequence"]


_read_before: dict[Path, tuple[int, bytes, list[dict]]] = {}
_reading = threading.Lock()


def events(store: Store) -> list[dict[str, Any]]:
    """Give every event of the ledger, in order. A last line that was never finished is no event.

    Only the lines added since the last call are read, as long as the last line of that call stands where it stood.
    """
    with _reading:
        try:
            file = store.ledger.open("rb")
        except FileNotFoundError:
            return []
        with file:
            offset, last, known = _read_before.get(store.ledger, (0, b"", []))
            file.seek(offset - len(last))
            if file.read(len(last)) != last:
                offset, last, known = 0, b"", []
                file.seek(0)
            lines = file.read().splitlines(keepends=True)
        if lines and not lines[-1].endswith(b"\n"):
            lines.pop()
        if lines:
            known = known + [json.loads(line) for line in lines]
            _read_before[store.ledger] = offset + sum(map(len, lines)), lines[-1], known
        return list(known)


@contextmanager
def _locked(store: Store) -> Iterator[int]:
    """Hold the ledger alone, with the remains of a line that was never finished cut off."""
    make_private(store.received)
    ledger = os.open(store.ledger, os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o600)
    try:
        fcntl.flock(ledger, fcntl.LOCK_EX)
        end = os.fstat(ledger).st_size
        while end:
            start = max(0, end - _CHUNK)
            tail = os.pread(ledger, end - start, start)
            end = start + tail.rfind(b"\n") + 1
            if b"\n" in tail:
                break
        os.truncate(ledger, end)
        if not end:
            flush(store.received)
        yield ledger
    finally:
        os.close(ledger)


def _append(store: Store, ledger: int, event: str, facts: dict[str, Any], at: str | None) -> dict[str, Any]:
    """Write one line and wait until it is on the disk: this is the moment from which the event has happened."""
    before = events(store)
    line = {
        "sequence": before[-1]["sequence"] + 1 if before else 1,
        "event": event,
        "at": at or datetime.now(UTC).isoformat(timespec="seconds"),
        **facts,
    }
    size = os.fstat(ledger).st_size
    try:
        with os.fdopen(os.dup(ledger), "ab") as file:
            file.write(json.dumps(line, ensure_ascii=False).encode() + b"\n")
        os.fsync(ledger)
    except OSError:
        os.truncate(ledger, size)
        raise
    return line


def _standing(store: Store, submission_id: str) -> dict[str, Any] | None:
    """Find the last event that took a submission in or refused it, at the door or later; None where there is none."""
    for event in reversed(events(store)):
        if event.get("submission_id") == submission_id and event["event"] in (RECEIVED, REFUSED):
            return event
    return None


def submission_of(event: dict[str, Any]) -> Submission:
    """Give the submission that an event at the door is about."""
    facts = {name: event[name] for name in ("submission_id", "district_id", "school_year", "mapping", "sequence")}
    files = tuple(ReceivedFile(**file) for file in event["files"])
    return Submission(**facts, received_at=event["at"], files=files, simulated=event.get("simulated", False))


def _receipt(store: Store, event: dict[str, Any], status: str) -> Receipt:
    """Give the receipt of an event at the door, and see that it is in its place in the store."""
    notices = tuple(Notice(**one) for one in event["notices"])
    receipt = Receipt(**vars(submission_of(event)), status=event["event"], notices=notices)
    path = store.receipts / f"{receipt.submission_id}.json"
    content = json.dumps(asdict(receipt), ensure_ascii=False, indent=2) + "\n"
    if not path.is_file() or path.read_text() != content:
        with write_atomically(path) as part:
            part.write_text(content)
    return replace(receipt, status=status)
