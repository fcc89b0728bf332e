"""More questions than the server takes: every accepted job gets its result all the same.

    python -m bench.storm [--seconds 60] [--times 20]

Measures how many jobs a second the server finishes for 8 clients that each wait for their result. Then
questions are due at a multiple of that, by the clock, and sent as 200 connections are free: each must be
computed, though it was asked before, and few may be open. A process of its own polls accepted ids. At the end
each of them must have the right result. The report says what was really sent, beside what the server took:
one machine that also runs the server sends only so much. Less than PROMISED is no storm, and fails.
"""

import asyncio
import functools
import itertools
import multiprocessing
import random
import time
from collections import Counter
from dataclasses import dataclass, field
from multiprocessing.connection import Connection

import click
import numpy as np

from bench.closed_loop import drive
from bench.load import RUNNING, Answer, Lane, all_answered, get, lanes, result, wait_until_idle
from bench.processes import MAKE_RUN, serving
from bench.questions import COMPUTE, Question, questions
from bench.survey import usable_pairs
from local.settings import SAMPLE

CLIENTS, CAPACITY_SECONDS = 8, 5.0
CONNECTIONS = 200
TICK = 0.005
POLLS_A_SECOND, POLLERS = 100, 100
SETTLE_SECONDS = 120
# How many times what the server takes a storm offers at least, as docs/explanation/guarantees.md says.
PROMISED = 1.5
ENVIRON = {
    "STATLINE_MAX_OPEN": "2",
    "STATLINE_KEEP_RESULTS": "10000000",
    "STATLINE_LOG_LEVEL": "error",
}


@dataclass
class Tally:
    """The responses to POSTs: the result that is due for each accepted id, and counts by kind."""

    accepted: dict[str, Question] = field(default_factory=dict)
    kinds: Counter[str] = field(default_factory=Counter)
    unsent: list[tuple[str, bytes]] = field(default_factory=list)

    def record(self, question: Question, answer: Answer) -> None:
        if answer.status == 200:
            job_id = answer.body.split(b'"')[3].decode()
            self.accepted[job_id] = question
            self.unsent.append((job_id, question.due))
            self.kinds["accepted"] += 1
        elif answer.status == 503 and b"\r\nretry-after: " in answer.head.lower():
            self.kinds["refused"] += 1
        else:
            self.kinds["odd"] += 1

    def send_to(self, poller: Connection) -> None:
        """Send the ids accepted since the last call, each with the result that is due."""
        unsent, self.unsent = self.unsent, []
        poller.send(unsent)


class Poller:
    """Polls accepted ids at a steady rate until it receives None."""

    def __init__(self) -> None:
        self.seconds: list[float] = []
        self.wrong = self.skipped = 0

    async def run(self, url: str, ids: Connection) -> None:
        known: list[tuple[str, bytes]] = []
        async with lanes(url, POLLERS) as opened:
            await asyncio.gather(*(lane.ask(get("/api/num_jobs")) for lane in opened))
            ids.send("ready")
            choice, start = random.Random(0).choice, time.monotonic()
            for number in itertools.count():
                while ids.poll():
                    if (received := ids.recv()) is None:
                        await all_answered(opened)
                        return
                    known += received
                lane = next((lane for lane in opened if not lane.outstanding), None)
                if lane is None:
                    self.skipped += 1
                elif known:
                    job_id, due = choice(known)
                    lane.send(result(job_id), functools.partial(self.record, due, time.monotonic()))
                await asyncio.sleep(start + number / POLLS_A_SECOND - time.monotonic())

    def record(self, due: bytes, sent: float, answer: Answer) -> None:
        self.seconds.append(time.monotonic() - sent)
        self.wrong += answer.body not in (RUNNING, due)


