"""What is wrong with the facts of a description."""

import json
import math
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from chalicelib.domain.geometry import geometry_problems
from chalicelib.domain.shape.checks import SHAPE_KEYS, shape_problems
from chalicelib.domain.shape.roles import JOINED_ROLES, REQUIRED_ROLES, ROLES, assigned
from chalicelib.errors import listed, shown

BEST_ENDS = ("lowest", "highest")
SCALES = ("logit", "linear")
WHEN = ("any", "mixed")
# The keys of every description, and those that the statistics with uncertainty read.
CORE_KEYS = ("title", "source", "licence", "synthetic", "columns", "best", "aliases")
TRUST_KEYS = (
    *("unit", "interval", "whole", "national", "territories", "no_group", "age", "notes"),
    *("population", "citation", "geometry", "topics"),
)
KEYS = (*CORE_KEYS, *TRUST_KEYS, *SHAPE_KEYS)
NOTE_TEXTS, NOTE_LISTS = ("code", "text", "source"), ("questions", "locations", "categories")


def problems(facts: Mapping[str, Any]) -> Iterator[str]:
    """Iterate over what is wrong, each a sentence with the value. Only the first may be relied on."""
    if unknown := sorted(set(facts) - set(KEYS)):
        yield f"unknown key {shown(unknown[0])}; there are {listed(KEYS)}"
    yield from type_problems(facts)
    yield from shape_problems(facts)
    yield from column_problems(facts)
    if odd := [end for end in facts.get("best", {}).values() if end not in BEST_ENDS]:
        yield f'"best" has {shown(odd[0])}; it takes {listed(BEST_ENDS)}'
    if unknown := sorted(set(facts.get("aliases", {})) - set(ROLES)):
        yield f'"aliases" has {shown(unknown[0])}; the roles are {listed(ROLES)}'
    for key, (is_right, expected) in TRUST_FACTS.items():
        if not is_right(facts.get(key, EMPTY[key])):
            yield f"{shown(key)} is {shown(json.dumps(facts[key], ensure_ascii=False))}, not {expected}"
    yield from (f'"geometry": {problem}' for problem in geometry_problems(facts.get("geometry", {})))
    if "low" in dict(assigned(facts)) and not facts.get("interval"):
        yield '"columns" has "low" and "high"; limits need "interval", their level and scale'
    for number, note in enumerate(facts.get("notes", ()), 1):
        wrong = note_problems(note) if isinstance(note, dict) else iter(["it is not an object"])
        yield from (f'"notes", number {number}: {problem}' for problem in wrong)


