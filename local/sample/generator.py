"""The generator of the synthetic sample: invented data in the format of the real survey.

Only names and codes are real, so the sample can be shipped and published, and made as long as a benchmark
needs. survey.json holds them, with the invented level of each question in percent, and the average share of
the respondents that a segment of each category has.
"""

import csv
import gzip
import io
import json
import math
import random
from collections.abc import Iterator
from itertools import count, islice
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple, cast

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
# Pairs of question and location without rows, and with suppressed values only. The real files have both, and
# error messages distinguish them.
ABSENT = {("Q018", "US"), ("Q019", "US"), ("Q044", "VI")}
SUPPRESSED = {("Q046", "VI")}

# A prime visits every cell before it repeats one. Near the golden section of the number of cells, it spreads
# any number of rows evenly over questions, years, locations and segments.
STRIDE = 59_011


class Location(NamedTuple):
    id: str
    abbreviation: str
    name: str
    point: str  # latitude and longitude in whole degrees, empty for the national level


class Stratum(NamedTuple):
    columns: tuple[str, ...]  # one per category: the segment's name in its category's column
    labels: tuple[str, ...]  # names of category and segment, ids of category and segment
    share: float  # of all respondents


def survey() -> Any:
    return json.loads((Path(__file__).parent / "survey.json").read_text(encoding="utf-8"))


def write_sample(path: Path, rows: int = ROWS) -> None:
    """Write a header and `rows` synthetic rows to `path`, compressed if it ends in `.gz`.

    The same number of rows produces the same text on every machine, in bounded memory.
    """
    partial = path.with_name(f"{path.name}.part")
    with (
        partial.open("wb") as file,
        _compressed(file) if path.suffix == ".gz" else file as binary,
        io.TextIOWrapper(binary, encoding="utf-8", newline="") as text,
    ):
        text.write(",".join(survey()["header"]) + "\n")
        csv.writer(text, lineterminator="\n").writerows(sample_rows(SEED, rows))
    partial.replace(path)


def _compressed(file: BinaryIO) -> BinaryIO:
    # Without a file name and time in the gzip header, the bytes depend on the rows only.
    compressed = gzip.GzipFile(filename="", mode="wb", compresslevel=9, fileobj=file, mtime=0)
    return cast(BinaryIO, compressed)


def sample_rows(seed: int, rows: int) -> Iterator[tuple[str, ...]]:
    """Iterate over rows of 33 fields, in the order of the survey's header."""
    rng = random.Random(seed)  # nosec B311 # reproducible, not secret
    return islice(_endless_rows(rng, survey()), rows)


def _endless_rows(rng: random.Random, survey: Any) -> Iterator[tuple[str, ...]]:
    locations = [Location(*fields) for fields in survey["locations"]]
    strata, uncategorised = _strata(survey["categories"]), Stratum(("",) * 6, ("",) * 4, 1)
    waves = [(question, str(year)) for question in survey["questions"] for year in question["years"]]
    # Tenths of a percent by question id and location abbreviation or segment id.
    names = [place.abbreviation for place in locations] + [s.labels[3] for s in (*strata, uncategorised)]
    shift = {(q["id"], name): _triangular(rng, MAX_SHIFT) for q in survey["questions"] for name in names}
    cells = len(waves) * len(locations) * len(strata)
    for number in count():
        rest, stratum_index = divmod(number * STRIDE % cells, len(strata))
        wave_index, location_index = divmod(rest, len(locations))
        (question, year), location = waves[wave_index], locations[location_index]
        stratum = strata[stratum_index]
        if number % UNCATEGORISED_EVERY == UNCATEGORISED_EVERY // 2:
            stratum = uncategorised
        pair = (question["id"], location.abbreviation)
        if pair in ABSENT:
            continue
        level = 10 * question["level"] + shift[pair] + shift[question["id"], stratum.labels[3]]
        measures = _measures(rng, level, stratum.share, suppressed=pair in SUPPRESSED)
        yield (
            *(year, year, location.abbreviation, location.name, DATASOURCE),
            *(question["class"], question["topic"], question["text"], "", "Value"),
            *measures,
            *stratum.columns,
            *(location.point, question["class_id"], question["topic_id"], question["id"], "VALUE"),
            *(location.id, *stratum.labels),
        )


def _strata(categories: list[dict[str, Any]]) -> list[Stratum]:
    """Return the segments of all categories, which are in the order of their columns."""
    return [
        Stratum(
            tuple(name if other is category else "" for other in categories),
            (category["name"], name, category["id"], segment_id),
            category["share"],
        )
        for category in categories
        for segment_id, name in category["segments"].items()
    ]


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
    percents = (value, max(value - margin, 0), min(value + margin, 1000))
    mean, low, high = (f"{tenths // 10}.{tenths % 10}" for tenths in percents)
    return (mean, mean, "", "", low, high, f"{size}.0")
