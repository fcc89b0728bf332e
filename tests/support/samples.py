"""A tiny data set with its own column names, and jobs on it."""

import json
import threading
from pathlib import Path

import requests

from chalicelib.application.job import Job
from chalicelib.domain.dataset_description import Description
from chalicelib.domain.ingestor import DataIngestor

SOIL_CSV = "soil.csv"
SOIL = """Frage,Nr,Land,Wert,Art,Klasse
Humus,S1,Bayern,1.5,Nutzung,Acker
Humus,S1,Bayern,2.5,Nutzung,Wald
Humus,S1,Hessen,4,Nutzung,Acker
Humus,S1,Hessen,,Nutzung,Wald
Sand,S2,Bayern,10.25,Nutzung,Acker
Sand,S2,Hessen,,Nutzung,Acker
"""
DESCRIPTION = {
    "title": "Soil survey",
    "columns": {
        "question": "Frage",
        "question_id": "Nr",
        "location": "Land",
        "value": "Wert",
        "category": "Art",
        "segment": "Klasse",
    },
    "best": {"S1": "highest", "Sand": "lowest"},
}

GLOBAL_HUMUS = b'{"global_mean":2.6666666666666665}'


def write_soil(folder: Path, rows: str = SOIL) -> Path:
    (folder / "soil.json").write_text(json.dumps(DESCRIPTION))
    path = folder / SOIL_CSV
    path.write_text(rows)
    return path


def soil(folder: Path, rows: str = SOIL) -> DataIngestor:
    return DataIngestor.from_csv(write_soil(folder, rows), Description.from_dict(DESCRIPTION))


def job(number: int, **changes: object) -> Job:
    fields: dict[str, object] = {
        "id": f"job_id_{number}",
        "statistic": "global_mean",
        "inputs": {"question": "Humus"},
        "dataset": "d" * 64,
        "accepted": 1_000 + number,
    }
    return Job(**(fields | changes))  # type: ignore[arg-type]


def ask(http: requests.Session, url: str, statistic: str, **inputs: str) -> dict[str, object]:
    """Submit a job and poll until it has finished."""
    job_id = http.post(f"{url}/api/{statistic}", json=inputs, timeout=5).json()["job_id"]
    pause = threading.Event()
    for _ in range(1000):
        body = http.get(f"{url}/api/get_results/{job_id}", timeout=5).json()
        if body["status"] != "running":
            return body
        pause.wait(0.01)
    raise AssertionError(f"{job_id} is still running after 10 s")
