"""Files in the shapes that statistical offices publish, read by the keys of a description."""

import gzip
import io
import json
from fractions import Fraction

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.domain.dataset_description import Description
from chalicelib.domain.ingest.reader import Reader
from chalicelib.domain.ingest.reading import cube_of_csv, cube_of_frame
from chalicelib.domain.ingest.stretches import Stretch
from chalicelib.domain.ingestor import DataIngestor
from chalicelib.domain.measures import CellKey, CellStats, Measure
from chalicelib.domain.statistics.registry import compute_result
from chalicelib.errors import EmptyDataset, MissingColumns
from tests.support import shapes
from tests.support.shapes import read


def means(data: DataIngestor) -> dict[str, float]:
    (question,) = data.questions
    counted = data.cube.counted(question, "location")
    return {name: data.cube.mean(stats) for (name,), stats in counted.items()}


def estimate(data: DataIngestor, **inputs: str) -> object:
    return json.loads(compute_result(data, "estimate", inputs, "f"))[1]["estimate"]


def test_places_counties_of_one_name_are_two_and_kinds_and_nation_are_left_out() -> None:
    data = read(shapes.PLACES, **shapes.PLACES_FACTS)
    assert means(data) == {"Washington, OH": 40.0, "Washington, PA": 36.0}
    assert data.measures("Obesity among adults")[CellKey("Washington, OH", 2022, "", "")] == Measure(
        40, 38, 42, None, 1, 1
    )
    assert data.question("OBESITY") == "Obesity among adults"
    assert data.warnings == ()


def test_who_value_and_limits_are_cut_from_one_text_and_dimensions_are_groups() -> None:
    data = read(shapes.WHO, **shapes.WHO_FACTS)
    assert data.measures("Hypertension") == {
        CellKey("Kenya", 2016, "Total", "Total"): Measure(182, 150, 219, None, 1, 1),
        CellKey("Kenya", 2016, "Dim1", "Male"): Measure(170, 140, 205, None, 1, 1),
        CellKey("Chad", 2016, "Total", "Total"): Measure(None, None, None, None, 1, 0),
        CellKey("Chad", 2017, "Total", "Total"): Measure(200, 160, 240, None, 1, 1),
    }
    assert data.warnings == ('1 rows are of groups of more than one of "Dim1", "Dim2": they were left out',)
    assert estimate(data, question="H1", state="Kenya") == 18.2


def test_eurostat_csv_has_missing_values_and_namibia() -> None:
    data = read(shapes.EUROSTAT_CSV, **shapes.EUROSTAT_CSV_FACTS)
    assert data.cube.cells["ESTAT:BMI(1.0)"] == {
        ("DE", "Total", "Total"): CellStats(190, 1),
        ("DE", "sex", "M"): CellStats(201, 1),
        ("FR", "Total", "Total"): CellStats(0, 0, 1),
        ("NA", "Total", "Total"): CellStats(145, 1),
    }


def test_eurostat_wide_tsv_is_melted_and_its_flags_cut_off() -> None:
    data = read(shapes.EUROSTAT_TSV, **shapes.EUROSTAT_TSV_FACTS)
    assert means(data) == {"DE": 19.1, "FR": 14.95, "IT": 11.0}
    assert data.cube.years["PC"] == {2019, 2020, 2021}
    assert data.cube.overall() == CellStats(982, 6, 3)


def test_world_bank_file_has_a_preamble_and_a_column_a_year() -> None:
    data = read(shapes.WORLD_BANK, **shapes.WORLD_BANK_FACTS)
    assert means(data) == {"Kenya": 4.4, "Aruba": 6.5}
    assert data.state("Kenya") == "Kenya"
    assert data.cube.location_ids["Kenya"] == {"KEN"}


def test_ons_v4_file_is_read_by_its_labels() -> None:
    data = read(shapes.ONS, **shapes.ONS_FACTS)
    assert data.measures("Smoking") == {
        CellKey("Leeds", 2020, "Total", "Total"): Measure(125, None, None, None, 1, 1),
        CellKey("Leeds", 2020, "Sex", "Male"): Measure(140, None, None, None, 1, 1),
        CellKey("York", 2020, "Total", "Total"): Measure(None, None, None, None, 1, 0),
    }


STATCAN_CELLS = {
    CellKey("Canada", 2020, "Total", "Total"): Measure(265, 250, 280, None, 1, 1),
    CellKey("Canada", 2020, "Sex", "Males"): Measure(275, 260, 290, None, 1, 1),
    CellKey("Yukon", 2020, "Total", "Total"): Measure(None, None, None, None, 1, 0),
}


def test_statcan_limits_that_are_rows_belong_to_their_cell_in_any_order() -> None:
    header, *rows = shapes.STATCAN.splitlines()
    for order in (rows, rows[::-1], sorted(rows)):
        data = read("\n".join([header, *order]), **shapes.STATCAN_FACTS)
        assert data.measures("Obesity") == STATCAN_CELLS
        assert data.cube.overall() == CellStats(540, 2, 1), "limits are no rows"


