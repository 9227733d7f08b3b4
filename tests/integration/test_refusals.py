"""A file that can not be what it says gets a clear sentence and a refusal, and changes no published number."""

import gzip
import json
import shutil

import pytest

from tests.integration.conftest import Waymark

FINGERPRINT = """
select md5(string_agg(result::varchar, '' order by result::varchar)) from publication.pub_indicator_results as result
"""


@pytest.fixture
def copy(districts: Waymark, tmp_path) -> Waymark:
    """A copy of the home of three districts, to be spoiled."""
    shutil.copytree(districts.home, tmp_path / "home", symlinks=True)
    return Waymark(tmp_path / "home")


@pytest.fixture
def export(sgpdata) -> str:
    return gzip.decompress((sgpdata / "2024-2025_district_470.csv.gz").read_bytes()).decode()


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


def test_spoiled_files_are_refused_in_words_and_change_nothing(copy, export, tmp_path):
    before = copy.query(FINGERPRINT)
    for spoil, said in SPOILED.items():
        file = tmp_path / "2024-2025_district_470.csv"
        file.write_text(spoil(export))
        result = copy("receive", file, "--mapping", "sgpdata")
        told = " ".join(result.stdout.split())
        assert result.returncode == 1, spoil.__name__
        assert "Traceback" not in result.stdout + result.stderr
        for words in said:
            assert words in told, spoil.__name__
        last = json.loads((copy.home / "received/ledger.jsonl").read_text().splitlines()[-1])
        assert last["event"] == "refused"
        receipt = json.loads((copy.home / "received/receipts" / f"{last['submission_id']}.json").read_text())
        assert receipt["status"] == "refused"
    copy.done("run")
    assert copy.query(FINGERPRINT) == before
