"""Numbers as people write them, with the marks that a description names."""

import re
from collections.abc import Mapping
from typing import Any

from chalicelib.domain.numbers import NUMBER

MINUS = "\u2212"
BLANKS = "\u00a0\u202f"  # which separate thousands like a plain blank


class Numerals:
    """Reads numbers with the `decimal` and `thousands` marks of a description's "read"."""

    def __init__(self, options: Mapping[str, Any]) -> None:
        self._decimal, thousands = str(options.get("decimal", ".")), str(options.get("thousands", ""))
        self._blanks = thousands == " "
        self._thousands = thousands
        self._is_plain = self._decimal == "." and not thousands
        point = re.escape(self._decimal)
        mark = re.escape(thousands)
        groups = rf"[0-9]{{1,3}}(?:{mark}[0-9]{{2,3}})*{mark}[0-9]{{3}}|" if thousands else ""
        self._pattern = re.compile(
            rf"([+-]?)({groups}[0-9]*)((?:{point}[0-9]*)?)((?:[eE][+-]?[0-9]{{1,2}})?)", re.ASCII
        )

    def plain(self, text: str) -> str:
        """Return a number with a point, no marks of thousands and a plain minus; another text as it is.

        Raises ValueError for a number whose point is not one here.
        """
        text = text.replace(MINUS, "-", 1) if text.startswith(MINUS) else text
        if self._is_plain:
            return text
        if self._blanks:
            text = text.translate(dict.fromkeys(map(ord, BLANKS), " "))
        if match := self._pattern.fullmatch(text):
            whole = match[2].replace(self._thousands, "") if self._thousands else match[2]
            return f"{match[1]}{whole}{match[3].replace(self._decimal, '.')}{match[4]}"
        if NUMBER.fullmatch(text):
            raise ValueError(f"{text} has other marks than the description says")
        return text

    def written(self, value: object) -> str:
        """Return the text of a value of a frame that is no text, in these marks."""
        text = str(value)
        return text if self._decimal == "." else text.replace(".", self._decimal)
