"""What a request of legal size costs at most: seconds in which the event loop does nothing else.

python -m bench.bounds
"""

import functools
import json
import tempfile
import time
from collections.abc import Callable
from contextlib import closing, suppress
from pathlib import Path
from typing import TypeVar

from chalicelib.application.job import Job
from chalicelib.documents.openapi.document import document
from chalicelib.documents.process_description import description
from chalicelib.domain.catalogue import Catalogue, validate_inputs
from chalicelib.domain.statistics.registry import MEANS
from chalicelib.errors import UnknownName
from local.storage.database import NAME, Database
from local.storage.sqlite_job_store import SqliteJobStore

T = TypeVar("T")

QUESTIONS, STATES, FINISHED, TOGETHER = 8_000, 100_000, 200_000, 1_000


def main() -> None:
    catalogue = timed(f"catalogue of {QUESTIONS} questions and {STATES} states, at the start", make_catalogue)
    name = f"Place {STATES // 2:06}"
    timed("suggestions for an unknown state", lambda: ask(catalogue, {"state": f"{name}x"}))
    timed("suggestions for an unknown question", lambda: ask(catalogue, {"question": "minutes " * 125}))
    timed("a batch of 100", lambda: ask(catalogue, {"state": name}, 100))
    timed("a process description", lambda: description(MEANS["state_mean"], catalogue))
    timed("the OpenAPI document", lambda: json.dumps(document(catalogue, "/", key_needed=False)))
    with tempfile.TemporaryDirectory() as folder:
        for jobs in (0, FINISHED):
            path = Path(folder, f"{jobs}-{NAME}")
            fill(path, jobs)
            timed(f"a start with {jobs} finished jobs", functools.partial(start, path))


def timed(what: str, action: Callable[[], T]) -> T:
    start = time.perf_counter()
    result = action()
    print(f"{(time.perf_counter() - start) * 1000:8.1f} ms  {what}")
    return result


def make_catalogue() -> Catalogue:
    text = "Percent of adults who achieve at least {} minutes a week of moderate-intensity aerobic activity"
    questions = [{"id": f"S{number:05}", "question": text.format(number)} for number in range(QUESTIONS)]
    return Catalogue({"title": "Bench", "questions": questions, "states": places()})


def places() -> list[dict[str, str]]:
    return [{"name": f"Place {number:06}"} for number in range(STATES)]


def ask(catalogue: Catalogue, inputs: dict[str, str], times: int = 1) -> None:
    with suppress(UnknownName):
        for _ in range(times):
            validate_inputs(inputs, catalogue)


def fill(path: Path, jobs: int) -> None:
    with closing(Database(path)) as database:
        store = SqliteJobStore(database, FINISHED)
        for first in range(1, jobs, TOGETHER):
            store.create(*(finished(number) for number in range(first, first + TOGETHER)))


def finished(number: int) -> Job:
    job = Job(f"job_id_{number}", "global_mean", {"question": "Q036"}, "d" * 64, accepted=number)
    return job.succeed(b"[1,[[%d.5]]]" % number, now=number)


def start(path: Path) -> None:
    with closing(Database(path)) as database:
        SqliteJobStore(database, FINISHED)


if __name__ == "__main__":
    main()
