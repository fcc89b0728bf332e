"""A description in the making."""

import json
from dataclasses import dataclass, field
from typing import Any

from chalicelib.errors import shown
from local.describing.names import columns_of
from local.describing.sample import Sample


@dataclass
class Guess:
    """A description in the making."""

    sample: Sample
    facts: dict[str, Any]
    notes: list[str] = field(default_factory=list)
    taken: set[str] = field(default_factory=set)

    @property
    def text(self) -> str:
        facts = {key: value for key, value in self.facts.items() if value or key in ("title", "columns")}
        return json.dumps(facts, ensure_ascii=False, indent=2) + "\n"

    def take(self, role: str, column: str | None) -> str | None:
        """Give a role a column, if there is one."""
        if column is not None:
            self.facts["columns"][role] = column
            self.taken.add(column)
            self.notes.append(f"{role}: the column {shown(column)}")
        return column

    def likeliest(self, role: str, least: int = 1) -> str | None:
        """Return the likeliest free column of a role that has some texts."""
        free = [name for name in self.sample.texts if name not in self.taken]
        found = (name for name in columns_of(role, free) if len({*self.sample.texts[name]} - {""}) >= least)
        return next(found, None)

    def add(self, key: str, facts: dict[str, Any], note: str) -> None:
        self.facts.setdefault(key, {}).update(facts)
        self.notes.append(note)
