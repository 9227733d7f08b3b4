"""A simulated state as accepted Parquet, without the way through the door, for benchmarks of what comes after it.

The rows and columns are those that screening would accept; a test holds the two against each other.
"""

from pathlib import Path

import polars as pl

from expectations.collections import CONTRACTS
from expectations.collections.columns import KINDS
from expectations.collections.validation import STATE, accepted_schema
from simulation.simulate import simulate
from simulation.writing import Submission
from submissions.acceptance import prepare_accepted
from submissions.pseudonyms import pseudonymize
from submissions.store import Store

KEY = bytes(32)
"""Nobody has to be hidden who does not exist."""


class Accepted(Submission):
    """Writes each part of a collection as a Parquet file of its own."""

    def write(self, collection: str, frame: pl.DataFrame) -> None:
        """Add rows to a collection, typed and under pseudonyms."""
        if not frame.height:
            return
        school_year, district_id = self.folder.parts[-2:]
        already = self.rows.get(collection, 0)
        columns, schema = CONTRACTS[collection].columns, accepted_schema(CONTRACTS[collection])
        whose = pl.lit(district_id)
        if district_id == STATE and "district_id" in frame.columns:
            whose = pl.coalesce("district_id", whose)
        frame = frame.with_columns(pl.selectors.by_dtype(pl.Enum, pl.Categorical).cast(pl.String))
        persons = [name for name in frame.columns if name in columns and columns[name].metadata["person"]]
        texts = [name for name in frame.columns if frame.schema[name] == pl.String and name not in persons]
        frame = frame.with_columns(
            *(KINDS[columns[name].metadata["kind"]].read(pl.col(name)) for name in texts if name in columns),
            *(pseudonymize(frame[name].cast(pl.String), KEY) for name in persons),
        )
        frame = frame.with_columns(
            school_year=pl.lit(int(school_year)),
            district_id=whose,
            record_line=pl.int_range(already + 2, already + 2 + frame.height),
            source_rows=pl.lit(1),
            submission_id=pl.lit(f"{school_year}-{district_id}"),
        )
        frame = frame.select(
            pl.col(name).cast(kind) if name in frame.columns else pl.lit(None, kind).alias(name)
            for name, kind in schema.items()
        )
        place = self.folder.parents[1] / "accepted" / collection / school_year / f"{district_id}-{already}.parquet"
        place.parent.mkdir(parents=True, exist_ok=True)
        frame.write_parquet(place, compression="zstd", statistics=False, row_group_size=200_000)
        self.rows[collection] = already + frame.height

    def close(self) -> None:
        """Do nothing: every file is whole when it is written."""


def write_accepted(folder: Path, *, students: int, years: int, districts: int, processes: int = 2) -> Path:
    """Simulate a state into a new folder and give the folder of its accepted collections."""
    simulate(folder, students=students, years=years, districts=districts, processes=processes, written_as=Accepted)
    prepare_accepted(Store(folder))
    return folder / "accepted"
