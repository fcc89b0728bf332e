"""Health: what checks say, asked no more often than once a second, and how it changes."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from chalicelib.adapters.aws_clients import Aws
from chalicelib.adapters.dynamodb_service_state import DynamoDbServiceState
from chalicelib.application.admission_control import DRAINING
from chalicelib.application.health import MAX_AGE, Health, HealthChecker, HealthStatus
from chalicelib.errors import Draining
from tests.support.services import make_service, submit
from tests.support.simulated import ID_BLOCK, SimulatedDatasets, SimulatedQueue, SimulatedStore
from tests.support.simulated_cloud import SimulatedCloud
from tests.support.trouble import Steps


class Patient:
    """A check that says what the test lets it say, and counts."""

    def __init__(self) -> None:
        self.says: str | None = None
        self.asked, self.now = 0, 50.0

    def __call__(self) -> str | None:
        self.asked += 1
        return self.says


def test_reasons_come_and_go() -> None:
    """With what is wrong."""
    supports_wait = Patient()
    examination = HealthChecker([lambda: None, supports_wait], clock=lambda: supports_wait.now)
    for says in (None, "the disk is full", None):
        supports_wait.says = says
        assert examination.reasons() == ((says,) if says else ())
        supports_wait.now += MAX_AGE


def test_asked_by_a_crowd_it_looks_once() -> None:
    """Until what it saw is old, or something that it looks at has changed."""
    supports_wait = Patient()
    examination = HealthChecker([supports_wait], clock=lambda: supports_wait.now)
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: examination.reasons(), range(200)))
    assert supports_wait.asked == 1
    supports_wait.now += MAX_AGE
    examination.reasons()
    assert supports_wait.asked == 2
    examination.expire()
    examination.reasons()
    assert supports_wait.asked == 3


def test_a_check_that_fails_is_a_reason() -> None:
    """And the others are made all the same."""
    examination = HealthChecker([lambda: str(1 / 0), lambda: "no runner"])
    assert examination.reasons() == ("a health check failed: ZeroDivisionError", "no runner")


def test_a_service_that_is_well(clients: Aws) -> None:
    """Before any data is published it is not; then it is; it drains; it opens again."""
    control, store = DynamoDbServiceState(clients, "statline"), SimulatedStore()
    supports_wait = Patient()
    datasets, queue = SimulatedDatasets(Steps()), SimulatedQueue(Steps())
    service = make_service(store, queue, datasets, control, ID_BLOCK, checks=[supports_wait])
    status, (reason,) = service.health()
    assert status is HealthStatus.DEGRADED
    assert "publish" in reason
    control.set(dataset="first")
    service.reopen()
    assert service.health() == Health(HealthStatus.READY)
    service.drain()
    assert service.health() == Health(HealthStatus.DRAINING, (DRAINING,))
    with pytest.raises(Draining):
        submit(service, "global_mean", {"question": "S1"})
    supports_wait.says = "the disk is full"
    service.reopen()
    assert service.health() == Health(HealthStatus.DEGRADED, ("the disk is full",))
    service.drain()
    assert service.health() == Health(HealthStatus.DEGRADED, (DRAINING, "the disk is full"))


def test_a_store_that_does_not_answer() -> None:
    """A reason like others, asked for once however many want to know; well again when it is back."""
    cloud = SimulatedCloud()
    service = cloud.process().service
    cloud.steps.plan(0, cloud.steps.outage)
    expected = Health(HealthStatus.DEGRADED, ("the store does not answer (Fault)",))
    assert service.health() == expected
    cloud.steps.clear()
    assert service.health() == expected
    service.reopen()
    assert service.health() == Health(HealthStatus.READY)


class Down:
    """A control record that nobody can read."""

    def __init__(self) -> None:
        self.asked = 0

    def read(self) -> None:
        self.asked += 1
        raise OSError("unreachable")


def test_a_crowd_that_asks_is_one_call() -> None:
    """Above all while the store is down: then every call takes long."""
    down, steps = Down(), Steps()
    service = make_service(SimulatedStore(), SimulatedQueue(steps), SimulatedDatasets(steps), down, ID_BLOCK)
    with ThreadPoolExecutor(8) as pool:
        seen = set(pool.map(lambda _: service.health(), range(200)))
    assert seen == {Health(HealthStatus.DEGRADED, ("the store does not answer (OSError)",))}
    assert down.asked <= 2  # a second may pass on a slow machine
