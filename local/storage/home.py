"""The home of a service: its lock, its log file, and the errors of a start that cannot use it."""

import contextlib
import fcntl
import logging
import logging.handlers
import os
import sys
import threading
import time
from collections.abc import Iterator
from io import TextIOWrapper
from pathlib import Path
from typing import IO

from chalicelib.errors import StatlineError
from local.settings import LocalSettings
from local.storage.files import DiskStatus, make_private, private, private_folder, remove_leftovers

LOG_BYTES, LOG_FILES = 10_000_000, 3
LOCK_SECONDS = 5.0


class HomeInUse(StatlineError):
    """Raised when another process uses the same home."""

    def __init__(self, settings: LocalSettings) -> None:
        super().__init__(
            f"another Statline keeps its results in {settings.home}; "
            "stop it, or set STATLINE_HOME to another folder"
        )


class HomeUnusable(StatlineError):
    """Raised when the home cannot be written, so that no job can be accepted."""

    def __init__(self, settings: LocalSettings, error: OSError) -> None:
        super().__init__(
            f"cannot use {error.filename or settings.state}: {error.strerror or error}; "
            f"mend that, or set STATLINE_HOME to another folder than {settings.home}"
        )


@contextlib.contextmanager
def locked_home(settings: LocalSettings) -> Iterator[None]:
    """Lock the home against a second process. The system releases the lock when this one ends.

    Raises HomeInUse or HomeUnusable.
    """
    try:
        private_folder(settings.state)
        file = os.fdopen(private(str(settings.state / "lock"), os.O_WRONLY | os.O_CREAT), "w")
    except OSError as error:
        raise HomeUnusable(settings, error) from error
    with file:
        take_lock(file, settings)
        make_private(settings.state)
        with contextlib.suppress(OSError):  # no snapshot can be kept there: its writer says so
            private_folder(settings.snapshots)
            for folder in (settings.state, settings.snapshots):
                remove_leftovers(folder)
        yield


def take_lock(file: IO[str], settings: LocalSettings) -> None:
    # A server that restarts itself may meet its predecessor on the way out.
    end, pause = time.monotonic() + LOCK_SECONDS, threading.Event()
    while True:
        try:
            return fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            if time.monotonic() > end:
                raise HomeInUse(settings) from None
            pause.wait(0.05)


class LogFile(logging.handlers.RotatingFileHandler):
    """The log in .statline/logs/. A line that cannot be written is lost; nothing else fails."""

    def __init__(self, settings: LocalSettings) -> None:
        self._failed = False
        self._status = DiskStatus(".statline/logs/", "lines are only on standard output")
        super().__init__(
            settings.state / "logs" / "statline.log",
            maxBytes=LOG_BYTES,
            backupCount=LOG_FILES,
            encoding="utf-8",
            delay=True,
        )

    def problem(self) -> str | None:
        """Return why log lines cannot be written now, or None."""
        if self._status.sentence is not None:
            # An empty line, which no reader of the log stumbles over.
            self.handle(logging.makeLogRecord({"msg": ""}))
        return self._status.sentence

    def emit(self, record: logging.LogRecord) -> None:
        if self.stream is not None and not Path(self.baseFilename).exists():
            self._close_stream()
        self._failed = False
        super().emit(record)
        if not self._failed:
            self._status.recovered()

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802 - logging's own name
        error = sys.exception()
        if isinstance(error, OSError):
            # What could not be flushed would fail again with every line: the next one opens the file anew.
            self._close_stream()
            self._status.failed(error)
            self._failed = True
        else:
            super().handleError(record)

    def _open(self) -> TextIOWrapper:
        private_folder(Path(self.baseFilename).parent)
        file = private(self.baseFilename, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
        return TextIOWrapper(os.fdopen(file, "ab"), encoding=self.encoding)

    def _close_stream(self) -> None:
        stream, self.stream = self.stream, None
        if stream is not None:
            with contextlib.suppress(OSError):
                stream.close()
