"""The units of DynamoDB that jobs take, measured on moto through the functions' own adapters."""

import random
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import NamedTuple

from bench import quotas, survey
from bench.dynamodb_units import UnitMeter
from chalicelib.adapters.dynamodb_service_state import DynamoDbServiceState
from chalicelib.adapters.s3_dataset_store import S3DatasetStore
from chalicelib.application.job import ExecuteRequest
from chalicelib.application.service import Service
from chalicelib.bootstrap import aws_service
from chalicelib.config import Settings
from chalicelib.domain.ingestor import DataIngestor
from chalicelib.domain.statistics.registry import STATISTICS
from local.emulator import moto_backend
from local.settings import SAMPLE

Writes = dict[str, float]
INDEXES = ("table", "open", "listed")


class Units(NamedTuple):
    """Units of one job. Writes are by index, with "table" for the items themselves.

    `hottest_writes` are those of the hottest partition key of each, of a new job and of a known one.
    """

    new_writes: Writes
    known_writes: Writes
    hottest_writes: dict[str, tuple[float, float]]
    new_reads: float
    known_reads: float

    def by_bucket(self, new: float) -> dict[str, float]:
        """Return what an average job asks of the buckets of bench.scale."""

        def mean(of_new: float, of_known: float) -> float:
            return of_new * new + of_known * (1 - new)

        return {
            "API Gateway, requests": mean(quotas.NEW.requests, quotas.KNOWN.requests),
            "table, write units": mean(self.new_writes["table"], self.known_writes["table"]),
            "table, read units": mean(self.new_reads, self.known_reads),
        } | {
            f"hottest key of {name}, write units": mean(*hottest)
            for name, hottest in self.hottest_writes.items()
        }

    def rows(self) -> list[dict[str, object]]:
        return [
            {
                "write units of a job": name,
                "new": self.new_writes[name],
                "known": self.known_writes[name],
                "hottest key, new": hottest[0],
                "hottest key, known": hottest[1],
            }
            for name, hottest in self.hottest_writes.items()
        ]


def measured(jobs: int, shards: int = Settings.index_shards) -> Units:
    """Submit, process and poll so many jobs of the load's natural mix: half of them new, half known."""
    half = jobs // 2
    with on_moto(shards) as (service, meter):
        questions = list(natural_mix(half))
        counted = []
        for fresh in (True, False):
            meter.clear()
            for question in questions:
                run(service, replace(question, fresh=fresh))
            counted.append((Counter(meter.writes), sum(meter.reads.values()) / half))
    (new, new_reads), (known, known_reads) = counted
    hottest = {name: (hottest_of(new, name) / half, hottest_of(known, name) / half) for name in INDEXES}
    return Units(by_index(new, half), by_index(known, half), hottest, new_reads, known_reads)


@contextmanager
def on_moto(shards: int) -> Iterator[tuple[Service, UnitMeter]]:
    """Yield the functions' service on the sample, and the meter of its DynamoDB client."""
    mock = moto_backend.start_moto()
    try:
        aws = moto_backend.connect(Settings())
        urls = [aws.sqs.create_queue(QueueName=name)["QueueUrl"] for name in ("jobs", "callbacks")]
        settings = Settings(queue_url=urls[0], callback_queue_url=urls[1], index_shards=shards)
        data = DataIngestor.from_csv(SAMPLE, survey.described(SAMPLE))
        S3DatasetStore(aws, settings.bucket).publish("sample", data.snapshot(), data.catalogue())
        DynamoDbServiceState(aws, settings.table).set(dataset="sample")
        meter = UnitMeter(aws.dynamodb, settings.table)
        yield aws_service(settings, aws=aws), meter
    finally:
        mock.stop()


def natural_mix(count: int) -> Iterator[ExecuteRequest]:
    """Statistics, and pairs of question and state with rows, drawn as bench.closed_loop does."""
    choice, names, pairs = random.Random(1).choice, sorted(STATISTICS), survey.usable_pairs(SAMPLE)
    for _ in range(count):
        name = choice(names)
        yield ExecuteRequest(name, dict(zip(STATISTICS[name].parameters, choice(pairs), strict=False)))


def run(service: Service, request: ExecuteRequest) -> None:
    """Submit a job, process it if it is not finished yet, and poll it: twice if it was not."""
    job = service.submit(request)
    if not job.status.is_terminal:
        service.get(job.id)
        service.process(job.id)
    service.get(job.id)


def by_index(counted: Counter[tuple[str, str]], jobs: int) -> Writes:
    return {name: sum(n for (index, _), n in counted.items() if index == name) / jobs for name in INDEXES}


def hottest_of(counted: Counter[tuple[str, str]], name: str) -> float:
    return max((float(n) for (index, _), n in counted.items() if index == name), default=0.0)
