"""CSV to cube with Arrow: blocks of the file, parsed and summed by a few threads.

Arrow's parser takes records apart as Python's csv does. What the two would read otherwise is looked for
in every block, and a file that has it is declined, as is every one in which something is wrong.
"""

import os
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pyarrow as pa
import pyarrow.csv

from chalicelib.domain.cube import Cube, merged
from chalicelib.domain.dataset_description import Description, Source, named, opened
from chalicelib.domain.engines.blocks import BYTE_ORDER_MARK, LINE_END, Blocks, Declined
from chalicelib.domain.engines.careful import Records, header_of
from chalicelib.domain.engines.rows import LABELS, LONGEST_FIELD, Layout, cleaned
from chalicelib.domain.engines.sums import Column, Sums, integers

# No longer than the longest field that `careful` reads, so no block holds a longer one.
BLOCK_BYTES = LONGEST_FIELD
MOST_THREADS = 8

# Put after each block, as a record's question: read as such, it tells that no quote is open there.
END = "\0"

TEXTS = pa.dictionary(pa.int32(), pa.string())


def read(
    source: Source, description: Description, block_bytes: int = BLOCK_BYTES, threads: int | None = None
) -> tuple[Cube, int]:
    """The cube and the number of rows that `careful.read` gives, in memory bounded by blocks and cube.

    Raises Declined or a DatasetError where `careful` has to be asked.
    """
    threads = threads or min(os.cpu_count() or 1, MOST_THREADS)
    try:
        with opened(source) as file:
            blocks = Blocks(file, block_bytes)
            parser = Parser(blocks.header, named(source), description)
            with ThreadPoolExecutor(threads) as pool:
                parts = list(pool.map(lambda _: summed(blocks, parser), range(threads)))
        return merged(part.cube() for part in parts), sum(part.rows for part in parts)
    except ValueError as error:  # Arrow's own errors are ValueErrors
        raise Declined(str(error)) from None


def summed(blocks: Blocks, parser: "Parser") -> Sums:
    """The sums of as many blocks as this thread comes to."""
    sums = Sums(parser.cleaned)
    buffer = bytearray(blocks.size + len(LINE_END) + len(parser.end))
    try:
        while length := blocks.fill(buffer):
            sums.add(*parser.columns(buffer, length))
    finally:
        blocks.stop()  # the other threads need not go on without this one
    return sums


class Parser:
    """Takes blocks of a file apart, and says what their texts mean. Threads may share one."""

    def __init__(self, header: str, name: str, description: Description) -> None:
        layout = Layout(header_of(iter(Records([header], name)), name), name, description)
        if layout.width == 1:
            raise Declined("with one column, a line of blanks is a row")
        self._description = description
        # By place, since names can come twice.
        self._columns = {role: str(place) for role, place in layout.places.items()}
        names = [str(place) for place in range(layout.width)]
        end = [END if name == self._columns["question"] else "" for name in names]
        self.end = ",".join(end).encode() + LINE_END
        wanted = sorted(set(self._columns.values()))
        self._parse = pa.csv.ParseOptions(newlines_in_values=True)
        self._read = pa.csv.ReadOptions(use_threads=False, block_size=1 << 30, column_names=names)
        self._convert = pa.csv.ConvertOptions(
            include_columns=wanted,
            column_types=dict.fromkeys(wanted, TEXTS),
            strings_can_be_null=False,
            check_utf8=False,  # `check_bytes` does, all columns at once
        )

    def columns(self, buffer: bytearray, length: int) -> tuple[list[Column], Column]:
        """The columns of `LABELS` and of the values, from a block with room for `end` after it.

        Raises ValueError for what is no CSV, or may not be read so.
        """
        check_bytes(buffer, length)
        size = length + len(self.end)
        buffer[length:size] = self.end
        block = pa.py_buffer(memoryview(buffer)[:size])
        table = pa.csv.read_csv(block, self._read, self._parse, self._convert)
        rows = len(table) - 1
        if table[self._columns["question"]][rows].as_py() != END:
            raise ValueError("a quote is open where a record seemed to end")
        labels = [self._column(table, role, rows) for role in LABELS]
        if not all(self.cleaned(text, "question") for text in labels[0].texts):
            raise ValueError("a row without a question may have any text as its value")
        return labels, self._column(table, "value", rows)

    def cleaned(self, text: str, role: str) -> str:
        return cleaned(text, role, self._description)

    def _column(self, table: pa.Table, role: str, rows: int) -> Column:
        if role not in self._columns:
            return Column(np.zeros(rows, np.int32), [""])
        found = table[self._columns[role]].chunk(0)
        return Column(integers(found.indices)[:rows], found.dictionary.to_pylist())


def check_bytes(buffer: bytearray, length: int) -> None:
    """Raises ValueError for what Arrow would let pass."""
    if buffer.startswith(BYTE_ORDER_MARK):
        raise ValueError("a record begins with a byte order mark")
    if buffer.find(0, 0, length) >= 0:
        raise ValueError("it holds binary data")
    if not buffer.isascii():
        offsets = pa.py_buffer(np.array([0, length], np.int32))
        pa.Array.from_buffers(pa.string(), 1, [None, offsets, pa.py_buffer(buffer)]).validate(full=True)
