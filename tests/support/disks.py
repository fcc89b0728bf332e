"""Disks that are full or read-only: by a limit of the process, or real where this machine lets us mount."""

import logging
import os
import resource
import signal
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest


class Lines(logging.Handler):
    """The log lines about the disk, within the block."""

    def __init__(self) -> None:
        super().__init__()
        self.said: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.said.append(record.getMessage())

    def __enter__(self) -> list[str]:
        logging.getLogger("statline.disk").addHandler(self)
        logging.getLogger("statline.disk").setLevel("INFO")
        return self.said

    def __exit__(self, *_: object) -> None:
        logging.getLogger("statline.disk").removeHandler(self)
        logging.getLogger("statline.disk").setLevel("NOTSET")


@contextmanager
def disk_of(size: int) -> Iterator[None]:
    """No file can grow beyond `size` bytes: the writes of a disk that runs full, to this process."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        signal.signal(signal.SIGXFSZ, handler)


class SmallDisk:
    """A file system of its own at `path`."""

    def __init__(self, path: Path) -> None:
        self.path = path

    @contextmanager
    def full(self) -> Iterator[None]:
        """Not a byte is free."""
        filler = self.path / "filler"
        with filler.open("wb", buffering=0) as file:
            for size in (65536, 4096, 1):
                try:
                    while file.write(bytes(size)):
                        pass
                except OSError:
                    continue
        yield
        filler.unlink()

    @contextmanager
    def read_only(self) -> Iterator[None]:
        """Read-only, as the kernel makes a file system with an error."""
        mount("-o", "remount,ro", str(self.path))
        yield
        mount("-o", "remount,rw", str(self.path))


@contextmanager
def small_disk(path: Path, size: str = "16m") -> Iterator[SmallDisk]:
    """Skip the test where no file system can be mounted, which needs root."""
    if os.geteuid() != 0:
        pytest.skip("mounting a small file system takes root")
    path.mkdir()
    try:
        mount("-t", "tmpfs", "-o", f"size={size}", "statline-test", str(path))
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("this machine does not let us mount a small file system")
    try:
        yield SmallDisk(path)
    finally:
        subprocess.run(["umount", "--lazy", str(path)], check=True, timeout=10)


def mount(*arguments: str) -> None:
    subprocess.run(["mount", *arguments], check=True, timeout=10, capture_output=True)


def wait_until(condition: Callable[[], bool]) -> None:
    pause = threading.Event()
    for _ in range(1000):
        if condition():
            return
        pause.wait(0.01)
    raise AssertionError("not within 10 s")
