"""ETags and If-None-Match, over real HTTP."""

from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest
import requests
from chalice.app import CaseInsensitiveMapping, MultiDict

from chalicelib.application.job import Job, JobStatus
from chalicelib.errors import Dismissed
from chalicelib.routes.responses import validated
from chalicelib.routes.results import validated_result
from tests.chalicelib.routes.test_processes import HUMUS, execute
from tests.support.samples import GLOBAL_HUMUS, ask, job

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


def request(form: str, tag: str = "") -> Any:
    headers = CaseInsensitiveMapping({"Host": "localhost", "If-None-Match": tag})
    query = MultiDict({"f": [form]})
    return SimpleNamespace(headers=headers, query_params=query, context={"path": "/"}, path="/")


def done_job(result: bytes = b'[1, [["Hessen", 4.0]]]') -> Job:
    return replace(job(1), status=JobStatus.SUCCESSFUL, finished=5, result=result)


def test_body_is_rendered_once_for_200_and_not_at_all_for_304() -> None:
    rendered = []

    def render() -> str:
        rendered.append(1)
        return "body"

    full = validated(request("json"), {}, ("a",), render)
    assert (full.body, len(rendered)) == ("body", 1)
    tag = full.headers["ETag"]
    for name in (tag, "*"):
        assert validated(request("json", str(name)), {}, ("a",), render).status_code == 304
    assert len(rendered) == 1


@pytest.mark.parametrize("form", ["json", "csv", "html"])
def test_304_of_a_result_that_nothing_can_render(form: str) -> None:
    """Rendering it would raise: a 304 comes before."""
    unreadable = done_job(b"[[")

    response = validated_result(request(form, "*"), unreadable)

    assert (response.status_code, response.body) == (304, "")
    with pytest.raises(ValueError):  # noqa: PT011 - whatever the parser says
        validated_result(request(form), unreadable)


def test_tag_follows_from_result_form_and_outcome() -> None:
    jobs = (done_job(), done_job(b'[["Hessen", 5.0]]'), replace(done_job(), id="job_id_2"))
    tags = [
        validated_result(request(form, "*"), one).headers["ETag"] for one in jobs for form in ("json", "csv")
    ]

    assert len(set(map(str, tags))) == len(tags)
    assert validated_result(request("csv"), done_job()).headers["ETag"] == tags[1]


def test_any_tag_makes_no_304_of_a_job_without_result() -> None:
    dismissed = replace(job(1), status=JobStatus.DISMISSED, reason="dismissed by a client", finished=5)

    with pytest.raises(Dismissed):
        validated_result(request("json", "*"), dismissed)
