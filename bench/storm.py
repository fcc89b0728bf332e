"""Many times more questions than can be answered: what was accepted is answered all the same, and polled.

    python -m bench.storm [--seconds 60] [--times 20]

Measures how many jobs a second the server finishes for 8 clients that each wait for their answer. Then
offers a multiple of that, in an open loop: questions are due by the clock, whether or not earlier ones were
answered. A process of its own polls ids that were accepted. At the end every one of them must have the
right answer. What is printed as offered was really sent: one core sends only so much.
"""

import argparse
import asyncio
import functools
import itertools
import multiprocessing
import random
import tempfile
import time
from collections import Counter
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from pathlib import Path

from bench.load import (
    RUNNING,
    Answer,
    Lane,
    Question,
    all_answered,
    get,
    lanes,
    questions,
    result,
    wait_until_idle,
)
from bench.samples import quantile
from local.settings import SAMPLE
from tests.support.processes import python_m_local

CLIENTS, CAPACITY_SECONDS = 8, 5.0
CONNECTIONS = 200
TICK = 0.005
POLLS_A_SECOND, POLLERS = 100, 100
SETTLE_SECONDS = 120
ENVIRON = {
    "STATLINE_DATASET": str(SAMPLE),
    "STATLINE_MAX_OPEN": "100",
    "STATLINE_KEEP_RESULTS": "10000000",
    "STATLINE_LOG_LEVEL": "error",
}


@dataclass
class Told:
    """What the storm was told: the answer that is due for each accepted id, and the rest by its kind."""

    accepted: dict[str, Question] = field(default_factory=dict)
    kinds: Counter[str] = field(default_factory=Counter)
    fresh: list[tuple[str, bytes]] = field(default_factory=list)

    def note(self, question: Question, said: Answer) -> None:
        if said.status == 200:
            job_id = said.body.split(b'"')[3].decode()
            self.accepted[job_id] = question
            self.fresh.append((job_id, question.due))
            self.kinds["accepted"] += 1
        elif said.status == 503 and b"\r\nretry-after: " in said.head.lower():
            self.kinds["refused"] += 1
        else:
            self.kinds["odd"] += 1

    def taken(self) -> list[tuple[str, bytes]]:
        """Ids accepted since the last call, each with the answer that is due."""
        fresh, self.fresh = self.fresh, []
        return fresh


class Poller:
    """Polls what was accepted, at a steady rate, until it is told None; then sends what it found."""

    def __init__(self) -> None:
        self.seconds: list[float] = []
        self.wrong = self.skipped = 0

    async def run(self, url: str, ids: Connection) -> None:
        known: list[tuple[str, bytes]] = []
        async with lanes(url, POLLERS) as opened:
            await asyncio.gather(*(lane.ask(get("/api/num_jobs")) for lane in opened))
            ids.send("ready")
            chance, start = random.Random(0), time.monotonic()
            for number in itertools.count():
                while ids.poll():
                    if (fresh := ids.recv()) is None:
                        await all_answered(opened)
                        return
                    known += fresh
                lane = next((lane for lane in opened if not lane.outstanding), None)
                if lane is None:
                    self.skipped += 1
                elif known:
                    job_id, due = chance.choice(known)
                    lane.send(result(job_id), functools.partial(self.note, due, time.monotonic()))
                await asyncio.sleep(start + number / POLLS_A_SECOND - time.monotonic())

    def note(self, due: bytes, sent: float, said: Answer) -> None:
        self.seconds.append(time.monotonic() - sent)
        self.wrong += said.body not in (RUNNING, due)


