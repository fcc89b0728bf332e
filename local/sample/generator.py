"""The bundled sample: a survey that never took place, in the format of one that did.

Everything but the names is invented, so it can be shipped, shown and tested against freely, and
made as long as a benchmark needs.
"""

import csv
import gzip
import io
import math
import random
from collections.abc import Iterator
from itertools import count, islice
from pathlib import Path
from typing import BinaryIO, NamedTuple, cast

from local.sample.tables import (
    ABSENT,
    CATEGORIES,
    HEADER,
    LOCATIONS,
    QUESTIONS,
    SUPPRESSED,
    Location,
    Question,
)

TARGET = Path(__file__).parent.parent.parent / "data" / "sample.csv.gz"
SEED = 33
ROWS = 18_000

# The real files name the survey here; a row that leaves this project must not pass for one of theirs.
DATASOURCE = "Synthetic sample"
FOOTNOTE = "Data not available because sample size is insufficient."

RESPONDENTS = 6_000  # the most that one location has in one year
TOO_FEW = 30  # respondents below which the survey withholds a result
LARGEST_SHIFT = 60  # tenths of a percent that a location or a segment lies off its question's level
LARGEST_NOISE = 30  # tenths of a percent
UNCATEGORISED_EVERY = 9_000  # rows; the real files have such rows, a handful among many thousands

# Prime, so that no cell comes twice before all have come, and near the golden section of the cells,
# so that any number of rows is spread evenly over questions, years, locations and segments.
STRIDE = 59_011


class Stratum(NamedTuple):
    columns: tuple[str, ...]  # one per category, the segment's name in its own
    key: tuple[str, ...]  # names of category and segment, ids of category and segment
    share: float


UNCATEGORISED = Stratum(("",) * len(CATEGORIES), ("",) * 4, 1)


def write_sample(path: Path, seed: int = SEED, rows: int = ROWS) -> None:
    """Write `rows` invented rows and their header to `path`, compressed if it ends in `.gz`.

    The same seed and number of rows give the same text on every machine. Memory stays bounded.
    """
    partial = path.with_name(f"{path.name}.part")
    with (
        partial.open("wb") as file,
        _packed(file) if path.suffix == ".gz" else file as binary,
        io.TextIOWrapper(binary, encoding="utf-8", newline="") as text,
    ):
        text.write(HEADER + "\n")
        csv.writer(text, lineterminator="\n").writerows(sample_rows(seed, rows))
    partial.replace(path)


def sample_rows(seed: int, rows: int) -> Iterator[tuple[str, ...]]:
    """The rows, each of 33 fields in the order of `HEADER`."""
    rng = random.Random(seed)  # nosec B311 # the same rows for ever are wanted, not surprise
    return islice(_endless_rows(rng), rows)


def _packed(file: BinaryIO) -> BinaryIO:
    # Neither name nor time in the header: the bytes depend on nothing but the rows.
    packed = gzip.GzipFile(filename="", mode="wb", compresslevel=9, fileobj=file, mtime=0)
    return cast(BinaryIO, packed)


def _endless_rows(rng: random.Random) -> Iterator[tuple[str, ...]]:
    strata = _strata()
    waves = [(question, year) for question in QUESTIONS for year in question.years]
    shift = _shifts(rng, [*strata, UNCATEGORISED])
    cells = len(waves) * len(LOCATIONS) * len(strata)
    for number in count():
        rest, which = divmod(number * STRIDE % cells, len(strata))
        wave, where = divmod(rest, len(LOCATIONS))
        (question, year), location, stratum = waves[wave], LOCATIONS[where], strata[which]
        if number % UNCATEGORISED_EVERY == UNCATEGORISED_EVERY // 2:
            stratum = UNCATEGORISED
        pair = (question.id, location.abbreviation)
        if pair in ABSENT:
            continue
        level = 10 * question.level + shift[pair] + shift[question.id, stratum.key[3]]
        result = _result(rng, level, stratum.share, withheld=pair in SUPPRESSED)
        yield _row(question, str(year), location, stratum, result)


def _strata() -> list[Stratum]:
    return [
        Stratum(
            tuple(name if other is category else "" for other in CATEGORIES),
            (category.name, name, category.id, segment_id),
            category.share,
        )
        for category in CATEGORIES
        for segment_id, name in category.segments
    ]


def _shifts(rng: random.Random, strata: list[Stratum]) -> dict[tuple[str, str], int]:
    """Tenths of a percent by (question id, location's abbreviation or segment's id)."""
    names = [location.abbreviation for location in LOCATIONS] + [stratum.key[3] for stratum in strata]
    return {(question.id, name): _off(rng, LARGEST_SHIFT) for question in QUESTIONS for name in names}


def _off(rng: random.Random, largest: int) -> int:
    # Of all its methods, only random() promises the same numbers in every version of Python.
    return round((rng.random() - rng.random()) * largest)


def _result(rng: random.Random, level: int, share: float, *, withheld: bool) -> tuple[str, ...]:
    """Value, again, footnote's symbol and text, low and high limit, sample size; `level` in tenths."""
    size = int(RESPONDENTS * share * rng.random())
    value = level + _off(rng, LARGEST_NOISE)
    if withheld or size < TOO_FEW:
        return ("", "", "~", FOOTNOTE, "", "", "")
    value = min(max(value, 10), 990)
    margin = round(1.96 * math.sqrt(value * (1000 - value) / size))
    low, high = max(value - margin, 0), min(value + margin, 1000)
    return (_percent(value), _percent(value), "", "", _percent(low), _percent(high), f"{size}.0")


def _percent(tenths: int) -> str:
    return f"{tenths // 10}.{tenths % 10}"


def _row(
    question: Question, year: str, location: Location, stratum: Stratum, result: tuple[str, ...]
) -> tuple[str, ...]:
    topic = question.topic
    return (
        *(year, year, location.abbreviation, location.name, DATASOURCE),
        *(topic.class_name, topic.name, question.text, "", "Value"),
        *result,
        *stratum.columns,
        *(location.point, topic.class_id, topic.id, question.id, "VALUE", location.id),
        *stratum.key,
    )


if __name__ == "__main__":
    write_sample(TARGET)
