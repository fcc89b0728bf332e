"""Responses of more than Lambda's 6 MB, on the deployed service."""

from collections.abc import Iterator

import pytest
import requests

from local.cloud import publishing
from tests.cloud.deployed import Deployed, eventually
from tests.support.samples import SOIL, write_soil

LAMBDA_BYTES = 6 * 1024 * 1024
STATES, LENGTH = 22_000, 300


@pytest.fixture(scope="module")
def job_id(deployed: Deployed, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A finished job over a data set of so many states with such long names; the earlier one comes back."""
    before = deployed.control.read().dataset
    names = (f"{number:0{LENGTH}}" for number in range(STATES))
    rows = SOIL.splitlines()[0] + "\n" + "".join(f"Humus,S1,{name},1.5,Nutzung,Acker\n" for name in names)
    csv_file = write_soil(tmp_path_factory.mktemp("data"), rows)
    publishing.publish(csv_file, deployed.control, deployed.datasets)
    deployed.await_state()
    job_id = deployed.submit("states_mean", question="S1")
    eventually(lambda: deployed.get(f"/jobs/{job_id}"), lambda one: one.json()["status"] == "successful")
    yield job_id
    publishing.use(before[:12], deployed.control, deployed.datasets)
    deployed.await_state()


@pytest.mark.parametrize(
    "path",
    [
        "/api/states",
        "/api/get_results/{}",
        *(f"/jobs/{{}}/results?f={form}" for form in ("json", "csv", "html")),
    ],
)
def test_response_beyond_the_limit_is_fetched_by_a_link(deployed: Deployed, job_id: str, path: str) -> None:
    sent = deployed.get(path.format(job_id), allow_redirects=False)
    assert (sent.status_code, sent.headers["Cache-Control"]) == (303, "no-store")
    assert "more than this service may send" in sent.text
    fetched = requests.get(sent.headers["Location"], timeout=60)
    assert fetched.status_code == 200
    assert len(fetched.content) > LAMBDA_BYTES
    assert fetched.text.count("0" * (LENGTH - 5)) >= STATES


def test_link_ends_at_its_object(deployed: Deployed, job_id: str) -> None:
    """Whoever has a link reads nothing else of the bucket."""
    link = deployed.get("/api/states", allow_redirects=False).headers["Location"]
    place, _, query = link.partition("?")
    other = f"{place.partition('/responses/')[0]}/results/{job_id}?{query}"
    assert requests.get(other, timeout=60).status_code in (403, 404)
