"""The marks, points and parts of the texts of measures and years."""

import json
import re
from typing import Any

from chalicelib.domain.numbers import parse_number, parse_year
from chalicelib.domain.shape.numerals import Numerals
from chalicelib.domain.shape.remedies import TEXT, YEAR, kind_of, merged, options_of
from chalicelib.domain.shape.roles import MEASURE_ROLES, MOLTEN
from chalicelib.errors import shown
from local.describing.draft import Guess


def guess_texts(guess: Guess) -> None:
    """Find the marks, points and parts of the texts of measures and years."""
    guess_limits(guess)
    options: list[dict[str, Any]] = []
    for role, column, texts in measured_texts(guess):
        kinds: dict[str, list[str]] = {}
        for kind, sign in (kind_of(text, role) for text in texts if text and not is_number(text)):
            kinds.setdefault(kind, []).append(sign)
        if TEXT in kinds:
            cut(guess, column, kinds.pop(TEXT)[0], role)
            kinds = {kind: signs for kind, signs in kinds.items() if not covered(guess, signs)}
        options += [options_of(kind, [*dict.fromkeys(signs)]) for kind, signs in kinds.items()]
    if found := merged(options):
        guess.add("read", found, f"read: {json.dumps(found, ensure_ascii=False)}")
    if column := guess.facts["columns"].get("year"):
        odd = [text for text in guess.sample.texts[column] if text and not is_year(text)]
        if odd and kind_of(odd[0], "year")[0] == YEAR:
            cut(guess, column, kind_of(odd[0], "year")[1], "year")


def measured_texts(guess: Guess) -> list[tuple[str, str, list[str]]]:
    """Return each measure, its column and the texts of that."""
    if melt := guess.facts.get("melt"):
        wide = [name for name in guess.sample.texts if re.search(melt["match"], name)]
        return [(MOLTEN, MOLTEN, [text for name in wide for text in guess.sample.texts[name]])]
    columns = guess.facts["columns"]
    roles = [role for role in MEASURE_ROLES if role in columns]
    return [(role, columns[role], [*guess.sample.texts[columns[role]]]) for role in roles]


def guess_limits(guess: Guess) -> None:
    """Find a column whose texts are both limits, such as `(40.1, 41.9)`."""
    for name, texts in guess.sample.texts.items():
        first = next(filter(None, texts), "")
        kind, pattern = kind_of(first, "low")
        if name not in guess.taken and kind == TEXT and {"low", "high"} == {*re.compile(pattern).groupindex}:
            cut(guess, name, pattern, "low and high")
            return


def covered(guess: Guess, signs: list[str]) -> bool:
    patterns = guess.facts.get("extract", {}).values()
    return all(any(re.search(pattern, sign) for pattern in patterns) for sign in signs)


def cut(guess: Guess, column: str, pattern: str, role: str) -> None:
    """Cut the texts of a column into roles, which then have no column of their own."""
    known = {name for text in guess.facts.get("extract", {}).values() for name in re.compile(text).groupindex}
    if known & {*re.compile(pattern).groupindex}:
        return
    for name in re.compile(pattern).groupindex:
        guess.facts["columns"].pop(name, None)
    guess.add("extract", {column: pattern}, f"{role}: cut out of the texts of {shown(column)}")


def is_number(text: str) -> bool:
    try:
        parse_number(Numerals({}).plain(text))
    except ValueError:
        return False
    return True


def is_year(text: str) -> bool:
    try:
        parse_year(text)
    except ValueError:
        return False
    return True