@pytest.mark.parametrize("cut", range(1, 8))
def test_statcan_limits_belong_to_their_cell_where_parts_are_merged(cut: int) -> None:
    header, *rows = shapes.STATCAN.splitlines()
    description = Description.from_dict({"title": "t"} | shapes.STATCAN_FACTS)
    sums = []
    for place, part in enumerate((rows[:cut], rows[cut:])):
        reader = Reader(description)
        content = io.BytesIO("\n".join([header, *part]).encode())
        assert reader.read(Stretch(place, "x", "csv"), content) is None
        sums.append(reader.sums())
    for one, other in (sums, sums[::-1]):
        merged = one.merge(other).finished(description, "x")
        assert dict(merged.measures("Obesity")) == STATCAN_CELLS


def test_500_cities_limits_are_cut_from_a_text() -> None:
    data = read(shapes.CITIES, **shapes.CITIES_FACTS)
    assert data.measures("Obesity") == {
        CellKey("Birmingham, AL", 0, "", ""): Measure(410, 401, 419, None, 1, 1),
        CellKey("Birmingham, MI", 0, "", ""): Measure(300, 291, 309, None, 1, 1),
    }


def test_redcap_keeps_complete_baseline_records() -> None:
    data = read(shapes.REDCAP, **shapes.REDCAP_FACTS)
    assert means(data) == {"Oslo": 24.5, "Bergen": 28.0}
    assert data.cube.overall() == CellStats(525, 2, 1)


BARE = {"columns": {"location": "State", "value": "V"}, "constants": {"question": "Q"}}


def test_rows_stay_that_meet_every_keep_and_no_drop() -> None:
    rows = "State,T,U,V\nOhio,a,x,1\nIowa, a ,y,2\nUtah,b,x,3\nMaine,a,,4\n,a,x,5\n"
    data = read(rows, **BARE, keep={"T": ["a"], "U": ["x", ""]}, drop={"State": [""]})
    assert means(data) == {"Ohio": 1.0, "Maine": 4.0}


def test_names_in_keep_are_those_of_the_file_not_of_aliases() -> None:
    facts = BARE | {"aliases": {"location": {"OH": "Ohio"}}}
    assert means(read("State,V\nOH,1\nIA,2\n", **facts, keep={"State": ["OH"]})) == {"Ohio": 1.0}


def test_nothing_left_says_what_keep_and_drop_have_found() -> None:
    with pytest.raises(EmptyDataset, match=r'no row left: .*"keep" "State": "Utah" has 0 rows'):
        read("State,V\nOhio,1\n", **BARE, keep={"State": ["Utah"]}, drop={"State": ["Ohio"]})


def test_all_rows_in_two_dimensions_say_so() -> None:
    rows = "Q,State,Sex,Age,V\nQ,Ohio,Female,18-24,10\nQ,Ohio,Male,18-24,20\n"
    columns = {"question": "Q", "location": "State", "value": "V"}
    with pytest.raises(EmptyDataset, match=r'2 rows are of groups of more than one of "Sex", "Age"'):
        read(rows, columns=columns, dimensions={"Sex": "Both", "Age": "All"})


def test_whole_of_dimensions_serves_estimates_without_a_key_more() -> None:
    data = read(shapes.ONS, **shapes.ONS_FACTS)
    assert estimate(data, question="Smoking", state="Leeds") == 12.5


def test_whole_by_category_is_the_stratum_of_everybody() -> None:
    rows = "Q,State,Y,C,S,V\nQ,Ohio,2020,Sex,Both sexes,10\nQ,Ohio,2020,Sex,Male,12\n"
    rows += "R,Ohio,2020,Overall,Overall,7\n"
    columns = {
        "question": "Q",
        "location": "State",
        "value": "V",
        "year": "Y",
        "category": "C",
        "segment": "S",
    }
    data = read(rows, columns=columns, whole={"Sex": "Both sexes", "Overall": "Overall"})
    assert estimate(data, question="Q", state="Ohio") == 10.0
    assert estimate(data, question="R", state="Ohio") == 7.0


def test_two_lines_of_a_header_are_one_with_merged_cells_filled() -> None:
    rows = "Table 1\nState,2021,,2022,\n,Value,n,Value,n\nOhio,1,10,3,20\n"
    facts = BARE | {
        "columns": {"location": "State"},
        "melt": {"match": "^([0-9]{4}) Value$", "var_name": "year"},
    }
    data = read(rows, **facts, read={"skiprows": 1, "header": [0, 1]})
    assert {key.year: measure.value for key, measure in data.measures("Q").items()} == {2021: 1, 2022: 3}


