"""An invented survey with years, limits and sample sizes, small enough to compute by hand."""

import io
from collections.abc import Iterable
from typing import Any

from chalicelib.domain.dataset_description import Description
from chalicelib.domain.ingestor import DataIngestor
from tests.support import surveys

QUESTION = "Percent of adults who swim"
HEADER = ",".join(surveys.COLUMNS)
DESCRIPTION: dict[str, Any] = surveys.DESCRIPTION | {
    "synthetic": False,
    "title": "Swimming survey",
    "source": "https://example.org/swimming",
    "national": "Nation",
    "territories": ["IS"],
    "no_group": ["Not reported"],
    "age": {"category": "Age", "standard": {"Young": 1, "Old": 3}},
    "population": "adults",
    "notes": [
        {"code": "by-telephone", "text": "Asked by telephone.", "source": "the survey"},
        {
            "code": "new-question-2021",
            "text": "Asked in other words from 2021.",
            "source": "the survey",
            "questions": ["Q1"],
            "years": [2021, 2022],
            "when": "mixed",
        },
        {
            "code": "storm",
            "text": "Short of interviews in 2020.",
            "source": "the survey",
            "locations": ["BI"],
            "years": [2020],
        },
        {"code": "bands", "text": "Nominal bands.", "source": "the survey", "categories": ["Income"]},
    ],
}


def row(
    place: str,
    year: int | str,
    value: float | str,
    low: float | str = "",
    high: float | str = "",
    n: int | str = "",
    group: str = "Total: Total",
    question: str = QUESTION,
) -> str:
    """Return a line of the file; `group` is `category: stratum`."""
    category, _, stratum = group.partition(": ")
    place_id = place[:2].upper()
    return f"{question},Q1,{place},{place_id},{year},{category},{stratum},{value},{low},{high},{n}"


# Six states, a territory and the nation over five years, whole populations only, and every state's own slope.
STATES = ("Ash", "Birch", "Cedar", "Dogwood", "Elm", "Fir")
YEARS = range(2018, 2023)
ROWS = [
    *(
        row(place, year, base := 20 + 3 * i + slope * (year - 2018), base - 2, base + 2.1, 1000 + 100 * i)
        for i, (place, slope) in enumerate(zip(STATES, (0, 1, 2, -1, 0, 3), strict=True))
        for year in YEARS
    ),
    row("Isle", 2022, 10, 8.1, 12.2, 700),
    row("Nation", 2022, 30, 29.6, 30.4, 9000),
    row("Nation", 2021, ""),
    # Groups of one state in one year
    row("Ash", 2022, 18, 15.1, 21.3, 500, "Sex: Female"),
    row("Ash", 2022, 23, 19.9, 26.4, 500, "Sex: Male"),
    row("Ash", 2022, 15, 11.2, 19.8, 300, "Age: Young"),
    row("Ash", 2022, 25, 22.1, 28.1, 700, "Age: Old"),
    row("Birch", 2022, 22, 17.9, 26.7, 300, "Age: Young"),
    row("Birch", 2022, "", "", "", "", "Age: Old"),
    row("Ash", 2022, 30, 24.2, 36.5, 200, "Income: Low"),
    row("Ash", 2022, 20, 16.5, 24.1, 400, "Income: Middle"),
    row("Ash", 2022, 12, 8.9, 16.0, 350, "Income: High"),
    row("Ash", 2022, 25, 10.0, 50.1, 20, "Income: Not asked"),
    row("Ash", 2022, 22, 15.0, 31.1, 60, "Income: Not reported"),
    row("Ash", 2022, "", "", "", "", "Income: Very high"),
    row("Ash", 2019, 33, 25.2, 41.9, 90, "Income: Very high"),
]


def ingest(rows: Iterable[str] = ROWS, **changes: Any) -> DataIngestor:
    """Return the data set of some rows; `changes` replace keys of the description."""
    text = "\n".join([HEADER, *rows]) + "\n"
    return DataIngestor.from_csv(io.BytesIO(text.encode()), Description.from_dict(DESCRIPTION | changes))


def codes(answer: dict[str, Any]) -> list[str]:
    """Return the codes of an answer's caveats, in order."""
    return [caveat["code"] for caveat in answer["caveats"]]
