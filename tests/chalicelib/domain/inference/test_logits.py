"""Logits and antilogits against libm; one is the inverse of the other."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.domain.inference.logits import expit, is_interior, logit


@pytest.mark.parametrize("whole", [100.0, 1.0])
@given(share=st.floats(1e-6, 1 - 1e-6))
def test_expit_undoes_logit(whole: float, share: float) -> None:
    assert expit(logit(share * whole, whole), whole) == pytest.approx(share * whole, rel=1e-12)


def test_every_published_percentage_agrees_with_libm() -> None:
    for tenths in range(1, 1000):
        value = tenths / 10

        assert logit(value, 100.0) == pytest.approx(math.log(value / (100 - value)), abs=1e-15, rel=1e-14)


@given(st.floats(-1e5, 1e5))
def test_expit_stays_within_the_whole(number: float) -> None:
    assert 0 <= expit(number, 100.0) <= 100


@pytest.mark.parametrize(("value", "whole"), [(0.0, 100.0), (100.0, 100.0), (120.0, 100.0), (27.3, None)])
def test_ends_and_other_units_have_no_logit(value: float, whole: float | None) -> None:
    assert not is_interior(value, whole)
