"""A CSV file cut into pandas frames by Arrow's streaming reader, read as Python's csv reads it or refused."""

import codecs
import csv
import io
import threading
from collections.abc import Generator, Iterable, Iterator, Sequence
from typing import BinaryIO, cast

import pandas as pd
import pyarrow as pa
import pyarrow.csv

from chalicelib.domain.ingest.csv_files.records import UTF8, is_blank
from chalicelib.domain.sources import Source, opened

CARRIAGE_RETURN = b"\r"
RECODED_BYTES = 1 << 16
FRAME_ROWS, FRAME_BYTES = 1 << 15, 1 << 24  # of several blocks
TEXTS = pa.dictionary(pa.int32(), pa.string())


def frames(
    source: Source,
    width: int,
    places: set[int],
    skipped: int,
    block_bytes: int,
    encoding: str = UTF8,
    sep: str = ",",
) -> Generator[pd.DataFrame]:
    """Cut a file of `width` columns, without its first `skipped` records, into frames of categoricals.

    The columns at `places` are read and named by their place. Raises ValueError for what is not CSV.
    """
    wanted = [str(place) for place in sorted(places)]
    with opened(source) as file:
        text = CheckedText(file if encoding == UTF8 else recoded(file, encoding), width, sep)
        try:
            reader = pa.csv.open_csv(
                pa.PythonFile(text, mode="r"),
                pa.csv.ReadOptions(
                    block_size=block_bytes,
                    column_names=[str(place) for place in range(width)],
                    skip_rows_after_names=skipped,
                ),
                pa.csv.ParseOptions(
                    delimiter=sep, newlines_in_values=True, invalid_row_handler=text.skip_or_refuse
                ),
                pa.csv.ConvertOptions(
                    include_columns=wanted,
                    column_types=dict.fromkeys(wanted, TEXTS),
                    strings_can_be_null=False,
                    check_utf8=False,  # CheckedText does, for all columns
                ),
            )
            for table in tables(reader):
                yield table.to_pandas()
        finally:
            text.stop()
    if not text.ended:
        raise ValueError("a quote is never closed")


def tables(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.Table]:
    """Join batches to tables: what a frame costs, whatever its rows, is more than a block's rows cost."""
    held: list[pa.RecordBatch] = []
    rows = size = 0
    for batch in batches:
        held.append(batch)
        rows, size = rows + batch.num_rows, size + batch.nbytes
        if rows >= FRAME_ROWS or size >= FRAME_BYTES:
            yield joined(held)
            held, rows, size = [], 0, 0
    if held:
        yield joined(held)


def joined(batches: Sequence[pa.RecordBatch]) -> pa.Table:
    return pa.Table.from_batches(batches).unify_dictionaries().combine_chunks()


class CheckedText(io.RawIOBase):
    """A file followed by a row that no file has: if Arrow does not see it as a row, a quote is open there.

    Raises ValueError for NUL bytes and for anything but UTF-8. No block ends in a carriage return: Arrow then
    drops a line feed at the start of the next block.
    """

    def __init__(self, file: BinaryIO, width: int, sep: str) -> None:
        self.ended = False
        self._sep = sep
        self._file, self._held, self._last_row = file, b"", f"\0{sep}" * width
        self._end = f"\n{self._last_row}\n".encode()
        self._decoder = codecs.getincrementaldecoder("utf-8")()
        self._lock, self._stopped = threading.Lock(), False

    def skip_or_refuse(self, row: pa.csv.InvalidRow) -> str:
        """Return what Arrow does with a row of another width: "skip" for the last and blank ones."""
        if row.text == self._last_row:
            self.ended = True
            return "skip"
        return "skip" if is_blank(next(csv.reader([row.text], delimiter=self._sep), [])) else "error"

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        with self._lock:
            return b"" if self._stopped else self._block(size)

    def stop(self) -> None:
        """Return when Arrow, which reads ahead on a thread of its own, has left the file for good."""
        with self._lock:
            self._stopped = True

    def _block(self, size: int) -> bytes:
        block = self._held + self._checked(size - len(self._held) - len(self._end))
        self._held = self._checked(1)
        if not self._held:
            block, self._end = block + self._end, b""
        elif block.endswith(CARRIAGE_RETURN):
            block, self._held = block[:-1], CARRIAGE_RETURN + self._held
        return block

    def _checked(self, size: int) -> bytes:
        block = self._file.read(size)
        if b"\0" in block:
            raise ValueError("it holds binary data")
        self._decoder.decode(block, final=not block)
        return block


class Recoded(io.RawIOBase):
    """A file in another encoding, as UTF-8. Raises ValueError for bytes that are no text in it."""

    def __init__(self, file: BinaryIO, encoding: str) -> None:
        self._file, self._decoder = file, codecs.getincrementaldecoder(encoding)()
        self._ready = b""

    def read(self, size: int = -1) -> bytes:
        while len(self._ready) < size and (block := self._file.read(RECODED_BYTES)):
            self._ready += self._decoder.decode(block).encode()
        if len(self._ready) < size:
            self._ready += self._decoder.decode(b"", final=True).encode()
        ready, self._ready = self._ready[:size], self._ready[size:]
        return ready


def recoded(file: BinaryIO, encoding: str) -> BinaryIO:
    return cast(BinaryIO, Recoded(file, encoding))
