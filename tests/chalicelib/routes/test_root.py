"""The landing page and the conformance declaration, over real HTTP."""

import pytest
import requests

from chalicelib.adapters.dynamodb_service_state import CONTROL
from chalicelib.application.ports import ServiceState
from chalicelib.bootstrap import get_service
from tests.chalicelib.routes.test_processes import HUMUS, execute, problem, rel
from tests.support.html import Page
from tests.support.ogc_schemas import check
from tests.support.simulated_cloud import SimulatedCloud

CONF = "http://www.opengis.net/spec/ogcapi-processes-1/1.0/conf/"
DEFINITION = ("service-desc", "service-doc")
PATHS = [
    "/conformance",
    "/processes",
    "/processes/state_mean",
    "/jobs",
    "/jobs/job_id_1",
    "/jobs/job_id_1/results",
    "/operations",
]


def test_landing_page_has_the_required_links_and_all_work(url: str, http: requests.Session) -> None:
    body = http.get(url, timeout=5).json()
    check("landingPage", body)
    rels = [one["rel"].rpartition("/")[2] for one in body["links"]]
    assert rels == ["self", "alternate", *DEFINITION, "conformance", "processes", "job-list"]
    for one in body["links"]:
        assert one["href"].startswith(url)
        response = http.get(one["href"], timeout=5)
        assert response.headers["Content-Type"].removesuffix("; charset=utf-8") == one["type"]


def test_conformance_lists_the_implemented_classes(url: str, http: requests.Session) -> None:
    body = http.get(f"{url}/conformance", timeout=5).json()
    check("confClasses", body)
    assert [one.removeprefix(CONF) for one in body["conformsTo"]] == [
        "core",
        "ogc-process-description",
        "json",
        "html",
        "oas30",
        "job-list",
        "callback",
        "dismiss",
    ]


@pytest.mark.parametrize("path", PATHS)
def test_every_path_has_an_html_page_that_links_its_json(url: str, http: requests.Session, path: str) -> None:
    execute(http, url, "best5", HUMUS)
    page = http.get(url + path, headers={"Accept": "text/html, */*;q=0.1"}, timeout=5)
    assert (page.status_code, page.headers["Content-Type"]) == (200, "text/html; charset=utf-8")
    assert page.headers["Vary"].split(", ")[0] == "Accept"
    assert "default-src 'none'" in page.headers["Content-Security-Policy"]
    Page.read(page.text)
    assert f'href="{url}{path}?f=json"' in page.text
    assert http.get(f"{url}{path}?f=json", timeout=5).headers["Content-Type"] == "application/json"


def test_execution_and_dismissal_have_html_pages(url: str, http: requests.Session) -> None:
    done = execute(http, url, "best5", HUMUS, Accept="text/html")
    assert '<td dir="auto">Hessen</td><td class="number">4.0</td>' in done.text
    gone = http.delete(f"{url}/jobs/job_id_1", headers={"Accept": "text/html"}, timeout=5)
    assert "dismissed" in gone.text


def test_links_name_the_requested_host_and_invalid_hosts_are_400(url: str, http: requests.Session) -> None:
    body = http.get(f"{url}/jobs", headers={"Host": "my.localhost:81"}, timeout=5).json()
    assert rel(body["links"], "self") == "http://my.localhost:81/jobs"
    junk = http.get(f"{url}/jobs", headers={"Host": '"><script>'}, timeout=5)
    assert junk.status_code == 400
    assert "script" not in junk.text


def test_root_without_data_set_is_503_and_the_process_list_works(url: str, http: requests.Session) -> None:
    cloud = SimulatedCloud()
    cloud.table[CONTROL] = ServiceState()
    get_service.use(lambda: cloud.process().service)
    assert problem(http.get(url, timeout=5)) == (503, "NoApplicableCode")
    assert problem(http.get(f"{url}/processes/best5", timeout=5)) == (503, "NoApplicableCode")
    assert http.get(f"{url}/processes", timeout=5).status_code == 200


def test_browser_at_the_root_explores_and_a_link_leads_to_the_landing_page(
    url: str, http: requests.Session
) -> None:
    explore = http.get(f"{url}/", headers={"Accept": "text/html"}, timeout=5)
    landing = http.get(f"{url}/?f=html", headers={"Accept": "text/html"}, timeout=5)

    assert "ask" in Page.read(explore.text).ids
    assert "/?f=html" in Page.read(explore.text).links()
    assert "ask" not in Page.read(landing.text).ids
    assert http.get(f"{url}/", timeout=5).json()["name"] == "Statline"


def test_another_sites_frame_of_the_root_makes_no_job(url: str, http: requests.Session) -> None:
    headers = {"Accept": "text/html", "Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate"}

    framed = http.get(f"{url}/", headers=headers | {"Sec-Fetch-Dest": "iframe"}, timeout=5)
    assert (framed.status_code, http.get(f"{url}/jobs", timeout=5).json()["jobs"]) == (200, [])
    opened = http.get(f"{url}/", headers=headers | {"Sec-Fetch-Dest": "document"}, timeout=5)
    assert (opened.status_code, len(http.get(f"{url}/jobs", timeout=5).json()["jobs"])) == (200, 1)
