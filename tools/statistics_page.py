"""Writes docs/reference/statistics.md from the registry: `python -m tools.statistics_page`."""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from chalicelib.documents.answer_table import row_members
from chalicelib.documents.inputs import INPUTS, default_of, described
from chalicelib.domain.statistics.labels import LABEL
from chalicelib.domain.statistics.registry import ESTIMATES, MEANS
from chalicelib.domain.statistics.statistic import Statistic

PAGE = Path(__file__).parents[1] / "docs" / "reference" / "statistics.md"
HEAD = f"""# Statistics

`python -m tools.statistics_page` writes this page from the registry.
[What the numbers mean](../explanation/what-the-numbers-mean.md) says which to quote.

An *estimate* has a standard error, an interval and caveats. A *mean* of the original is an {LABEL}: without
`years`, `category` and `stratum` it averages all years, the whole population and its overlapping groups alike, so it is
no prevalence.

Every statistic is POST `/api/<name>`, a process of [OGC API - Processes](ogc.md), and
`python -m local ask <name>` ([command line](cli.md)).
"""
RULES = """
## Rules

- **Questions and states** are named by the data set's texts; a question also by its id, such as `Q036`.
- **Years** are `2022`, `2011-2022`, `2011,2015-2017`, `latest` or `all`. JSON integers are accepted for `years`,
  `versus_years`, `top` and a numeric `reference`. What breaks the grammar is 400; a name that the data set does not have is
  a job that fails (`/api/*`), or 400 (standard).
- **Means** are of `Data_Value` over rows: the exact sum in integers, then one division, correctly rounded to a double.
  They never depend on the order of rows, on chunks or on threads.
- **Rows that count.** A row counts in every mean whose keys it has. A row without a category counts in the means of its
  state and of all, but in none by category. A suppressed row (no value) counts in none.
- **Equal means** are ordered by name.
- **Best** is the lowest or the highest mean, as the data set's [description](../how-to/own-data.md) says for the
  question. In the CDC's survey the lowest is best for fruit, vegetables, obesity, overweight and no leisure-time
  activity (Q018, Q019, Q036, Q037, Q047), the highest for activity (Q043 to Q046).
- **`National`** is a location like any other for the means, so the survey has 55 "states". For estimates `areas` are the
  50 states and the District of Columbia, with `all` the territories too, and never the nation.
- **Pairs without rows.** A question and a state may both exist without a usable row for the pair: the job fails, and its
  reason names both.
- **No NaN, no Infinity.** A result has finite numbers only. Points of estimates have 6 decimals, p-values and ratios 6
  significant digits.
- **CSV** has one table: the rows of an estimate that has some, else the whole document as one row. Nested members are
  columns with dotted names; an interval is `interval.low` and `interval.high`.
"""
CARRIED = """
Each document also has `estimand` (what the figure is of), `statement` (a sentence to quote), `method`, `caveats` and
`provenance`: data set, inputs, release, and `replay`, which is the same for the same question on the same data by the same
method. `python -m local replay answer.json` asks again and says whether the bytes are the same. A mean has its replay id in
the header `Statline-Replay` and in GET `/jobs/<id>`.
"""


def page() -> str:
    """Return the whole page."""
    parts = [HEAD, "## Estimates\n", overview(ESTIMATES.values()), CARRIED, *map(section, ESTIMATES.values())]
    parts += ["\n## Means\n", overview(MEANS.values()), MEAN_INPUTS, table(*mean_inputs()), RULES]
    return "\n".join(part.rstrip("\n") + "\n" if part else part for part in parts)


MEAN_INPUTS = "\nGET `/processes/<name>` names the columns of each. All take these, which select rows:\n"


def overview(entries: Iterable[Statistic]) -> str:
    """Return a table of statistics."""
    return table(("name", "inputs", "result"), ([code(e.name), inputs(e), e.description] for e in entries))


def inputs(entry: Statistic) -> str:
    names = ", ".join(map(code, entry.parameters))
    return names if entry.computes_rows else f"{names}, [{', '.join(map(code, entry.optional))}]"


def section(entry: Statistic) -> str:
    """Return what an estimate takes and returns."""
    rows = ([code(name), described(entry, name)] for name in (*entry.parameters, *entry.optional))
    lines = [f"\n### {code(entry.name)}: {entry.title}\n", table(("input", "meaning"), rows)]
    return "\n".join([*lines, f"\nMembers: {', '.join(members(entry))}."])


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
    lines = [names, ["---"] * len(names), *rows]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines).replace("| --- ", "|---").replace("---|---", "---|---")


def code(name: str) -> str:
    return f"`{name}`"


if __name__ == "__main__":
    PAGE.write_text(page())