@dataclass(frozen=True)
class Report:
    """Rates are a second; `odd` counts answers that nobody should be given."""

    capacity: float
    due: float
    offered: float
    seconds: float
    told: Told
    lost: list[str]
    polled: Poller

    def __str__(self) -> str:
        kinds, polls = self.told.kinds, self.polled
        return "\n".join(
            (
                f"capacity {self.capacity:8.0f} jobs/s, {CLIENTS} clients in a closed loop",
                f"due      {self.due:8.0f} questions/s on {CONNECTIONS} connections for {self.seconds:.0f} s",
                f"offered  {self.offered:8.0f} questions/s, {self.offered / self.capacity:.1f} times that",
                f"accepted {kinds['accepted']:8d}",
                f"refused  {kinds['refused']:8d} (503 with Retry-After)",
                f"odd      {kinds['odd']:8d} (any other answer, or none)",
                f"lost     {len(self.lost):8d} {' '.join(self.lost[:5])}",
                f"polls    {len(polls.seconds):8d}, {polls.wrong} answered wrong, {polls.skipped} not sent:"
                f" {POLLERS} were waiting",
                f"poll p50 {quantile(polls.seconds, 0.5) * 1000:8.1f} ms",
                f"poll p99 {quantile(polls.seconds, 0.99) * 1000:8.1f} ms",
            )
        )

    @property
    def failed(self) -> bool:
        return bool(self.lost or self.told.kinds["odd"] or self.polled.wrong)


async def capacity(url: str, asked: list[Question], seconds: float) -> float:
    """Jobs a second, each asked by a client that waits for its answer before the next."""
    end, turns = time.monotonic() + seconds, itertools.cycle(asked)

    async def client(lane: Lane) -> int:
        done = 0
        while time.monotonic() < end:
            told = Told()
            question = next(turns)
            told.note(question, await lane.ask(question.request))
            for job_id in told.accepted:
                while (await lane.ask(result(job_id))).body == RUNNING:
                    await asyncio.sleep(0.001)
                done += 1
        return done

    async with lanes(url, CLIENTS) as opened:
        return sum(await asyncio.gather(*map(client, opened))) / seconds


async def offer(
    url: str, asked: list[Question], rate: float, seconds: float, told: Told, ids: Connection
) -> int:
    """Send `rate` questions a second, or as many as can be; returns how many, when all are answered."""
    turns, sent, skipped, start = itertools.cycle(asked), 0, 0, time.monotonic()
    async with lanes(url, CONNECTIONS) as opened:
        while (now := time.monotonic() - start) < seconds:
            due = int(rate * now)
            free = [lane for lane in opened if not lane.outstanding]
            for lane in free[: due - sent - skipped]:
                question = next(turns)
                lane.send(question.request, functools.partial(told.note, question))
                sent += 1
            skipped = due - sent  # what no connection took in time is not made up for: the loop stays open
            ids.send(told.taken())
            await asyncio.sleep(TICK)
        ids.send(None)
        await all_answered(opened)
    return sent


def poll(url: str, ids: Connection) -> None:
    """What the poller's process does."""
    poller = Poller()
    asyncio.run(poller.run(url, ids))
    ids.send(poller)


async def unanswered(url: str, accepted: dict[str, Question]) -> list[str]:
    """The ids that do not have their answer, once no job is open any more."""

    async def check(lane: Lane, ids: list[str]) -> list[str]:
        return [one for one in ids if (await lane.ask(result(one))).body != accepted[one].due]

    async with lanes(url, CLIENTS) as opened:
        await wait_until_idle(opened[0], SETTLE_SECONDS)
        parts = [check(lane, [*accepted][n::CLIENTS]) for n, lane in enumerate(opened)]
        return [*itertools.chain(*await asyncio.gather(*parts))]


async def measure(url: str, seconds: float, times: float) -> Report:
    asked, told = questions(), Told()
    able = await capacity(url, asked, min(seconds, CAPACITY_SECONDS))
    ours, theirs = multiprocessing.Pipe()
    poller = multiprocessing.get_context("spawn").Process(target=poll, args=(url, theirs))
    poller.start()
    try:
        ours.recv()
        sent = await offer(url, asked, able * times, seconds, told, ours)
        polled: Poller = ours.recv()
    finally:
        poller.kill()
        poller.join()
    lost = await unanswered(url, told.accepted)
    return Report(able, able * times, sent / seconds, seconds, told, lost, polled)


def storm(seconds: float, times: float) -> Report:
    """One storm over a server of its own."""
    with tempfile.TemporaryDirectory() as home, python_m_local(Path(home), **ENVIRON) as server:
        return asyncio.run(measure(server.url, seconds, times))


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--times", type=float, default=20)
    arguments = parser.parse_args()
    report = storm(arguments.seconds, arguments.times)
    print(report)
    raise SystemExit(report.failed)


if __name__ == "__main__":
    main()
