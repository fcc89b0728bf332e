"""The benchmark of the statistics with uncertainty asks what the bundled sample can answer."""

from functools import cache
from typing import Any

import pytest

from bench.published import KINDS
from chalicelib.domain.dataset_description import Description, find_description
from chalicelib.domain.ingestor import DataIngestor
from local.settings import DEFAULT_DESCRIPTION, SAMPLE


@cache
def sample() -> DataIngestor:
    return DataIngestor.from_csv(SAMPLE, Description.load(find_description(SAMPLE, DEFAULT_DESCRIPTION)))


@pytest.mark.parametrize("kind", KINDS, ids=[kind[0] for kind in KINDS])
def test_every_measured_request_has_an_answer_in_the_sample(kind: tuple[str, int, Any, Any]) -> None:
    _, _, statistic, requests = kind

    for inputs in requests:
        assert statistic(sample(), inputs)["statement"].startswith("Invented data. ")
