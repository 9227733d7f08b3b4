"""The signed statement: it holds of what was signed, of nothing else, and is the same whenever it is made."""

import base64
import json
import random
import shutil
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import load_pem_public_key

from reports import statement
from reports.statement import (
    CHECKSUMS,
    ENVELOPE,
    PUBLIC_KEY,
    check_statement,
    read_statement,
    write_checksums,
    write_statement,
)

KEY, OTHER_KEY = bytes(range(32)), bytes(range(1, 33))
MADE_OF = [{"name": "code", "digest": {"sha256": "0" * 64}}]


@pytest.fixture
def signed(tmp_path: Path) -> Path:
    """A folder of three files, signed."""
    folder = tmp_path / "1.0.0"
    (folder / "data").mkdir(parents=True)
    for place, name in enumerate(("README.md", "data/values.csv", "data/values.parquet")):
        (folder / name).write_bytes(random.Random(place).randbytes(200))
    write_statement(folder, "1.0.0", MADE_OF, KEY)
    write_checksums(folder)
    return folder


def test_what_was_signed_holds(signed: Path):
    assert check_statement(signed) == []


def test_any_flipped_bit_of_any_file_is_found(signed: Path):
    luck, files = random.Random(7), sorted(path for path in signed.rglob("*") if path.is_file())
    assert {path.name for path in files} >= {ENVELOPE, PUBLIC_KEY, CHECKSUMS}
    for path in files:
        before = path.read_bytes()
        for place in {0, len(before) - 1, *luck.sample(range(len(before)), min(60, len(before)))}:
            spoiled = bytearray(before)
            spoiled[place] ^= 1 << luck.randrange(8)
            path.write_bytes(spoiled)
            assert check_statement(signed), (path.name, place)
        path.write_bytes(before)
    assert check_statement(signed) == []


def test_a_file_that_stands_in_two_folders_is_read_once_and_named_twice(signed: Path, monkeypatch: pytest.MonkeyPatch):
    (signed / "site").mkdir()
    (signed / "site" / "README.md").hardlink_to(signed / "README.md")
    read, sha256_of = [], statement.sha256_of
    monkeypatch.setattr(statement, "sha256_of", lambda path: read.append(path.name) or sha256_of(path))
    write_checksums(signed, write_statement(signed, "1.0.0", MADE_OF, KEY))
    assert sorted(read) == sorted(["README.md", "values.csv", "values.parquet", ENVELOPE, PUBLIC_KEY])
    assert check_statement(signed) == []
    listed = dict(line.split("  ")[::-1] for line in (signed / CHECKSUMS).read_text().splitlines())
    assert listed["site/README.md"] == listed["README.md"] == sha256_of(signed / "README.md")
    (signed / "site" / "README.md").write_bytes(b"x")
    assert {"README.md has been changed.", "site/README.md has been changed."} <= {*check_statement(signed)}


def test_a_file_that_is_gone_added_or_replaced_is_named(signed: Path):
    (signed / "README.md").unlink()
    (signed / "data" / "more.csv").write_text("x")
    (signed / "data" / "values.csv").write_text("x")
    assert check_statement(signed)[:3] == [
        "README.md is not there.",
        "data/more.csv is not part of what was signed.",
        "data/values.csv has been changed.",
    ]


def test_a_link_in_the_place_of_a_file_is_found(signed: Path, tmp_path: Path):
    kept = tmp_path / "kept"
    shutil.move(signed / "README.md", kept)
    (signed / "README.md").symlink_to(kept)
    assert "README.md has been changed." in check_statement(signed)


def test_a_release_signed_anew_by_someone_else_holds_only_without_the_key_one_trusts(signed: Path, tmp_path: Path):
    trusted = tmp_path / "state.pem"
    shutil.copy(signed / PUBLIC_KEY, trusted)
    assert check_statement(signed, trusted) == []
    (signed / "README.md").write_text("forged")
    write_statement(signed, "1.0.0", MADE_OF, OTHER_KEY)
    write_checksums(signed)
    assert check_statement(signed) == []
    assert check_statement(signed, trusted) == [
        "The signature does not hold: the statement is not what the owner of this key signed."
    ]


def test_the_same_files_and_key_give_the_same_bytes(signed: Path):
    before = (signed / ENVELOPE).read_bytes()
    write_statement(signed, "1.0.0", MADE_OF, KEY)
    assert (signed / ENVELOPE).read_bytes() == before


def test_it_is_an_in_toto_statement_in_a_dsse_envelope(signed: Path):
    envelope = json.loads((signed / ENVELOPE).read_text())
    payload = base64.b64decode(envelope["payload"])
    public = load_pem_public_key((signed / PUBLIC_KEY).read_bytes())
    assert isinstance(public, Ed25519PublicKey)
    head = f"DSSEv1 28 application/vnd.in-toto+json {len(payload)} ".encode()
    public.verify(base64.b64decode(envelope["signatures"][0]["sig"]), head + payload)
    statement = read_statement(signed)
    assert statement["_type"] == "https://in-toto.io/Statement/v1"
    assert [one["name"] for one in statement["subject"]] == ["README.md", "data/values.csv", "data/values.parquet"]
    assert statement["predicate"]["buildDefinition"]["resolvedDependencies"] == MADE_OF
