"""The content of a page for an answer: its table, its caveats, and how it was computed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from chalicelib.web.markup import Html, element, joined
from chalicelib.web.pages import definitions, table


@dataclass(frozen=True)
class Answer:
    """An answer as a page shows it: a sentence, a table, caveats, facts, and links by their titles.

    Of a table with `hidden` further rows the first ones are shown. `code` has the same question for other
    tools, by their names.
    """

    statement: str
    caption: str
    columns: Sequence[str]
    rows: Sequence[Sequence[Any]]
    hidden: int = 0
    caveats: Sequence[str] = ()
    facts: Mapping[str, Any] = field(default_factory=dict)
    links: Mapping[str, str] = field(default_factory=dict)
    code: Mapping[str, str] = field(default_factory=dict)


def answer_content(answer: Answer) -> Html:
    """Return table, caveats, links and facts of an answer; its sentence is the page's heading."""
    return joined(
        (
            Html(table(answer.columns, answer.rows, joined([answer.caption]))),
            element("p", f"{answer.hidden} more rows are in the CSV.") if answer.hidden else None,
            caveat_list(answer.caveats),
            element(
                "section",
                [element("a", title, href=href) for title, href in answer.links.items()],
                class_="downloads",
                aria_label="Downloads and links",
            ),
            details("How was this computed?", Html(definitions(dict(answer.facts))), "computed"),
            details(
                "The same in other tools", [code_block(*pair) for pair in answer.code.items()], "snippets"
            ),
        )
    )


def caveat_list(caveats: Sequence[str]) -> Html | None:
    if not caveats:
        return None
    heading = element("h2", "What these figures do not say", id="caveats")
    items = element("ul", [element("li", text) for text in caveats])
    return element("aside", heading, items, class_="caveats", aria_labelledby="caveats")


def details(summary: str, content: Any, identifier: str) -> Html | None:
    if not content:
        return None
    return element("details", element("summary", summary), content, id=identifier)


def code_block(name: str, text: str) -> Html:
    block = element("pre", element("code", text), tabindex="0", role="region", aria_label=f"{name} code")
    return element("section", element("h3", name), block)
