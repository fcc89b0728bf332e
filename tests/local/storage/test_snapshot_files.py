"""The data sets of a laptop as files."""

import shutil
from pathlib import Path

import pytest

from chalicelib.errors import DatasetGone
from local.storage.snapshot_files import SnapshotFiles
from tests.support.disks import Lines
from tests.support.samples import SOIL, soil

FINGERPRINT = "0123456789abcdef" * 4
OTHER = FINGERPRINT[::-1]


@pytest.fixture
def files(tmp_path: Path) -> SnapshotFiles:
    return SnapshotFiles(tmp_path / "snapshots")


def serve(files: SnapshotFiles, fingerprint: str, folder: Path) -> None:
    files.serve(fingerprint, soil(folder))


def test_snapshot_is_read_by_the_next_process(files: SnapshotFiles, tmp_path: Path) -> None:
    serve(files, FINGERPRINT, tmp_path)
    later = SnapshotFiles(tmp_path / "snapshots")
    assert later.catalogue(FINGERPRINT) == files.catalogue(FINGERPRINT) == soil(tmp_path).catalogue()
    assert later.ingestor(FINGERPRINT) is later.ingestor(FINGERPRINT)


@pytest.mark.parametrize("content", [None, b"", b"no snapshot"])
def test_missing_or_damaged_snapshot_is_dataset_gone(files: SnapshotFiles, content: bytes | None) -> None:
    if content is not None:
        files.path(FINGERPRINT).parent.mkdir()
        files.path(FINGERPRINT).write_bytes(content)
    for ask in (files.ingestor, files.catalogue):
        with pytest.raises(DatasetGone):
            ask(FINGERPRINT)


def test_memory_keeps_the_newest_data_sets(files: SnapshotFiles, tmp_path: Path) -> None:
    for number in range(5):
        serve(files, f"{number}" * 64, tmp_path)
    shutil.rmtree(tmp_path / "snapshots")
    files.ingestor("4" * 64)
    with pytest.raises(DatasetGone):
        files.ingestor("0" * 64)


def test_served_data_set_stays_in_memory_while_jobs_of_earlier_ones_are_computed(
    files: SnapshotFiles, tmp_path: Path
) -> None:
    for number in range(4):
        serve(files, f"{number}" * 64, tmp_path)
    serve(files, FINGERPRINT, tmp_path)
    served = files.ingestor(FINGERPRINT)

    for number in range(4):
        files.ingestor(f"{number}" * 64)

    assert files.ingestor(FINGERPRINT) is served
    assert files.catalogue(FINGERPRINT) is served.catalogue()


def test_stored_data_set_that_is_served_stays_in_memory(files: SnapshotFiles, tmp_path: Path) -> None:
    for name in (OTHER, "c" * 64, FINGERPRINT):
        serve(files, name, tmp_path)
    later = SnapshotFiles(tmp_path / "snapshots")
    served = later.serve_stored(FINGERPRINT)
    for name in (OTHER, "c" * 64):
        later.ingestor(name)
    assert later.ingestor(FINGERPRINT) is served


def test_unused_snapshots_are_removed_and_other_files_stay(files: SnapshotFiles, tmp_path: Path) -> None:
    for fingerprint in (FINGERPRINT, OTHER, "c" * 64):
        serve(files, fingerprint, tmp_path)
    folder = tmp_path / "snapshots"
    files.path("d" * 64).mkdir()
    (folder / "holiday.snapshot").touch()

    files.remove_unused(FINGERPRINT, lambda fingerprint: fingerprint == OTHER)

    kept = {f"{FINGERPRINT}.snapshot", f"{OTHER}.snapshot", f"{'d' * 64}.snapshot", "holiday.snapshot"}
    assert {path.name for path in folder.iterdir()} == kept


def test_no_folder_has_no_unused_snapshots(files: SnapshotFiles) -> None:
    files.remove_unused(FINGERPRINT, lambda _: False)


def test_unwritten_snapshot_is_in_health_and_written_later(files: SnapshotFiles, tmp_path: Path) -> None:
    folder = tmp_path / "snapshots"
    folder.touch()
    with Lines() as lines:
        serve(files, FINGERPRINT, tmp_path)
        assert ".statline/snapshots/ cannot be written" in str(files.problem())
        folder.unlink()
        assert files.problem() is None
    assert files.path(FINGERPRINT).read_bytes() == soil(tmp_path, SOIL).snapshot()
    assert files.path(FINGERPRINT).stat().st_mode & 0o777 == 0o600
    assert len(lines) == 2
    shutil.rmtree(folder)
    assert files.problem() is None
    assert not folder.exists()
