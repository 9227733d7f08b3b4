"""What changed between releases: the list leads from one to the next, names causes, and decides the version."""

import string
from pathlib import Path

import duckdb
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reports.changes import AFTER, BEFORE, apply, as_text, changes, columns, key
from reports.contents import columns_of, dictionary, read
from reports.handover import hand_over
from reports.release import Dossier, publish_release
from reports.versions import Earlier

COLUMNS = columns_of(dictionary()["values"])
OTHERS = [name for name in COLUMNS if name not in key()]
TEXT = st.none() | st.text(string.digits + ".", min_size=1, max_size=4)
STATUS = st.sampled_from(["ok", "range", "suppressed", "no_students"])


@st.composite
def results(draw: st.DrawFn) -> pl.DataFrame:
    """Some of a handful of results, each with any numbers and a status."""
    places = draw(st.sets(st.integers(0, 7), max_size=8))
    rows = []
    for place in sorted(places):
        row = dict.fromkeys(COLUMNS, "same") | {"entity_id": str(place % 4), "school_year": str(2024 + place // 4)}
        row |= {name: draw(TEXT) for name in ("value", "student_count", "interval_low")}
        rows.append(row | {"value_status": draw(STATUS)})
    return pl.DataFrame(rows, schema=dict.fromkeys(COLUMNS, pl.String)).sort(key())


@settings(max_examples=60, deadline=None)
@given(results(), results())
def test_the_changes_applied_to_the_old_release_give_the_new(before: pl.DataFrame, after: pl.DataFrame):
    found = changes(before, after)
    assert apply(before, found).equals(after)
    hidden = found.filter(pl.col("value_status" + AFTER) == "suppressed")
    assert hidden["value" + BEFORE].null_count() == hidden.height


def test_the_same_release_has_no_changes(handed_over: Path):
    own = as_text(read(handed_over))
    assert changes(own, own).is_empty()


def test_a_column_that_is_new_is_a_change_only_where_it_says_something(handed_over: Path):
    after = as_text(read(handed_over))
    found = changes(after.drop("student_count"), after)
    assert found.height == after["student_count"].is_not_null().sum()
    assert apply(after.drop("student_count"), found).select(after.columns).equals(after)


@pytest.fixture(scope="module")
def inputs() -> dict:
    """What a build of the made-up state was made of."""
    submission = {"rule_pack": "one", "files": [["student", "a" * 64]], "events": ["received", "accepted"]}
    return {
        "submissions": {
            f"{year}-{district}": {"district_id": district, "school_year": year, **submission}
            for district in ("0100", "470")
            for year in (2024, 2025)
        },
        "files": {},
        "code": {"methods": "b" * 64, "reports": "c" * 64},
        "policies": {"policy_minimum_n": "d" * 64, "policy_academic_achievement": "e" * 64},
        "indicators": {
            name: {
                "models": {f"ind_{name}": "f" * 64},
                "policies": [f"policy_{name}"],
                "collections": [],
                "computed": [],
            }
            for name in ("academic_achievement", "test_participation", "average_score", "full_academic_year_coverage")
        },
        "shared_models": {"fct_indicator_results": "0" * 64},
    }


def _corrected(results: pl.DataFrame, entity: str, indicator: str) -> pl.DataFrame:
    is_it = (pl.col("entity_id") == entity) & (pl.col("indicator") == indicator) & (pl.col("value_status") == "ok")
    is_it &= pl.col("school_year") == 2025
    return results.with_columns(
        pl.when(is_it).then(pl.col("value") + 1).otherwise("value").cast(results.schema["value"]).alias("value"),
        pl.when(is_it)
        .then(pl.col("interval_high") + 1)
        .otherwise("interval_high")
        .cast(results.schema["value"])
        .alias("interval_high"),
    )


def _again(inputs: dict, change: str) -> dict:
    """Give what a second build was made of, with one thing changed."""
    again = {name: dict(part) for name, part in inputs.items()}
    if change == "submission_corrected":
        again["submissions"]["2025-0100"] = again["submissions"]["2025-0100"] | {"files": [["student", "9" * 64]]}
    elif change == "rule_changed":
        again["submissions"]["2025-0100"] = again["submissions"]["2025-0100"] | {"rule_pack": "two"}
    elif change == "policy_changed":
        again["policies"]["policy_minimum_n"] = "9" * 64
    elif change == "code_changed":
        again["indicators"]["average_score"] = again["indicators"]["average_score"] | {
            "models": {"ind_average_score": "9"}
        }
    return again


@pytest.mark.parametrize(
    "change", ["submission_corrected", "rule_changed", "policy_changed", "code_changed", "not_known"]
)
def test_a_changed_number_has_the_cause_that_was_planted(
    state, methodology: Path, tmp_path: Path, handed_over: Path, inputs: dict, change: str
):
    releases = tmp_path / "releases"
    publish_release(handed_over, releases, Dossier(inputs=inputs))
    corrected = _corrected(state.results(), "0001", "average_score").filter(pl.col("level") == "school")
    others = state.results().filter(pl.col("level") != "school")
    warehouse = state.make_warehouse(tmp_path / "again.duckdb", pl.concat([corrected, others]))
    again = hand_over(warehouse, methodology, tmp_path / "again")
    made = publish_release(again, releases, Dossier(inputs=_again(inputs, change)))
    found = pl.read_csv(made / "data" / "changes.csv", infer_schema=False)
    assert found.columns == columns()
    assert set(found["cause"]) == {change}
    assert set(found["entity_id"]) == {"0001"}
    assert made.name == "1.0.1"
    assert apply(Earlier(releases / "1.0.0").values, found).equals(Earlier(made).values)


def test_the_history_of_changes_comes_with_each_release(state, methodology: Path, tmp_path: Path):
    releases, wanted = tmp_path / "releases", []
    for place, years in enumerate([(2024,), (2024, 2025)]):
        warehouse = state.make_warehouse(tmp_path / f"{place}.duckdb", state.results(years=years))
        made = publish_release(hand_over(warehouse, methodology, tmp_path / f"{place}"), releases)
        wanted.append(made.name)
    results = state.results().filter(pl.col("measure") != "percent_proficient_of_tested")
    warehouse = state.make_warehouse(tmp_path / "2.duckdb", results)
    made = publish_release(hand_over(warehouse, methodology, tmp_path / "2"), releases)
    assert [*wanted, made.name] == ["1.0.0", "1.1.0", "2.0.0"]
    text = (made / "CHANGELOG.md").read_text()
    assert text.index("## 2.0.0") < text.index("## 1.1.0") < text.index("The first release.")
    assert "The measure academic_achievement/percent_proficient_of_tested is gone." in text
    listed = {path.name for path in (made / "site" / "api" / "v1" / "changes").iterdir()}
    assert listed == {f"{step}.{kind}" for step in ("1.0.0..1.1.0", "1.1.0..2.0.0") for kind in ("csv", "json")}


@pytest.mark.parametrize(
    ("planted", "version"),
    [
        ("update publication.pub_measures set unit = 'points' where indicator = 'average_score'", "2.0.0"),
        ("update publication.pub_policies set value = '12' where parameter = 'minimum_students'", "2.0.0"),
        ("insert into publication.pub_subjects values ('SCI', 3, 'Science', 'Ciencias')", "1.1.0"),
        ("update publication.pub_indicators set label_en = 'Other words' where indicator = 'average_score'", "1.0.1"),
    ],
)
def test_what_changes_a_meaning_is_major_what_is_new_is_minor_and_words_are_a_patch(
    warehouse: Path, methodology: Path, handed_over: Path, tmp_path: Path, planted: str, version: str
):
    publish_release(handed_over, tmp_path / "releases")
    changed = tmp_path / "changed.duckdb"
    changed.write_bytes(warehouse.read_bytes())
    with duckdb.connect(str(changed)) as connection:
        connection.execute(planted)
    made = publish_release(hand_over(changed, methodology, tmp_path / "changed"), tmp_path / "releases")
    assert made.name == version
