"""Fields of forms, each with its label."""

from collections.abc import Iterable, Mapping
from typing import Any

from chalicelib.web.markup import Html, element


def field_of(label: str, control: Html) -> Html:
    return element("label", label, " ", control)


def choice(name: str, options: Iterable[tuple[str, str]], query: Mapping[str, str], **more: Any) -> Html:
    """Return a list of (value, text) to choose from; a value of the query that it lacks is one more."""
    value, listed = query.get(name, ""), list(options)
    if value and value not in (known for known, _ in listed):
        listed.append((value, value))
    return element("select", [option(*pair, value) for pair in listed], name=name, **more)


def option(value: str, text: str, chosen: str) -> Html:
    return element("option", text, value=value, selected=value == chosen, dir="auto")


def text_input(name: str, query: Mapping[str, str], kind: str = "text", **more: Any) -> Html:
    return element("input", type=kind, name=name, value=query.get(name, ""), **more)
