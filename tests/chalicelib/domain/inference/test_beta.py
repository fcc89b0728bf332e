"""The beta distribution against scipy."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.domain.inference.beta import Beta

special = pytest.importorskip("scipy.special", reason="it is not installed")
parameters = st.floats(-2, 5.3).map(lambda exponent: 10**exponent)


@given(a=parameters, b=parameters, x=st.floats(1e-9, 1 - 1e-9))
def test_lower_tail_agrees_with_scipy(a: float, b: float, x: float) -> None:
    assert Beta(a, b).lower_tail(x, 1 - x) == pytest.approx(special.betainc(a, b, x), rel=1e-9, abs=1e-13)


@given(a=parameters, b=parameters)
def test_quantile_has_the_tail_it_should_have(a: float, b: float) -> None:
    x = Beta(a, b).lower_quantile(0.025)

    if 0 < x < 1 - 1e-6:
        assert special.betainc(a, b, x) == pytest.approx(0.025, rel=1e-10)
    elif x == 0:
        assert special.betainc(a, b, 1e-299) >= 0.025
    else:
        assert special.betainc(b, a, 1 - x) == pytest.approx(0.975, abs=1e-6)
