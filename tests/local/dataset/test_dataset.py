"""Data sets of many files: on this machine and in a bucket."""

import gzip
import io
import json
from pathlib import Path

import pytest

from chalicelib.domain.dataset_description import Description
from chalicelib.domain.ingestor import DataIngestor
from chalicelib.errors import DatasetError, InvalidDescription, MissingColumns
from local.dataset.dataset import Dataset
from local.dataset.progress import Progress
from local.dataset.workers import Workers
from local.settings import DEFAULT_DESCRIPTION
from tests.local.dataset.conftest import Place
from tests.support.samples import DESCRIPTION, SOIL

HEADER, *ROWS = SOIL.splitlines(keepends=True)
WHOLE = DataIngestor.from_csv(io.BytesIO(SOIL.encode()), Description.from_dict(DESCRIPTION))


def put_parts(place: Place) -> None:
    place.put("year=1/a.csv", HEADER + ROWS[0] + ROWS[1])
    place.put("b.csv.gz", gzip.compress((HEADER + "".join(ROWS[2:5])).encode()))
    columns = HEADER.strip().split(",")
    turned = [*reversed(columns), "more"]
    fields = [*reversed(ROWS[5].strip().split(",")), "x"]
    place.put("c.TSV", "\t".join(turned) + "\n" + "\t".join(fields) + "\n")


def test_parts_are_one_data_set_whatever_their_widths_and_packing(
    place: Place, threads: Workers, progress: Progress
) -> None:
    put_parts(place)
    read = Dataset.find(place.source()).read(threads, progress)
    assert read.data.snapshot() == WHOLE.snapshot()
    assert (read.files, read.rows) == (3, 6)
    assert (progress.files, progress.rows, progress.bytes) == (3, 6, read.size)


def test_fingerprint_is_of_the_contents_not_of_names_order_or_packing(
    place: Place, threads: Workers, progress: Progress
) -> None:
    put_parts(place)
    dataset = Dataset.find(place.source())
    first = dataset.fingerprint(threads, progress)
    assert first == dataset.read(threads, progress).fingerprint
    place.put("z.csv", HEADER + ROWS[0] + ROWS[1])
    place.remove("year=1/a.csv")
    place.put("a.csv", HEADER + "".join(ROWS[2:5]))
    place.remove("b.csv.gz")
    assert Dataset.find(place.source()).fingerprint(threads, progress) == first
    place.put("z.csv", HEADER + ROWS[0])
    assert Dataset.find(place.source()).fingerprint(threads, progress) != first


def test_description_is_found_in_the_folder_beside_a_file_and_where_it_is_named(
    place: Place, tmp_path: Path
) -> None:
    place.put("x.csv", SOIL)
    for source in ("", "*.csv", "x.csv"):
        dataset = Dataset.find(place.source(source))
        if source == "x.csv":
            assert dataset.described_by == str(DEFAULT_DESCRIPTION)
        else:
            assert dataset.described_by == place.source("description.json")
            assert dataset.description.title == "Soil survey"
    place.put("x.json", json.dumps(DESCRIPTION | {"title": "beside"}))
    assert Dataset.find(place.source("x.csv")).description.title == "beside"
    mine = tmp_path / "mine.json"
    mine.write_text(json.dumps(DESCRIPTION | {"title": "mine"}))
    for source in ("", "x.csv"):
        dataset = Dataset.find(place.source(source), mine)
        assert (dataset.description.title, dataset.described_by) == ("mine", str(mine))


def test_description_names_others_beside_it(place: Place) -> None:
    place.put("x.csv", SOIL)
    place.put("base/soil.json", json.dumps(DESCRIPTION | {"geometry": "areas.geojson", "licence": "CC"}))
    place.put("base/areas.geojson", json.dumps({"type": "FeatureCollection", "features": []}))
    place.put("description.json", json.dumps({"like": "base/soil.json", "title": "mine"}))
    with pytest.raises(InvalidDescription, match="geometry") as caught:
        Dataset.find(place.source())
    assert str(caught.value).startswith(place.source("description.json"))
    place.put("base/soil.json", json.dumps(DESCRIPTION | {"licence": "CC"}))
    description = Dataset.find(place.source()).description
    assert (description.title, description.licence) == ("mine", "CC")


