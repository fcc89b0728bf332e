"""Exact sums over columns of coded texts."""

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.domain.cube import Cube
from chalicelib.domain.ingest.accumulator import LABELS, Accumulator, Column
from chalicelib.domain.ingest.cube_rows import cube_of
from chalicelib.domain.ingest.summed import LARGEST, combined
from chalicelib.domain.measures import CellStats


def strip(text: str, role: str) -> str:
    return text.strip()


def column(texts: list[str]) -> Column:
    distinct = list(dict.fromkeys(texts))
    return Column(np.array([distinct.index(text) for text in texts], np.int32), distinct)


def cube(sums: Accumulator) -> Cube:
    return cube_of(sums.summed(), frozenset())


def add(to: Accumulator, values: list[str], location: str = "here") -> None:
    labels = {"question": "q", "location": location}
    to.add([column([labels.get(role, "")] * len(values)) for role in LABELS], [column(values)])


@given(st.lists(st.tuples(*[st.integers(0, 9)] * 4), min_size=2, max_size=20), st.sampled_from([10, 2**31]))
def test_rows_share_a_key_only_if_all_their_codes_are_equal(rows: list[tuple[int, ...]], size: int) -> None:
    """Also where the sizes of four columns multiply to more than 64 bits."""
    assert size == 10 or size**4 > LARGEST
    keys = combined([np.array(codes) for codes in zip(*rows, strict=True)], [size] * 4).tolist()
    for one, key in zip(rows, keys, strict=True):
        assert [other == one for other in rows] == [other == key for other in keys]


@given(
    st.lists(st.lists(st.decimals(-(10**20), 10**20, places=3).map(str), min_size=1), min_size=1, max_size=5)
)
def test_sums_are_exact_within_64_bits_and_beyond(batches: list[list[str]]) -> None:
    sums = Accumulator(strip)
    for values in batches:
        add(sums, values)
        cube(sums)  # ends the batch

    (stats,) = cube(sums).cells["q"].values()
    thousandths = [round(1000 * Fraction(value)) for values in batches for value in values]
    assert Fraction(stats.total, 10 ** cube(sums).scale) == Fraction(sum(thousandths), 1000)
    assert stats.counted == len(thousandths)


@pytest.mark.parametrize(
    "batches",
    [[[""], ["1e-40"]], [["1e18"] * 5, ["0.1"]], [["9e18"], ["9e18"]]],
    ids=["the scale alone", "earlier sums in a finer scale", "the next batch"],
)
def test_sums_leave_64_bits_before_they_overflow(batches: list[list[str]]) -> None:
    sums = Accumulator(strip, most_values=0)
    for values in batches:
        add(sums, values)
        cube(sums)

    (stats,) = cube(sums).cells["q"].values()
    expected = sum(Fraction(value or 0) for values in batches for value in values)
    assert Fraction(stats.total, 10 ** cube(sums).scale) == expected


def test_rows_and_values_are_forgotten_once_they_are_summed() -> None:
    sums = Accumulator(strip, batch_rows=4, most_values=3)
    for start in range(0, 60, 3):
        add(sums, [str(start), f"{start + 1} ", str(start + 2), ""], location=f"place {start % 2}")
        assert len(sums._measures["value"].numbers) <= 4
        assert not sums._waiting

    assert cube(sums).cells["q"] == {
        ("place 0", "", ""): CellStats(
            sum(start + more for start in range(0, 60, 6) for more in range(3)), 30, 10
        ),
        ("place 1", "", ""): CellStats(
            sum(start + more for start in range(3, 60, 6) for more in range(3)), 30, 10
        ),
    }


def test_a_frame_without_rows_adds_nothing() -> None:
    sums = Accumulator(strip, batch_rows=1, most_values=0)
    add(sums, [])
    assert (cube(sums).cells, sums.rows) == ({}, 0)

    add(sums, ["1"])
    add(sums, [])
    assert cube(sums).overall() == CellStats(1, 1)
