"""Every rule of the catalogue of submission rules, V001 to V132, has a home here or is not about a submission."""

from pathlib import Path

import polars as pl
import pytest

from expectations.catalogue import SEVERITY as RULES
from expectations.catalogue import rule_of
from submissions import layout, refusals
from submissions.checking import check

AT_THE_DOOR = {
    "V001": ("SUB-011",),
    "V002": ("SUB-005", "SUB-006", "SUB-008"),
    "V004": ("FIL-010", "FIL-016"),
    "V005": ("FIL-006", "FIL-007"),
    "V006": ("SUB-002",),
    "V011": ("SUB-001",),
    "V012": ("SUB-013", "SUB-014"),
}
"""Rules about whole files are asked by the strict gate and by screening, under these codes."""

BY_THE_RECEIPT = {"V007"}
"""The same bytes twice are one submission: the receipt says so, and nothing is found."""

NOT_SENT_BY_ANYONE = {"V019", "V095"}
"""The race of a report and the schools identified for support are worked out here, by versioned rules, from what was
sent; the tests of those models hold them."""

OF_FEDERAL_FILES = {f"V{number:03}" for number in (*range(96, 103), *range(110, 119))}
OF_RELEASES_AND_METRICS = {"V127", "V128", "V129", "V132"}
ALL = {f"V{number:03}" for number in range(1, 133)}

COVERED = {number for code in RULES for number in rule_of(code).catalogue}


@pytest.mark.parametrize(
    "number", sorted(ALL - BY_THE_RECEIPT - NOT_SENT_BY_ANYONE - OF_FEDERAL_FILES - OF_RELEASES_AND_METRICS)
)
def test_a_rule_of_the_catalogue_is_asked(number):
    assert number in COVERED or number in AT_THE_DOOR


def test_no_rule_stands_for_a_number_that_is_elsewhere_or_is_none():
    assert COVERED <= ALL - BY_THE_RECEIPT - NOT_SENT_BY_ANYONE - OF_FEDERAL_FILES - OF_RELEASES_AND_METRICS


def test_the_codes_of_the_door_are_ones_that_it_knows():
    known = {*layout._RULES, *refusals.RULES}

    assert {code for codes in AT_THE_DOOR.values() for code in codes} <= known


def sent(folder: Path, **collections: pl.DataFrame) -> list[Path]:
    folder.mkdir()
    for name, frame in collections.items():
        frame.write_csv(folder / f"{name}.csv")
    return sorted(folder.iterdir())


def schools(count: int, unreadable: int = 0) -> pl.DataFrame:
    numbers = [f"00{n}" if n >= unreadable else f"00{n}!" for n in range(count)]
    return pl.DataFrame({"school_id": numbers, "school_name": [f"School {n}" for n in range(count)]})


@pytest.mark.parametrize(("unreadable", "is_told"), [(4, False), (5, True)])
def test_a_file_of_which_more_than_two_percent_is_set_aside_is_told(unreadable, is_told, tmp_path):
    told = check(sent(tmp_path / "now", school=schools(200, unreadable)), district_id="0470", school_year=2025)

    assert ("SUB-014" in {one.rule for one in told.notices}) == is_told


def test_a_small_file_is_not_told_for_a_few_rows(tmp_path):
    told = check(sent(tmp_path / "now", school=schools(99, 9)), district_id="0470", school_year=2025)

    assert "SUB-014" not in {one.rule for one in told.notices}


def test_a_collection_that_came_last_year_and_is_missing_now_is_told(tmp_path):
    district = pl.DataFrame({"district_id": ["0470"], "district_name": ["Apple Valley"]})
    before = sent(tmp_path / "before", school=schools(2), district=district)
    told = check(
        sent(tmp_path / "now", school=schools(2)), district_id="0470", school_year=2025, last_year=before
    ).notices

    assert [one.collection for one in told if one.rule == "SUB-013"] == ["district"]
