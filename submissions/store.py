"""The folders of a home, and the one way to put a file into them.

No knowledge of what the files mean belongs here. Everything below a home is private: folders are 0700 and files 0600
whatever the umask of the caller, and a file is either there whole, and on the disk, or not there.
"""

import ctypes
import os
import secrets
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

_SYNCFS = getattr(ctypes.CDLL(None, use_errno=True), "syncfs", None)
"""The call of Linux that flushes one file system; where there is none, all are flushed."""


@dataclass(frozen=True)
class Store:
    """The home folder of one state."""

    root: Path

    @property
    def received(self) -> Path:
        return self.root / "received"

    @property
    def bytes_received(self) -> Path:
        return self.received / "bytes"

    @property
    def ledger(self) -> Path:
        return self.received / "ledger.jsonl"

    @property
    def receipts(self) -> Path:
        return self.received / "receipts"

    @property
    def pseudonym_key(self) -> Path:
        return self.root / "private" / "pseudonym.key"

    @property
    def identity(self) -> Path:
        return self.root / "private" / "identity"

    @property
    def accepted(self) -> Path:
        return self.root / "accepted"

    @property
    def quarantine(self) -> Path:
        return self.root / "quarantine"

    @property
    def feedback(self) -> Path:
        return self.root / "feedback"

    @property
    def manifest(self) -> Path:
        return self.root / "manifest"

    def bytes_of(self, sha256: str) -> Path:
        """Name the place of the bytes with this hash, there or not."""
        return self.bytes_received / sha256[:2] / sha256


def make_private(folder: Path) -> Path:
    """Make the folder and those above it that are missing, each 0700."""
    if not folder.is_dir():
        make_private(folder.parent)
        folder.mkdir(mode=0o700, exist_ok=True)
    return folder


@contextmanager
def write_atomically(path: Path) -> Iterator[Path]:
    """Lend an empty file beside `path` to write into; on leaving, flush it to the disk and give it the name `path`.

    When the block raises, nothing is left behind and what stood at `path` before still stands.
    """
    make_private(path.parent)
    descriptor, name = tempfile.mkstemp(prefix=".part-", dir=path.parent)
    os.close(descriptor)
    part = Path(name)
    try:
        yield part
        flush(part)
        part.replace(path)
    except BaseException:
        part.unlink(missing_ok=True)
        raise
    flush(path.parent)


@contextmanager
def write_together(root: Path) -> Iterator[Callable[..., Path]]:
    """Lend a function that lends files as `write_atomically` does; on leaving, all get their names, after one flush.

    A file is empty, or has the content that is given with its name. All stand on the file system of `root`. To flush
    them one by one takes twenty times as long.
    """
    parts: dict[Path, Path] = {}

    def lend(path: Path, content: bytes = b"") -> Path:
        part = make_private(path.parent) / f".part-{secrets.token_hex(8)}"
        descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        parts[part] = path
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
        return part

    try:
        yield lend
        if parts:
            flush_all(root)
        for part, path in parts.items():
            part.replace(path)
    except BaseException:
        for part in parts:
            part.unlink(missing_ok=True)
        raise
    if parts:
        flush_all(root)


def flush_all(root: Path) -> None:
    """Wait until all that was written to the file system of `root` is on the disk."""
    if _SYNCFS is None:
        os.sync()
        return
    make_private(root)
    descriptor = os.open(root, os.O_RDONLY)
    try:
        if _SYNCFS(descriptor):
            code = ctypes.get_errno()
            raise OSError(code, os.strerror(code), str(root))
    finally:
        os.close(descriptor)


def flush(path: Path) -> None:
    """Wait until the file, or the names in the folder, are on the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
