"""Memory of the server: at rest, and after many jobs of which it keeps a thousand.

python -m bench.memory [--jobs 1000 5000] [--csv FILE]
"""

import argparse
from collections.abc import Sequence
from pathlib import Path

from bench import survey
from bench.closed_loop import drive
from bench.servers import MAKE_RUN, serving
from bench.tables import table

Row = dict[str, object]

JOBS, KEPT, CLIENTS = (1_000, 5_000), 1_000, 8
COLUMNS = ("jobs", "mb")


def measure(csv: Path, jobs: Sequence[int] = JOBS) -> list[Row]:
    """Resident memory after so many jobs, the first row being one job: the server at rest."""
    pairs, done = survey.usable_pairs(csv), 1
    with serving(MAKE_RUN, csv, STATLINE_KEEP_RESULTS=str(KEPT)) as server:
        server.first_answer("global_mean", {"question": pairs[0][0]})
        found: list[Row] = [{"jobs": done, "mb": server.memory()}]
        for count in jobs:
            outcome = drive(server.url, CLIENTS, pairs, jobs=count - done, seed=count)
            if outcome.errors:
                raise SystemExit(f"{outcome.errors} of {len(outcome.latencies)} jobs failed")
            done = count
            found.append({"jobs": done, "mb": server.memory()})
    return found


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--jobs", type=int, nargs="+", default=JOBS)
    parser.add_argument("--csv", type=Path, default=survey.chosen())
    asked = parser.parse_args()
    print(table(measure(asked.csv, asked.jobs), COLUMNS))


if __name__ == "__main__":
    main()
