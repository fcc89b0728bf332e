"""Files that are there whole or not at all."""

from pathlib import Path

import pytest

from local.files import write_atomically
from tests.disks import disk_of


@pytest.mark.parametrize("content", [b"", b"new", b"x" * 1_000_000])
def test_content_replaces_content(tmp_path: Path, content: bytes) -> None:
    """Byte for byte, with nothing beside it."""
    path = tmp_path / "file"
    for _ in range(2):
        write_atomically(path, content)
        assert path.read_bytes() == content
    assert list(tmp_path.iterdir()) == [path]


def test_a_full_disk_changes_nothing(tmp_path: Path) -> None:
    """The old content stays, and the half that was written goes."""
    path = tmp_path / "file"
    path.write_bytes(b"old")
    with disk_of(1000), pytest.raises(OSError, match="large"):
        write_atomically(path, b"n" * 5000)
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


def test_a_full_disk_makes_no_file(tmp_path: Path) -> None:
    """Where there was none."""
    with disk_of(1000), pytest.raises(OSError, match="large"):
        write_atomically(tmp_path / "file", b"n" * 5000)
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    """And not made."""
    with pytest.raises(FileNotFoundError, match="nowhere"):
        write_atomically(tmp_path / "nowhere" / "file", b"new")
    assert list(tmp_path.iterdir()) == []


def test_a_reader_keeps_the_file_it_opened(tmp_path: Path) -> None:
    """Whoever reads during a write sees the old content, whole."""
    path = tmp_path / "file"
    path.write_bytes(b"old and longer")
    with path.open("rb") as reader:
        write_atomically(path, b"new")
        assert reader.read() == b"old and longer"
