"""SIGKILL at moments that nobody chose, under load: what a client was told stays true.

STATLINE_CRASH_ROUNDS sets how often. The moments come from fixed seeds; what the machine does at them
is left to chance, which is the point.
"""

import asyncio
import itertools
import json
import os
import random
import shutil
import signal
import tempfile
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from http.client import HTTPConnection
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from bench.load import Lane, lanes, post, result
from local.storage.database import NAME, Database
from local.storage.sqlite_job_store import SqliteJobStore
from tests.support.processes import ServerProcess, python_m_local
from tests.support.samples import GLOBAL_HUMUS

ROUNDS = int(os.environ.get("STATLINE_CRASH_ROUNDS", "5"))
CLIENTS, BURST = 8, 10  # questions that a client sends at once
LAST_SECONDS, BUSY = 0.2, 20
PATIENCE = 3.0  # seconds
CHECKED_AGAIN = 200  # of the jobs of earlier rounds; the last start checks them all
# One runner, so that jobs are open at the kill; small blocks, so that it often hits the reservation of one.
ENVIRON = {
    "TP_NUM_OF_THREADS": "1",
    "STATLINE_ID_BLOCK": "10",
    "STATLINE_KEEP_RESULTS": "1000000",
    "STATLINE_LOG_LEVEL": "warning",
}
RUNNING = b'{"status": "running"}'
DONE = b'{"status": "done", "data": %b}' % GLOBAL_HUMUS
# What is left of a job that a client dismissed, before it had ended and afterwards.
LEFT = (
    b'{"status": "error", "reason": "dismissed by a client"}',
    b'{"status": "error", "reason": "Invalid job_id"}',
)


class Client:
    """One keep-alive connection."""

    def __init__(self, url: str) -> None:
        self._http = HTTPConnection(urlsplit(url).netloc, timeout=10)

    def _ask(self, path: str) -> bytes:
        self._http.request("GET", path)
        return self._http.getresponse().read()

    def result(self, job_id: str) -> bytes:
        return self._ask(f"/api/get_results/{job_id}")

    def num_jobs(self) -> int:
        return int(json.loads(self._ask("/api/num_jobs"))["num_jobs"])

    def wait_until_idle(self) -> None:
        pause, end = threading.Event(), time.monotonic() + 30
        while self.num_jobs():
            assert time.monotonic() < end, "jobs are still open after 30 s"
            pause.wait(0.02)


@dataclass
class Ledger:
    """What clients were told, by job id: when the id came, what is due for it, and what it was answered."""

    told: dict[str, float] = field(default_factory=dict)
    due: dict[str, bytes] = field(default_factory=dict)
    answers: dict[str, bytes] = field(default_factory=dict)
    unwanted: set[str] = field(default_factory=set)  # their dismissal was asked for
    dismissed: set[str] = field(default_factory=set)  # and answered

    def hand_out(self, job_id: str, due: bytes) -> None:
        now = time.monotonic()
        assert self.told.setdefault(job_id, now) is now, f"{job_id} was given twice"
        self.due[job_id] = due

    def recent(self, moment: float) -> int:
        """How many ids came in the last 200 ms before a moment."""
        newest_first = reversed([*self.told.values()])
        return len(list(itertools.takewhile(lambda told: told > moment - LAST_SECONDS, newest_first)))

    def read(self, job_id: str, body: bytes) -> None:
        if body == RUNNING:
            gone = job_id in self.answers or job_id in self.dismissed
            assert not gone, f"{job_id} was answered or dismissed and runs again"
            return
        left = job_id in self.unwanted and body in LEFT
        assert left or job_id not in self.dismissed, f"{job_id} is back: {body!r}"
        assert left or self.due[job_id] in body, f"{job_id} has another's answer: {body!r}"
        assert self.answers.setdefault(job_id, body) == body, f"{job_id} was answered otherwise: {body!r}"


def question(chance: random.Random) -> tuple[bytes, bytes]:
    """A request, and what is due for it. Every other one is like no other, and so is its reason."""
    nobody = f"Nirgendwo {chance.getrandbits(64)}"
    if chance.random() < 0.5:
        return post("/api/global_mean", {"question": "S1"}), DONE
    return post("/api/state_mean", {"question": "S1", "state": nobody}), nobody.encode()


def dismissal(job_id: str) -> bytes:
    return f"DELETE /jobs/{job_id} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode()


