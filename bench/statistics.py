"""Time of each statistic on a loaded cube, beside pandas filtering and grouping a loaded frame.

    python -m bench.statistics [--rows 18650 100000 1000000]

The cube's time ends with the answer as JSON, the frame's with a dict. A cube keeps the rollups of a
question once it was asked; its first answer, which makes them, is timed on a cube loaded anew.
"""

import argparse
import json
import random
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from bench import survey
from bench.children import child
from bench.samples import quantile, seconds_per_call
from bench.tables import table
from chalicelib.domain.statistics.registry import STATISTICS, compute_result

if TYPE_CHECKING:
    from bench.frame import Frame
    from chalicelib.domain.ingestor import DataIngestor

Row = dict[str, object]

ROWS = (18_650, 100_000, 1_000_000)
DRAWS, SEED = 5, 1  # of question and state; a figure is their median
BUDGET = 0.05  # seconds for each draw
COLUMNS = ("rows", "statistic", "cube_us", "first_us", "pandas_us", "times_faster")


def measure(folder: Path, sizes: Sequence[int] = ROWS) -> list[Row]:
    """A row for each size and statistic; the files are made in `folder` and stay there."""
    found = []
    for rows in sizes:
        figures = child("bench.statistics", "--file", survey.generated(folder, rows))
        found += [{"rows": rows, **row} for row in figures]
    return found


def one_size(path: Path) -> list[Row]:
    """A row for each statistic, measured in this process."""
    from bench.frame import Frame
    from chalicelib.domain.ingestor import DataIngestor

    description, draw, found = survey.described(path), random.Random(SEED), []
    data, frame = DataIngestor.from_csv(path, description), Frame(path, description)
    saved, pairs = data.snapshot(), answerable(data)
    for name in STATISTICS:
        draws = [
            one_draw(name, pair, data, DataIngestor.from_snapshot(saved), frame)
            for pair in draw.sample(pairs, DRAWS)
        ]
        cube, first, pandas = (quantile(samples, 0.5) for samples in zip(*draws, strict=True))
        found.append(
            {
                "statistic": name,
                "cube_us": cube * 1e6,
                "first_us": first * 1e6,
                "pandas_us": pandas * 1e6,
                "times_faster": pandas / cube,
            }
        )
    return found


def answerable(data: "DataIngestor") -> list[tuple[str, str]]:
    """Each pair of question and state that every statistic has an answer to, in order."""
    full = ("location", "category", "segment")
    cells = ((question, data.cube.rollup(question, *full)) for question in data.cube.cells)
    return sorted({(text, labels[0]) for text, found in cells for labels in found if found[labels].counted})


def one_draw(
    name: str, pair: tuple[str, str], data: "DataIngestor", anew: "DataIngestor", frame: "Frame"
) -> tuple[float, float, float]:
    """Seconds on a cube that was asked before, on one that was not, and on a frame."""
    inputs = dict(zip(STATISTICS[name].parameters, pair, strict=False))
    return (
        seconds_per_call(lambda: compute_result(data, name, inputs), BUDGET),
        seconds_per_call(lambda: compute_result(anew, name, inputs), budget=0, at_least=1),
        seconds_per_call(lambda: frame.answer(name, **inputs), BUDGET),
    )


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rows", type=int, nargs="+", default=ROWS)
    parser.add_argument("--file", type=Path, help="one file, here")
    asked = parser.parse_args()
    if asked.file:
        print(json.dumps(one_size(asked.file)))
        return
    with tempfile.TemporaryDirectory() as folder:
        print(table(measure(Path(folder), asked.rows), COLUMNS))


if __name__ == "__main__":
    main()
