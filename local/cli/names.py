"""The names of questions and states as people type them, looked up in the service's own lists."""

import sys
from collections.abc import Iterable, Sequence
from typing import Any

import click

from chalicelib.errors import FEW, shown
from local.cli.client import Client
from local.cli.output import printable


def resolved(client: Client, inputs: dict[str, str]) -> dict[str, str]:
    """Return inputs with the names that the service knows. Raises UsageError for one that names several.

    A name that is like none stays as it is: the service refuses it and suggests others.
    """
    names = {"question": question, "state": state, "versus_state": state}
    return {name: names[name](client, text) if name in names else text for name, text in inputs.items()}


def question(client: Client, text: str) -> str:
    """Return the id or text of a question from either, in any case, or from a part of its text."""
    entries = client.questions()
    if is_known(text, entries, ("id", "question")) or not folded(text):
        return text
    if found := same(text, entries, ("id", "question")):
        return str(only(text, found, "names", "questions", "question")["question"])
    if not (found := [entry for entry in entries if folded(text) in folded(entry["question"])]):
        return text
    named = str(only(text, found, "is part of", "questions", "question")["question"])
    print(f"asking: {printable(named)}", file=sys.stderr)
    return named


def state(client: Client, text: str) -> str:
    """Return the name of a state from its name or abbreviation, in any case."""
    entries = client.states()
    if is_known(text, entries, ("name",)) or not folded(text):
        return text
    found = same(text, entries, ("name",)) or same(text, entries, ("abbreviation",))
    return str(only(text, found, "names", "states", "name")["name"]) if found else text


def is_known(text: str, entries: Iterable[dict[str, Any]], fields: Sequence[str]) -> bool:
    return any(entry[field] == text for entry in entries for field in fields)


def same(text: str, entries: Iterable[dict[str, Any]], fields: Sequence[str]) -> list[dict[str, Any]]:
    """Return the entries with a field that is the text but for case and blanks."""
    return [entry for entry in entries if any(folded(entry[field]) == folded(text) for field in fields)]


def only(text: str, found: Sequence[dict[str, Any]], verb: str, noun: str, field: str) -> dict[str, Any]:
    if len(found) > 1:
        listed = "; ".join(label(entry, field) for entry in found[:FEW]) + ("; …" if len(found) > FEW else "")
        raise click.UsageError(printable(f"{shown(text)} {verb} {len(found)} {noun}: {listed}"))
    return found[0]


def label(entry: dict[str, Any], field: str) -> str:
    return " ".join(filter(None, (entry.get("id"), shown(entry[field]))))


def folded(text: str | None) -> str:
    return " ".join((text or "").casefold().split())
