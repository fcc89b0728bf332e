"""Invented surveys of any size and with any names, for pages that must stand them."""

import csv
import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

COLUMNS = ("question", "id", "place", "place_id", "year", "category", "group", "value", "low", "high", "n")
DESCRIPTION: dict[str, Any] = {
    "title": "Invented survey",
    "source": "https://example.org/survey",
    "synthetic": True,
    "columns": {
        "question": "question",
        "question_id": "id",
        "location": "place",
        "location_id": "place_id",
        "year": "year",
        "category": "category",
        "segment": "group",
        "value": "value",
        "low": "low",
        "high": "high",
        "sample_size": "n",
    },
    "best": {"Q1": "lowest"},
    "unit": "%",
    "interval": {"level": 0.95, "scale": "logit"},
    "whole": {"category": "Total", "segment": "Total"},
}
Value = float | None


def write_survey(
    folder: Path,
    places: Mapping[str, str],
    values: Sequence[Value],
    years: Iterable[int] = (2020, 2021),
    question: str = "Percent who swim",
    margin: float = 2,
    **changes: Any,
) -> Path:
    """Write a survey of places by their ids. Values repeat over places and years; None is suppressed.

    `margin` is half of each interval.
    """
    (folder / "survey.json").write_text(json.dumps(DESCRIPTION | changes))
    path, number = folder / "survey.csv", 0
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(COLUMNS)
        for year in years:
            for name, place_id in places.items():
                value = values[number % len(values)]
                number += 1
                cells = ["", "", "", ""] if value is None else [value, value - margin, value + margin, 900]
                writer.writerow([question, "Q1", name, place_id, year, "Total", "Total", *cells])
    return path
