"""CSV files in frames: read as Python's csv reads them, or refused."""

import gzip
import io
from collections.abc import Callable
from contextlib import closing
from typing import BinaryIO

import pytest
from hypothesis import event, given, settings
from hypothesis import strategies as st

from chalicelib.domain import snapshot
from chalicelib.domain.cube import DIMENSIONS, Cube
from chalicelib.domain.dataset_description import Description
from chalicelib.domain.ingest.accumulator import Accumulator
from chalicelib.domain.ingest.columns import Columns
from chalicelib.domain.ingest.csv_files import frames
from chalicelib.domain.ingest.csv_files.careful import body
from chalicelib.domain.ingest.csv_files.layout import layout_of
from chalicelib.domain.ingest.csv_files.reading import BLOCK_BYTES, read_records
from chalicelib.domain.ingest.csv_files.records import records
from chalicelib.domain.ingest.faults import Faults
from chalicelib.domain.ingest.reading import cube_of_csv
from chalicelib.domain.ingest.sums import Ingest
from chalicelib.domain.measures import CellStats
from chalicelib.domain.numbers import parse_number
from chalicelib.domain.shape.roles import REQUIRED_ROLES
from chalicelib.domain.shape.texts import tidy_name
from chalicelib.errors import (
    DatasetError,
    EmptyDataset,
    InvalidValue,
    MissingColumns,
    NotCsv,
)
from tests.support.csv_files import HEADER, MARK, SOIL, files


def check_carefully(source: BinaryIO, columns: Columns) -> None:
    """Raise the DatasetError of all that is wrong."""
    layout, faults = layout_of(source, SOIL), Faults()
    ingest = Ingest(columns, Accumulator(columns.clean, columns.measures))
    with closing(records(source)) as every:
        read_records(body(every, layout, columns), layout, ingest, faults)
    if error := faults.error(SOIL.read):
        raise error


def reference(content: bytes) -> Cube:
    """The cube by Python's csv and fractions, a row at a time. Raises DatasetError."""
    source = io.BytesIO(content)
    header, *rows = (record.fields for record in records(source))
    names = [tidy_name(name) for name in header]
    places = {role: names.index(str(column)) for role, column in SOIL.columns.items()}
    columns = Columns(header, "the stream", SOIL)
    check_carefully(source, columns)
    whole = Cube()
    for fields in rows:
        question, *cell, question_id, value = (
            columns.clean(fields[places[role]], role)
            for role in ("question", *DIMENSIONS, "question_id", "value")
        )
        if question:
            number = parse_number(value)
            stats = CellStats(number.units, number.counted, 1 - number.counted)
            ids = {question_id: frozenset({question})} if question_id else {}
            whole = whole.merge(Cube(number.decimals, {question: {tuple(cell): stats}}, ids))
    return whole


@settings(max_examples=400)
@given(files(), st.one_of(st.integers(80, 600), st.just(BLOCK_BYTES)))
def test_file_is_read_as_pythons_csv_reads_it_wherever_blocks_end(content: bytes, block_bytes: int) -> None:
    try:
        cube = cube_of_csv(io.BytesIO(content), SOIL, block_bytes)
    except (EmptyDataset, MissingColumns):
        return
    except DatasetError as refusal:
        event(type(refusal).__name__)
        with pytest.raises(DatasetError):
            reference(content)
        return
    event("read")
    assert snapshot.dumps(cube, SOIL) == snapshot.dumps(reference(content), SOIL)


ROW = b"Humus,S1,Bayern,1,Nutzung,Wald\n"


@pytest.mark.parametrize(
    "rows",
    [
        b'Humus,S1,"Bayern, ""Ost""\n\n",1.5,Nutzung,Wald\n' * 50,
        ROW.replace(b"\n", b"\r\n") * 50,
        ROW.replace(b"\n", b"\r") * 50,
        b'Humus,S1,"Bayern\r\nOst",1,a,b\r\n' * 50,
        ROW * 20 + b"\n\n" + ROW + b"\r\n",
        ROW * 20 + b'  \n"  "\n""\n' + ROW,
        b'Humus,S1,"a" "b",1,a"b,"c" d\n',
        "Möhre,S1,Thüringen,1,Ä,Ö\n".encode() * 50,
        ROW + b"Humus,S1,Bayern,1e18,a,b\n" * 30,
        ROW + b"Humus,S1,Bayern,%b,a,b\n" % (b"9" * 30) * 9,
        ROW + b"Humus,S1,Bayern,1e-40,a,b\n",
        ROW + b"Humus,S1,Bayern,0.25,a,b\n" * 9,
        ROW + MARK + ROW,
        ROW + b",S1,Bayern,x,a,b\n",
        ROW[:-1],
    ],
    ids=[
        "quotes",
        "crlf",
        "cr",
        "crlf in quotes",
        "blank lines",
        "lines of blanks",
        "stray quotes",
        "umlauts",
        "large sums",
        "large values",
        "small values",
        "a finer scale",
        "a byte order mark inside",
        "a row without a question",
        "no end",
    ],
)
@pytest.mark.parametrize(
    "pack", [bytes, gzip.compress, lambda content: gzip.compress(content[:30]) + gzip.compress(content[30:])]
)
def test_rows_are_read_in_blocks_of_a_few_rows(rows: bytes, pack: Callable[[bytes], bytes]) -> None:
    cube = cube_of_csv(io.BytesIO(pack(HEADER + rows)), SOIL, block_bytes=160)
    assert snapshot.dumps(cube, SOIL) == snapshot.dumps(reference(HEADER + rows), SOIL)


