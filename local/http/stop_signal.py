"""The first SIGTERM, SIGHUP or Ctrl-C begins a drain, or ends a start; a second one ends the process."""

import os
import signal
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType


class Stopped(KeyboardInterrupt):
    """Raised in the main thread for a signal that ends a start."""


class StopSignal:
    """Handles these signals once it is made; the main thread makes it and waits on it.

    A closing terminal may send SIGHUP twice, so it never ends the process. Under `nohup` it is ignored.
    """

    def __init__(self) -> None:
        self._numbers: list[int] = []
        self._raises = False
        # A signal that arrives just before a thread begins to wait for a lock or an event does not wake
        # it, and an event's own lock may be held when its handler would set it. A byte in a socket,
        # which the interpreter's C code writes, is neither missed nor blocked.
        self._awake, self._wake = socket.socketpair()
        self._wake.setblocking(False)
        signal.set_wakeup_fd(self._wake.fileno(), warn_on_full_buffer=False)
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            if number != signal.SIGHUP or signal.getsignal(number) != signal.SIG_IGN:
                signal.signal(number, self._on_signal)

    def wait(self) -> None:
        """Return when the first signal has arrived, even if that was before this call."""
        while not self._numbers:
            self._awake.recv(1)

    @contextmanager
    def interrupting(self) -> Iterator[None]:
        """Let the first signal raise Stopped, for what may take long and leaves nothing to drain."""
        self._raises = True
        try:
            if self._numbers:
                raise Stopped
            yield
        finally:
            self._raises = False

    def _on_signal(self, number: int, frame: FrameType | None) -> None:
        if self._numbers and number != signal.SIGHUP:
            os._exit(128 + number)  # accepted jobs are on disk
        self._numbers.append(number)
        if self._raises:
            self._raises = False
            raise Stopped
