"""What both servers arrange with the operating system and the interpreter."""

import contextlib
import gc
import os
import resource
import sys
import threading

from chalicelib.errors import SystemLimit

PARENT_POLL_SECONDS = 0.2
SWITCH_SECONDS = 0.001
# A connection is a file. Some forty others are the database, logs, and pipes.
LEAST_FILES = 256


def freeze_startup_objects() -> None:
    """Freeze startup objects so that garbage collection does not pause requests."""
    gc.collect()
    gc.freeze()


def share_interpreter() -> None:
    """Let threads that compute give the interpreter to those that answer after 1 ms, instead of 5."""
    sys.setswitchinterval(SWITCH_SECONDS)


def raise_file_limit() -> None:
    """Let the process hold open as many files, and so connections, as the system allows.

    Raises SystemLimit if they are too few.
    """
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != hard:
        # macOS names "no limit" and then refuses it, so the old limit stays.
        with contextlib.suppress(ValueError, OSError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    allowed, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    if allowed != resource.RLIM_INFINITY and allowed < LEAST_FILES:
        raise SystemLimit(
            f"{allowed} files may be open, and connections need more: at least {LEAST_FILES}; "
            f"`ulimit -n {LEAST_FILES}` allows them"
        )


def end_with_parent(parent: int) -> None:
    """End when the parent does: a killed parent would leave autoreload's child with the port."""
    pause = threading.Event()
    while os.getppid() == parent:
        pause.wait(PARENT_POLL_SECONDS)
    os._exit(0)
