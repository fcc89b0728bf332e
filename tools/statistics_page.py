"""Writes the tables of docs/reference/statistics.md from the registry: `python -m tools.statistics_page`."""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from chalicelib.documents.answer_table import row_members
from chalicelib.documents.inputs import INPUTS, default_of, described
from chalicelib.domain.statistics.registry import ESTIMATES, MEANS
from chalicelib.domain.statistics.statistic import Statistic

PAGE = Path(__file__).parents[1] / "docs" / "reference" / "statistics.md"


def page(text: str) -> str:
    """Return the page with its generated blocks written again."""
    blocks = {
        "estimates": overview(ESTIMATES.values()),
        "inputs of estimates": "\n\n".join(map(section, ESTIMATES.values())),
        "means": overview(MEANS.values()),
        "inputs of means": table(*mean_inputs()),
    }
    for name, block in blocks.items():
        head, end = f"<!-- {name}, from the registry -->\n", "\n<!-- end -->"
        before, found, rest = text.partition(head)
        if not found:
            raise SystemExit(f"{PAGE} has no block of {name}")
        text = before + head + block + end + rest.partition(end)[2]
    return text


def overview(entries: Iterable[Statistic]) -> str:
    """Return a table of statistics."""
    return table(("name", "inputs", "result"), ([code(e.name), inputs(e), e.description] for e in entries))


def inputs(entry: Statistic) -> str:
    names = ", ".join(map(code, entry.parameters))
    return names if entry.computes_rows else f"{names}, [{', '.join(map(code, entry.optional))}]"


def section(entry: Statistic) -> str:
    """Return what an estimate takes and returns."""
    rows = ([code(name), described(entry, name)] for name in (*entry.parameters, *entry.optional))
    lines = [f"### {code(entry.name)}: {entry.title}", table(("input", "meaning"), rows)]
    return "\n\n".join([*lines, f"Members: {', '.join(members(entry))}."])


def members(entry: Statistic) -> Iterator[str]:
    """Yield the members of a document that are its own, rows with theirs."""
    carried = {"estimand", "statement", "method", "caveats", "provenance"}
    known: dict[str, Any] = {}
    for schema in entry.output_schema.get("anyOf", [entry.output_schema]):
        known |= schema["properties"]
    for name in known:
        if name == entry.rows:
            yield f"{code(name)} (rows of {', '.join(map(code, row_members(entry)))})"
        elif name not in carried:
            yield code(name)


def mean_inputs() -> tuple[tuple[str, str], list[list[str]]]:
    entry = MEANS["states_mean"]
    rows = [
        [code(name), f"{INPUTS[name].description}. Without it: {default_of(entry, name)}."]
        for name in entry.optional
    ]
    return ("input", "meaning"), rows


def table(head: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    names = list(head)
    lines = [f"| {' | '.join(cells)} |" for cells in (names, *rows)]
    return "\n".join([lines[0], f"|{'---|' * len(names)}", *lines[1:]])


def code(name: str) -> str:
    return f"`{name}`"


if __name__ == "__main__":
    PAGE.write_text(page(PAGE.read_text()))
