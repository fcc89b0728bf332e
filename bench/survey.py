"""The data that is measured on: the survey where it is at hand, else the sample; and generated files."""

import csv
import gzip
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from chalicelib.domain.dataset_description import Description, find_description
from local.sample.generator import SEED, write_sample
from local.settings import DEFAULT_DESCRIPTION, PROJECT, SAMPLE

SHARED = Path(os.environ.get("STATLINE_SHARED") or PROJECT.parent / "shared")
SUBSET = SHARED / "data" / "nutrition_activity_obesity_usa_subset.csv"
QUESTION = "Q036"  # by id, in every file here


def chosen() -> Path:
    """The survey's subset of 18,650 rows where it lies beside the project, else the bundled sample."""
    return SUBSET if SUBSET.is_file() else SAMPLE


def described(path: Path) -> Description:
    return Description.load(find_description(path, DEFAULT_DESCRIPTION))


@contextmanager
def opened(path: Path) -> Iterator[IO[str]]:
    with gzip.open(path, "rt", newline="") if path.suffix == ".gz" else path.open(newline="") as lines:
        yield lines


def usable_pairs(path: Path) -> list[tuple[str, str]]:
    """Each pair of question and state that has a value, in order."""
    columns = described(path).columns
    question, location, value = columns["question"], columns["location"], columns["value"]
    with opened(path) as lines:
        return sorted({(row[question], row[location]) for row in csv.DictReader(lines) if row[value]})


def count_rows(path: Path) -> int:
    with opened(path) as lines:
        return sum(1 for _ in csv.reader(lines)) - 1


def generated(folder: Path, rows: int) -> Path:
    """A CSV of invented rows in `folder`, made when first asked for."""
    path = folder / f"sample-{rows}.csv"
    if not path.exists():
        write_sample(path, SEED, rows)
        path.with_suffix(".json").write_text(f'{{"like": "{SAMPLE.parent / "sample.json"}"}}')
    return path
