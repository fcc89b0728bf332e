"""Sums of parts: merged in any order and grouping, sent to other processes, and made into a cube."""

import pickle
import random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chalicelib.domain import snapshot
from chalicelib.domain.cube import MEASURED, Cube
from chalicelib.domain.dataset_description import Description
from chalicelib.domain.ingest.accumulator import LABELS, MEASURES, Accumulator, Column
from chalicelib.domain.ingest.cube_rows import cube_of
from chalicelib.domain.ingest.summed import Summed
from chalicelib.domain.measures import CellKey, Measure

DESCRIBED = Description.from_dict(
    {"title": "t", "columns": {"question": "Q", "location": "State", "value": "V"}}
)
# question, location, category, segment, year, ids of both; value, low, high, sample size
Row = tuple[str, ...]
NUMBERS = st.sampled_from(["", "1", "2.5", "-3.25", "7e18", "9e-20"])
ROWS = st.lists(
    st.tuples(
        st.sampled_from(["", "p", "q", " q"]),
        st.sampled_from(["", "Ohio", "Utah"]),
        *[st.sampled_from(["", "a"])] * 2,
        st.sampled_from(["2019", "2020"]),
        *[st.sampled_from(["", "1", "2"])] * 2,
        *[NUMBERS] * 3,
        st.sampled_from(["", "5", "900"]),
    ),
    max_size=12,
)


def strip(text: str, role: str) -> str:
    return text.strip()


def column(texts: tuple[str, ...]) -> Column:
    distinct = sorted({*texts})
    return Column(np.array([distinct.index(text) for text in texts], np.int32), distinct)


def accumulated(rows: list[Row]) -> Accumulator:
    sums = Accumulator(strip, MEASURES, batch_rows=3)
    for start in range(0, len(rows), 2):
        columns = [column(texts) for texts in zip(*rows[start : start + 2], strict=True)]
        sums.add(columns[: len(LABELS)], [*columns[len(LABELS) :]])
    return sums


def cube(summed: Summed) -> Cube:
    return cube_of(summed, frozenset(MEASURED))


def saved(found: Cube) -> bytes:
    return snapshot.dumps(found, DESCRIBED)


@settings(max_examples=200)
@given(ROWS, ROWS, ROWS, st.randoms())
def test_parts_merge_to_the_bytes_of_the_whole_in_any_order(
    one: list[Row], two: list[Row], three: list[Row], chance: random.Random
) -> None:
    whole = saved(cube(accumulated([*one, *two, *three]).summed()))
    parts = [pickle.loads(pickle.dumps(accumulated(rows).summed())) for rows in (one, two, three)]
    chance.shuffle(parts)
    first, second, third = parts
    for merged in (
        first.merge(second, third),
        first.merge(second).merge(third),
        third.merge(second.merge(first)),
    ):
        assert saved(cube(merged)) == whole


@given(ROWS, ROWS)
def test_cube_is_that_of_the_merged_cubes_of_the_parts(one: list[Row], two: list[Row]) -> None:
    """Cubes of a snapshot, or of before, merge cell by cell: slower, and to the same sums."""
    first, second = (accumulated(rows) for rows in (one, two))
    merged = cube(first.summed().merge(second.summed()))
    assert cube(first.summed()).merge(cube(second.summed())) == merged
    assert merged.crowding() == Cube(published={**merged.published}, measured=merged.measured).crowding()


def limits(rows: list[tuple[str, str | None]]) -> Accumulator:
    """Rows of one cell, each of which has a value or, where the second is given, a lower limit."""
    sums = Accumulator(strip, ("value", "low"))
    for value, low in rows:
        texts = {"question": "q", "location": "Ohio", "year": "2020"}
        labels = [column((texts.get(role, ""),)) for role in LABELS]
        sums.add(labels, [column((value,)), None] if low is None else [None, column((low,))])
    return sums


@pytest.mark.parametrize("order", [1, -1])
def test_of_several_limits_of_a_cell_the_smallest_counts_whatever_their_order(order: int) -> None:
    rows: list[tuple[str, str | None]] = [("20", None), ("", "18"), ("", "17.5"), ("", ""), ("", "19")]
    key = CellKey("Ohio", 2020, "", "")
    expected = Measure(200, 175, None, None, 1, 1)

    assert cube(limits(rows[::order]).summed()).published["q"][key] == expected
    first, *others = (limits([row]).summed() for row in rows[::order])
    assert cube(first.merge(*others)).published["q"][key] == expected


def test_sums_leave_64_bits_when_parts_are_merged() -> None:
    rows: list[Row] = [("q", "Ohio", "", "", "2020", "", "", "9e18", "", "", "")]
    fine: list[Row] = [("q", "Utah", "", "", "2020", "", "", "0.001", "", "", "")]
    part, other = accumulated(rows).summed(), accumulated(fine).summed()
    assert part.numbers.dtype == np.int64

    beyond = part.merge(part, part)
    assert beyond.numbers.dtype == object
    assert saved(cube(beyond.merge(part))) == saved(cube(part.merge(beyond)))

    found = cube(part.merge(part, other))
    assert found.cells["q"]["Ohio", "", ""].total == 2 * 9 * 10**21
    assert found.cells["q"]["Utah", "", ""].total == 1
    assert Cube.merge(found, Cube()) == snapshot.loads(saved(found))[0]


def test_part_without_rows_adds_only_its_scale() -> None:
    rows: list[Row] = [("q", "Ohio", "", "", "2020", "", "", "1.5", "", "", "")]
    empty = accumulated([]).summed()
    assert saved(cube(empty.merge(accumulated(rows).summed(), empty))) == saved(
        cube(accumulated(rows).summed())
    )
    assert cube(empty.merge(empty)) == Cube(measured=frozenset(MEASURED))
