"""What is not certain about a file is an error that says what would read it."""

import json
import re

import pytest

from chalicelib.domain.shape.remedies import kind_of
from chalicelib.errors import DatasetError, InvalidValue, MissingColumns, NotCsv
from tests.support.shapes import read

FACTS = {"columns": {"location": "State", "value": "V"}, "constants": {"question": "q"}}


def refusal(content: str | bytes, **facts: object) -> str:
    with pytest.raises(DatasetError) as caught:
        read(content, **FACTS | facts)
    return str(caught.value)


def values(*texts: str) -> str:
    return "State,V\nOhio,1\n" + "".join(f'Iowa,"{text}"\n' for text in texts)


@pytest.mark.parametrize(
    ("texts", "options"),
    [
        (["12,5"], {"decimal": ","}),
        (["1,234.5"], {"thousands": ","}),
        (["1,234", "1,234,567"], {"thousands": ","}),
        (["1,234", "0,5"], {"decimal": ","}),
        (["1.234,5"], {"thousands": ".", "decimal": ","}),
        (["1 234", "5"], {"thousands": " "}),
        (["1\u202f234"], {"thousands": " "}),
        (["NA", "..", "NA", "<5", "n/a", "*"], {"na_values": ["NA", "..", "<5", "n/a", "*"]}),
        (["NA", "12,5"], {"decimal": ",", "na_values": ["NA"]}),
    ],
    ids=str,
)
def test_remedy_can_be_pasted_and_reads_the_file(texts: list[str], options: dict[str, object]) -> None:
    told = refusal(values(*texts))
    pasted = json.loads(re.findall(r'"read": (\{.*?\})(?: \(|$|\n)', told)[-1])
    assert pasted == options
    assert read(values(*texts), **FACTS, read=pasted).cube.overall().counted >= 1


def test_comma_that_may_be_either_is_told_with_both_remedies() -> None:
    told = refusal(values("1,234"))
    assert '"read": {"decimal": ","}' in told
    assert '"read": {"thousands": ","}' in told


@pytest.mark.parametrize(
    ("text", "value"),
    [("12.5%", 12.5), ("12.3 b", 12.3), ("18.2 [15.0-21.9]", 18.2), ("18.2 (15.0, 21.9)", 18.2), ("7*", 7.0)],
)
def test_remedy_for_a_number_with_more_cuts_it_out(text: str, value: float) -> None:
    told = refusal(f'State,V\nIowa,"{text}"\n')
    pattern = json.loads(re.findall(r'"extract": (\{.*?\}), and no "value" in "columns"', told)[0])
    data = read(
        f'State,V\nIowa,"{text}"\n',
        columns={"location": "State"},
        constants={"question": "q"},
        extract=pattern,
        interval={"level": 0.95, "scale": "linear"},
    )
    assert data.cube.mean(data.cube.overall()) == value


@pytest.mark.parametrize("role", ["value", "low", "high", "sample_size"])
@pytest.mark.parametrize("text", ["18.2 [15.0-21.9]", "18.2 (15, 21)", "(15, 21)", "12%", "12 b", ": u"])
def test_remedy_is_a_regular_expression_that_matches_in_every_role(role: str, text: str) -> None:
    kind, pattern = kind_of(text, role)
    assert kind == "text"
    assert re.search(pattern, text)


def test_year_of_two_years_is_cut_to_the_first() -> None:
    columns = {"location": "State", "value": "V", "year": "Y"}
    told = refusal("State,V,Y\nOhio,1,2022-23\n", columns=columns)
    pattern = json.loads(re.findall(r'"extract": (\{.*?\}), and no "year"', told)[0])
    data = read("State,V,Y\nOhio,1,2022-23\n", **FACTS, extract=pattern)
    assert data.cube.years == {"q": {2022}}


def test_text_that_its_pattern_does_not_match_is_refused_with_its_line() -> None:
    facts = {"columns": {"location": "State"}, "extract": {"V": "^(?P<value>[0-9.]+) b$"}}
    told = refusal("State,V\nOhio,1 b\nIowa,2 c\n,\n", **facts)
    assert 'line 3, column "V": "2 c" does not match "extract"' in told


