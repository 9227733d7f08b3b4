"""A planted name, looked for everywhere that is not private."""

import gzip
import stat

from tests.integration.conftest import PLANTED_ID, PLANTED_NAME

PRIVATE = ("received/bytes", "private")


def test_a_planted_student_appears_nowhere_outside_the_private_folders(small_state):
    contents = {path.relative_to(small_state.home): path for path in small_state.home.rglob("*") if path.is_file()}
    contents = {str(place): path.read_bytes() for place, path in contents.items()}
    contents |= {place: gzip.decompress(packed) for place, packed in contents.items() if place.endswith(".gz")}
    holds = {place for place, content in contents.items() if PLANTED_NAME in content or PLANTED_ID in content}
    assert any(place.startswith("received/bytes") for place in holds)
    assert [place for place in holds if not place.startswith(PRIVATE)] == []
    for looked_through in (
        "dagster/",
        "operations/",
        "releases/",
        "feedback/",
        "warehouse/",
        "received/ledger",
        "received/receipts",
    ):
        assert any(place.startswith(looked_through) for place in contents), looked_through


def test_the_planted_student_has_a_finding_and_a_place_in_the_identity_table(small_state):
    findings = "".join(path.read_text() for path in small_state.home.glob("feedback/*0101*/findings.csv"))
    assert "STU-003" in findings
    assert list((small_state.home / "private/identity").rglob("0101.parquet"))


def test_the_home_is_closed_to_others(small_state):
    assert stat.S_IMODE(small_state.home.stat().st_mode) == 0o700
    for folder in ("received", "private", "accepted", "feedback", "warehouse", "dagster", "operations"):
        assert stat.S_IMODE((small_state.home / folder).stat().st_mode) == 0o700
    key = small_state.home / "private/pseudonym.key"
    assert stat.S_IMODE(key.stat().st_mode) == 0o600
