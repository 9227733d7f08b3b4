"""The hand-over: the published tables leave the warehouse, nothing else does, and a release needs nothing else."""

from pathlib import Path

import duckdb
import polars as pl
import pytest

from reports.contents import TABLES, UnpublishableError, published
from reports.handover import hand_over
from reports.release import publish_release

PLANTED = "7316529"


@pytest.fixture
def with_students(warehouse: Path, tmp_path: Path) -> Path:
    """A warehouse that holds, beside the published tables, tables of students."""
    path = tmp_path / "waymark.duckdb"
    path.write_bytes(warehouse.read_bytes())
    with duckdb.connect(str(path)) as connection:
        connection.execute("create schema staging; create schema marts")
        for name in ("staging.stg_student", "marts.fct_indicator_results", "publication.dim_student"):
            connection.execute(f"create table {name} as select '{PLANTED}' as student_id, 3 as numerator")
    return path


def test_published_tables_are_handed_over_and_no_others(with_students: Path, methodology: Path, tmp_path: Path):
    handed_over = hand_over(with_students, methodology, tmp_path / "handed_over")
    names = {file.stem for file in (handed_over / TABLES).iterdir()}
    assert names == {about["source"] for about in published().values()}
    assert all(name.startswith("pub_") for name in names)
    for file in (handed_over / TABLES).iterdir():
        table = pl.read_parquet(file)
        assert not {name for name in table.columns if "student_id" in name or "birth" in name}
        assert not table.select((pl.col(pl.String) == PLANTED).any()).sum_horizontal().item()


def test_a_release_is_made_of_what_was_handed_over_with_no_warehouse_there(
    with_students: Path, methodology: Path, tmp_path: Path
):
    handed_over = hand_over(with_students, methodology, tmp_path / "handed_over")
    with_students.unlink()
    made = publish_release(handed_over, tmp_path / "releases")
    assert (made / "site" / "index.html").is_file()
    assert not [file for file in made.rglob("*") if file.is_file() and PLANTED.encode() in file.read_bytes()]


def test_a_column_that_the_dictionary_does_not_name_is_not_handed_over(handed_over: Path):
    for about in published().values():
        table = pl.read_parquet(handed_over / TABLES / f"{about['source']}.parquet")
        assert table.columns == [name for name in about["fields"] if name != "release"]


def test_a_build_of_another_version_is_told_apart(with_students: Path, methodology: Path, tmp_path: Path):
    with duckdb.connect(str(with_students)) as connection:
        connection.execute("alter table publication.pub_measures drop column is_headline")
    with pytest.raises(UnpublishableError, match="pub_measures is not as the dictionary has it"):
        hand_over(with_students, methodology, tmp_path / "handed_over")
