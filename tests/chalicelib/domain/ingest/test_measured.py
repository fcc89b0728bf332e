"""Years, limits and sample sizes of a file: what is read, and what is refused with which sentence."""

import io

import numpy as np
import pandas as pd
import pytest

from chalicelib.domain.dataset_description import Description
from chalicelib.domain.ingest.reading import cube_of_csv, cube_of_frame
from chalicelib.domain.ingestor import DataIngestor
from chalicelib.domain.measures import CellKey, CellStats, Measure
from chalicelib.errors import DatasetError, DifferentYears, InvalidValue
from tests.support.measured import DESCRIPTION, HEADER, MEASURED, measured

DESCRIBED = Description.from_dict(DESCRIPTION)


@pytest.fixture(scope="module")
def data() -> DataIngestor:
    return measured()


def test_each_cell_has_value_limits_and_sample_size_as_published(data: DataIngestor) -> None:
    assert data.scale == 2
    assert data.measures("Humus") == {
        CellKey("Bayern", 2020, "Total", "Total"): Measure(2050, 1825, 2300, 900, 1, 1),
        CellKey("Bayern", 2021, "Total", "Total"): Measure(2200, 2000, 2410, 950, 1, 1),
        CellKey("Bayern", 2021, "Nutzung", "Acker"): Measure(1800, 1550, 2080, 480, 1, 1),
        CellKey("Bayern", 2021, "Nutzung", "Wald"): Measure(None, None, None, None, 1, 0),
        CellKey("Hessen", 2021, "Total", "Total"): Measure(4400, None, None, None, 2, 2),
        CellKey("Hessen", 2022, "Total", "Total"): Measure(None, None, None, None, 1, 0),
        CellKey("Deutschland", 2021, "Total", "Total"): Measure(2150, 2100, 2200, 9000, 1, 1),
    }
    assert data.measures("Sand")[CellKey("Hessen", 2019, "", "")] == Measure(400, None, None, None, 1, 1)


def test_the_sums_of_the_nine_are_those_of_a_file_without_years(data: DataIngestor) -> None:
    columns = {
        role: name
        for role, name in DESCRIBED.columns.items()
        if role not in ("year", "year_end", "low", "high", "sample_size")
    }
    bare = measured(columns=columns)
    factor = 10 ** (data.scale - bare.scale)
    for question, cells in bare.cube.cells.items():
        scaled = {labels: stats._replace(total=stats.total * factor) for labels, stats in cells.items()}
        assert data.cube.cells[question] == scaled


@pytest.mark.parametrize("spelled", ["Bayern ,BY,2021.0,2021, 22.0 ,20.,24.10,950.0,Total ,Total"])
def test_other_spellings_of_a_row_are_the_same_cell(spelled: str) -> None:
    """Two spellings of one cell make it ambiguous, in whichever part of the file they are."""
    data = measured(f"{MEASURED}Humus,S1,{spelled}\n")
    measure = data.measures("Humus")[CellKey("Bayern", 2021, "Total", "Total")]
    assert measure == Measure(4400, None, None, None, 2, 2)


