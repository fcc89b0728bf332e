"""What a text that cannot be read looks like, and what in a description would read it."""

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from chalicelib.domain.shape.tallies import pasted

MARK, DECIMAL, THOUSANDS, EITHER, TEXT, YEAR, OTHER = (
    *("mark", "decimal", "thousands", "either", "text", "year", "other"),
)
SHOWN_MARKS = 12
NUMBER = "[0-9]+(?:[.,][0-9]+)?"
BLANK = "[ \u00a0\u202f]"

DECIMALS = re.compile(r"[+-]?[0-9]*,([0-9]+)", re.ASCII)
GROUPS = re.compile(
    rf"[+-]?[0-9]{{1,3}}(?:([,.'’]|{BLANK})[0-9]{{3}})(?:\1[0-9]{{3}})*(?:([.,])([0-9]+))?", re.ASCII
)
LIMITS = "(?P<low>[0-9.,]+)(?: ?[-–;] ?|, )(?P<high>[0-9.,]+)"
BETWEEN = rf"{NUMBER}(?: ?[-–;] ?|, ){NUMBER}"
# A number and a flag, or no number and a flag: `12.3 b`, `: u`.
FLAGGED = "^(?P<{role}>-?[0-9.,]*)[ :]*[A-Za-z*†‡#]*$"
# Texts that hold a number and more, each with the regular expression that cuts them.
SHAPES = (
    (rf"{NUMBER} ?%", "^(?P<{role}>[0-9.,]+) ?%$"),
    (rf"{NUMBER} ?\[ ?{BETWEEN} ?\]", rf"^(?P<{{role}}>[0-9.,]+) ?\[ ?{LIMITS} ?\]$"),
    (rf"{NUMBER} ?\( ?{BETWEEN} ?\)", rf"^(?P<{{role}}>[0-9.,]+) ?\( ?{LIMITS} ?\)$"),
    (rf"\( ?{BETWEEN} ?\)", rf"^\( ?{LIMITS} ?\)$"),
    (rf"-?(?:{NUMBER}|:) ?[A-Za-z*†‡#]+", FLAGGED),
)
INFINITE = re.compile("[+-]?inf(inity)?", re.IGNORECASE)


def kind_of(text: str, role: str) -> tuple[str, str]:
    """Return what an unreadable text of a role looks like, and what would read it: a mark or a pattern."""
    if role in ("year", "year_end"):
        found = re.findall("[0-9]+", text)
        fours = [digits for digits in found if len(digits) == 4]
        return (YEAR, "(?P<year>[0-9]{4})") if fours and role == "year" else (OTHER, "")
    if match := GROUPS.fullmatch(text):
        mark, point, _ = match.groups()
        mark = " " if mark not in ",.'’" else mark
        if text.count(mark) > 1 or point or mark not in ",.":
            return (THOUSANDS, mark + ("," if point == "," else "")) if mark != point else (OTHER, "")
        return EITHER, mark
    if match := DECIMALS.fullmatch(text):
        return DECIMAL, ","
    for shape, pattern in SHAPES:
        if re.fullmatch(shape, text):
            is_limit = role in ("low", "high") and "(?P<low>" in pattern  # which has a group already
            return TEXT, pattern.replace("(?P<{role}>", "(?:" if is_limit else f"(?P<{role}>")
    is_word = not any(map(str.isnumeric, text)) or re.fullmatch(rf"[<>≤≥] ?{NUMBER} ?%?", text)
    if is_word and not INFINITE.fullmatch(text):
        return MARK, text
    return OTHER, ""


def options_of(kind: str, signs: Sequence[str]) -> dict[str, Any]:
    """Return the options of "read" that read texts of a kind; none where another key is needed."""
    if kind == MARK:
        return {"na_values": [*signs]}
    if kind == DECIMAL:
        return {"decimal": ","}
    if kind == THOUSANDS:
        return {"thousands": signs[0][0]} | ({"decimal": ","} if len(signs[0]) > 1 else {})
    return {}


def remedy_of(kind: str, signs: Sequence[str], column: str, role: str) -> str:
    """Return what the description needs, to be pasted."""
    if options := options_of(kind, signs):
        return f': "read": {pasted(options)}'
    if kind == EITHER:
        if signs[0] == ".":
            return ': "read": {"thousands": "."}'
        return ': "read": {"decimal": ","} if the comma is the point, "read": {"thousands": ","} if not'
    if kind in (TEXT, YEAR):
        pattern = signs[0]
        return f': "extract": {pasted({column: pattern})}, and no {pasted(role)} in "columns"'
    return ""


def merged(options: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """Return options of several remedies as those of one "read"."""
    whole: dict[str, Any] = {}
    for part in options:
        for name, value in part.items():
            known = whole.get(name)
            whole[name] = [*dict.fromkeys([*known, *value])] if isinstance(known, list) else value
    return whole
