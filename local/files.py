"""Files that are there whole or not at all."""

import os
from pathlib import Path

SUFFIX = ".tmp"


def write_atomically(path: Path, content: bytes) -> None:
    """Write to a temporary name beside the file, then rename; a failure leaves nothing behind."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}{SUFFIX}")
    try:
        temporary.write_bytes(content)
        temporary.replace(path)
    except OSError:
        temporary.unlink(missing_ok=True)
        raise


def remove_leftovers(folder: Path, prefix: str = "") -> None:
    """Remove the temporary files that a killed process left, of names that begin with `prefix`.

    Only for a folder that no other process writes to now.
    """
    for path in folder.glob(f".{prefix}*{SUFFIX}"):
        path.unlink(missing_ok=True)
