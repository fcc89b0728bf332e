"""Readers of the largest page of jobs, and how long a poll takes beside them.

    python -m bench.readers [--seconds 5]

For 1,500 and 20,000 kept jobs, 32 and 200 connections read /jobs?limit=1000&f=html as fast as they can.
One more polls /api/num_jobs every 10 ms. Its p99 must stay under 250 ms on an idle machine.
"""

import asyncio
import time
from collections import Counter

import click
import numpy as np

from bench.load import Lane, get, lanes, post, wait_until_idle
from bench.processes import MAKE_RUN, serving
from local.settings import SAMPLE

PAGE, POLL = get("/jobs?limit=1000&f=html"), get("/api/num_jobs")
JOBS, CONNECTIONS = (1_500, 20_000), (32, 200)
BATCH, IDLE_SECONDS = 100, 120.0
EVERY, PAUSE = 0.01, 0.05  # seconds between polls, and after a refusal: a tenth of what Retry-After says
ENVIRON = {
    "STATLINE_KEEP_RESULTS": "1000000",
    "STATLINE_MAX_OPEN": "1000000",
    "STATLINE_LOG_LEVEL": "error",
    "STATLINE_REPLICA": "no",
}


@click.command()
@click.option("--seconds", default=5.0, show_default=True)
def main(seconds: float) -> None:
    """Print one line for each number of kept jobs and of connections."""
    for jobs in JOBS:
        with serving(MAKE_RUN, SAMPLE, None, **ENVIRON) as server:
            server.first_result("best5", {"question": "Q036"})
            asyncio.run(keep(server.url, jobs))
            for connections in CONNECTIONS:
                figures = asyncio.run(read(server.url, connections, seconds))
                click.echo(f"{jobs} jobs kept, {connections} connections: {figures}")


async def keep(url: str, jobs: int) -> None:
    """Let the server keep this number of finished jobs."""
    member = {"processID": "best5", "inputs": {"question": "Q036"}}
    async with lanes(url, 1) as (lane,):
        for _ in range(jobs // BATCH):
            answer = await lane.ask(post("/batch", {"executions": [member] * BATCH}))
            if answer.status != 201:
                raise SystemExit(f"the batch was answered {answer.status}: {answer.body.decode()}")
        if not await wait_until_idle(lane, IDLE_SECONDS):
            raise SystemExit("the jobs did not end")


async def read(url: str, connections: int, seconds: float) -> str:
    """The polls' latencies beside so many readers, and what the readers got."""
    statuses: Counter[int] = Counter()
    end = time.monotonic() + seconds
    async with lanes(url, connections + 1) as (poller, *readers), asyncio.TaskGroup() as group:
        for reader in readers:
            group.create_task(keep_reading(reader, end, statuses))
        polls = group.create_task(poll(poller, end))
    p50, p99 = np.percentile(polls.result(), [50, 99]) * 1000
    pages, refused = statuses[200], statuses[503]
    other = sum(statuses.values()) - pages - refused
    return (
        f"p50 {p50:.0f} ms, p99 {p99:.0f} ms of {len(polls.result())} polls; "
        f"{pages / seconds:.0f} pages/s, {refused} refused, {other} other"
    )


async def keep_reading(reader: Lane, end: float, statuses: Counter[int]) -> None:
    while time.monotonic() < end:
        answer = await reader.ask(PAGE)
        statuses[answer.status] += 1
        if answer.status != 200:
            await asyncio.sleep(PAUSE)


async def poll(poller: Lane, end: float) -> list[float]:
    """Seconds until the response of each poll."""
    latencies = []
    while (start := time.monotonic()) < end:
        await poller.ask(POLL)
        latencies.append(time.monotonic() - start)
        await asyncio.sleep(EVERY)
    return latencies


if __name__ == "__main__":
    main()
