"""Files as people have them, of the shared collection: served right, or refused with a remedy."""

from pathlib import Path

import pytest

from chalicelib.domain.dataset_description import Description
from chalicelib.domain.ingestor import DataIngestor
from chalicelib.errors import DatasetError
from tests.support.shared import SHARED

FILES = SHARED / "hunt" / "files"

pytestmark = pytest.mark.skipif(not FILES.is_dir(), reason="../shared/hunt (STATLINE_SHARED) is not here")


def read(name: str) -> DataIngestor:
    folder = FILES / name
    data = next(path for path in sorted(folder.iterdir()) if path.suffix != ".json")
    return DataIngestor.from_file(data, Description.load(folder / "data.json"))


@pytest.mark.parametrize(
    ("name", "states"),
    [
        ("description_bom", {"Ohio"}),
        ("header_padded", {"Ohio", "Iowa"}),
        ("nfd_location", {"Québec"}),
        ("rows_trailing_comma", {"Ohio", "Iowa"}),
        ("short_rows", {"Ohio", "Iowa", "Utah"}),
        ("upper_suffix", {"Hessen"}),
    ],
)
def test_certain_file_is_served(name: str, states: set[str]) -> None:
    data = read(name)
    assert data.states == states
    assert data.warnings == ()


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("decimal_comma_quoted", '"read": {"decimal": ","}'),
        ("dimensions_as_columns", '"dimensions": {'),
        ("eurostat_flag_in_value", '"extract": {"Value":'),
        ("eurostat_sdmx_colon", '"read": {"na_values": [":"]}'),
        ("eurostat_tsv_wide", 'it looks separated by tabs: "read": {"sep": "\\t"}'),
        ("excel_de_utf8", '"read": {"decimal": ","}'),
        ("marker_dots", '"read": {"na_values": [".."]}'),
        ("marker_less_than", '"read": {"na_values": ["<5"]}'),
        ("marker_na", '"read": {"na_values": ["NA"]}'),
        ("no_question_column", '"constants": {"question":'),
        ("one_bad_byte", "a bad byte in line 3002"),
        ("thousands", '"read": {"thousands": ","}'),
        ("very_wide", "5,001"),
        ("wdi_preamble", 'the header is in line 5: "read": {"skiprows": 4}'),
        ("xlsx_named_csv", "an Excel workbook"),
    ],
)
def test_uncertain_file_is_refused_with_its_remedy(name: str, sentence: str) -> None:
    with pytest.raises(DatasetError) as caught:
        read(name)
    assert sentence in str(caught.value)


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("best_unknown", '"best" has'),
        ("places_county", "several kinds of values"),
        ("total_row", '"drop": {"State": ["Total"]}'),
        ("total_row_alias", '"drop": {"State": ["Total"]}'),
        ("two_texts_one_id", 'the id "OBESITY" has 2 questions'),
    ],
)
def test_doubtful_file_is_served_with_a_warning(name: str, sentence: str) -> None:
    assert sentence in "\n".join(read(name).warnings)


def test_every_file_of_the_collection_has_its_case() -> None:
    cases = Path(__file__).read_text()
    assert [path.name for path in FILES.iterdir() if f'"{path.name}"' not in cases] == []
