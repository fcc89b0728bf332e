"""Log lines: one for each request and each change of a job, in UTC, as text or JSON, with ids and trace."""

import json
import logging
import sys
import time
from typing import TextIO

from chalicelib.observability.trace import name_trace

# The attributes of every LogRecord; all others came by `extra` and belong into the line.
STANDARD = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime"}


class LineFormatter(logging.Formatter):
    """`2026-01-31T12:00:00.123Z INFO statline.jobs accepted job_id_7 statistic=best5`."""

    converter = time.gmtime  # type: ignore[assignment] # the stubs want a function of one argument
    default_time_format = "%Y-%m-%dT%H:%M:%S"
    default_msec_format = "%s.%03dZ"

    def __init__(self) -> None:
        super().__init__("%(asctime)s %(levelname)s %(name)s %(message)s")

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802 - logging's own name
        fields = extras(record)
        return " ".join(
            [super().formatMessage(record), *(f"{name}={value}" for name, value in fields.items())]
        )


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
            line["exception"] = self.formatException(record.exc_info)
        return json.dumps(line, ensure_ascii=False, default=str)


FORMATS = {"text": LineFormatter, "json": JsonFormatter}


def extras(record: logging.LogRecord) -> dict[str, object]:
    return {name: value for name, value in vars(record).items() if name not in STANDARD}


class Output(logging.StreamHandler[TextIO]):
    """Standard output; loses lines that it cannot write (a full disk, a closed pipe) silently."""

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
