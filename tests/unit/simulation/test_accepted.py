"""What benchmarks write straight as accepted Parquet is what screening would have accepted."""

from pathlib import Path

import polars as pl

from benchmarks.accepted import write_accepted
from expectations.collections import CONTRACTS
from simulation.simulate import simulate
from submissions import custody, screening
from submissions.store import Store

SIZE = {"students": 300, "years": 1, "districts": 1, "processes": 1}
MARKS = ("submission_id", "worst_severity", "finding_codes")


def accepted_rows(folder: Path, collection: str) -> pl.DataFrame:
    """Give the rows of a collection without what a home writes in its own way: pseudonyms and marks."""
    persons = [name for name, column in CONTRACTS[collection].columns.items() if column.metadata["person"]]
    rows = pl.concat([pl.read_parquet(path) for path in sorted(folder.glob(f"{collection}/*/*.parquet"))])
    return rows.drop(*MARKS, *persons, strict=False).sort("school_year", "district_id", "record_line")


def test_the_rows_are_those_that_screening_accepts(tmp_path: Path) -> None:
    direct = write_accepted(tmp_path / "direct", **SIZE)
    simulate(tmp_path / "sent", **SIZE)
    store = Store(tmp_path / "home")
    for year in sorted(path for path in (tmp_path / "sent").iterdir() if path.name.isdigit()):
        for district in sorted(year.iterdir()):
            custody.receive(store, sorted(district.iterdir()), district_id=district.name, school_year=int(year.name))
        screening.screen(store, int(year.name))
    assert sum(accepted_rows(direct, collection).height for collection in CONTRACTS) > 10_000
    for collection in CONTRACTS:
        assert accepted_rows(direct, collection).equals(accepted_rows(store.accepted, collection)), collection
