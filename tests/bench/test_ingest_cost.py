"""What reading costs: files of both kinds hold the same rows, or their figures would mean nothing."""

from pathlib import Path

import pytest

from bench import ingest_cost, survey
from bench.ingest_cost import ALL, NINE, Figures
from chalicelib.domain.ingestor import DataIngestor

ROWS = 3_000


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("cost")


def test_parquet_has_the_cube_of_the_csv(folder: Path) -> None:
    csv, parquet = (ingest_cost.generated(folder, kind, ROWS) for kind in ("csv", "parquet"))
    description = survey.described(csv)
    saved = {DataIngestor.from_file(path, description).snapshot() for path in (csv, parquet)}
    assert len(saved) == 1


@pytest.mark.parametrize("roles", [NINE, ALL])
def test_cost_is_that_of_a_row(folder: Path, roles: str) -> None:
    figures = ingest_cost.run(
        roles, *(str(ingest_cost.generated(folder, "csv", rows)) for rows in (ROWS, 100))
    )
    assert isinstance(figures, Figures)
    assert 0 < figures.cost < 10_000
    assert figures.peak_mb > 10
