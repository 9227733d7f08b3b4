"""The signed statement of a release: what it holds and what it was made of, as checksums under one signature.

An in-toto Statement v1 with SLSA's provenance predicate, in a DSSE envelope signed by Ed25519. Making and checking need
no network; the signature of the same bytes is the same bytes. Where the private key lives is not known here.
"""

import base64
import hashlib
import json
import os
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_public_key

ENVELOPE, PUBLIC_KEY, CHECKSUMS = "statement.dsse.json", "signing-key.pub.pem", "checksums.sha256"
PAYLOAD_TYPE = "application/vnd.in-toto+json"
BUILD, BUILDER = "urn:waymark:release:v1", "urn:waymark:builder:v1"
_OUTSIDE = (ENVELOPE, PUBLIC_KEY, CHECKSUMS)
"""The files that speak of all others, and so cannot be among them."""


def write_statement(release: Path, version: str, made_of: Sequence[Mapping], key: bytes) -> dict[str, str]:
    """Sign the files of a release and what they were made of, with the 32 bytes of a private key.

    `made_of` lists resource descriptors: `name` and `digest`. The public key goes into the release. Give the checksum
    of each file that is signed.
    """
    signer = Ed25519PrivateKey.from_private_bytes(key)
    public, files = signer.public_key(), _files(release)
    statement = {
        "_type": "https://in-toto.io/Statement/v1",
        "subject": [{"name": name, "digest": {"sha256": sha256}} for name, sha256 in files.items()],
        "predicateType": "https://slsa.dev/provenance/v1",
        "predicate": {
            "buildDefinition": {
                "buildType": BUILD,
                "externalParameters": {"version": version},
                "resolvedDependencies": list(made_of),
            },
            "runDetails": {"builder": {"id": BUILDER}},
        },
    }
    payload = _canonical(statement)
    signature = {"keyid": key_id(public), "sig": _base64(signer.sign(_signed(payload)))}
    envelope = {"payload": _base64(payload), "payloadType": PAYLOAD_TYPE, "signatures": [signature]}
    (release / ENVELOPE).write_bytes(_canonical(envelope) + b"\n")
    (release / PUBLIC_KEY).write_bytes(_pem(public))
    return files


def write_checksums(release: Path, known: Mapping[str, str] | None = None) -> None:
    """List the checksum of every file, in the form that `sha256sum -c` reads; those that are `known` are not read."""
    (release / CHECKSUMS).write_text(_checksums(release, known), encoding="utf-8")


def read_statement(release: Path) -> dict:
    """Give the statement of a release, whether it holds or not."""
    return json.loads(base64.b64decode(json.loads((release / ENVELOPE).read_bytes())["payload"]))


def check_statement(release: Path, trusted_key: Path | None = None) -> list[str]:
    """Say in sentences what in a release is not as it was signed; an empty list says that every byte is.

    Without `trusted_key` the key that came with the release is used: that shows damage, but only a key that you have
    from elsewhere shows who signed.
    """
    try:
        public = load_pem_public_key((trusted_key or release / PUBLIC_KEY).read_bytes())
        if not isinstance(public, Ed25519PublicKey):
            return ["The public key is not an Ed25519 key."]
        envelope_bytes = (release / ENVELOPE).read_bytes()
        envelope = json.loads(envelope_bytes)
        payload = base64.b64decode(envelope["payload"], validate=True)
        [signature] = envelope["signatures"]
        public.verify(base64.b64decode(signature["sig"], validate=True), _signed(payload))
        signed = {one["name"]: one["digest"]["sha256"] for one in json.loads(payload)["subject"]}
    except InvalidSignature:
        return ["The signature does not hold: the statement is not what the owner of this key signed."]
    except (OSError, ValueError, KeyError, TypeError, UnsupportedAlgorithm) as error:
        return [f"The statement cannot be read ({type(error).__name__})."]
    faults = []
    if envelope_bytes != _canonical(envelope) + b"\n" or envelope["payloadType"] != PAYLOAD_TYPE:
        faults.append(f"{ENVELOPE} is not written as it was.")
    if signature["keyid"] != key_id(public):
        faults.append(f"{ENVELOPE} names another key than the one that signed it.")
    if not (release / PUBLIC_KEY).is_file() or (release / PUBLIC_KEY).read_bytes() != _pem(public):
        faults.append(f"{PUBLIC_KEY} is not the key that signed the statement.")
    found = _files(release)
    faults += [f"{name} is not there." for name in sorted(signed.keys() - found.keys())]
    faults += [f"{name} is not part of what was signed." for name in sorted(found.keys() - signed.keys())]
    faults += [f"{name} has been changed." for name in sorted(signed) if found.get(name, signed[name]) != signed[name]]
    if not (release / CHECKSUMS).is_file() or (release / CHECKSUMS).read_text("utf-8", "replace") != _checksums(
        release, found
    ):
        faults.append(f"{CHECKSUMS} does not hold.")
    return faults


def key_id(public: Ed25519PublicKey) -> str:
    """Give the name of a key: the checksum of its 32 bytes."""
    return hashlib.sha256(public.public_bytes(Encoding.Raw, PublicFormat.Raw)).hexdigest()


def sha256_of(path: Path) -> str:
    """Give the checksum of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _files(release: Path, outside: Sequence[str] = _OUTSIDE, known: Mapping[str, str] | None = None) -> dict[str, str]:
    """Give the checksum of every file by its path below the release; a link is no file of a release.

    What stands in two folders as one file is read once, and what is `known` is not read.
    """
    known, found, files = known or {}, {}, {}
    for path in sorted(release.rglob("*")):
        name = path.relative_to(release).as_posix()
        if path.is_symlink() or not (path.is_file() or path.is_dir()):
            found[name] = "not a regular file"
        elif path.is_file() and name not in outside:
            found[name] = known.get(name, "")
            if name not in known:
                there = path.stat()
                files.setdefault((there.st_dev, there.st_ino), []).append(name)
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        read = pool.map(sha256_of, [release / names[0] for names in files.values()])
        for names, sha256 in zip(files.values(), read, strict=True):
            found |= dict.fromkeys(names, sha256)
    return found


def _checksums(release: Path, known: Mapping[str, str] | None) -> str:
    return "".join(f"{sha256}  {name}\n" for name, sha256 in _files(release, (CHECKSUMS,), known).items())


def _signed(payload: bytes) -> bytes:
    """Give the bytes that DSSE signs: the type and the payload, each with its length."""
    kind = PAYLOAD_TYPE.encode()
    return b"DSSEv1 %d %b %d %b" % (len(kind), kind, len(payload), payload)


def _canonical(content: object) -> bytes:
    return json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def _base64(content: bytes) -> str:
    return base64.b64encode(content).decode()


def _pem(public: Ed25519PublicKey) -> bytes:
    return public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
