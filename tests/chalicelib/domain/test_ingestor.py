"""Names of questions and states: lookup, and suggestions for unknown names."""

import io
from pathlib import Path

import pandas as pd
import pytest

from chalicelib.domain.catalogue import validate_inputs
from chalicelib.domain.dataset_description import Description
from chalicelib.domain.ingestor import DataIngestor
from chalicelib.domain.measures import CellKey, Measure
from chalicelib.errors import (
    AmbiguousQuestion,
    AmbiguousStratum,
    BestEndUnknown,
    MissingRole,
    UnknownCategory,
    UnknownQuestion,
    UnknownState,
    UnknownStratum,
)
from tests.support.measured import MEASURED, measured
from tests.support.samples import DESCRIPTION, soil

WITH_SHORT_NAMES = DESCRIPTION | {"columns": DESCRIPTION["columns"] | {"location_id": "Kurz"}}
ROWS = b"""Frage,Nr,Land,Kurz,Wert,Art,Klasse
Humus,S1,Bayern,BY,1,a,b
Humus (neu),S1,Hessen,HE,1,a,b
Sand,S2,Hessen,HE,1,a,b
"""


@pytest.fixture
def data(tmp_path: Path) -> DataIngestor:
    return soil(tmp_path)


@pytest.fixture
def named() -> DataIngestor:
    return DataIngestor.from_csv(io.BytesIO(ROWS), Description.from_dict(WITH_SHORT_NAMES))


class Download(io.RawIOBase):
    """A stream that is gone once read, as those of S3 and sockets are."""

    def __init__(self, content: bytes) -> None:
        self._content = io.BytesIO(content)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: bytearray) -> int:  # type: ignore[override]
        return self._content.readinto(buffer)


