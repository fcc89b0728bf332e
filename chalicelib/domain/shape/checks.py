"""What is wrong with the keys of a description that say how the rows of a file are shaped."""

import codecs
import json
import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from chalicelib.domain.shape.roles import LABEL_ROLES, PIVOT_ROLES, ROLES, assigned
from chalicelib.errors import listed, shown

SHAPE_KEYS = ("read", "keep", "drop", "constants", "melt", "pivot", "extract", "dimensions")
MELT_KEYS = ("value_vars", "match", "var_name")
PIVOT_KEYS = ("column", *PIVOT_ROLES)


def is_text(value: object) -> bool:
    return isinstance(value, str) and bool(value)


def is_texts(value: object) -> bool:
    return isinstance(value, (list, tuple)) and all(isinstance(item, str) for item in value)


def is_count(value: object) -> bool:
    return type(value) is int and value >= 0


def is_character(value: object) -> bool:
    return isinstance(value, str) and len(value) == 1 and value not in '"\r\n'


def is_mark(value: object) -> bool:
    return is_character(value) and not str(value).isalnum() and str(value) not in "+-"


def is_skip(value: object) -> bool:
    return is_count(value) or (isinstance(value, (list, tuple)) and all(map(is_count, value)))


def is_header(value: object) -> bool:
    if value is None or is_count(value):
        return True
    return isinstance(value, (list, tuple)) and bool(value) and all(map(is_count, value))


def is_encoding(value: object) -> bool:
    try:
        return isinstance(value, str) and bool(codecs.lookup(value)._is_text_encoding)
    except (LookupError, ValueError):
        return False


# What each option of "read" holds: its check, and how an error names it.
OPTIONS: Mapping[str, tuple[Callable[[object], bool], str]] = {
    "sep": (is_character, 'one character, such as ";" or "\\t"'),
    "decimal": (is_mark, 'one character, such as ","'),
    "thousands": (is_mark, 'one character, such as "," or " "'),
    "encoding": (is_encoding, 'the name of an encoding, such as "cp1252"'),
    "skiprows": (is_skip, "a number of lines, or a list of line numbers counted from 0"),
    "skipfooter": (is_count, "a number of lines"),
    "header": (is_header, "the number of a line counted from 0, a list of them, or null"),
    "names": (is_texts, "a list of column names"),
    "comment": (is_text, 'a text, such as "#"'),
    "na_values": (is_texts, 'a list of texts, such as ["NA", ".."]'),
    "sheet_name": (lambda value: is_text(value) or is_count(value), "the name of a sheet, or its number"),
}


def shape_problems(facts: Mapping[str, Any]) -> Iterator[str]:
    """Iterate over what is wrong, each a sentence with the value. Only the first may be relied on."""
    for key in SHAPE_KEYS:
        if not isinstance(facts.get(key, {}), dict):
            yield f"{shown(key)} is not an object"
    yield from read_problems(facts.get("read", {}))
    yield from row_problems(facts)
    yield from text_problems(facts)
    yield from melt_problems(facts)
    yield from pivot_problems(facts)
    for column, pattern in facts.get("extract", {}).items():
        yield from extract_problems(column, pattern)
    yield from twice_problems(facts)


def row_problems(facts: Mapping[str, Any]) -> Iterator[str]:
    for key in ("keep", "drop"):
        for column, texts in facts.get(key, {}).items():
            if not is_texts(texts) or not texts:
                yield f"{shown(key)} has {shown(column)}: {quoted(texts)}, not a list of texts"


def text_problems(facts: Mapping[str, Any]) -> Iterator[str]:
    for role, text in facts.get("constants", {}).items():
        if role not in LABEL_ROLES:
            yield f'"constants" has {shown(role)}; it takes the roles {listed(LABEL_ROLES)}'
        if not isinstance(text, str) or not text.strip():
            yield f'"constants" has {shown(role)}: {quoted(text)}, not a text'
    for column, text in facts.get("dimensions", {}).items():
        if not isinstance(text, str):
            yield f'"dimensions" has {shown(column)}: {quoted(text)}, not the text that means its whole'


def quoted(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)


def read_problems(options: Mapping[str, Any]) -> Iterator[str]:
    if unknown := sorted(set(options) - set(OPTIONS)):
        yield f'"read" has {shown(unknown[0])}; it takes {listed(OPTIONS)}'
    for name, value in options.items():
        is_right, expected = OPTIONS[name]
        if not is_right(value):
            yield f'"read": {shown(name)} is {quoted(value)}, not {expected}'
    if options.get("decimal", ".") == options.get("thousands"):
        yield f'"read": {quoted(options["thousands"])} is both the mark of decimals and of thousands'
    if "header" in options and options["header"] is None and "names" not in options:
        yield '"read": without a header, "names" gives the columns their names'


def melt_problems(facts: Mapping[str, Any]) -> Iterator[str]:
    melt = facts.get("melt")
    if not melt:
        return
    if unknown := sorted(set(melt) - set(MELT_KEYS)):
        yield f'"melt" has {shown(unknown[0])}; it takes {listed(MELT_KEYS)}'
    if not {"value_vars", "match"} & set(melt):
        yield '"melt" needs "value_vars", a list of columns, or "match", a regular expression of their names'
    if "value_vars" in melt and not (is_texts(melt["value_vars"]) and melt["value_vars"]):
        yield f'"melt": "value_vars" is {quoted(melt["value_vars"])}, not a list of columns'
    if "match" in melt:
        yield from pattern_problems('"melt": "match"', melt["match"])
    if melt.get("var_name") not in LABEL_ROLES:
        yield f'"melt" needs "var_name", the role of the columns\' names: one of {listed(LABEL_ROLES)}'
    if "value" in facts["columns"]:
        yield '"melt" gives the value, so "columns" has none'


def pivot_problems(facts: Mapping[str, Any]) -> Iterator[str]:
    pivot = facts.get("pivot")
    if not pivot:
        return
    if unknown := sorted(set(pivot) - set(PIVOT_KEYS)):
        yield f'"pivot" has {shown(unknown[0])}; it takes {listed(PIVOT_KEYS)}'
    if wrong := [role for role in pivot if not is_text(pivot[role])]:
        yield f'"pivot": {shown(wrong[0])} is {quoted(pivot[wrong[0]])}, not a text'
    if not {"column", "value"} <= set(pivot):
        yield '"pivot" needs "column", and "value", the text of the rows that hold the value'


def extract_problems(column: str, pattern: object) -> Iterator[str]:
    yield from pattern_problems(f'"extract": {shown(column)}', pattern)
    groups = re.compile(str(pattern)).groupindex
    if not groups:
        yield f'"extract": {shown(column)} has no group named by a role, such as "(?P<value>[0-9.]+)"'
    if unknown := [name for name in groups if name not in ROLES]:
        yield f'"extract": {shown(column)} has the group {shown(unknown[0])}; the roles are {listed(ROLES)}'


def pattern_problems(where: str, pattern: object) -> Iterator[str]:
    if not isinstance(pattern, str):
        yield f"{where} is {quoted(pattern)}, not a regular expression"
    try:
        re.compile(str(pattern))
    except re.error as error:
        yield f"{where} is no regular expression: {error}"


def twice_problems(facts: Mapping[str, Any]) -> Iterator[str]:
    keys: dict[str, list[str]] = {}
    for role, key in assigned(facts):
        keys.setdefault(role, []).append(key)
    for role, owners in keys.items():
        if len(owners) > 1:
            twice = Counter(owners)
            yield f"the role {shown(role)} is given more than once, by {listed(twice)}"
