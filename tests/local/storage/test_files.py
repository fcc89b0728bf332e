"""Files that are there whole or not at all."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from local.storage.files import read_regular, write_atomically
from tests.support.disks import disk_of


@pytest.mark.parametrize("content", [b"", b"new", b"x" * 1_000_000])
def test_write_replaces_the_content_and_leaves_no_other_file(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "file"
    for _ in range(2):
        write_atomically(path, content)
        assert path.read_bytes() == content
    assert list(tmp_path.iterdir()) == [path]


def test_write_on_full_disk_keeps_the_old_content(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"old")
    with disk_of(1000), pytest.raises(OSError, match="large"):
        write_atomically(path, b"n" * 5000)
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


def test_write_on_full_disk_leaves_no_file(tmp_path: Path) -> None:
    with disk_of(1000), pytest.raises(OSError, match="large"):
        write_atomically(tmp_path / "file", b"n" * 5000)
    assert list(tmp_path.iterdir()) == []


def test_write_into_missing_folder_names_it_and_does_not_make_it(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="nowhere"):
        write_atomically(tmp_path / "nowhere" / "file", b"new")
    assert list(tmp_path.iterdir()) == []


def test_reader_during_a_write_sees_the_old_content(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"old and longer")
    with path.open("rb") as reader:
        write_atomically(path, b"new")
        assert reader.read() == b"old and longer"


IRREGULAR = {
    "a pipe": os.mkfifo,
    "a folder": Path.mkdir,
    "a device without an end": lambda path: path.symlink_to("/dev/zero"),
    "nothing": lambda path: None,
}


@pytest.mark.parametrize("make", IRREGULAR.values(), ids=IRREGULAR)
def test_reading_an_irregular_file_is_an_error(tmp_path: Path, make: Callable[[Path], None]) -> None:
    make(tmp_path / "file")
    with pytest.raises(OSError, match=r"regular|directory"):
        read_regular(tmp_path / "file")


def test_link_to_a_regular_file_is_read(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"content")
    (tmp_path / "link").symlink_to("file")
    assert read_regular(tmp_path / "link") == b"content"
