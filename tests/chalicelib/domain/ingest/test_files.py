"""Workbooks, parquet and other files that pandas reads."""

from pathlib import Path

import openpyxl
import pandas as pd
import pytest

from chalicelib.domain.dataset_description import Description
from chalicelib.domain.ingestor import DataIngestor
from chalicelib.errors import DatasetError, EmptyDataset, InvalidValue, MissingColumns

FACTS = {"title": "t", "columns": {"location": "State", "value": "V"}, "constants": {"question": "q"}}
WIDE = {
    "title": "t",
    "columns": {"location": "State"},
    "constants": {"question": "q"},
    "melt": {"match": "^([0-9]{4}) Value$", "var_name": "year"},
}


def read(path: Path, facts: dict[str, object], **read: object) -> DataIngestor:
    return DataIngestor.from_file(path, Description.from_dict(facts | ({"read": read} if read else {})))


def means(data: DataIngestor) -> dict[str, float]:
    counted = data.cube.counted("q", "location")
    return {name: data.cube.mean(stats) for (name,), stats in counted.items()}


@pytest.fixture
def workbook(tmp_path: Path) -> Path:
    """A sheet with a title, a header of two lines with merged cells, and a second sheet."""
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    for row in (
        ["Table 1: Obesity"],
        [],
        ["State", 2021, None, 2022, None],
        [None, "Value", "n", "Value", "n"],
        ["Ohio", 12.5, 100, 13.5, 120],
        ["Iowa", "NA", 90, 11, 90],
    ):
        sheet.append(row)
    sheet.merge_cells("B3:C3")
    sheet.merge_cells("D3:E3")
    notes = book.create_sheet("Plain")
    for row in (["State", "V"], ["Utah", 3], ["Ohio", "1,5"]):
        notes.append(row)
    book.save(path := tmp_path / "obesity.XLSX")
    return path


def test_two_header_sheet_is_read_with_its_merged_cells(workbook: Path) -> None:
    data = read(workbook, WIDE, skiprows=2, header=[0, 1], na_values=["NA"])
    assert means(data) == {"Ohio": 13.0, "Iowa": 11.0}
    assert data.cube.overall().suppressed == 1


def test_error_in_a_sheet_names_the_row(workbook: Path) -> None:
    with pytest.raises(InvalidValue, match=r'XLSX, row 6, column "2021 Value": "NA" .*"na_values": \["NA"\]'):
        read(workbook, WIDE, skiprows=2, header=[0, 1])


def test_numbers_of_a_sheet_need_no_marks_and_texts_do(workbook: Path) -> None:
    assert means(read(workbook, FACTS, sheet_name="Plain", decimal=",")) == {"Utah": 3.0, "Ohio": 1.5}
    assert means(read(workbook, FACTS, sheet_name=1, decimal=",")) == {"Utah": 3.0, "Ohio": 1.5}


def test_sheet_that_is_not_there_is_told_with_those_that_are(workbook: Path) -> None:
    with pytest.raises(DatasetError, match='has no sheet "Tables"; it has "Sheet", "Plain"'):
        read(workbook, FACTS, sheet_name="Tables")


def test_header_below_a_title_and_other_sheets_are_told(workbook: Path) -> None:
    one_line = FACTS | {"columns": {"location": "State", "value": "2021"}}
    with pytest.raises(MissingColumns, match=r'the header is in row 3: "read": \{"skiprows": 2\}'):
        read(workbook, one_line)
    with pytest.raises(
        MissingColumns, match='"sheet_name": …}} takes another sheet: "Plain"'.replace("}}", "}")
    ):
        read(workbook, FACTS)


def test_empty_sheet_is_refused(tmp_path: Path) -> None:
    openpyxl.Workbook().save(path := tmp_path / "empty.xlsx")
    with pytest.raises(EmptyDataset):
        read(path, FACTS)


@pytest.mark.parametrize("suffix", ["parquet", "feather", "dta"])
def test_frame_in_a_file_is_read(tmp_path: Path, suffix: str) -> None:
    frame = pd.DataFrame({"State": ["Ohio", "Iowa"], "V": [12.5, float("nan")]})
    path = tmp_path / f"x.{suffix}"
    write = {"parquet": frame.to_parquet, "feather": frame.to_feather, "dta": frame.to_stata}[suffix]
    write(path)
    data = read(path, FACTS)
    assert means(data) == {"Ohio": 12.5}
    assert data.cube.overall().suppressed == 1


@pytest.mark.parametrize("name", ["x.parquet", "x.xlsx", "x.dta", "x.ods"])
def test_damaged_and_missing_files_are_refused_by_name(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    with pytest.raises(DatasetError, match=f"{name}: no such file"):
        read(path, FACTS)
    path.write_bytes(b"State,V\nOhio,1\n")
    with pytest.raises(DatasetError, match=name):
        read(path, FACTS)


def test_csv_is_read_whatever_its_suffix(tmp_path: Path) -> None:
    for name in ("x.CSV", "x.txt", "x.tsv", "x"):
        (tmp_path / name).write_text("State\tV\nOhio\t12.5\n")
        assert means(read(tmp_path / name, FACTS)) == {"Ohio": 12.5}
