"""The Explore page in a browser: time to the picture, layout shift, and memory of the refreshed list of jobs.

    python -m bench.pictures [--runs 5] [--minutes 0]

Each run begins with an empty cache; `slow` is a connection of 1.6 Mbit/s and a CPU four times slower. With
--minutes the list of jobs is followed for so long, while jobs go on being made. Fails beyond a limit.
"""

import statistics
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

import click
import requests

from bench.chromium import CHROMIUM, Tab, chromium
from bench.processes import MAKE_RUN, serving
from local.settings import SAMPLE

PAGE = "/explore?question=Q036"
VIEWS = ("map", "groups", "trend", "table")
BYTES_A_SECOND, LATENCY_MS, SLOWER = 1.6e6 / 8, 40, 4
LARGEST_SHIFT, LARGEST_GROWTH = 0.1, 1.2
# Notes the moment of the picture and adds layout shifts up, from before the page's own scripts.
OBSERVED = """
    window.seen = {shift: 0, drawn: null}
    new PerformanceObserver((list) => {
        for (const entry of list.getEntries()) seen.shift += entry.value
    }).observe({type: 'layout-shift', buffered: true})
    new MutationObserver(() => {
        if (seen.drawn === null && document.body?.dataset.state === 'drawn') {
            requestAnimationFrame(() => { seen.drawn ??= performance.now() })
        }
    }).observe(document, {subtree: true, attributes: true, childList: true})
"""


class Visit(NamedTuple):
    """Seconds until the picture, and the layout shift until then."""

    seconds: float
    shift: float


def visit(tab: Tab, url: str) -> Visit:
    """Open a page with an empty cache, and wait until it is drawn."""
    tab.visit("about:blank")
    tab.call("Network.clearBrowserCache")
    tab.visit(url, "window.seen?.drawn", seconds=60)
    seen = tab.evaluate("seen")
    return Visit(seen["drawn"] / 1000, seen["shift"])


def slow_down(tab: Tab, is_slow: bool) -> None:
    throughput = BYTES_A_SECOND if is_slow else -1
    tab.call(
        "Network.emulateNetworkConditions",
        offline=False,
        latency=LATENCY_MS if is_slow else 0,
        downloadThroughput=throughput,
        uploadThroughput=throughput,
    )
    tab.call("Emulation.setCPUThrottlingRate", rate=SLOWER if is_slow else 1)


def heap(tab: Tab) -> float:
    """Return what the page's scripts and elements hold, in MB."""
    tab.call("HeapProfiler.collectGarbage")
    return float(tab.call("Runtime.getHeapUsage")["usedSize"]) / 1e6


def follow_jobs(tab: Tab, url: str, minutes: float) -> tuple[float, float]:
    """Return memory of the list of jobs after a tenth of the time, and at its end."""
    tab.visit(f"{url}/jobs", "document.querySelector('#new-jobs')")
    end, warm, begin = time.monotonic() + 60 * minutes, 0.0, time.monotonic() + 6 * minutes
    while time.monotonic() < end:
        requests.post(f"{url}/api/best5", json={"question": "Q036"}, timeout=10).raise_for_status()
        tab.until("document.querySelector('#new-jobs button')?.click() || true")
        time.sleep(1)  # nothing to await: the page itself polls every two seconds, and its memory is sampled
        if not warm and time.monotonic() > begin:
            warm = heap(tab)
    return warm, heap(tab)


@click.command()
@click.option("--runs", default=5, show_default=True)
@click.option("--minutes", default=0.0, show_default=True)
def main(runs: int, minutes: float) -> None:
    """Print the medians, the largest layout shift, and memory."""
    if CHROMIUM is None:
        raise SystemExit("no chromium on this machine (Debian: apt install chromium)")
    failed = False
    with (
        serving(MAKE_RUN, SAMPLE, None) as server,
        tempfile.TemporaryDirectory() as folder,
        chromium(Path(folder) / "profile") as tab,
    ):
        server.first_result("best5", {"question": "Q036"})
        tab.call("Page.addScriptToEvaluateOnNewDocument", source=OBSERVED)
        for name, is_slow, limit in (("here", False, 1.0), ("slow", True, 2.5)):
            slow_down(tab, is_slow)
            for view in VIEWS:
                visits = [visit(tab, f"{server.url}{PAGE}&view={view}") for _ in range(runs)]
                seconds = statistics.median(one.seconds for one in visits)
                shift = max(one.shift for one in visits)
                failed |= seconds > limit or shift > LARGEST_SHIFT
                click.echo(f"{name}, {view}: picture after {seconds:.2f} s (< {limit}), shift {shift:.3f}")
        slow_down(tab, is_slow=False)
        if minutes:
            warm, after = follow_jobs(tab, server.url, minutes)
            failed |= after > LARGEST_GROWTH * warm
            click.echo(f"list of jobs: {warm:.1f} MB after a tenth of the time, {after:.1f} MB at the end")
    if failed:
        raise SystemExit(1)


if __name__ == "__main__":
    main()
