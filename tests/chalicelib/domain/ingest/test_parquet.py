"""Parquet files by row groups, beside what pandas reads of them."""

import datetime
import io
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chalicelib.domain.cube import Cube
from chalicelib.domain.dataset_description import Description
from chalicelib.domain.ingest import parquet
from chalicelib.domain.ingest.parquet import ParquetFile
from chalicelib.domain.ingest.reader import Reader
from chalicelib.domain.ingest.reading import cube_of_file, cube_of_frame
from chalicelib.domain.ingest.stretches import Stretch
from chalicelib.errors import DatasetError, EmptyDataset, InvalidValue, MissingColumns

COLUMNS = {"question": "Q", "location": "State", "value": "V"}
DESCRIBED = Description.from_dict({"title": "t", "columns": COLUMNS})
GROUPED = Description.from_dict(
    {"title": "t", "columns": {**COLUMNS, "category": "Kind", "segment": "Group", "year": "Year"}}
)


def file_of(frame: pd.DataFrame | pa.Table, **options: Any) -> io.BytesIO:
    file = io.BytesIO()
    if isinstance(frame, pd.DataFrame):
        frame.to_parquet(file, **options)
    else:
        pq.write_table(frame, file, **options)
    return file


def read(file: io.BytesIO, description: Description = DESCRIBED) -> Cube:
    return Reader(description).cube(Stretch(0, "x.parquet", "parquet"), file)


def read_by_pandas(file: io.BytesIO, description: Description = DESCRIBED) -> Cube:
    return cube_of_frame(pd.read_parquet(file), description)


def labelled(labels: "pd.Series[Any] | pd.Index[Any]") -> pd.DataFrame:
    values = np.arange(len(labels)) / 4
    return pd.DataFrame({"Q": "q", "State": labels, "V": values, "Other": [[1]] * len(labels)})


def locations(cube: Cube) -> set[str]:
    return {location for location, _, _ in cube.cells["q"]}


DATES = [datetime.date(2019, 1, 2), None, datetime.date(2020, 2, 29)]
TIMES = pd.Series([pd.Timestamp("2019-01-01"), None, pd.Timestamp("2020-01-02")])
LABELS: dict[str, Callable[[], "pd.Series[Any] | pd.Index[Any]"]] = {
    "texts": lambda: pd.Series([" Ohio", None, "Québec"]),
    "texts of objects": lambda: pd.Series(["Ohio", None, ""], dtype=object),
    "texts of nullable type": lambda: pd.Series(["Ohio", None, "Utah"], dtype="string"),
    "texts of Arrow": lambda: pd.Series(["Ohio", None, "Utah"], dtype="string[pyarrow]"),
    "categories": lambda: pd.Series(["Ohio", None, "Utah"], dtype="category"),
    "categories of numbers": lambda: pd.Series([5, 6, 7], dtype="category"),
    "ordered categories that no row has": lambda: pd.Series(
        pd.Categorical(["b", None, "b"], ["c", "b", "a"], ordered=True)
    ),
    "integers": lambda: pd.Series([1, 2, 2]),
    "large integers": lambda: pd.Series([2**63, 2**64 - 1, 0], dtype="uint64"),
    "small integers": lambda: pd.Series([-1, 2, 2], dtype="int8"),
    "nullable integers": lambda: pd.Series([1, None, 3], dtype="Int64"),
    "floats": lambda: pd.Series([0.1, None, 1e20]),
    "narrow floats": lambda: pd.Series([0.1, None, 1e20], dtype="float32"),
    "half floats": lambda: pd.Series([0.1, None, 2], dtype="float16"),
    "nullable floats": lambda: pd.Series([0.1, None, 12], dtype="Float64"),
    "truths": lambda: pd.Series([True, False, True]),
    "nullable truths": lambda: pd.Series([True, None, False], dtype="boolean"),
    "decimals": lambda: pd.Series([Decimal("1.50"), None, Decimal("0.0000001")]),
    "dates": lambda: pd.Series(DATES),
    "times of a day": lambda: pd.Series([datetime.time(1, 2), None, datetime.time(3)]),
    "times": lambda: TIMES,
    "times in a zone": lambda: TIMES.dt.tz_localize("Europe/Berlin"),
    "durations": lambda: TIMES - TIMES[0],
    "periods": lambda: pd.Series(pd.PeriodIndex(["2019", "2020", "2021"], freq="Y")),
    "intervals": lambda: pd.Series(pd.interval_range(0, 3)),
    "nothing": lambda: pd.Series([None, None, None], dtype=object),
}


