"""ETags and If-None-Match, over real HTTP."""

import pytest
import requests

from tests.chalicelib.routes.test_processes import HUMUS, execute
from tests.support.samples import GLOBAL_HUMUS, ask

PATHS = ["/api/get_results/job_id_1", "/jobs/job_id_1/results", "/jobs/job_id_1/results?f=csv"]


@pytest.fixture
def done(url: str, http: requests.Session) -> str:
    """The address of a service with one job that has ended."""
    ask(http, url, "global_mean", question="S1")
    return url


@pytest.mark.parametrize("path", PATHS)
def test_matching_if_none_match_is_304_without_body(done: str, http: requests.Session, path: str) -> None:
    first = http.get(done + path, timeout=5)
    tag = first.headers["ETag"]
    assert tag.startswith('W/"')  # what is compressed on the way keeps it
    for given in (tag, f'"x", {tag}', tag.removeprefix("W/"), "*"):
        again = http.get(done + path, headers={"If-None-Match": given}, timeout=5)
        assert (again.status_code, again.content, again.headers["ETag"]) == (304, b"", tag)
        assert again.headers["Statline-Dataset"] == first.headers["Statline-Dataset"]
    for given in ('"x"', "", tag[:-2] + '"', f"{tag}x"):
        again = http.get(done + path, headers={"If-None-Match": given}, timeout=5)
        assert (again.status_code, again.content) == (200, first.content)


def test_etag_differs_for_each_form_and_result(done: str, http: requests.Session) -> None:
    assert len({http.get(done + path, timeout=5).headers["ETag"] for path in PATHS}) == len(PATHS)


def test_status_and_execution_have_no_etag(done: str, http: requests.Session) -> None:
    executed = execute(http, done, "global_mean", HUMUS, **{"If-None-Match": "*"})
    assert (executed.status_code, executed.content) == (200, GLOBAL_HUMUS)
    assert "ETag" not in executed.headers
    status = http.get(f"{done}/jobs/job_id_1", headers={"If-None-Match": "*"}, timeout=5)
    assert (status.status_code, "ETag" in status.headers) == (200, False)
    assert "ETag" not in http.get(f"{done}/api/get_results/job_id_99", timeout=5).headers
