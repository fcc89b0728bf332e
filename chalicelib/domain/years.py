"""The grammar of the input `years`: `2022`, `2011-2022`, `2011,2015-2017`, `latest` or `all`."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from chalicelib.errors import BadYears

LATEST, ALL = "latest", "all"
PART = re.compile(r"\s*([0-9]{4})\s*(?:-\s*([0-9]{4})\s*)?", re.ASCII)
MOST_YEARS = 500  # that one text may ask for: an answer lists the missing ones


@dataclass(frozen=True)
class YearSelection:
    """The years that a request asks for, in order; without any it asks for all of them, or for the latest."""

    asked: tuple[int, ...] = ()
    latest: bool = False

    def resolve(self, available: Iterable[int], latest: int | None = None) -> tuple[int, ...]:
        """Return the selected ones of the available years, in order.

        `latest` is the last year with a value; without one the last available year is meant.
        """
        years = sorted(set(available))
        if self.latest:
            return tuple(years[-1:]) if latest is None else (latest,)
        return tuple(year for year in years if not self.asked or year in self.asked)

    def missing(self, available: Iterable[int]) -> tuple[int, ...]:
        """Return the years that were asked for by number and are not available, in order."""
        years = set(available)
        return tuple(year for year in self.asked if year not in years)


def parse_years(text: str) -> YearSelection:
    """Return the selection that a text asks for. Raises BadYears, which names the text."""
    if text.strip() in (LATEST, ALL):
        return YearSelection(latest=text.strip() == LATEST)
    years: set[int] = set()
    for part in text.split(","):
        years.update(parse_part(part, text))
        if len(years) > MOST_YEARS:
            raise BadYears(text, f"it asks for more than {MOST_YEARS} years")
    return YearSelection(tuple(sorted(years)))


def parse_part(part: str, text: str) -> range:
    match = PART.fullmatch(part)
    if not match:
        raise BadYears(text)
    first, last = int(match[1]), int(match[2] or match[1])
    if first > last:
        raise BadYears(text, f"{first} is after {last}")
    return range(first, last + 1)
