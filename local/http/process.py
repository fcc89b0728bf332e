"""What both servers arrange with the operating system and the interpreter."""

import contextlib
import gc
import os
import resource
import threading

PARENT_POLL_SECONDS = 0.2


def freeze_startup_objects() -> None:
    """Freeze startup objects so that garbage collection does not pause requests."""
    gc.collect()
    gc.freeze()


def raise_file_limit() -> None:
    """Let the process hold open as many files, and so connections, as the system allows."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != hard:
        # macOS names "no limit" and then refuses it, so the old limit stays.
        with contextlib.suppress(ValueError, OSError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def end_with_parent(parent: int) -> None:
    """End when the parent does: a killed parent would leave autoreload's child with the port."""
    pause = threading.Event()
    while os.getppid() == parent:
        pause.wait(PARENT_POLL_SECONDS)
    os._exit(0)
