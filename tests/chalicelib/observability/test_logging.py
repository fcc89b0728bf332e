"""Log lines, as text and as JSON."""

import json
import logging
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from chalicelib.observability.logging import JsonFormatter, LineFormatter, configure


def record(message: str, *args: object, **more: object) -> logging.LogRecord:
    made = logging.makeLogRecord({"name": "statline.jobs", "levelname": "INFO", "msg": message, "args": args})
    made.created, made.msecs = 1_767_225_600.0, 123.0
    vars(made).update(more)
    return made


def test_text_line_has_time_level_logger_message_and_fields() -> None:
    line = LineFormatter().format(record("accepted %s", "job_id_7", job_id="job_id_7", ms=3))
    assert line == "2026-01-01T00:00:00.123Z INFO statline.jobs accepted job_id_7 job_id=job_id_7 ms=3"


def test_json_line_has_the_same_facts_on_one_line() -> None:
    line = JsonFormatter().format(record("two\nlines", job_id="job_id_7"))
    assert "\n" not in line
    assert json.loads(line) == {
        "time": "2026-01-01T00:00:00.123Z",
        "level": "INFO",
        "logger": "statline.jobs",
        "message": "two\nlines",
        "job_id": "job_id_7",
    }


def test_json_line_includes_the_traceback() -> None:
    try:
        int("why")
    except ValueError:
        line = JsonFormatter().format(record("failed", exc_info=sys.exc_info()))
    assert "ValueError: invalid literal" in json.loads(line)["exception"]


@pytest.fixture
def logger() -> Iterator[logging.Logger]:
    """Statline's own, put back afterwards as it was."""
    root = logging.getLogger("statline")
    before = root.level, root.propagate, list(root.handlers)
    root.handlers.clear()
    yield root
    root.level, root.propagate, root.handlers[:] = before


def test_second_configuration_replaces_the_first(
    logger: logging.Logger, capsys: pytest.CaptureFixture[str]
) -> None:
    configure("debug", "text")
    configure("warning", "json")
    logger.getChild("x").info("unseen")
    logger.getChild("x").warning("seen")
    (line,) = capsys.readouterr().out.splitlines()
    assert json.loads(line)["message"] == "seen"


def test_given_handler_is_the_only_one(logger: logging.Logger) -> None:
    own = logging.NullHandler()
    configure("info", "json", own)
    assert logger.handlers == [own]
    assert isinstance(own.formatter, JsonFormatter)


def test_line_to_a_full_disk_is_lost_without_traceback(
    logger: logging.Logger, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    with Path("/dev/full").open("w") as full:
        monkeypatch.setattr(sys, "stdout", full)
        configure("info", "text")
        logger.warning("lost")
        with suppress(OSError):
            full.close()
    assert capfd.readouterr().err == ""
