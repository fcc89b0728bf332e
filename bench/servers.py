"""The service beside the baseline: round trips, the first result after a start, and memory.

A round trip is a POST and polls until the job is done. In each round every server is started afresh, warmed
and measured at every number of clients: first with the load's natural mix of questions, many of which it has
answered before, then with fresh ones, which it computes. A figure is the median of the rounds, but errors of
all rounds count.
"""

import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from bench import survey
from bench.closed_loop import drive
from bench.processes import MAKE_RUN, available, fresh, serving
from chalicelib.domain.ingestor import DataIngestor
from local.storage.database import NAME as DATABASE

WARM_CLIENTS, WARM_SECONDS = 8, 1.0
KEPT_JOBS = 1_000
MIX, FRESH = "natural mix", "fresh"
QUESTIONS = {MIX: "", FRESH: "Cache-Control: no-cache\r\n"}

Row = dict[str, object]


def round_trips(csv: Path, clients: Sequence[int], seconds: float, rounds: int) -> list[Row]:
    """A row for each server, kind of questions and number of clients."""
    turns = [(turn, kind) for turn in range(rounds) for kind in available()]
    return of_rounds([row for turn, kind in turns for row in one_turn(kind, csv, clients, seconds, turn)])


def one_turn(kind: str, csv: Path, clients: Sequence[int], seconds: float, seed: int) -> list[Row]:
    pairs = survey.usable_pairs(csv)
    with serving(kind, csv) as server:
        server.first_result("global_mean", {"question": pairs[0][0]})
        drive(server.url, WARM_CLIENTS, pairs, seconds=WARM_SECONDS)
        return [
            {"questions": questions, "server": kind, **outcome.summary()}
            for questions, head in QUESTIONS.items()
            for count in clients
            for outcome in [drive(server.url, count, pairs, seconds=seconds, seed=seed, more=head)]
        ]


def of_rounds(rows: Sequence[Row]) -> list[Row]:
    """The medians of the rounds, but all errors: no round that lost a job is outvoted."""
    groups = pd.DataFrame(rows).groupby(["questions", "server", "clients"], sort=False)
    medians = groups.median().assign(errors=groups["errors"].sum()).reset_index()
    return medians.to_dict("records")  # type: ignore[return-value] # columns are named by texts


def memory(csv: Path, jobs: Sequence[int]) -> list[Row]:
    """Resident memory after so many jobs, the first row being one job: the server at rest.

    It is read when the followers have every job: the replica's process takes seconds to start.
    """
    pairs, done = survey.usable_pairs(csv), 1
    with serving(MAKE_RUN, csv, STATLINE_KEEP_RESULTS=str(KEPT_JOBS)) as server:
        server.first_result("global_mean", {"question": pairs[0][0]})
        server.catch_up()
        rows: list[Row] = [{"jobs": done, "MB": server.memory()}]
        for count in jobs:
            outcome = drive(server.url, WARM_CLIENTS, pairs, jobs=count - done, seed=count)
            if outcome.errors:
                raise SystemExit(f"{outcome.errors} of {len(outcome.latencies)} jobs failed")
            done = count
            server.catch_up()
            rows.append({"jobs": done, "MB": server.memory()})
    return rows


def one_result(csv: Path, jobs: int) -> list[Row]:
    """The database that keeps so many jobs which ask the same question."""
    pair = survey.usable_pairs(csv)[0]
    with (
        tempfile.TemporaryDirectory() as home,
        serving(MAKE_RUN, csv, Path(home), STATLINE_KEEP_RESULTS=str(jobs)) as server,
    ):
        server.first_result("global_mean", {"question": pair[0]})
        outcome = drive(server.url, WARM_CLIENTS, [pair], jobs=jobs - 1, names=["global_mean"])
        size = sum(path.stat().st_size for path in Path(home, ".statline").glob(f"{DATABASE}*"))
    if outcome.errors:
        raise SystemExit(f"{outcome.errors} of {jobs} jobs failed")
    return [{"jobs": jobs, "database MB": size / 1e6, "bytes a job": size / jobs}]


def starting(folder: Path, sizes: Sequence[int]) -> list[Row]:
    """A row for each size: loading its snapshot, and the first result without and with a snapshot."""
    return [{"rows": size, **first_results(survey.generated(folder, size))} for size in sizes]


def first_results(path: Path) -> Row:
    with tempfile.TemporaryDirectory() as home:
        seconds = []
        for _ in range(2):
            with serving(MAKE_RUN, path, Path(home)) as server:
                seconds.append(server.first_result("global_mean", {"question": survey.QUESTION}))
        (snapshot,) = Path(home).glob(".statline/snapshots/*.snapshot")
        load_ms, kilobytes = fresh("bench.servers", "load", snapshot) * 1000, snapshot.stat().st_size / 1e3
    return {
        "load ms": load_ms,
        "snapshot kB": kilobytes,
        "first result without snapshot s": seconds[0],
        "with snapshot s": seconds[1],
    }


def load(snapshot: str) -> float:
    """Seconds to load a snapshot in this process."""
    start = time.perf_counter()
    DataIngestor.from_snapshot(Path(snapshot).read_bytes())
    return time.perf_counter() - start
