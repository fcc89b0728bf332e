"""Results that a client has already, over real HTTP."""

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
def test_an_answer_that_is_known(done: str, http: requests.Session, path: str) -> None:
    """Is 304, without a body and with its tag; by that tag among others, without its W/, or by any."""
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


def test_tags_of_different_answers(done: str, http: requests.Session) -> None:
    """Differ, form by form."""
    assert len({http.get(done + path, timeout=5).headers["ETag"] for path in PATHS}) == len(PATHS)


def test_what_can_change_has_no_tag(done: str, http: requests.Session) -> None:
    """The answer to a question, which is a POST, and a status."""
    executed = execute(http, done, "global_mean", HUMUS, **{"If-None-Match": "*"})
    assert (executed.status_code, executed.content) == (200, GLOBAL_HUMUS)
    assert "ETag" not in executed.headers
    status = http.get(f"{done}/jobs/job_id_1", headers={"If-None-Match": "*"}, timeout=5)
    assert (status.status_code, "ETag" in status.headers) == (200, False)
    assert "ETag" not in http.get(f"{done}/api/get_results/job_id_99", timeout=5).headers