@pytest.mark.parametrize(
    ("options", "rows"),
    [
        ({"skiprows": 2}, "a note\n\nState,V\nOhio,1\nIowa,2\n"),
        ({"skiprows": [1]}, "State,V\nlabel,value label\nOhio,1\nIowa,2\n"),
        ({"skipfooter": 2}, "State,V\nOhio,1\nIowa,2\n\nSource: us\n"),
        ({"header": 1}, "\nx,y\n\nState,V\nOhio,1\nIowa,2\n"),
        ({"comment": "#"}, "# a comment\nState,V\nOhio,1\n#Utah,3\nIowa,2\n"),
        ({"names": ["State", "V"]}, "Ohio,1\nIowa,2\n"),
        ({"names": ["State", "V"], "header": 0}, "x,y\nOhio,1\nIowa,2\n"),
        ({"names": ["State", "V"], "header": None}, "\nOhio,1\nIowa,2\n"),
        ({"sep": ";"}, "State;V\nOhio;1\nIowa;2\n"),
        ({"sep": ":"}, "State:V\nOhio:1\nIowa:2\n"),
    ],
    ids=lambda value: str(value)[:30],
)
def test_lines_are_counted_as_pandas_counts_them(options: dict[str, object], rows: str) -> None:
    assert means(read(rows, **BARE, read=options)) == {"Ohio": 1.0, "Iowa": 2.0}
    engine = {"engine": "python"} if "skipfooter" in options else {}
    frame = pd.read_csv(io.StringIO(rows), **options, **engine)  # type: ignore[call-overload] # of the case
    assert frame[["State", "V"]].to_numpy().tolist() == [["Ohio", 1], ["Iowa", 2]]


def test_comment_is_a_line_that_begins_with_it() -> None:
    assert means(read("State,V\nWard #3,1\n#Ward,2\n", **BARE, read={"comment": "#"})) == {"Ward #3": 1.0}


def test_missing_marks_touch_measures_only() -> None:
    data = read("State,V\nNA,1\nOhio,NA\n", **BARE, read={"na_values": ["NA"]})
    assert data.states == {"NA", "Ohio"}
    assert data.cube.overall() == CellStats(1, 1, 1)


def test_melt_by_names_makes_their_text_the_label() -> None:
    facts = {
        "columns": {"location": "State"},
        "melt": {"value_vars": ["Obesity", "Smoking"], "var_name": "question"},
    }
    data = read("State,Obesity,Smoking\nOhio,30,20\n", **facts)
    assert data.cube.cells == {
        "Obesity": {("Ohio", "", ""): CellStats(30, 1)},
        "Smoking": {("Ohio", "", ""): CellStats(20, 1)},
    }
    with pytest.raises(MissingColumns, match='lacks the columns "Smoking"'):
        read("State,Obesity\nOhio,30\n", **facts)
    with pytest.raises(MissingColumns, match='"melt" matches no column; it has "State", "V"'):
        read(
            "State,V\nOhio,30\n",
            columns={"location": "State"},
            constants={"question": "Q"},
            melt={"match": "^2", "var_name": "year"},
        )


def test_frame_is_shaped_like_its_file() -> None:
    facts = {"title": "t"} | shapes.WHO_FACTS
    frame = pd.read_csv(io.StringIO(shapes.WHO))
    description = Description.from_dict(facts)
    packed = io.BytesIO(gzip.compress(shapes.WHO.encode()))
    assert cube_of_frame(frame, description) == cube_of_csv(packed, description)


def test_numbers_of_a_frame_need_no_marks() -> None:
    description = Description.from_dict({"title": "t", **BARE, "read": {"decimal": ",", "thousands": "."}})
    frame = pd.DataFrame({"State": ["Ohio", "Iowa"], "V": [1234.5, "1.234,5"]})
    assert cube_of_frame(frame, description).overall() == CellStats(24690, 2)


ROWS = st.lists(
    st.tuples(
        st.sampled_from(["OH", "PA"]),
        st.sampled_from(["a", "b", ""]),
        st.sampled_from(["x", "y"]),
        st.integers(-99, 99),
    ),
    min_size=1,
    max_size=12,
)


@given(ROWS)
def test_kept_rows_have_the_mean_that_a_loop_finds(rows: list[tuple[str, str, str, int]]) -> None:
    text = "State,T,U,V\n" + "".join(f"{state},{t},{u},{value}\n" for state, t, u, value in rows)
    kept: dict[str, list[int]] = {}
    for state, t, u, value in rows:
        if t in ("a", "") and u != "y":
            kept.setdefault(state, []).append(value)
    if not kept:
        with pytest.raises(EmptyDataset):
            read(text, **BARE, keep={"T": ["a", ""]}, drop={"U": ["y"]})
        return
    expected = {state: float(Fraction(sum(values), len(values))) for state, values in kept.items()}
    assert means(read(text, **BARE, keep={"T": ["a", ""]}, drop={"U": ["y"]})) == expected
