"""The mask: every result that too few students stand behind, by the minimum of its policy, and why it is hidden."""

from types import SimpleNamespace

import dagster as dg
import duckdb
import numpy as np
import polars as pl
import pytest

from methods.disclosure import linked
from orchestration import settings, warehouse
from orchestration.defs.disclosure import KEYS, disclosure_mask, published_numerators, with_other_shares

RESULT = {
    "school_year": 2025,
    "level": "school",
    "entity_id": "0001",
    "indicator": "test_participation",
    "policy_id": "essa_baseline",
    "population": "reporting",
    "student_group": "ALL",
    "grade_span": "all",
    "subject": "MATH",
    "measure": "mean",
    "exact_student_count": 10,
    "exact_other_count": None,
    "exact_numerator": None,
    "exact_denominator": None,
    "value": None,
    "low_bound": None,
    "high_bound": None,
    "shown_decimals": 0,
    "student_count": 10,
    "value_status": "ok",
    "is_share_of_students": False,
    "mode": "estimate",
    "minimum": 10,
    "count_base": 1,
    "numerator_floor": 3,
    "interval_width": 5,
}
DECIMALS = ("exact_numerator", "exact_denominator", "value", "low_bound", "high_bound")


def of(count: int | None, entity: str = "0001", **changes) -> dict:
    return {"exact_student_count": count, "student_count": count, "entity_id": entity} | changes


def hide(place, *changes):
    settings.enter(place)
    run_id = "aaaaaaaa-0000-4000-8000-000000000000"
    folder = warehouse.begin(place, run_id)
    types = dict.fromkeys(DECIMALS, pl.Decimal(18, 4)) | {
        "minimum": pl.Int64,
        "mode": pl.String,
        "count_base": pl.Int64,
    }
    results = pl.DataFrame([RESULT | change for change in changes], schema_overrides=types, infer_schema_length=None)
    entities = results.select("level", "entity_id").unique().with_columns(pl.lit("1").alias("district_id"))
    with duckdb.connect(str(folder / warehouse.FILE)) as connection:
        connection.execute("create schema marts; create schema reference")
        connection.register("results", results)
        connection.register("entities", entities)
        connection.execute("create table marts.fct_indicator_disclosure as from results")
        connection.execute(
            """
            create table marts.fct_indicator_results as
            select indicator, measure, exact_student_count as student_count, exact_denominator as denominator
            from results
            """
        )
        connection.execute("create table marts.dim_entity as from entities")
        connection.execute("create table marts.dim_measure as select '' as indicator, '' as measure, '' as statistic")
        connection.execute(
            """
            create table reference.code_student_groups as
            from (values ('ALL', 'all', 1), ('GENDER_F', 'sex', 2), ('GENDER_M', 'sex', 3), ('EL', 'program', 4))
                as student_groups (code, group_kind, sort_order)
            """
        )
    outcome = dg.materialize([disclosure_mask], run_config={}, raise_on_error=False)
    return outcome, folder


@pytest.fixture(autouse=True)
def same_run(monkeypatch):
    """Let the asset find the build that the test began: a repeat of a run continues the build of its parent."""
    resume = warehouse.resume
    monkeypatch.setattr(warehouse, "resume", lambda place, *_: resume(place, "aaaaaaaa"))


def hidden(folder):
    return pl.read_parquet(folder / warehouse.MASK)


def test_the_mask_holds_the_key_of_small_groups_with_the_reason(place):
    outcome, folder = hide(place, of(9), of(10, "0002"))
    assert outcome.success
    mask = hidden(folder)
    assert mask.columns == [*KEYS, "mask_reason"]
    assert mask.select("entity_id", "mask_reason").rows() == [("0001", "minimum_n")]


def test_the_minimum_is_that_of_the_result(place):
    _, folder = hide(place, of(5, "hidden"), of(5, "shown", minimum=5), of(29, "hidden too", minimum=30))
    assert sorted(hidden(folder)["entity_id"]) == ["hidden", "hidden too"]


def test_a_share_is_hidden_where_fewer_were_measured_than_stand_behind_it(place):
    share = {"is_share_of_students": True, "mode": "ranges", "low_bound": 20, "high_bound": 80, "exact_numerator": 5}
    _, folder = hide(
        place, of(40, "few measured", **share, exact_denominator=9), of(40, "enough", **share, exact_denominator=10)
    )
    assert hidden(folder).select("entity_id", "mask_reason").rows() == [("few measured", "minimum_n")]


def test_a_comparison_is_hidden_where_its_others_are_too_few_and_what_counts_the_same_students_is_not(place):
    groups = (("ALL", 300, 0), ("EL", 291, 9), ("GENDER_F", 290, 10), ("GENDER_M", 10, 290))
    rows = [
        of(
            number,
            student_group=group,
            measure=measure,
            exact_other_count=others if measure == "gap" else None,
            value_status="not_applicable" if (measure, group) == ("gap", "ALL") else "ok",
        )
        for measure in ("mean", "gap")
        for group, number, others in groups
    ]
    outcome, folder = hide(place, *rows)
    assert hidden(folder).select("measure", "student_group", "mask_reason").rows() == [("gap", "EL", "minimum_n")]
    (event,) = outcome.get_asset_materialization_events()
    assert event.materialization.metadata["systems"].value == 1


