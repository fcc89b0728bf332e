"""Log lines leave in batches: a line costs whoever writes it no system call."""

import logging
import threading
from collections import deque
from collections.abc import Sequence

GATHER_SECONDS = 0.05


class LogLines(logging.Handler):
    """Formats lines and hands them on to `handlers`, some at a time, on a thread of its own.

    A death of the process takes the lines of the last moment with it; a warning does not wait that long.
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
        """Hand on what has come so far."""
        with self._order:
            lines = [self._lines.popleft() for _ in range(len(self._lines))]
            if lines:
                batch = logging.makeLogRecord({"msg": "\n".join(lines)})
                for handler in self._handlers:
                    handler.handle(batch)

    def close(self) -> None:
        """Hand on what is left, and close the handlers."""
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
