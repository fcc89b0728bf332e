"""An answer as a table: a row for each number, a column for each label."""

import csv
import io
import json
from ast import literal_eval
from collections.abc import Iterator
from typing import Any

from chalicelib.application.job import Job
from chalicelib.domain.statistics.registry import Statistic

Row = tuple[Any, ...]


def rows(asked: Statistic, answer: bytes) -> Iterator[Row]:
    """The numbers of an answer, each after its labels, in the answer's order."""
    return unfolded(json.loads(answer), len(asked.labels))


def unfolded(found: dict[str, Any], depth: int) -> Iterator[Row]:
    for key, value in found.items():
        if isinstance(value, dict):
            yield from ((key, *row) for row in unfolded(value, depth - 1))
        else:
            yield (*labels_of(key, depth), value)


def labels_of(key: str, depth: int) -> Row:
    """The `depth` labels in a key: a text for one, a tuple as Python writes it for several."""
    return tuple(literal_eval(key)) if depth > 1 else (key,)[:depth]


def as_csv(asked: Statistic, answer: bytes) -> str:
    """RFC 4180, with a header."""
    text = io.StringIO(newline="")
    csv.writer(text).writerows([asked.columns, *rows(asked, answer)])
    return text.getvalue()


def frozen_json(job: Job) -> bytes:
    """The result of a successful job as /api/* and `results/` give it: JSON whose bytes never change."""
    if job.result is None:
        raise ValueError(f"{job.id} has no result")
    return job.result