@pytest.mark.parametrize("labels", LABELS.values(), ids=LABELS)
@pytest.mark.parametrize("rows", [1, 1000], ids=["a row a group", "one group"])
def test_cube_is_that_of_the_frame_that_pandas_reads(
    labels: Callable[[], "pd.Series[Any]"], rows: int
) -> None:
    file = file_of(labelled(labels()), row_group_size=rows)
    assert read(file) == read_by_pandas(file)


VALUES: dict[str, "pd.Series[Any]"] = {
    "floats": pd.Series([0.1, 1e-7, None, -0.0, 123456789.125]),
    "narrow floats": pd.Series([0.1, 1e-7, None, 3, 16777216], dtype="float32"),
    "integers": pd.Series([1, -2, 0, 2**53 + 1, 7]),
    "nullable integers": pd.Series([1, -2, None, 2**53 + 1, 7], dtype="Int64"),
    "decimals": pd.Series([Decimal("1.50"), None, Decimal("-3.25"), Decimal("0.00"), Decimal("1e5")]),
    "texts": pd.Series(["1.50", " 2", None, "", "1e-3"]),
    "categories": pd.Series(["1.50", " 2", None, "", "1e-3"], dtype="category"),
}


@pytest.mark.parametrize("values", VALUES.values(), ids=VALUES)
def test_values_are_exact_to_the_last_digit(values: "pd.Series[Any]") -> None:
    frame = labelled(pd.Series(list("abcde"))).assign(V=values)
    file = file_of(frame)
    assert read(file) == read_by_pandas(file) == cube_of_frame(frame, DESCRIBED)


def test_integers_with_nulls_stay_integers() -> None:
    """Pandas makes them floats: "Ward 3.0"."""
    table = pa.table({"Q": ["q"] * 3, "State": pa.array([3, None, 2**60 + 1]), "V": pa.array([1, None, 2])})
    assert locations(read(file_of(table))) == {"3", "", str(2**60 + 1)}


@pytest.mark.parametrize("kind", [pa.binary(), pa.large_binary(), pa.string_view(), pa.large_string()])
def test_texts_of_other_writers_are_texts(kind: pa.DataType) -> None:
    states = pa.array(["Québec", None, "Ohio"]).cast(kind)
    table = pa.table({"Q": ["q"] * 3, "State": states, "V": [1.0, 2.0, 3.0]})
    assert locations(read(file_of(table))) == {"Québec", "", "Ohio"}


@pytest.mark.parametrize("column", ["State", "V"])
def test_bytes_that_are_no_text_are_refused(column: str) -> None:
    table = pa.table({"Q": ["q"], "State": ["Ohio"], "V": ["1"]})
    place = table.schema.get_field_index(column)
    table = table.set_column(place, column, pa.array([b"\xff"]))
    with pytest.raises(DatasetError, match=r"x\.parquet is not a \.parquet file, or damaged: .*UTF8"):
        read(file_of(table))


def test_dictionaries_of_any_kind_are_read() -> None:
    """Also one that has a value twice, as other writers make them, or values that no row has."""
    twice = pa.DictionaryArray.from_arrays(pa.array([0, 1, None, 2]), pa.array(["Ohio", "Utah", "Ohio"]))
    table = pa.table({"Q": ["q"] * 4, "State": twice, "V": [1.0, 2.0, 3.0, 4.0]})
    assert locations(read(file_of(table))) == {"Ohio", "Utah", ""}
    assert len(parquet.series_of(twice).cat.categories) == 2


def test_index_of_pandas_is_a_column_if_it_has_a_name() -> None:
    frame = labelled(pd.Series(["Ohio", "Utah", "Iowa"])).set_index("State")
    assert locations(read(file_of(frame))) == {"Ohio", "Utah", "Iowa"}

    unnamed = labelled(pd.Series(["Ohio", "Utah", "Iowa"]))[1:]
    file = file_of(unnamed)
    assert ParquetFile(file, "x.parquet").header == ["Q", "State", "V", "Other"]
    assert read(file) == read_by_pandas(file)


def test_of_columns_with_the_same_name_the_first_is_read() -> None:
    columns = [pa.array(["q"]), pa.array(["Ohio"]), pa.array([1.0]), pa.array(["Utah"]), pa.array(["x"])]
    table = pa.Table.from_arrays(columns, ["Q", "State", "V", "State", "State.name"])
    assert locations(read(file_of(table))) == {"Ohio"}


