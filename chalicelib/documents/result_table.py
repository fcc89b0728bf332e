"""A job's result rendered from its rows: the frozen JSON of /api/*, CSV, and rows for pages.

A result stored before there were formats is the frozen JSON itself.
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
from chalicelib.domain.statistics.means import Row
from chalicelib.domain.statistics.registry import RESULT_FORMAT, Statistic, statistic

# Bytes of rendered results, and what they were rendered from, that are kept for the next poll.
RENDERED_BYTES = 32_000_000


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
    """Return the rows of a job's result: labels, then the number."""
    stored = result_of(job)
    if is_frozen(stored):
        return parse_frozen_json(statistic(job.statistic), json.loads(stored))
    return parse_rows(stored)


def as_csv(job: Job, cells: Cells = Cells.SAFE) -> str:
    """Return a job's result as RFC 4180 asks, with a header."""
    text = io.StringIO(newline="")
    write_csv(text, [statistic(job.statistic).columns, *rows_of(job)], cells)
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


def frozen_json_of(name: str, stored: bytes) -> bytes:
    """Return the frozen JSON of a stored result of the statistic `name`."""
    if is_frozen(stored):
        return stored
    return render(name, stored)


@cached(RENDERED_BYTES)
def render(name: str, stored: bytes) -> bytes:
    value = to_frozen(statistic(name), parse_rows(stored))
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


def parse_rows(stored: bytes) -> list[Row]:
    """Raises ValueError for a format of a later version."""
    version, rows = json.loads(stored)
    if version != RESULT_FORMAT:
        raise ValueError(f"the result has format {version}; this version reads {RESULT_FORMAT}")
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
