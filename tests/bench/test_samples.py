"""What stands for many measurements."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.samples import median_row, quantile, rounded, seconds_per_call

numbers = st.lists(st.integers(), min_size=1)


@given(numbers, st.floats(0, 1))
def test_a_quantile_is_a_sample_above_its_share(samples: list[int], share: float) -> None:
    """No more than that share lie below it in the order, whatever order they came in."""
    found = quantile(samples, share)
    assert found in samples
    assert sum(sample < found for sample in samples) <= share * len(samples)
    assert sum(sample <= found for sample in samples) > share * len(samples) or found == max(samples)


@pytest.mark.parametrize(("share", "found"), [(0, 1), (0.5, 51), (0.99, 100), (1, 100)])
def test_quantiles_of_a_hundred(share: float, found: int) -> None:
    """By hand."""
    assert quantile(range(100, 0, -1), share) == found


def test_the_median_row_takes_each_column_by_itself() -> None:
    """One slow round does not show."""
    rows = [{"a": 1, "b": 30}, {"a": 2, "b": 10}, {"a": 90, "b": 20}]
    assert median_row(rows) == {"a": 2, "b": 20}


@pytest.mark.parametrize("at_least", [1, 7])
def test_a_call_is_timed_often_enough(at_least: int) -> None:
    """Without any budget, the least number of times."""
    calls: list[int] = []
    assert seconds_per_call(lambda: calls.append(1), budget=0, at_least=at_least) >= 0
    assert len(calls) == at_least


@given(st.floats(1e-9, 1e9))
def test_rounding_keeps_three_digits(number: float) -> None:
    """Off by half of the third, at most."""
    assert rounded(number) == pytest.approx(number, rel=0.0051)
    assert len(f"{rounded(number):.9e}".rstrip("0").split("e")[0].replace(".", "").rstrip("0")) <= 3
