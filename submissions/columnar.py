"""Parquet, read as the text that its values are: text as it is, whole numbers, decimals and dates without loss.

Anything else is refused, for it could be written in more than one way. Checksums of pages are compared where there are
any. The text is handed to the gate as CSV and is judged there like any other.
"""

from collections.abc import Iterator
from typing import BinaryIO

import polars as pl

from submissions.refusals import Limits, Problems

_ROWS = 8_192
_LONGEST_SCALE = 6
_DAMAGED = "The Parquet file is damaged; a part of it does not agree with the rest."


def text_of(file: BinaryIO, limits: Limits) -> Iterator[bytes]:
    """Give a Parquet file as CSV: the names of the columns, then the rows; null is blank."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        parquet = pq.ParquetFile(file, page_checksum_verification=True, memory_map=False)
        schema, metadata = parquet.schema_arrow, parquet.metadata
        _prove_columns(schema)
        _prove_sizes(metadata, limits)
        yield (
            pl.DataFrame({name: [name] for name in schema.names})
            .write_csv(include_header=False, quote_style="always")
            .encode()
        )
        rows = 0
        for batch in parquet.iter_batches(batch_size=_ROWS, use_threads=False):
            batch.validate(full=True)
            rows += batch.num_rows
            texts = [_as_text(column) for column in batch.columns]
            frame = pl.from_arrow(pa.Table.from_arrays(texts, names=schema.names)).fill_null("")
            yield frame.write_csv(include_header=False, quote_style="always").encode()
    except (pa.ArrowException, OSError, UnicodeDecodeError) as error:
        if isinstance(error, OSError) and error.errno:
            raise
        raise Problems(("FIL-004", _DAMAGED)) from None
    except (pl.exceptions.PolarsError, OverflowError, ValueError):
        raise Problems(("FIL-004", _DAMAGED)) from None
    if rows != metadata.num_rows:
        raise Problems(("FIL-004", f"The Parquet file says {metadata.num_rows:,} rows and holds {rows:,}."))


def _prove_columns(schema: "pa.Schema") -> None:  # noqa: F821 - pyarrow is imported where it is needed
    import pyarrow as pa

    if len(set(schema.names)) < len(schema.names):
        raise Problems(("FIL-018", "Two columns of the Parquet file have the same name."))
    for position, column in enumerate(schema, 1):
        kind = column.type.value_type if pa.types.is_dictionary(column.type) else column.type
        text_or_number = pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_integer(kind)
        exact = pa.types.is_decimal(kind) and 0 <= kind.scale <= _LONGEST_SCALE
        if not (text_or_number or exact or pa.types.is_date32(kind)):
            seen = f"Column {position:,} of the Parquet file is of a type that we do not read."
            raise Problems(("FIL-030", seen))
    if not schema.names:
        raise Problems(("FIL-030", "The Parquet file has no columns."))


def _prove_sizes(metadata: "pq.FileMetaData", limits: Limits) -> None:  # noqa: F821
    groups = [metadata.row_group(index) for index in range(metadata.num_row_groups)]
    chunks = [group.column(index) for group in groups for index in range(group.num_columns)]
    if sum(chunk.total_uncompressed_size for chunk in chunks) > limits.unpacked_bytes:
        raise Problems(("FIL-005", f"The Parquet file unpacks to more than {limits.unpacked_bytes:,} bytes."))
    if any(group.num_rows != group.column(index).num_values for group in groups for index in range(group.num_columns)):
        raise Problems(("FIL-004", _DAMAGED))


def _as_text(column: "pa.Array") -> "pa.Array":  # noqa: F821
    import pyarrow as pa

    if pa.types.is_dictionary(column.type):
        column = column.dictionary_decode()
    return column.cast(pa.large_string())
