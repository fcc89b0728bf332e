"""The baseline: the server that one would write first, with Flask, pandas and a pool of threads.

    python -m bench.baseline [--port 8000] [--csv FILE] [--threads CPUS]

As many threads as processors take jobs from one queue, compute each from the whole frame and write the
result to a file of its own. Statuses are in a dict, so the death of the process loses them. The server is
Flask's own, threaded, without its log line for each request; it closes every connection after one response.
"""

import itertools
import json
import logging
import os
import tempfile
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any, cast

import click
from flask import Flask, request
from flask.json.provider import DefaultJSONProvider
from flask.typing import ResponseReturnValue
from werkzeug.serving import make_server

from bench import survey
from bench.frame import Frame
from chalicelib.domain.statistics.registry import MEANS


class Jobs:
    """Runs jobs on threads, and keeps a future of each."""

    def __init__(self, frame: Frame, results: Path, threads: int) -> None:
        self._frame, self._results = frame, results
        self._pool, self._numbers = ThreadPoolExecutor(threads), itertools.count(1)
        self.futures: dict[str, Future[None]] = {}

    def submit(self, statistic: str, inputs: dict[str, str]) -> str:
        job_id = f"job_id_{next(self._numbers)}"
        self.futures[job_id] = self._pool.submit(self._run, job_id, statistic, inputs)
        return job_id

    def status(self, job_id: str) -> str:
        future = self.futures[job_id]
        if not future.done():
            return "running"
        return "error" if future.exception() else "done"

    def result(self, job_id: str) -> Any:
        return json.loads((self._results / job_id).read_text())

    def _run(self, job_id: str, statistic: str, inputs: dict[str, str]) -> None:
        result = self._frame.compute(statistic, *inputs.values())
        (self._results / job_id).write_text(json.dumps(result))


def create_app(jobs: Jobs) -> Flask:
    """The nine statistics and get_results, the endpoints that are measured."""
    app = Flask(__name__)
    cast(DefaultJSONProvider, app.json).sort_keys = False

    @app.post("/api/<statistic>")
    def submit(statistic: str) -> ResponseReturnValue:
        body, known = request.get_json(force=True), MEANS.get(statistic)
        if known is None or set(body) != set(known.parameters):
            return {"status": "error", "reason": "no such question"}, 400
        return {"job_id": jobs.submit(statistic, {name: body[name] for name in known.parameters})}

    @app.get("/api/get_results/<job_id>")
    def get_response(job_id: str) -> ResponseReturnValue:
        if job_id not in jobs.futures:
            return {"status": "error", "reason": "Invalid job_id"}, 404
        status = jobs.status(job_id)
        if status == "error":
            return {"status": status, "reason": str(jobs.futures[job_id].exception())}
        return {"status": status, **({"data": jobs.result(job_id)} if status == "done" else {})}

    return app


@click.command()
@click.option("--port", default=8000)
@click.option("--csv", type=click.Path(path_type=Path), default=survey.chosen)
@click.option("--threads", default=os.cpu_count() or 1)
def main(port: int, csv: Path, threads: int) -> None:
    """Serve the data of a CSV until killed."""
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    with tempfile.TemporaryDirectory() as folder:
        app = create_app(Jobs(Frame(csv, survey.described(csv)), Path(folder), threads))
        make_server("127.0.0.1", port, app, threaded=True).serve_forever()


if __name__ == "__main__":
    main()
