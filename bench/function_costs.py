"""What data sets of some sizes cost a function: memory and the time that a cold start takes to load them.

    python -m bench.function_costs [--cells 100000 --cells 1000000]

Each is measured as `publish` does it, by a fresh process that loads the snapshot. A cell is a question, a
place and a group: with its sum alone, as the nine need it, or with a figure, limits and a sample size of a
year. With five years a fifth of the figures are cells.
"""

import random
from collections.abc import Mapping
from dataclasses import replace
from itertools import product

import click

from bench.page import table
from chalicelib.domain import snapshot
from chalicelib.domain.cube import MEASURED, Cube, Labels
from chalicelib.domain.dataset_description import Description
from chalicelib.domain.measures import CellKey, CellStats, Measure
from local.cloud.function_costs import measure

QUESTIONS, GROUPS, MEMORY = 20, 50, 512
KINDS = {"sums alone": 0, "figures of one year": 1, "figures of five years": 5}
DESCRIPTION = {"title": "Bench", "columns": {"question": "q", "location": "l", "value": "v"}}


def make_snapshot(figures: int, years: int) -> bytes:
    """Return the snapshot of a data set with so many figures; with 0 years so many sums."""
    chance = random.Random(figures)
    places = figures // (QUESTIONS * GROUPS * max(years, 1))
    cells: dict[str, dict[Labels, CellStats]] = {}
    published: dict[str, Mapping[CellKey, Measure]] = {}
    for question in map("Question {}".format, range(QUESTIONS)):
        measures = {}
        for place, group in product(
            map("Place {}".format, range(places)), map("Group {}".format, range(GROUPS))
        ):
            values = [chance.randrange(1_000) for _ in range(max(years, 1))]
            cells.setdefault(question, {})[place, "Kind", group] = CellStats(sum(values), len(values))
            for year, value in enumerate(values[:years], 2020):
                low, high = value - chance.randrange(50), value + chance.randrange(50)
                key = CellKey(place, year, "Kind", group)
                measures[key] = Measure(value, low, high, chance.randrange(10_000), 1)
        published[question] = measures
    cube = Cube(1, cells)
    if years:
        every = dict.fromkeys(cells, frozenset(range(2020, 2020 + years)))
        cube = replace(cube, published=published, years=every, measured=frozenset(MEASURED))
    return snapshot.dumps(cube, Description.from_dict(DESCRIPTION))


def row(figures: int, kind: str) -> dict[str, object]:
    saved = make_snapshot(figures, KINDS[kind])
    cost = measure(saved)
    return {
        "figures": figures,
        "of": kind,
        "snapshot, MB": len(saved) / 1e6,
        "empty, MB": cost.empty,
        "loaded, MB": cost.loaded,
        "all asked, MB": cost.asked,
        "needed, MB": float(cost.needed),
        "seconds here": cost.seconds,
        f"seconds at {MEMORY} MB": cost.cold_start(MEMORY),
    }


@click.command(help=__doc__)
@click.option("--cells", "sizes", type=int, multiple=True, default=(100_000, 750_000, 1_000_000))
def main(sizes: tuple[int, ...]) -> None:
    click.echo(table([row(size, kind) for kind in KINDS for size in sizes]))


if __name__ == "__main__":
    main()
