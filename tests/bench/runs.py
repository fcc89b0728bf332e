"""A synthetic run in which every figure is on target."""

from typing import Any

from bench.ingest import ENGINES
from bench.processes import KINDS
from bench.servers import FRESH, MIX
from chalicelib.domain.statistics.registry import MEANS

# What each server does in a second at any number of clients, and how long a job takes.
SPEED = {
    "baseline": (100.0, 10.0),
    "FastAPI + Celery + Redis": (200.0, 8.0),
    "make run": (1_000.0, 2.0),
    "chalice local": (500.0, 2.5),
}
SECONDS = {"statline": 1.0, "pandas": 3.0, "polars": 0.8, "duckdb": 0.9}
PEAK = {"statline": 90.0, "pandas": 450.0, "polars": 600.0, "duckdb": 500.0}


def good_run() -> dict[str, Any]:
    sizes = (18_650, 1_000_000, 10_000_000)
    return {
        "command": "make bench-full",
        "date": "2026-01-01",
        "data": "The servers answer from nothing.",
        "machine": {"processor": "an abacus"},
        "round_trips": [
            round_trip(questions, kind, clients)
            for questions in (MIX, FRESH)
            for kind in KINDS
            for clients in (1, 8, 32)
        ],
        "profile": [{"part": "storage: SQLite", "µs a job, profiled": 400.0, "share, %": 12.0}],
        "statistics": [statistic(name, rows) for rows in sizes for name in MEANS],
        "ingest": [ingested(engine, rows) for rows in sizes for engine in ENGINES],
        "starting": [started(rows) for rows in sizes],
        "memory": [{"jobs": 1, "MB": 100.0}, {"jobs": 1_000, "MB": 200.0}, {"jobs": 100_000, "MB": 220.0}],
        "one_result": [{"jobs": 100_000, "database MB": 40.0, "bytes a job": 400.0}],
    }


def round_trip(questions: str, kind: str, clients: int) -> dict[str, Any]:
    speed, milliseconds = SPEED[kind]
    return {
        "questions": questions,
        "server": kind,
        "clients": clients,
        "jobs/s": speed,
        "p50 ms": milliseconds,
        "p95 ms": milliseconds,
        "p99 ms": milliseconds,
        "errors": 0,
        "load, % of a core": 7.0,
    }


def statistic(name: str, rows: int) -> dict[str, Any]:
    return {
        "rows": rows,
        "statistic": name,
        "known µs": 10.0,
        "cube µs": 600.0,
        "cube, first time, µs": 800.0,
        "pandas µs": 1_000.0,
        "known, times faster": 100.0,
        "cube, times faster": 1.5,
    }


def ingested(engine: str, rows: int) -> dict[str, Any]:
    seconds = SECONDS[engine] * rows / 1e6
    return {
        "rows": rows,
        "engine": engine,
        "seconds": seconds,
        "rows/s": rows / seconds,
        "peak MB": PEAK[engine],
    }


def started(rows: int) -> dict[str, Any]:
    return {
        "rows": rows,
        "load ms": 20.0,
        "snapshot kB": 30.0,
        "first result without snapshot s": 2.0,
        "with snapshot s": 1.0,
    }
