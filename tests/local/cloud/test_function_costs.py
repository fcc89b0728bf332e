"""What a data set costs a function: measured in a process of its own, and refused where it is too much."""

from itertools import product

import pytest

from chalicelib.domain.ingestor import DataIngestor
from local.cloud.function_costs import (
    ONE_PROCESSOR,
    RESERVE,
    Cost,
    TooLarge,
    Worker,
    measure,
    memory_sizes,
)
from tests.support.measured import HEADER, measured, snapshot_of_before

COST = Cost(empty=55.2, loaded=361.4, asked=447.6, seconds=0.5)
WORKER = Worker("dev", memory=512, timeout=30)
BALLAST = 300_000_000  # bytes


@pytest.fixture(scope="module")
def large() -> DataIngestor:
    """30,000 cells of ten questions."""
    cells = product(range(10), range(100), range(30))
    rows = (
        f"Frage {question},Q{question},Land {place},L{place},2020,2020,"
        f"{question}.{place},0,{place + 1},{100 + group},Gruppe,Nummer {group}"
        for question, place, group in cells
    )
    return measured("\n".join([HEADER, *rows]), national="Land 0", territories=[])


def test_memory_grows_when_data_is_loaded_and_again_when_questions_are_asked(large: DataIngestor) -> None:
    cost = measure(large.snapshot())
    assert cost.empty + 1 < cost.loaded
    assert cost.loaded + 5 < cost.asked
    assert cost.seconds > 0


def test_memory_of_the_publishing_process_does_not_count() -> None:
    """It has just compiled the data, and may have many times the memory of a function."""
    ballast = bytearray(BALLAST)
    cost = measure(measured().snapshot())
    assert len(ballast) == BALLAST
    assert cost.asked < BALLAST / 2**20 / 2


def test_snapshot_of_an_earlier_version_is_measured_too() -> None:
    cost = measure(snapshot_of_before(measured()))
    assert cost.empty <= cost.loaded <= cost.asked


def test_data_that_no_process_can_load_is_refused_with_the_reason() -> None:
    with pytest.raises(TooLarge, match=r"nothing is published: .*DamagedSnapshot: the snapshot is damaged"):
        measure(b"no snapshot")


def test_cold_start_takes_longer_with_a_share_of_a_processor_and_no_shorter_with_several() -> None:
    assert COST.cold_start(512) == pytest.approx(0.5 * 1769 / 512)
    assert COST.cold_start(1769) == COST.cold_start(10_240) == 0.5


def test_cost_is_said_with_what_was_measured_and_what_was_estimated() -> None:
    memory, start = COST.lines(512)
    assert memory == (
        "memory of a worker: 480 MB, and it has 512: 55 without data, 361 with it, 448 once every question "
        "was asked (measured here), and 32 for results"
    )
    assert start == (
        "cold start: 1.7 s to load it, estimated: 0.50 s of processor time here, times 3.5 for the share of "
        "a processor at 512 MB"
    )


def test_data_that_just_fits_is_taken_and_a_megabyte_more_is_not() -> None:
    fitting = COST._replace(asked=512 - RESERVE)
    WORKER.require(fitting)
    with pytest.raises(TooLarge) as refused:
        WORKER.require(fitting._replace(asked=513 - RESERVE))
    assert str(refused.value) == (
        "nothing is published: a worker needs 513 MB for this data set, and those of stage dev have 512 MB. "
        'Publish fewer rows ("keep" or "drop" in the description, fewer years), or give them more: '
        '"Memory": 1024 for dev in .chalice/stages.json, and `make deploy STAGE=dev`'
    )


def test_data_that_no_function_can_hold_is_refused_without_advice_to_give_more() -> None:
    with pytest.raises(TooLarge, match=r"needs 10,241 MB .*: no worker can have as much$"):
        WORKER.require(COST._replace(asked=max(memory_sizes()) + 1 - RESERVE))


def test_data_that_loads_longer_than_a_worker_may_take_is_refused() -> None:
    at_the_limit = COST._replace(seconds=WORKER.timeout * WORKER.memory / ONE_PROCESSOR)
    WORKER.require(at_the_limit)
    with pytest.raises(TooLarge, match=r"about 61 s .* may take 30 s\. .*\"FunctionTimeout\": 122, \"Vis"):
        WORKER.require(at_the_limit._replace(seconds=at_the_limit.seconds * 2.01))
