"""The Python client: one file, which the service offers to download and pip installs from this folder."""

import functools
from pathlib import Path

FILE = Path(__file__).with_name("statline.py")


@functools.cache
def source() -> str:
    """Return the text of the client."""
    return FILE.read_text(encoding="utf-8")
