"""Text becomes typed values or is set aside, never guessed; every row that breaks a rule is found, and found once."""

from datetime import date
from decimal import Decimal

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from expectations.collections import CONTRACTS
from expectations.collections.columns import KINDS
from expectations.collections.validation import NotCheckedError, examine, find, type_columns

CONTRACT = CONTRACTS["assessment"]


def typed_rows(examined, *changes):
    return examined("assessment", *changes).typed


def test_canary_a_bad_row_is_found_and_pandera_alone_would_miss_it_in_a_lazy_frame(examined):
    typed = typed_rows(examined, {}, {"attempt_number": "2", "performance_level": "0"})

    assert find(typed, CONTRACT).rows() == [(1, "ASM-010", "performance_level")]
    CONTRACT.validate(typed.lazy(), lazy=True)
    with pytest.raises(TypeError, match="LazyFrame"):
        find(typed.lazy(), CONTRACT)


def test_checks_run_even_where_the_environment_switches_pandera_off(examined, monkeypatch):
    from pandera import config

    typed = typed_rows(examined, {"performance_level": "0"})
    with config.config_context(validation_enabled=False, validation_depth="SCHEMA_ONLY"):
        assert find(typed, CONTRACT)["rule"].to_list() == ["ASM-010"]


def test_values_are_typed_exactly(examined):
    [row] = typed_rows(examined, {}).rows(named=True)

    assert row["scale_score"] == Decimal("461.500")
    assert row["administration_date"] == date(2025, 4, 8)
    assert row["grade_assessed"] == "03"
    assert (row["attempt_number"], row["full_academic_year_school"], row["assessment_form"]) == (1, True, None)


@pytest.mark.parametrize(
    ("field", "text"),
    [
        ("scale_score", "1e3"),
        ("scale_score", "461."),
        ("scale_score", ".5"),
        ("scale_score", "461.1234"),
        ("scale_score", "1234567"),
        ("scale_score", "NaN"),
        ("scale_score", "٤٦١"),
        ("scale_score", "1,000"),
        ("attempt_number", "1.0"),
        ("attempt_number", "12345"),
        ("administration_date", "04/08/2025"),
        ("administration_date", "2025-4-8"),
        ("administration_date", "45755"),
        ("administration_date", "2025-02-29"),
        ("administration_date", "2025-04-08T00:00"),
        ("full_academic_year_school", "TRUE"),
        ("full_academic_year_school", "yes"),
        ("scale_score", "*"),
        ("performance_level", "*"),
        ("school_id", "School 63"),
        ("school_id", "1.23E+10"),
        ("school_id", "0" * 21),
        ("student_id", "S1\nS2"),
        ("student_id", "1000372.0"),
    ],
)
def test_a_value_that_is_not_written_as_its_kind_is_set_aside_and_not_guessed(field, text, examined):
    """A suppressed `*` above all (T15): read as a blank, it would drop its row out of every count in silence."""
    result = examined("assessment", {}, {"attempt_number": "2", field: text})

    assert result.typed["row"].to_list() == [0]
    assert result.set_aside["row"].to_list() == [1]
    assert result.findings.rows() == [(1, "ASM-001", field)]


def test_a_blank_or_unknown_code_keeps_its_row(examined):
    result = examined("assessment", {"subject": ""}, {"subject": "Math"})

    assert result.typed["subject"].to_list() == [None, "Math"]
    assert result.set_aside.is_empty()
    assert sorted(result.findings.rows()) == [(0, "ASM-002", "subject"), (1, "ASM-003", "subject")]


def test_a_row_of_another_district_is_set_aside(examined):
    result = examined("enrollment", {"district_id": "0470"}, {"district_id": "2690", "student_id": "S2"})

    assert result.typed["row"].to_list() == [0]
    assert result.set_aside["row"].to_list() == [1]


def test_columns_that_were_not_sent_are_blank_and_the_senders_own_stay(examined):
    frame = pl.DataFrame({"school_id": ["0063"], "school_name": ["North"], "local_wing": ["B"], "motto": ["Up"]})
    result = examine(frame, CONTRACTS["school"], district_id="0470", school_year=2025)

    assert result.typed["lowest_grade"].dtype == pl.String and result.typed["lowest_grade"].null_count() == 1
    assert result.typed["local_wing"].to_list() == ["B"]
    assert "motto" not in result.typed.columns
    assert result.findings.rows() == [(None, "SCH-006", "motto")]


def test_each_row_of_a_repeated_key_is_found_once(examined):
    found = examined("enrollment", *({"is_primary_school": ""} for _ in range(3)), {"student_id": "S2"}).findings

    assert found.rows() == [(row, "ENR-004", "student_id") for row in range(3)]