async def load(url: str, ledger: Ledger, killed: threading.Event, seed: int) -> None:
    """Ask in bursts, poll, and dismiss, until the server dies."""

    async def ask(lane: Lane, request: bytes, due: bytes) -> str:
        said = await lane.ask(request)
        if said.status == 0:
            raise ConnectionError
        job_id = str(json.loads(said.body)["job_id"])
        ledger.hand_out(job_id, due)
        return job_id

    async def client(lane: Lane, chance: random.Random) -> None:
        while True:
            burst = [ask(lane, *question(chance)) for _ in range(BURST)]
            own = await asyncio.gather(*burst, return_exceptions=True)
            if ConnectionError in map(type, own):
                return
            polled, unwanted = chance.sample(own, 2)
            ledger.read(polled, (await lane.ask(result(polled))).body or RUNNING)
            ledger.unwanted.add(unwanted)
            if b'"status": "dismissed"' in (await lane.ask(dismissal(unwanted))).body:
                ledger.dismissed.add(unwanted)

    chance = random.Random(seed)
    async with lanes(url, CLIENTS) as opened:
        await asyncio.gather(*(client(lane, random.Random(chance.getrandbits(64))) for lane in opened))
    assert killed.is_set(), "the server failed before it was killed"


def wait_until_busy(url: str, ledger: Ledger) -> bool:
    """A kill proves most when much is going on; a machine that is slow today is not waited for long."""
    client, end = Client(url), time.monotonic() + PATIENCE
    while time.monotonic() < end:
        if client.num_jobs() and ledger.recent(time.monotonic()) >= BUSY:
            return True
    return False


def freeze_when_busy(server: ServerProcess, home: Path, ledger: Ledger) -> tuple[float, bool]:
    """Stop the server in the middle of things; returns the moment, and whether it was busy at it.

    Between seeing that a job is open and a kill it may be answered: who stands still can be looked at.
    """
    end = time.monotonic() + PATIENCE
    while True:
        busy, moment = wait_until_busy(server.url, ledger), time.monotonic()
        server.stop()
        if open_jobs(home) & ledger.told.keys():
            return moment, busy
        if moment > end:
            return moment, False
        server.signal(signal.SIGCONT)


def kill_under_load(
    server: ServerProcess, home: Path, ledger: Ledger, chance: random.Random
) -> tuple[float, bool]:
    """The moment of the kill, which comes from `chance`, and whether the server was busy at it."""
    killed = threading.Event()
    with ThreadPoolExecutor(1) as pool:
        loaded = pool.submit(asyncio.run, load(server.url, ledger, killed, chance.getrandbits(64)))
        threading.Event().wait(chance.uniform(0.3, 1.3))
        moment, busy = freeze_when_busy(server, home, ledger)
        killed.set()
        server.signal(signal.SIGKILL)
        loaded.result(30)
    assert server.wait() == -signal.SIGKILL
    return moment, busy


def check(url: str, ledger: Ledger, ids: list[str]) -> None:
    """What was answered before is answered at once; everything is, in the end."""
    client = Client(url)
    for job_id in ids:
        ledger.read(job_id, client.result(job_id))
    client.wait_until_idle()
    for job_id in ids:
        ledger.read(job_id, client.result(job_id))
    assert set(ids) <= set(ledger.answers)


def open_jobs(home: Path) -> set[str]:
    """Return the open jobs in the database of a server that is dead, or stands still."""
    with dead_store(home) as store:
        return {job_id for job_id, _ in store.open_before(10**15)}


@contextmanager
def dead_store(home: Path) -> Iterator[SqliteJobStore]:
    """Open a copy of a home's database: the server's own is locked, and its -wal not to be tidied up."""
    with tempfile.TemporaryDirectory() as folder:
        for path in (home / ".statline").glob(f"{NAME}*"):
            shutil.copy(path, folder)
        with closing(Database(Path(folder) / NAME)) as database:
            yield SqliteJobStore(database, 1_000_000)


def test_sigkill_under_load_loses_nothing(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """No id repeats, every job ends, and outcomes, dismissals included, never change."""
    ledger, fresh, all_recent = Ledger(), [], 0
    for number in range(ROUNDS):
        chance = random.Random(number)
        with python_m_local(home, **ENVIRON) as server:
            earlier = sorted(ledger.told.keys() - set(fresh))
            check(server.url, ledger, fresh + chance.sample(earlier, min(CHECKED_AGAIN, len(earlier))))
            before = set(ledger.told)
            killed, busy = kill_under_load(server, home, ledger, chance)
        fresh, left = sorted(ledger.told.keys() - before), open_jobs(home)
        recent = ledger.recent(killed)
        all_recent += recent
        report = f"{len(fresh)} ids, {recent} in the last 200 ms, {len(left)} open at the kill"
        slow = "" if busy else " (a slow machine)"
        with capsys.disabled():
            print(f"\nround {number}: {report}{slow}", end="", flush=True)
        assert recent >= BUSY or not busy, "so few questions: such a kill proves little"
        assert left & set(fresh) or not busy, "no job was open: such a kill proves little"
    with python_m_local(home, **ENVIRON) as server:
        check(server.url, ledger, sorted(ledger.told))
    assert all_recent >= BUSY, "the load was so light that the kills prove little"
    assert ledger.dismissed, "no job was dismissed"
