"""The inputs of statistics: what each means, its JSON Schema, and its grammar.

Only what holds for every data set stands here: a value that breaks it is refused, whatever data are served.
"""

import json
import math
import re
from collections.abc import Callable
from decimal import Decimal
from typing import Any, NamedTuple

from chalicelib.domain.shape.texts import composed
from chalicelib.domain.statistics.statistic import Statistic
from chalicelib.domain.years import parse_years
from chalicelib.errors import BadYears, InvalidRequest, listed, shown

Schema = dict[str, Any]

# A text that is not blank. What a blank is regular expressions disagree about, so the class names those
# that some do not know.
TEXT: Schema = {"type": "string", "pattern": r"[^\s\x1c-\x1f\x85\ufeff]"}
# Characters. Survey questions have up to 250; every job keeps its texts, in memory while it is open.
LONGEST_TEXT = 1_000
INPUT: Schema = TEXT | {"maxLength": LONGEST_TEXT}
YEAR = "[0-9]{4}"
SPAN = f"{YEAR}( *- *{YEAR})?"
YEARS_PATTERN = f"^ *(latest|all|{SPAN}( *, *{SPAN})*) *$"
YEARS: Schema = {
    "anyOf": [
        # No schema can say this: a span ends no earlier than it begins, and is not of hundreds of years.
        {"type": "string", "format": "years", "pattern": YEARS_PATTERN, "maxLength": LONGEST_TEXT},
        {"type": "integer", "minimum": 1000, "maximum": 9999},
    ]
}
LARGEST_TOP = 999
TOP: Schema = {
    "anyOf": [
        {"type": "string", "pattern": "^[1-9][0-9]{0,2}$"},
        {"type": "integer", "minimum": 1, "maximum": LARGEST_TOP},
    ]
}
LARGEST_REFERENCE = 10**9
REFERENCE: Schema = {
    "anyOf": [INPUT, {"type": "number", "minimum": -LARGEST_REFERENCE, "maximum": LARGEST_REFERENCE}]
}


def any_text(name: str, text: str) -> None:
    """Accept a name: only the data set knows whether it has it."""


def words(name: str, text: str) -> None:
    if text not in INPUTS[name].schema["enum"]:
        allowed = listed(INPUTS[name].schema["enum"])
        raise InvalidRequest(f"field {shown(name)} must be one of {allowed}, not {shown(text)}")


def years(name: str, text: str) -> None:
    if not re.fullmatch(YEARS_PATTERN, text):
        raise BadYears(text)
    parse_years(text)


def whole_number(name: str, text: str) -> None:
    if not re.fullmatch("[1-9][0-9]{0,2}", text):
        raise InvalidRequest(
            f"field {shown(name)} must be a whole number from 1 to {LARGEST_TOP}, not {shown(text)}"
        )


class Input(NamedTuple):
    """An input of statistics. `default` says what its absence means, `numbers` what JSON numbers it takes."""

    title: str
    description: str
    default: str = ""
    schema: Schema = INPUT
    check: Callable[[str, str], None] = any_text
    numbers: tuple[type, ...] = ()


def choice(*allowed: str) -> Schema:
    return {"type": "string", "enum": list(allowed)}