def type_problems(facts: Mapping[str, Any]) -> Iterator[str]:
    title = facts.get("title")
    if not isinstance(title, str) or not title.strip() or not are_columns(facts.get("columns")):
        yield 'it needs a "title" and "columns", the column of each role'
    for key in ("source", "licence"):
        if not is_text(facts.get(key, "")):
            yield f"{shown(key)} is not a text"
    if not isinstance(facts.get("synthetic", False), bool):
        yield '"synthetic" is neither true nor false'
    if not is_renaming(facts.get("best", {})):
        yield '"best" is not an object of question to end'
    aliases = facts.get("aliases", {})
    if not isinstance(aliases, dict) or not all(map(is_renaming, aliases.values())):
        yield '"aliases" is not an object of role to {value: value}'
    try:
        json.dumps(facts, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        yield "it holds half a character (an unpaired surrogate)"


def column_problems(facts: Mapping[str, Any]) -> Iterator[str]:
    columns, roles = facts["columns"], dict(assigned(facts))
    if unknown := sorted(set(columns) - set(ROLES)):
        yield f'"columns" has {shown(unknown[0])}; the roles are {listed(ROLES)}'
    if missing := [role for role in REQUIRED_ROLES if role not in roles]:
        yield f'"columns" lacks {listed(missing)}{remedy(missing[0])}'
    if joined := [role for role in columns if not is_text(columns[role]) and role not in JOINED_ROLES]:
        yield f'"columns": {shown(joined[0])} is a list; only {listed(JOINED_ROLES)} may be one'
    for first, second in (("category", "segment"), ("low", "high")):
        if (first in roles) != (second in roles):
            yield f'"columns" needs {shown(first)} and {shown(second)} together, or neither{remedy(first)}'
    if "year_end" in roles and "year" not in roles:
        yield '"columns" has "year_end" without "year"'


# Ways to fill a role that has no column of its own.
REMEDIES = {
    "question": 'where all rows are of one question: "constants": {"question": "its text"}',
    "location": 'where all rows are of one place: "constants": {"location": "its name"}',
    "value": 'where each year has a column: "melt": {"match": "^([0-9]{4})$", "var_name": "year"}',
    "category": "where a column is one dimension of several: "
    '"dimensions": {"the column": "its text for the whole"}',
}


def remedy(role: str) -> str:
    return f"; {REMEDIES[role]}" if role in REMEDIES else ""


def note_problems(note: Mapping[str, Any]) -> Iterator[str]:
    allowed = (*NOTE_TEXTS, *NOTE_LISTS, "years", "when")
    if unknown := sorted(set(note) - set(allowed)):
        yield f"unknown key {shown(unknown[0])}; there are {listed(allowed)}"
    for key in NOTE_TEXTS:
        if not is_text(note.get(key)) or not note[key]:
            yield f"it needs {shown(key)}, a text"
    for key in NOTE_LISTS:
        if not is_texts(note.get(key, [])):
            yield f"{shown(key)} is not a list of texts"
    if not is_list_of(is_year, note.get("years", [])):
        yield '"years" is not a list of years such as 2017'
    if note.get("when", "any") not in WHEN:
        yield f'"when" is {shown(note["when"])}; it takes {listed(WHEN)}'


def is_text(value: object) -> bool:
    return isinstance(value, str)


def is_renaming(value: object) -> bool:
    return isinstance(value, dict) and all(map(is_text, value.values()))


def are_columns(value: object) -> bool:
    """Return whether each role has a column, or a list of at least one."""
    return isinstance(value, dict) and all(
        is_text(column) or (is_texts(column) and bool(column)) for column in value.values()
    )


def is_list_of(is_right: Callable[[object], bool], value: object) -> bool:
    return isinstance(value, (list, tuple)) and all(map(is_right, value))


def is_texts(value: object) -> bool:
    return is_list_of(is_text, value)


def is_year(value: object) -> bool:
    return type(value) is int and 1000 <= value <= 9999


def is_positive(value: object) -> bool:
    return type(value) in (int, float) and 0 < value < math.inf  # type: ignore[operator] # it is a number


def is_interval(value: object) -> bool:
    if not isinstance(value, dict):
        return False
    return not value or (
        set(value) == {"level", "scale"}
        and (is_positive(value["level"]) and value["level"] < 1)
        and value["scale"] in SCALES
    )


def is_whole(value: object) -> bool:
    return is_renaming(value) and len({"category", "segment"} & set(value)) != 1  # type: ignore[call-overload] # a dict


def is_age(value: object) -> bool:
    if not isinstance(value, dict):
        return False
    standard = value.get("standard")
    return not value or (
        set(value) == {"category", "standard"}
        and is_text(value["category"])
        and (isinstance(standard, dict) and bool(standard) and all(map(is_positive, standard.values())))
    )


TEXT, TEXTS = (is_text, "a text"), (is_texts, "a list of texts")
# What each key holds: its check, and how an error names it.
TRUST_FACTS: Mapping[str, tuple[Callable[[object], bool], str]] = {
    "unit": TEXT,
    "interval": (is_interval, '{"level": between 0 and 1, "scale": "logit" or "linear"}'),
    "whole": (is_whole, '{"category": text, "segment": text} or {category: its segment of everybody}'),
    "national": TEXT,
    "territories": TEXTS,
    "no_group": TEXTS,
    "age": (is_age, '{"category": text, "standard": {segment: weight above 0}}'),
    "notes": (lambda value: isinstance(value, (list, tuple)), "a list of notes"),
    "population": TEXT,
    "citation": TEXT,
    "topics": (is_renaming, "{question: topic}"),
}
EMPTY: Mapping[str, object] = {
    **dict.fromkeys(("unit", "national", "population", "citation"), ""),
    **dict.fromkeys(("territories", "no_group", "notes"), ()),
    **{key: {} for key in ("interval", "whole", "age", "topics")},
}
