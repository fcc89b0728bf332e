"""The last hour of this process: jobs accepted, finished and refused a minute, and how long they took."""

import math
import threading
import time
from collections import Counter, deque
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

MINUTES, SECONDS = 60, 60
PERCENTILES = (50, 95, 99)
# Durations are counted in classes whose ends differ by 5 %: a million of them take no more room than ten.
CLASSES, SHORTEST = 20.0, 1e-4


@dataclass
class Minute:
    """What happened in one minute, which began `number` minutes after the epoch."""

    number: int
    counts: Counter[str] = field(default_factory=Counter)
    durations: Counter[int] = field(default_factory=Counter)


class History:
    """Counts events by the minute, for any number of threads; what is older than an hour is forgotten."""

    def __init__(self, clock: Callable[[], float] = time.time) -> None:
        self._clock, self._lock = clock, threading.Lock()
        self._minutes: deque[Minute] = deque(maxlen=MINUTES)

    def count(self, event: str, amount: float = 1) -> None:
        with self._lock:
            self._current().counts[event] += int(amount)

    def observe(self, seconds: float) -> None:
        with self._lock:
            self._current().durations[class_of(seconds)] += 1

    def minutes(self, *events: str) -> list[dict[str, Any]]:
        """Return each minute of the last hour, the oldest first, with the counts of the events."""
        with self._lock:
            last = self._number()
            known = {minute.number: dict(minute.counts) for minute in self._minutes}
        numbers = range(last - MINUTES + 1, last + 1)
        return [
            {"minute": moment(number), **{event: known.get(number, {}).get(event, 0) for event in events}}
            for number in numbers
        ]

    def percentiles(self) -> dict[str, float | None]:
        """Return percentiles of the durations of the last hour in seconds, to 5 %; None without any."""
        with self._lock:
            oldest = self._number() - MINUTES
            recent = (minute.durations for minute in self._minutes if minute.number > oldest)
            total = sum(recent, Counter[int]())
        return {f"p{percent}": percentile(total, percent) for percent in PERCENTILES}

    def _current(self) -> Minute:
        number = self._number()
        if not self._minutes or self._minutes[-1].number != number:
            self._minutes.append(Minute(number))
        return self._minutes[-1]

    def _number(self) -> int:
        return int(self._clock() // SECONDS)


def class_of(seconds: float) -> int:
    return round(math.log(max(seconds, SHORTEST)) * CLASSES)


def percentile(counts: Counter[int], percent: int) -> float | None:
    """Return the nearest rank among counted classes."""
    rank = math.ceil(counts.total() * percent / 100)
    for one in sorted(counts):
        rank -= counts[one]
        if rank <= 0:
            return float(f"{math.exp(one / CLASSES):.2g}")
    return None


def moment(minute: int) -> str:
    return datetime.fromtimestamp(minute * SECONDS, UTC).strftime("%Y-%m-%dT%H:%MZ")
