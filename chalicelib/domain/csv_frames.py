"""A CSV file cut into pandas frames by Arrow's streaming reader, read as Python's csv reads it or refused."""

import codecs
import csv
import io
import time
from collections.abc import Generator
from typing import BinaryIO

import pandas as pd
import pyarrow as pa
import pyarrow.csv

from chalicelib.domain.csv_explanation import is_blank
from chalicelib.domain.sources import Source, opened

CARRIAGE_RETURN = b"\r"
TEXTS = pa.dictionary(pa.int32(), pa.string())


def frames(
    source: Source, width: int, places: set[int], skipped: int, block_bytes: int
) -> Generator[pd.DataFrame]:
    """Cut a file of `width` columns, without its first `skipped` records, into frames of categoricals.

    The columns at `places` are read and named by their place. Raises ValueError for what is not CSV.
    """
    wanted = [str(place) for place in sorted(places)]
    with opened(source) as file:
        checks = RowChecks(width)
        text = CheckedText(file, checks.end)
        try:
            for batch in streamed(text, width, wanted, skipped, block_bytes, checks):
                yield batch.to_pandas()
        finally:
            text.stop()
    if not checks.ended:
        raise ValueError("a quote is never closed")


def streamed(
    text: "CheckedText", width: int, wanted: list[str], skipped: int, block_bytes: int, checks: "RowChecks"
) -> pa.csv.CSVStreamingReader:
    return pa.csv.open_csv(
        pa.PythonFile(text, mode="r"),
        pa.csv.ReadOptions(
            block_size=block_bytes,
            column_names=[str(place) for place in range(width)],
            skip_rows_after_names=skipped,
        ),
        pa.csv.ParseOptions(newlines_in_values=True, invalid_row_handler=checks),
        pa.csv.ConvertOptions(
            include_columns=wanted,
            column_types=dict.fromkeys(wanted, TEXTS),
            strings_can_be_null=False,
            check_utf8=False,  # CheckedText does, for all columns
        ),
    )


class RowChecks:
    """Decides about rows of another width: blank ones are skipped, others refuse the file.

    `end` is a row that is put after the last one: if it is not seen as a row, a quote is open there.
    """

    def __init__(self, width: int) -> None:
        self.ended = False
        self._end = "\0," * width
        self.end = f"\n{self._end}\n".encode()

    def __call__(self, row: pa.csv.InvalidRow) -> str:
        if row.text == self._end:
            self.ended = True
            return "skip"
        return "skip" if is_blank(next(csv.reader([row.text]), [])) else "error"


class CheckedText(io.RawIOBase):
    """A file followed by `end`. Raises ValueError for NUL bytes and for anything but UTF-8.

    No block ends in a carriage return: Arrow then drops a line feed at the start of the next block.
    """

    def __init__(self, file: BinaryIO, end: bytes) -> None:
        self._file, self._end, self._held = file, end, b""
        self._decoder = codecs.getincrementaldecoder("utf-8")()
        self._reading = self._stopped = False

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        self._reading = True
        try:
            return b"" if self._stopped else self._block(size)
        finally:
            self._reading = False

    def stop(self) -> None:
        """Return when Arrow, which reads ahead on a thread of its own, has left the file for good."""
        self._stopped = True
        while self._reading:
            time.sleep(0)  # lets that thread run

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