def test_where_counts_are_published_two_of_many_are_hidden_and_three_are_not(place):
    share = {"is_share_of_students": True, "mode": "counts", "exact_denominator": 40, "value": 5}
    rows = [of(40, str(counted), **share, exact_numerator=counted) for counted in (0, 2, 3, 37, 38, 40)]
    _, folder = hide(place, *rows)
    mask = hidden(folder)
    assert set(mask.filter(pl.col("mask_reason") == "few_counted")["entity_id"]) == {"0", "2", "38", "40"}


def test_a_group_of_nobody_is_hidden_like_a_small_one_unless_the_whole_place_is_empty(place):
    nobody = {"value_status": "no_students", "student_count": None}
    _, folder = hide(
        place,
        of(40, "some"),
        of(0, "some", student_group="EL", **nobody),
        of(0, "none", **nobody),
        of(0, "none", student_group="EL", **nobody),
    )
    mask = hidden(folder).select("entity_id", "student_group", "mask_reason")
    assert mask.rows() == [("some", "EL", "nobody")]


def test_a_district_of_two_schools_does_not_give_away_the_small_group_of_one(place):
    rows = [of(n, entity, student_group=group) for entity, numbers in (("a", (60, 4, 56)), ("b", (90, 40, 50)))
            for group, n in zip(("ALL", "GENDER_F", "GENDER_M"), numbers, strict=True)]  # fmt: skip
    above = [
        of(n, "1", level="district", student_group=group)
        for group, n in (("ALL", 150), ("GENDER_F", 44), ("GENDER_M", 106))
    ]
    _, folder = hide(place, *rows, *above)
    mask = hidden(folder)
    assert mask.filter(pl.col("mask_reason") == "minimum_n").select("entity_id", "student_group").rows() == [
        ("a", "GENDER_F")
    ]
    assert set(mask.filter(pl.col("mask_reason") == "secondary").select("entity_id", "student_group").rows()) == {
        ("a", "GENDER_M"), ("b", "GENDER_F"), ("b", "GENDER_M")
    }  # fmt: skip


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"minimum": None}, "fewer than 3 students"),
        ({"minimum": 2}, "fewer than 3 students"),
        ({"count_base": None}, "no way of publishing"),
        ({"numerator_floor": 0}, "no floor"),
    ],
)
def test_a_policy_that_would_show_too_much_stops_the_run_and_says_why(place, change, says):
    outcome, folder = hide(place, of(30, **change))
    assert not outcome.success
    assert not (folder / warehouse.MASK).exists()
    (failure,) = [event for event in outcome.all_events if event.is_step_failure]
    assert says in str(failure.step_failure_data.error) + str(failure.step_failure_data.user_failure_data)


def test_a_number_whose_students_are_not_counted_is_hidden_and_a_reason_is_not(place):
    _, folder = hide(
        place,
        of(None, "number", value=50),
        of(None, "reason", value_status="not_reported"),
        of(0, "nobody", value_status="no_students"),
    )
    assert hidden(folder)["entity_id"].to_list() == ["number"]


def test_when_nothing_is_hidden_the_mask_is_an_empty_table_of_the_same_columns(place):
    _, folder = hide(place, of(10))
    assert hidden(folder).shape == (0, len(KEYS) + 1)


def test_the_metadata_tells_counts_only(place):
    outcome, _ = hide(place, of(9), of(10, "0002"))
    (event,) = outcome.get_asset_materialization_events()
    told = {name: value.value for name, value in event.materialization.metadata.items()}
    assert told == {"cells": 2, "hidden": 1, "systems": 1, "minimum_n": 1, "certificates": 1, "narrow": 0}


def test_a_hidden_share_takes_the_other_shares_of_its_whole_with_it_and_no_other_row() -> None:
    keys = {name: RESULT[name] for name in KEYS}
    rows = [
        keys | {"measure": "percent_level_1", "is_one_of_several": True},
        keys | {"measure": "percent_level_2", "is_one_of_several": True},
        keys | {"measure": "performance_index", "is_one_of_several": False},
        keys | {"measure": "percent_level_1", "student_group": "EL", "is_one_of_several": True},
    ]
    reasons = with_other_shares(pl.DataFrame(rows), np.array([linked.FEW_COUNTED, 0, 0, 0]))
    assert reasons.tolist() == [linked.FEW_COUNTED, linked.SECONDARY, linked.SHOWN, linked.SHOWN]


def test_half_of_some_thirty_is_half_of_all_that_are_asked_where_a_measure_asks_all_of_them() -> None:
    """Thirty rounded to five are 28 to 32; of a measure that leaves some out, ten may be all that it asked."""
    half = {"value": 500_000, "low": None, "high": None, "decimals": 0}
    results = pl.DataFrame([half | {"counts_all": True}, half | {"counts_all": False}, half | {"counts_all": True}])
    alike = {"students_low": 28, "students_high": 32, "minimum": 10, "numerator": 15, "is_exact": False}
    rows = SimpleNamespace(**{name: np.repeat(value, 3) for name, value in alike.items()})
    rows.is_exact[2] = True
    least, most = published_numerators(results.cast({"low": pl.Int64, "high": pl.Int64}), rows)
    assert least.tolist() == [14, 5, 15] and most.tolist() == [16, 16, 15]
