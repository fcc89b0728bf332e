"""Write units by partition key: no key takes more than a million jobs a minute allow."""

from collections.abc import Iterator
from dataclasses import replace

import pytest

from bench.dynamodb_units import UnitMeter, size
from bench.quotas import PARTITION_READS, PARTITION_WRITES
from bench.units import natural_mix, on_moto
from chalicelib.adapters.aws_clients import Aws
from chalicelib.adapters.dynamodb_job_store import DynamoDbJobStore
from chalicelib.application.pagination import Filter
from chalicelib.application.service import Service
from chalicelib.config import Settings
from tests.support.samples import job

JOBS_A_SECOND = 1_000_000 / 60
# Of one partition key, for one job.
LARGEST_SHARE = PARTITION_WRITES / JOBS_A_SECOND


def work(service: Service, meter: UnitMeter, count: int, *, fresh: bool) -> dict[tuple[str, str], float]:
    """Submit and process jobs of the natural mix; return the write units of each key for one job."""
    meter.clear()
    for request in natural_mix(count):
        submitted = service.submit(replace(request, fresh=fresh))
        if not submitted.status.is_terminal:
            service.process(submitted.id)
    return {key: units / count for key, units in meter.writes.items()}


def test_hottest_partition_key_takes_a_million_jobs_a_minute() -> None:
    with on_moto(Settings.index_shards) as (service, meter):
        natural = work(service, meter, 2_000, fresh=False)
        fresh = work(service, meter, 250, fresh=True)
        page = pages_reads(service, meter)

    assert max(natural.values()) <= LARGEST_SHARE
    # The result of a question is one item, which each fresh answer replaces.
    assert max(units for (_, key), units in fresh.items() if not key.startswith("#result:")) <= LARGEST_SHARE
    assert max(page.values()) <= PARTITION_READS / 1_000  # a thousand pages a second
    assert sum(page.values()) <= 40


def pages_reads(service: Service, meter: UnitMeter) -> dict[tuple[str, str], float]:
    meter.clear()
    assert len(service.page(Filter(), 10).jobs) == 10
    return dict(meter.reads)


def test_one_key_an_index_takes_33_times_too_many() -> None:
    with on_moto(shards=1) as (service, meter):
        fresh = work(service, meter, 20, fresh=True)
    assert fresh["listed", "listed#00"] / LARGEST_SHARE == pytest.approx(33.3, abs=0.1)


@pytest.fixture
def meter(moto: Aws) -> Iterator[UnitMeter]:
    return UnitMeter(moto.dynamodb, "statline")


def test_write_is_counted_for_the_item_and_each_index_entry(moto: Aws, meter: UnitMeter) -> None:
    store = DynamoDbJobStore(moto, "statline", "statline", 1000, shards=1)
    large = job(1, inputs={"question": "x" * 1_500})

    store.create(large)
    created = dict(meter.writes)
    meter.clear()
    store.finish(large.fail("why", 9))
    finished = dict(meter.writes)
    meter.clear()
    store.delete("job_id_1")

    item, opened, listed = ("table", "job_id_1"), ("open", "open#00"), ("listed", "listed#00")
    assert created == finished == {item: 2, opened: 1, listed: 2}
    assert meter.writes == {item: 2, listed: 2}


def test_moved_entry_costs_the_old_key_and_the_new(moto: Aws, meter: UnitMeter) -> None:
    store = DynamoDbJobStore(moto, "statline", "statline", 1000, shards=1)
    asked = job(1, subscriber={"failedUri": "http://a.test/"})
    store.create(asked)
    meter.clear()
    store.finish(asked.fail("why", 9))
    assert (meter.writes["open", "open#00"], meter.writes["open", "unsent#00"]) == (1, 1)


def test_refused_write_and_reads_are_counted(moto: Aws, meter: UnitMeter) -> None:
    store = DynamoDbJobStore(moto, "statline", "statline", 1000, shards=1)
    store.create(job(1))
    store.finish(job(1).fail("why", 9))
    meter.clear()

    store.finish(job(1).fail("late", 10))
    store.count_open()

    assert meter.writes == {("table", "job_id_1"): 1}
    assert meter.reads == {("table", "job_id_1"): 1, ("open", "open#00"): 0.5, ("open", "open"): 0.5}


def test_item_has_the_bytes_that_aws_counts() -> None:
    item = {
        "id": {"S": "é"},
        "n": {"N": "1234"},
        "b": {"B": b"123"},
        "f": {"BOOL": True},
        "m": {"M": {"k": {"S": "v"}}},
        "l": {"L": [{"N": "1"}]},
    }
    assert size(item) == (2 + 2) + (1 + 4) + (1 + 3) + (1 + 1) + (1 + 3 + 3) + (1 + 3 + 1 + 2)
