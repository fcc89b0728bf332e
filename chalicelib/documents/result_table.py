"""A job's result in its forms: JSON, CSV, and a table for pages.

The frozen JSON of a mean is rendered from its rows; one stored before there were formats is that JSON itself.
The JSON of an estimate is its document, byte for byte.
"""

import csv
import io
import json
import re
from ast import literal_eval
from collections.abc import Iterable, Sequence
from enum import StrEnum
from typing import Any, TextIO

from chalicelib.application.job import Job
from chalicelib.byte_cache import cached
from chalicelib.documents.answer_table import Table, document_table
from chalicelib.domain.statistics.means import Row
from chalicelib.domain.statistics.registry import DOCUMENT_FORMAT, RESULT_FORMAT, statistic
from chalicelib.domain.statistics.statistic import Statistic

# Bytes of rendered results, and what they were rendered from, that are kept for the next poll.
RENDERED_BYTES = 32_000_000
# What a stored document begins with.
DOCUMENT_HEAD = f"[{DOCUMENT_FORMAT},".encode()


# A cell that a spreadsheet takes for a formula, and the numbers among them. The broad signs are those of
# East Asian keyboards.
FORMULA = re.compile(r"[=+\-@\t\r\n\uff1d\uff0b\uff0d\uff20]")
NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?", re.ASCII)


class Cells(StrEnum):
    """How CSV writes texts that a spreadsheet would run as a formula: with an apostrophe, or as they are."""

    SAFE = "safe"
    EXACT = "exact"


def frozen_json(job: Job) -> bytes:
    """Return a job's result as /api/* and `results/` give it: JSON whose bytes never change."""
    return frozen_json_of(job.statistic, result_of(job))


def rows_of(job: Job) -> list[Row]:
    """Return the rows of a mean's result: labels, then the number."""
    stored = result_of(job)
    if is_frozen(stored):
        return parse_frozen_json(statistic(job.statistic), json.loads(stored))
    return parse_rows(stored)


def document_of(job: Job) -> dict[str, Any] | None:
    """Return the document of an estimate's result; None for a mean."""
    stored = result_of(job)
    return dict(json.loads(document_json(stored))) if is_document(stored) else None


def table_of(job: Job) -> Table:
    """Return a job's result as columns and rows."""
    entry, document = statistic(job.statistic), document_of(job)
    return Table(entry.columns, rows_of(job)) if document is None else document_table(entry, document)


def answer_table(entry: Statistic, answer: dict[str, Any]) -> Table:
    """Return the JSON of a result as columns and rows."""
    if entry.computes_rows:
        return Table(entry.columns, parse_frozen_json(entry, answer))
    return document_table(entry, answer)


def as_csv(job: Job, cells: Cells = Cells.SAFE) -> str:
    """Return a job's result as RFC 4180 asks, with a header."""
    text, table = io.StringIO(newline=""), table_of(job)
    write_csv(text, [table.columns, *table.rows], cells)
    return text.getvalue()


def write_csv(
    file: TextIO, rows: Iterable[Sequence[Any]], cells: Cells = Cells.SAFE, end: str = "\r\n"
) -> None:
    written = rows if cells is Cells.EXACT else (map(defused, row) for row in rows)
    csv.writer(file, lineterminator=end).writerows(written)


def defused(cell: Any) -> Any:
    """Return a cell that no spreadsheet runs: an apostrophe comes before a text that begins as a formula."""
    if isinstance(cell, str) and FORMULA.match(cell) and not NUMBER.fullmatch(cell):
        return f"'{cell}"
    return cell


def result_of(job: Job) -> bytes:
    if job.result is None:
        raise ValueError(f"{job.id} has no result")
    return job.result


def is_frozen(stored: bytes) -> bool:
    """Whether a stored result is frozen JSON, which is never an array."""
    return not stored.startswith(b"[")


def is_document(stored: bytes) -> bool:
    return stored.startswith(DOCUMENT_HEAD)


def document_json(stored: bytes) -> bytes:
    """Return the JSON of a stored document, byte for byte."""
    return stored[len(DOCUMENT_HEAD) : -1]


def frozen_json_of(name: str, stored: bytes) -> bytes:
    """Return the JSON of a stored result of the statistic `name`."""
    if is_frozen(stored):
        return stored
    return document_json(stored) if is_document(stored) else render(name, stored)


@cached(RENDERED_BYTES)
def render(name: str, stored: bytes) -> bytes:
    value = to_frozen(statistic(name), parse_rows(stored))
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


def parse_rows(stored: bytes) -> list[Row]:
    """Raises ValueError for a format of a later version."""
    version, rows = json.loads(stored)
    if version != RESULT_FORMAT:
        known = f"{RESULT_FORMAT} and {DOCUMENT_FORMAT}"
        raise ValueError(f"the result has format {version}; this version reads {known}")
    return [tuple(row) for row in rows]


def to_frozen(entry: Statistic, rows: list[Row]) -> dict[str, Any]:
    """Return the object of the frozen JSON. A key with several labels is a tuple as Python writes it."""
    if entry.nested:
        nested: dict[str, Any] = {}
        for first, *labels, number in rows:
            nested.setdefault(str(first), {})[str(tuple(labels))] = number
        return nested
    if not entry.labels:
        return {entry.name: rows[0][0]}
    if len(entry.labels) == 1:
        return {str(label): number for label, number in rows}
    return {str(tuple(labels)): number for *labels, number in rows}


def parse_frozen_json(entry: Statistic, answer: dict[str, Any]) -> list[Row]:
    """Return the rows that an object of the frozen JSON was rendered from."""
    if entry.nested:
        return [
            (first, *literal_eval(key), number)
            for first, numbers in answer.items()
            for key, number in numbers.items()
        ]
    if len(entry.labels) > 1:
        return [(*literal_eval(key), number) for key, number in answer.items()]
    return [(*(key,)[: len(entry.labels)], number) for key, number in answer.items()]
