"""Descriptions and fingerprints."""

import gzip
import io
import json
from pathlib import Path

import pytest

from chalicelib.domain.dataset_description import Description, find_description, fingerprint, opened
from chalicelib.errors import DatasetNotFound, InvalidDescription, NotCsv
from tests.support.samples import DESCRIPTION, SOIL

SOIL_DESCRIPTION = Description.from_dict(DESCRIPTION)


def saved(folder: Path, name: str, facts: object) -> Path:
    path = folder / name
    path.write_text(json.dumps(facts))
    return path


def test_a_description_is_read(tmp_path: Path) -> None:
    """And written the same."""
    read = Description.load(saved(tmp_path, "x.json", DESCRIPTION))
    assert read.columns["question"] == "Frage"
    assert Description.from_dict(read.to_dict()) == read


def test_like_takes_defaults_from_another_file(tmp_path: Path) -> None:
    """What the file says itself goes first."""
    saved(tmp_path, "base.json", DESCRIPTION)
    read = Description.load(
        saved(tmp_path, "x.json", {"like": "base.json", "title": "Mine", "synthetic": True})
    )
    assert (read.title, read.synthetic, read.columns) == ("Mine", True, DESCRIPTION["columns"])


def test_like_cannot_go_in_circles(tmp_path: Path) -> None:
    """Two files that name each other describe nothing."""
    saved(tmp_path, "a.json", {"like": "b.json"})
    with pytest.raises(InvalidDescription, match="back to itself"):
        Description.load(saved(tmp_path, "b.json", {"like": "a.json"}))


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"colour": 1}, "colour"),
        ({"title": None}, "title"),
        ({"columns": ["Frage"]}, "columns"),
        ({"columns": {"question": "Q", "value": "V"}}, "location"),
        ({"columns": {"question": "Q", "value": "V", "location": "L", "year": "Y"}}, "year"),
        ({"columns": {"question": "Q", "value": "V", "location": "L", "category": "C"}}, "segment"),
        ({"best": {"S1": "middle"}}, "middle"),
        ({"best": ["S1"]}, "best"),
        ({"best": None}, "best"),
        ({"title": " "}, "title"),
        ({"title": "\ud800"}, "half a character"),
        ({"source": 3}, "source"),
        ({"synthetic": "no"}, "synthetic"),
        ({"columns": {"question": "Q", "value": 3, "location": "L"}}, "columns"),
        ({"aliases": {"colour": {"a": "b"}}}, "colour"),
        ({"aliases": {"category": "Sex"}}, "aliases"),
        ({"aliases": {"category": {"Sex": 3}}}, "aliases"),
        ({"aliases": []}, "aliases"),
    ],
)
def test_a_wrong_description_is_explained(tmp_path: Path, change: dict[str, object], named: str) -> None:
    """By what is wrong in it."""
    with pytest.raises(InvalidDescription, match=named):
        Description.load(saved(tmp_path, "x.json", DESCRIPTION | change))


def test_a_circle_is_seen_however_its_paths_are_spelt(tmp_path: Path) -> None:
    """Or the path would grow until the system refuses it."""
    path = saved(tmp_path, "a.json", {"like": f"../{tmp_path.name}/a.json"})
    with pytest.raises(InvalidDescription, match="back to itself"):
        Description.load(path)


@pytest.mark.parametrize("text", ["", "{", "[]", "\x00", "[" * 100_000])
def test_what_is_no_json_object_is_no_description(tmp_path: Path, text: str) -> None:
    """Nor is a missing file."""
    path = tmp_path / "x.json"
    with pytest.raises(InvalidDescription, match="no such file"):
        Description.load(path)
    path.write_text(text)
    with pytest.raises(InvalidDescription, match=r"x\.json"):
        Description.load(path)


@pytest.mark.parametrize("name", ["soil.csv", "soil.csv.gz"])
def test_the_description_beside_the_data_goes_first(tmp_path: Path, name: str) -> None:
    """Then the default."""
    default = tmp_path / "default.json"
    assert find_description(tmp_path / name, default) == default
    beside = saved(tmp_path, "soil.json", {})
    assert find_description(tmp_path / name, default) == beside


def test_a_fingerprint_is_of_the_rows_not_of_their_wrapping(tmp_path: Path) -> None:
    """Gzipped or not, file or stream; but other rows, another description or format are another data set."""
    plain, packed = tmp_path / "a.csv", tmp_path / "b.csv.gz"
    plain.write_text(SOIL)
    packed.write_bytes(gzip.compress(SOIL.encode()))
    name = fingerprint(plain, SOIL_DESCRIPTION, 1)
    assert name == fingerprint(packed, SOIL_DESCRIPTION, 1)
    assert name == fingerprint(io.BytesIO(SOIL.encode()), SOIL_DESCRIPTION, 1)
    other = Description.from_dict(DESCRIPTION | {"best": {}})
    plain.write_text(SOIL + "\n")
    assert len({name, *(fingerprint(plain, d, v) for d in (SOIL_DESCRIPTION, other) for v in (1, 2))}) == 5


def test_what_cannot_be_opened_is_explained(tmp_path: Path) -> None:
    """A missing file, a directory, a gzip file cut short."""
    with pytest.raises(DatasetNotFound, match="nowhere"), opened(tmp_path / "nowhere.csv"):
        pass
    with pytest.raises(NotCsv, match="directory"), opened(tmp_path):
        pass
    cut = tmp_path / "cut.csv.gz"
    cut.write_bytes(gzip.compress(SOIL.encode())[:-20])
    with pytest.raises(NotCsv, match="compression"), opened(cut) as text:
        text.read()
