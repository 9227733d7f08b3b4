"""What anyone can check of a release with nothing but its folder: every byte, the signature, and the proofs of hiding.

Needs no network and no solver. Says what is wrong in sentences, or nothing.
"""

import hashlib
import re
from pathlib import Path

from reports.proofs import check_certificates
from reports.statement import CHECKSUMS, ENVELOPE, check_statement

LINE = re.compile(r"([0-9a-f]{64})  (\S.*)")


def verify_release(release: Path, trusted_key: Path | None = None) -> list[str]:
    """Check a release folder and say in sentences what does not hold; an empty list says that everything does."""
    if not (release / CHECKSUMS).is_file():
        return [f"{CHECKSUMS} is not there."]
    faults = check_files(release)
    if (release / ENVELOPE).exists() or trusted_key:
        faults += [fault for fault in check_statement(release, trusted_key) if fault not in faults]
    return faults or check_certificates(release)


def check_files(release: Path) -> list[str]:
    """Hash every file anew and hold it against `checksums.sha256`, which must list all of them and nothing else."""
    lines = (release / CHECKSUMS).read_text("utf-8", "replace").split("\n")
    listed = {match[2]: match[1] for match in map(LINE.fullmatch, lines[:-1]) if match}
    if len(listed) != len(lines) - 1 or lines[-1]:
        return [f"{CHECKSUMS} is not written as it was."]
    found = {
        path.relative_to(release).as_posix(): path
        for path in sorted(release.rglob("*"))
        if not path.is_dir() and path != release / CHECKSUMS
    }
    faults = [f"{name} is not there." for name in sorted(listed.keys() - found.keys())]
    faults += [f"{name} is not part of the release." for name in sorted(found.keys() - listed.keys())]
    for name in sorted(listed.keys() & found.keys()):
        if found[name].is_symlink() or not found[name].is_file():
            faults.append(f"{name} is not a regular file.")
        elif hashlib.sha256(found[name].read_bytes()).hexdigest() != listed[name]:
            faults.append(f"{name} has been changed.")
    return faults
