"""The data to measure on: the survey where it lies beside the project, else the sample; generated files."""

import os
from pathlib import Path

from chalicelib.domain.dataset_description import Description, find_description
from local.sample.generator import write_sample
from local.settings import DEFAULT_DESCRIPTION, PROJECT, SAMPLE

SHARED = Path(os.environ.get("STATLINE_SHARED") or PROJECT.parent / "shared")
SUBSET = SHARED / "data" / "nutrition_activity_obesity_usa_subset.csv"
QUESTION = "Q036"  # by id, in every file here

Pair = tuple[str, str]


def chosen() -> Path:
    """The survey's subset of 18,650 rows where it lies beside the project, else the bundled sample."""
    return SUBSET if SUBSET.is_file() else SAMPLE


def described(path: Path) -> Description:
    return Description.load(find_description(path, DEFAULT_DESCRIPTION))


def described_by() -> Path:
    """The description of generated files, wherever they are."""
    return SAMPLE.parent / "sample.json"


def usable_pairs(path: Path) -> list[Pair]:
    """Each pair of question and state with a value in a known category: every statistic has a result."""
    import pandas as pd  # late: not every process that is measured needs it

    columns = described(path).columns
    keys = [columns["question"], columns["location"]]
    rows = pd.read_csv(path, usecols=[*keys, columns["value"], columns["category"]]).dropna()
    return sorted(rows[keys].drop_duplicates().itertuples(index=False, name=None))


def generated(folder: Path, rows: int) -> Path:
    """A CSV of synthetic rows in `folder`, written at the first call."""
    path = folder / f"sample-{rows}.csv"
    if not path.exists():
        write_sample(path, rows=rows)
        path.with_suffix(".json").write_text(f'{{"like": "{described_by()}"}}')
    return path
