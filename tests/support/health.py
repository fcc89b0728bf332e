"""A small invented survey with years, limits and sample sizes: every estimate has an answer about it."""

import csv
import io
import json
from collections.abc import Iterator
from pathlib import Path

from chalicelib.domain.dataset_description import Description
from chalicelib.domain.ingestor import DataIngestor
from local.settings import LocalSettings

HEALTH_CSV = "health.csv"
COLUMNS = {
    "question": "Question",
    "question_id": "Id",
    "location": "Place",
    "location_id": "Abbreviation",
    "value": "Value",
    "category": "Category",
    "segment": "Stratum",
    "year": "Year",
    "sample_size": "N",
    "low": "Low",
    "high": "High",
}
DESCRIPTION = {
    "title": "Health survey",
    "synthetic": True,
    "columns": COLUMNS,
    "best": {"H1": "lowest", "H2": "highest"},
    "aliases": {"category": {"Sex": "Gender"}},
    "unit": "%",
    "interval": {"level": 0.95, "scale": "logit"},
    "whole": {"category": "Total", "segment": "Total"},
    "national": "Nation",
    "territories": ["IS"],
    "no_group": ["Not reported"],
    "age": {"category": "Age", "standard": {"18 - 44": 108150, "45 or older": 95701}},
    "population": "adults",
    "notes": [{"code": "invented", "text": "Nobody was asked.", "source": "the tests"}],
}
PLACES = {
    "Northland": "NO",
    "Eastland": "EA",
    "Southland": "SO",
    "Westland": "WE",
    "Isle": "IS",
    "Nation": "US",
}
YEARS = range(2018, 2023)
STRATA = {
    ("Total", "Total"): 0.0,
    ("Gender", "Female"): 0.8,
    ("Gender", "Male"): -0.8,
    ("Age", "18 - 44"): -3.1,
    ("Age", "45 or older"): 3.4,
    ("Income", "Not reported"): 1.2,
    ("Income", "Poor"): 6.3,
    ("Income", "Rich"): -5.9,
}


def health_rows() -> Iterator[list[object]]:
    """Yield the rows: a line for each place, bent a little, with limits one or two points from the value."""
    for question, (start, slope) in {"H1": (24.0, 0.7), "H2": (41.0, -0.2)}.items():
        for number, (place, abbreviation) in enumerate(PLACES.items()):
            for year in YEARS:
                for (category, stratum), shift in STRATA.items():
                    value = (
                        start + 1.9 * number + slope * (year - 2018) + shift + (year * (number + 3)) % 4 / 10
                    )
                    half = 1.1 if category == "Total" else 1.9
                    missing = (place, stratum, year) in SUPPRESSED
                    numbers = [value, 2_000 if category == "Total" else 700, value - half, value + half]
                    texts = [""] * 4 if missing else [f"{one:.1f}" for one in numbers]
                    yield [
                        *(f"Question {question}", question, place, abbreviation),
                        *(texts[0], category, stratum, year),
                        *(texts[1].removesuffix(".0"), texts[2], texts[3]),
                    ]


SUPPRESSED = {("Southland", "Poor", 2022), ("Westland", "Total", 2022)}


def health_csv() -> str:
    text = io.StringIO(newline="")
    csv.writer(text).writerows([list(COLUMNS.values()), *health_rows()])
    return text.getvalue()


def write_health(folder: Path) -> Path:
    (folder / "health.json").write_text(json.dumps(DESCRIPTION))
    path = folder / HEALTH_CSV
    path.write_text(health_csv())
    return path


def health_settings(home: Path) -> LocalSettings:
    environ = {"STATLINE_HOME": str(home), "STATLINE_DATASET": str(write_health(home))}
    return LocalSettings.from_environ(environ | {"STATLINE_REPLICA": "no"})


def health() -> DataIngestor:
    return DataIngestor.from_csv(io.BytesIO(health_csv().encode()), Description.from_dict(DESCRIPTION))


# Of each estimate, inputs that it has an answer to.
ASKED: dict[str, dict[str, str]] = {
    "cells": {"question": "H1", "state": "Southland", "years": "2021-2022", "category": "Income"},
    "estimate": {"question": "H1", "state": "Eastland"},
    "compare": {"question": "H1", "state": "Eastland", "versus_years": "2018"},
    "trend": {"question": "H1", "state": "Eastland"},
    "ranking": {"question": "H1", "years": "2021"},
    "benchmark": {"question": "H1", "years": "2021", "reference": "30"},
    "disparity": {"question": "H1", "state": "Northland", "category": "Income"},
    "age_standardised": {"question": "H1", "state": "Northland"},
    "estimands": {"question": "H1"},
}
