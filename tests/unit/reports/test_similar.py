"""What makes places alike: published rows and nothing else, and nothing where a number is hidden."""

import json
import shutil
from pathlib import Path

import polars as pl

from reports.published import Published
from reports.similar import GROUPS, facts


def test_the_facts_of_a_place_are_the_published_counts_and_its_grades(release: Path):
    book, found = Published(release), json.loads((release / "site/files/similar.json").read_text(encoding="utf-8"))
    assert found == facts(book)
    assert found["groups"] == list(GROUPS)
    values = pl.read_csv(release / "data/values.csv", infer_schema=False)
    asked = {**found["counted"], "school_year": "2025", "grade_span": "all"}
    rows = values.filter(pl.all_horizontal(pl.col(name) == value for name, value in asked.items()))
    counts = {(row["entity_id"], row["student_group"]): row for row in rows.iter_rows(named=True)}
    hidden = 0
    for level, entity_id, low, high, *own in found["places"]:
        grades = {"0003": (0, 0), "0004": (1, 2), "0001": (None, 2)}.get(entity_id, (None, None))
        assert (low, high) == grades
        for group, count in zip(("ALL", *GROUPS), own, strict=True):
            row = counts["'-05" if entity_id == "-05" else entity_id, group]
            assert row["level"][0] == level
            published = (
                0 if row["value_status"] == "no_students" else row["student_count"] and int(row["student_count"])
            )
            assert count == published
            hidden += row["value_status"] == "suppressed"
    assert [place[1] for place in found["places"]] == ["0100", "470", "0001", "0002", "0003", "0004"]


def test_the_counts_are_of_the_most_students_and_a_hidden_one_is_not_known(release: Path, tmp_path: Path):
    copy = tmp_path / "release"
    shutil.copytree(release / "data", copy / "data")
    shutil.copytree(release / "gate", copy / "gate")
    values = pl.read_parquet(copy / "data/values.parquet")
    is_more = (pl.col("indicator") == "test_participation") & (pl.col("subject") == "MATH")
    is_hidden = (pl.col("entity_id") == "0001") & (pl.col("student_group") == "EL")
    is_nobody = (pl.col("entity_id") == "0001") & (pl.col("student_group") == "SWD")
    values.with_columns(
        student_count=pl.when(is_hidden | is_nobody)
        .then(None)
        .when(is_more & (pl.col("level") == "state"))
        .then(99000)
        .otherwise("student_count"),
        value_status=pl.when(is_hidden)
        .then(pl.lit("suppressed"))
        .when(is_nobody)
        .then(pl.lit("no_students"))
        .otherwise("value_status"),
    ).write_parquet(copy / "data/values.parquet")
    found = facts(Published(copy))
    assert (found["counted"]["indicator"], found["counted"]["subject"]) == ("test_participation", "MATH")
    (own,) = [place for place in found["places"] if place[1] == "0001"]
    assert own[4:] == [180, 16, None, 0]
    assert "0002" not in [place[1] for place in found["places"]], "no count of it is published"
