"""A file that can not be what it says gets a clear sentence and a refusal, and changes no published number."""

import gzip
import json

import pytest

from tests.integration.conftest import FINGERPRINT, Waymark

EXPORT = "2024-2025_district_470.csv.gz"


@pytest.fixture
def home(sgpdata, tmp_path) -> Waymark:
    """A home with one of the real exports, received and run."""
    waymark = Waymark(tmp_path / "home")
    waymark.done("receive", sgpdata / EXPORT, "--mapping", "sgpdata")
    waymark.done("run")
    return waymark


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


def test_spoiled_files_are_refused_in_words_and_change_nothing(home, export, tmp_path):
    before = home.query(FINGERPRINT)
    for spoil, said in SPOILED.items():
        file = tmp_path / "2024-2025_district_470.csv"
        file.write_text(spoil(export))
        result = home("receive", file, "--mapping", "sgpdata")
        told = " ".join(result.stdout.split())
        assert result.returncode == 1, spoil.__name__
        assert "Traceback" not in result.stdout + result.stderr
        for words in said:
            assert words in told, spoil.__name__
        last = json.loads((home.home / "received/ledger.jsonl").read_text().splitlines()[-1])
        assert last["event"] == "refused"
        receipt = json.loads((home.home / "received/receipts" / f"{last['submission_id']}.json").read_text())
        assert receipt["status"] == "refused"
    home.done("run")
    assert home.query(FINGERPRINT) == before
