"""Job round trips, POST and polls until done: this service, the baseline and the floor, taking turns.

    python -m bench.round_trips [--clients 1 8 32 128] [--seconds 4] [--rounds 3] [--csv FILE]

In each round every server is started afresh, warmed and measured at every number of clients. A figure
is the median of the rounds, but errors are counted in all.
"""

import argparse
from collections.abc import Sequence
from pathlib import Path

from bench import survey
from bench.client import Pair
from bench.closed_loop import drive
from bench.samples import median_row
from bench.servers import KINDS, serving
from bench.tables import table

Row = dict[str, object]

CLIENTS, SECONDS, ROUNDS = (1, 8, 32, 128), 4.0, 3
WARM_CLIENTS, WARM_SECONDS = 8, 1.0
COLUMNS = ("server", "clients", "jobs_per_s", "p50_ms", "p95_ms", "p99_ms", "errors", "load_cpu")


def measure(
    csv: Path, clients: Sequence[int] = CLIENTS, seconds: float = SECONDS, rounds: int = ROUNDS
) -> list[Row]:
    """A row for each server and number of clients."""
    pairs = survey.usable_pairs(csv)
    found: dict[tuple[str, int], list[dict[str, float]]] = {}
    for turn in range(rounds):
        for kind in KINDS:
            for row in one_turn(kind, csv, pairs, clients, seconds, seed=turn + 1):
                found.setdefault((kind, int(row["clients"])), []).append(row)
    return [{"server": kind, **of_rounds(rows)} for (kind, _), rows in found.items()]


def of_rounds(rows: Sequence[dict[str, float]]) -> dict[str, float]:
    """The medians, but all errors: a round that loses a job is not to be outvoted."""
    return {**median_row(rows), "errors": sum(row["errors"] for row in rows)}


def one_turn(
    kind: str, csv: Path, pairs: Sequence[Pair], clients: Sequence[int], seconds: float, seed: int
) -> list[dict[str, float]]:
    with serving(kind, csv) as server:
        server.first_answer("global_mean", {"question": pairs[0][0]})
        drive(server.url, WARM_CLIENTS, pairs, seconds=WARM_SECONDS)
        return [drive(server.url, count, pairs, seconds=seconds, seed=seed).summary() for count in clients]


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--clients", type=int, nargs="+", default=CLIENTS)
    parser.add_argument("--seconds", type=float, default=SECONDS)
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument("--csv", type=Path, default=survey.chosen())
    asked = parser.parse_args()
    print(table(measure(asked.csv, asked.clients, asked.seconds, asked.rounds), COLUMNS))


if __name__ == "__main__":
    main()
