"""A first description of a file, written by looking at it."""

import json
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chalicelib.domain.dataset_description import Description
from chalicelib.domain.ingestor import DataIngestor
from chalicelib.errors import DatasetError
from local.describing.draft import Guess
from local.describing.guess import describe_file
from tests.support import shapes


def described(folder: Path, content: str, name: str = "x.csv") -> tuple[Guess, DataIngestor]:
    path = folder / name
    path.write_text(content, encoding="utf-8")
    guess = describe_file(path, path.name.split(".")[0])
    return guess, DataIngestor.from_file(path, Description.from_dict(json.loads(guess.text)))


@pytest.mark.parametrize(
    ("content", "facts"),
    [
        (shapes.PLACES, shapes.PLACES_FACTS),
        (shapes.WHO, shapes.WHO_FACTS),
        (shapes.EUROSTAT_CSV, shapes.EUROSTAT_CSV_FACTS),
        (shapes.EUROSTAT_TSV, shapes.EUROSTAT_TSV_FACTS),
        (shapes.WORLD_BANK, shapes.WORLD_BANK_FACTS),
        (shapes.ONS, shapes.ONS_FACTS),
        (shapes.STATCAN, shapes.STATCAN_FACTS),
    ],
    ids=["PLACES", "WHO", "Eurostat CSV", "Eurostat TSV", "World Bank", "ONS", "StatCan"],
)
def test_description_gives_the_cells_of_one_written_by_hand(
    tmp_path: Path, content: str, facts: dict[str, object]
) -> None:
    _, data = described(tmp_path, content)
    by_hand = shapes.read(content, **facts)
    assert data.cube.cells == by_hand.cube.cells
    assert data.cube.years == by_hand.cube.years
    for question in by_hand.questions:
        assert data.measures(question) == by_hand.measures(question)


def test_question_that_no_column_has_is_named_after_the_file(tmp_path: Path) -> None:
    guess, data = described(tmp_path, shapes.CITIES, "obesity.csv")
    by_hand = shapes.read(shapes.CITIES, **shapes.CITIES_FACTS)
    assert data.measures("obesity") == by_hand.measures("Obesity")
    assert 'question: none found, so all rows are of "obesity"' in guess.notes


def test_what_was_kept_and_dropped_and_cannot_be_known_is_said(tmp_path: Path) -> None:
    guess, _ = described(tmp_path, shapes.PLACES)
    told = "\n".join(guess.notes)
    assert '"Data_Value_Type": kept "Crude prevalence", dropped "Age-adjusted prevalence"' in told
    assert 'dropped 2 rows without "LocationName"' in told
    assert "best: I cannot know which end is best" in told
    assert "interval: taken to be of 95 %" in told


def test_groups_without_a_whole_are_asked_for(tmp_path: Path) -> None:
    guess, _ = described(tmp_path, "Indicator,State,Sex,Value\nq,Ohio,Male,1\nq,Ohio,Female,2\n")
    assert any("I cannot know which of" in note for note in guess.notes)


def test_encoding_and_decimal_comma_are_seen(tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    path.write_bytes("Frage;Land;Wert\nGröße;Thüringen;12,5\nGröße;Hessen;-\n".encode("cp1252"))
    facts = json.loads(describe_file(path, path.name.split(".")[0]).text)
    assert facts["read"] == {"encoding": "cp1252", "decimal": ",", "na_values": ["-"]}
    data = DataIngestor.from_file(path, Description.from_dict(facts))
    assert data.cube.mean(data.cube.overall()) == 12.5


NAMES = [
    *("LocationDesc", "State", "StateAbbr", "Value", "Year", "YearEnd", "Sex", "Data_Value_Type", "Low CI"),
    *(
        "High CI",
        "Indicator",
        "2019",
        "2020",
        "Characteristics",
        "Stratification1",
        "a,geo\\T",
        "",
        "PlaceName",
    ),
]
TEXTS = [
    *("", "Ohio", "Total", "1", "12,5", "12.5%", "2020", "2022-23", "NA", ":", "(1, 2)", "18.2 [15.0-21.9]"),
    *("Both sexes", "Male", "Percent", "Low 95%", "High 95%", "Crude", "x y"),
]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.sampled_from(NAMES), min_size=1, max_size=9), st.data())
def test_any_file_is_described_or_refused_with_a_sentence(
    tmp_path: Path, header: list[str], data: st.DataObject
) -> None:
    rows = data.draw(st.lists(st.lists(st.sampled_from(TEXTS), min_size=1, max_size=10), max_size=6))
    path = tmp_path / "x.csv"
    path.write_text("\n".join(";".join(row) for row in [header, *rows]))
    with suppress(DatasetError):
        facts = json.loads(describe_file(path, path.name.split(".")[0]).text)
        assert facts["title"] == "x"
        DataIngestor.from_file(path, Description.from_dict(facts))