def test_rows_without_a_student_are_not_taken_for_repetitions_of_each_other(examined):
    found = examined("student", {"student_id": ""}, {"student_id": "", "first_name": "Bo"}).findings

    assert set(found["rule"]) == {"STU-002"}


def test_a_spell_that_ended_long_ago_is_remembered_past_a_shorter_one(examined):
    found = examined(
        "student_status",
        {"begin_date": "2024-01-01", "end_date": "2024-12-31"},
        {"begin_date": "2024-02-01", "end_date": "2024-02-28"},
        {"begin_date": "2024-11-01"},
    ).findings

    assert found.filter(pl.col("rule") == "STS-011")["row"].to_list() == [1, 2]


def test_a_contract_that_does_not_apply_is_our_fault_and_shows_no_value(examined):
    typed = typed_rows(examined, {"student_id": "SECRET7"}).with_columns(scale_score=pl.lit("SECRET9"))

    with pytest.raises(NotCheckedError) as raised:
        find(typed, CONTRACT)
    assert "SECRET" not in str(raised.value)
    assert raised.value.__cause__ is None and raised.value.__context__ is None


@given(
    st.lists(
        st.fixed_dictionaries(
            {
                "student_id": st.sampled_from(["S1", "S2", "", "bad id"]),
                "school_id": st.sampled_from(["0063", "", " 0064"]),
                "grade": st.sampled_from(["03", "3", ""]),
                "entry_date": st.sampled_from(["2024-08-20", "8/20/2024", "", "2025-01-07"]),
                "exit_date": st.sampled_from(["", "2024-08-01", "never"]),
                "is_primary_school": st.sampled_from(["Yes", "No", "", "perhaps"]),
                "district_id": st.sampled_from(["0470", "2690"]),
            }
        ),
        max_size=12,
    )
)
def test_every_row_is_kept_or_set_aside_and_only_for_the_reasons_named(rows):
    frame = (
        pl.DataFrame(rows, schema=dict.fromkeys(rows[0], pl.String)) if rows else pl.DataFrame(schema={"grade": str})
    )
    result = examine(frame, CONTRACTS["enrollment"], district_id="0470", school_year=2025)
    reasons = result.findings.filter(pl.col("rule").is_in(["ENR-001", "ENR-005"]))

    assert sorted([*result.typed["row"], *result.set_aside["row"]]) == list(range(len(rows)))
    assert set(result.set_aside["row"]) == set(reasons["row"])
    assert result.findings.is_duplicated().sum() == 0


@given(st.lists(st.text(max_size=12) | st.none(), min_size=1))
def test_no_text_is_lost_in_typing_without_a_finding(texts):
    frame = pl.DataFrame({"row": range(len(texts)), "scale_score": texts}, {"row": pl.UInt32, "scale_score": pl.String})
    blanked = frame.with_columns(pl.when(pl.col("scale_score") != "").then(pl.col("scale_score")))
    typed, found = type_columns(blanked, CONTRACT)
    read = dict(zip(typed["row"], typed["scale_score"], strict=True))

    for row, text in enumerate(blanked["scale_score"]):
        if row in read:
            assert (text is None) == (read[row] is None)
            assert text is None or Decimal(text) == read[row]
        else:
            assert row in found["row"]


@given(kind=st.sampled_from([name for name, kind in KINDS.items() if kind.is_strict]), data=st.data())
def test_a_strict_kind_reads_no_space_around_a_value_and_plainly_what_it_reads_otherwise(kind, data):
    shapes = r"[0-9A-Za-z_.:-]{1,12}|Yes|No|[0-9]{4}-[0-9]{2}-[0-9]{2}|-?[0-9]{1,7}(\.[0-9]{1,4})?|[Tt]otals?"
    text = data.draw(st.from_regex(shapes, fullmatch=True))
    space = data.draw(st.sampled_from([" ", "\t", "\u00a0", "\u3000"]))
    texts = pl.DataFrame({"value": [text, space + text, text + space, space, ""]})
    read = texts.select(KINDS[kind].read(pl.col("value")).alias("value"))["value"]
    plainly = texts.select((KINDS[kind].plainly or KINDS[kind].read)(pl.col("value")).alias("value"))["value"]

    assert read[1:].to_list() == plainly[1:].to_list() == [None] * 4
    assert plainly[0] in (None, read[0])


@pytest.mark.parametrize("spelled", ["-999999", "-1", "1000", "3.1234"])
@pytest.mark.parametrize("column", ["score", "first_score", "benchmark_score", "final_score"])
def test_a_moderation_score_on_no_scale_of_a_rubric_is_set_aside(examined, column, spelled):
    result = examined("moderation_score", {column: spelled}, {"rater_id": "T9", column: "100"})

    assert ("MOD-001", column) in result.findings.select("rule", "field").rows()
    assert (result.set_aside["row"].to_list(), result.typed["row"].to_list()) == ([0], [1])
