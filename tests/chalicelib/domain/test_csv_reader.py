"""Reading CSV: what is taken, and what is refused with which words."""

import gzip
import io
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from chalicelib.domain.csv_reader import SMALL_BYTES, read_cube
from chalicelib.domain.cube import CellStats, Cube
from chalicelib.domain.dataset_description import Description
from chalicelib.domain.engines.rows import LONGEST_FIELD
from chalicelib.errors import (
    DatasetError,
    DatasetNotFound,
    EmptyDataset,
    InvalidValue,
    MissingColumns,
    NoRowsInDataset,
    NotCsv,
    RaggedRow,
    WrongEncoding,
)
from local.sample.generator import write_sample
from tests.support.samples import DESCRIPTION, SOIL

SOIL_DESCRIPTION = Description.from_dict(DESCRIPTION)
HEADER = b"Frage,Nr,Land,Wert,Art,Klasse\n"


ROW = b"Humus,S1,Bayern,1,Nutzung,Wald\n"


def read(content: bytes, folder: Path) -> Cube:
    path = folder / "x.csv"
    path.write_bytes(content)
    return read_cube(path, SOIL_DESCRIPTION)


@pytest.mark.parametrize(
    ("content", "error", "named"),
    [
        (b"", EmptyDataset, "x.csv"),
        (b"\n\n", EmptyDataset, "x.csv"),
        (HEADER, EmptyDataset, "x.csv"),
        (b"<!DOCTYPE html>\n<html></html>", NotCsv, "web page"),
        (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0", DatasetError, "x.csv"),
        (b"PK\3\4\0\0\0\n", NotCsv, "binary"),
        (HEADER + ROW + b'Humus,S1,Bayern,1,Nutzung,"Wald\n' + ROW, NotCsv, "line 3 .* never closed"),
        (HEADER + ROW + ROW.replace(b"Wald", b"W\0ld"), NotCsv, "line 3 holds binary data"),
        (HEADER.decode().encode("utf-16"), DatasetError, "x.csv"),
        (b"Frage,Nr,Land,Zahl\nHumus,S1,Bayern,1\n", MissingColumns, '"Wert", "Art", "Klasse"'),
        (HEADER + b"Humus,S1,Bayern,,Nutzung,Wald\n", NoRowsInDataset, "no usable row"),
        (HEADER + b"Humus,S1,Th\xfcringen,1,Nutzung,Wald\n", WrongEncoding, "UTF-8"),
        (gzip.compress(HEADER + ROW * 50)[:-9], NotCsv, "compression"),
        (gzip.compress(HEADER + ROW)[:-8] + bytes(8), NotCsv, "CRC"),
    ],
)
def test_what_is_no_data_set_is_explained(
    tmp_path: Path, content: bytes, error: type[DatasetError], named: str
) -> None:
    """By an error of its own, naming the file and the cause."""
    with pytest.raises(error, match=named):
        read(content, tmp_path)


def test_a_directory_is_explained(tmp_path: Path) -> None:
    """It is there, but no file."""
    with pytest.raises(NotCsv, match="directory"):
        read_cube(tmp_path, SOIL_DESCRIPTION)


def test_a_field_without_end_is_explained(tmp_path: Path) -> None:
    """Before it fills the memory: a quote that is not closed may be meant to be."""
    with pytest.raises(NotCsv, match="line 3: field larger"):
        read(HEADER + ROW + b'Humus,S1,"' + b"x\n" * (LONGEST_FIELD // 2) + b'y",1,a,b\n', tmp_path)


def test_a_long_field_is_a_field(tmp_path: Path) -> None:
    """Python's csv would take 131,072 characters, if it were not told."""
    assert read(HEADER + ROW + b'Humus,S1,"' + b"x" * 200_000 + b'",1,a,b\n', tmp_path).overall().counted == 2


@pytest.mark.parametrize(
    ("row", "fields"),
    [
        (b"Humus,S1,Bayern,1,Nutzung", 5),
        (b"Humus,S1,Bayern,1,Nutzung,Wald,", 7),
        (b"Humus", 1),
        (b",", 2),
        (b'Humus,S1,"Bayern,1,Nutzung,Wald"', 3),
    ],
)
def test_a_row_of_another_width_is_located(tmp_path: Path, row: bytes, fields: int) -> None:
    """Whose fields would be read from wrong columns, by the line that it begins on."""
    with pytest.raises(RaggedRow, match=f"x.csv, line 6: {fields} fields, where the header has 6"):
        read(HEADER + ROW + b'Humus,S1,"Bay\nern",1,a,b\n\n' + row + b"\n" + ROW, tmp_path)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    """By its path."""
    with pytest.raises(DatasetNotFound, match="nowhere"):
        read_cube(tmp_path / "nowhere.csv", SOIL_DESCRIPTION)


@pytest.mark.parametrize(
    "text", ["n/a", "NaN", "inf", "1_000", '"1,5"', "1.2.3", "0x10", "٣", "1e999", "-", "."]
)
def test_a_value_that_is_no_number_is_located(tmp_path: Path, text: str) -> None:
    """By line, column and value."""
    content = f"{HEADER.decode()}Humus,S1,Bayern,1,Nutzung,Wald\nHumus,S1,Bayern,{text},Nutzung,Wald\n"
    shown = text.strip('"')
    with pytest.raises(InvalidValue) as caught:
        read(content.encode(), tmp_path)
    assert str(caught.value).endswith(f'x.csv, line 3, column "Wert": "{shown}" is not a number')


def test_lines_are_those_of_the_file(tmp_path: Path) -> None:
    """Though fields hold lines and lines hold nothing."""
    content = (
        HEADER + b'Humus,S1,"Bay\n\nern",1,Nutzung,Wald\n\nHumus,S1,Bayern,2,a,b\nHumus,S1,Bayern,x,a,b\n'
    )
    with pytest.raises(InvalidValue, match="line 7,"):
        read(content, tmp_path)
    with pytest.raises(InvalidValue, match="line 7,"):
        read(content.replace(b"\n", b"\r"), tmp_path)


def test_a_value_that_an_alias_spoils_is_located() -> None:
    """By the line, and both texts."""
    description = Description.from_dict(DESCRIPTION | {"aliases": {"value": {"-": "none"}}})
    with pytest.raises(InvalidValue, match='line 3, column "Wert": "-", read as "none", is not a number'):
        read_cube(io.BytesIO(HEADER + ROW + b"Humus,S1,Bayern, -,a,b\n"), description)


@pytest.mark.parametrize(
    ("rows", "line"),
    [
        (b"Humus,S1,B,1,a,b\n   \nHumus,S1,B,x,a,b\n", 4),
        (b",S1,B,bad,a,b\nHumus,S1,B,x,a,b\n", 3),
        (b'Humus,S1,B,x,"a\n\na",b\n', 2),
        (b'Humus,S1,"B\n\nB",x,a,b\n', 4),
    ],
    ids=["a line of blanks", "a row without a question", "lines after the value", "lines before the value"],
)
def test_the_line_is_the_one_that_the_value_stands_on(tmp_path: Path, rows: bytes, line: int) -> None:
    """Whatever stands before it, after it, or is not read at all."""
    with pytest.raises(InvalidValue, match=f'line {line}, column "Wert": "x"'):
        read(HEADER + rows, tmp_path)


def test_a_stream_without_a_name_is_called_a_stream() -> None:
    """Not by its address in memory."""
    with pytest.raises(NotCsv, match="the stream is not a CSV file"):
        read_cube(io.BytesIO(gzip.compress(HEADER + ROW * 50)[:-9]), SOIL_DESCRIPTION)


def test_a_gzipped_file_and_a_stream_read_the_same(tmp_path: Path) -> None:
    """Whatever their names say; a byte order mark is no part of the first column."""
    plain = read(SOIL.encode(), tmp_path)
    assert read(gzip.compress(SOIL.encode()), tmp_path) == plain
    assert read_cube(io.BytesIO(SOIL.encode()), SOIL_DESCRIPTION) == plain
    assert read(b"\xef\xbb\xbf" + SOIL.encode(), tmp_path) == plain


def test_numbers_are_numbers_however_written(tmp_path: Path) -> None:
    """Blanks, signs, exponents and trailing zeros change nothing."""
    lines = "".join(
        f"Humus,S1,Bayern,{text},a,b\n" for text in ("30", "30.0", " 30 ", "+3e1", "30.", "300E-1")
    )
    cube = read(HEADER + lines.encode(), tmp_path)
    assert cube.cells["Humus"] == {("Bayern", "a", "b"): CellStats(180, 6)}


@pytest.mark.parametrize(
    "change",
    [
        lambda plain: plain.replace(b"\n", b"\r\n"),
        lambda plain: plain.replace(b"\n", b"\r"),
        lambda plain: plain.replace(b"\n", b"\n\n"),
        lambda plain: b"\n \n" + plain.replace(b"\n", b"\n  \n"),
        lambda plain: b'"' + plain.replace(b",", b'","').replace(b"\n", b'"\n"').removesuffix(b'"'),
        lambda plain: plain.replace(b"\n", b",\n"),
        lambda plain: plain.replace(b"\n", b',"\n"\n'),
        lambda plain: plain.replace(b"\n", b",Wert\n"),
        lambda plain: plain.removesuffix(b"\n"),
    ],
    ids=[
        "crlf",
        "cr",
        "blank lines",
        "blanks",
        "quotes",
        "a column more",
        "lines in names",
        "a name twice",
        "no end",
    ],
)
def test_what_changes_no_text_changes_nothing(tmp_path: Path, change: Callable[[bytes], bytes]) -> None:
    """Line ends, lines with nothing, quotes, columns that are not needed."""
    assert read(change(SOIL.encode()), tmp_path) == read(SOIL.encode(), tmp_path)


def test_texts_that_look_like_missing_values_are_texts(tmp_path: Path) -> None:
    """pandas would read NA as nothing."""
    cube = read(HEADER + b"NA,null,None,1,nan,N/A\n", tmp_path)
    assert cube.cells == {"NA": {("None", "nan", "N/A"): CellStats(1, 1)}}


def test_aliases_are_read_as_what_they_stand_for() -> None:
    """Newer releases say Sex for Gender."""
    description = Description.from_dict(DESCRIPTION | {"aliases": {"category": {"Sex": "Gender"}}})
    rows = HEADER + b"Humus,S1,Bayern,1,Gender,Male\nHumus,S1,Bayern,2,Sex,Male\n"
    cube = read_cube(io.BytesIO(rows), description)
    assert cube.cells["Humus"] == {("Bayern", "Gender", "Male"): CellStats(3, 2)}


def test_a_row_without_a_question_may_have_any_value(tmp_path: Path) -> None:
    """It counts nowhere, so its decimals change no scale either."""
    assert read(HEADER + ROW + b" ,S1,Hessen,x,a,b\n,S1,Hessen,1.25,a,b\n", tmp_path) == read(
        HEADER + ROW, tmp_path
    )


def test_values_beyond_64_bits_stay_exact(tmp_path: Path) -> None:
    """Sums are of integers without a limit."""
    cube = read(HEADER + b"Humus,S1,Bayern,99999999999999999999.5,a,b\n" * 3, tmp_path)
    assert cube.overall() == CellStats(2999999999999999999985, 3)


def test_a_stream_stays_open() -> None:
    """It is the caller's."""
    stream = io.BytesIO(SOIL.encode())
    assert read_cube(stream, SOIL_DESCRIPTION) == read_cube(stream, SOIL_DESCRIPTION)


LARGE = """
import sys
from pathlib import Path

from chalicelib.domain import snapshot
from chalicelib.domain.csv_reader import SMALL_BYTES, read_cube
from chalicelib.domain.dataset_description import Description

if sys.argv[1] == "alone":
    sys.modules["pyarrow"] = None
description = Description.load(Path("data/sample.json"))
cube = read_cube(Path(sys.argv[2]), description)
sys.stdout.buffer.write(snapshot.dumps(cube, description))
assert ("pyarrow" in sys.modules and sys.modules["pyarrow"] is not None) == (sys.argv[1] == "arrow")
assert "pandas" not in sys.modules
"""


def test_what_is_installed_changes_nothing(tmp_path: Path) -> None:
    """The same bytes with Arrow and without; a small file is read without it, and pandas never needed."""
    large, small = tmp_path / "large.csv", tmp_path / "small.csv"
    write_sample(large, rows=SMALL_BYTES // 200)
    write_sample(small, rows=100)
    snapshots = [
        subprocess.run([sys.executable, "-c", LARGE, *case], capture_output=True, check=True).stdout
        for case in (("arrow", large), ("alone", large), ("small", small))
    ]
    assert snapshots[0] == snapshots[1] != snapshots[2]
