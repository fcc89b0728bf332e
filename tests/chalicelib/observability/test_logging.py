"""Log lines, as text and as JSON."""

import json
import logging
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.observability.logging import JsonFormatter, LineFormatter, Output, configure


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


# A new line, a colour, a title of the window in C1, a turned direction, a line separator.
OBEYED = "a\nb\x1b[31m\x9b0m\x9d\u202ed\u2028e\r\x7f"


@pytest.mark.parametrize("value", [OBEYED, f"plain {OBEYED}"])
def test_text_line_has_escapes_for_what_a_terminal_obeys(value: str) -> None:
    line = LineFormatter().format(record(f"asked {value}", title=value))

    assert line.isprintable()
    assert r"asked " in line
    assert r"a\nb\x1b[31m\x9b0m\x9d\u202ed\u2028e\r\x7f" in line


def test_json_line_has_escapes_for_what_a_terminal_obeys() -> None:
    line = JsonFormatter().format(record(OBEYED, title=OBEYED))

    assert line.isprintable()
    assert json.loads(line)["message"] == json.loads(line)["title"] == OBEYED


@given(st.text(), st.text())
def test_no_text_makes_a_second_line_or_an_unprintable_one(message: str, value: str) -> None:
    made = record("%s", message, value=value)
    as_text, as_json = LineFormatter().format(made), JsonFormatter().format(made)

    assert as_text.isprintable()
    assert as_json.isprintable()
    assert json.loads(as_json)["value"] == value


@pytest.mark.parametrize(
    ("value", "written"),
    [
        ("best5", "best5"),
        (0.5, "0.5"),
        ("", ""),
        ("two words", '"two words"'),
        ('say "no"', '"say \\"no\\""'),
        ('"', '"\\""'),
        ("a\tb", '"a\\tb"'),
        ("a job_id=job_id_9", '"a job_id=job_id_9"'),
        ("back\\slash", '"back\\\\slash"'),
    ],
)
def test_value_with_blanks_or_quotes_is_quoted(value: object, written: str) -> None:
    assert LineFormatter().format(record("m", v=value)).endswith(f" m v={written}")


def fail(why: str) -> None:
    raise ValueError(why)


def test_lines_of_a_traceback_are_indented_and_escaped() -> None:
    try:
        fail("why\n2026-01-01T00:00:00.123Z INFO statline.jobs forged \x1b[2J")
    except ValueError:
        first, *more = LineFormatter().format(record("failed", exc_info=sys.exc_info())).split("\n")

    assert first.endswith("failed")
    assert all(line.startswith("    ") and line.isprintable() for line in more)
    assert "    2026-01-01T00:00:00.123Z INFO statline.jobs forged \\x1b[2J" in more


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


def test_output_writes_what_its_encoding_lacks_as_escapes(logger: logging.Logger, tmp_path: Path) -> None:
    with (tmp_path / "out").open("w", encoding="ascii") as file:
        handler = Output(file)
        logger.addHandler(handler)
        logger.warning("2011–2022")
    assert (tmp_path / "out").read_text() == "2011\\u20132022\n"
