"""The generator of the synthetic sample: invented data in the format of the real survey.

Only names and codes are real, so the sample can be shipped and published, and made as long as a benchmark
needs. survey.json holds them, with the invented level of each question in percent, and the average share of
the respondents that a segment of each category has.
"""

import csv
import gzip
import io
import json
import random
from collections.abc import Iterator
from itertools import chain, count, filterfalse, islice
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple, cast

from local.sample.figures import SUPPRESSED as NO_FIGURES
from local.sample.figures import Cell, Figures

SEED = 33
ROWS = 12_500

# The real files name the survey here. A synthetic row must not be mistaken for a real one.
DATASOURCE = "Synthetic sample"

UNCATEGORISED_EVERY = 6_000  # rows; the real files have a few rows without a category, too
# What the real files do not have, or have without values: error messages distinguish them.
ABSENT = {("Q018", "US"), ("Q019", "US"), ("Q044", "VI")}
SUPPRESSED = {("Q046", "VI")}
ABSENT_YEARS = {
    "VI": {2011, 2012, 2013, 2014, 2015, 2017, 2020},
    "GU": {2011, 2012, 2013},
    "PR": {2011, 2012},
}
SUPPRESSED_YEARS = {("FL", 2021), ("VI", 2018)}
# The state and year whose rows are one for each question, without category and value.
WHOLLY_SUPPRESSED = ("NJ", 2019)
# Questions and states that even a short sample has all strata of.
DETAILED, DETAILED_IN_ALL_YEARS = ("Q018", "Q036", "Q043", "Q047"), "Q036"
DETAILED_STATES = ("CA", "OH", "TX")
WHOLE = "OVERALL"  # the id of the segment of the whole population

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
    share: float  # of all respondents, on average
    spread: float = 0  # of the share over the locations, relative to it


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
    questions = [question["id"] for question in survey["questions"]]
    places = [location.abbreviation for location in locations]
    shares = _shares(rng, places, strata)
    figures = Figures(rng, questions, places, [stratum.labels[3] for stratum in strata])
    for number, (question, year, location, own) in enumerate(_cells(survey["questions"], locations, strata)):
        stratum = uncategorised if number % UNCATEGORISED_EVERY == UNCATEGORISED_EVERY // 2 else own
        pair, state_year = (question["id"], location.abbreviation), (location.abbreviation, year)
        if state_year == WHOLLY_SUPPRESSED:
            stratum = uncategorised
        share = shares[location.abbreviation, own.labels[3]]
        cell = Cell(question["id"], question["level"], location.abbreviation, year, stratum.labels[3], share)
        suppressed = pair in SUPPRESSED or state_year in {*SUPPRESSED_YEARS, WHOLLY_SUPPRESSED}
        yield (
            *(str(year), str(year), location.abbreviation, location.name, DATASOURCE),
            *(question["class"], question["topic"], question["text"], "", "Value"),
            *(NO_FIGURES if suppressed else figures.of(cell)),
            *stratum.columns,
            *(location.point, question["class_id"], question["topic_id"], question["id"], "VALUE"),
            *(location.id, *stratum.labels),
        )


def _cells(
    questions: list[Any], locations: list[Location], strata: list[Stratum]
) -> Iterator[tuple[Any, int, Location, Stratum]]:
    """Iterate for ever over the cells that exist.

    First come those with which a few thousand rows have something to say in every statistic.
    """
    waves = [(question, year) for question in questions for year in question["years"]]
    cells = len(waves) * len(locations) * len(strata)

    def cell_at(place: int) -> tuple[Any, int, Location, Stratum]:
        rest, stratum = divmod(place, len(strata))
        wave, location = divmod(rest, len(locations))
        return (*waves[wave], locations[location], strata[stratum])

    first = filter(_is_detailed, map(cell_at, range(cells)))
    others = filterfalse(_is_detailed, (cell_at(number * STRIDE % cells) for number in range(cells)))
    again = (cell_at(number * STRIDE % cells) for number in count())
    return filter(_exists, chain(first, others, again))


def _is_detailed(cell: tuple[Any, int, Location, Stratum]) -> bool:
    """Return whether even a short sample has a cell.

    It has the whole population in every year, and all strata in the last year of some questions, or in all
    years of some states.
    """
    question, year, location, stratum = cell
    return (
        stratum.labels[3] == WHOLE
        or (question["id"] in DETAILED and year == question["years"][-1])
        or (question["id"] == DETAILED_IN_ALL_YEARS and location.abbreviation in DETAILED_STATES)
    )


def _exists(cell: tuple[Any, int, Location, Stratum]) -> bool:
    question, year, location, stratum = cell
    place = location.abbreviation
    if (place, year) == WHOLLY_SUPPRESSED and stratum.labels[3] != WHOLE:
        return False
    return (question["id"], place) not in ABSENT and year not in ABSENT_YEARS.get(place, ())


def _strata(categories: list[dict[str, Any]]) -> list[Stratum]:
    """Return the segments of all categories, which are in the order of their columns."""
    return [
        Stratum(
            tuple(name if other is category else "" for other in categories),
            (category["name"], name, category["id"], segment_id),
            category["share"],
            category["spread"],
        )
        for category in categories
        for segment_id, name in category["segments"].items()
    ]


def _shares(rng: random.Random, places: list[str], strata: list[Stratum]) -> dict[tuple[str, str], float]:
    """Return the share of the respondents by location abbreviation and segment id."""
    return {
        (place, stratum.labels[3]): stratum.share * (1 + stratum.spread * (2 * rng.random() - 1))
        for place in places
        for stratum in strata
    }
