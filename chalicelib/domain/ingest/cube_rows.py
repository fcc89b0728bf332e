"""Summed columns to a cube."""

from collections.abc import Iterator, Sequence
from functools import partial
from itertools import islice, pairwise
from typing import NamedTuple

import numpy as np

from chalicelib.domain.cube import NO_YEAR, Cube, Labels
from chalicelib.domain.ingest.summed import Booleans, Integers, Numbers, Summed, reduced, starts_of
from chalicelib.domain.measure_blocks import Columns, Tabulated
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

    def starts(self, roles: Sequence[int]) -> Integers:
        return starts_of([self.columns[role] for role in roles])

    def line(self, role: str) -> tuple[Numbers, Numbers]:
        """Return the numbers of a measure, and whether there is one."""
        place = 2 * self.measures.index(role) + 1
        return self.numbers[place], self.numbers[place + 1]


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
        columns = dict(by_question(cells))
        years = {question: frozenset(found.year) - {NO_YEAR} for question, found in columns.items()}
        cube.published = Tabulated(columns, [cells.tables[role] for role in (LOCATION, CATEGORY, SEGMENT)])
        cube.years = years
    if "year" in measured:
        cube.crowded = int(np.count_nonzero(cells.numbers[0] > 1)), cells.numbers.shape[1]
    return cube


def cells_of(summed: Summed) -> Cells:
    """Return the cells of all questions, each once."""
    has_question = np.array([bool(text) for text in summed.texts[QUESTION]], np.bool_)
    asked = has_question[summed.codes[QUESTION]]
    tables, columns = {}, {}
    for role in (QUESTION, LOCATION, CATEGORY, SEGMENT):
        tables[role], columns[role] = in_order(summed.texts[role], summed.codes[role][asked])
    years = np.array([int(text or NO_YEAR) for text in summed.texts[YEAR]], np.int64)
    columns[YEAR] = years[summed.codes[YEAR][asked]]
    order = np.lexsort([columns[role] for role in reversed(SORTED)])
    columns = {role: column[order] for role, column in columns.items()}
    starts = starts_of([*columns.values()])
    numbers = reduced(summed.numbers[:, asked][:, order], starts, summed.measures)
    return Cells(tables, {role: column[starts] for role, column in columns.items()}, numbers, summed.measures)


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
    starts = cells.starts((QUESTION, CATEGORY, SEGMENT, LOCATION))
    totals, counts = cells.line("value")
    numbers = reduced(np.stack([cells.numbers[0], totals, counts]), starts, ("value",))
    rows, totals, counts = numbers
    stats = map(NEW_STATS, zip(totals.tolist(), counts.tolist(), (rows - counts).tolist(), strict=True))
    labels = zip(*(texts_of(cells, role, starts) for role in (LOCATION, CATEGORY, SEGMENT)), strict=True)
    pairs = zip(labels, stats, strict=True)
    questions = cells.columns[QUESTION][starts]
    for code, size in zip(*np.unique(questions, return_counts=True), strict=True):
        yield cells.tables[QUESTION][code], islice(pairs, int(size))


def texts_of(cells: Cells, role: int, places: Integers) -> Iterator[str]:
    return map(cells.tables[role].__getitem__, cells.columns[role][places].tolist())


def by_question(cells: Cells) -> Iterator[tuple[str, Columns]]:
    """Iterate over the columns of each question.

    Only the values are sums: of a cell of several rows the limits and the sample size are unknown. A cell
    of no row has limits that were rows of their own, and waits for its value.
    """
    rows, single = cells.numbers[0], cells.numbers[0] <= 1
    values, counts = cells.line("value")
    labels = [cells.columns[role].tolist() for role in (LOCATION, CATEGORY, SEGMENT, YEAR)]
    limits = []
    for role in ("low", "high", "sample_size"):
        numbers, has = cells.line(role) if role in cells.measures else (rows, np.zeros_like(rows))
        limits.append(known(numbers, single & (has > 0)))
    columns = [*labels, known(values, counts > 0), *limits, rows.tolist(), counts.tolist()]
    starts = cells.starts((QUESTION,)).tolist()
    for begin, end in pairwise([*starts, len(rows)]):
        question = cells.tables[QUESTION][cells.columns[QUESTION][begin]]
        yield question, Columns._make(column[begin:end] for column in columns)


def known(numbers: Numbers, has: Booleans) -> list[int | None]:
    """Return the numbers, None where there is none."""
    found: list[int | None] = numbers.tolist()
    for place in np.flatnonzero(~has).tolist():
        found[place] = None
    return found
