"""Many files, in any order and by any number of readers, to the cube of the table that they hold."""

import gzip
import io
import pickle
from collections.abc import Sequence
from functools import reduce
from random import Random

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chalicelib.domain import snapshot
from chalicelib.domain.dataset_description import Description
from chalicelib.domain.ingest.outcome import Sums, Trouble, error_of
from chalicelib.domain.ingest.reader import Reader
from chalicelib.domain.ingest.reading import cube_of_csv, cube_of_frame
from chalicelib.domain.ingest.stretches import Stretch
from chalicelib.errors import DatasetError, EmptyDataset, InvalidValue, MissingColumns

FACTS = {
    "title": "t",
    "columns": {
        **{"question": "Q", "location": "State", "value": "V", "category": "C", "segment": "S"},
        **{"year": "Year", "low": "Low", "high": "High", "sample_size": "N", "question_id": "Id"},
    },
    "keep": {"Unit": ["%", "none"]},
    "drop": {"State": ["US"]},
    "interval": {"level": 0.95, "scale": "linear"},
}
DESCRIPTION = Description.from_dict(FACTS)
NAMES = ["Q", "Id", "State", "V", "C", "S", "Year", "Low", "High", "N", "Unit", "Data_Value_Type"]

Row = tuple[str, ...]
VALUES = st.sampled_from(["", "1", "2.5", "-0.125", "-999", "1e3", "99999999999999999999.5"])
ROWS = st.lists(
    st.tuples(
        *(st.sampled_from(texts) for texts in (["q", "r", ""], ["1", "2"], ["Ohio", "Iowa", "US"])),
        VALUES,
        *(st.sampled_from(texts) for texts in (["Sex", ""], ["Male", "Female"], ["2019", "2020.0"])),
        VALUES,
        VALUES,
        *(st.sampled_from(texts) for texts in (["", "10", "309.0"], ["%", "%", "number"])),
        st.integers(0, 16).map(lambda number: f"kind {number}"),
    ),
    min_size=1,
    max_size=40,
)


def csv_of(rows: Sequence[Row], names: Sequence[str] = NAMES) -> bytes:
    frame = pd.DataFrame([*rows], columns=NAMES, dtype=object)
    return frame[[*names]].to_csv(index=False).encode()


def read(*files: bytes, readers: int = 1, kind: str = "csv") -> Sums:
    """Read files named a, b, c… by some readers in turn; merge their sums. Raises DatasetError."""
    every, troubles = [Reader(DESCRIPTION) for _ in range(readers)], list[Trouble]()
    for part, content in enumerate(files):
        stretch = Stretch(part, f"{chr(97 + part)}.{kind}", kind)
        if trouble := every[part % readers].read(stretch, io.BytesIO(content)):
            troubles.append(trouble)
    sums = reduce(Sums.merge, [pickle.loads(pickle.dumps(reader.sums())) for reader in every])
    if error := error_of(pickle.loads(pickle.dumps(troubles)), sums, DESCRIPTION):
        raise error
    return sums


def snapshot_of(sums: Sums) -> bytes | str:
    try:
        return snapshot.dumps(sums.finished(DESCRIPTION, "the files"), DESCRIPTION)
    except EmptyDataset as error:
        return str(error)


@settings(max_examples=30)
@given(ROWS, st.integers(1, 5), st.integers(1, 3), st.randoms())
def test_table_in_any_files_is_the_table_in_one(
    rows: list[Row], files: int, readers: int, order: Random
) -> None:
    whole = snapshot_of(read(csv_of(rows)))
    order.shuffle(rows)
    cuts = sorted(order.randint(0, len(rows)) for _ in range(files - 1))
    parts = [rows[begin:end] for begin, end in zip([0, *cuts], [*cuts, len(rows)], strict=True)]
    contents = [csv_of(part, order.sample([*NAMES, *NAMES[:2]], len(NAMES) + 2)) for part in parts]

    assert snapshot_of(read(*contents, readers=readers)) == whole


@settings(max_examples=20)
@given(st.lists(ROWS, min_size=2, max_size=5), st.randoms())
def test_sums_merge_in_any_order_to_the_same_bytes(tables: list[list[Row]], order: Random) -> None:
    every = [read(csv_of(rows)) for rows in tables]
    whole = snapshot_of(read(*map(csv_of, tables)))
    while len(every) > 1:
        order.shuffle(every)
        every.append(every.pop().merge(every.pop()).merge(Sums()))

    assert snapshot_of(every[0]) == whole


@settings(max_examples=30)
@given(ROWS, st.randoms())
def test_counts_of_kinds_do_not_depend_on_how_rows_are_cut(rows: list[Row], order: Random) -> None:
    whole = read(csv_of(rows)).tallies
    at = order.randint(0, len(rows))
    kinds = sorted({row[-1] for row in rows})[:13]
    counts = {kind: sum(row[-1] == kind for row in rows) for kind in kinds}

    assert {key.split("\t")[2]: rows for key, rows in whole.items() if key.startswith("kinds")} == counts
    assert read(csv_of(rows[:at]), csv_of(rows[at:]), readers=2).tallies == whole


