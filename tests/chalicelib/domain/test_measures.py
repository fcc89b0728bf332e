"""The measure of a cell: exact for one row, ambiguous for more."""

from hypothesis import given
from hypothesis import strategies as st

from chalicelib.domain.measures import CellStats, Measure

numbers = st.one_of(st.none(), st.integers(-(10**20), 10**20))
singles = st.builds(
    lambda value, low, high, n: Measure(value, low, high, n, 1, 0 if value is None else 1),
    *[numbers] * 4,
)


@given(singles)
def test_one_row_has_its_value_as_its_sum(measure: Measure) -> None:
    expected = CellStats(0, 0, 1) if measure.value is None else CellStats(measure.value, 1, 0)
    assert measure.stats == expected


@given(st.lists(singles, min_size=2, max_size=6))
def test_several_rows_have_their_sum_and_no_limits(rows: list[Measure]) -> None:
    whole = rows[0]
    for row in rows[1:]:
        whole = whole + row

    assert whole.stats == sum((row.stats for row in rows), CellStats())
    assert (whole.rows, whole.low, whole.high, whole.n) == (len(rows), None, None, None)


@given(singles, singles, singles)
def test_adding_is_associative_and_commutative(one: Measure, two: Measure, three: Measure) -> None:
    assert one + two == two + one
    assert (one + two) + three == one + (two + three)


def test_finer_units_scale_values_and_limits_but_not_the_sample_size() -> None:
    assert Measure(205, 1825, None, 900, 1).times(10) == Measure(2050, 18250, None, 900, 1)