@pytest.mark.parametrize("block_bytes", range(120, 160))
def test_line_breaks_in_quotes_stay_where_a_block_ends_between_them(block_bytes: int) -> None:
    content = HEADER + b'Humus,S1,"Bay\r\nern",1,"a\r\r\nb",c\r\n' * 9
    cube = cube_of_csv(io.BytesIO(content), SOIL, block_bytes)
    assert cube.cells == {"Humus": {("Bay\r\nern", "a\r\r\nb", "c"): CellStats(9, 9)}}


def test_a_row_longer_than_a_block_is_refused() -> None:
    row = ROW.replace(b"Bayern", b'"' + b"B\n" * 600 + b'"')
    with pytest.raises(NotCsv, match="a row is longer than 400 bytes, or quoted unclearly"):
        cube_of_csv(io.BytesIO(HEADER + row), SOIL, block_bytes=400)


def test_a_byte_order_mark_is_no_part_of_the_header() -> None:
    assert cube_of_csv(io.BytesIO(MARK + HEADER + ROW), SOIL) == reference(HEADER + ROW)


@pytest.mark.parametrize(
    "content",
    [gzip.compress(HEADER + ROW, mtime=0)[:-8] + bytes(8), gzip.compress(HEADER + ROW, mtime=0)[:-9]],
)
def test_damaged_compression_is_refused(content: bytes) -> None:
    with pytest.raises(NotCsv, match="compression"):
        cube_of_csv(io.BytesIO(content), SOIL)


def test_a_file_of_one_column_is_read() -> None:
    description = Description.from_dict({"title": "t", "columns": dict.fromkeys(REQUIRED_ROLES, "1")})
    cube = cube_of_csv(io.BytesIO(b"1\n1\n \n"), description)
    assert cube.cells == {"1": {("1", "", ""): CellStats(1, 1)}}


def test_more_combinations_than_64_bits_can_number_are_read() -> None:
    rows = b"".join(b"%d,%d,%d,1,%d,%d\n" % ((number,) * 5) for number in range(20_000))
    assert cube_of_csv(io.BytesIO(HEADER + rows), SOIL).overall() == CellStats(20_000, 20_000)


def test_a_stream_is_explained_from_its_beginning_while_arrow_reads_ahead() -> None:
    content = HEADER + ROW + ROW.replace(b",1,", b",x,") + ROW * 3000 + b"ragged\n"
    for _ in range(20):
        with pytest.raises(InvalidValue, match="line 3,"):
            cube_of_csv(io.BytesIO(content), SOIL, block_bytes=200)


def test_small_blocks_are_joined_to_frames_with_one_dictionary(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a frame costs, whatever its rows, is more than the rows of a block cost."""
    rows = b"".join(b"q%d,%d\n" % (row % 3, row) for row in range(1000))
    monkeypatch.setattr(frames, "FRAME_ROWS", 300)
    parts = [*frames.frames(io.BytesIO(rows), 2, {0, 1}, 0, 100)]

    assert 2 <= len(parts) <= 4
    assert all([*part["0"].cat.categories] == [*part["0"].drop_duplicates()] for part in parts)
    assert [row for part in parts for row in part["1"]] == [str(row) for row in range(1000)]


def test_frame_of_long_texts_has_few_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = b"".join(b"%d,%0500d\n" % (row, row) for row in range(100))
    monkeypatch.setattr(frames, "FRAME_BYTES", 5_000)
    sizes = [len(part) for part in frames.frames(io.BytesIO(rows), 2, {0, 1}, 0, 2_000)]
    assert max(sizes) < 20
    assert sum(sizes) == 100
