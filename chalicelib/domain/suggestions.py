"""Suggestions: the few names of a data set that are most like a text."""

import difflib
from bisect import bisect_left
from collections.abc import Iterable, Sequence

from chalicelib.errors import LONGEST_ECHO

SUGGESTIONS = 3
# Names that one request compares: the ranking of so many questions takes some tens of milliseconds.
RANKED = 200


class Suggester:
    """Ranks names by likeness to a text: all of them, or, where there are many, the alphabetical neighbours.

    Neighbours share the text's first letters, or its last ones. Made once for each set of names, since
    that sorts them.
    """

    def __init__(self, names: Iterable[str]) -> None:
        self._names = {name.lower(): name for name in sorted(names)}
        many = len(self._names) > RANKED
        self._forwards = sorted(self._names) if many else []
        self._backwards = sorted(name[::-1] for name in self._forwards)

    def closest(self, text: str) -> list[str]:
        """Return the few names most like a text, best first; none only if there are no names."""
        # A cutoff of 0 ranks all: a poor guess still shows what names look like here. The text is cut,
        # since the ranking's time grows with its length and a client chooses it.
        compared = text[:LONGEST_ECHO].lower()
        matches = difflib.get_close_matches(compared, self.candidates(text.lower()), SUGGESTIONS, cutoff=0)
        return [self._names[match] for match in matches]

    def candidates(self, text: str) -> list[str]:
        """Return the names to compare with a text, all in lower case: at most RANKED."""
        if not self._forwards:
            return list(self._names)
        alike_at_end = (name[::-1] for name in neighbours(self._backwards, text[::-1]))
        return list(dict.fromkeys([*neighbours(self._forwards, text), *alike_at_end]))


def neighbours(names: Sequence[str], text: str) -> Sequence[str]:
    """Return the names around a text in a sorted sequence, half of RANKED."""
    place = bisect_left(names, text)
    return names[max(0, place - RANKED // 4) : place + RANKED // 4]


def closest(text: str, names: Iterable[str]) -> list[str]:
    """Return the few names most like a text, for names that are met once."""
    return Suggester(names).closest(text)
