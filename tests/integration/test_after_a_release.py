"""A home that has published: what can not be what it says is refused, and a build would publish the same again."""

import gzip
import json
import shutil

import pytest

from tests.integration.conftest import FINGERPRINT, Waymark

EXPORT = "2024-2025_district_470.csv.gz"


@pytest.fixture(scope="module")
def again(small_state, tmp_path_factory) -> Waymark:
    """A copy of the home of the small state, to be worked in once more."""
    return Waymark(shutil.copytree(small_state.home, tmp_path_factory.mktemp("again") / "home", symlinks=True))


@pytest.fixture
def export(sgpdata) -> str:
    return gzip.decompress((sgpdata / EXPORT).read_bytes()).decode()


def truncated(export: str) -> str:
    return export[:-9]


def renamed_column(export: str) -> str:
    return export.replace("SCALE_SCORE", "SCALESCORE", 1)


def wrong_district(export: str) -> str:
    return export.replace(",470,", ",1040,")


SPOILED = {
    truncated: ["29,083", "does not end in a line break", "cut short"],
    renamed_column: ["SCALE_SCORE", "SCALESCORE"],
    wrong_district: ["1040", "470"],
}


def test_spoiled_files_are_refused_in_words(again, export, tmp_path):
    for spoil, said in SPOILED.items():
        file = tmp_path / "2024-2025_district_470.csv"
        file.write_text(spoil(export))
        result = again("receive", file, "--mapping", "sgpdata")
        told = " ".join(result.stdout.split())
        assert result.returncode == 1, spoil.__name__
        assert "Traceback" not in result.stdout + result.stderr
        for words in said:
            assert words in told, spoil.__name__
        last = json.loads((again.home / "received/ledger.jsonl").read_text().splitlines()[-1])
        assert last["event"] == "refused"
        receipt = json.loads((again.home / "received/receipts" / f"{last['submission_id']}.json").read_text())
        assert receipt["status"] == "refused"


def test_a_build_after_a_release_and_refused_files_would_publish_the_same_again(again, small_state):
    """What was refused changes no number, and what the ledger keeps hidden asks for nothing more to be hidden."""
    again.done("run")
    assert again.query(FINGERPRINT) == small_state.query(FINGERPRINT)
    assert "holds these data already" in again.done("publish").stdout
