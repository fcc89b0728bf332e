"""Parquet files by row groups: only the wanted columns, in frames of bounded size."""

from bisect import bisect_right
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from functools import cached_property
from itertools import accumulate
from pathlib import Path
from typing import Any, BinaryIO

import pandas as pd

# Registers the types of periods and intervals, which pandas itself does only when it reads a file.
import pandas.core.arrays.arrow.extension_types  # type: ignore[import-not-found]
import pyarrow as pa
import pyarrow.parquet as pq

from chalicelib.domain.ingest.faults import Where
from chalicelib.errors import DatasetError, shown

FRAME_VALUES = 1 << 21  # of a frame: its rows times its columns
FEWEST_ROWS, MOST_ROWS = 1 << 14, 1 << 18
PAGE_BUFFER = 1 << 20  # bytes; without a buffer, Arrow holds the whole column of a row group
INTERVAL = "pandas.interval"  # stored as a struct, but one value


class ParquetFile:
    """The columns and row groups of an open file. Raises DatasetError for one that is damaged or no parquet.

    A pandas index without a name is no column, as pandas has it; one with a name is.
    """

    def __init__(self, file: BinaryIO, name: str) -> None:
        self._file, self.name = file, name
        with self._broken(), pq.ParquetFile(file) as parquet:
            self._metadata, self._schema = parquet.metadata, parquet.schema_arrow
            index = (self._schema.pandas_metadata or {}).get("index_columns", ())
        unnamed = {
            column for column in index if isinstance(column, str) and column.startswith("__index_level_")
        }
        self._fields = [field for field in self._schema if field.name not in unnamed]

    @property
    def header(self) -> list[str]:
        return [field.name for field in self._fields]

    @cached_property
    def sizes(self) -> list[int]:
        """The bytes of each row group, before compression."""
        groups = map(self._metadata.row_group, range(self._metadata.num_row_groups))
        return [group.total_byte_size for group in groups]

    def frames(
        self, places: Collection[int], begin: int = 0, end: int | None = None
    ) -> Iterator[tuple[pd.DataFrame, Where]]:
        """Cut the row groups from `begin` to before `end` into frames whose columns are named by their place.

        Raises DatasetError for a nested column, and where the file is damaged.
        """
        wanted = {place: self._fields[place] for place in sorted(places)}
        for field in wanted.values():
            self._refuse_nested(field)
        groups = range(self._metadata.num_row_groups)[begin:end]
        rows = max(FEWEST_ROWS, min(MOST_ROWS, FRAME_VALUES // max(1, len(wanted))))
        first = 0
        for batch in self._batches([field.name for field in wanted.values()], groups, rows):
            with self._broken():
                frame = pd.DataFrame(
                    {str(place): series_of(column(batch, field.name)) for place, field in wanted.items()}
                )
            yield frame, self._where(groups, first)
            first += len(frame)

    def _batches(self, names: list[str], groups: range, rows: int) -> Iterator[pa.RecordBatch]:
        texts = [
            name for name in names if is_text(self._schema.field(self._schema.get_field_index(name)).type)
        ]
        with self._broken():
            parquet = pq.ParquetFile(
                self._file, metadata=self._metadata, read_dictionary=texts, buffer_size=PAGE_BUFFER
            )
            batches = parquet.iter_batches(rows, row_groups=groups, columns=names)
        while True:
            with self._broken():
                batch = next(batches, None)
            if batch is None:
                return
            yield batch

    def _where(self, groups: range, first: int) -> Where:
        """Return what names a row of the frame whose first row is the `first` of the groups."""
        ends = [*accumulate(self._metadata.row_group(group).num_rows for group in groups)]

        def where(row: int, _: str) -> str:
            place = bisect_right(ends, first + row)
            before = ends[place - 1] if place else 0
            return f"row group {groups[place] + 1}, row {first + row - before + 1}"

        return where

    def _refuse_nested(self, field: pa.Field) -> None:
        kind = field.type
        storage = kind.storage_type if isinstance(kind, pa.BaseExtensionType) else kind
        if pa.types.is_nested(storage) and getattr(kind, "extension_name", "") != INTERVAL:
            raise DatasetError(
                f"{self.name}: the column {shown(field.name)} is nested ({kind}): "
                "a column of texts, numbers or dates is needed"
            )

    @contextmanager
    def _broken(self) -> Iterator[None]:
        """Raise what Arrow raises for a damaged file, which it documents nowhere, as a DatasetError."""
        try:
            yield
        except (pa.ArrowException, ValueError, TypeError, KeyError, OSError) as error:
            why = " ".join(str(error).split()) or type(error).__name__
            suffix = Path(self.name).suffix or ".parquet"
            raise DatasetError(f"{self.name} is not a {suffix} file, or damaged: {why}") from None


def is_text(kind: pa.DataType) -> bool:
    types = pa.types
    return bool(types.is_string(kind) or types.is_large_string(kind) or types.is_string_view(kind))


def column(batch: pa.RecordBatch, name: str) -> pa.Array:
    """Return the first column of a name."""
    return batch.column(batch.schema.get_all_field_indices(name)[0])


def series_of(array: pa.Array) -> "pd.Series[Any]":
    """Return an array as pandas has it: categories, which distinct values cost once, but for plain floats.

    Bytes are UTF-8 texts, as older writers have them. Integers with nulls stay integers.
    """
    kind, types = array.type, pa.types
    if types.is_dictionary(kind):
        array = compact(array)
    elif types.is_binary(kind) or types.is_large_binary(kind) or is_text(kind):
        array = array.cast(pa.string()).dictionary_encode()
    elif not has_own_texts(kind):
        array = array.dictionary_encode()
    series: pd.Series[Any] = array.to_pandas()
    return series


def has_own_texts(kind: pa.DataType) -> bool:
    """Return whether pandas' own values have the right texts: NaN is missing, times have zones."""
    types = pa.types
    zoned = types.is_timestamp(kind) and kind.tz is not None
    extension = isinstance(kind, pa.BaseExtensionType)
    return bool(zoned or extension or types.is_floating(kind) or types.is_null(kind))


def compact(array: pa.DictionaryArray) -> pa.DictionaryArray:
    """Return an array whose dictionary has each value once, and not many more of them than it has rows."""
    values = array.dictionary
    if len(values) <= len(array) and len(values.unique()) == len(values) and not values.null_count:
        return array
    return array.dictionary_decode().dictionary_encode()
