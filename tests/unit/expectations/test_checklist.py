"""The checklist of a release: each line finds what breaks it, and a warning stands until someone answers for it."""

import polars as pl
import pytest

from expectations.releases import checklist
from expectations.releases.checklist import Acknowledgement
from expectations.releases.publication import KEYS

WARNING = checklist.line("every_change_has_a_cause", ["one", "two"], "warning")
ERROR = checklist.line("rows_reconcile", ["one"])


def results(**columns: list) -> pl.DataFrame:
    height = len(next(iter(columns.values())))
    keys = {name: ["x"] * height for name in KEYS if name not in ("school_year", "level")}
    return pl.DataFrame(
        {"school_year": [2025] * height, "level": ["state"] * height, "mode": ["counts"] * height, **keys} | columns
    )


@pytest.mark.parametrize(
    ("found", "observed"),
    [
        ({"1.0.0": "a", "1.0.1": "b"}, "as promised"),
        ({"1.0.1": "b"}, "1.0.0 is not there"),
        ({"1.0.0": "a", "1.0.1": "c"}, "1.0.1 is another"),
    ],
)
def test_a_release_that_the_ledger_names_must_stand_as_it_was(found: dict, observed: str):
    result = checklist.earlier_releases({"1.0.0": "a", "1.0.1": "b"}, found)
    assert (result["severity"], result["observed"]) == ("error", observed)
    assert result["success"] == (observed == "as promised")


@pytest.mark.parametrize(
    ("simulated", "releases", "observed"),
    [
        ({"a": False, "b": False}, {"1.0.0": False}, "as promised"),
        ({"a": True, "b": True}, {"1.0.0-simulated": True}, "as promised"),
        ({"a": False, "b": True}, {}, "b is simulated, others are not"),
        ({"a": False}, {"1.0.0-simulated": True}, "1.0.0-simulated is of simulated records"),
        ({"a": True}, {"1.0.0": False}, "1.0.0 is of real records"),
        ({}, {}, "as promised"),
    ],
)
def test_simulated_records_never_stand_beside_real_ones(simulated: dict, releases: dict, observed: str):
    result = checklist.kind_of_records(simulated, releases)
    assert (result["observed"], result["success"]) == (observed, observed == "as promised")


@pytest.mark.parametrize(
    ("signed", "observed"),
    [
        ({}, "as promised"),
        ({(2025, "0010"): "certified"}, "0470 2025"),
        ({(2025, "0010"): "certified", (2025, "0470"): "changed_since"}, "0470 2025 changed since"),
        ({(2025, "0010"): "certified", (2025, "0470"): "certified"}, "as promised"),
    ],
)
def test_who_has_not_certified_a_year_that_others_have_needs_a_name(signed: dict, observed: str):
    result = checklist.signatures([(2024, "0010"), (2025, "0010"), (2025, "0470")], signed)
    assert (result["observed"], result["severity"]) == (observed, "warning")
    assert result["success"] == (observed == "as promised")


def test_a_row_that_is_neither_accepted_nor_set_aside_is_found():
    manifest = pl.DataFrame(
        {
            "district_id": ["0470", "0480", "0490"],
            "school_year": [2025] * 3,
            "collection": ["student"] * 3,
            "status": ["accepted", "accepted", "refused"],
            "rows_received": [10, 10, 10],
            "rows_accepted": [8, 8, 0],
            "rows_quarantined": [1, 1, 0],
            "rows_not_applicable": [1, 0, 0],
        }
    )
    assert checklist.received_rows(manifest)["observed"] == "0480 2025 student"


def test_an_indicator_without_a_mode_is_named():
    told = checklist.modes(results(mode=["counts", None], indicator=["good", "without"]))
    assert (told["success"], told["observed"]) == (False, "without of the state")


def test_the_largest_movers_come_first_by_how_far_they_left_their_likely_range():
    before = results(entity_id=["a", "b", "c"], value=[50, 50, 50])
    now = results(entity_id=["a", "b", "c"], value=[60, 52, 50], interval_low=[40, 51, 49], interval_high=[80, 53, 51])
    assert checklist.movers(now, before).select("entity_id", "moved").rows() == [("b", 2.0), ("a", 10.0)]
    later = now.with_columns(pl.lit(2026).alias("school_year"))
    assert checklist.movers(later, before)["compared_with"].unique().to_list() == [2025]


@pytest.mark.parametrize(("level", "moved", "holds"), [("state", 5, True), ("state", 6, False), ("school", 60, True)])
def test_a_large_correction_of_a_published_value_of_the_state_is_a_warning(level: str, moved: int, holds: bool):
    before, now = (results(level=[level], value=[value], measure=["m"]) for value in (40, 40 + moved))
    told = checklist.corrections(now, before, {"x/m": "percent"})
    assert (told["success"], told["severity"]) == (holds, "warning")


def test_a_warning_is_open_until_someone_acknowledges_what_was_observed():
    lines = [WARNING, ERROR]
    assert checklist.broken(lines, "warning") == [WARNING]
    for observed in (None, "one, two"):
        given = [Acknowledgement(WARNING["expectation"], "J. Ortiz", "It is meant.", observed)]
        told = checklist.acknowledged(lines, given)
        assert checklist.broken(told, "warning") == []
        assert (told[0]["acknowledged_by"], told[0]["reason"]) == ("J. Ortiz", "It is meant.")
    other = [Acknowledgement(WARNING["expectation"], "J. Ortiz", "It is meant.", "one")]
    assert checklist.broken(checklist.acknowledged(lines, other), "warning") == [WARNING]


def test_an_error_cannot_be_acknowledged():
    told = checklist.acknowledged([ERROR], [Acknowledgement(ERROR["expectation"], "J. Ortiz", "Never mind.")])
    assert checklist.broken(told, "error") == [ERROR]


def test_a_check_that_nobody_has_named_cannot_be_made():
    with pytest.raises(KeyError, match="odd"):
        checklist.line("odd", [])


def test_a_line_says_what_it_promises_in_each_language_and_which_columns_it_looked_at():
    line = checklist.modes(results(indicator=["i"]))
    assert line["columns"] == ["values.indicator", "values.level", "values.mode"]
    assert line["title"] != line["title_es"]
    assert all(line[title] for title in ("title", "title_es"))
