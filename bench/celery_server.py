"""FastAPI, Celery and Redis: the stack that many would take for asynchronous jobs.

    python -m bench.celery_server serve [--port 8000] [--csv FILE] [--workers CPUS]

One command starts redis-server, Celery's workers, which share the frame of bench.frame, and uvicorn. Jobs and
results are in Redis, in memory. It runs in a virtual environment of its own (requirements/celery.txt).
"""

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import click
import uvicorn
from celery import Celery
from fastapi import Body, FastAPI, HTTPException

from bench import survey
from bench.frame import Frame
from chalicelib.domain.statistics.registry import STATISTICS

RUNNING = {"PENDING", "RECEIVED", "STARTED", "RETRY"}
# Workers that measure nothing but their jobs.
WORKER = ("worker", "--loglevel", "error", "--without-gossip", "--without-mingle", "--without-heartbeat")


def make_tasks(redis: str, frame: Frame | None = None) -> Celery:
    """Return the Celery application; only workers have a frame."""
    tasks = Celery("bench", broker=redis, backend=redis, set_as_current=False)

    @tasks.task(name="compute")  # type: ignore[untyped-decorator] # celery ships no types
    def compute(statistic: str, inputs: dict[str, str]) -> Any:
        return frame.compute(statistic, *inputs.values()) if frame else None

    return tasks


def create_app(tasks: Celery) -> FastAPI:
    """The nine statistics and get_results, the endpoints that are measured."""
    app = FastAPI(strict_content_type=False)  # the load sends no Content-Type

    @app.post("/api/{statistic}")  # type: ignore[untyped-decorator] # fastapi is in this server's environment only
    def submit(statistic: str, inputs: Annotated[dict[str, str], Body()]) -> dict[str, str]:
        known = STATISTICS.get(statistic)
        if known is None or set(inputs) != set(known.parameters):
            raise HTTPException(400, "no such question")
        ordered = {name: inputs[name] for name in known.parameters}
        return {"job_id": tasks.send_task("compute", (statistic, ordered)).id}

    @app.get("/api/get_results/{job_id}")  # type: ignore[untyped-decorator] # fastapi is in this server's environment only
    def get_response(job_id: str) -> dict[str, Any]:
        job = tasks.AsyncResult(job_id)
        state, result = job.state, job.result
        if state in RUNNING:
            return {"status": "running"}
        if state != "SUCCESS":
            return {"status": "error", "reason": str(result)}
        return {"status": "done", "data": result}

    return app


@contextmanager
def redis_server() -> Iterator[str]:
    """The address of a Redis in memory, which ends with the block."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    command = ["redis-server", "--bind", "127.0.0.1", "--port", str(port), "--save", "", "--appendonly", "no"]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL) as process:
        try:
            yield f"redis://127.0.0.1:{port}/0"
        finally:
            process.kill()


@click.group()
def main() -> None:
    """Serve jobs with FastAPI, Celery and Redis."""


@main.command()
@click.option("--port", default=8000)
@click.option("--csv", type=click.Path(path_type=Path), default=survey.chosen)
@click.option("--workers", default=os.cpu_count() or 1)
def serve(port: int, csv: Path, workers: int) -> None:
    """Serve the data of a CSV until killed."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    with redis_server() as redis:
        command = [sys.executable, "-m", "bench.celery_server", "work", redis, str(csv), str(workers)]
        with subprocess.Popen(command) as worker:
            try:
                tasks = make_tasks(redis)
                tasks.connection().ensure_connection(max_retries=100, interval_start=0.1, interval_step=0)
                uvicorn.run(create_app(tasks), host="127.0.0.1", port=port, log_level="error")
            finally:
                worker.kill()


@main.command()
@click.argument("redis")
@click.argument("csv", type=click.Path(path_type=Path))
@click.argument("workers")
def work(redis: str, csv: Path, workers: str) -> None:
    """Compute jobs: the parent loads the frame that its children share."""
    tasks = make_tasks(redis, Frame(csv, survey.described(csv)))
    tasks.conf.worker_hijack_root_logger = False
    tasks.worker_main([*WORKER, "--concurrency", workers])


if __name__ == "__main__":
    main()
