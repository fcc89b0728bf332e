"""Files and frames to cubes: what is read, and what is refused with which sentence."""

import gzip
import io
import subprocess
import sys
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from chalicelib.domain.cube import Cube
from chalicelib.domain.dataset_description import Description
from chalicelib.domain.ingest.csv_files.records import LONGEST_FIELD
from chalicelib.domain.ingest.reading import cube_of_csv, cube_of_frame
from chalicelib.domain.measures import CellStats
from chalicelib.errors import (
    DatasetError,
    EmptyDataset,
    InvalidValue,
    MissingColumns,
    NotCsv,
)
from local.sample.generator import write_sample
from tests.support.samples import DESCRIPTION, SOIL

SOIL_DESCRIPTION = Description.from_dict(DESCRIPTION)
HEADER = b"Frage,Nr,Land,Wert,Art,Klasse\n"


ROW = b"Humus,S1,Bayern,1,Nutzung,Wald\n"


def read(content: bytes, folder: Path) -> Cube:
    path = folder / "x.csv"
    path.write_bytes(content)
    return cube_of_csv(path, SOIL_DESCRIPTION)


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
        (HEADER + b"Humus,S1,Bayern,,Nutzung,Wald\n", EmptyDataset, "no usable row"),
        (HEADER + b"Humus,S1,Th\xfcringen,1,Nutzung,Wald\n", DatasetError, "UTF-8"),
        (gzip.compress(HEADER + ROW * 50, mtime=0)[:-9], NotCsv, "compression"),
        (gzip.compress(HEADER + ROW, mtime=0)[:-8] + bytes(8), NotCsv, "CRC"),
    ],
)
def test_a_file_that_is_no_data_set_is_refused_with_the_cause(
    tmp_path: Path, content: bytes, error: type[DatasetError], named: str
) -> None:
    with pytest.raises(error, match=named):
        read(content, tmp_path)


def test_a_directory_is_refused(tmp_path: Path) -> None:
    with pytest.raises(NotCsv, match="directory"):
        cube_of_csv(tmp_path, SOIL_DESCRIPTION)


