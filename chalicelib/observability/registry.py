"""Counters, gauges and histograms of one process, and Prometheus's text of them.

Labels are for values out of a few. Should they ever be more, all beyond MOST_SERIES are counted as one, so
that no caller can fill the memory.
"""

import threading
from bisect import bisect_left
from collections.abc import Callable, Iterator, Sequence
from typing import ClassVar, Generic, TypeVar

Labels = tuple[str, ...]
Listener = Callable[["Metric", Labels, float], None]

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
MOST_SERIES = 200
OTHER = "other"


class Metric:
    """One name with its series, one for each combination of label values. Safe for any number of threads.

    `listener`, if set, hears of every value as it comes, under the metric's lock.
    """

    kind: ClassVar[str]

    def __init__(self, name: str, meaning: str, labels: Sequence[str] = ()) -> None:
        self.name, self.meaning, self.labels = name, meaning, tuple(labels)
        self.listener: Listener | None = None
        self._lock = threading.Lock()

    def lines(self) -> Iterator[str]:
        yield f"# HELP {self.name} {self.meaning}"
        yield f"# TYPE {self.name} {self.kind}"
        yield from self._samples()

    def _samples(self) -> Iterator[str]:
        raise NotImplementedError

    def _told(self, labels: Labels, value: float) -> None:
        if self.listener is not None:
            self.listener(self, labels, value)

    def _sample(self, labels: Labels, value: float, suffix: str = "", **more: str) -> str:
        pairs = dict(zip(self.labels, labels, strict=True)) | more
        inside = ",".join(f'{name}="{escaped(text)}"' for name, text in pairs.items())
        return f"{self.name}{suffix}{{{inside}}} {value}" if pairs else f"{self.name}{suffix} {value}"


V = TypeVar("V")


class Series(Generic[V]):
    """The values of one metric by label values, of a bounded number."""

    def __init__(self, labels: int, new: Callable[[], V]) -> None:
        self._new, self._overflow = new, (OTHER,) * labels
        self.values: dict[Labels, V] = {} if labels else {(): new()}

    def place(self, labels: Labels) -> Labels:
        """The labels under which to count: these, or those of the overflow."""
        if labels not in self.values:
            if len(self.values) >= MOST_SERIES:
                labels = self._overflow
            self.values.setdefault(labels, self._new())
        return labels


class Counter(Metric):
    """What only grows; its name ends in _total."""

    kind = "counter"

    def __init__(self, name: str, meaning: str, labels: Sequence[str] = ()) -> None:
        super().__init__(name, meaning, labels)
        self._series: Series[float] = Series(len(self.labels), int)

    def add(self, *labels: str, amount: float = 1) -> None:
        with self._lock:
            labels = self._series.place(labels)
            self._series.values[labels] += amount
            self._told(labels, amount)

    def value(self, *labels: str) -> float:
        with self._lock:
            return self._series.values.get(labels, 0)

    def _samples(self) -> Iterator[str]:
        with self._lock:
            now = list(self._series.values.items())
        return (self._sample(labels, value) for labels, value in now)


class Gauge(Counter):
    """What is as it is now."""

    kind = "gauge"

    def set(self, value: float, *labels: str) -> None:
        with self._lock:
            labels = self._series.place(labels)
            self._series.values[labels] = value
            self._told(labels, value)


class Histogram(Metric):
    """How often values were at most each of `bounds`, with their number and sum."""

    kind = "histogram"

    def __init__(
        self, name: str, meaning: str, labels: Sequence[str] = (), *, bounds: Sequence[float]
    ) -> None:
        super().__init__(name, meaning, labels)
        self._bounds = sorted(bounds)
        self._series: Series[list[float]] = Series(len(self.labels), lambda: [0] * (len(bounds) + 2))

    def observe(self, value: float, *labels: str) -> None:
        with self._lock:
            labels = self._series.place(labels)
            counts = self._series.values[labels]
            counts[bisect_left(self._bounds, value)] += 1
            counts[-1] += value
            self._told(labels, value)

    def count(self, *labels: str) -> float:
        with self._lock:
            return sum(self._series.values.get(labels, [0])[:-1])

    def _samples(self) -> Iterator[str]:
        with self._lock:
            now = [(labels, list(counts)) for labels, counts in self._series.values.items()]
        for labels, (*counts, total) in now:
            so_far = 0.0
            for bound, count in zip([*self._bounds, "+Inf"], counts, strict=True):
                so_far += count
                yield self._sample(labels, so_far, "_bucket", le=str(bound))
            yield self._sample(labels, total, "_sum")
            yield self._sample(labels, so_far, "_count")


M = TypeVar("M", bound=Metric)


class Registry:
    """Every metric of the process, in the order in which they were added."""

    def __init__(self) -> None:
        self._metrics: dict[str, Metric] = {}
        self.listener: Listener | None = None

    def add(self, metric: M) -> M:
        if metric.name in self._metrics:
            raise ValueError(f"there are two metrics named {metric.name}")
        self._metrics[metric.name] = metric
        return metric

    def listen(self, listener: Listener | None) -> None:
        """Have every value told to `listener` as it comes."""
        self.listener = listener
        for metric in self._metrics.values():
            metric.listener = listener

    def text(self) -> str:
        """Prometheus's text format; served as CONTENT_TYPE."""
        return "".join(f"{line}\n" for metric in list(self._metrics.values()) for line in metric.lines())


def escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace("\n", "\\n").replace('"', '\\"')
