"""Metrics in Lambda: lines in CloudWatch's embedded metric format, written at the end of each invocation.

API Gateway, Lambda and SQS measure requests, invocations and messages themselves, so nothing here does. Each
combination of dimensions is billed as a metric of its own, so there are few.
"""

import json
import threading
import time
from collections.abc import Callable
from typing import Any, NamedTuple

from chalicelib.observability import metrics
from chalicelib.observability.metrics import Gauge, Histogram, Metric

NAMESPACE = "Statline"
MOST_VALUES = 100  # that one line may give for one metric


class Export(NamedTuple):
    """A metric's name and unit in CloudWatch, and which of its labels are dimensions there."""

    name: str
    unit: str
    dimensions: tuple[str, ...] = ()


EXPORTS: dict[Metric, Export] = {
    metrics.ACCEPTED: Export("JobsAccepted", "Count"),
    metrics.REFUSED: Export("JobsRefused", "Count", ("reason",)),
    metrics.FINISHED: Export("JobsFinished", "Count", ("outcome",)),
    metrics.UNPROCESSED: Export("JobsUnprocessed", "Count"),
    metrics.DURATION: Export("JobDuration", "Seconds", ("outcome",)),
    metrics.CALLBACKS: Export("Callbacks", "Count", ("outcome",)),
    # Without its operation, which the log has: an alarm watches one series.
    metrics.STORE_ERRORS: Export("StoreErrors", "Count"),
    metrics.OPEN: Export("OpenJobs", "Count"),
    metrics.OLDEST: Export("OldestOpenJob", "Seconds"),
}
Dimensions = tuple[tuple[str, str], ...]


class EmbeddedMetrics:
    """A Recorder that keeps values, and, as Chalice's middleware, writes them after each event."""

    def __init__(self, stage: Callable[[], str], write: Callable[[str], object] = print) -> None:
        self._stage, self._write = stage, write
        self._lock = threading.Lock()
        self._kept: dict[Dimensions, dict[Export, list[float]]] = {}

    def __call__(self, event: Any, get_response: Callable[[Any], Any]) -> Any:
        try:
            return get_response(event)
        finally:
            self.flush()

    def record(self, metric: Metric, labels: tuple[str, ...], value: float) -> None:
        export = EXPORTS.get(metric)
        if export is None:
            return
        named = dict(zip(metric.labels, labels, strict=True))
        dimensions = tuple((label.capitalize(), named[label]) for label in export.dimensions)
        with self._lock:
            values = self._kept.setdefault(dimensions, {}).setdefault(export, [])
            if isinstance(metric, Histogram):
                values.append(value)
            else:
                values[:] = [value] if isinstance(metric, Gauge) else [sum(values) + value]

    def flush(self) -> None:
        """Write the values, a line for each combination of dimensions, and forget them."""
        with self._lock:
            kept, self._kept = self._kept, {}
        for dimensions, values in kept.items():
            for start in range(0, max(map(len, values.values())), MOST_VALUES):
                part = {export: numbers[start : start + MOST_VALUES] for export, numbers in values.items()}
                self._write(line((("Stage", self._stage()), *dimensions), part))


def line(dimensions: Dimensions, values: dict[Export, list[float]]) -> str:
    values = {export: numbers for export, numbers in values.items() if numbers}
    directive = {
        "Namespace": NAMESPACE,
        "Dimensions": [[name for name, _ in dimensions]],
        "Metrics": [{"Name": export.name, "Unit": export.unit} for export in values],
    }
    metadata = {"Timestamp": time.time_ns() // 1_000_000, "CloudWatchMetrics": [directive]}
    facts = {export.name: numbers[0] if len(numbers) == 1 else numbers for export, numbers in values.items()}
    return json.dumps({"_aws": metadata, **dict(dimensions), **facts})