SPANS = "such as 2022, 2011-2022 or 2011,2015-2017; `latest`, the last year with a value; or `all`"
INPUTS = {
    "question": Input("Question", "A question of the data set, by its text or its id"),
    "state": Input("State", "A state of the data set, by its name"),
    "years": Input("Years", f"Years, {SPANS}", "latest", YEARS, years, (int,)),
    "category": Input("Category", "A category of groups", "the whole population"),
    "stratum": Input(
        "Stratum", "A group; its category may be left out where only one has it", "the whole population"
    ),
    "weights": Input(
        "Weights", "The weights of an average", "equal", choice("equal", "sample_size", "precision"), words
    ),
    "areas": Input(
        "Areas",
        "The states of the nation, or its territories too; never the nation itself",
        "states",
        choice("states", "all"),
        words,
    ),
    "rule": Input(
        "Rule",
        "The rule that marks unreliable estimates, NCHS' presentation standards for proportions, BRFSS' "
        "(fewer than 50 respondents, or a relative standard error above 30 %), or none",
        "nchs",
        choice("nchs", "brfss", "none"),
        words,
    ),
    "versus_state": Input("Other state", "The state to compare with", "the same state"),
    "versus_years": Input(
        "Other years", f"The years to compare with, {SPANS}", "the same years", YEARS, years, (int,)
    ),
    "versus_stratum": Input("Other stratum", "The group to compare with", "the same group"),
    "reference": Input("Reference", "What each is compared with", "", REFERENCE, numbers=(int, float)),
    "top": Input("Top", "How many places the top has", "5", TOP, whole_number, (int,)),
    "best": Input("Best", "Which end is best", "as the data set says", choice("lowest", "highest"), words),
}
EVERY_ROW = dict.fromkeys(("category", "stratum"), "every row")
# What the absence of an input means where that differs between statistics.
DEFAULTS = {
    "trend": {"years": "all"},
    "cells": {"years": "all of one state, else latest", **EVERY_ROW},
    "benchmark": {"reference": "others"},
    "disparity": {"reference": "the best presentable group"},
    "estimands": {"years": "all"},
}
REFERENCES = {
    "benchmark": "`others`, the average of the other areas; the nation by its name, such as `National`; or a "
    "number to reach, such as a national target",
    "disparity": "A group to compare the others with",
}
NO_STATE = {
    "cells": "every state",
    "estimate": "the average of `areas`",
    "trend": "a row for each of `areas`",
    "age_standardised": "a row for each of `areas`",
    "ranking": "none is singled out",
    "estimands": "all places",
}


def default_of(entry: Statistic, name: str) -> str:
    """Return what the absence of an optional input of a statistic means."""
    if entry.computes_rows:
        return "all" if name == "years" else EVERY_ROW[name]
    if name == "state":
        return NO_STATE[entry.name]
    return DEFAULTS.get(entry.name, {}).get(name, INPUTS[name].default)


def described(entry: Statistic, name: str) -> str:
    """Return the sentence that describes an input of a statistic."""
    text = REFERENCES[entry.name] if name == "reference" else INPUTS[name].description
    if words := INPUTS[name].schema.get("enum"):
        text = f"{text}: `{'`, `'.join(words)}`"
    return f"{text}. Without it: {default_of(entry, name)}." if name in entry.optional else f"{text}."


def input_text(name: str, value: object) -> str:
    """Return an input as the text that a job keeps. Raises InvalidRequest, naming the field."""
    if type(value) in INPUTS[name].numbers:
        value = number_text(name, value)
    if not isinstance(value, str) or not re.search(TEXT["pattern"], value):
        raise InvalidRequest(f"field {shown(name)} must be {forms(name)}, not {json.dumps(value)[:200]}")
    if len(value) > LONGEST_TEXT:
        raise InvalidRequest(
            f"field {shown(name)} has {len(value)} characters; at most {LONGEST_TEXT} are taken"
        )
    # No schema can say this: half a character is not text, though JSON can escape one.
    if any("\ud800" <= character <= "\udfff" for character in value):
        raise InvalidRequest(f"field {shown(name)} holds half a character (an unpaired surrogate)")
    INPUTS[name].check(name, value)
    return composed(value)


def forms(name: str) -> str:
    numbers = INPUTS[name].numbers
    other = " or a number" if float in numbers else " or an integer" if numbers else ""
    return f"a non-empty string{other}"


def number_text(name: str, value: Any) -> str:
    """Return a JSON number as the text that means the same: 36.0 and 36 are both "36"."""
    if not math.isfinite(value) or abs(value) > LARGEST_REFERENCE:
        raise InvalidRequest(f"field {shown(name)} must be a number of at most {LARGEST_REFERENCE}")
    return format(Decimal(repr(value)).normalize(), "f")
