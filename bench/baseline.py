"""The baseline: the server that one would write first, with Flask, pandas and a pool of threads.

    python -m bench.baseline [--port 8000] [--csv FILE] [--threads CPUS]

Jobs wait in one queue; as many runners as there are processors take them, compute each from the whole
frame and write the answer to a file of its own. Nothing is kept of a job but its status in a dict, so
a death of the process loses it. Flask's own server, threaded, is left as it is, but for its line of log for
each request, which is turned off. It ends every connection with its first answer.
"""

import argparse
import itertools
import json
import logging
import os
import tempfile
import threading
from pathlib import Path
from queue import SimpleQueue
from typing import Any, cast

from flask import Flask, request
from flask.json.provider import DefaultJSONProvider
from flask.typing import ResponseReturnValue
from werkzeug.serving import make_server

from bench import survey
from bench.frame import Frame
from chalicelib.domain.statistics.registry import STATISTICS

Job = tuple[str, str, dict[str, str]]


class ThreadPool:
    """Runs jobs on threads. `statuses` says of each whether it is running, done or an error."""

    def __init__(self, frame: Frame, results: Path, threads: int) -> None:
        self.frame, self.results = frame, results
        self.statuses: dict[str, str] = {}
        self.draining = False
        self._queue: SimpleQueue[Job] = SimpleQueue()
        self._numbers = itertools.count(1)
        self._lock = threading.Lock()
        for _ in range(threads):
            threading.Thread(target=self._run, daemon=True).start()

    def submit(self, statistic: str, inputs: dict[str, str]) -> str:
        with self._lock:
            job_id = f"job_id_{next(self._numbers)}"
            self.statuses[job_id] = "running"
        self._queue.put((job_id, statistic, inputs))
        return job_id

    def result(self, job_id: str) -> Any:
        return json.loads((self.results / job_id).read_text())

    def running(self) -> int:
        with self._lock:
            return sum(status == "running" for status in self.statuses.values())

    def _run(self) -> None:
        while True:
            job_id, statistic, inputs = self._queue.get()
            try:
                answer: Any = self.frame.answer(statistic, **inputs)
                status = "done"
            except Exception as error:  # whatever a job does, its thread goes on
                answer, status = str(error), "error"
            (self.results / job_id).write_text(json.dumps(answer))
            with self._lock:
                self.statuses[job_id] = status


class Views:
    """The thirteen endpoints."""

    def __init__(self, pool: ThreadPool) -> None:
        self._pool = pool

    def submit(self, statistic: str) -> ResponseReturnValue:
        if self._pool.draining:
            return {"status": "error", "reason": "shutting down"}, 503
        body = request.get_json(force=True)
        if statistic not in STATISTICS or set(body) != set(STATISTICS[statistic].parameters):
            return {"status": "error", "reason": "no such question"}, 400
        return {"job_id": self._pool.submit(statistic, body)}

    def get_response(self, job_id: str) -> ResponseReturnValue:
        status = self._pool.statuses.get(job_id)
        if status is None:
            return {"status": "error", "reason": "Invalid job_id"}, 404
        if status == "running":
            return {"status": status}
        return {"status": status, ("data" if status == "done" else "reason"): self._pool.result(job_id)}

    def jobs(self) -> ResponseReturnValue:
        return {"status": "done", "data": [{name: word} for name, word in self._pool.statuses.items()]}

    def num_jobs(self) -> ResponseReturnValue:
        return {"num_jobs": self._pool.running()}

    def graceful_shutdown(self) -> ResponseReturnValue:
        self._pool.draining = True
        left = self._pool.running()
        return {"status": "running", "num_jobs": left} if left else {"status": "done"}


def create_app(pool: ThreadPool) -> Flask:
    app, views = Flask(__name__), Views(pool)
    cast(DefaultJSONProvider, app.json).sort_keys = False
    app.add_url_rule("/api/<statistic>", view_func=views.submit, methods=["POST"])
    app.add_url_rule("/api/get_results/<job_id>", view_func=views.get_response)
    for view in (views.jobs, views.num_jobs, views.graceful_shutdown):
        app.add_url_rule(f"/api/{view.__name__}", view_func=view)
    return app


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--port", type=int, default=8000)
    parser.add_argument("--csv", type=Path, default=survey.chosen())
    parser.add_argument("--threads", type=int, default=os.cpu_count() or 1)
    asked = parser.parse_args()
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    frame = Frame(asked.csv, survey.described(asked.csv))
    with tempfile.TemporaryDirectory() as folder:
        app = create_app(ThreadPool(frame, Path(folder), asked.threads))
        make_server("127.0.0.1", asked.port, app, threaded=True).serve_forever()


if __name__ == "__main__":
    main()
