"""A way to hold rows against a contract, written as what differs from a good record. No expectations live here."""

from pathlib import Path

import polars as pl
import pytest
import yaml

from expectations.collections import CONTRACTS
from expectations.collections.validation import Examined, examine

GOOD = yaml.safe_load((Path(__file__).parent / "good_records.yaml").read_text(encoding="utf-8"))


@pytest.fixture(scope="session")
def examined():
    """Hold changed copies of the good record against the contract of a collection."""

    def hold(collection: str, *changes: dict[str, str | None]) -> Examined:
        rows = pl.DataFrame([{**GOOD[collection], **change} for change in changes], infer_schema_length=None)
        return examine(rows.cast(pl.String), CONTRACTS[collection], district_id="0470", school_year=2025)

    return hold
