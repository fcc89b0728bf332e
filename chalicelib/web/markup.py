"""HTML that is escaped where it is made."""

import json
from collections.abc import Iterable
from html import escape
from typing import Any


class Html(str):
    """Text that is HTML already: `element` places it as it is, and escapes every other text."""

    __slots__ = ()


EMPTY = Html("")
VOID = frozenset(("br", "input", "link", "meta"))


def element(name: str, /, *content: Any, **attributes: Any) -> Html:
    """Return an element; content that is None is left out, lists are joined.

    An attribute's name may end in an underscore, and its other underscores stand for hyphens. None and False
    leave it out, True writes its name alone.
    """
    written = "".join(attribute(key, value) for key, value in attributes.items())
    if name in VOID:
        return Html(f"<{name}{written}>")
    return Html(f"<{name}{written}>{joined(content)}</{name}>")


def attribute(name: str, value: Any) -> str:
    name = name.rstrip("_").replace("_", "-")
    if value is None or value is False:
        return ""
    text = value if isinstance(value, Html) else escape(str(value))
    return f" {name}" if value is True else f' {name}="{text}"'


def joined(content: Iterable[Any]) -> Html:
    """Return parts as one text: HTML as it is, other texts escaped, lists in their order."""
    return Html("".join(map(part, content)))


def part(value: Any) -> str:
    if value is None or isinstance(value, Html):
        return value or ""
    return joined(value) if isinstance(value, (list, tuple)) else escape(str(value))


def prose(text: str) -> Html:
    """Return a sentence whose words between backquotes are code."""
    parts = text.split("`")
    return joined([element("code", part) if place % 2 else part for place, part in enumerate(parts)])


def script_data(facts: object, identifier: str) -> Html:
    """Return facts for a script, as JSON that cannot end its element."""
    text = json.dumps(facts, ensure_ascii=False, separators=(",", ":")).replace("<", "\\u003c")
    return element("script", Html(text), type="application/json", id=identifier)
