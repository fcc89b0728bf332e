"""A million jobs a minute in the cloud, on paper: which limit is reached first, and the bill.

    python -m bench.scale [--rate 16667] [--new 0.05] [--minutes 30] [--jobs 2000] [--shards 64]

Units of DynamoDB are measured: jobs of the load's natural mix run on moto, through the functions' adapters.
A small discrete-event model then lets jobs arrive under AWS's quotas, as they are by default and as an
account may raise them. Quotas and prices are AWS's, in bench/quotas.py; durations are assumed there.
"""

import heapq
import itertools
import math
from collections.abc import Callable
from typing import NamedTuple

import click

from bench import quotas
from bench.page import table
from bench.quotas import Quotas
from bench.units import Units, measured

SLICE = 0.05  # seconds of arrivals that are one event
MILLION = 1_000_000


class Bucket:
    """A token bucket. `empty_at` is the second when it first lacked tokens, `demand` all that was asked."""

    def __init__(self, rate: float, burst: float) -> None:
        self.rate, self.burst = rate, burst
        self.tokens, self.demand = burst, 0.0
        self.empty_at: float | None = None
        self._filled_at = 0.0

    def take(self, now: float, amount: float) -> float:
        """Take as much as there is, and return the share of `amount` that it is."""
        self.tokens = min(self.burst, self.tokens + (now - self._filled_at) * self.rate)
        self._filled_at = now
        self.demand += amount
        taken = min(amount, self.tokens)
        self.tokens -= taken
        if taken < amount * 0.999 and self.empty_at is None:
            self.empty_at = now
        return taken / amount if amount else 1.0


class Slots:
    """Concurrent executions of a function, of which there are more from second to second."""

    def __init__(self, start: float, per_second: float, most: float) -> None:
        self._start, self._per_second, self._most = start, per_second, most
        self.busy = self.peak = 0.0
        self.full_at: float | None = None

    def take(self, now: float, count: float) -> float:
        free = max(0.0, min(self._most, self._start + now * self._per_second) - self.busy)
        taken = min(count, free)
        self.busy += taken
        self.peak = max(self.peak, self.busy)
        if taken < count * 0.999 and self.full_at is None:
            self.full_at = now
        return taken


