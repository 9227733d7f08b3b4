"""Frames to files, in the standard layout and always in the same bytes. What the frames hold is decided elsewhere."""

import gzip
import json
import shutil
from pathlib import Path
from typing import IO

import polars as pl

DESCRIPTOR = "datapackage.json"
LARGEST = 400 * 2**20
"""A file of more bytes is packed: the gate takes in half a gibibyte, or one gibibyte unpacked."""


class Submission:
    """The files of one submission. Rows of a collection may come in parts; they are written in the order they come."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.rows: dict[str, int] = {}
        self._open: dict[str, IO[bytes]] = {}
        folder.mkdir(parents=True)

    def write(self, collection: str, frame: pl.DataFrame) -> None:
        """Add rows to a collection. A collection without any row gets no file."""
        if not frame.height:
            return
        file = self._open.get(collection)
        if file is None:
            file = self._open[collection] = (self.folder / f"{collection}.csv").open("wb")
        as_text(frame).write_csv(file, include_header=collection not in self.rows)
        self.rows[collection] = self.rows.get(collection, 0) + frame.height

    def close(self) -> None:
        """Close the files, pack those that are too large to be received, and describe them as simulated."""
        for collection, file in self._open.items():
            file.close()
            path = self.folder / f"{collection}.csv"
            if path.stat().st_size > LARGEST:
                _pack(path)
        resources = [{"name": path.name.split(".")[0], "path": path.name} for path in sorted(self.folder.iterdir())]
        if not resources:
            return
        described = {"title": "Simulated records", "simulated": True, "resources": resources}
        (self.folder / DESCRIPTOR).write_text(json.dumps(described, indent=2) + "\n", encoding="utf-8")


def as_text(frame: pl.DataFrame) -> pl.DataFrame:
    """Write yes and no as the standard does; everything else is written as it stands."""
    yes_no = (
        pl.when(pl.col(name)).then(pl.lit("Yes")).when(~pl.col(name)).then(pl.lit("No")).alias(name)
        for name, kind in frame.schema.items()
        if kind == pl.Boolean
    )
    return frame.with_columns(yes_no)


def _pack(path: Path) -> None:
    target = path.with_name(f"{path.name}.gz")
    with path.open("rb") as plain, target.open("wb") as raw, gzip.GzipFile("", "wb", 1, raw, mtime=0) as packed:
        shutil.copyfileobj(plain, packed, 2**20)
    path.unlink()
