"""What is kept of a submission: typed rows under pseudonyms, rows set aside, and the private table of who is who.

Whether a submission may be kept is decided in `screening`. The same submission under the same rules and key gives the
same bytes; a file is either there whole or not there.
"""

import errno
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import polars as pl

from expectations.catalogue import SEVERITY
from expectations.collections import CONTRACTS
from expectations.collections.validation import STATE, Examined, accepted_schema, constant
from expectations.notices import SEVERITIES
from submissions.agreement import NOTHING
from submissions.custody import ReceivedFile, Submission
from submissions.layout import Records
from submissions.pseudonyms import distinct, exchange, pseudonymize, pseudonyms_of
from submissions.reading import LINE
from submissions.store import Store, write_atomically, write_together

SMALL = 200_000
"""Up to so many rows, a frame is written in memory and then to the disk, which takes less than to send it there."""

_KEPT = {name: accepted_schema(contract) for name, contract in CONTRACTS.items()}
_SETTINGS = {"compression": "zstd", "compression_level": 1, "statistics": False, "row_group_size": 200_000}
"""With these, the same frame gives the same bytes. A higher level costs more and makes no smaller file."""


@dataclass(frozen=True)
class Screened:
    """One collection of one file, held against its contract, and what the rules across files found in it."""

    file: ReceivedFile
    records: Records
    examined: Examined
    agreed: pl.DataFrame = field(default_factory=lambda: NOTHING)

    @property
    def collection(self) -> str:
        return self.records.collection

    @property
    def has_findings(self) -> bool:
        return self.examined.findings.height + self.agreed.height > 0

    @property
    def findings(self) -> pl.DataFrame:
        """Every finding, of its own contract and across files: `row`, `rule` and `field`."""
        own = self.examined.findings
        return pl.concat([own, self.agreed.select(own.columns)]) if self.agreed.height else own


def prepare_accepted(store: Store) -> None:
    """See that every collection has an accepted Parquet of its columns and no rows, so that a glob always finds one."""
    nothing = {store.accepted / name / "none" / "none.parquet": schema.to_frame() for name, schema in _KEPT.items()}
    _write(store, nothing)


def place_of(folder: Path, collection: str, school_year: int, district_id: str) -> Path:
    """Name the place of what a district has in a collection and year, there or not."""
    return folder / collection / str(school_year) / f"{district_id}.parquet"


def write(frame: pl.DataFrame, path: Path) -> None:
    """Write a Parquet file whole."""
    with write_atomically(path) as part:
        frame.write_parquet(part, **_SETTINGS)


def _write(store: Store, frames: Mapping[Path, pl.DataFrame]) -> None:
    """Write Parquet files side by side: the large ones to the disk, the small ones by way of the memory."""
    small = {path: io.BytesIO() for path, frame in frames.items() if frame.height <= SMALL}
    with write_together(store.root) as lend:
        targets = {path: small.get(path) or lend(path) for path in frames}
        sinks = [frame.lazy().sink_parquet(targets[path], lazy=True, **_SETTINGS) for path, frame in frames.items()]
        try:
            pl.collect_all(sinks, engine="streaming")
        except pl.exceptions.ComputeError:  # how polars says that the disk is full
            raise OSError(errno.EIO, "the typed rows could not be written; is the disk full?") from None
        for path, content in small.items():
            lend(path, content.getvalue())


def accept(store: Store, submission: Submission, collections: Sequence[Screened], key: bytes) -> None:
    """Keep what was screened, and take away what an earlier submission left and this one does not have."""
    where = submission.school_year, submission.district_id
    pseudonyms = _pseudonyms(collections, key)
    identity = _identity(collections, pseudonyms)
    who = store.identity / str(submission.school_year) / f"{submission.district_id}.parquet"
    kept = {who: identity} if identity.height else {}
    references = reference_place(store, *where)
    for one in collections:
        if one.collection == "determination":
            kept[references] = _references(one, key)
        kept[place_of(store.accepted, one.collection, *where)] = _accepted(one, submission, pseudonyms, key)
        if one.examined.set_aside.height:
            kept[place_of(store.quarantine, one.collection, *where)] = one.examined.set_aside.drop("row")
    _write(store, kept)
    school_year, district_id = where
    left = {who, references}
    for folder in (store.accepted, store.quarantine):
        left.update(folder.glob(f"*/{school_year}/{district_id}.parquet"))
    for path in left - kept.keys():
        path.unlink(missing_ok=True)


