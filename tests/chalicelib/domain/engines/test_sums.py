"""Sums over columns of numbered texts."""

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chalicelib.domain.cube import CellStats
from chalicelib.domain.engines.rows import LABELS
from chalicelib.domain.engines.sums import Column, Sums, put_together, taken_apart


def column(texts: list[str]) -> Column:
    distinct = list(dict.fromkeys(texts))
    return Column(np.array([distinct.index(text) for text in texts], np.int32), distinct)


def add(to: Sums, values: list[str], location: str = "here") -> None:
    one = {"question": "q", "location": location}
    to.add([column([one.get(role, "")] * len(values)) for role in LABELS], column(values))


@given(st.lists(st.integers(1, 2**12), min_size=5, max_size=5), st.data())
def test_numbers_of_a_row_come_back(sizes: list[int], data: st.DataObject) -> None:
    """As they went in."""
    rows = data.draw(
        st.lists(st.tuples(*(st.integers(0, size - 1) for size in sizes)), min_size=1, max_size=9)
    )
    columns = [np.array(numbers) for numbers in zip(*rows, strict=True)]
    found = taken_apart(put_together(columns, sizes), sizes)
    assert [numbers.tolist() for numbers in found] == [numbers.tolist() for numbers in columns]


@settings(deadline=None)
@given(
    st.lists(st.lists(st.decimals(-(10**20), 10**20, places=3).map(str), min_size=1), min_size=1, max_size=5)
)
def test_sums_are_exact(batches: list[list[str]]) -> None:
    """Within 64 bits and beyond."""
    found = Sums(lambda text, role: text)
    for values in batches:
        add(found, values)
        found.cube()  # sums up what was added, so that each batch is one
    (measures,) = found.cube().cells["q"].values()
    thousandths = [round(1000 * Fraction(value)) for values in batches for value in values]
    assert Fraction(measures.total, 10 ** found.cube().scale) == Fraction(sum(thousandths), 1000)
    assert measures.counted == len(thousandths)


@pytest.mark.parametrize("batches", [[[""], ["1e-40"]], [["1e18"] * 5, ["0.1"]], [["9e18"], ["9e18"]]])
def test_64_bits_are_left_in_time(batches: list[list[str]]) -> None:
    """When the scale alone is beyond them, when what is there is in a finer one, when it is added to."""
    found = Sums(lambda text, role: text, most_values=0)
    for values in batches:
        add(found, values)
        found.cube()
    (measures,) = found.cube().cells["q"].values()
    expected = sum(Fraction(value or 0) for values in batches for value in values)
    assert Fraction(measures.total, 10 ** found.cube().scale) == expected


def test_many_values_and_many_rows_are_summed_up_as_they_come() -> None:
    """Neither rows nor the numbers of values are kept; places of combinations are, when others come."""
    found = Sums(lambda text, role: text.strip(), batch_rows=4, most_values=3)
    for start in range(0, 60, 3):
        add(found, [str(start), f"{start + 1} ", str(start + 2), ""], location=f"place {start % 2}")
        assert len(found._values) <= 4
        assert not found._waiting
    assert found.cube().cells["q"] == {
        ("place 0", "", ""): CellStats(
            sum(start + more for start in range(0, 60, 6) for more in range(3)), 30, 10
        ),
        ("place 1", "", ""): CellStats(
            sum(start + more for start in range(3, 60, 6) for more in range(3)), 30, 10
        ),
    }
