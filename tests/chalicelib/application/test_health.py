"""Health: the outcome of the checks, cached for a second."""

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


class FakeCheck:
    """A check with the outcome that the test sets, a count of its runs, and a clock."""

    def __init__(self) -> None:
        self.outcome: str | None = None
        self.runs, self.now = 0, 50.0

    def __call__(self) -> str | None:
        self.runs += 1
        return self.outcome


def test_reasons_follow_the_checks() -> None:
    check = FakeCheck()
    checker = HealthChecker([lambda: None, check], clock=lambda: check.now)
    for outcome in (None, "the disk is full", None):
        check.outcome = outcome
        assert checker.reasons() == ((outcome,) if outcome else ())
        check.now += MAX_AGE


def test_checks_run_once_until_their_outcome_expires() -> None:
    check = FakeCheck()
    checker = HealthChecker([check], clock=lambda: check.now)
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: checker.reasons(), range(200)))
    assert check.runs == 1
    check.now += MAX_AGE
    checker.reasons()
    assert check.runs == 2
    checker.expire()
    checker.reasons()

    assert check.runs == 3


def test_check_that_raises_is_a_reason_and_the_others_still_run() -> None:
    checker = HealthChecker([lambda: str(1 / 0), lambda: "no runner"])
    assert checker.reasons() == ("a health check failed: ZeroDivisionError", "no runner")


def test_health_follows_publication_drain_and_failed_checks(clients: Aws) -> None:
    state, store = DynamoDbServiceState(clients, "statline"), SimulatedStore()
    check = FakeCheck()
    datasets, queue = SimulatedDatasets(Steps()), SimulatedQueue(Steps())
    service = make_service(store, queue, datasets, state, ID_BLOCK, checks=[check])
    status, (reason,) = service.health()
    assert status is HealthStatus.DEGRADED
    assert "publish" in reason
    state.set(dataset="first")
    service.reopen()
    assert service.health() == Health(HealthStatus.READY)
    service.drain()
    assert service.health() == Health(HealthStatus.DRAINING, (DRAINING,))
    with pytest.raises(Draining):
        submit(service, "global_mean", {"question": "S1"})
    check.outcome = "the disk is full"
    service.reopen()
    assert service.health() == Health(HealthStatus.DEGRADED, ("the disk is full",))
    service.drain()

    assert service.health() == Health(HealthStatus.DEGRADED, (DRAINING, "the disk is full"))


def test_unavailable_store_degrades_health_until_it_is_back() -> None:
    cloud = SimulatedCloud()
    service = cloud.process().service
    cloud.steps.plan(0, cloud.steps.outage)
    expected = Health(HealthStatus.DEGRADED, ("the store does not answer (Fault)",))
    assert service.health() == expected
    cloud.steps.clear()
    assert service.health() == expected
    service.reopen()

    assert service.health() == Health(HealthStatus.READY)


class UnreachableState:
    """A ServiceStateStore that cannot be read, and counts the attempts."""

    def __init__(self) -> None:
        self.reads = 0

    def read(self) -> None:
        self.reads += 1
        raise OSError("unreachable")


def test_concurrent_health_requests_read_the_store_once() -> None:
    state, steps = UnreachableState(), Steps()
    service = make_service(SimulatedStore(), SimulatedQueue(steps), SimulatedDatasets(steps), state, ID_BLOCK)
    with ThreadPoolExecutor(8) as pool:
        healths = set(pool.map(lambda _: service.health(), range(200)))

    assert healths == {Health(HealthStatus.DEGRADED, ("the store does not answer (OSError)",))}
    assert state.reads <= 2  # a second may pass on a slow machine
