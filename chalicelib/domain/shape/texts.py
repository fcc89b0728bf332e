"""Texts as they are compared: in one Unicode form."""

import unicodedata
from collections.abc import Mapping
from typing import Any

BYTE_ORDER_MARK = "\ufeff"


def composed(text: str) -> str:
    """Return the text in Unicode's composed form, NFC: one `é`, however it was typed."""
    return text if text.isascii() else unicodedata.normalize("NFC", text)


def tidy(text: str) -> str:
    """Return the text in composed form, without the blanks around it."""
    return composed(text.strip())


def tidy_name(text: str) -> str:
    """Return the name of a column without the blanks and byte order marks around it."""
    return tidy(text.strip().strip(BYTE_ORDER_MARK))


def composed_values(value: Any) -> Any:
    """Return a JSON value in which every text is composed."""
    if isinstance(value, str):
        return composed(value)
    if isinstance(value, Mapping):
        return {composed_values(key): composed_values(item) for key, item in value.items()}
    return [composed_values(item) for item in value] if isinstance(value, (list, tuple)) else value
