"""Summed columns to a cube."""

from collections.abc import Iterator, Sequence
from functools import partial
from itertools import islice, pairwise
from typing import NamedTuple

import numpy as np

from chalicelib.domain.cube import NO_YEAR, Cube, Labels
from chalicelib.domain.ingest.summed import Booleans, Integers, Numbers, Summed, reduced
from chalicelib.domain.measure_blocks import Columns, Later
from chalicelib.domain.measures import CellStats

QUESTION, LOCATION, CATEGORY, SEGMENT, YEAR, QUESTION_ID, LOCATION_ID = range(7)
# In this order, the cells of a question are contiguous, and those that differ in their year only.
SORTED = (QUESTION, CATEGORY, SEGMENT, LOCATION, YEAR)
NEW_STATS = partial(tuple.__new__, CellStats)


class Cells(NamedTuple):
    """Cells in the order of SORTED, by which `columns` have the codes of labels among the sorted `tables`."""

    tables: dict[int, list[str]]
    columns: dict[int, Integers]
    numbers: Numbers
    measures: tuple[str, ...]

    def line(self, role: str) -> tuple[Numbers, Numbers]:
        """Return the numbers of a measure, and whether there is one."""
        place = 2 * self.measures.index(role) + 1
        return self.numbers[place], self.numbers[place + 1]

    def measured(self, places: slice) -> Columns:
        """Return the measures of some cells.

        Only the values are sums: of a cell of several rows the limits and the sample size are unknown. A cell
        of no row has limits that were rows of their own, and waits for its value.
        """
        rows = self.numbers[0, places]
        labels = [self.columns[role][places].tolist() for role in (LOCATION, CATEGORY, SEGMENT, YEAR)]
        values, counts = (line[places] for line in self.line("value"))
        limits = []
        for role in ("low", "high", "sample_size"):
            lines = self.line(role) if role in self.measures else (self.numbers[0], 0 * self.numbers[0])
            numbers, has = (line[places] for line in lines)
            limits.append(known(numbers, (rows <= 1) & (has > 0)))
        return Columns._make([*labels, known(values, counts > 0), *limits, rows.tolist(), counts.tolist()])


def cube_of(summed: Summed, measured: frozenset[str]) -> Cube:
    """Return the cube of summed `LABELS`, in which the roles `measured` were read.

    A row without a question only names its location.
    """
    cells = cells_of(summed)
    cube = Cube(summed.scale, measured=measured)
    cube.question_ids = names_of(summed, QUESTION_ID, QUESTION)
    cube.location_ids = names_of(summed, LOCATION, LOCATION_ID)
    cube.cells = {question: dict(rows) for question, rows in without_years(cells)}
    if measured:
        places = dict(by_question(cells))
        cube.published = Later(
            places, cells.measured, [cells.tables[role] for role in (LOCATION, CATEGORY, SEGMENT)]
        )
        years = {name: np.unique(cells.columns[YEAR][found]).tolist() for name, found in places.items()}
        cube.years = {name: frozenset(found) - {NO_YEAR} for name, found in years.items()}
    if "year" in measured:
        cube.crowded = int(np.count_nonzero(cells.numbers[0] > 1)), cells.numbers.shape[1]
    return cube


def cells_of(summed: Summed) -> Cells:
    """Return the cells of all questions, each once."""
    has_question = np.array([bool(text) for text in summed.texts[QUESTION]], np.bool_)
    asked = np.flatnonzero(has_question[summed.codes[QUESTION]])
    tables, columns = {}, {}
    for role in (QUESTION, LOCATION, CATEGORY, SEGMENT):
        tables[role], columns[role] = in_order(summed.texts[role], summed.codes[role][asked])
    years = np.array([int(text or NO_YEAR) for text in summed.texts[YEAR]], np.int32)
    columns[YEAR] = years[summed.codes[YEAR][asked]]
    order = np.lexsort([columns[role] for role in reversed(SORTED)])
    columns = {role: column[order] for role, column in columns.items()}
    starts, slots = runs_of([*columns.values()])
    numbers = summed.numbers[:, asked[order]]
    if len(starts) < len(order):
        numbers = reduced([numbers], [slots], len(starts), summed.measures)
    return Cells(tables, {role: column[starts] for role, column in columns.items()}, numbers, summed.measures)


def runs_of(columns: Sequence[Integers]) -> tuple[Integers, Integers]:
    """Return the places at which sorted rows differ from those before, and the number of each row's run."""
    differs = np.zeros(len(columns[0]), np.bool_)
    differs[:1] = True
    for column in columns:
        differs[1:] |= column[1:] != column[:-1]
    return np.flatnonzero(differs), np.cumsum(differs) - 1


def in_order(texts: Sequence[str], codes: Integers) -> tuple[list[str], Integers]:
    """Return the used texts in their order, and the codes of rows among them."""
    used = sorted((texts[code], code) for code in np.unique(codes).tolist())
    ranks = np.zeros(len(texts), np.int32)
    ranks[[code for _, code in used]] = range(len(used))
    return [text for text, _ in used], ranks[codes]


def names_of(summed: Summed, keys: int, values: int) -> dict[str, frozenset[str]]:
    """Return the texts of one label that stand beside each text of another."""
    size = len(summed.texts[values])
    names: dict[str, set[str]] = {}
    for pair in np.unique(summed.codes[keys].astype(np.int64) * size + summed.codes[values]).tolist():
        key, value = summed.texts[keys][pair // size], summed.texts[values][pair % size]
        if key and value:
            names.setdefault(key, set()).add(value)
    return {key: frozenset(texts) for key, texts in names.items()}


def without_years(cells: Cells) -> Iterator[tuple[str, Iterator[tuple[Labels, CellStats]]]]:
    """Iterate over the sums of all years of each question."""
    starts, slots = runs_of([cells.columns[role] for role in SORTED if role != YEAR])
    values = np.stack([cells.numbers[0], *cells.line("value")])
    rows, totals, counts = reduced([values], [slots], len(starts), ("value",))
    stats = map(NEW_STATS, zip(totals.tolist(), counts.tolist(), (rows - counts).tolist(), strict=True))
    labels = zip(*(texts_of(cells, role, starts) for role in (LOCATION, CATEGORY, SEGMENT)), strict=True)
    pairs = zip(labels, stats, strict=True)
    questions = cells.columns[QUESTION][starts]
    for code, size in zip(*np.unique(questions, return_counts=True), strict=True):
        yield cells.tables[QUESTION][code], islice(pairs, int(size))


def texts_of(cells: Cells, role: int, places: Integers) -> Iterator[str]:
    return map(cells.tables[role].__getitem__, cells.columns[role][places].tolist())


def by_question(cells: Cells) -> Iterator[tuple[str, slice]]:
    """Iterate over the questions and the places of their cells."""
    starts = runs_of([cells.columns[QUESTION]])[0].tolist()
    for begin, end in pairwise([*starts, cells.numbers.shape[1]]):
        yield cells.tables[QUESTION][cells.columns[QUESTION][begin]], slice(begin, end)


def known(numbers: Numbers, has: Booleans) -> list[int | None]:
    """Return the numbers, None where there is none."""
    found: list[int | None] = numbers.tolist()
    for place in np.flatnonzero(~has).tolist():
        found[place] = None
    return found
