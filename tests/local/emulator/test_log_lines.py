"""Log lines that leave in batches."""

import logging
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from local.emulator.log_lines import LogLines
from tests.support.processes import until


class Batches(logging.Handler):
    """What was handed on, a batch each."""

    def __init__(self) -> None:
        super().__init__()
        self.seen: list[str] = []
        self.closed = False

    def emit(self, record: logging.LogRecord) -> None:
        self.seen.append(record.getMessage())

    def close(self) -> None:
        self.closed = True
        super().close()


@pytest.fixture
def batches() -> Batches:
    return Batches()


@pytest.fixture
def lines(batches: Batches) -> Iterator[LogLines]:
    lines = LogLines([batches])
    yield lines
    lines.close()


def line(text: str, level: int = logging.INFO) -> logging.LogRecord:
    return logging.makeLogRecord({"msg": text, "levelno": level})


def test_lines_leave_together_in_order(lines: LogLines, batches: Batches) -> None:
    """Percent signs, as in paths, are no placeholders."""
    for text in ("one", "100 %s", "three"):
        lines.handle(line(text))
    lines.flush()
    assert batches.seen == ["one\n100 %s\nthree"]


def test_a_line_leaves_by_itself(lines: LogLines, batches: Batches) -> None:
    """Nobody has to ask for it."""
    lines.handle(line("alone"))
    until(lambda: batches.seen == ["alone"])


def test_the_last_lines_leave_when_it_is_closed(batches: Batches) -> None:
    """With those that many threads write at once: none is lost, none comes twice."""
    lines = LogLines([batches])
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda number: lines.handle(line(str(number))), range(2000)))
    lines.close()
    written = [int(text) for batch in batches.seen for text in batch.split("\n")]
    assert sorted(written) == list(range(2000))
    assert batches.closed


def test_a_warning_does_not_wait(batches: Batches) -> None:
    """For others to come."""
    slow = LogLines([batches], gather=60.0)
    slow.handle(line("why", logging.WARNING))
    until(lambda: batches.seen == ["why"])
    slow.close()


def test_a_line_that_cannot_be_formatted(lines: LogLines, batches: Batches) -> None:
    """Is told of, and costs no other."""
    logging.raiseExceptions, before = False, logging.raiseExceptions
    lines.handle(logging.makeLogRecord({"msg": "%d", "args": ("seven",)}))
    lines.handle(line("next"))
    logging.raiseExceptions = before
    lines.flush()
    assert batches.seen == ["next"]


def test_the_end_of_the_process_closes_it(batches: Batches) -> None:
    """As logging does it: with the handler's lock held."""
    lines = LogLines([batches])
    lines.handle(line("last"))
    logging.shutdown([lambda: lines])  # type: ignore[list-item] # logging keeps weak references, called alike
    assert batches.seen == ["last"]
