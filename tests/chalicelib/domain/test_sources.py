"""Files and streams that hold a data set."""

import gzip
import os
from pathlib import Path

import pytest

from chalicelib.domain.sources import opened
from chalicelib.errors import DatasetError, NotCsv
from tests.support.samples import SOIL


def test_missing_files_directories_and_damaged_gzip_are_refused(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match="nowhere"), opened(tmp_path / "nowhere.csv"):
        pass
    with pytest.raises(NotCsv, match="directory"), opened(tmp_path):
        pass
    cut = tmp_path / "cut.csv.gz"
    cut.write_bytes(gzip.compress(SOIL.encode())[:-20])
    with pytest.raises(NotCsv, match="compression"), opened(cut) as text:
        text.read()


@pytest.mark.parametrize("kind", ["pipe", "device"])
def test_pipes_and_devices_are_refused_without_reading_them(tmp_path: Path, kind: str) -> None:
    path = Path("/dev/zero") if kind == "device" else tmp_path / "pipe"
    if kind == "pipe":
        os.mkfifo(path)
    with pytest.raises(NotCsv, match="it is no regular file"), opened(path):
        pass
