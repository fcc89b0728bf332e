"""The deployed service's estimates: the bytes that the same code computes here."""

import json
from collections.abc import Iterator
from typing import Any, NamedTuple

import pytest

from chalicelib.documents.result_table import frozen_json_of
from chalicelib.domain.dataset_description import Description
from chalicelib.domain.ingestor import DataIngestor
from chalicelib.domain.statistics.registry import ESTIMATES, compute_result
from chalicelib.errors import StatlineError
from local.cloud import publishing
from local.settings import DEFAULT_DESCRIPTION, SAMPLE
from tests.cloud.deployed import Deployed
from tests.support.health import ASKED
from tests.support.trust import FILES, FOLDER, cases, differences


class Published(NamedTuple):
    """A data set that the stage serves, and the same in this process."""

    fingerprint: str
    data: DataIngestor


@pytest.fixture(scope="module")
def whole(deployed: Deployed) -> Iterator[Published]:
    """The whole survey, or the sample where it is not here, in place of the current data set."""
    before, path = deployed.control.read().dataset, FILES["real"] if FOLDER.is_dir() else SAMPLE
    name = publishing.publish(path, deployed.control, deployed.datasets)
    deployed.await_state()
    description = SAMPLE.parent / "sample.json" if path == SAMPLE else DEFAULT_DESCRIPTION
    yield Published(name, DataIngestor.from_csv(path, Description.load(description)))
    publishing.use(before[:12], deployed.control, deployed.datasets)
    deployed.await_state()


def asked() -> list[dict[str, Any]]:
    """Return the cases of the real data, or each estimate of the sample."""
    if FOLDER.is_dir():
        return [case for case in cases() if case["data"] == "real"]
    names = {"question": "Q036", "state": "Ohio", "category": "Income", "versus_years": "2011"}
    return [
        {
            "id": name,
            "statistic": name,
            "inputs": {field: names[field] for field in ASKED[name] if field in names},
        }
        for name in ESTIMATES
    ]


def body_here(data: Published, name: str, inputs: dict[str, Any]) -> bytes:
    """Return the body of get_results that this process would send."""
    try:
        answer = frozen_json_of(name, compute_result(data.data, name, inputs, data.fingerprint))
    except StatlineError as error:
        return json.dumps({"status": "error", "reason": str(error)}, ensure_ascii=False).encode()
    return b'{"status": "done", "data": %b}' % answer


def test_deployed_estimates_are_right_and_have_the_bytes_of_this_process(
    deployed: Deployed, whole: Published
) -> None:
    for case in asked():
        name, inputs, expected = case["statistic"], case["inputs"], case.get("expected", {})
        posted = deployed.post(name, **inputs)
        if posted.status_code == 400:
            assert "error" in expected, case["id"]
            continue
        found = deployed.result(posted.json()["job_id"])
        assert found.content == body_here(whole, name, inputs)
        if "answer" in expected:
            assert differences(expected["answer"], found.json()["data"], case["tolerance"]) == []
