"""The release folder: what stands in it, and how it becomes current."""

import csv
import hashlib
import json
import os
import shutil
import stat
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import duckdb
import frictionless
import polars as pl
import pytest

from reports import release as room
from reports.contents import UnpublishableError, dictionary
from reports.handover import hand_over
from reports.release import Dossier, build_release, current_release, publish_release

FORMULA = ("=", "+", "-", "@", "\t", "\r")


def rows_of(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def package_of(release: Path) -> dict:
    return json.loads((release / "data" / "datapackage.json").read_text(encoding="utf-8"))


def bytes_of(folder: Path) -> dict[str, str]:
    files = (path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "releases"


def anew(state, methodology: Path, tmp_path: Path, results: pl.DataFrame) -> Path:
    """Hand over other results of the made-up state."""
    place = tmp_path / f"{len(list(tmp_path.iterdir()))}"
    return hand_over(state.make_warehouse(place.with_suffix(".duckdb"), results), methodology, place)


def test_the_values_file_has_every_published_row_and_its_release(release: Path, warehouse: Path):
    rows = rows_of(release / "data" / "values.csv")
    with duckdb.connect(str(warehouse), read_only=True) as connection:
        table = connection.execute("select * from publication.pub_indicator_results").pl()
    assert list(rows[0]) == ["release", *table.columns]
    assert {row["release"] for row in rows} == {"1.0.0"}
    key = dictionary()["values"]["key"]
    unguarded = {
        tuple(row[column].removeprefix("'") for column in key): (
            row["value_status"],
            row["value"],
            row["student_count"],
        )
        for row in rows
    }
    assert len(unguarded) == len(rows) == table.height
    for row in table.iter_rows(named=True):
        status, value, count = unguarded[tuple(str(row[column]) for column in key)]
        assert status == row["value_status"]
        assert (Decimal(value) if value else None) == row["value"]
        assert (int(count) if count else None) == row["student_count"]


def test_the_parquet_file_has_the_rows_of_the_values_file_with_types(release: Path):
    parquet = pl.read_parquet(release / "data" / "values.parquet")
    rows = rows_of(release / "data" / "values.csv")
    assert parquet.columns == list(rows[0])
    assert [str(year) for year in parquet["school_year"]] == [row["school_year"] for row in rows]
    assert [value and f"{value:.4f}" for value in parquet["value"]] == [
        f"{Decimal(row['value']):.4f}" if row["value"] else None for row in rows
    ]


def test_ids_are_text_and_keep_their_leading_zeros(release: Path):
    ids = {row["entity_id"] for row in rows_of(release / "data" / "entities.csv")}
    assert {"0100", "0001", "0004"} <= ids
    fields = {field["name"]: field["type"] for field in package_of(release)["resources"][0]["schema"]["fields"]}
    assert fields["entity_id"] == "string"


def test_no_text_of_any_data_file_runs_as_a_formula(release: Path):
    resources = [resource for resource in package_of(release)["resources"] if resource["type"] == "table"]
    hostile = 0
    for resource in resources:
        texts = {field["name"] for field in resource["schema"]["fields"] if field["type"] == "string"}
        for row in rows_of(release / "data" / resource["path"]):
            assert not [name for name in texts if row[name].startswith(FORMULA)]
            hostile += sum(row[name].startswith("'") for name in texts)
    assert hostile > 0


def test_every_column_of_every_file_is_described(release: Path):
    for resource in package_of(release)["resources"]:
        if resource["type"] != "table":
            continue
        with (release / "data" / resource["path"]).open(encoding="utf-8") as file:
            header = next(csv.reader(file))
        fields = resource["schema"]["fields"]
        assert [field["name"] for field in fields] == header
        assert all(field["title"] and field["description"] for field in fields)


def test_the_data_package_is_valid_and_its_keys_and_links_hold(release: Path):
    report = frictionless.validate(str(release / "data" / "datapackage.json"))
    assert report.valid, report.flatten(["rowNumber", "fieldName", "type", "message"])[:5]
    assert report.stats["tasks"] == len(package_of(release)["resources"])


def test_a_broken_link_between_files_is_found_by_the_validator(release: Path, tmp_path: Path):
    shutil.copytree(release / "data", tmp_path, dirs_exist_ok=True)
    package = json.loads((tmp_path / "datapackage.json").read_text())
    for resource in package["resources"]:
        resource.pop("hash"), resource.pop("bytes")
    (tmp_path / "datapackage.json").write_text(json.dumps(package))
    groups = tmp_path / "student_groups.csv"
    groups.write_text("".join(line for line in groups.read_text().splitlines(True) if not line.startswith("EL,")))
    report = frictionless.validate(str(tmp_path / "datapackage.json"))
    assert "foreign-key" in {error[0] for error in report.flatten(["type"])}


def test_the_release_says_its_version_its_licence_and_its_sources(release: Path):
    package = package_of(release)
    assert package["version"] == release.name == "1.0.0"
    assert package["licenses"][0]["name"]
    assert package["sources"][0]["title"]


def test_the_readme_says_what_it_holds_and_for_which_years(release: Path):
    text = " ".join((release / "README.md").read_text(encoding="utf-8").split())
    assert "2023–24 to 2024–25" in text
    assert not [name for name in dictionary() if f"`data/{name}.csv`" not in text]


def test_the_checksums_name_every_file_and_hold(release: Path):
    lines = (release / "checksums.sha256").read_text().splitlines()
    told = {path: digest for digest, path in (line.split("  ", 1) for line in lines)}
    found = bytes_of(release)
    del found["checksums.sha256"]
    assert told == found


def test_the_methodology_pages_and_the_results_of_the_gate_come_with_the_release(release: Path, methodology: Path):
    pages = {path.name: path.read_bytes() for path in (release / "methodology").iterdir()}
    assert pages == {path.name: path.read_bytes() for path in methodology.glob("*/*.md")}
    assert json.loads((release / "gate" / "results.json").read_text())[0]["success"] is True


def test_the_proof_of_what_is_hidden_comes_with_the_release(handed_over: Path, tmp_path: Path):
    proof = tmp_path / "disclosure_worlds.parquet"
    proof.write_bytes(b"worlds")
    made = build_release(handed_over, tmp_path / "1.0.0", "1.0.0", Dossier(certificates={"worlds": proof}))
    assert (made / "certificates" / "worlds.parquet").read_bytes() == b"worlds"


def test_nothing_in_a_release_says_where_or_when_it_was_made(release: Path, handed_over: Path):
    here = [str(release.parent).encode(), str(handed_over).encode(), str(Path(__file__).parents[3]).encode()]
    today = datetime.now(UTC).strftime("%Y-%m-%d").encode()
    for path in (path for path in release.rglob("*") if path.is_file()):
        content = path.read_bytes()
        assert not [word for word in (*here, today, b".building-") if word in content], path


def test_building_the_same_release_twice_gives_the_same_bytes(handed_over: Path, release: Path, home: Path, state):
    results = json.loads((release / "gate" / "results.json").read_text())
    again = publish_release(handed_over, home, Dossier(gate_results=results))
    assert bytes_of(again) == bytes_of(release)


def test_the_order_of_rows_in_the_warehouse_does_not_matter(
    handed_over: Path, state, methodology: Path, tmp_path: Path
):
    shuffled = anew(state, methodology, tmp_path, state.results().sample(fraction=1.0, shuffle=True, seed=1))
    for name in ("rules.json", "certifications.json"):
        shutil.copyfile(handed_over / name, shuffled / name)
    one = build_release(handed_over, tmp_path / "one", "1.0.0")
    other = build_release(shuffled, tmp_path / "other", "1.0.0")
    assert bytes_of(one) == bytes_of(other)


def test_a_release_is_open_to_readers_even_where_files_are_private_by_default(handed_over: Path, home: Path):
    before = os.umask(0o077)
    try:
        made = publish_release(handed_over, home)
    finally:
        os.umask(before)
    modes = {stat.S_IMODE(path.stat().st_mode) for path in made.rglob("*") if path.is_file()}
    folders = {stat.S_IMODE(path.stat().st_mode) for path in (made, *made.rglob("*")) if path.is_dir()}
    assert (modes, folders) == ({0o644}, {0o755})
    assert stat.S_IMODE(home.stat().st_mode) == 0o700


def test_the_first_release_is_1_0_0_and_becomes_current(handed_over: Path, home: Path):
    assert current_release(home) is None
    made = publish_release(handed_over, home)
    assert made == home / "1.0.0"
    assert current_release(home) == made.resolve()
    assert {entry.name for entry in home.iterdir()} == {".pages", "1.0.0", "current"}


def test_the_same_data_again_keep_the_current_release(handed_over: Path, home: Path, caplog):
    made = publish_release(handed_over, home)
    before = bytes_of(made)
    with caplog.at_level("INFO", "waymark.reports"):
        assert publish_release(handed_over, home) == made
    assert "same as in release 1.0.0" in caplog.text
    assert bytes_of(made) == before
    assert {entry.name for entry in home.iterdir()} == {".pages", "1.0.0", "current"}


def test_corrected_values_are_a_patch_a_new_year_is_minor_and_a_lost_measure_is_major(
    state, methodology: Path, tmp_path: Path, home: Path
):
    first, both = state.results(years=(2024,)), state.results()
    corrected = first.with_columns(
        pl.when(pl.col("value") == 60).then(61).otherwise("value").cast(pl.Decimal(18, 4)).alias("value")
    )
    fewer = both.filter(pl.col("measure") != "percent_proficient_of_tested")
    made = [
        publish_release(anew(state, methodology, tmp_path, results), home).name
        for results in (first, corrected, both, fewer)
    ]
    assert made == ["1.0.0", "1.0.1", "1.1.0", "2.0.0"]
    assert current_release(home).name == "2.0.0"


def test_a_changed_methodology_page_is_a_patch(warehouse: Path, state, tmp_path: Path, home: Path):
    pages = state.make_methodology(tmp_path / "pages")
    publish_release(hand_over(warehouse, pages, tmp_path / "new"), home)
    page = pages / "average_score" / "average_score.md"
    page.write_text(page.read_text() + "\nOne more sentence.\n")
    assert publish_release(hand_over(warehouse, pages, tmp_path / "newer"), home).name == "1.0.1"


def test_a_version_that_exists_is_never_written_again(handed_over: Path, home: Path):
    made = publish_release(handed_over, home, version="2.3.0")
    before = bytes_of(made)
    with pytest.raises(FileExistsError, match=r"2\.3\.0"):
        publish_release(handed_over, home, version="2.3.0")
    assert bytes_of(made) == before


@pytest.mark.parametrize("version", ["1.0", "v1.0.0", "../1.0.0", "1.0.0/x"])
def test_a_version_is_three_numbers(handed_over: Path, home: Path, version: str):
    with pytest.raises(ValueError, match="three numbers"):
        publish_release(handed_over, home, version=version)
    assert not home.exists()


@pytest.mark.parametrize("step", ["build_site", "_seal", "_open_to_readers", "_make_current"])
def test_a_failure_at_any_step_leaves_readers_the_old_release(
    handed_over: Path, state, methodology: Path, tmp_path: Path, home: Path, monkeypatch, step: str
):
    old = publish_release(anew(state, methodology, tmp_path, state.results(years=(2024,))), home)
    before = bytes_of(old)

    def fail(*_: object) -> None:
        raise OSError("no space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(room, step, fail)
        with pytest.raises(OSError, match="no space"):
            publish_release(handed_over, home)
    assert current_release(home) == old.resolve()
    assert bytes_of(old) == before
    assert not [entry.name for entry in home.iterdir() if entry.name.startswith(".building")]
    assert publish_release(handed_over, home).name == "1.1.0"
    assert current_release(home).name == "1.1.0"


def test_a_failure_of_the_site_leaves_no_folder_of_the_new_version(handed_over: Path, state, home: Path, monkeypatch):
    def fail(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(room, "build_site", fail)
    with pytest.raises(KeyboardInterrupt):
        publish_release(handed_over, home)
    assert list(home.iterdir()) == []


def test_an_indicator_without_its_methodology_page_is_not_published(warehouse: Path, state, tmp_path: Path, home: Path):
    pages = state.make_methodology(tmp_path / "pages")
    (pages / "average_score" / "average_score.md").unlink()
    with pytest.raises(FileNotFoundError):
        publish_release(hand_over(warehouse, pages, tmp_path / "new"), home)
    assert not home.exists()


def _changed(results: pl.DataFrame, where: pl.Expr, **columns: object) -> pl.DataFrame:
    assert results.filter(where).height
    return results.with_columns(
        pl.when(where).then(pl.lit(value)).otherwise(pl.col(name)).cast(results.schema[name]).alias(name)
        for name, value in columns.items()
    )


HIDDEN = pl.col("value_status") == "suppressed"


@pytest.mark.parametrize(
    ("columns", "complaint"),
    [
        ({"value": 12}, "carries one"),
        ({"interval_low": 12}, "carries one"),
        ({"student_count": 4}, "number of students"),
    ],
)
def test_a_hidden_row_that_carries_anything_is_refused(
    state, methodology: Path, tmp_path: Path, home: Path, columns: dict, complaint: str
):
    hidden = anew(state, methodology, tmp_path, _changed(state.results(), HIDDEN, **columns))
    with pytest.raises(UnpublishableError, match=complaint):
        publish_release(hidden, home)


def test_more_decimals_than_an_indicator_declares_are_refused(state, methodology: Path, tmp_path: Path, home: Path):
    results = _changed(state.results(), pl.col("level") == "state", value=50.25)
    with pytest.raises(ValueError, match="more decimals"):
        publish_release(anew(state, methodology, tmp_path, results), home)


def test_two_rows_with_one_key_are_refused(state, methodology: Path, tmp_path: Path, home: Path):
    results = state.results()
    with pytest.raises(UnpublishableError, match="two rows with one key"):
        publish_release(anew(state, methodology, tmp_path, pl.concat([results, results[:1]])), home)


def test_a_row_that_names_what_no_other_file_has_is_refused(state, methodology: Path, tmp_path: Path, home: Path):
    results = _changed(state.results(), pl.col("subject") == "MATH", subject="ART")
    with pytest.raises(UnpublishableError, match=r"names subject 'ART', .* not stand in subjects"):
        publish_release(anew(state, methodology, tmp_path, results), home)


def test_numbers_that_are_floats_are_refused(state, warehouse: Path, methodology: Path, tmp_path: Path, home: Path):
    floats = tmp_path / "floats.duckdb"
    floats.write_bytes(warehouse.read_bytes())
    with duckdb.connect(str(floats)) as connection:
        connection.execute("alter table publication.pub_indicator_results alter value type double")
    with pytest.raises(UnpublishableError, match="must be a decimal"):
        publish_release(hand_over(floats, methodology, tmp_path / "floats"), home)


def test_a_warehouse_without_results_cannot_be_published(state, methodology: Path, tmp_path: Path, home: Path):
    with pytest.raises(UnpublishableError, match="no result"):
        publish_release(anew(state, methodology, tmp_path, state.results()[:0]), home)
