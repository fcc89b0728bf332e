"""The contract of all stores: what the parts of a source are."""

import os
from pathlib import Path

import pytest

from chalicelib.errors import DatasetError, NotCsv
from local.dataset.parts import find_parts
from tests.local.dataset.conftest import Place

FILES = (
    "a.csv",
    "B.CSV",
    "c.csv.gz",
    "year=2019/part-0.csv",
    "year=2020/part-0.csv",
    "year=2020/deep/part-1.tsv",
)
NO_PARTS = (
    "_SUCCESS",
    "_temporary/0/a.csv",
    ".a.csv.crc",
    ".hidden/a.csv",
    "description.json",
    "areas.geojson",
    "read.me",
    "~$book.xlsx",
)


def names(place: Place, pattern: str = "") -> list[str]:
    source = place.source()
    return [part.name.removeprefix(source) for part in find_parts(place.source(pattern))]


@pytest.fixture
def filled(place: Place) -> Place:
    for number, name in enumerate((*FILES, *NO_PARTS)):
        place.put(name, "x" * number)
    return place


def test_parts_of_a_folder_are_its_files_named_as_data_in_order(filled: Place) -> None:
    assert names(filled) == sorted(FILES)
    parts = {part.name: part for part in find_parts(filled.source().rstrip("/"))}
    assert parts[filled.source("B.CSV")].size == 1
    assert parts[filled.source("B.CSV")].kind == "csv"


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        ("*.csv", ["a.csv"]),
        ("[aB].*", ["B.CSV", "a.csv"]),
        ("*", sorted((*FILES, "read.me"))),
        ("year=*", sorted(name for name in FILES if name.startswith("year"))),
        ("year=20?0/*.csv", ["year=2020/part-0.csv"]),
        ("*/*.csv", ["year=2019/part-0.csv", "year=2020/part-0.csv"]),
        ("**/*.csv", ["a.csv", "year=2019/part-0.csv", "year=2020/part-0.csv"]),
        ("year=2020/**/part-*", ["year=2020/deep/part-1.tsv", "year=2020/part-0.csv"]),
    ],
)
def test_parts_of_a_pattern_are_the_files_that_it_means(
    filled: Place, pattern: str, expected: list[str]
) -> None:
    assert names(filled, pattern) == expected


def test_file_is_its_own_part_whatever_its_name(filled: Place) -> None:
    filled.put("odd [1].data", "x")
    for name in ("odd [1].data", "read.me", "year=2020/part-0.csv"):
        assert names(filled, name) == [name]


def test_contents_are_read_as_they_are_stored(place: Place) -> None:
    content = bytes(range(256)) * 100
    place.put("a.csv", content)
    [part] = find_parts(place.source("a.csv"))
    with part.open() as file:
        assert (file.read(7), file.seek(-5, os.SEEK_END), file.read()) == (
            content[:7],
            len(content) - 5,
            content[-5:],
        )
    assert part.change() is None


def test_change_of_a_part_is_noticed(place: Place) -> None:
    place.put("a.csv", "x")
    place.put("b.csv", "x")
    changed, gone = find_parts(place.source())
    place.put("a.csv", "longer")
    place.remove("b.csv")
    assert (
        str(changed.change())
        == f"{changed.name} changed while the data set was read; try again when it is whole"
    )
    assert (
        str(gone.change()) == f"{gone.name} went away while the data set was read; try again when it is whole"
    )


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("nowhere.csv", "no such (file|key)"),
        ("*.parquet", "no (file|key) has such a name"),
        (
            "notes",
            r"no (file|key) in it has a suffix of data, \.csv, .*\.parquet, .* or another that is read",
        ),
    ],
)
def test_source_without_parts_is_refused_in_a_sentence(filled: Place, name: str, told: str) -> None:
    filled.put("notes/read.me", "x")
    with pytest.raises(DatasetError, match=told) as caught:
        find_parts(filled.source(name))
    assert str(caught.value).startswith(f"no data set at {filled.source(name)}: ")


def test_files_of_several_kinds_are_refused_with_one_of_each(filled: Place) -> None:
    filled.put("d.parquet", "x")
    filled.put("e.xlsx", "x")
    with pytest.raises(DatasetError, match="has files of several kinds") as caught:
        find_parts(filled.source())
    for name in ("B.CSV", "d.parquet", "e.xlsx"):
        assert f'"{filled.source(name)}"' in str(caught.value)


@pytest.mark.parametrize("name", ["a.csv", "a.parquet"])
def test_pipe_among_the_parts_is_refused_without_opening_it(tmp_path: Path, name: str) -> None:
    os.mkfifo(tmp_path / name)
    os.mkfifo(tmp_path / "pipe.lock")
    for source in (tmp_path, tmp_path / name, f"{tmp_path}/*.csv" if name == "a.csv" else tmp_path):
        with pytest.raises(DatasetError, match=rf"{name}.*it is no regular file; save it as one"):
            find_parts(str(source))


@pytest.mark.parametrize("target", ["a.csv", "nowhere.csv", "/dev/zero"])
def test_link_to_no_file_is_refused_by_its_name(tmp_path: Path, target: str) -> None:
    (tmp_path / "a.csv").symlink_to(target)
    with pytest.raises(NotCsv, match=r"a\.csv is not a CSV file: it is no regular file"):
        find_parts(str(tmp_path))


def test_link_to_a_folder_is_followed_unless_it_leads_back(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "real" / "a.csv").write_text("x")
    (tmp_path / "survey").mkdir()
    (tmp_path / "survey" / "linked").symlink_to(tmp_path / "real")
    assert [part.name for part in find_parts(f"{tmp_path}/survey")] == [f"{tmp_path}/survey/linked/a.csv"]
    (tmp_path / "real" / "back").symlink_to(tmp_path / "survey")
    with pytest.raises(DatasetError, match=r"is a link that leads back to .*; remove it"):
        find_parts(f"{tmp_path}/survey")


def test_relative_source_keeps_its_spelling(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a.csv").write_text("x")
    for source in ("a.csv", "./a.csv", ".", "*.csv"):
        [part] = find_parts(source)
        assert part.name == {".": "./a.csv", "*.csv": "a.csv"}.get(source, source)
