"""The key by which the state signs its releases: one private file of the home, made the first time it is needed.

How a release is signed is said in `reports.statement`. No message names what stands in the file.
"""

import secrets

from orchestration.settings import CannotRunError, Home
from submissions.store import write_atomically


def signing_key(place: Home) -> bytes:
    """Give the 32 bytes of the private key; a file that holds none is told, never replaced."""
    path = place.root / "private" / "signing.key"
    if not path.exists():
        with write_atomically(path) as part:
            part.write_text(secrets.token_hex(32) + "\n", encoding="ascii")
    try:
        key = bytes.fromhex(path.read_text(encoding="ascii"))
    except ValueError:
        key = b""
    if len(key) != 32:
        raise CannotRunError(f"{path} does not hold a key; bring it back from a backup.")
    path.chmod(0o600)
    return key
