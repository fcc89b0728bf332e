"""What is wrong in the rows of a file or frame, as an error that names texts, places and remedies.

The fast way only notices that something is wrong; this one goes through the rows, and tells each kind once.
A row without a question counts nowhere, whatever its other texts are.
"""

from collections.abc import Callable, Iterable, Mapping
from copy import copy
from dataclasses import dataclass, field, replace
from heapq import nsmallest
from operator import itemgetter
from typing import Any

from chalicelib.domain.shape.remedies import (
    DECIMAL,
    EITHER,
    MARK,
    SHOWN_MARKS,
    THOUSANDS,
    merged,
    options_of,
    remedy_of,
)
from chalicelib.domain.shape.tallies import pasted
from chalicelib.errors import DatasetError

READ = "read"  # the kinds that options of "read" cure are reported once a file, the others once a column
CURED = (MARK, DECIMAL, THOUSANDS, EITHER)

# Returns where the text of a row is, from the row's place in its frame and the column's name.
Where = Callable[[int, str], str]
# Where a row is: its place in the file, then in which order the parts of a row are looked at.
Order = tuple[int, ...]


@dataclass(frozen=True)
class Fault:
    """A kind of what is wrong: the error of its first row, and how many rows have it.

    `signs` has the texts that name the remedy, each with its first row; the first SHOWN_MARKS are kept.
    """

    order: Order
    error: DatasetError  # without its remedy
    rows: int = 1
    kind: str = ""
    column: str = ""
    role: str = ""
    signs: Mapping[str, Order] = field(default_factory=dict)

    def __add__(self, other: "Fault") -> "Fault":
        """Return the fault of both sets of rows, of one kind; associative and commutative."""
        first = min(self, other, key=lambda fault: fault.order)
        signs = {**self.signs}
        for sign, order in other.signs.items():
            signs[sign] = min(order, signs.get(sign, order))
        kept = nsmallest(SHOWN_MARKS, signs.items(), key=itemgetter(1))
        return replace(first, rows=self.rows + other.rows, signs=dict(kept))

    def after(self, order: Order) -> "Fault":
        """Return the fault as one of the rows at a place."""
        signs = {sign: order + own for sign, own in self.signs.items()}
        return replace(self, order=order + self.order, signs=signs)

    @property
    def options(self) -> dict[str, Any]:
        return options_of(self.kind, [*self.signs])

    def told(self) -> DatasetError:
        remedy = remedy_of(self.kind, [*self.signs], self.column, self.role)
        return with_message(self.error, str(self.error) + remedy + such(self.rows))


class Faults:
    """Collects the kinds of what is wrong in a file or frame."""

    def __init__(self) -> None:
        self._faults: dict[object, Fault] = {}

    def __bool__(self) -> bool:
        return bool(self._faults)

    def note(self, key: object, fault: Fault) -> None:
        """Count rows that are wrong in one way."""
        self._faults[key] = self._faults[key] + fault if key in self._faults else fault

    def error(self, options: Mapping[str, Any]) -> DatasetError | None:
        """Return the error of the first kind, which tells them all, if there is any.

        `options` are those of the description's "read".
        """
        faults = sorted(settled(self._faults).values(), key=lambda fault: fault.order)
        if not faults:
            return None
        first, *others = (fault.told() for fault in faults)
        lines = [str(error) for error in (first, *others)]
        if others and (together := merged(fault.options for fault in faults)):
            lines.append(f'together: "read": {pasted({**options, **together})}')
        return with_message(first, "\n".join(lines))

    @classmethod
    def joined(cls, parts: Iterable["Faults"]) -> "Faults":
        """Return the faults of a file from those of its parts in their order."""
        whole = cls()
        for place, part in enumerate(parts):
            for key, fault in part._faults.items():
                whole.note(key, fault.after((place,)))
        return whole


def settled(faults: Mapping[object, Fault]) -> dict[object, Fault]:
    """Decide by the other numbers of the file whether the comma of `1,234` is a point."""
    decided = {**faults}
    either, thousands = decided.get((READ, EITHER)), decided.get((READ, THOUSANDS))
    owner = THOUSANDS if thousands and "," in thousands.signs else DECIMAL
    if either and "," in either.signs and (READ, owner) in decided:
        known = decided[READ, owner]
        first = min(known, either, key=lambda fault: fault.order)
        both = replace(known, rows=known.rows + either.rows, order=first.order, error=first.error)
        decided[READ, owner] = both
        del decided[READ, EITHER]
    return decided


def with_message(error: DatasetError, message: str) -> DatasetError:
    changed = copy(error)
    changed.args = (message,)
    return changed


def such(rows: int) -> str:
    return f" ({rows:,} such rows)" if rows > 1 else ""
