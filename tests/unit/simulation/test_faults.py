"""What is planted is found and what is found is planted: by rule, file and line."""

import filecmp
from pathlib import Path

import polars as pl
import pytest

from expectations.catalogue import SEVERITY, collection_of
from simulation.faults import faults
from simulation.simulate import simulate
from submissions import custody, screening
from submissions.store import Store

SIZE = {"students": 600, "years": 2, "districts": 2, "seed": 3}
EVERY = [(collection, fault) for collection, of in faults().items() for fault in of]
WHERE = ["file", "line", "rule"]


def everything_found(folder: Path, home: Path) -> pl.DataFrame:
    """Send a state whole to a new home, and give all that was found in it."""
    store = Store(home)
    for year in sorted(path for path in folder.iterdir() if path.name.isdigit()):
        for district in sorted(year.iterdir()):
            whose = {"district_id": district.name, "school_year": int(year.name)}
            assert custody.receive(store, sorted(district.iterdir()), **whose).status == "received"
        assert not screening.screen(store, int(year.name)).not_checked
    return pl.concat(
        pl.read_csv(path, infer_schema=False).select(
            file=pl.format("{}/{}/{}", *(pl.lit(part) for part in path.parent.name.split("-")[:2]), "file"),
            line=pl.col("line").cast(pl.Int64),
            rule="rule",
        )
        for path in sorted(store.feedback.glob("*/findings.csv"))
    ).unique()


@pytest.fixture(scope="module")
def broken(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("broken") / "state"
    simulate(folder, **SIZE, rate_of_faults=0.002, processes=1)
    return folder


@pytest.fixture(scope="module")
def truth(broken) -> pl.DataFrame:
    return pl.read_csv(broken / "truth" / "faults.csv")


@pytest.fixture(scope="module")
def clean(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("clean") / "state"
    simulate(folder, **SIZE, processes=1)
    return folder


@pytest.fixture(scope="module")
def found(broken, tmp_path_factory) -> pl.DataFrame:
    return everything_found(broken, tmp_path_factory.mktemp("home_of_broken"))


def test_every_fault_that_is_planted_is_found_with_all_that_follows_from_it(truth, found):
    assert truth.join(found, on=WHERE, how="anti", nulls_equal=True).to_dicts() == []


def test_nothing_is_found_that_is_not_planted_or_follows_from_what_is(truth, found, clean, tmp_path):
    """A clean state is not without findings: what has to be explained may be right."""
    without_faults = everything_found(clean, tmp_path)
    assert not any(SEVERITY.get(rule) == "must_fix" for rule in without_faults["rule"])
    new = found.join(without_faults, on=WHERE, how="anti", nulls_equal=True)
    assert new.join(truth, on=WHERE, how="anti", nulls_equal=True).to_dicts() == []


def test_more_than_three_hundred_rules_are_broken(truth):
    assert truth.filter(role="planted")["rule"].n_unique() >= 300


def test_every_rule_that_can_be_broken_is_in_the_catalogue_under_its_collection():
    assert [fault.rule for collection, fault in EVERY if collection_of(fault.rule) != collection] == []
    assert {rule for _, fault in EVERY for rule in fault.also} <= set(SEVERITY)
    assert len({fault.rule for _, fault in EVERY}) == len(EVERY)


def test_of_each_rule_a_known_share_of_the_records_is_broken(broken, truth):
    file = "2025/0020/evidence.csv"
    records = pl.read_csv(broken / file, infer_schema=False).height
    counts = truth.filter(role="planted", file=file).filter(pl.col("line").is_not_null()).group_by("rule").len()
    assert counts["len"].is_between(0.001 * records, 0.003 * records).all()


def test_no_row_has_two_faults(truth):
    assert truth.filter(pl.col("line").is_not_null(), role="planted").select("file", "line").is_unique().all()


def test_lines_that_have_no_fault_stand_where_they_stood(broken, clean, truth):
    """Beside the columns that a fault adds to a file."""
    path = "2025/0020/evidence.csv"
    before = pl.read_csv(clean / path, infer_schema=False).with_row_index("line", offset=2)
    after = pl.read_csv(broken / path, infer_schema=False).with_row_index("line", offset=2).select(before.columns)
    faulty = truth.filter(pl.col("file") == path, role="planted")["line"].drop_nulls()
    differ = before.join(after.head(before.height), on=before.columns, how="anti", nulls_equal=True)["line"]
    assert differ.len() > 0
    assert set(differ) <= set(faulty)


def test_the_faults_do_not_depend_on_the_number_of_processes(tmp_path):
    for processes in (1, 2):
        simulate(
            tmp_path / str(processes), students=200, districts=2, seed=5, rate_of_faults=0.005, processes=processes
        )
    paths = sorted(path.relative_to(tmp_path / "1") for path in (tmp_path / "1").rglob("*") if path.is_file())
    _, differ, unread = filecmp.cmpfiles(tmp_path / "1", tmp_path / "2", paths, shallow=False)
    assert (differ, unread) == ([], [])


def test_without_a_rate_nothing_is_broken_and_nothing_said_of_faults(clean):
    assert not (clean / "truth" / "faults.csv").exists()
    assert "broken" not in (clean / "README.md").read_text()