def test_a_path_as_text_and_a_download_give_the_same_cube(named: DataIngestor, tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    path.write_bytes(ROWS)
    for source in (str(path), Download(ROWS)):
        assert DataIngestor.from_csv(source, named.description).cube == named.cube  # type: ignore[arg-type]


def test_a_frame_gives_the_data_set_of_its_file(named: DataIngestor) -> None:
    frame = pd.read_csv(io.BytesIO(ROWS))
    data = DataIngestor.from_frame(frame, named.description)
    assert data.snapshot() == named.snapshot()


def test_a_question_is_found_by_text_or_id(data: DataIngestor) -> None:
    assert data.question("Humus") == data.question("S1") == "Humus"


@pytest.mark.parametrize("asked", ["humus", "S9", "x", "", "Q" * 60_000])
def test_an_unknown_question_is_refused_with_short_suggestions(data: DataIngestor, asked: str) -> None:
    with pytest.raises(UnknownQuestion) as caught:
        data.question(asked)
    assert "Humus" in str(caught.value) or "S1" in str(caught.value)
    assert len(str(caught.value)) < 2000


def test_long_question_is_suggested_in_full() -> None:
    long = "Percent of adults who " + "walk and " * 27 + "run"
    data = DataIngestor.from_csv(
        io.BytesIO(ROWS.replace(b"Sand", long.encode())), Description.from_dict(WITH_SHORT_NAMES)
    )
    with pytest.raises(UnknownQuestion) as caught:
        data.question(long[:-1])
    assert f'"{long}"' in str(caught.value)


def test_an_id_of_two_questions_is_refused_with_both_texts(named: DataIngestor) -> None:
    with pytest.raises(AmbiguousQuestion) as caught:
        named.question("S1")
    assert str(caught.value) == '"S1" is the id of 2 questions; name one by its text: "Humus", "Humus (neu)"'


def test_an_id_of_many_questions_is_refused_with_a_few_texts() -> None:
    rows = "Frage,Nr,Land,Wert,Art,Klasse\n" + "".join(f"Frage {n},S1,Hessen,1,a,b\n" for n in range(1000))
    data = DataIngestor.from_csv(io.BytesIO(rows.encode()), Description.from_dict(DESCRIPTION))
    with pytest.raises(AmbiguousQuestion) as caught:
        data.question("S1")
    with pytest.raises(AmbiguousQuestion) as validated:
        validate_inputs({"question": "S1"}, data.catalogue())

    assert str(caught.value) == str(validated.value)
    assert str(caught.value).startswith('"S1" is the id of 1000 questions')
    assert str(caught.value).count("Frage") == 3


@pytest.mark.parametrize(("asked", "first"), [("BY", "Bayern"), ("he", "Hessen"), ("bayern", "Bayern")])
def test_an_unknown_state_is_refused_with_the_closest(named: DataIngestor, asked: str, first: str) -> None:
    with pytest.raises(UnknownState, match=f'closest: "{first}"'):
        named.state(asked)


def test_an_abbreviation_suggests_its_state_before_closer_letters() -> None:
    rows = b"Frage,Nr,Land,Kurz,Wert,Art,Klasse\nQ,S1,Xyz,TH,1,a,b\nQ,S1,Th,QQ,1,a,b\n"
    data = DataIngestor.from_csv(io.BytesIO(rows), Description.from_dict(WITH_SHORT_NAMES))
    with pytest.raises(UnknownState, match=r'closest: "Xyz"$'):
        data.state("th")


def test_best_end_comes_from_the_description_or_is_unknown(data: DataIngestor, named: DataIngestor) -> None:
    assert (data.best("Humus"), data.best("Sand")) == ("highest", "lowest")
    bare = DataIngestor(named.cube, Description.from_dict(WITH_SHORT_NAMES | {"best": {}}))
    with pytest.raises(BestEndUnknown, match="Sand"):
        bare.best("Sand")
    assert bare.catalogue()["questions"][0]["best"] is None


def test_the_catalogue_lists_questions_and_states(data: DataIngestor) -> None:
    catalogue = data.catalogue()
    assert (catalogue["title"], catalogue["rows"], catalogue["suppressed"]) == ("Soil survey", 6, 2)
    assert catalogue["questions"][1] == {"id": "S2", "question": "Sand", "best": "lowest"}
    assert catalogue["states"][0] == {"name": "Bayern", "abbreviation": None}


@pytest.fixture(scope="module")
def survey() -> DataIngestor:
    return measured()


def test_years_of_a_question_are_in_order(survey: DataIngestor) -> None:
    assert survey.years("Humus") == (2020, 2021, 2022)
    assert survey.years("Sand") == (2019,)


def test_strata_are_listed_by_category_without_rows_that_have_none(survey: DataIngestor) -> None:
    assert survey.strata == {"Nutzung": ("Acker", "Wald"), "Total": ("Total",)}


def test_category_and_stratum_are_found_by_name_or_alias(survey: DataIngestor) -> None:
    assert survey.category("Nutzung") == survey.category("Nutzungsart") == "Nutzung"
    assert survey.stratum("Nutzungsart", "Forst") == survey.stratum(None, "Wald") == ("Nutzung", "Wald")


def test_unknown_category_and_stratum_are_refused_with_the_closest(survey: DataIngestor) -> None:
    with pytest.raises(
        UnknownCategory, match='no category "nutzung" in this data set; the closest: "Nutzung"'
    ):
        survey.category("nutzung")
    with pytest.raises(UnknownStratum, match='no stratum "Akker" in this data set; the closest: "Acker"'):
        survey.stratum(None, "Akker")
    with pytest.raises(UnknownStratum, match=r'no stratum "Total" in the category "Nutzung"; .*: "Wald"'):
        survey.stratum("Nutzung", "Total")


def test_stratum_of_several_categories_needs_the_category() -> None:
    twice = measured(MEASURED + "Sand,S2,Hessen,HE,2019,2019,4,,,,Brache,Wald\n")
    with pytest.raises(
        AmbiguousStratum, match='"Wald": name one as "category"; there are "Brache", "Nutzung"'
    ):
        twice.stratum(None, "Wald")
    assert twice.stratum("Brache", "Wald") == ("Brache", "Wald")


@pytest.mark.parametrize(
    ("role", "without"),
    [
        ("year", {"year", "year_end"}),
        ("sample_size", {"sample_size"}),
        ("low", {"low", "high"}),
        ("high", {"low", "high"}),
        ("category", {"category", "segment"}),
    ],
)
def test_missing_column_is_named_by_its_role(survey: DataIngestor, role: str, without: set[str]) -> None:
    columns = {name: column for name, column in survey.description.columns.items() if name not in without}
    with pytest.raises(MissingRole, match=f'names no column as "{role}", or its file lacks that column'):
        measured(columns=columns).require(role)


@pytest.mark.parametrize("key", ["age", "population", "no_group", "notes"])
def test_missing_fact_of_the_description_is_named(survey: DataIngestor, key: str) -> None:
    with pytest.raises(MissingRole, match=f'its description lacks "{key}"'):
        survey.require(key)


def test_roles_that_are_there_are_not_missing(survey: DataIngestor) -> None:
    survey.require(
        "year", "low", "high", "sample_size", "category", "segment", "interval", "unit", "national"
    )


def test_data_set_without_years_has_its_sums_as_measures(data: DataIngestor) -> None:
    assert data.measures("Humus")[CellKey("Bayern", 0, "Nutzung", "Acker")] == Measure(
        150, None, None, None, 1, 1
    )
    with pytest.raises(MissingRole, match='"year"'):
        data.years("Humus")


def test_territories_are_known_by_name_or_location_id(survey: DataIngestor) -> None:
    assert survey.territories == {"Hessen"}
    assert measured(territories=["Hessen", "Elsass"]).territories == {"Hessen"}


def test_catalogue_lists_categories_with_aliases_and_the_years_of_questions(survey: DataIngestor) -> None:
    catalogue = survey.catalogue()
    assert catalogue["categories"] == [
        {
            "name": "Nutzung",
            "aliases": ["Nutzungsart"],
            "strata": [{"name": "Acker", "aliases": []}, {"name": "Wald", "aliases": ["Forst"]}],
        },
        {"name": "Total", "aliases": [], "strata": [{"name": "Total", "aliases": []}]},
    ]
    assert [entry["years"] for entry in catalogue["questions"]] == [[2020, 2021, 2022], [2019]]
