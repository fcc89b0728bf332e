"""What the server prints for the person who started it."""

import sys
from contextlib import suppress


def say(line: str) -> None:
    """Print a line in one piece, between the log lines of other threads. Ignore a closed standard output."""
    with suppress(OSError):
        sys.stdout.write(f"{line}\n")
        sys.stdout.flush()
