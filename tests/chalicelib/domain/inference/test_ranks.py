"""Ranks and their ranges: against definitions, in simulation, and on the real file."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.domain.inference.intervals import standard_error
from chalicelib.domain.inference.normal import two_sided_quantile
from chalicelib.domain.inference.ranks import (
    CriticalValues,
    RankRange,
    Score,
    critical_values,
    kww_ranges,
    not_separated,
    pairwise_ranges,
    range_of,
    ranks,
    scores,
)
from tests.support.brfss import needs_brfss, whole_population

Z = two_sided_quantile(0.95)
RUNS, SEED = 2000, 14
areas = st.lists(
    st.tuples(st.integers(-20, 20).map(float), st.floats(0.1, 5)).map(lambda pair: Score(*pair)),
    min_size=2,
    max_size=40,
)


@pytest.mark.parametrize(
    ("k", "expected"),
    [
        (37, CriticalValues(3.850413219673011, 3.189782477476658, 3.197687166068423)),
        (50, CriticalValues(3.9923432900094125, 3.277784002744794, 3.2834798161302685)),
        (51, CriticalValues(4.001512469103381, 3.2834798161302685, 3.2890545818780796)),
    ],
)
def test_critical_values_are_those_of_r(k: int, expected: CriticalValues) -> None:
    assert critical_values(k) == pytest.approx(expected, rel=1e-12)


def test_two_areas_are_compared_as_a_pair() -> None:
    joint, alone, kww = critical_values(2)

    assert (joint, alone) == pytest.approx((1.959963984540054, 1.959963984540054), rel=1e-14)
    assert kww > joint


def test_ties_share_a_rank() -> None:
    assert ranks([Score(3.0, 1.0), Score(1.0, 1.0), Score(3.0, 2.0), Score(4.0, 1.0)]) == [2, 1, 2, 4]


@pytest.mark.parametrize(("highest_best", "expected"), [(False, [1, 3, 2]), (True, [3, 1, 2])])
def test_best_end_decides_the_order(highest_best: bool, expected: list[int]) -> None:
    assert ranks(scores([20.0, 40.0, 30.0], [1.0] * 3, 100.0, highest_best=highest_best)) == expected


@pytest.mark.parametrize(("values", "whole"), [([0.0, 30.0], 100.0), ([27.1, 28.4], None)])
def test_values_without_logits_are_compared_as_they_are(values: list[float], whole: float | None) -> None:
    compared = scores(values, [1.0, 2.0], whole, highest_best=False)

    assert compared == [Score(values[0], 1.0), Score(values[1], 2.0)]


@given(areas, st.floats(1, 5))
def test_ranges_are_counts_of_the_areas_significantly_better_and_worse(
    areas: list[Score], critical: float
) -> None:
    for index, (own, found) in enumerate(zip(areas, pairwise_ranges(areas, critical), strict=True)):
        gaps = [(other.score - own.score) / (own.se * own.se + other.se * other.se) ** 0.5 for other in areas]
        better, worse = sum(gap < -critical for gap in gaps), sum(gap > critical for gap in gaps)

        assert found == (1 + better, len(areas) - worse)
        assert len(not_separated(index, areas, critical)) == len(areas) - 1 - better - worse


@given(areas, st.floats(1, 5))
def test_kww_ranges_are_those_of_the_rankingproject(areas: list[Score], critical: float) -> None:
    lows = [area.score - critical * area.se for area in areas]
    highs = [area.score + critical * area.se for area in areas]
    expected = [
        RankRange(1 + sum(other <= low for other in highs), len(areas) - sum(other >= high for other in lows))
        for low, high in zip(lows, highs, strict=True)
    ]

    assert kww_ranges(areas, critical) == expected


@given(areas)
def test_every_range_holds_the_estimated_rank(areas: list[Score]) -> None:
    joint, alone, kww = critical_values(len(areas))
    estimated = ranks(areas)

    for found in (pairwise_ranges(areas, joint), pairwise_ranges(areas, alone), kww_ranges(areas, kww)):
        assert all(best <= rank <= worst for rank, (best, worst) in zip(estimated, found, strict=True))


@given(areas)
def test_more_comparisons_make_wider_ranges(areas: list[Score]) -> None:
    joint, alone, _ = critical_values(len(areas))

    for index in range(len(areas)):
        named, one_of_all = range_of(index, areas, alone), range_of(index, areas, joint)
        assert one_of_all.best <= named.best <= named.worst <= one_of_all.worst


@needs_brfss
@pytest.mark.parametrize("equal", [True, False], ids=["all areas equal", "at the published values"])
def test_joint_ranges_cover_all_true_ranks_in_94_percent_of_runs(equal: bool) -> None:
    """Simulated from the standard errors of obesity in 2022. Where all are equal every rank is true."""
    numpy = pytest.importorskip("numpy")
    areas = obesity_2022()
    truth = numpy.array([0.0 if equal else area.score for area in areas])
    ses = numpy.array([area.se for area in areas])
    draws = numpy.random.default_rng(SEED).normal(truth, ses, (RUNS, len(areas)))
    critical, _, _ = critical_values(len(areas))
    noise = numpy.sqrt(ses[:, None] ** 2 + ses[None, :] ** 2)

    better = (draws[:, :, None] - draws[:, None, :] > critical * noise).sum(axis=2)
    worse = (draws[:, None, :] - draws[:, :, None] > critical * noise).sum(axis=2)

    # The true ranks of an area are from 1 + the number truly below it to k - the number truly above it.
    lowest = 1 + (truth[:, None] > truth[None, :]).sum(axis=1)
    highest = len(areas) - (truth[:, None] < truth[None, :]).sum(axis=1)
    covered = ((1 + better <= lowest) & (highest <= len(areas) - worse)).all(axis=1)
    assert covered.mean() >= 0.94
    drawn = [Score(*pair) for pair in zip(map(float, draws[0]), map(float, ses), strict=True)]
    assert pairwise_ranges(drawn, critical) == [
        (1 + up, len(areas) - down) for up, down in zip(better[0], worse[0], strict=True)
    ]


@needs_brfss
def test_thirteen_states_are_plausibly_among_the_best_five_for_obesity() -> None:
    areas = obesity_2022()
    joint, _, kww = critical_values(len(areas))

    assert sum(found.best <= 5 for found in pairwise_ranges(areas, joint)) == 13
    assert sum(found.best <= 5 for found in kww_ranges(areas, kww)) == 18


def obesity_2022() -> list[Score]:
    rows = whole_population()
    chosen = (rows.question == "Q036") & (rows.year == 2022)
    cells = rows[chosen & ~rows.location.isin(["National", "Guam", "Puerto Rico", "Virgin Islands"])]
    values = list(cells.value)
    ses = [standard_error(*cell, 100.0, Z) for cell in zip(values, cells.low, cells.high, strict=True)]
    return scores(values, ses, 100.0, highest_best=False)
