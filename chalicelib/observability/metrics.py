"""What the service measures: the one list of metrics, and the recorder of their values.

Each process counts its own work, from its start on. Where the values go is the process's choice: to
Prometheus's library, whose text `/metrics` serves, or in Lambda to CloudWatch (embedded_metrics).
Label values come from short lists of ours, never from a client: each combination is a series in memory.
"""

import threading
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
        recorder().record(self, labels, amount)


class Gauge(Metric):
    """A number as it is now."""

    def set(self, value: float, *labels: str) -> None:
        recorder().record(self, labels, value)


@dataclass(frozen=True)
class Histogram(Metric):
    """How many values were at most each of `bounds`, with their number and sum."""

    bounds: tuple[float, ...] = ()

    def observe(self, value: float, *labels: str) -> None:
        recorder().record(self, labels, value)


# Seconds: a job may wait for as long as the sweeper lets it, a request for as long as API Gateway does.
JOB_BOUNDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 900, 3600, 86400)
REQUEST_BOUNDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)

ACCEPTED = Counter("statline_jobs_accepted_total", "Jobs accepted.", ("statistic",))
REFUSED = Counter("statline_jobs_refused_total", "Questions that made no job.", ("reason",))
FINISHED = Counter("statline_jobs_finished_total", "Jobs ended.", ("statistic", "outcome"))
UNPROCESSED = Counter("statline_jobs_unprocessed_total", "Jobs failed, not by their questions.")
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
    *(ACCEPTED, REFUSED, FINISHED, UNPROCESSED, DURATION, OPEN, OPEN_LIMIT, OLDEST),
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
        self._collectors: dict[Metric, Any] = {}
        for metric in METRICS:
            options: Any = {"buckets": metric.bounds} if isinstance(metric, Histogram) else {}
            kind = getattr(library, type(metric).__name__)
            self._collectors[metric] = kind(
                metric.name, metric.help, metric.labels, registry=self.registry, **options
            )

    def record(self, metric: Metric, labels: tuple[str, ...], value: float) -> None:
        collector = self._collectors[metric]
        series = collector.labels(*labels) if labels else collector
        if isinstance(metric, Counter):
            series.inc(value)
        elif isinstance(metric, Gauge):
            series.set(value)
        else:
            series.observe(value)

    def text(self) -> str:
        return str(self._library.generate_latest(self.registry), "utf-8")


_lock = threading.Lock()
_recorder: Recorder | None = None


def recorder() -> Recorder:
    """Return the recorder of this process: Prometheus's, unless `use` named another."""
    with _lock:
        return _recorder or use(PrometheusRecorder())


def use(other: Recorder) -> Recorder:
    """Send all values from now on to `other`, and return it."""
    global _recorder
    _recorder = other
    return other
