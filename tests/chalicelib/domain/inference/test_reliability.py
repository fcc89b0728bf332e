"""The presentation standards, test by test, and their verdicts on the real file."""

import pytest

from chalicelib.domain.inference.intervals import effective_n, standard_error
from chalicelib.domain.inference.normal import two_sided_quantile
from chalicelib.domain.inference.reliability import NOT_ASSESSED, assess, brfss, nchs
from tests.support.brfss import needs_brfss, published_cells

Z = two_sided_quantile(0.95)


@pytest.mark.parametrize(
    ("p", "n", "effective", "width", "reasons", "complement"),
    [
        (0.3, 29, 29, 0.01, ("n<30",), False),
        (0.3, 100, 29.9, 0.01, ("effective-n<30",), False),
        (0.3, 30, 30, 0.05, (), False),
        (0.01, 900, 900, 0.05, (), False),  # narrow in points: its relative width does not matter
        (0.99, 900, 900, 0.05, (), False),  # nor its complement's
        (0.5, 100, 100, 0.30, ("width>=30",), False),
        (0.1, 100, 100, 0.31, ("width>=30",), False),  # the absolute width is tested first
        (0.5, 100, 100, 0.2999, (), False),
        (0.1, 100, 100, 0.1301, ("relative-width>130%",), False),
        (0.1, 100, 100, 0.1299, (), False),
        (0.9, 100, 100, 0.1301, (), True),
        (0.9, 100, 100, 0.1299, (), False),
    ],
)
def test_nchs_applies_its_tests_in_order(
    p: float, n: int, effective: float, width: float, reasons: tuple[str, ...], complement: bool
) -> None:
    verdict = nchs(p, 0.01, n, effective, width)

    assert (verdict.presentable, verdict.reasons) == (not reasons, reasons)
    assert verdict.complement_unreliable is complement


@pytest.mark.parametrize(
    ("p", "se", "n", "reasons"),
    [
        (0.2, 0.06, 50, ()),
        (0.2, 0.06, 49, ("n<50",)),
        (0.2, 0.0601, 50, ("rse>30%",)),
        (0.2, 0.0601, 49, ("n<50", "rse>30%")),
        (0.0, 0.01, 500, ("rse>30%",)),
    ],
)
def test_brfss_tests_the_sample_and_the_relative_error(
    p: float, se: float, n: int, reasons: tuple[str, ...]
) -> None:
    verdict = brfss(p, se, n, n, 0.1)

    assert (verdict.presentable, verdict.reasons) == (not reasons, reasons)


@pytest.mark.parametrize("rule", ["nchs", "brfss", "none"])
def test_no_standard_error_is_not_presentable_under_any_rule(rule: str) -> None:
    verdict = assess(rule, 30.0, None, 200, 100.0)

    assert (verdict.presentable, verdict.reasons) == (False, ("no-standard-error",))


@pytest.mark.parametrize(
    ("rule", "value", "n", "whole"),
    [
        ("none", 30.0, 200, 100.0),
        ("nchs", 30.0, None, 100.0),
        ("nchs", 27.3, 200, None),
        ("nchs", 120.0, 200, 100.0),
        ("brfss", -1.0, 200, 100.0),
    ],
)
def test_what_no_rule_applies_to_is_not_assessed(
    rule: str, value: float, n: int | None, whole: float | None
) -> None:
    assert assess(rule, value, 1.0, n, whole) == NOT_ASSESSED


@pytest.mark.parametrize("value", [0.0, 100.0])
def test_an_estimate_at_an_end_is_shown_for_review_where_the_sample_suffices(value: float) -> None:
    shown, small = assess("nchs", value, 1.0, 30, 100.0), assess("nchs", value, 1.0, 29, 100.0)

    assert (shown.presentable, shown.review, shown.effective_n) == (True, "0-or-100%", 30)
    assert (small.presentable, small.review) == (False, "0-or-100%")


def test_an_estimate_whose_limit_is_at_an_end_needs_no_review() -> None:
    verdict = assess("nchs", 1.0, standard_error(1.0, 0.0, 3.0, 100.0, Z), 120, 100.0)

    assert (verdict.presentable, verdict.review, verdict.effective_n) == (True, None, 120)


def test_proportions_and_percentages_get_the_same_verdict() -> None:
    percent, proportion = assess("nchs", 4.0, 2.5, 90, 100.0), assess("nchs", 0.04, 0.025, 90, 1.0)

    assert percent.reasons == proportion.reasons == ("relative-width>130%",)
    assert proportion.korn_graubard is not None
    assert percent.korn_graubard == pytest.approx([100 * limit for limit in proportion.korn_graubard])


@needs_brfss
def test_verdicts_on_the_published_cells_are_those_of_scipys_intervals() -> None:
    np = pytest.importorskip("numpy")
    special = pytest.importorskip("scipy.special", reason="it is not installed")
    cells = published_cells().iloc[::23]
    ses = [standard_error(*cell, 100.0, Z) for cell in zip(cells.value, cells.low, cells.high, strict=True)]
    p, se = cells.value.to_numpy() / 100, np.array(ses) / 100
    effective = np.minimum(p * (1 - p) / (se * se), cells.n.to_numpy())
    successes, failures = effective * p, effective * (1 - p)
    low = special.betaincinv(successes, failures + 1, 0.025)
    width = special.betaincinv(successes + 1, failures, 0.975) - low
    tests = [effective < 30, width <= 0.05, width >= 0.30, width / p > 1.30]
    expected = np.select(tests, ["effective-n<30", "", "width>=30", "relative-width>130%"], "")

    verdicts = [assess("nchs", *cell, 100.0) for cell in zip(cells.value, ses, cells.n, strict=True)]

    assert ["".join(verdict.reasons) for verdict in verdicts] == list(expected)
    assert [verdict.presentable for verdict in verdicts] == [reason == "" for reason in expected]
    assert {"effective-n<30", "width>=30", "relative-width>130%"} < set(expected)


@needs_brfss
def test_effective_sample_is_capped_in_the_67_cells_of_a_design_effect_below_1() -> None:
    capped = 0
    for value, low, high, n in published_cells()[["value", "low", "high", "n"]].itertuples(index=False):
        se = standard_error(value, low, high, 100.0, Z)
        assert se is not None
        capped += effective_n(value, se, n, 100.0) == n

    assert capped == 67
