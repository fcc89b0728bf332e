"""The generator of the synthetic sample: invented data in the format of the real survey.

Only names and codes are real, so the sample can be shipped and published, and made as long as a benchmark
needs.
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

# The real files name the survey here. A synthetic row must not be mistaken for a real one.
DATASOURCE = "Synthetic sample"
FOOTNOTE = "Data not available because sample size is insufficient."

RESPONDENTS = 6_000  # maximum of a location in a year
MIN_RESPONDENTS = 30  # the survey suppresses values of fewer
MAX_SHIFT = 60  # of a location or segment from its question's level, in tenths of a percent
MAX_NOISE = 30  # tenths of a percent
UNCATEGORISED_EVERY = 9_000  # rows; the real files have a few rows without a category, too

# A prime visits every cell before it repeats one. Near the golden section of the number of cells, it spreads
# any number of rows evenly over questions, years, locations and segments.
STRIDE = 59_011


class Stratum(NamedTuple):
    columns: tuple[str, ...]  # one per category: the segment's name in its category's column
    labels: tuple[str, ...]  # names of category and segment, ids of category and segment
    share: float  # of all respondents


UNCATEGORISED = Stratum(("",) * len(CATEGORIES), ("",) * 4, 1)


def write_sample(path: Path, seed: int = SEED, rows: int = ROWS) -> None:
    """Write a header and `rows` synthetic rows to `path`, compressed if it ends in `.gz`.

    The same seed and number of rows produce the same text on every machine, in bounded memory.
    """
    partial = path.with_name(f"{path.name}.part")
    with (
        partial.open("wb") as file,
        _compressed(file) if path.suffix == ".gz" else file as binary,
        io.TextIOWrapper(binary, encoding="utf-8", newline="") as text,
    ):
        text.write(HEADER + "\n")
        csv.writer(text, lineterminator="\n").writerows(sample_rows(seed, rows))
    partial.replace(path)


def sample_rows(seed: int, rows: int) -> Iterator[tuple[str, ...]]:
    """Iterate over rows of 33 fields, in the order of `HEADER`."""
    rng = random.Random(seed)  # nosec B311 # reproducible, not secret
    return islice(_endless_rows(rng), rows)


def _compressed(file: BinaryIO) -> BinaryIO:
    # Without a file name and time in the gzip header, the bytes depend on the rows only.
    compressed = gzip.GzipFile(filename="", mode="wb", compresslevel=9, fileobj=file, mtime=0)
    return cast(BinaryIO, compressed)


def _endless_rows(rng: random.Random) -> Iterator[tuple[str, ...]]:
    strata = _strata()
    waves = [(question, year) for question in QUESTIONS for year in question.years]
    shift = _shifts(rng, [*strata, UNCATEGORISED])
    cells = len(waves) * len(LOCATIONS) * len(strata)
    for number in count():
        rest, stratum_index = divmod(number * STRIDE % cells, len(strata))
        wave_index, location_index = divmod(rest, len(LOCATIONS))
        (question, year), location = waves[wave_index], LOCATIONS[location_index]
        stratum = strata[stratum_index]
        if number % UNCATEGORISED_EVERY == UNCATEGORISED_EVERY // 2:
            stratum = UNCATEGORISED
        pair = (question.id, location.abbreviation)
        if pair in ABSENT:
            continue
        level = 10 * question.level + shift[pair] + shift[question.id, stratum.labels[3]]
        measures = _measures(rng, level, stratum.share, suppressed=pair in SUPPRESSED)
        yield _row(question, str(year), location, stratum, measures)


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
    """Return tenths of a percent by (question id, location abbreviation or segment id)."""
    names = [location.abbreviation for location in LOCATIONS] + [stratum.labels[3] for stratum in strata]
    return {(question.id, name): _triangular(rng, MAX_SHIFT) for question in QUESTIONS for name in names}


def _triangular(rng: random.Random, maximum: int) -> int:
    # Of the methods of Random, only random() guarantees the same numbers in every version of Python.
    return round((rng.random() - rng.random()) * maximum)


def _measures(rng: random.Random, level: int, share: float, *, suppressed: bool) -> tuple[str, ...]:
    """Return value, alternative value, footnote symbol and text, low and high limit, and sample size.

    `level` is in tenths of a percent.
    """
    size = int(RESPONDENTS * share * rng.random())
    value = level + _triangular(rng, MAX_NOISE)
    if suppressed or size < MIN_RESPONDENTS:
        return ("", "", "~", FOOTNOTE, "", "", "")
    value = min(max(value, 10), 990)
    margin = round(1.96 * math.sqrt(value * (1000 - value) / size))
    low, high = max(value - margin, 0), min(value + margin, 1000)
    return (_percent(value), _percent(value), "", "", _percent(low), _percent(high), f"{size}.0")


def _percent(tenths: int) -> str:
    return f"{tenths // 10}.{tenths % 10}"


def _row(
    question: Question, year: str, location: Location, stratum: Stratum, measures: tuple[str, ...]
) -> tuple[str, ...]:
    topic = question.topic
    return (
        *(year, year, location.abbreviation, location.name, DATASOURCE),
        *(topic.class_name, topic.name, question.text, "", "Value"),
        *measures,
        *stratum.columns,
        *(location.point, topic.class_id, topic.id, question.id, "VALUE", location.id),
        *stratum.labels,
    )


if __name__ == "__main__":
    write_sample(TARGET)
