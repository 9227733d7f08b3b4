"""How numbers and comparisons are said."""

from decimal import Decimal

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from reports import words

BOUND = st.none() | st.floats(0, 100)
TEXT = st.text(alphabet=st.sampled_from("'=+-@\t\r＝＋－＠1aé\" ,"), max_size=8)


def _written(rows: list[tuple], decimals: int) -> list[tuple]:
    kind = pl.Decimal(18, 4)
    frame = pl.DataFrame(
        [[None if x is None else Decimal(x) for x in row] for row in rows],
        schema={"value": kind, "low": kind, "high": kind},
        orient="row",
    )
    return words.as_text(frame, pl.Series([decimals] * len(rows))).rows()


def test_a_number_shows_the_decimals_that_it_was_rounded_to():
    rows = [("53.0", "48.0", "58.0"), ("53.0", "51.2", "54.8"), ("503.2", None, None), (None, "95", None)]
    assert _written(rows, 1) == [
        ("53", "48", "58"),
        ("53.0", "51.2", "54.8"),
        ("503.2", None, None),
        (None, "95", None),
    ]


def test_a_number_with_more_decimals_than_its_indicator_has_is_refused():
    with pytest.raises(ValueError, match="more decimals"):
        _written([("53.25", None, None)], 1)


@given(st.decimals(min_value=-1000, max_value=1000, places=1), st.decimals(min_value=-1000, max_value=1000, places=1))
def test_the_text_of_a_number_is_the_number(value: Decimal, low: Decimal):
    ((text, low_text, high_text),) = _written([(str(value), str(low), None)], 1)
    assert (Decimal(text), Decimal(low_text), high_text) == (value, low, None)


@pytest.mark.parametrize(
    ("own", "other", "said"),
    [
        ((60, 70), (50, 55), "higher"),
        ((40, 49), (50, 55), "lower"),
        ((40, 50), (50, 55), "about the same"),
        ((52, 53), (50, 55), "about the same"),
        ((None, 53), (50, 55), "cannot tell"),
        ((52, 53), (None, None), "cannot tell"),
    ],
)
def test_numbers_differ_only_where_their_likely_ranges_do_not_meet(own, other, said):
    assert words.compare(*own, *other) == said


@given(BOUND, BOUND, BOUND, BOUND)
def test_what_is_higher_one_way_is_lower_the_other_way(a, b, c, d):
    own, other = sorted((a, b), key=lambda x: x or 0), sorted((c, d), key=lambda x: x or 0)
    turned = {"higher": "lower", "lower": "higher"}
    said = words.compare(*own, *other)
    assert words.compare(*other, *own) == turned.get(said, said)


def test_a_comparison_is_said_in_a_whole_phrase():
    say = words.language("en")
    assert say.against("higher", state=True) == "Higher than the state"
    assert say.against("about the same", state=False) == "About the same as the year before"
    assert say.against("cannot tell", state=True) == "Cannot tell if it differs from the state"


@given(TEXT)
def test_no_text_of_a_data_file_can_run_as_a_formula_and_none_is_lost(text: str):
    frame = pl.DataFrame({"text": [text]})
    written = frame.select(words.guarded(pl.col("text")))
    assert not written.item().startswith(("=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠"))
    assert written.select(words.unguarded(pl.col("text"))).item() == text


def test_a_school_year_is_said_with_both_of_its_years():
    assert [words.school_year(year) for year in (1986, 2000, 2025)] == ["1985–86", "1999–00", "2024–25"]


def test_an_open_range_says_where_it_is_open():
    say = words.language("en")
    said = [say.bounds("95", None, "percent"), say.bounds(None, "5", "percent"), say.bounds("20", "29", "score")]
    assert said == ["95% or more", "5% or less", "20 to 29"]


def test_a_number_of_a_policy_is_said_without_idle_zeros_and_a_word_stays_as_it_is():
    said = [words.policy_number(text) for text in ("0.9500", "1.0000", "10", "100", "full_academic_year", "2.50")]
    assert said == ["0.95", "1", "10", "100", "full_academic_year", "2.5"]
