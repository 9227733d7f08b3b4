"""The release gate: each promise is broken, and exactly that promise must say so. Great Expectations runs for real."""

import json
from collections.abc import Callable
from decimal import Decimal
from itertools import product

import numpy as np
import pandas as pd
import pytest

from expectations.codes import codes
from expectations.releases import publication

MINIMUM = 10
SMALL = "10-small"
MEASURES = {"percent_tested": "all", "mean_scale_score": "03"}
UNITS = {"test_participation/percent_tested": "percent", "average_score/mean_scale_score": "score"}


def release(years: tuple[int, ...] = (2024, 2025)) -> pd.DataFrame:
    """A release of a state, a district and two schools, in which every kind of row occurs and every promise holds."""
    places = [("state", "state"), ("district", "10"), ("school", "10-large"), ("school", SMALL)]
    cells = product(years, places, codes("populations"), codes("student_groups"), ("RLA", "MATH"), MEASURES)
    rows = pd.DataFrame(
        [
            (year, *place, population, group, subject, measure)
            for year, place, population, group, subject, measure in cells
        ],
        columns=["school_year", "level", "entity_id", "population", "student_group", "subject", "measure"],
    )
    is_percent = rows["measure"] == "percent_tested"
    rows = rows.assign(
        school_year=rows["school_year"].astype("int16"),
        indicator=np.where(is_percent, "test_participation", "average_score"),
        policy_id="essa_baseline",
        grade_span=rows["measure"].map(MEASURES),
        student_count=np.where(rows["level"] == "state", 5000.0, 400.0),
        numerator=np.where(is_percent & (rows["level"] == "state"), 4775.0, np.nan),
        denominator=np.where(is_percent & (rows["level"] == "state"), 5000.0, np.nan),
        value=np.where(is_percent, 95.5, 501.2),
        value_status="ok",
        low_bound=np.nan,
        high_bound=np.nan,
        interval_low=np.where(is_percent, 93.0, 495.0),
        interval_high=np.where(is_percent, 97.5, 507.5),
        interval_method=np.where(is_percent, "wilson", "t_clustered"),
        completeness=100.0,
        reliability="reliable",
        use_class="accountability",
        mode=np.where(is_percent, np.where(rows["level"] == "state", "counts", "ranges"), "estimate"),
    )
    numbers = ["value", "numerator", "denominator", "interval_low", "interval_high"]
    small = rows["entity_id"] == SMALL
    rows.loc[small, ["value_status", "interval_method", "reliability"]] = ["suppressed", None, None]
    rows.loc[small, ["student_count", "completeness", *numbers]] = np.nan
    nobody = (rows["student_group"] == "PI") & ~small
    rows.loc[nobody, ["value_status", "interval_method", "reliability"]] = ["no_students", None, None]
    rows.loc[nobody, ["student_count", "completeness", *numbers]] = np.nan
    in_range = (rows["student_group"] == "EL") & ~small & is_percent
    rows.loc[in_range, ["value_status", "interval_method"]] = ["range", None]
    rows.loc[in_range, numbers] = np.nan
    rows.loc[in_range, "low_bound"] = 95.0
    return rows[list(publication.COLUMNS)]


def some(frame: pd.DataFrame, **where: str) -> pd.Index:
    """Name the first row of a status (ok unless told otherwise), level and so on."""
    wanted = {"value_status": "ok"} | where
    return frame.index[np.logical_and.reduce([frame[column] == code for column, code in wanted.items()])][:1]


def put(column: str, value: object, **where: str) -> Callable[[pd.DataFrame], pd.DataFrame]:
    def fault(frame: pd.DataFrame) -> pd.DataFrame:
        frame.loc[some(frame, **where), column] = value
        return frame

    return fault


def move_one_value_of_the_state_by_sixteen_points(frame: pd.DataFrame) -> pd.DataFrame:
    row = some(frame, level="state", measure="percent_tested")
    frame.loc[row, ["value", "interval_low"]] = [79.5, 78.0]
    return frame


def move_one_average_of_the_state_by_thirty_points(frame: pd.DataFrame) -> pd.DataFrame:
    row = some(frame, level="state", measure="mean_scale_score")
    frame.loc[row, ["value", "interval_high"]] = [531.2, 540.0]
    return frame


