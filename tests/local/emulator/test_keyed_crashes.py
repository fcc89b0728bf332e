"""SIGKILL while questions and batches come with idempotency keys: no key ever leads to two jobs told."""

import asyncio
import json
import random
import signal
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from http.client import HTTPConnection
from pathlib import Path
from urllib.parse import urlsplit

from bench.load import Lane, lanes, post
from tests.local.emulator.test_crashes import DONE, ENVIRON, Client
from tests.support.processes import ServerProcess, python_m_local

ROUNDS, CLIENTS, BURST, BATCH = 3, 4, 5, 3
ONE = {"processID": "global_mean", "inputs": {"question": "S1"}}
ASKED = {1: ("/api/global_mean", {"question": "S1"}), BATCH: ("/batch", {"executions": [ONE] * BATCH})}


@dataclass
class Keys:
    """What was asked under each key (how many jobs), and what it led to as far as anybody was told."""

    counts: dict[str, int] = field(default_factory=dict)
    told: dict[str, list[str]] = field(default_factory=dict)

    def request(self, key: str) -> bytes:
        return post(*ASKED[self.counts[key]], f"Idempotency-Key: {key}\r\n")

    def tell(self, key: str, body: bytes) -> None:
        said = json.loads(body)
        ids = [said["job_id"]] if "job_id" in said else [job["jobID"] for job in said["jobs"]]
        assert len(ids) == self.counts[key]
        assert self.told.setdefault(key, ids) == ids, f"{key} led to {self.told[key]}, now to {ids}"


async def load(url: str, keys: Keys, chance: random.Random) -> None:
    """Ask, each question twice, until the server dies."""

    async def ask(lane: Lane, key: str) -> bool:
        said = await lane.ask(keys.request(key))
        if said.status:
            keys.tell(key, said.body)
        return bool(said.status)

    async def client(lane: Lane) -> None:
        alive = True
        while alive:
            burst = [f"{chance.getrandbits(64):x}" for _ in range(BURST)]
            keys.counts |= {key: chance.choice([1, BATCH]) for key in burst}
            alive = all(await asyncio.gather(*(ask(lane, key) for key in burst * 2)))

    async with lanes(url, CLIENTS) as opened:
        await asyncio.gather(*map(client, opened))


def kill_under_load(server: ServerProcess, keys: Keys, chance: random.Random) -> None:
    with ThreadPoolExecutor(1) as pool:
        loaded = pool.submit(asyncio.run, load(server.url, keys, chance))
        threading.Event().wait(chance.uniform(0.3, 1.0))
        server.signal(signal.SIGKILL)
        loaded.result(30)


def ask_again(url: str, keys: Keys) -> None:
    """Every key, and what was never answered most of all."""
    http = HTTPConnection(urlsplit(url).netloc, timeout=10)
    for key, count in keys.counts.items():
        path, body = ASKED[count]
        http.request("POST", path, json.dumps(body), {"Idempotency-Key": key})
        keys.tell(key, http.getresponse().read())


def test_idempotency_key_returns_the_same_jobs_after_sigkill(home: Path) -> None:
    keys, unanswered = Keys(), 0
    for number in range(ROUNDS):
        with python_m_local(home, **ENVIRON) as server:
            kill_under_load(server, keys, random.Random(number))
        unanswered += len(keys.counts) - len(keys.told)
        with python_m_local(home, **ENVIRON) as server:
            ask_again(server.url, keys)
    with python_m_local(home, **ENVIRON) as server:
        ask_again(server.url, keys)
        client = Client(server.url)
        client.wait_until_idle()
        ids = [job_id for told in keys.told.values() for job_id in told]
        assert {client.result(job_id) for job_id in ids} == {DONE}
    assert len(set(ids)) == len(ids)
    assert unanswered, "no request was cut short: such kills prove little"
