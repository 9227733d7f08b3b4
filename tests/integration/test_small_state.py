"""A state small enough to check by hand, in the standard layout: each number with its reason, and what is published."""

import csv
from decimal import ROUND_HALF_UP, Decimal

import pytest

from tests.integration.conftest import SMALL_STATE

EXPECTED = list(csv.DictReader((SMALL_STATE / "expected_results.csv").open()))
COLUMNS = ("level", "entity_id", "indicator", "measure", "population", "student_group")
WITH_A_NUMBER = {"ok", "incomplete"}


@pytest.fixture(scope="module")
def results(small_state) -> dict[tuple, dict]:
    """What is known of mathematics, and of what has no subject, by entity, measure, population and group."""
    names = ("students", "value", "decimals", "status", "count", "shown", "public_status", "low", "high")
    rows = small_state.query(
        f"""
        select {", ".join(f"exact.{column}" for column in COLUMNS)}, exact.student_count,
            exact.value * case measures.unit when 'percent' then 100 else 1 end, ways.shown_decimals,
            exact.value_status, public.student_count, public.value, public.value_status,
            public.low_bound, public.high_bound
        from marts.fct_indicator_results as exact
        inner join marts.fct_indicator_disclosure as ways
            using (school_year, policy_id, subject, grade_span, {", ".join(COLUMNS)})
        inner join publication.pub_indicator_results as public
            using (school_year, policy_id, subject, grade_span, {", ".join(COLUMNS)})
        inner join marts.dim_measure as measures
            on exact.indicator = measures.indicator and exact.measure = measures.measure
        where exact.subject in ('ALL', 'MATH') and exact.grade_span = 'all'
        """
    )
    return {row[:6]: dict(zip(names, row[6:], strict=True)) for row in rows}


@pytest.mark.parametrize("row", EXPECTED, ids=lambda row: "-".join(row[column] for column in COLUMNS[1:]))
def test_a_number_is_what_it_must_be_and_nothing_else_is_published(results, row):
    found = results[tuple(row[column] for column in COLUMNS)]
    if row["value_status"] in WITH_A_NUMBER:
        rounded = found["value"].quantize(Decimal(1).scaleb(-found["decimals"]), ROUND_HALF_UP)
        expected = int(row["student_count"]), Decimal(row["value"]), row["value_status"]
        assert (found["students"], rounded, found["status"]) == expected, row["why"]
        assert found["public_status"] in {row["value_status"], "range", "suppressed"}
    else:
        assert found["public_status"] == row["value_status"], row["why"]
    if found["public_status"] == "range":
        assert (found["low"] or 0) <= found["value"] <= (found["high"] or 100)
    elif found["public_status"] in WITH_A_NUMBER:
        assert found["shown"] == rounded
    if found["public_status"] in {"range"} | WITH_A_NUMBER:
        assert abs(found["count"] - found["students"]) <= 2
    else:
        assert (found["count"], found["shown"], found["low"], found["high"]) == (None, None, None, None)
