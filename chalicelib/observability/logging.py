"""Log lines: one for each request and each change of a job, in UTC, as text or JSON, with ids and trace.

No line holds a character that a terminal or a reader of lines would obey, whoever sent it: control
characters, line separators and marks of writing direction are written as escapes.
"""

import json
import logging
import re
import sys
import time
from io import TextIOWrapper
from types import TracebackType
from typing import TextIO

from chalicelib.observability.trace import name_trace

ExceptionInfo = tuple[type[BaseException], BaseException, TracebackType | None] | tuple[None, None, None]

# The attributes of every LogRecord; all others came by `extra` and belong into the line.
STANDARD = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime"}
# A value that needs no quotes: up to the next blank it is all there is.
BARE = re.compile(r'[^\s"=\\]*')
# Lines of a traceback are indented, so that no text in them passes for a line of the log.
INDENT = "    "


def escaped(text: str) -> str:
    """Return the text with an escape such as `\\x1b` in place of each character that is not printable."""
    if text.isprintable():
        return text
    return "".join(
        character if character.isprintable() else character.encode("unicode_escape").decode()
        for character in text
    )


def escaped_json(text: str) -> str:
    """Return a JSON text with JSON's own escapes in place of characters that are not printable."""
    if text.isprintable():
        return text
    return "".join(
        character if character.isprintable() else json.dumps(character)[1:-1] for character in text
    )


def quoted(value: object) -> str:
    """Return the text of a value, in quotes unless it is plain."""
    text = str(value)
    if not BARE.fullmatch(text):
        text = '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
    return escaped(text)


class LineFormatter(logging.Formatter):
    """`2026-01-31T12:00:00.123Z INFO statline.jobs accepted job_id_7 statistic=best5 title="Two words"`."""

    converter = time.gmtime  # type: ignore[assignment] # the stubs want a function of one argument
    default_time_format = "%Y-%m-%dT%H:%M:%S"
    default_msec_format = "%s.%03dZ"

    def __init__(self) -> None:
        super().__init__("%(asctime)s %(levelname)s %(name)s %(message)s")

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802 - logging's own name
        fields = (f"{name}={quoted(value)}" for name, value in extras(record).items())
        return " ".join([escaped(super().formatMessage(record)), *fields])

    def formatException(self, ei: ExceptionInfo) -> str:  # noqa: N802 - logging's own name
        return indented(super().formatException(ei))

    def formatStack(self, stack_info: str) -> str:  # noqa: N802 - logging's own name
        return indented(stack_info)


def indented(text: str) -> str:
    return "\n".join(INDENT + escaped(line) for line in text.split("\n"))


class JsonFormatter(LineFormatter):
    """The same facts as one JSON object a line."""

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, object] = {
            "time": self.formatTime(record),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
            **extras(record),
        }
        if record.exc_info:
            line["exception"] = logging.Formatter.formatException(self, record.exc_info)
        return escaped_json(json.dumps(line, ensure_ascii=False, default=str))


FORMATS = {"text": LineFormatter, "json": JsonFormatter}


def extras(record: logging.LogRecord) -> dict[str, object]:
    return {name: value for name, value in vars(record).items() if name not in STANDARD}


class Output(logging.StreamHandler[TextIO]):
    """Standard output; loses lines that it cannot write (a full disk, a closed pipe) silently.

    What its encoding lacks, such as an en dash in ASCII, is written as an escape.
    """

    def __init__(self, stream: TextIO) -> None:
        super().__init__(stream)
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802 - logging's own name
        if not isinstance(sys.exception(), OSError):
            super().handleError(record)


def configure(level: str, style: str, own: logging.Handler | None = None) -> None:
    """Send Statline's log lines to standard output, or to `own`, in place of any earlier handler."""
    root = logging.getLogger("statline")
    for old in list(root.handlers):
        root.removeHandler(old)
        old.close()
    handler = own or Output(sys.stdout)
    handler.setFormatter(FORMATS[style]())
    handler.addFilter(name_trace)
    root.addHandler(handler)
    root.setLevel(level.upper())
    root.propagate = False
