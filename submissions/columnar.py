"""Parquet, read as the text that its values are: text as it is, whole numbers, decimals and dates without loss.

Anything else is refused, for it could be written in more than one way. A library in C++ reads it, and a file made for
the purpose can end the process of that library: so it works in a process of its own, under limits, that has the file
and a pipe and nothing else. Checksums of pages are compared where there are any. The text is handed to the gate as CSV
and is judged there like any other.
"""

import json
import os
import resource
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from submissions.containers import CHUNK
from submissions.refusals import Limits, Problems

if TYPE_CHECKING:
    import pyarrow as pa
    import pyarrow.parquet as pq

_ROWS = 8_192
_LONGEST_SCALE = 6
_HAS_PROBLEMS = 10
_DAMAGED = ("FIL-004", "The Parquet file is damaged; a part of it does not agree with the rest.")
_MOST = {
    resource.RLIMIT_AS: 4 * 2**30,
    resource.RLIMIT_CPU: 300,
    resource.RLIMIT_FSIZE: 0,
    resource.RLIMIT_NOFILE: 64,
    resource.RLIMIT_CORE: 0,
}
"""What the process that reads may use: bytes of memory, seconds, bytes written to files, open files."""


def text_of(file: BinaryIO, limits: Limits) -> Iterator[bytes]:
    """Give a Parquet file as CSV: the names of the columns, then the rows; null is blank."""
    with tempfile.TemporaryFile() as copy:
        try:
            file.fileno()
        except OSError:
            file.seek(0)
            while chunk := file.read(CHUNK):
                copy.write(chunk)
            copy.flush()
            file = copy
        yield from _from_process(file, limits)


def _from_process(file: BinaryIO, limits: Limits) -> Iterator[bytes]:
    command = [sys.executable, "-c", f"from submissions import columnar; columnar.main({limits.unpacked_bytes})"]
    room = {**os.environ, "PYTHONPATH": str(Path(__file__).resolve().parents[1]), "ARROW_DEFAULT_MEMORY_POOL": "system"}
    pipes = {"stdin": file, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    with subprocess.Popen(command, env=room, **pipes) as reader:
        try:
            while chunk := reader.stdout.read(CHUNK):
                yield chunk
            complaint = reader.stderr.read(CHUNK)
            ended = reader.wait()
        finally:
            reader.kill()
    if ended == _HAS_PROBLEMS:
        raise Problems(*map(tuple, json.loads(complaint)))
    if ended:
        raise Problems(_DAMAGED)


# --- in the process of its own


def main(unpacked_bytes: int) -> None:
    """Read the Parquet file at standard input and write it to standard output as CSV; never says what went wrong."""
    for limit, most in _MOST.items():
        _, highest = resource.getrlimit(limit)
        most = most if highest == resource.RLIM_INFINITY else min(most, highest)
        resource.setrlimit(limit, (most, most))
    try:
        _write(os.fdopen(0, "rb"), os.fdopen(1, "wb"), unpacked_bytes)
    except Problems as problems:
        os.write(2, json.dumps(problems.found).encode())
        os._exit(_HAS_PROBLEMS)
    except BaseException:
        os._exit(1)


def _write(source: BinaryIO, target: BinaryIO, unpacked_bytes: int) -> None:
    import pyarrow as pa
    import pyarrow.csv as csv
    import pyarrow.parquet as pq

    parquet = pq.ParquetFile(source, page_checksum_verification=True, memory_map=False)
    schema, metadata = parquet.schema_arrow, parquet.metadata
    _prove_columns(schema)
    _prove_sizes(metadata, unpacked_bytes)
    texts = pa.schema([(name, pa.large_string()) for name in schema.names])
    rows = 0
    with csv.CSVWriter(target, texts, write_options=csv.WriteOptions(quoting_style="all_valid")) as writer:
        for batch in parquet.iter_batches(batch_size=_ROWS, use_threads=False):
            batch.validate(full=True)
            rows += batch.num_rows
            columns = [_as_text(column).fill_null("") for column in batch.columns]
            writer.write_batch(pa.record_batch(columns, schema=texts))
    if rows != metadata.num_rows:
        raise Problems(("FIL-004", f"The Parquet file says {metadata.num_rows:,} rows and holds {rows:,}."))
    target.flush()


def _prove_columns(schema: "pa.Schema") -> None:
    import pyarrow as pa

    if not schema.names:
        raise Problems(("FIL-030", "The Parquet file has no columns."))
    if len(set(schema.names)) < len(schema.names):
        raise Problems(("FIL-018", "Two columns of the Parquet file have the same name."))
    for position, column in enumerate(schema, 1):
        kind = column.type.value_type if pa.types.is_dictionary(column.type) else column.type
        text_or_number = pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_integer(kind)
        exact = pa.types.is_decimal(kind) and 0 <= kind.scale <= _LONGEST_SCALE
        if not (text_or_number or exact or pa.types.is_date32(kind)):
            seen = f"Column {position:,} of the Parquet file is of a type that we do not read."
            raise Problems(("FIL-030", seen))


def _prove_sizes(metadata: "pq.FileMetaData", unpacked_bytes: int) -> None:
    groups = [metadata.row_group(index) for index in range(metadata.num_row_groups)]
    for group in groups:
        if any(group.column(index).num_values != group.num_rows for index in range(group.num_columns)):
            raise Problems(_DAMAGED)
    chunks = [group.column(index) for group in groups for index in range(group.num_columns)]
    if sum(chunk.total_uncompressed_size for chunk in chunks) > unpacked_bytes:
        raise Problems(("FIL-005", f"The Parquet file unpacks to more than {unpacked_bytes:,} bytes."))


def _as_text(column: "pa.Array") -> "pa.Array":
    import pyarrow as pa

    if pa.types.is_dictionary(column.type):
        column = column.dictionary_decode()
    return column.cast(pa.large_string())
