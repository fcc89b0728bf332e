"""A logging handler that writes lines in batches, so that logging makes no system call."""

import logging
import threading
from collections import deque
from collections.abc import Sequence

GATHER_SECONDS = 0.05


class LogLines(logging.Handler):
    """Formats lines and passes them to `handlers` in batches, on a thread of its own.

    When the process is killed, the last batch is lost; a warning is written at once.
    """

    def __init__(self, handlers: Sequence[logging.Handler]) -> None:
        super().__init__()
        self._handlers = handlers
        self._lines: deque[str] = deque()
        self._some, self._hurry = threading.Event(), threading.Event()
        # Not logging's own lock: its shutdown holds that one while it waits for `close`.
        self._order = threading.Lock()
        self._closing = False
        self._thread = threading.Thread(target=self._run, name="LogLines", daemon=True)
        self._thread.start()

    def emit(self, record: logging.LogRecord) -> None:
        try:
            line = self.format(record)
        except Exception:
            self.handleError(record)
            return
        self._lines.append(line)
        if record.levelno >= logging.WARNING:
            self._hurry.set()
        if not self._some.is_set():
            self._some.set()

    def flush(self) -> None:
        """Pass on the lines collected so far."""
        with self._order:
            lines = [self._lines.popleft() for _ in range(len(self._lines))]
            if lines:
                batch = logging.makeLogRecord({"msg": "\n".join(lines)})
                for handler in self._handlers:
                    handler.handle(batch)

    def close(self) -> None:
        """Pass on the remaining lines and close the handlers."""
        self._closing = True
        self._hurry.set()
        self._some.set()
        self._thread.join()
        for handler in self._handlers:
            handler.close()
        super().close()

    def _run(self) -> None:
        while not self._closing:
            self._some.wait()
            self._hurry.wait(GATHER_SECONDS)
            # Cleared before the lines are taken: one that comes in between wakes this thread once more.
            self._some.clear()
            self._hurry.clear()
            self.flush()
