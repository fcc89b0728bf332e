"""The short way to a verdict: a bound of Korn and Graubard's width instead of the interval."""

import numpy as np
import pytest
from scipy.stats import beta

from chalicelib.domain.inference.intervals import widest_korn_graubard
from chalicelib.domain.inference.reliability import RULES, assess, is_presentable


@pytest.mark.parametrize("effective", np.geomspace(30, 1e6, 60).tolist())
def test_korn_graubard_interval_is_never_wider_than_its_bound(effective: float) -> None:
    p = np.geomspace(1e-6, 0.5, 500)
    successes, failures = effective * p, effective * (1 - p)

    low = beta.ppf(0.025, successes, failures + 1)
    high = beta.ppf(0.975, successes + 1, failures)

    bounds = [widest_korn_graubard(100 * each, effective, 100.0) / 100 for each in p.tolist()]
    assert ((high - low) <= np.array(bounds)).all()


@pytest.mark.parametrize("rule", ["none", *RULES])
@pytest.mark.parametrize("value", [0.0, 0.4, 1.5, 4.0, 9.0, 12.0, 30.0, 50.0, 75.0, 97.0, 99.9, 100.0])
@pytest.mark.parametrize("n", [None, 20, 29, 30, 49, 50, 200, 5_000])
def test_short_way_leads_to_the_verdict_of_the_long_one(rule: str, value: float, n: int | None) -> None:
    for se in (None, 0.05, 0.3, 0.9, 1.27, 1.5, 3.0, 5.0, 7.5, 7.8, 12.0):
        expected = assess(rule, value, se, n, 100.0).presentable
        assert is_presentable(rule, value, se, n, 100.0) is expected
