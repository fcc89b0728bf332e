"""Snapshots: whole, or refused."""

import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chalicelib.domain import snapshot
from chalicelib.domain.dataset_description import Description
from chalicelib.domain.ingestor import DataIngestor
from chalicelib.errors import DamagedSnapshot
from tests.support.samples import DESCRIPTION, SOIL, soil

LOAD = """
import sys
from pathlib import Path
from chalicelib.domain.ingestor import DataIngestor
print(DataIngestor.from_snapshot(Path(sys.argv[1]).read_bytes()).catalogue()["rows"])
assert not {"pandas", "numpy", "pyarrow", "csv"} & set(sys.modules)
"""


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    return soil(tmp_path_factory.mktemp("soil")).snapshot()


def test_a_snapshot_loads_as_the_same_data_set(saved: bytes, tmp_path: Path) -> None:
    again, original = DataIngestor.from_snapshot(saved), soil(tmp_path)
    assert again.cube == original.cube
    assert again.description == Description.from_dict(DESCRIPTION)
    assert again.snapshot() == saved


@settings(deadline=None, max_examples=150)
@given(st.data())
def test_a_changed_byte_is_refused(saved: bytes, data: st.DataObject) -> None:
    place = data.draw(st.integers(0, len(saved) - 1))
    changed = data.draw(st.integers(0, 255).filter(lambda byte: byte != saved[place]))
    with pytest.raises(DamagedSnapshot):
        snapshot.loads(saved[:place] + bytes([changed]) + saved[place + 1 :])


def test_a_snapshot_cut_short_is_refused(saved: bytes) -> None:
    for cut in range(len(saved)):
        with pytest.raises(DamagedSnapshot):
            snapshot.loads(saved[:cut])


def test_loading_imports_neither_pandas_nor_numpy_nor_arrow(saved: bytes, tmp_path: Path) -> None:
    path = tmp_path / "soil.snapshot"
    path.write_bytes(saved)
    done = subprocess.run([sys.executable, "-c", LOAD, path], capture_output=True, text=True, check=True)
    assert int(done.stdout) == SOIL.count("\n") - 1
