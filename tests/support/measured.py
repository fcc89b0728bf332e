"""A tiny data set with years, limits and sample sizes, and a snapshot as they were before these."""

import hashlib
import io
import json
import zlib

from chalicelib.domain.dataset_description import Description
from chalicelib.domain.ingestor import DataIngestor

HEADER = "Frage,Nr,Land,Kurz,Jahr,Bis,Wert,Von,Hoch,Anzahl,Art,Klasse"
MEASURED = f"""{HEADER}
Humus,S1,Bayern,BY,2020,2020,20.5,18.25,23.0,900.0,Total,Total
Humus,S1,Bayern,BY,2021,2021,22,20,24.1,950,Total,Total
Humus,S1,Bayern,BY,2021,2021,18,15.5,20.8,480,Nutzung,Acker
Humus,S1,Bayern,BY,2021,2021,,,,,Nutzung,Wald
Humus,S1,Hessen,HE,2021,2021,21,19,23.1,900,Total,Total
Humus,S1,Hessen,HE,2021,2021,23,21,25.1,900,Total,Total
Humus,S1,Hessen,HE,2022,2022,,,,,Total,Total
Humus,S1,Deutschland,DE,2021,2021,21.5,21,22,9000,Total,Total
Sand,S2,Hessen,HE,2019,2019,4,,,,Total,Total
Sand,S2,Hessen,HE,2019,2019,4,,,,,
"""
DESCRIPTION = {
    "title": "Soil survey over the years",
    "columns": {
        **{"question": "Frage", "question_id": "Nr", "location": "Land", "location_id": "Kurz"},
        **{"value": "Wert", "category": "Art", "segment": "Klasse"},
        **{"year": "Jahr", "year_end": "Bis", "low": "Von", "high": "Hoch", "sample_size": "Anzahl"},
    },
    "best": {"S1": "highest", "S2": "lowest"},
    "aliases": {"category": {"Nutzungsart": "Nutzung"}, "segment": {"Forst": "Wald"}},
    "unit": "%",
    "interval": {"level": 0.95, "scale": "logit"},
    "whole": {"category": "Total", "segment": "Total"},
    "national": "Deutschland",
    "territories": ["HE"],
}


def measured(rows: str = MEASURED, **changes: object) -> DataIngestor:
    return DataIngestor.from_csv(io.BytesIO(rows.encode()), Description.from_dict(DESCRIPTION | changes))


def snapshot_of_before(data: DataIngestor) -> bytes:
    """The snapshot that version 1 made: the sums, without years and measures."""
    tables = [
        sorted({labels[place] for cells in data.cube.cells.values() for labels in cells})
        for place in range(3)
    ]
    rows = {
        question: [(*map(list.index, tables, labels), *stats) for labels, stats in sorted(cells.items())]
        for question, cells in data.cube.cells.items()
    }
    content = {
        "description": data.description.to_dict(),
        "scale": data.cube.scale,
        "question_ids": {name: sorted(texts) for name, texts in data.cube.question_ids.items()},
        "location_ids": {name: sorted(ids) for name, ids in data.cube.location_ids.items()},
        "labels": tables,
        "cells": {question: list(zip(*columns, strict=True)) for question, columns in rows.items()},
    }
    payload = zlib.compress(json.dumps(content).encode())
    return b"statline-snapshot 1 %b\n%b" % (hashlib.sha256(payload).hexdigest().encode(), payload)
