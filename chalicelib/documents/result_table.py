"""A job's result rendered from its rows: the frozen JSON of /api/*, CSV, and rows for pages.

A result stored before there were formats is the frozen JSON itself.
"""

import csv
import io
import json
from ast import literal_eval
from typing import Any

from chalicelib.application.job import Job
from chalicelib.byte_cache import cached
from chalicelib.domain.statistics.means import Row
from chalicelib.domain.statistics.registry import RESULT_FORMAT, Statistic, statistic

# Bytes of rendered results, and what they were rendered from, that are kept for the next poll.
RENDERED_BYTES = 32_000_000


def frozen_json(job: Job) -> bytes:
    """Return a job's result as /api/* and `results/` give it: JSON whose bytes never change."""
    return frozen_json_of(job.statistic, result_of(job))


def rows_of(job: Job) -> list[Row]:
    """Return the rows of a job's result: labels, then the number."""
    stored = result_of(job)
    if is_frozen(stored):
        return parse_frozen_json(statistic(job.statistic), json.loads(stored))
    return parse_rows(stored)


def as_csv(job: Job) -> str:
    """Return a job's result as RFC 4180 asks, with a header."""
    text = io.StringIO(newline="")
    csv.writer(text).writerows([statistic(job.statistic).columns, *rows_of(job)])
    return text.getvalue()


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
