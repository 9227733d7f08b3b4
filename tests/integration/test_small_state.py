"""A state small enough to check by hand, in the standard layout: each published number with the reason for it."""

import csv
from decimal import Decimal

import pytest

from tests.integration.conftest import SMALL_STATE

EXPECTED = list(csv.DictReader((SMALL_STATE / "expected_results.csv").open()))
COLUMNS = ("level", "entity_id", "indicator", "measure", "population", "student_group")


@pytest.fixture(scope="module")
def published(small_state) -> dict[tuple, tuple]:
    """What is published of mathematics, and of what has no subject, by entity, measure, population and group."""
    rows = small_state.query(
        f"""
        select {", ".join(COLUMNS)}, student_count, value, value_status
        from publication.pub_indicator_results where subject in ('ALL', 'MATH') and grade_span = 'all'
        """
    )
    return {row[:6]: row[6:] for row in rows}


@pytest.mark.parametrize("row", EXPECTED, ids=lambda row: "-".join(row[column] for column in COLUMNS[1:]))
def test_a_published_number_is_what_it_must_be(published, row):
    count = int(row["student_count"]) if row["student_count"] else None
    expected = (count, Decimal(row["value"]) if row["value"] else None, row["value_status"])
    assert published[tuple(row[column] for column in COLUMNS)] == expected, row["why"]