@pytest.mark.parametrize(
    ("labels", "kind"),
    [
        (pa.array([["Ohio"], None]), "list"),
        (pa.array([{"name": "Ohio"}, None]), "struct"),
        (pa.array([[("a", 1)], None], pa.map_(pa.string(), pa.int64())), "map"),
    ],
    ids=["list", "struct", "map"],
)
def test_nested_column_that_is_wanted_is_refused_by_name(labels: pa.Array, kind: str) -> None:
    table = pa.table({"Q": ["q", "q"], "State": labels, "V": [1.0, 2.0]})
    with pytest.raises(DatasetError, match=rf'x\.parquet: the column "State" is nested \({kind}'):
        read(file_of(table))


def test_error_names_row_group_and_row_from_one() -> None:
    values = ["1"] * 10
    values[6] = "n/a"
    frame = labelled(pd.Series(range(10))).assign(V=values)
    with pytest.raises(
        InvalidValue, match=r'^x\.parquet, row group 2, row 3, column "V": "n/a" is not a number'
    ):
        read(file_of(frame, row_group_size=4))


def test_row_of_a_later_frame_and_of_a_later_stretch_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parquet, "FEWEST_ROWS", 3)
    monkeypatch.setattr(parquet, "MOST_ROWS", 3)
    file = file_of(labelled(pd.Series(range(20))), row_group_size=8)
    parts = [*ParquetFile(file, "x.parquet").frames([1], 1)]

    named = [
        (int(frame["1"].iloc[row]), where(row, "")) for frame, where in parts for row in range(len(frame))
    ]
    assert max(len(frame) for frame, _ in parts) == 3
    assert named == [(row, f"row group {row // 8 + 1}, row {row % 8 + 1}") for row in range(8, 20)]


@settings(max_examples=30)
@given(
    st.lists(st.tuples(st.sampled_from("ab "), st.integers(0, 9), st.sampled_from("xy")), min_size=1),
    st.integers(1, 9),
    st.data(),
)
def test_row_groups_in_any_stretches_are_the_whole_file(
    rows: list[tuple[str, int, str]], size: int, data: st.DataObject
) -> None:
    frame = pd.DataFrame(
        [("q", *row, "g", 2020) for row in rows], columns=["Q", "State", "V", "Kind", "Group", "Year"]
    )
    file = file_of(frame, row_group_size=size)
    whole = ParquetFile(file, "x.parquet")
    cut = data.draw(st.integers(0, len(whole.sizes)))

    parts = [*whole.frames(range(6), 0, cut), *whole.frames(range(6), cut)]
    assert (
        pd.concat([part.astype(str) for part, _ in parts]).to_numpy().tolist()
        == frame.astype(str).to_numpy().tolist()
    )
    assert read(file, GROUPED) == read_by_pandas(file, GROUPED)


def test_only_wanted_columns_are_read(tmp_path: Path) -> None:
    """A column of another kind may even be damaged."""
    wide = pd.DataFrame({str(place): range(1000) for place in range(50)})
    file = file_of(wide, compression=None)
    ((frame, _),) = ParquetFile(file, "x").frames([3, 7])
    assert [*frame.columns] == ["3", "7"]


def test_dictionary_larger_than_a_frame_is_cut_to_its_rows() -> None:
    values = pa.array([f"place {number}" for number in range(1000)])
    array = pa.DictionaryArray.from_arrays(pa.array([5, 5, 7]), values)
    assert [*parquet.series_of(array).cat.categories] == ["place 5", "place 7"]


@pytest.mark.parametrize("name", ["x.parquet", "y.pq"])
def test_truncated_damaged_and_other_files_are_refused_by_name(tmp_path: Path, name: str) -> None:
    whole = file_of(labelled(pd.Series(range(5000)).astype(str))).getvalue()
    path = tmp_path / name
    suffix = path.suffix
    header = whole[:4] + bytes(len(whole) // 2) + whole[4 + len(whole) // 2 :]
    for damaged in (whole[:-20], whole[: len(whole) // 2], b"", b"PAR1", b"Q,State,V\nq,Ohio,1\n", header):
        path.write_bytes(damaged)
        with pytest.raises(DatasetError, match=rf"{name} is not a \{suffix} file, or damaged: "):
            cube_of_file(path, DESCRIBED)
    path.unlink()
    with pytest.raises(DatasetError, match=f"{name}: no such file"):
        cube_of_file(path, DESCRIBED)


def test_file_without_rows_and_one_without_columns_are_refused() -> None:
    frame = labelled(pd.Series(["Ohio"]))
    with pytest.raises(EmptyDataset, match=r"x\.parquet is empty"):
        read(file_of(frame[:0]))
    with pytest.raises(MissingColumns, match=r'x\.parquet lacks the columns "V"; it has "Q", "State"'):
        read(file_of(frame[["Q", "State"]]))
