"""Snapshots: whole, or refused."""

import gc
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chalicelib.domain import snapshot
from chalicelib.domain.dataset_description import Description
from chalicelib.domain.ingestor import DataIngestor
from chalicelib.domain.measure_blocks import Later
from chalicelib.domain.statistics import means
from chalicelib.domain.statistics.registry import MEANS, compute_result
from chalicelib.errors import DamagedSnapshot, OutdatedSnapshot
from tests.support.measured import HEADER, measured, snapshot_of_before
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


def test_a_snapshot_of_before_answers_the_nine_as_before(tmp_path: Path) -> None:
    original = soil(tmp_path)
    old = DataIngestor.from_snapshot(snapshot_of_before(original))
    for name, entry in MEANS.items():
        if entry.parameters == ("question",):
            question = {"question": "Humus"}
            assert compute_result(old, name, question, "") == compute_result(original, name, question, "")


@pytest.mark.parametrize(
    "ask",
    [
        lambda data: data.measures("Humus"),
        lambda data: data.years("Humus"),
        lambda data: data.require("low"),
        lambda data: means.states_mean(data, "Humus", years="2020"),
    ],
    ids=["measures", "years", "a role", "years of the nine"],
)
def test_a_snapshot_of_before_says_publish_again(
    tmp_path: Path, ask: Callable[[DataIngestor], object]
) -> None:
    old = DataIngestor.from_snapshot(snapshot_of_before(soil(tmp_path)))
    for data in (old, DataIngestor.from_snapshot(old.snapshot())):
        with pytest.raises(OutdatedSnapshot, match="publish it again"):
            ask(data)


def test_a_snapshot_of_before_takes_the_filters_that_need_no_years(tmp_path: Path) -> None:
    old = DataIngestor.from_snapshot(snapshot_of_before(soil(tmp_path)))
    assert means.states_mean(old, "Humus", stratum="Acker") == [("Bayern", 1.5), ("Hessen", 4.0)]


def test_measures_are_decoded_for_the_question_that_needs_them_and_kept() -> None:
    data = DataIngestor.from_snapshot(measured().snapshot())
    assert isinstance(data.cube.published, Later)
    decoded = data.cube.published._decoded
    means.states_mean(data, "Humus", category="Total")
    data.catalogue()
    assert not decoded

    assert data.measures("Humus") is data.measures("Humus")
    assert set(decoded) == {"Humus"}


def test_a_snapshot_with_measures_loads_as_the_same_data_set() -> None:
    original = measured()
    again = DataIngestor.from_snapshot(original.snapshot())
    assert again.cube == original.cube
    assert again.description == original.description
    assert again.snapshot() == original.snapshot()
    assert again.catalogue() == original.catalogue()


@settings(max_examples=150)
@given(st.data())
def test_a_changed_byte_is_refused(data: st.DataObject) -> None:
    saved = measured().snapshot()
    place = data.draw(st.integers(0, len(saved) - 1))
    changed = data.draw(st.integers(0, 255).filter(lambda byte: byte != saved[place]))
    with pytest.raises(DamagedSnapshot):
        snapshot.loads(saved[:place] + bytes([changed]) + saved[place + 1 :])


def test_a_snapshot_cut_short_is_refused(saved: bytes) -> None:
    for cut in range(len(saved)):
        with pytest.raises(DamagedSnapshot):
            snapshot.loads(saved[:cut])


@pytest.fixture
def collections() -> Iterator[list[str]]:
    """The beginnings and ends of garbage collections."""
    seen: list[str] = []

    def note(phase: str, _: object) -> None:
        seen.append(phase)

    gc.callbacks.append(note)
    yield seen
    gc.callbacks.remove(note)


def test_a_growing_cube_is_not_searched_for_garbage(collections: list[str]) -> None:
    rows = (f"Humus,S1,Land {n},,2020,2020,{n},,,,Nutzung,Acker" for n in range(5_000))
    saved = measured("\n".join([HEADER, *rows]), national="Land 0", territories=[]).snapshot()
    gc.collect()
    collections.clear()

    DataIngestor.from_snapshot(saved)

    assert collections.count("start") <= 1  # at the end
    assert gc.isenabled()


def test_loading_imports_neither_pandas_nor_numpy_nor_arrow(saved: bytes, tmp_path: Path) -> None:
    path = tmp_path / "soil.snapshot"
    path.write_bytes(saved)
    done = subprocess.run([sys.executable, "-c", LOAD, path], capture_output=True, text=True, check=True)
    assert int(done.stdout) == SOIL.count("\n") - 1
