"""A service over any adapters, and requests to it as the routes make them."""

from collections.abc import Callable, Iterable
from typing import Any

from chalicelib.adapters.callback_sender import HttpCallbackSender
from chalicelib.application.health import Check
from chalicelib.application.idempotency import IdempotencyKey
from chalicelib.application.job import Job
from chalicelib.application.ports import (
    CallbackSender,
    DatasetStore,
    HostLeases,
    JobQueue,
    JobStore,
    Ports,
    ServiceStateStore,
)
from chalicelib.application.service import Service, now_ms
from chalicelib.config import Settings
from chalicelib.documents.batch_request import parse_batch
from chalicelib.documents.execute_request import parse_execute_request, parse_question
from chalicelib.domain.statistics.registry import statistic
from local.emulator.memory_host_leases import MemoryHostLeases
from tests.support.simulated import SimulatedQueue
from tests.support.trouble import Steps


def make_service(
    store: JobStore,
    queue: JobQueue,
    datasets: DatasetStore,
    state: ServiceStateStore,
    id_block: int = 10,
    clock: Callable[[], int] = now_ms,
    checks: Iterable[Check] = (),
    sender: CallbackSender | None = None,
    callback_queue: JobQueue | None = None,
    host_leases: HostLeases | None = None,
    count_seconds: float = 0.0,
    **settings: Any,
) -> Service:
    ports = Ports(
        store,
        queue,
        datasets,
        state,
        sender or HttpCallbackSender(),
        callback_queue or SimulatedQueue(Steps()),
        host_leases or MemoryHostLeases(),
    )
    return Service(ports, Settings(id_block=id_block, **settings), clock, checks, count_seconds)


def submit(service: Service, name: str, body: object, key: str | None = None, fresh: bool = False) -> Job:
    """POST /api/<name>."""
    bound = IdempotencyKey.of_request(key, "submit", name, body)
    return service.submit(parse_question(statistic(name), body, fresh), bound)


def execute(service: Service, name: str, body: object, key: str | None = None, fresh: bool = False) -> Job:
    """POST /processes/<name>/execution."""
    bound = IdempotencyKey.of_request(key, "execute", name, body)
    return service.submit(parse_execute_request(statistic(name), body, fresh), bound, validate=True)


def execute_all(service: Service, body: object, key: str | None = None, fresh: bool = False) -> list[Job]:
    """POST /batch."""
    return service.submit_batch(parse_batch(body, fresh), IdempotencyKey.of_request(key, "batch", body))
