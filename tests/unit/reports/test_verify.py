"""What `waymark verify` finds: any byte that changed, any file that came or went, and a proof that does not hold."""

import random
import socket
from pathlib import Path

import pytest
from typer.testing import CliRunner

from orchestration.cli import app
from reports.statement import CHECKSUMS, write_checksums, write_statement
from reports.verify import verify_release


@pytest.fixture
def release(tmp_path: Path) -> Path:
    """A folder of three files with their checksums, not signed."""
    folder = tmp_path / "1.0.0"
    (folder / "data").mkdir(parents=True)
    for place, name in enumerate(("README.md", "data/values.csv", "data/numbers.parquet")):
        (folder / name).write_bytes(random.Random(place).randbytes(300))
    write_checksums(folder)
    return folder


def test_an_untouched_release_holds(release: Path) -> None:
    assert verify_release(release) == []


@pytest.mark.parametrize("is_signed", [False, True])
def test_any_flipped_byte_is_found(release: Path, is_signed: bool) -> None:
    if is_signed:
        write_statement(release, "1.0.0", [], bytes(range(32)))
        write_checksums(release)
    luck = random.Random(11)
    files = [path for path in sorted(release.rglob("*")) if path.is_file()]
    assert len(files) == (6 if is_signed else 4)
    for path in files:
        before = path.read_bytes()
        for place in {0, len(before) - 1, *luck.sample(range(len(before)), 40)}:
            spoiled = bytearray(before)
            spoiled[place] ^= luck.randrange(1, 256)
            path.write_bytes(spoiled)
            assert verify_release(release), (path.name, place)
        path.write_bytes(before)
    assert verify_release(release) == []


def test_a_file_that_is_gone_new_or_a_link_is_named(release: Path) -> None:
    (release / "README.md").unlink()
    (release / "more.csv").write_text("x")
    (release / "data" / "values.csv").unlink()
    (release / "data" / "values.csv").symlink_to("numbers.parquet")
    assert verify_release(release) == [
        "README.md is not there.",
        "more.csv is not part of the release.",
        "data/values.csv is not a regular file.",
    ]


def test_a_release_without_its_list_of_checksums_does_not_hold(release: Path) -> None:
    (release / CHECKSUMS).unlink()
    assert verify_release(release) == ["checksums.sha256 is not there."]


def test_another_key_than_the_one_that_is_trusted_is_not_believed(release: Path, tmp_path: Path) -> None:
    write_statement(release, "1.0.0", [], bytes(range(32)))
    write_checksums(release)
    trusted = tmp_path / "trusted.pem"
    trusted.write_bytes((release / "signing-key.pub.pem").read_bytes())
    assert verify_release(release, trusted) == []
    write_statement(release, "1.0.0", [], bytes(range(1, 33)))
    write_checksums(release)
    assert verify_release(release) == []
    assert verify_release(release, trusted) != []


def test_an_unsigned_release_does_not_hold_for_who_asks_for_a_signature(release: Path, tmp_path: Path) -> None:
    (tmp_path / "trusted.pem").write_text("no key")
    assert verify_release(release, tmp_path / "trusted.pem") != []


def test_the_command_answers_in_sentences_and_codes_and_opens_no_connection(
    release: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("a connection was opened")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    told = CliRunner().invoke(app, ["verify", str(release)])
    assert (told.exit_code, told.output.strip()) == (0, "Everything in the release holds.")
    (release / "README.md").write_text("Changed")
    told = CliRunner().invoke(app, ["verify", str(release)])
    assert told.exit_code == 1
    assert "README.md has been changed." in told.output
    assert CliRunner().invoke(app, ["verify", str(release / "nowhere")]).exit_code == 3
