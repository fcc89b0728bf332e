"""The first SIGTERM or Ctrl-C begins a drain, the second ends the process."""

import os
import signal
import socket
from types import FrameType


class StopSignal:
    """Handles SIGTERM and SIGINT once it is made; the main thread makes it and waits on it."""

    def __init__(self) -> None:
        self._numbers: list[int] = []
        # A signal that arrives just before a thread begins to wait for a lock or an event does not wake
        # it, and an event's own lock may be held when its handler would set it. A byte in a socket,
        # which the interpreter's C code writes, is neither missed nor blocked.
        self._awake, self._wake = socket.socketpair()
        self._wake.setblocking(False)
        signal.set_wakeup_fd(self._wake.fileno(), warn_on_full_buffer=False)
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._on_signal)

    def wait(self) -> None:
        """Return when the first signal has arrived, even if that was before this call."""
        while not self._numbers:
            self._awake.recv(1)

    def _on_signal(self, number: int, frame: FrameType | None) -> None:
        if self._numbers:
            os._exit(128 + number)  # accepted jobs are on disk
        self._numbers.append(number)
