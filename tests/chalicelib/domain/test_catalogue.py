"""The catalogue of a large data set: made once, and looked up without going through it."""

from collections.abc import Iterator

import pytest

from chalicelib.domain.catalogue import Catalogue, validate_inputs
from chalicelib.domain.cube import Cube
from chalicelib.domain.dataset_description import Description
from chalicelib.domain.ingestor import DataIngestor
from chalicelib.domain.measures import CellStats
from chalicelib.errors import UnknownCategory, UnknownName, UnknownState, UnknownStratum
from tests.support.measured import measured
from tests.support.samples import DESCRIPTION

QUESTIONS = 8_000


class CountedNames(dict[str, frozenset[str]]):
    """Names that count how often they are gone through or looked at."""

    def __init__(self, names: dict[str, frozenset[str]]) -> None:
        super().__init__(names)
        self.reads = 0

    def __iter__(self) -> Iterator[str]:
        for name in super().__iter__():
            self.reads += 1
            yield name

    def items(self) -> Iterator[tuple[str, frozenset[str]]]:  # type: ignore[override]
        for item in super().items():
            self.reads += 1
            yield item

    def __getitem__(self, name: str) -> frozenset[str]:
        self.reads += 1
        return super().__getitem__(name)


@pytest.fixture(scope="module")
def ids() -> CountedNames:
    return CountedNames({f"S{n:05}": frozenset([f"Question {n:05}"]) for n in range(QUESTIONS)})


@pytest.fixture(scope="module")
def data(ids: CountedNames) -> DataIngestor:
    cells = {f"Question {n:05}": {("Bayern", "", ""): CellStats(1, 1, 0)} for n in range(QUESTIONS)}
    return DataIngestor(Cube(0, cells, ids, {}), Description.from_dict(DESCRIPTION))


def test_catalogue_of_8000_questions_reads_each_id_a_few_times(data: DataIngestor, ids: CountedNames) -> None:
    catalogue = data.catalogue()

    assert catalogue["questions"][-1] == {"id": "S07999", "question": "Question 07999", "best": None}
    assert ids.reads <= 3 * QUESTIONS


def test_catalogue_is_made_once_for_a_data_set(data: DataIngestor, ids: CountedNames) -> None:
    first = data.catalogue()
    before = ids.reads
    for _ in range(10):
        assert data.catalogue() is first
    assert ids.reads == before


class CountedText(str):
    """A text that counts the comparisons with it."""

    compared = 0

    def __eq__(self, other: object) -> bool:
        CountedText.compared += 1
        return str.__eq__(self, other)

    __hash__ = str.__hash__


def test_batch_of_100_against_100_000_states_compares_each_with_few() -> None:
    states = [{"name": f"Place {number:06}"} for number in range(100_000)]
    catalogue = Catalogue({"questions": [], "states": states})
    CountedText.compared = 0

    for number in range(99_900, 100_000):
        validate_inputs({"state": CountedText(f"Place {number:06}")}, catalogue)

    assert CountedText.compared <= 200
    with pytest.raises(UnknownState, match="Place 099999"):
        validate_inputs({"state": "Place 99999"}, catalogue)


@pytest.mark.parametrize(
    ("name", "value", "error"),
    [
        ("category", "Nutzungsort", UnknownCategory),
        ("stratum", "Walt", UnknownStratum),
        ("versus_stratum", "Walt", UnknownStratum),
        ("versus_state", "Bayer", UnknownState),
    ],
)
def test_unknown_names_of_filters_are_refused(name: str, value: str, error: type[UnknownName]) -> None:
    with pytest.raises(error, match=f'"{value}"'):
        validate_inputs({name: value}, measured().catalogue())


def test_known_names_and_inputs_that_are_no_names_pass() -> None:
    inputs = {"category": "Nutzungsart", "versus_stratum": "Forst", "versus_state": "Bayern", "years": "2020"}
    validate_inputs(inputs, measured().catalogue())


def test_catalogue_of_before_knows_no_categories_and_leaves_them_to_the_job() -> None:
    stored = {key: value for key, value in measured().catalogue().items() if key != "categories"}
    validate_inputs({"category": "Nutzungsort"}, Catalogue(stored))