FAULTS = [
    ("columns_hold_their_types", lambda frame: frame.assign(school_year=frame["school_year"].astype(str))),
    ("columns_hold_their_types", lambda frame: frame.assign(value=frame["value"].astype(str).replace("nan", None))),
    ("columns_hold_their_types", put("student_count", 400.5)),
    ("columns_hold_their_types", lambda frame: frame.assign(use_class=1)),
    ("keys_are_present", put("indicator", None)),
    ("keys_are_present", put("use_class", None)),
    ("keys_are_unique", lambda frame: pd.concat([frame, frame.loc[some(frame)]])),
    ("codes_have_a_label", put("grade_span", "3")),
    ("codes_have_a_label", put("subject", "ART")),
    ("codes_have_a_label", put("value_status", "fine")),
    ("a_status_with_a_number_has_one", put(["value", "interval_low", "interval_high", "interval_method"], None)),
    ("a_status_without_a_number_has_none", put("value", 0.0, value_status="no_students")),
    ("a_status_without_a_number_has_none", put("student_count", 0, value_status="no_students")),
    ("hidden_rows_tell_nothing", put("value", 50.0, value_status="suppressed")),
    ("hidden_rows_tell_nothing", put("student_count", 12, value_status="suppressed")),
    ("hidden_rows_tell_nothing", put("high_bound", 5.0, value_status="suppressed")),
    ("hidden_rows_tell_nothing", put("interval_method", "wilson", value_status="suppressed")),
    ("hidden_rows_tell_nothing", put("completeness", 98.0, value_status="suppressed")),
    ("hidden_rows_tell_nothing", put("reliability", "reliable", value_status="suppressed")),
    ("ranges_show_no_value", put("value", 95.0, value_status="range")),
    ("values_have_no_bounds", put("high_bound", 5.0)),
    ("counts_stand_where_the_mode_shows_them", put("numerator", 390.0, mode="ranges")),
    ("units_are_known", lambda frame: frame.assign(indicator=frame["indicator"].str.replace("test", "no"))),
    ("values_lie_in_range", put("interval_high", 100.1, measure="percent_tested")),
    ("values_lie_in_range", put("interval_low", -0.1, measure="percent_tested")),
    ("values_lie_in_range", put("interval_high", np.inf, measure="mean_scale_score")),
    ("intervals_hold_their_value", put("value", 97.6, measure="percent_tested")),
    ("intervals_hold_their_value", put("value", 92.9, measure="percent_tested")),
    ("intervals_hold_their_value", put("interval_low", None)),
    ("intervals_name_their_method", put("interval_method", None)),
    ("no_small_cell", put("student_count", MINIMUM - 1)),
    ("no_small_cell", put("student_count", 0)),
    ("no_small_cell", put("student_count", MINIMUM - 1, value_status="range")),
    ("every_level_is_present", lambda frame: frame[(frame["level"] != "district") | (frame["school_year"] != 2025)]),
    ("every_population_is_present", lambda frame: frame[frame["population"] != "accountability"]),
    (
        "every_student_group_is_present",
        lambda frame: frame[(frame["student_group"] != "SWD") | (frame["school_year"] != 2025)],
    ),
    ("the_state_moves_plausibly", move_one_value_of_the_state_by_sixteen_points),
    ("the_state_moves_plausibly", move_one_average_of_the_state_by_thirty_points),
]


def broken(results: list[dict]) -> set[str]:
    return {result["expectation"] for result in results if not result["success"]}


@pytest.fixture(scope="module")
def clean() -> list[dict]:
    """The results for a release with nothing wrong, compared with an earlier one that is the same."""
    return publication.check_release(release(), MINIMUM, UNITS, release())


@pytest.mark.parametrize("group, is_missed", [("S504", False), ("HOM", False), ("RU", False), ("EL", True)])
def test_a_group_may_be_absent_that_is_unspecified_or_reported_for_some_indicators(group: str, is_missed: bool) -> None:
    frame = release()
    without = frame[(frame["student_group"] != group) | (frame["school_year"] != 2025)]
    assert broken(publication.check_release(without, MINIMUM, UNITS)) == (
        {"every_student_group_is_present"} if is_missed else set()
    )


def test_a_clean_release_keeps_every_promise(clean: list[dict]) -> None:
    assert broken(clean) == set()
    assert {result["outcome"] for result in clean} == {"passed"}


@pytest.mark.parametrize(("promise", "fault"), FAULTS)
def test_a_fault_breaks_exactly_the_promise_it_is_against(promise: str, fault: Callable) -> None:
    frame = release()
    faulty = fault(frame.copy())
    results = publication.check_release(faulty, MINIMUM, UNITS)
    assert broken(results) == {promise}
    assert all(result["outcome"] != "not_checked" for result in results)
    columns = next(result["columns"] for result in results if result["expectation"] == promise)
    if len(faulty) == len(frame):
        changed = {f"values.{name}" for name in frame if not faulty[name].equals(frame[name])}
        assert changed & set(columns), "the promise does not name the column in which it is broken"


def test_every_promise_has_a_fault_that_breaks_it(clean: list[dict]) -> None:
    promised = {result["expectation"] for result in clean}
    elsewhere = {"columns_are_the_promised_ones", "release_is_not_empty", "students_are_still_counted"}
    assert promised == {promise for promise, _ in FAULTS} | elsewhere


