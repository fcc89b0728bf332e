"""What the service measures: the one list of metrics, and the one function that records their values.

Each process counts its own work, from its start on. Where the values go is the process's choice: to
Prometheus's library, whose text `/metrics` serves, or in Lambda to CloudWatch (embedded_metrics).
Label values come from short lists of ours, never from a client: each combination is a series in memory.
"""

import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
# The label value for names that this version does not know.
OTHER = "other"


@dataclass(frozen=True)
class Metric:
    """A metric's name, its help text, and the names of its labels."""

    name: str
    help: str
    labels: tuple[str, ...] = ()


class Counter(Metric):
    """A number that only grows; its name ends in _total."""

    def add(self, *labels: str, amount: float = 1) -> None:
        record(self, labels, amount)


class Gauge(Metric):
    """A number as it is now."""

    def set(self, value: float, *labels: str) -> None:
        record(self, labels, value)


@dataclass(frozen=True)
class Histogram(Metric):
    """How many values were at most each of `bounds`, with their number and sum."""

    bounds: tuple[float, ...] = ()

    def observe(self, value: float, *labels: str) -> None:
        record(self, labels, value)


# Seconds: a job may wait for as long as the sweeper lets it, a request for as long as API Gateway does.
JOB_BOUNDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 900, 3600, 86400)
REQUEST_BOUNDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)

ACCEPTED = Counter("statline_jobs_accepted_total", "Jobs accepted.", ("statistic",))
REFUSED = Counter("statline_jobs_refused_total", "Questions that made no job.", ("reason",))
FINISHED = Counter("statline_jobs_finished_total", "Jobs ended.", ("statistic", "outcome"))
DURATION = Histogram(
    "statline_job_duration_seconds", "From the acceptance of a job to its end.", ("outcome",), JOB_BOUNDS
)
OPEN = Gauge("statline_jobs_open", "Jobs accepted and not finished.")
OPEN_LIMIT = Gauge("statline_jobs_open_limit", "Open jobs beyond which none is accepted.")
OLDEST = Gauge(
    "statline_jobs_oldest_open_age_seconds", "Since the acceptance of the oldest open job; 0 if none."
)
CALLBACKS = Counter("statline_callbacks_total", "Callbacks to subscribers.", ("outcome",))
STORE_ERRORS = Counter("statline_store_errors_total", "Calls to storage that failed.", ("operation",))
FOLLOWER_LAG = Gauge(
    "statline_follower_lag_jobs", "Changed jobs that a follower of the store has not copied.", ("follower",)
)
REQUESTS = Histogram(
    "statline_http_request_duration_seconds",
    "From a request that is read to its answer.",
    ("method", "route", "status"),
    REQUEST_BOUNDS,
)
METRICS = (
    *(ACCEPTED, REFUSED, FINISHED, DURATION, OPEN, OPEN_LIMIT, OLDEST),
    *(CALLBACKS, STORE_ERRORS, FOLLOWER_LAG, REQUESTS),
)


class Recorder(Protocol):
    """Where recorded values go; safe for any number of threads."""

    def record(self, metric: Metric, labels: tuple[str, ...], value: float) -> None:
        """Add to a counter, set a gauge, or observe a histogram's value."""


class PrometheusRecorder:
    """A registry of prometheus_client's with every metric of METRICS, and gauges that read functions."""

    def __init__(self) -> None:
        import prometheus_client as library  # 25 ms, and not part of the Lambda package

        library.disable_created_metrics()  # type: ignore[no-untyped-call] # the library has no types there
        self._library, self.registry = library, library.CollectorRegistry()
        self._collectors: dict[Metric, Any] = {metric: self._collector(metric) for metric in METRICS}
        self._functions: dict[str, Any] = {}

    def record(self, metric: Metric, labels: tuple[str, ...], value: float) -> None:
        collector = self._collectors[metric]
        series = collector.labels(*labels) if labels else collector
        if isinstance(metric, Counter):
            series.inc(value)
        elif isinstance(metric, Gauge):
            series.set(value)
        else:
            series.observe(value)

    def read(self, gauge: Gauge, function: Callable[[], float]) -> None:
        if gauge.name not in self._functions:
            self._functions[gauge.name] = self._collector(gauge)
        self._functions[gauge.name].set_function(function)

    def text(self) -> str:
        return str(self._library.generate_latest(self.registry), "utf-8")

    def _collector(self, metric: Metric) -> Any:
        options: Any = {"buckets": metric.bounds} if isinstance(metric, Histogram) else {}
        kind = getattr(self._library, type(metric).__name__)
        return kind(metric.name, metric.help, metric.labels, registry=self.registry, **options)


_lock = threading.Lock()
_recorder: Recorder | None = None


def recorder() -> Recorder:
    """Return the recorder of this process: Prometheus's, unless `use` named another."""
    global _recorder
    with _lock:
        if _recorder is None:
            _recorder = PrometheusRecorder()
        return _recorder


def use(other: Recorder | None) -> None:
    """Send all values from now on to `other`; None means to a new registry of Prometheus's."""
    global _recorder
    with _lock:
        _recorder = other


def record(metric: Metric, labels: tuple[str, ...], value: float) -> None:
    """Record a value: the one function that every metric's methods end in."""
    recorder().record(metric, labels, value)


def read_gauge(name: str, help: str, function: Callable[[], float]) -> None:
    """Show on `/metrics` what `function` returns at that moment; a later call for the name replaces it."""
    if isinstance(target := recorder(), PrometheusRecorder):
        target.read(Gauge(name, help), function)