def test_a_field_without_end_is_refused_with_its_line(tmp_path: Path) -> None:
    with pytest.raises(NotCsv, match="line 3: field larger"):
        read(HEADER + ROW + b'Humus,S1,"' + b"x\n" * (LONGEST_FIELD // 2) + b'y",1,a,b\n', tmp_path)


def test_a_field_of_200000_characters_is_read(tmp_path: Path) -> None:
    assert read(HEADER + ROW + b'Humus,S1,"' + b"x" * 200_000 + b'",1,a,b\n', tmp_path).overall().counted == 2


@pytest.mark.parametrize(
    ("row", "fields"),
    [
        (b"Humus,S1,Bayern,1,Nutzung", 5),
        (b"Humus,S1,Bayern,1,Nutzung,Wald,x", 7),
        (b"Humus,S1,Bayern,1,Nutzung,Wald,,x", 8),
        (b"Humus", 1),
        (b",", 2),
        (b'Humus,S1,"Bayern,1,Nutzung,Wald"', 3),
    ],
)
def test_a_row_of_another_width_is_refused_with_its_line(tmp_path: Path, row: bytes, fields: int) -> None:
    with pytest.raises(DatasetError, match=f"x.csv, line 6: {fields} fields, where the header has 6"):
        read(HEADER + ROW + b'Humus,S1,"Bay\nern",1,a,b\n\n' + row + b"\n" + ROW, tmp_path)


def test_a_missing_column_among_thousands_is_refused_with_the_few_most_alike(tmp_path: Path) -> None:
    header = ",".join(["Frage", "Nr", "Land", "Werte", "Art", "Klasse", *(f"x{n}" for n in range(5000))])
    with pytest.raises(MissingColumns) as caught:
        read(header.encode() + b"\n", tmp_path)

    assert 'lacks the columns "Wert"; it has 5,006, the most alike "Werte"' in str(caught.value)
    assert len(str(caught.value)) < 400


def test_a_missing_file_is_refused_with_its_path(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match="nowhere"):
        cube_of_csv(tmp_path / "nowhere.csv", SOIL_DESCRIPTION)


@pytest.mark.parametrize(
    "text", ["n/a", "NaN", "inf", "1_000", '"1,5"', "1.2.3", "0x10", "٣", "1e999", "-", "."]
)
def test_a_value_that_is_no_number_is_refused_with_line_and_column(tmp_path: Path, text: str) -> None:
    content = f"{HEADER.decode()}Humus,S1,Bayern,1,Nutzung,Wald\nHumus,S1,Bayern,{text},Nutzung,Wald\n"
    shown = text.strip('"')
    with pytest.raises(InvalidValue) as caught:
        read(content.encode(), tmp_path)
    assert f'x.csv, line 3, column "Wert": "{shown}" is not a number' in str(caught.value)


def test_the_line_counts_blank_lines_and_line_breaks_in_fields(tmp_path: Path) -> None:
    content = (
        HEADER + b'Humus,S1,"Bay\n\nern",1,Nutzung,Wald\n\nHumus,S1,Bayern,2,a,b\nHumus,S1,Bayern,x,a,b\n'
    )
    with pytest.raises(InvalidValue, match="line 7,"):
        read(content, tmp_path)
    with pytest.raises(InvalidValue, match="line 7,"):
        read(content.replace(b"\n", b"\r"), tmp_path)


def test_a_value_whose_alias_is_no_number_is_refused_with_both_texts() -> None:
    description = Description.from_dict(DESCRIPTION | {"aliases": {"value": {"-": "none"}}})
    with pytest.raises(InvalidValue, match='line 3, column "Wert": "-", read as "none", is not a number'):
        cube_of_csv(io.BytesIO(HEADER + ROW + b"Humus,S1,Bayern, -,a,b\n"), description)


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
def test_the_line_is_that_of_the_value_not_of_its_row(tmp_path: Path, rows: bytes, line: int) -> None:
    with pytest.raises(InvalidValue, match=f'line {line}, column "Wert": "x"'):
        read(HEADER + rows, tmp_path)


def test_a_stream_without_a_name_is_called_the_stream() -> None:
    with pytest.raises(NotCsv, match="the stream is not a CSV file"):
        cube_of_csv(io.BytesIO(gzip.compress(HEADER + ROW * 50)[:-9]), SOIL_DESCRIPTION)


def test_gzip_streams_and_byte_order_marks_give_the_same_cube(tmp_path: Path) -> None:
    plain = read(SOIL.encode(), tmp_path)
    assert read(gzip.compress(SOIL.encode()), tmp_path) == plain
    assert cube_of_csv(io.BytesIO(SOIL.encode()), SOIL_DESCRIPTION) == plain
    assert read(b"\xef\xbb\xbf" + SOIL.encode(), tmp_path) == plain


def test_one_number_in_six_spellings_has_one_value(tmp_path: Path) -> None:
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
def test_another_spelling_of_the_file_gives_the_same_cube(
    tmp_path: Path, change: Callable[[bytes], bytes]
) -> None:
    assert read(change(SOIL.encode()), tmp_path) == read(SOIL.encode(), tmp_path)


def test_texts_that_look_like_missing_values_are_texts(tmp_path: Path) -> None:
    cube = read(HEADER + b"NA,null,None,1,nan,N/A\n", tmp_path)
    assert cube.cells == {"NA": {("None", "nan", "N/A"): CellStats(1, 1)}}


def test_aliases_count_as_the_value_they_stand_for() -> None:
    description = Description.from_dict(DESCRIPTION | {"aliases": {"category": {"Sex": "Gender"}}})
    rows = HEADER + b"Humus,S1,Bayern,1,Gender,Male\nHumus,S1,Bayern,2,Sex,Male\n"
    cube = cube_of_csv(io.BytesIO(rows), description)
    assert cube.cells["Humus"] == {("Bayern", "Gender", "Male"): CellStats(3, 2)}


def test_a_row_without_a_question_may_have_any_value(tmp_path: Path) -> None:
    assert read(HEADER + ROW + b" ,S1,Hessen,x,a,b\n,S1,Hessen,1.25,a,b\n", tmp_path) == read(
        HEADER + ROW, tmp_path
    )


def test_values_beyond_64_bits_stay_exact(tmp_path: Path) -> None:
    cube = read(HEADER + b"Humus,S1,Bayern,99999999999999999999.5,a,b\n" * 3, tmp_path)
    assert cube.overall() == CellStats(2999999999999999999985, 3)


def test_a_stream_is_left_open() -> None:
    stream = io.BytesIO(SOIL.encode())
    assert cube_of_csv(stream, SOIL_DESCRIPTION) == cube_of_csv(stream, SOIL_DESCRIPTION)


PEAK = """
import sys
from pathlib import Path

from chalicelib.domain.dataset_description import Description
from chalicelib.domain.ingest.reading import cube_of_csv

cube_of_csv(Path(sys.argv[1]), Description.load(Path("data/sample.json")), block_bytes=1 << 18)
(peak,) = (line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmHWM"))
print(peak.split()[1])
"""


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="peak memory is read from /proc")
def test_peak_memory_does_not_grow_with_the_rows(tmp_path: Path) -> None:
    path, peaks = tmp_path / "sample.csv", []
    write_sample(path, rows=100_000)  # which have every cell of the survey
    header, rows = path.read_bytes().split(b"\n", 1)
    for times in (2, 4):  # both fill several frames
        path.write_bytes(header + b"\n" + times * rows)
        done = subprocess.run([sys.executable, "-c", PEAK, path], capture_output=True, check=True)
        peaks.append(int(done.stdout))

    assert peaks[1] < peaks[0] + 20_000, "KB; the larger file has 64 MB more"


def frame(**changes: object) -> pd.DataFrame:
    columns = {"Frage": "Humus", "Nr": "S1", "Land": "Bayern", "Wert": [1.5, 2.5], "Art": "Nutzung"}
    return pd.DataFrame(columns | {"Klasse": ["Acker", "Wald"]} | changes)


def test_a_frame_gives_the_cube_of_its_file() -> None:
    texts = pd.read_csv(io.StringIO(SOIL), dtype=str, keep_default_na=False)
    for soil in (texts, texts.astype("category"), texts.astype(object), pd.read_csv(io.StringIO(SOIL))):
        assert cube_of_frame(soil, SOIL_DESCRIPTION) == cube_of_csv(
            io.BytesIO(SOIL.encode()), SOIL_DESCRIPTION
        )


@pytest.mark.parametrize(
    ("values", "total", "scale"),
    [
        (np.array([0.1, 0.2]), 3, 1),
        (np.array([0.1, 0.2], np.float32), 3, 1),
        (np.array([1e22, 1e-7]), 10**29 + 1, 7),
        (np.array([10, -3]), 7, 0),
        (pd.array([10, 3], "Int64"), 13, 0),
        ([Decimal("0.10"), " 2e-1 "], 3, 1),
        (pd.Categorical([0.1, 0.2], categories=[0.1, 0.2, float("inf")]), 3, 1),
    ],
    ids=["float64", "float32", "exponents", "int64", "Int64", "objects", "categories"],
)
def test_numbers_of_a_frame_count_by_their_shortest_decimal(values: object, total: int, scale: int) -> None:
    cube = cube_of_frame(frame(Wert=values), SOIL_DESCRIPTION)
    assert (cube.overall(), cube.scale) == (CellStats(total, 2), scale)


@pytest.mark.parametrize(
    "values",
    [[1.5, float("nan")], [1.5, None], ["1.5", pd.NA], pd.array([1.5, None], "Float64"), ["1.5", ""]],
)
def test_null_none_and_nan_of_a_frame_are_missing_values(values: object) -> None:
    assert cube_of_frame(frame(Wert=values), SOIL_DESCRIPTION).overall() == CellStats(15, 1, 1)


def test_missing_labels_of_a_frame_are_empty() -> None:
    cube = cube_of_frame(frame(Land=[None, "Bayern"], Art=[float("nan")] * 2), SOIL_DESCRIPTION)
    assert cube.cells == {
        "Humus": {("", "", "Acker"): CellStats(15, 1), ("Bayern", "", "Wald"): CellStats(25, 1)}
    }


@pytest.mark.parametrize("value", ["NaN", "n/a", "inf", float("inf"), True])
def test_a_value_of_a_frame_that_is_no_number_is_refused_with_its_row(value: object) -> None:
    soil = frame(Wert=pd.Series([2, value], dtype=object)).set_index(pd.Index(["first", "second"]))
    with pytest.raises(
        InvalidValue, match=f'^the frame, row second, column "Wert": "{value}" is not a number'
    ):
        cube_of_frame(soil, SOIL_DESCRIPTION)


def test_a_frame_of_another_shape_is_refused() -> None:
    with pytest.raises(MissingColumns, match='the frame lacks the columns "Art"'):
        cube_of_frame(frame().drop(columns="Art"), SOIL_DESCRIPTION)
    with pytest.raises(EmptyDataset, match="the frame is empty"):
        cube_of_frame(frame().iloc[:0], SOIL_DESCRIPTION)
    with pytest.raises(EmptyDataset, match="the frame has no usable row"):
        cube_of_frame(frame(Wert=None), SOIL_DESCRIPTION)


def test_of_two_columns_with_one_name_the_first_counts() -> None:
    twice = pd.concat([frame(), frame(Wert="x")], axis="columns")
    assert cube_of_frame(twice, SOIL_DESCRIPTION) == cube_of_frame(frame(), SOIL_DESCRIPTION)


def test_what_has_no_name_has_no_ids() -> None:
    description = DESCRIPTION | {"columns": DESCRIPTION["columns"] | {"location_id": "Nr"}}  # type: ignore[operator] # the sample is a dict[str, object]
    rows = b"Humus,S1,,1,a,b\nHumus,,Hessen,1,a,b\n,S3,Bayern,1,a,b\n"
    cube = cube_of_csv(io.BytesIO(HEADER + rows), Description.from_dict(description))
    assert cube.question_ids == {"S1": frozenset({"Humus"})}
    assert cube.location_ids == {"Bayern": frozenset({"S3"})}