@pytest.mark.parametrize(
    ("role", "text", "sentence"),
    [
        ("Jahr", "2022-23", 'column "Jahr": "2022-23" is not a year of four digits'),
        ("Jahr", "202401", 'column "Jahr": "202401" is not a year of four digits'),
        ("Jahr", "22", 'column "Jahr": "22" is not a year of four digits'),
        ("Jahr", "2022.5", 'column "Jahr": "2022.5" is not a year of four digits'),
        ("Jahr", "", 'column "Jahr": "" is not a year of four digits'),
        ("Bis", "-2021", 'column "Bis": "-2021" is not a year of four digits'),
        ("Von", "< 1", 'column "Von": "< 1" is not a number'),
        ("Hoch", "n/a", 'column "Hoch": "n/a" is not a number'),
        ("Anzahl", "12.5", 'column "Anzahl": "12.5" is not a whole number'),
        ("Anzahl", "-3", 'column "Anzahl": "-3" is not a whole number'),
        ("Anzahl", "many", 'column "Anzahl": "many" is not a whole number'),
    ],
)
def test_text_that_is_not_what_its_column_holds_is_refused_with_line_and_column(
    role: str, text: str, sentence: str
) -> None:
    names = HEADER.split(",")
    lines = MEASURED.splitlines()
    fields = lines[2].split(",")
    fields[names.index(role)] = text
    with pytest.raises(InvalidValue) as caught:
        measured("\n".join([*lines[:2], ",".join(fields), *lines[3:]]))
    assert str(caught.value).startswith(f"the stream, line 3, {sentence}")

    frame = pd.read_csv(io.StringIO(MEASURED), dtype=str, keep_default_na=False)
    frame.loc[1, role] = text
    with pytest.raises(InvalidValue) as caught:
        cube_of_frame(frame, DESCRIBED)
    assert str(caught.value).startswith(f"the frame, row 1, {sentence}")


def test_two_years_of_a_row_that_differ_are_refused_with_both() -> None:
    rows = MEASURED + "Humus,S1,Bayern,BY,2011,2015,1,,,,Total,Total\n"
    with pytest.raises(DifferentYears, match='line 12: the columns "Jahr", "Bis" differ: "2011", "2015"'):
        measured(rows)
    frame = pd.read_csv(io.StringIO(rows))
    with pytest.raises(DifferentYears, match='the frame, row 10: the columns "Jahr", "Bis" differ'):
        cube_of_frame(frame, DESCRIBED)


def test_row_without_a_question_may_have_any_year_and_limits() -> None:
    rows = MEASURED + ",S1,Bayern,BY,soon,never,x,y,z,w,Total,Total\n"
    assert measured(rows).cube == measured().cube


def test_frame_of_numbers_gives_the_cube_of_its_file() -> None:
    """Pandas reads sample sizes with gaps as floats."""
    frame = pd.read_csv(io.StringIO(MEASURED))
    assert frame["Anzahl"].dtype == np.float64
    for same in (frame, frame.astype("category"), frame.astype(object)):
        assert cube_of_frame(same, DESCRIBED) == cube_of_csv(io.BytesIO(MEASURED.encode()), DESCRIBED)


@pytest.mark.parametrize(
    ("dropped", "measured_roles"),
    [
        (["Jahr"], {"low", "high", "sample_size"}),
        (["Bis"], {"year", "low", "high", "sample_size"}),
        (["Von"], {"year", "sample_size"}),
        (["Anzahl"], {"year", "low", "high"}),
        (["Jahr", "Bis", "Von", "Hoch", "Anzahl"], set()),
    ],
)
def test_file_may_lack_the_columns_of_years_and_measures(
    dropped: list[str], measured_roles: set[str]
) -> None:
    frame = pd.read_csv(io.StringIO(MEASURED)).drop(columns=dropped)
    cube = cube_of_frame(frame, DESCRIBED)
    assert cube.measured == measured_roles
    assert cube.overall() == CellStats(cube.overall().total, 8, 2)


def test_column_is_found_whatever_the_blanks_around_its_name() -> None:
    padded = MEASURED.replace("Hoch,", "Hoch ,", 1)
    assert measured(padded).cube == measured().cube


def test_sample_sizes_and_limits_beyond_64_bits_stay_exact() -> None:
    large = 10**25 + 1
    rows = f"{HEADER}\nHumus,S1,Bayern,BY,2020,2020,1,-{large},{large}.5,{large},Total,Total\n"
    (measure,) = measured(rows).measures("Humus").values()
    assert measure == Measure(10, -10 * large, 10 * large + 5, large, 1, 1)


def test_missing_column_of_a_required_role_is_still_refused() -> None:
    with pytest.raises(DatasetError, match='lacks the columns "Wert"'):
        measured(MEASURED.replace("Wert", "Zahl"))
