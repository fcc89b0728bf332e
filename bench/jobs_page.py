"""The list of 20,000 jobs in a browser's place: its first rows, and memory while it is refreshed.

    python -m bench.jobs_page [--minutes 10] [--tabs 20]

Each tab reads /jobs as a page, with its filters, every 2 s. Fails where the first rows take a second, or
where memory grows by more than a tenth.
"""

import asyncio
import time

import click
import numpy as np

from bench.load import Lane, get, lanes
from bench.processes import MAKE_RUN, Server, serving
from bench.readers import ENVIRON, keep
from local.settings import SAMPLE

JOBS = 20_000
PAGES = [get(f"/jobs?f=html{more}") for more in ("", "&status=failed", "&text=obesity", "&processID=ranking")]
REFRESH_SECONDS = 2.0
LIMIT_SECONDS, LARGEST_GROWTH = 1.0, 1.1


@click.command()
@click.option("--minutes", default=10.0, show_default=True)
@click.option("--tabs", default=20, show_default=True)
def main(minutes: float, tabs: int) -> None:
    """Print the time of the first rows, and memory before and after the refreshing."""
    with serving(MAKE_RUN, SAMPLE, None, **ENVIRON) as server:
        server.first_result("best5", {"question": "Q036"})
        asyncio.run(keep(server.url, JOBS))
        first = asyncio.run(read(server.url, 1, 0))
        warm, seconds, after = asyncio.run(refresh(server, minutes * 60, tabs))
    click.echo(f"{JOBS} jobs: first rows after {max(first):.3f} s at most (four filters)")
    click.echo(
        f"{tabs} tabs: a page takes {np.median(seconds):.3f} s, p99 {np.percentile(seconds, 99):.3f} s"
    )
    click.echo(f"memory {warm:.0f} MB after a tenth of the time, {after:.0f} MB at the end")
    if max(first) > LIMIT_SECONDS or after > LARGEST_GROWTH * warm:
        raise SystemExit(1)


async def refresh(server: Server, seconds: float, tabs: int) -> tuple[float, list[float], float]:
    """Return memory after the first tenth, the time of each page after it, and memory at the end."""
    await read(server.url, tabs, seconds / 10)
    warm = server.memory()
    taken = await read(server.url, tabs, seconds * 0.9)
    return warm, taken, server.memory()


async def read(url: str, tabs: int, seconds: float) -> list[float]:
    """Let tabs refresh the pages for so long, each at least once; return the time of each page."""
    end, taken = time.monotonic() + seconds, list[float]()
    async with lanes(url, tabs) as opened, asyncio.TaskGroup() as group:
        for lane in opened:
            group.create_task(keep_refreshing(lane, end, taken))
    return taken


async def keep_refreshing(lane: Lane, end: float, taken: list[float]) -> None:
    while True:
        for page in PAGES:
            start = time.monotonic()
            answer = await lane.ask(page)
            if answer.status != 200:
                raise SystemExit(f"a page was answered {answer.status}")
            taken.append(time.monotonic() - start)
        if time.monotonic() >= end:
            return
        await asyncio.sleep(REFRESH_SECONDS)


if __name__ == "__main__":
    main()
