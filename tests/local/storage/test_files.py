"""Files that are there whole or not at all."""

import os
import stat
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from local.storage.files import make_private, private, private_folder, read_regular, write_atomically
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


@pytest.fixture(params=[0o000, 0o022, 0o277])
def umask(request: pytest.FixtureRequest) -> Iterator[None]:
    before = os.umask(request.param)
    yield
    os.umask(before)


def mode(path: Path) -> int:
    return stat.S_IMODE(path.lstat().st_mode)


@pytest.mark.usefixtures("umask")
def test_private_files_are_the_owners_alone_whatever_the_umask(tmp_path: Path) -> None:
    os.close(private(str(tmp_path / "opened"), os.O_WRONLY | os.O_CREAT))
    write_atomically(tmp_path / "written", b"x", mode=0o600)

    assert [mode(tmp_path / name) for name in ("opened", "written")] == [0o600, 0o600]


def test_private_file_of_an_earlier_version_is_closed_to_others_when_it_is_opened(tmp_path: Path) -> None:
    path = tmp_path / "old"
    path.touch()
    path.chmod(0o644)
    os.close(private(str(path), os.O_WRONLY))
    assert mode(path) == 0o600


def test_make_private_closes_all_within_and_nothing_that_links_lead_to(tmp_path: Path) -> None:
    folder, outside = tmp_path / "state", tmp_path / "outside"
    (folder / "logs").mkdir(parents=True)
    for path in (outside, folder / "db", folder / "logs" / "log"):
        path.touch()
        path.chmod(0o644)
    (folder / "link").symlink_to(outside)

    make_private(folder)

    assert [mode(path) for path in (folder, folder / "logs")] == [0o700, 0o700]
    assert [mode(path) for path in (folder / "db", folder / "logs" / "log")] == [0o600, 0o600]
    assert mode(outside) == 0o644


def test_private_folder_is_the_owners_alone(tmp_path: Path) -> None:
    private_folder(tmp_path / "state")
    assert mode(tmp_path / "state") == 0o700