def test_every_column_of_the_results_is_looked_at_by_more_than_its_type(clean: list[dict]) -> None:
    of_all = {"columns_are_the_promised_ones", "columns_hold_their_types"}
    looked_at = {column for result in clean if result["expectation"] not in of_all for column in result["columns"]}
    assert looked_at == {f"values.{name}" for name in publication.COLUMNS}
    by_name = {result["expectation"]: result["columns"] for result in clean}
    assert by_name["no_small_cell"] == ["values.student_count"]
    assert by_name["every_level_is_present"] == ["values.level"]
    assert by_name["release_is_not_empty"] == []


def test_a_column_that_no_expectation_is_about_has_no_check() -> None:
    import great_expectations.expectations as gxe

    alone = publication.Promise(
        name="keys_are_present", expectations=(gxe.ExpectColumnValuesToNotBeNull(column="mode"),)
    )
    assert alone.columns == ["values.mode"]


def test_an_empty_release_is_no_release() -> None:
    results = publication.check_release(release()[:0], MINIMUM, UNITS)
    assert "release_is_not_empty" in broken(results)


@pytest.mark.parametrize(
    "other",
    [
        lambda frame: frame.drop(columns="use_class"),
        lambda frame: frame.assign(exact_student_count=12),
        lambda frame: frame[[*reversed(publication.COLUMNS)]],
    ],
)
def test_other_columns_stop_the_release_and_nothing_further_passes_unchecked(other: Callable) -> None:
    results = publication.check_release(other(release()), MINIMUM, UNITS)
    outcomes = {result["expectation"]: result["outcome"] for result in results}
    assert outcomes.pop("columns_are_the_promised_ones") == "failed"
    assert outcomes.pop("release_is_not_empty") == "passed"
    assert set(outcomes.values()) == {"not_checked"}
    assert all(result["severity"] == "error" for result in results)


def test_an_expectation_that_breaks_is_an_error_and_no_finding(monkeypatch: pytest.MonkeyPatch) -> None:
    """A word compared with a number raises inside Great Expectations; the promise is a warning, the result an error."""
    monkeypatch.setattr(publication, "_moves", lambda frame: pd.DataFrame({"points": ["far"], "unit": ["percent"]}))
    results = publication.check_release(release(), MINIMUM, UNITS)
    moved = next(result for result in results if result["expectation"] == "the_state_moves_plausibly")
    assert (moved["outcome"], moved["severity"], moved["success"]) == ("not_checked", "error", False)


def test_values_may_be_decimals_as_they_come_from_parquet() -> None:
    frame = release()
    for name in publication.NUMBERS:
        frame[name] = frame[name].map(lambda number: None if pd.isna(number) else Decimal(str(number))).astype(object)
    assert broken(publication.check_release(frame, MINIMUM, UNITS, frame)) == set()


def test_the_state_must_not_lose_more_than_one_in_twenty_students_since_the_last_release() -> None:
    frame, previous = release(), release()
    state = (frame["level"] == "state") & (frame["student_group"] == "ALL")
    frame.loc[state, "student_count"] = 4750
    assert broken(publication.check_release(frame, MINIMUM, UNITS, previous)) == set()
    frame.loc[state, "student_count"] = 4749
    assert broken(publication.check_release(frame, MINIMUM, UNITS, previous)) == {"students_are_still_counted"}
    without_2024 = release(years=(2025,))
    assert broken(publication.check_release(without_2024, MINIMUM, UNITS, previous)) == {"students_are_still_counted"}


def test_a_small_group_of_the_state_may_move() -> None:
    frame = move_one_value_of_the_state_by_sixteen_points(release())
    frame.loc[some(frame, level="state", measure="percent_tested"), "student_count"] = publication.STEADY_GROUP - 1
    assert broken(publication.check_release(frame, MINIMUM, UNITS)) == set()


def test_warnings_are_told_from_errors(clean: list[dict]) -> None:
    severities = {result["expectation"]: result["severity"] for result in clean}
    warnings = {name for name, severity in severities.items() if severity == "warning"}
    assert warnings == {"the_state_moves_plausibly", "students_are_still_counted"}
    assert set(severities.values()) == {"error", "warning"}


def test_a_promise_that_holds_says_how_much_it_looked_at(clean: list[dict]) -> None:
    observed = {result["expectation"]: result["observed"] for result in clean}
    frame = release()
    assert observed["keys_are_present"] == f"no breach in {len(frame):,}"
    assert observed["hidden_rows_tell_nothing"] == f"no breach in {(frame['value_status'] == 'suppressed').sum():,}"
    assert observed["columns_are_the_promised_ones"] == "as promised"
    assert observed["students_are_still_counted"] != "no breach in 0"


def test_results_are_counts_and_never_rows() -> None:
    frame = release()
    frame.loc[some(frame), ["value", "interval_high", "student_count"]] = [77_777.7, 88_888.8, 7]
    told = json.dumps(publication.check_release(frame, MINIMUM, UNITS))
    assert "most_possible below value: 1 of " in told
    assert "77777" not in told and "10-large" not in told
