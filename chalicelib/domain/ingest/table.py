"""Rows of a frame as coded columns, by their names in the file and by their roles."""

from collections.abc import Callable, Mapping, Sequence
from itertools import compress
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from chalicelib.domain.ingest.accumulator import Column
from chalicelib.domain.ingest.summed import Booleans, Integers, combined
from chalicelib.domain.shape.texts import tidy

PYTHONIC = (np.dtype(object), np.dtype(np.float64), np.dtype(np.int64))  # have the texts of Python's own
MISSING = 0  # the code of the empty text in every column of a frame


class Table(NamedTuple):
    """Some rows: `rows` has the place of each in its frame, `sources` the column that each role came from."""

    columns: Mapping[str, Column]
    rows: Integers
    roles: Mapping[str, Column]
    sources: Mapping[str, str]

    def where(self, wanted: Booleans) -> "Table":
        """Return the wanted rows."""
        if wanted.all():
            return self
        columns, roles = (
            {name: column._replace(codes=column.codes[wanted]) for name, column in part.items()}
            for part in (self.columns, self.roles)
        )
        return self._replace(columns=columns, rows=self.rows[wanted], roles=roles)

    def having(self, roles: Mapping[str, Column], source: str) -> "Table":
        """Return the table with more roles, which came from the column `source`."""
        sources = {**self.sources, **dict.fromkeys(roles, source)}
        return self._replace(roles={**self.roles, **roles}, sources=sources)


def column_of(series: "pd.Series[Any]", written: Callable[[object], str] = str) -> Column:
    """Return a series as codes and texts, in which missing values are empty texts."""
    if isinstance(series.dtype, pd.CategoricalDtype):
        codes, values = series.cat.codes.to_numpy(), series.cat.categories
    else:
        codes, values = pd.factorize(series)
    distinct = values.to_numpy()
    # Of a narrow float of numpy, str gives the shortest decimal; of the others, Python's own are faster.
    every = distinct.tolist() if distinct.dtype in PYTHONIC else distinct
    return Column(codes.astype(np.int64) + 1, ["", *map(written, every)])


def constant(text: str, rows: int) -> Column:
    return Column(np.zeros(rows, np.int64), [text])


def joined(columns: Sequence[Column]) -> Column:
    """Return the texts of several columns, joined by a comma and a blank; empty ones are left out."""
    if len(columns) == 1:
        return columns[0]
    keys = combined([column.codes for column in columns], [len(column.texts) for column in columns])
    _, first, codes = np.unique(keys, return_index=True, return_inverse=True)
    texts = (
        [tidy(column.texts[code]) for column, code in zip(columns, row, strict=True)]
        for row in zip(*(column.codes[first].tolist() for column in columns), strict=True)
    )
    return Column(codes, [", ".join(filter(None, parts)) for parts in texts])


def having(column: Column, texts: Sequence[str]) -> Booleans:
    """Return whether the text of each row, without the blanks around it, is one of `texts`."""
    wanted = set(texts)
    return np.array([tidy(text) in wanted for text in column.texts], np.bool_)[column.codes]


def counted(column: Column, counts: Booleans) -> Column:
    """Return the column with empty texts in the rows that do not count, and without texts that none has."""
    if not counts.all():
        column = Column(np.where(counts, column.codes + 1, MISSING), ["", *column.texts])
    used = np.bincount(column.codes, minlength=len(column.texts)) > 0
    return Column((np.cumsum(used) - 1)[column.codes], list(compress(column.texts, used.tolist())))