GOOD = ("q", "1", "Ohio", "1", "Sex", "Male", "2019", "", "", "", "%", "Crude")
BAD = (*GOOD[:3], "x", *GOOD[4:])


def test_limits_beside_values_beyond_64_bits_are_merged() -> None:
    large = (*GOOD[:3], "99999999999999999999.5", *GOOD[4:])
    limited = (*GOOD[:2], "Iowa", "1", *GOOD[4:7], "0.5", "1.5", "10", *GOOD[10:])
    whole = snapshot_of(read(csv_of([large, limited])))

    assert snapshot_of(read(csv_of([large]), csv_of([limited]), readers=2)) == whole


def lacking(*names: str) -> list[str]:
    return [name for name in NAMES if name not in names]


@pytest.mark.parametrize("readers", [1, 2, 4])
@pytest.mark.parametrize(
    ("names", "error"),
    [
        ([NAMES, lacking("Year"), NAMES, NAMES], 'b.csv lacks the columns "Year", which a.csv has'),
        ([lacking("N"), NAMES, lacking("N"), NAMES], 'a.csv lacks the columns "N", which b.csv has'),
        ([NAMES, NAMES, lacking("High"), lacking("Low")], 'c.csv lacks the columns "High", which a.csv has'),
        ([lacking("High"), lacking("N", "Low")], 'b.csv lacks the columns "N", "Low", which a.csv has'),
        ([NAMES, NAMES, lacking("C", "S")], 'c.csv lacks the columns "C", "S"; it has'),
    ],
)
def test_column_that_some_files_lack_is_told_with_the_first_of_them(
    names: list[list[str]], error: str, readers: int
) -> None:
    with pytest.raises(MissingColumns, match=f"^{error}"):
        read(*(csv_of([GOOD], each) for each in names), readers=readers)


def test_columns_that_all_files_lack_are_no_error() -> None:
    assert read(*(csv_of([GOOD], lacking("Low", "N")) for _ in "ab"), readers=2).kept == 2


def test_file_without_rows_is_read_and_an_empty_one_is_refused_by_name() -> None:
    assert snapshot_of(read(csv_of([]), csv_of([GOOD]), csv_of([]))) == snapshot_of(read(csv_of([GOOD])))
    with pytest.raises(EmptyDataset, match=r"^b\.csv is empty"):
        read(csv_of([GOOD]), b"", csv_of([GOOD]))
    with pytest.raises(EmptyDataset, match=r"^the files is empty"):
        read(csv_of([]), csv_of([])).finished(DESCRIPTION, "the files")


@pytest.mark.parametrize("readers", [1, 2, 3])
def test_first_bad_file_by_place_is_told_with_all_its_faults(readers: int) -> None:
    worse = csv_of([GOOD, BAD, BAD]) + b"1,2\n"
    with pytest.raises(InvalidValue) as caught:
        read(csv_of([GOOD]), worse, csv_of([BAD]), b"", readers=readers)
    first, second, *_ = str(caught.value).splitlines()
    assert first == (
        'b.csv, line 3, column "V": "x" is not a number: "read": {"na_values": ["x"]} (2 such rows)'
    )
    assert second == "b.csv, line 5: 2 fields, where the header has 12"


@pytest.mark.parametrize(
    ("files", "error"),
    [
        ([lacking("Year"), NAMES, [], lacking("Year")], 'a.csv lacks the columns "Year"'),
        ([NAMES, [], lacking("Year")], "b.csv, line 2"),
    ],
)
def test_column_is_missed_only_in_comparison_with_files_up_to_the_first_bad_one(
    files: list[list[str]], error: str
) -> None:
    contents = [csv_of([GOOD], names) if names else csv_of([BAD]) for names in files]
    for readers in (1, 2, 3):
        with pytest.raises(DatasetError, match=f"^{error}"):
            read(*contents, readers=readers)


def test_reader_goes_on_after_trouble_and_tells_that_of_each_file() -> None:
    reader = Reader(DESCRIPTION)
    found = [
        reader.read(Stretch(part, f"{part}", "csv"), io.BytesIO(csv_of(rows)))
        for part, rows in enumerate([[GOOD], [BAD], [GOOD], [GOOD, BAD]])
    ]
    assert [trouble and trouble.stretch.part for trouble in found] == [None, 1, None, 3]
    assert reader.sums().kept == 0


def test_gzip_stream_and_frame_are_read_like_their_file(tmp_path: object) -> None:
    rows = [GOOD, (*GOOD[:2], "Iowa", *GOOD[3:])]
    cube = cube_of_csv(io.BytesIO(csv_of(rows)), DESCRIPTION)
    frame = pd.DataFrame(rows, columns=NAMES)

    assert cube_of_csv(io.BytesIO(gzip.compress(csv_of(rows))), DESCRIPTION) == cube
    assert cube_of_frame(frame, DESCRIPTION) == cube
    assert read(frame.to_parquet(), kind="parquet").finished(DESCRIPTION, "x") == cube
    stored = io.BytesIO()
    frame.to_excel(stored, index=False)
    assert Reader(DESCRIPTION).cube(Stretch(0, "x.xlsx", "frame"), stored) == cube
