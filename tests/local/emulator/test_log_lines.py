"""Log lines that leave in batches."""

import logging
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from local.emulator import log_lines
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


def test_lines_are_written_in_one_batch_in_order(lines: LogLines, batches: Batches) -> None:
    for text in ("one", "100 %s", "three"):
        lines.handle(line(text))
    lines.flush()
    assert batches.seen == ["one\n100 %s\nthree"]


def test_single_line_is_written_without_a_flush(lines: LogLines, batches: Batches) -> None:
    lines.handle(line("alone"))
    until(lambda: batches.seen == ["alone"])


def test_close_writes_the_last_lines_of_all_threads_once(batches: Batches) -> None:
    lines = LogLines([batches])
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda number: lines.handle(line(str(number))), range(2000)))
    lines.close()
    written = [int(text) for batch in batches.seen for text in batch.split("\n")]
    assert sorted(written) == list(range(2000))
    assert batches.closed


def test_warning_is_written_at_once(batches: Batches, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(log_lines, "GATHER_SECONDS", 60.0)
    slow = LogLines([batches])
    slow.handle(line("why", logging.WARNING))
    until(lambda: batches.seen == ["why"])
    slow.close()


def test_unformattable_line_loses_no_other_line(lines: LogLines, batches: Batches) -> None:
    logging.raiseExceptions, before = False, logging.raiseExceptions
    lines.handle(logging.makeLogRecord({"msg": "%d", "args": ("seven",)}))
    lines.handle(line("next"))
    logging.raiseExceptions = before
    lines.flush()
    assert batches.seen == ["next"]


def test_logging_shutdown_writes_the_last_lines(batches: Batches) -> None:
    lines = LogLines([batches])
    lines.handle(line("last"))
    logging.shutdown([lambda: lines])  # type: ignore[list-item] # logging keeps weak references, called alike
    assert batches.seen == ["last"]