@dataclass(frozen=True)
class Report:
    """Rates are a second; `odd` counts responses that no client should get."""

    capacity: float
    due: float
    offered: float
    seconds: float
    tally: Tally
    lost: list[str]
    polled: Poller

    def __str__(self) -> str:
        kinds, polls = self.tally.kinds, self.polled
        p50, p99 = np.percentile(polls.seconds or [0.0], [50, 99]) * 1000
        return f"""\
capacity {self.capacity:8.0f} jobs/s, {CLIENTS} clients in a closed loop
due      {self.due:8.0f} questions/s on {CONNECTIONS} connections for {self.seconds:.0f} s
offered  {self.offered:8.0f} questions/s, {self.times:.1f} times what it took ({PROMISED} are promised)
accepted {kinds["accepted"]:8d}, {self.taken:.0f} a second
refused  {kinds["refused"]:8d} (503 with Retry-After)
odd      {kinds["odd"]:8d} (any other response, or none)
lost     {len(self.lost):8d} {" ".join(self.lost[:5])}
polls    {len(polls.seconds):8d}, {polls.wrong} with a wrong response, {polls.skipped} not sent
poll p50 {p50:8.1f} ms
poll p99 {p99:8.1f} ms"""

    @property
    def taken(self) -> float:
        return self.tally.kinds["accepted"] / self.seconds

    @property
    def times(self) -> float:
        return self.offered / max(self.taken, 1 / self.seconds)

    @property
    def failed(self) -> bool:
        return bool(self.lost or self.tally.kinds["odd"] or self.polled.wrong or self.times < PROMISED)


async def offer(
    url: str, turns: list[Question], rate: float, seconds: float, tally: Tally, poller: Connection
) -> int:
    """Send `rate` questions a second, or as many as possible. Returns how many, once all have responses."""
    endless, sent, skipped, start = itertools.cycle(turns), 0, 0, time.monotonic()
    async with lanes(url, CONNECTIONS) as opened:
        while (now := time.monotonic() - start) < seconds:
            due = int(rate * now)
            free = [lane for lane in opened if not lane.outstanding]
            for lane in free[: due - sent - skipped]:
                question = next(endless)
                lane.send(question.request, functools.partial(tally.record, question))
                sent += 1
            skipped = due - sent  # questions that found no free connection are dropped: the loop stays open
            tally.send_to(poller)
            await asyncio.sleep(TICK)
        poller.send(None)
        await all_answered(opened)
    return sent


def poll(url: str, ids: Connection) -> None:
    """Run a poller, and send it back at the end."""
    poller = Poller()
    asyncio.run(poller.run(url, ids))
    ids.send(poller)


async def without_result(url: str, accepted: dict[str, Question]) -> list[str]:
    """The ids without their result, once no job is open any more."""

    async def check(lane: Lane, ids: list[str]) -> list[str]:
        return [job_id for job_id in ids if (await lane.ask(result(job_id))).body != accepted[job_id].due]

    async with lanes(url, CLIENTS) as opened:
        await wait_until_idle(opened[0], SETTLE_SECONDS)
        parts = [check(lane, [*accepted][start::CLIENTS]) for start, lane in enumerate(opened)]
        return [*itertools.chain(*await asyncio.gather(*parts))]


async def measure(url: str, able: float, seconds: float, times: float) -> Report:
    turns, tally = questions(COMPUTE), Tally()
    ours, theirs = multiprocessing.Pipe()
    poller = multiprocessing.get_context("spawn").Process(target=poll, args=(url, theirs))
    poller.start()
    try:
        ours.recv()
        sent = await offer(url, turns, able * times, seconds, tally, ours)
        polled: Poller = ours.recv()
    finally:
        poller.kill()
        poller.join()
    lost = await without_result(url, tally.accepted)
    return Report(able, able * times, sent / seconds, seconds, tally, lost, polled)


def storm(seconds: float, times: float) -> Report:
    """One storm over a server of its own."""
    with serving(MAKE_RUN, SAMPLE, None, **ENVIRON) as server:
        server.first_result("global_mean", {"question": "Q036"})
        outcome = drive(
            server.url,
            CLIENTS,
            usable_pairs(SAMPLE),
            seconds=min(seconds, CAPACITY_SECONDS),
            more=COMPUTE,
        )
        able = len(outcome.latencies) / outcome.seconds
        return asyncio.run(measure(server.url, able, seconds, times))


@click.command(help=__doc__)
@click.option("--seconds", default=60.0)
@click.option("--times", default=20.0)
def main(seconds: float, times: float) -> None:
    report = storm(seconds, times)
    click.echo(report)
    raise SystemExit(report.failed)


if __name__ == "__main__":
    main()
