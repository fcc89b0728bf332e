"""The contract of HostLeases, for each adapter."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from chalicelib.adapters.aws_clients import Aws
from chalicelib.adapters.dynamodb_host_leases import DynamoDbHostLeases
from chalicelib.application.host_leases import (
    ABSURD_MS,
    FIRST_BACK_OFF_MS,
    HEALTHY_WAIT_MS,
    LEASE_MS,
    LONGEST_BACK_OFF_MS,
    Busy,
    Lease,
)
from chalicelib.application.ports import HostLeases
from local.emulator import memory_host_leases
from local.emulator.memory_host_leases import MemoryHostLeases
from tests.conftest import OTHERS
from tests.support.simulated import SimulatedClock

HOST = "a.test"


@pytest.fixture
def clock() -> SimulatedClock:
    return SimulatedClock()


@pytest.fixture(params=["memory", "moto", *OTHERS])
def leases(request: pytest.FixtureRequest, clock: SimulatedClock) -> HostLeases:
    if request.param == "memory":
        return MemoryHostLeases(clock)
    return DynamoDbHostLeases(request.getfixturevalue(request.param), "statline", clock)


def leased(leases: HostLeases, host: str = HOST) -> Lease:
    lease = leases.acquire(host)
    assert isinstance(lease, Lease)
    return lease


def test_host_is_leased_once_and_others_meanwhile(leases: HostLeases) -> None:
    lease = leased(leases)

    assert leases.acquire(HOST) == Busy(HEALTHY_WAIT_MS / 1000, 0)
    leased(leases, "b.test")
    assert leases.release(lease, delivered=True) == 0.0
    leased(leases)


def test_hundred_threads_get_one_lease(leases: HostLeases) -> None:
    with ThreadPoolExecutor(20) as pool:
        found = [*pool.map(leases.acquire, [HOST] * 100)]

    assert [type(one) for one in found].count(Lease) == 1


def test_lease_of_a_crashed_process_expires(leases: HostLeases, clock: SimulatedClock) -> None:
    leased(leases)
    clock.now += LEASE_MS - 1
    assert leases.acquire(HOST) == Busy(0.001, 0)
    clock.now += 1

    leased(leases)


@pytest.mark.parametrize("delivered", [True, False])
def test_end_of_an_expired_lease_leaves_the_next_one_alone(
    leases: HostLeases, clock: SimulatedClock, delivered: bool
) -> None:
    late = leased(leases)
    clock.now += LEASE_MS
    leased(leases)
    leases.release(late, delivered)

    assert leases.acquire(HOST) == Busy(HEALTHY_WAIT_MS / 1000, 0)


def test_pause_after_failures_doubles_up_to_a_maximum_and_ends_with_a_success(
    leases: HostLeases, clock: SimulatedClock
) -> None:
    pauses, begin = [], clock.now
    for _ in range(6):
        pauses.append(leases.release(leased(leases), delivered=False))
        assert leases.acquire(HOST) == Busy(pauses[-1], clock.now - begin)
        clock.now += int(pauses[-1] * 1000)
    assert pauses == [0.5, 1.0, 2.0, 4.0, 8.0, 8.0]
    assert (pauses[0], pauses[-1]) == (FIRST_BACK_OFF_MS / 1000, LONGEST_BACK_OFF_MS / 1000)
    leases.release(leased(leases), delivered=True)

    assert leases.release(leased(leases), delivered=False) == pauses[0]


def test_host_that_fails_is_left_alone_until_its_lease_ends(
    leases: HostLeases, clock: SimulatedClock
) -> None:
    """It may hang again, and then backs off longer."""
    leases.release(leased(leases), delivered=False)
    clock.now += FIRST_BACK_OFF_MS
    leased(leases)

    assert leases.acquire(HOST) == Busy(LEASE_MS / 1000, FIRST_BACK_OFF_MS)


def test_clock_that_is_set_back_does_not_lock_a_host(leases: HostLeases, clock: SimulatedClock) -> None:
    leased(leases)
    clock.now -= ABSURD_MS

    leased(leases)


def test_lease_whose_response_was_lost_is_our_own(clients: Aws, monkeypatch: pytest.MonkeyPatch) -> None:
    """The SDK writes again, and meets its own write."""
    update: Callable[..., Any] = clients.dynamodb.update_item

    class Repeating:
        def __getattr__(self, name: str) -> Any:
            return getattr(dynamodb, name)

        def update_item(self, **arguments: Any) -> Any:
            update(**arguments)
            return update(**arguments)

    dynamodb = clients.dynamodb
    monkeypatch.setattr(clients, "dynamodb", Repeating())

    assert isinstance(DynamoDbHostLeases(clients, "statline").acquire(HOST), Lease)


def test_item_of_a_host_is_removed_with_its_last_failure_and_expires_otherwise(
    clients: Aws, clock: SimulatedClock
) -> None:
    leases = DynamoDbHostLeases(clients, "statline", clock)

    def items() -> list[Any]:
        return clients.dynamodb.scan(TableName="statline")["Items"]

    leases.release(leased(leases), delivered=False)
    (item,) = items()
    assert int(item["expires"]["N"]) >= clock.now / 1000 + 3_600
    clock.now += FIRST_BACK_OFF_MS
    leases.release(leased(leases), delivered=True)

    assert items() == []


def test_memory_forgets_hosts_that_no_attempt_was_made_at_for_long(
    clock: SimulatedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(memory_host_leases, "MANY", 10)
    leases = MemoryHostLeases(clock)
    for number in range(50):
        leases.release(leased(leases, f"{number}.test"), delivered=False)
        clock.now += 600_000

    assert len(leases._states) <= 11
