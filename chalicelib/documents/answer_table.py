"""A document as a table: its rows, or the whole of it as one row, with nested members under dotted names."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from chalicelib.domain.statistics.statistic import Statistic

Cell = str | int | float | None
# Members whose value is two ends, each a column of its own.
PAIRS = (
    *("interval", "interval_scaled", "ratio_interval", "korn_graubard"),
    *("joint_range", "kww_range", "alone_range"),
)
ENDS = ("low", "high")


class Table(NamedTuple):
    """The columns of a table, and its rows."""

    columns: Sequence[str]
    rows: Sequence[Sequence[Cell]]


def document_table(entry: Statistic, document: Mapping[str, Any]) -> Table:
    """Return the rows of a document as a table; of one without rows, the document itself as one row."""
    rows = document.get(entry.rows)
    items = rows if isinstance(rows, list) else [document]
    flat = [dict(flattened(item)) for item in items]
    known = dict.fromkeys(name for row in flat for name in row) or dict.fromkeys(row_members(entry))
    # A member that is null in some rows has no column beside those of its own members.
    groups = {name.rpartition(".")[0] for name in known}
    order = {name: place for place, name in enumerate(row_members(entry) if items is rows else document)}
    # Sorting is stable, and sets have another order in each process: the members of one stay in theirs.
    names = [name for name in known if name not in groups]
    columns = sorted(names, key=lambda name: order.get(name.partition(".")[0], len(order)))
    return Table(columns, [[row.get(name) for name in columns] for row in flat])


def row_members(entry: Statistic) -> list[str]:
    """Return the members of a statistic's rows, in the order of its schema."""
    for schema in entry.output_schema.get("anyOf", [entry.output_schema]):
        if entry.rows in schema["properties"]:
            return list(schema["properties"][entry.rows]["items"]["properties"])
    return []


def flattened(value: Any, name: str = "") -> Iterator[tuple[str, Cell]]:
    """Yield the cells of a value by their columns."""
    last = name.rpartition(".")[2]
    if isinstance(value, Mapping):
        for member, inner in value.items():
            yield from flattened(inner, f"{name}.{member}" if name else member)
    elif last in PAIRS and not isinstance(value, str):
        yield from ((f"{name}.{end}", one) for end, one in zip(ENDS, value or (None, None), strict=True))
    elif isinstance(value, list):
        yield name, "; ".join(str(item["code"]) if isinstance(item, Mapping) else str(item) for item in value)
    elif isinstance(value, bool):
        yield name, str(value).lower()
    else:
        yield name, value
