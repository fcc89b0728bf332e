"""The model of a million jobs a minute: limits refuse when they are used up, and only then."""

import pytest

from bench.quotas import Quotas
from bench.scale import Bucket, Model, Slots, bill
from bench.units import Units

UNITS = Units(
    new_writes={"table": 3.0, "open": 2.0, "listed": 2.0},
    known_writes={"table": 1.0, "open": 0.0, "listed": 1.0},
    hottest_writes={"table": (0.01, 0.01), "open": (0.03, 0.0), "listed": (0.03, 0.02)},
    new_reads=4.5,
    known_reads=1.0,
)
AMPLE = Quotas(1e9, 1e9, 1e9, 1e9, 1e9, 1e9)


def modelled(rate: float, new: float = 0.0, units: Units = UNITS, **limits: float) -> Model:
    model = Model(rate, new, units, AMPLE._replace(**limits))
    model.run(600)
    return model


def test_bucket_lends_its_burst_then_its_rate() -> None:
    bucket = Bucket(rate=10, burst=20)
    assert [bucket.take(0, 15), bucket.take(0, 10), bucket.take(1, 10)] == [1, 0.5, 1]
    assert bucket.empty_at == 0
    assert bucket.demand == 35


def test_slots_grow_to_their_most() -> None:
    slots = Slots(start=5, per_second=5, most=12)
    assert [slots.take(0, 9), slots.take(1, 9), slots.take(9, 9)] == [5, 5, 2]
    assert (slots.peak, slots.full_at) == (12, 0)


def test_ample_limits_accept_and_finish_all() -> None:
    model = modelled(1_000, new=0.5)
    assert model.accepted == pytest.approx(600_000)
    assert model.finished == pytest.approx(600_000, rel=0.01)
    assert model.first() == "no bucket is ever empty"


@pytest.mark.parametrize(
    ("limits", "name", "seconds"),
    [
        ({"gateway_rate": 1_000, "gateway_burst": 60_000}, "API Gateway, requests", 60),
        ({"table_writes": 800}, "table, write units", 4),
    ],
)
def test_first_empty_bucket_is_named_with_its_time(limits: dict[str, float], name: str, seconds: int) -> None:
    model = modelled(1_000, **limits)
    assert model.first() == f"the first empty bucket is {name}, after {seconds} s"
    assert model.accepted < 600_000


def test_hot_key_empties_after_its_burst() -> None:
    """2,000 units a second where 1,000 are written, and 300,000 are kept: 300 s."""
    hot = UNITS._replace(hottest_writes=UNITS.hottest_writes | {"listed": (2.0, 2.0)})
    model = modelled(1_000, units=hot)
    assert model.buckets["hottest key of listed, write units"].empty_at == pytest.approx(300, abs=1)


def test_queue_grows_until_the_pollers_are_enough() -> None:
    """333 workers are there after 66 s; the queue is empty again later."""
    model = modelled(16_667, new=1.0)
    assert 400_000 < model.longest_queue < 700_000
    assert model.waiting < 1_000


def test_bill_goes_by_units() -> None:
    dollars, more = bill(UNITS), bill(UNITS._replace(known_reads=9.0))
    assert dollars.known == pytest.approx(7.00 + 0.40 + 0.20 + 0.95 + 2 * 0.625 + 0.125, abs=0.01)
    assert more.known - dollars.known == pytest.approx(1.0)
    assert dollars.new == pytest.approx(10.5 + 0.8 + 0.43 + 1.2 + 1.6 + 7 * 0.625 + 4.5 * 0.125, abs=0.01)
