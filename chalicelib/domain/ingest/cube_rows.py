"""Rows of summed labels to a cube."""

from collections.abc import Iterable, Iterator, Mapping, Sequence

from chalicelib.domain.cube import NO_YEAR, Cube, Labels
from chalicelib.domain.measures import CellKey, CellStats, Measure

# A line of numbers, one for each cell, and the rows of the cell that have one.
Line = tuple[Sequence[int], Sequence[int]]


def measures_of(rows: Sequence[int], lines: Mapping[str, Line]) -> Iterator[Measure]:
    """Iterate over the measures of cells from their numbers of rows and a line for each role that was read.

    Only the values are sums: of a cell of several rows the limits and the sample size are unknown. A cell
    of no row has limits that were rows of their own, and waits for its value.
    """

    def single(role: str) -> list[int | None]:
        if role not in lines:
            return [None] * len(rows)
        cells = zip(*lines[role], rows, strict=True)
        return [number if counted and count <= 1 else None for number, counted, count in cells]

    values, counts = lines["value"]
    sums = [value if counted else None for value, counted in zip(values, counts, strict=True)]
    return map(Measure, sums, single("low"), single("high"), single("sample_size"), rows, counts)


def cube_of(rows: Iterable[tuple[Sequence[str], Measure]], scale: int, measured: frozenset[str]) -> Cube:
    """Return the cube of rows summed by their `LABELS`, in which the roles `measured` were read.

    A row without a question only names its location.
    """
    cube = Cube(scale, measured=measured)
    published: dict[str, dict[CellKey, Measure]] = {}
    question_ids: dict[str, set[str]] = {}
    location_ids: dict[str, set[str]] = {}
    for (question, location, category, segment, year, question_id, location_id), measure in rows:
        if location and location_id:
            location_ids.setdefault(location, set()).add(location_id)
        if not question:
            continue
        if question_id:
            question_ids.setdefault(question_id, set()).add(question)
        key = CellKey(location, int(year or NO_YEAR), category, segment)
        measures = published.setdefault(question, {})
        measures[key] = measures[key] + measure if key in measures else measure
    cube.question_ids = {name: frozenset(texts) for name, texts in question_ids.items()}
    cube.location_ids = {name: frozenset(ids) for name, ids in location_ids.items()}
    cube.cells = {question: without_years(measures) for question, measures in published.items()}
    if measured:
        cube.published = published
        years = {question: {key.year for key in measures} for question, measures in published.items()}
        cube.years = {question: frozenset(found - {NO_YEAR}) for question, found in years.items()}
    return cube


def without_years(measures: Mapping[CellKey, Measure]) -> dict[Labels, CellStats]:
    """Return the sums over all years."""
    sums: dict[Labels, CellStats] = {}
    for (location, _, category, segment), measure in measures.items():
        cell = (location, category, segment)
        sums[cell] = sums[cell] + measure.stats if cell in sums else measure.stats
    return sums
