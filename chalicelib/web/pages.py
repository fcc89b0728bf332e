"""HTML pages with the same facts as the JSON documents."""

import re
from collections.abc import Iterable, Sequence
from html import escape
from typing import Any

STYLE = """
:root { color-scheme: light dark; --line: #8884; --soft: #8881; }
body { font: 16px/1.5 system-ui, sans-serif; margin: 0 auto; max-width: 68rem; padding: 0 1rem 3rem; }
nav { display: flex; flex-wrap: wrap; gap: .25rem 1.25rem; padding: .75rem 0; }
nav { border-bottom: 1px solid var(--line); }
nav strong { margin-right: auto; }
h1 { font-size: 1.6rem; line-height: 1.25; margin: 1.5rem 0 .5rem; }
h2 { font-size: 1.15rem; margin: 1.75rem 0 .5rem; }
a { color: light-dark(#0b57d0, #9ec1ff); overflow-wrap: anywhere; }
dl { display: grid; grid-template-columns: minmax(7rem, max-content) 1fr; gap: .3rem 1rem; margin: .5rem 0; }
dt { font-weight: 600; } dd { margin: 0; overflow-wrap: anywhere; min-width: 0; }
ul { margin: .25rem 0; padding-left: 1.2rem; }
.wide { overflow-x: auto; }
table { border-collapse: collapse; }
td.links { white-space: nowrap; }
th, td { border-bottom: 1px solid var(--line); padding: .35rem .6rem; text-align: left; vertical-align: top; }
td.number { text-align: right; font-variant-numeric: tabular-nums; }
th { background: var(--soft); }
summary { cursor: pointer; }
@media (max-width: 40rem) { dl { grid-template-columns: 1fr; gap: 0; } dd { margin: 0 0 .6rem; } }
"""
# The page loads nothing and runs nothing.
HEADERS = {
    "Content-Type": "text/html; charset=utf-8",
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'",
    "X-Content-Type-Options": "nosniff",
}
SECTIONS = {"Processes": "/processes", "Jobs": "/jobs", "Conformance": "/conformance"}
FEW = 12


def page(base: str, title: str, content: str) -> str:
    sections = "".join(f'<a href="{escape(base + path)}">{name}</a>' for name, path in SECTIONS.items())
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(title)} – Statline</title><style>{STYLE}</style></head><body>"
        f'<nav><strong><a href="{escape(base)}/">Statline</a></strong>{sections}</nav>'
        f"<main><h1>{escape(title)}</h1>{content}</main></body></html>"
    )


def document(facts: dict[str, Any]) -> str:
    """Return HTML for a JSON object: its description, its short facts, and a section for each part."""
    facts = {name: value for name, value in facts.items() if name != "title"}
    text = facts.pop("description", "")
    short = {name: value for name, value in facts.items() if not isinstance(value, (dict, list))}
    sections = [
        f"<h2>{named(name)}</h2>{rendered(value)}"
        for name, value in facts.items()
        if name not in short and value
    ]
    return (
        (f"<p>{escape(text)}</p>" if text else "") + (definitions(short) if short else "") + "".join(sections)
    )


def named(name: str) -> str:
    """Return a member's name in words: "Job control options" for jobControlOptions."""
    words = re.sub(r"(?<=[a-z])([A-Z])(?=[a-z])", lambda hump: " " + hump[1].lower(), name.replace("_", " "))
    return escape(words[:1].upper() + words[1:])


def rendered(value: Any) -> str:
    if isinstance(value, dict):
        return anchor(value["href"], value["title"]) if is_link(value) else definitions(value)
    if isinstance(value, list):
        return many(value)
    if isinstance(value, str) and value.startswith(("http://", "https://")):
        return anchor(value, value)
    if isinstance(value, bool):
        return "yes" if value else "no"
    return escape("" if value is None else str(value))


def is_link(value: Any) -> bool:
    return isinstance(value, dict) and {"href", "rel", "title"} <= value.keys()


def anchor(href: str, title: str) -> str:
    return f'<a href="{escape(href)}">{escape(title)}</a>'


def definitions(facts: dict[str, Any]) -> str:
    items = (f"<dt>{named(name)}</dt><dd>{rendered(value)}</dd>" for name, value in facts.items())
    return f"<dl>{''.join(items)}</dl>"


def many(values: list[Any]) -> str:
    if values and all(isinstance(value, dict) and not is_link(value) for value in values):
        names = dict.fromkeys(name for value in values for name in value)
        # Links are the second column, since a narrow screen does not show the end of a row.
        columns = sorted(names, key=lambda name: (name != next(iter(names)), name != "links"))
        return table(columns, [[value.get(name) for name in columns] for value in values])
    # A link to the page itself is of no use on it.
    shown = [value for value in values if not (is_link(value) and value["rel"] == "self")]
    items = f"<ul>{''.join(f'<li>{rendered(value)}</li>' for value in shown)}</ul>"
    return items if len(shown) <= FEW else f"<details><summary>{len(shown)} values</summary>{items}</details>"


def table(columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> str:
    head = "".join(f"<th>{named(name)}</th>" for name in columns)
    body = "".join(f"<tr>{''.join(map(cell, row))}</tr>" for row in rows)
    return f'<div class="wide"><table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>'


def cell(value: Any) -> str:
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return f'<td class="number">{value}</td>'
    if isinstance(value, list) and all(is_link(item) or not isinstance(item, dict) for item in value):
        links = ' class="links"' if any(map(is_link, value)) else ""
        return f"<td{links}>{', '.join(map(rendered, value))}</td>"
    return f"<td>{rendered(value)}</td>"
