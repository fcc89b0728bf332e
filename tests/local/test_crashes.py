"""SIGKILL at moments that nobody chose, under load: what a client was told stays true.

STATLINE_CRASH_ROUNDS sets how often. The moments come from fixed seeds; what the machine does at them
is left to chance, which is the point.
"""

import itertools
import json
import os
import random
import signal
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from local.journal import Journal
from tests.processes import ServerProcess, python_m_local
from tests.samples import GLOBAL_HUMUS

ROUNDS = int(os.environ.get("STATLINE_CRASH_ROUNDS", "5"))
CLIENTS = 8
LAST_SECONDS, BUSY = 0.2, 20
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


class Client:
    """One keep-alive connection."""

    def __init__(self, url: str) -> None:
        self._http = HTTPConnection(urlsplit(url).netloc, timeout=10)

    def _ask(self, method: str, path: str, body: bytes | None = None) -> bytes:
        self._http.request(method, path, body)
        return self._http.getresponse().read()

    def post(self, statistic: str, **inputs: str) -> str:
        return str(json.loads(self._ask("POST", f"/api/{statistic}", json.dumps(inputs).encode()))["job_id"])

    def result(self, job_id: str) -> bytes:
        return self._ask("GET", f"/api/get_results/{job_id}")

    def wait_until_idle(self) -> None:
        pause, end = threading.Event(), time.monotonic() + 30
        while self._ask("GET", "/api/num_jobs") != b'{"num_jobs": 0}':
            assert time.monotonic() < end, "jobs are still open after 30 s"
            pause.wait(0.02)


@dataclass
class Ledger:
    """What clients were told, by job id: when the id came, what is due for it, and what it was answered."""

    told: dict[str, float] = field(default_factory=dict)
    due: dict[str, bytes] = field(default_factory=dict)
    answers: dict[str, bytes] = field(default_factory=dict)

    def hand_out(self, job_id: str, due: bytes) -> None:
        now = time.monotonic()
        assert self.told.setdefault(job_id, now) is now, f"{job_id} was given twice"
        self.due[job_id] = due

    def recent(self, moment: float) -> int:
        """How many ids came in the last 200 ms before a moment."""
        newest_first = reversed([*self.told.values()])
        return len(list(itertools.takewhile(lambda told: told > moment - LAST_SECONDS, newest_first)))

    def wait_until_busy(self) -> None:
        """A kill proves most when much is going on; a machine that is slow today is not waited for long."""
        pause, end = threading.Event(), time.monotonic() + 3
        while self.recent(time.monotonic()) < BUSY and time.monotonic() < end:
            pause.wait(0.005)

    def read(self, job_id: str, body: bytes) -> None:
        if body == RUNNING:
            assert job_id not in self.answers, f"{job_id} was answered and runs again"
            return
        assert self.due[job_id] in body, f"{job_id} has another's answer: {body!r}"
        assert self.answers.setdefault(job_id, body) == body, f"{job_id} was answered otherwise: {body!r}"


def load(url: str, ledger: Ledger, killed: threading.Event, chance: random.Random) -> None:
    """Ask and poll until the server dies. Every other question is like no other, and so is its reason."""
    client, own = Client(url), []
    try:
        while True:
            nobody = f"Nirgendwo {chance.getrandbits(64)}"
            if chance.random() < 0.5:
                job_id, due = client.post("global_mean", question="S1"), DONE
            else:
                job_id, due = client.post("state_mean", question="S1", state=nobody), nobody.encode()
            ledger.hand_out(job_id, due)
            own.append(job_id)
            if chance.random() < 0.3:
                polled = chance.choice(own)
                ledger.read(polled, client.result(polled))
    except (OSError, HTTPException):
        assert killed.is_set(), "the server failed before it was killed"


def kill_under_load(server: ServerProcess, ledger: Ledger, chance: random.Random) -> float:
    """The moment of the kill, which comes from `chance`."""
    killed = threading.Event()
    with ThreadPoolExecutor(CLIENTS) as pool:
        seeds = [random.Random(chance.getrandbits(64)) for _ in range(CLIENTS)]
        clients = [pool.submit(load, server.url, ledger, killed, seed) for seed in seeds]
        threading.Event().wait(chance.uniform(0.3, 1.3))
        ledger.wait_until_busy()
        killed.set()
        moment = time.monotonic()
        server.signal(signal.SIGKILL)
        for client in clients:
            client.result(30)
    assert server.wait() == -signal.SIGKILL
    return moment


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
    """As the journal of a dead server has them."""
    jobs = [one["job"] for one in Journal(home / ".statline" / "journal").replay() if "job" in one]
    last = {job["id"]: job["status"] for job in jobs}
    return {job_id for job_id, status in last.items() if status == "accepted"}


def test_sigkill_under_load_loses_nothing(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """No id is given twice, every job ends, and an answer that was read once is read for ever."""
    ledger, fresh, recent = Ledger(), [], 0
    for number in range(ROUNDS):
        chance = random.Random(number)
        with python_m_local(home, **ENVIRON) as server:
            earlier = sorted(ledger.told.keys() - set(fresh))
            check(server.url, ledger, fresh + chance.sample(earlier, min(CHECKED_AGAIN, len(earlier))))
            before = set(ledger.told)
            killed = kill_under_load(server, ledger, chance)
        fresh, left = sorted(ledger.told.keys() - before), open_jobs(home)
        report = f"{len(fresh)} ids, {ledger.recent(killed)} in the last 200 ms, {len(left)} open at the kill"
        with capsys.disabled():
            print(f"\nround {number}: {report}", end="", flush=True)
        recent += ledger.recent(killed)
        assert left & set(fresh), "no job was open: such a kill proves little"
    with python_m_local(home, **ENVIRON) as server:
        check(server.url, ledger, sorted(ledger.told))
    assert recent >= BUSY, "the load was so light that the kills prove little"