def test_all_kinds_are_told_at_once_with_rows_and_first_lines() -> None:
    content = (
        b"a note\nState,V,Y\nOhio,1,2020\nUtah,NA,2020\nIowa,1.2.3,2020\nMaine,5%,x\nGu\xe9,NA,2020\nx\n"
    )
    columns = {"location": "State", "value": "V", "year": "Y"}
    told = refusal(content, columns=columns).splitlines()
    assert 'the header is in line 2: "read": {"skiprows": 1}' in told[0]
    assert 'line 4, column "V": "NA" is not a number: "read": {"na_values": ["NA"]} (2 such rows)' in told[1]
    assert 'line 5, column "V": "1.2.3" is not a number' in told[2]
    assert any('line 6, column "V": "5%" is not a number: "extract"' in line for line in told)
    assert any('line 6, column "Y": "x" is not a year of four digits' in line for line in told)
    assert any("a bad byte in line 7, 0xe9" in line and '"encoding": "cp1252"' in line for line in told)
    assert any("line 8: 1 fields, where the header has 3" in line for line in told)
    assert told[-1] == 'together: "read": {"skiprows": 1, "na_values": ["NA"]}'


@pytest.mark.parametrize(
    ("content", "error", "sentence"),
    [
        (b"PK\x03\x04\x14\0[Content_Types].xml", NotCsv, "it is an Excel workbook"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1", NotCsv, "an Excel workbook of before 2007"),
        (b"PK\x03\x04\x14\0data.csv", NotCsv, "a zip archive"),
        (b"PAR1\x15\x04", NotCsv, "a parquet file"),
        (b"%PDF-1.7\n", NotCsv, "a PDF document"),
        ("State,V\nOhio,1\n".encode("utf-16-le"), NotCsv, '"encoding": "utf-16-le"'),
        ("x\nState,V\nOhio,1\n", MissingColumns, 'the header is in line 2: "read": {"skiprows": 1}'),
        ("x\n\n\nState;V\nOhio;1\n", MissingColumns, 'the header is in line 4: "read": {"skiprows": 3}'),
        ("Land;Wert\nOhio;1\n", MissingColumns, 'it looks separated by semicolons: "read": {"sep": ";"}'),
        ("Report\nLand,Wert\nOhio,1\n", MissingColumns, 'may be in line 2: "read": {"skiprows": 1}'),
    ],
)
def test_what_a_file_looks_like_is_told(content: str | bytes, error: type[Exception], sentence: str) -> None:
    with pytest.raises(error, match=re.escape(sentence)):
        read(content, **FACTS)


def test_bad_byte_in_a_column_that_is_not_read_is_told_with_its_line() -> None:
    rows = b"State,V,Note\n" + b"Ohio,1,x\n" * 810 + b"Ohio,1,Qu\xe9bec\n"
    told = refusal(rows)
    assert "a bad byte in line 812" in told
    assert '"Québec" is right, "read": {"encoding": "cp1252"}' in told
    assert read(rows, **FACTS, read={"encoding": "cp1252"}).cube.overall().counted == 811


def test_infinity_is_no_mark_of_a_missing_value() -> None:
    assert "na_values" not in refusal(values("inf"))
    assert kind_of("-Infinity", "value")[0] == "other"


def test_frame_tells_all_kinds_with_its_rows() -> None:
    import pandas as pd

    from chalicelib.domain.dataset_description import Description
    from chalicelib.domain.ingest.reading import cube_of_frame

    frame = pd.DataFrame({"State": ["a", "b", "c"], "V": ["1", "NA", "1,5"]})
    with pytest.raises(InvalidValue) as caught:
        cube_of_frame(frame, Description.from_dict({"title": "t"} | FACTS))
    first, second, together = str(caught.value).splitlines()
    assert first.startswith('the frame, row 1, column "V": "NA"')
    assert second.startswith('the frame, row 2, column "V": "1,5"')
    assert together == 'together: "read": {"na_values": ["NA"], "decimal": ","}'