class Model:
    """Jobs that arrive evenly, under some quotas. What a limit refuses is not sent again."""

    def __init__(self, rate: float, new: float, units: Units, limits: Quotas) -> None:
        self._rate, self._new = rate, new
        self.accepted = self.finished = self.waiting = self.longest_queue = 0.0
        self._events: list[tuple[float, int, Callable[[float], None]]] = []
        self._order = itertools.count()
        self.buckets = {"API Gateway, requests": Bucket(limits.gateway_rate, limits.gateway_burst)}
        self.buckets["table, write units"] = Bucket(limits.table_writes, limits.table_writes)
        self.buckets["table, read units"] = Bucket(limits.table_reads, limits.table_reads)
        for name in units.hottest_writes:
            self.buckets[f"hottest key of {name}, write units"] = Bucket(
                quotas.PARTITION_WRITES, quotas.PARTITION_WRITES * quotas.BURST_SECONDS
            )
        self.functions = {
            "API function": Slots(limits.concurrency, 0, limits.concurrency),
            "workers": Slots(quotas.POLLERS, quotas.POLLERS_PER_SECOND, limits.pollers),
        }
        self._takes = units.by_bucket(new)

    def run(self, seconds: float) -> None:
        for number in range(int(seconds / SLICE)):
            self._at(number * SLICE, self._arrive)
        while self._events:
            now, _, action = heapq.heappop(self._events)
            if now < seconds:
                action(now)

    def _at(self, moment: float, action: Callable[[float], None]) -> None:
        heapq.heappush(self._events, (moment, next(self._order), action))

    def _arrive(self, now: float) -> None:
        jobs = self._rate * SLICE
        share = min(self.buckets[name].take(now, jobs * amount) for name, amount in self._takes.items())
        wanted = self._rate * self._takes["API Gateway, requests"] * quotas.REQUEST_SECONDS
        slots = self.functions["API function"].take(now, wanted)
        self._at(
            now + SLICE * 0.9, lambda _: self._release("API function", slots)
        )  # before the next arrivals
        accepted = jobs * min(share, slots / wanted)
        self.accepted += accepted
        self.finished += accepted * (1 - self._new)
        self.waiting += accepted * self._new
        self.longest_queue = max(self.longest_queue, self.waiting)
        self._work(now)

    def _work(self, now: float) -> None:
        """Let idle workers take batches from the queue."""
        batches = self.functions["workers"].take(now, self.waiting / quotas.BATCH)
        jobs = batches * quotas.BATCH
        self.waiting -= jobs
        if jobs:
            self._at(now + quotas.BATCH * quotas.JOB_SECONDS, lambda _: self._end(batches, jobs))

    def _end(self, batches: float, jobs: float) -> None:
        self._release("workers", batches)
        self.finished += jobs

    def _release(self, function: str, slots: float) -> None:
        self.functions[function].busy -= slots

    def rows(self, seconds: float) -> list[dict[str, object]]:
        """A row for each limit: what is asked of it, and when it first refuses."""
        return [
            *(row(name, one.rate, one.demand / seconds, one.empty_at) for name, one in self.buckets.items()),
            *(row(f"{name}, at once", "", one.peak, one.full_at) for name, one in self.functions.items()),
        ]

    def first(self) -> str:
        """Return the name of the bucket that is empty first, with the time."""
        times = {name: one.empty_at for name, one in self.buckets.items() if one.empty_at is not None}
        if not times:
            return "no bucket is ever empty"
        name = min(times, key=lambda one: times[one])
        return f"the first empty bucket is {name}, after {when(times[name])}"


class Bill(NamedTuple):
    """Dollars for a million jobs."""

    known: float
    new: float


def bill(units: Units) -> Bill:
    """The bill by counted units: requests, functions, units, messages and log lines."""
    return Bill(
        quotas.dollars(quotas.KNOWN, sum(units.known_writes.values()), units.known_reads),
        quotas.dollars(quotas.NEW, sum(units.new_writes.values()), units.new_reads),
    )


def row(limit: str, rate: object, taken: float, empty_at: float | None) -> dict[str, object]:
    return {"limit": limit, "a second": rate, "asked, or at most": taken, "empty after": when(empty_at)}


def when(moment: float | None) -> str:
    return "never" if moment is None else f"{moment:.0f} s"


@click.command(help=__doc__)
@click.option("--rate", default=MILLION / 60, help="jobs a second")
@click.option("--new", default=0.05, help="share of jobs whose result is not known")
@click.option("--minutes", default=30.0)
@click.option("--jobs", default=2_000, help="jobs to measure units with")
@click.option("--shards", default=64)
def main(rate: float, new: float, minutes: float, jobs: int, shards: int) -> None:
    units = measured(jobs, shards)
    click.echo(table(units.rows()))
    for name, limits in quotas.ACCOUNTS.items():
        model = Model(rate, new, units, limits)
        model.run(minutes * 60)
        click.echo(
            f"\n{rate:,.0f} jobs/s, {new:.0%} new, {minutes:g} minutes, {name} quotas: {model.first()}"
        )
        click.echo(table(model.rows(minutes * 60)))
        click.echo(
            f"accepted {model.accepted / rate / minutes / 60:.0%}, longest queue {model.longest_queue:,.0f}"
        )
    dollars = bill(units)
    hour = (dollars.known * (1 - new) + dollars.new * new) * rate * 3600 / MILLION
    click.echo(f"\nDollars a million jobs: {dollars.known:.2f} known, {dollars.new:.2f} new")
    click.echo(f"Dollars an hour: {math.ceil(hour):,}")


if __name__ == "__main__":
    main()
