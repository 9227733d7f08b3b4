"""Files that were sent together: what an archive holds, and what a descriptor (`datapackage.json`) says of the files.

Nothing is unpacked here but as a stream, and what a table means is not known here. A descriptor is the sender's word:
where the files are not what it says, the upload is not complete and no submission.
"""

import hashlib
import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any, BinaryIO

from submissions.containers import CHUNK, GZIP, ZIP, Archive, head_of
from submissions.refusals import USUAL, Limits, Problems

DESCRIPTOR = "datapackage.json"
SUFFIXES = (".csv", ".csv.gz", ".xlsx", ".parquet")
"""The endings of the names of files that we read."""

_IN_ARCHIVES = (".csv", ".parquet", DESCRIPTOR)
_LARGEST_DESCRIPTOR = 2**20


@dataclass(frozen=True)
class Member:
    """A file in an archive."""

    name: str
    sha256: str
    bytes: int


@dataclass(frozen=True)
class Declared:
    """What a descriptor says of a file; None where it says nothing."""

    sha256: str | None
    bytes: int | None
    rows: int | None


@dataclass(frozen=True)
class Descriptor:
    """What a sender says of the files by their names, and whether the records in them are made up."""

    files: dict[str, Declared]
    is_simulated: bool = False


def is_readable(name: str) -> bool:
    """Tell by its name whether a file may be part of a submission."""
    return name == DESCRIPTOR or name.endswith((*SUFFIXES, ".zip"))


# --- archives


def archive_in(file: BinaryIO, limits: Limits = USUAL) -> Archive | None:
    """Open a ZIP archive of files; None where the file is of another kind, an Excel workbook among them."""
    if not head_of(file).startswith(ZIP):
        return None
    archive = Archive(file, limits)
    if archive.is_workbook:
        return None
    archive.prove_plain_files(_IN_ARCHIVES)
    return archive


def members(archive: Archive, limits: Limits = USUAL) -> Iterator[Member]:
    """Hash the files of an archive, one after the other; a further archive among them is refused."""
    for name in archive.parts:
        stream, hashed, size = archive.open(name), hashlib.sha256(), 0
        while chunk := stream.read(CHUNK):
            if not size and chunk.startswith((ZIP, GZIP)):
                raise Problems(("FIL-026", "The archive holds another archive."))
            hashed.update(chunk)
            size += len(chunk)
            if size > limits.file_bytes:
                raise Problems(("FIL-002", f"A file in the archive has more than {limits.file_bytes:,} bytes."))
        yield Member(name, hashed.hexdigest(), size)


# --- descriptors


def read_descriptor(file: BinaryIO) -> Descriptor:
    """Read what a descriptor says, or raise ValueError with what is wrong with it.

    `simulated` is a property of our own, which the standard allows: true where no record is of a real person.
    """
    content = file.read(_LARGEST_DESCRIPTOR + 1)
    if len(content) > _LARGEST_DESCRIPTOR:
        raise ValueError(f"it has more than {_LARGEST_DESCRIPTOR:,} bytes")
    try:
        said = json.loads(content)
        resources = said["resources"]
        found = {_name(one["path"]): _declared(one) for one in resources}
    except (UnicodeDecodeError, json.JSONDecodeError, RecursionError):
        raise ValueError("it is not JSON") from None
    except (KeyError, TypeError, AttributeError):
        raise ValueError("it does not list resources, each with its path") from None
    if not found or len(found) < len(resources):
        raise ValueError("it lists no file, or one twice")
    if not isinstance(is_simulated := said.get("simulated", False), bool):
        raise ValueError("simulated is neither true nor false in it")
    return Descriptor(found, is_simulated)


def _name(path: str) -> str:
    name = PurePosixPath(path)
    if len(name.parts) != 1 or not path.isprintable():
        raise ValueError("a path in it is no plain file name")
    return name.name


def _declared(resource: dict[str, Any]) -> Declared:
    facts = resource.get("stats", {}) | resource
    sha256 = facts.get("sha256", facts.get("hash"))
    if sha256 is not None:
        sha256 = str(sha256).lower().removeprefix("sha256:")
        if not re.fullmatch(r"[0-9a-f]{64}", sha256):
            raise ValueError("a hash in it is no SHA-256")
    counts = [facts.get(name) for name in ("bytes", "rows")]
    if any(count is not None and (type(count) is not int or count < 0) for count in counts):
        raise ValueError("a count in it is no whole number")
    return Declared(sha256, *counts)


def differences(said: dict[str, Declared], files: Sequence[Member]) -> list[str]:
    """Say how the files that came are not those that were declared; nothing where they are."""
    came = {file.name: file for file in files}
    found = [f"{name} is declared and was not sent." for name in said if name not in came]
    found += [f"{name} was sent and is not declared." for name in came if name not in said]
    for name in said.keys() & came.keys():
        if said[name].bytes is not None and said[name].bytes != came[name].bytes:
            found.append(f"{name} has {came[name].bytes:,} bytes; {said[name].bytes:,} are declared.")
        elif said[name].sha256 is not None and said[name].sha256 != came[name].sha256:
            found.append(f"{name} has another SHA-256 than is declared.")
    return sorted(found)
