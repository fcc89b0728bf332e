"""Questions about the sample, each with the response that is due."""

import itertools
from typing import NamedTuple

from bench.load import post
from bench.survey import described
from chalicelib.documents.result_table import frozen_json_of
from chalicelib.domain.ingestor import DataIngestor
from chalicelib.domain.statistics.registry import MEANS, compute_result
from local.settings import SAMPLE


class Question(NamedTuple):
    """A POST, and the body of get_results that is due for it."""

    request: bytes
    due: bytes


# A header that makes the service compute a result that it knows.
COMPUTE = "Cache-Control: no-cache\r\n"


def questions(more: str = "") -> list[Question]:
    """Every statistic of every question of the sample, for two states, computed without a server.

    `more` has further header lines of each request, such as COMPUTE.
    """
    data = DataIngestor.from_csv(SAMPLE, described(SAMPLE))
    catalogue = data.catalogue()
    ids = [question["id"] for question in catalogue["questions"]]
    states = [state["name"] for state in catalogue["states"]][:2]
    return list(
        dict.fromkeys(
            itertools.starmap(
                lambda name, *inputs: question(data, name, inputs, more),
                itertools.product(MEANS, ids, states),
            )
        )
    )


def question(data: DataIngestor, name: str, values: tuple[str, ...], more: str) -> Question:
    inputs = dict(zip(MEANS[name].parameters, values, strict=False))
    answer = frozen_json_of(name, compute_result(data, name, inputs, "")).decode()
    due = f'{{"status": "done", "data": {answer}}}'
    return Question(post(f"/api/{name}", inputs, more), due.encode())
