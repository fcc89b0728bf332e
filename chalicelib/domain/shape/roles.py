"""The roles that columns, constants and parts of texts can have in the statistics."""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

REQUIRED_ROLES = ("question", "location", "value")
MEASURE_ROLES = ("value", "low", "high", "sample_size")
ROLES = (
    *(*REQUIRED_ROLES, "question_id", "location_id", "category", "segment"),
    *("year", "year_end", "sample_size", "low", "high"),
)
LABEL_ROLES = tuple(role for role in ROLES if role not in MEASURE_ROLES)
JOINED_ROLES = ("question", "location")  # whose column may be a list of columns
PIVOT_ROLES = ("value", "low", "high", "sample_size")
# The name of a molten column, as pandas calls it.
MOLTEN = "value"


def assigned(facts: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Iterate over the roles that a description fills, each with the key that fills it."""
    yield from ((role, "columns") for role in facts["columns"])
    yield from ((role, "constants") for role in facts.get("constants", {}))
    groups = {column: re.compile(pattern).groupindex for column, pattern in facts.get("extract", {}).items()}
    if melt := facts.get("melt"):
        yield melt["var_name"], "melt"
        if MOLTEN not in groups:
            yield "value", "melt"
    yield from ((role, "extract") for names in groups.values() for role in names)
    yield from ((role, "pivot") for role in facts.get("pivot", {}) if role not in ("column", "value"))
    if facts.get("dimensions"):
        yield from ((role, "dimensions") for role in ("category", "segment"))


def names_of(column: str | Sequence[str]) -> list[str]:
    """Return the columns of a role."""
    return [column] if isinstance(column, str) else [*column]