def test_invalid_description_is_named_where_it_is(place: Place) -> None:
    place.put("x.csv", SOIL)
    place.put("description.json", "{")
    with pytest.raises(InvalidDescription) as caught:
        Dataset.find(place.source())
    assert str(caught.value).startswith(f"{place.source('description.json')} does not describe a data set")


BAD = HEADER + ROWS[0].replace("1.5", "many")


@pytest.mark.parametrize(
    ("name", "content", "told"),
    [
        ("a.csv", BAD, '{}, line 2, column "Wert": "many" is not a number'),
        ("a.csv", BAD.replace("many", "inf"), '{}, line 2, column "Wert": "inf" is not a number'),
        ("a.csv", "Frage,Land\nx,y\n", '{} lacks the columns "Nr", "Wert", "Art", "Klasse"'),
        ("a.csv", "", "{} is empty"),
        ("a.csv", HEADER + '"never closed', "{} is not a CSV file: the quote that opens in line 2"),
        ("a.csv.gz", gzip.compress(SOIL.encode())[:-20], "{} is not a CSV file: its compression is damaged"),
    ],
)
def test_first_bad_part_by_name_is_told_whatever_else_is_wrong(
    place: Place, threads: Workers, progress: Progress, name: str, content: str | bytes, told: str
) -> None:
    for number in range(6):
        place.put(f"b{number:02}.csv", SOIL)
        place.put(f"c{number:02}.csv", BAD)
    place.put(name, content)
    with pytest.raises(DatasetError) as caught:
        Dataset.find(place.source()).read(threads, progress)
    assert str(caught.value).startswith(told.format(place.source(name)))


def test_part_that_changes_or_goes_away_is_told_by_its_name(
    place: Place, threads: Workers, progress: Progress
) -> None:
    for name in ("a.csv", "b.csv", "c.csv"):
        place.put(name, SOIL)
    dataset = Dataset.find(place.source())
    place.put("c.csv", "shorter")
    for read in (dataset.read, dataset.fingerprint):
        with pytest.raises(DatasetError, match=r"c\.csv changed while the data set was read"):
            read(threads, progress)
    place.remove("b.csv")
    for read in (dataset.read, dataset.fingerprint):
        with pytest.raises(DatasetError, match=r"b\.csv went away while the data set was read"):
            read(threads, progress)


def test_missing_columns_name_the_description_that_was_used(
    tmp_path: Path, threads: Workers, progress: Progress
) -> None:
    (tmp_path / "a.csv").write_text("Land,Wert\nHessen,1\n")
    with pytest.raises(MissingColumns, match=r"There is no description description\.json in it, so .*brfss"):
        Dataset.find(str(tmp_path)).read(threads, progress)


@pytest.mark.parametrize("role", ["year", "category"])
def test_column_that_only_folders_have_is_refused_and_not_left_out(
    place: Place, threads: Workers, progress: Progress, role: str
) -> None:
    """It would be wrong without a word: all years would be one."""
    columns = DESCRIPTION["columns"] | {role: "Jahr"}  # type: ignore[operator]
    place.put("description.json", json.dumps(DESCRIPTION | {"columns": columns}))
    place.put("Jahr=2019/a.csv", SOIL)
    place.put("Jahr=2020/a.csv", SOIL)
    with pytest.raises(MissingColumns, match='"Jahr" is in the names of folders alone, which are not read'):
        Dataset.find(place.source()).read(threads, progress)


def test_unreadable_file_is_named(tmp_path: Path, threads: Workers, progress: Progress) -> None:
    path = tmp_path / "a.csv"
    path.write_text(SOIL)
    dataset = Dataset.find(str(path))
    path.unlink()
    path.mkdir()
    with pytest.raises(DatasetError, match=r"a\.csv changed"):
        dataset.read(threads, progress)