def reference_place(store: Store, school_year: int, district_id: str) -> Path:
    """Name the place of a district's own numbers of determinations, which the rules of the next year ask for."""
    return store.root / "private" / "references" / str(school_year) / f"{district_id}.parquet"


def _references(one: Screened, key: bytes) -> pl.DataFrame:
    numbers = distinct(one.examined.typed["determination_id"])
    return pl.DataFrame([numbers, pseudonyms_of(numbers, key).alias("pseudonym")])


def _says_whose(one: Screened, submission: Submission) -> bool:
    """Tell whether each row says whose it is: so in the directory, which the state sends for all districts."""
    is_directory = submission.district_id == STATE and one.collection in ("district", "school")
    return is_directory and "district_id" in one.examined.typed.columns


def severity_order(rule: pl.Expr) -> pl.Expr:
    """Place the severity of each rule in `SEVERITIES`, 0 for the gravest."""
    order = {code: SEVERITIES.index(severity) for code, severity in SEVERITY.items()}
    return rule.replace_strict(order, return_dtype=pl.UInt8)


def _pseudonyms(collections: Sequence[Screened], key: bytes) -> pl.DataFrame:
    """Give every student number of the submission, in order, with its pseudonym."""
    every = [one.examined.typed["student_id"] for one in collections if "student_id" in one.examined.typed.columns]
    everyone = distinct(pl.concat(every) if every else pl.Series("student_id", [], pl.String))
    return pl.DataFrame([everyone, pseudonyms_of(everyone, key).alias("pseudonym")])


def _identity(collections: Sequence[Screened], pseudonyms: pl.DataFrame) -> pl.DataFrame:
    """Give every student number with its pseudonym and, where the submission says it, who it is."""
    personal = {name: c.dtype.type for name, c in CONTRACTS["student"].columns.items() if c.metadata["personal"]}
    columns = ["student_id", *personal]
    typed = (one.examined.typed for one in collections)
    people = [frame.select(columns) for frame in typed if set(columns) <= set(frame.columns)]
    if not people:
        nobody = (constant(name, None, kind, pseudonyms.height) for name, kind in personal.items())
        return pl.DataFrame([*pseudonyms, *nobody])
    return pseudonyms.join(pl.concat(people).unique(), on="student_id", how="left").sort(columns, nulls_last=True)


def _found(one: Screened) -> dict[str, pl.Series]:
    """Give the columns that say what was found in each row that can be kept, where anything was."""
    found = one.findings.drop_nulls("row") if one.has_findings else one.examined.findings
    if found.is_empty():
        return {}
    by_row = (
        found.group_by("row")
        .agg(
            severity_order(pl.col("rule")).min().alias("order"),
            pl.col("rule").unique().sort().str.join(";").alias("finding_codes"),
        )
        .with_columns(
            worst_severity=pl.col("order").replace_strict(dict(enumerate(SEVERITIES)), return_dtype=pl.String)
        )
    )
    beside = one.examined.typed.select("row").join(by_row, on="row", how="left", maintain_order="left")
    return {name: beside[name] for name in ("worst_severity", "finding_codes")}


def _accepted(one: Screened, submission: Submission, pseudonyms: pl.DataFrame, key: bytes) -> pl.DataFrame:
    """Give the rows to keep: typed, under pseudonyms, with where each came from and what was found in it."""
    contract, typed = CONTRACTS[one.collection], one.examined.typed
    made = {
        name: constant(name, getattr(submission, name), pl.String(), typed.height)
        for name in ("district_id", "submission_id")
    }
    if _says_whose(one, submission):
        made["district_id"] = typed["district_id"].fill_null(submission.district_id)
    made |= _found(one)
    for name in (name for name, column in contract.columns.items() if column.metadata["person"]):
        if name == "student_id":
            made[name] = exchange(typed[name], *pseudonyms)
        else:
            made[name] = pseudonymize(typed[name], key)
    sent = {one.name: one for one in typed} | made
    columns = []
    for name, kind in _KEPT[one.collection].items():
        values = sent[name] if name in sent else constant(name, None, kind, typed.height)
        columns.append(values if values.dtype == kind else values.cast(kind))
    local = [values for name, values in sent.items() if name.startswith("local_")]
    frame = pl.DataFrame([*columns, *local])
    return frame if frame[LINE].is_sorted() else frame.sort(LINE, maintain_order=True)
