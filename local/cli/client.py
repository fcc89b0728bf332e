"""A client of Statline's HTTP API, for a service on a laptop or deployed."""

import time
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import quote, urlsplit

import click
import requests
from urllib3.exceptions import InvalidHeader
from urllib3.util import Retry

from chalicelib.application.admission_control import Drain
from local.cli.output import Report, printable
from local.loopback import is_loopback

FIRST_PAUSE, GROWTH, LONGEST_PAUSE = 0.05, 1.5, 2.0  # seconds between two polls
PATIENCE = 60.0  # seconds of pauses in which a request to a busy or restarting service is repeated
PAGE_SIZE = 1000  # the most jobs that the service returns at once
TIMEOUT = (5, 60)  # seconds to connect, seconds until the response begins
BUSY = (429, 503)
NO_RESPONSE = (requests.ConnectionError, requests.Timeout, requests.exceptions.ChunkedEncodingError)


class ServiceError(click.ClickException):
    """An error of the client, which ends a command with its `exit_code`."""

    def __init__(self, reason: str) -> None:
        super().__init__(printable(reason))


class NoResult(ServiceError):
    """Raised when a job ended without a result, or there is no such job."""


class Refused(ServiceError):
    """Raised when the service refuses a request, or something else than Statline responds."""

    exit_code = 3


class Busy(Refused):
    """Raised when the service asks the client to retry; `seconds` is its Retry-After, if it sent one."""

    def __init__(self, reason: str, seconds: float | None) -> None:
        super().__init__(reason)
        self.seconds = seconds


class Unreachable(Refused):
    """Raised when nothing answers at the URL; `via` names the proxy on the way, if there is one."""

    def __init__(self, url: str, cause: object, via: str = "") -> None:
        super().__init__(
            f"nothing answers at {url}{via}: {cause}. "
            "`make run` starts Statline on this machine; --url or STATLINE_URL names another address"
        )


def pauses() -> Iterator[float]:
    """Yield the seconds to wait before each further poll: short at first, then growing to a maximum."""
    pause = FIRST_PAUSE
    while True:
        yield pause
        pause = min(pause * GROWTH, LONGEST_PAUSE)


class Client:
    """A client of one service. Every method raises Refused.

    `report` is called with a description of each wait and its seconds, then `sleep` with the seconds.
    Requests to this machine go through no proxy, whatever the environment names.
    """

    def __init__(
        self,
        url: str,
        api_key: str = "",
        *,
        sleep: Callable[[float], None] = time.sleep,
        report: Report = lambda _text, _seconds: None,
    ) -> None:
        self._url, self._sleep, self.report = url.rstrip("/"), sleep, report
        self._session, self._connected = requests.Session(), False
        # An exception for this client alone; the environment's certificates stay in use.
        self._proxies = {"no_proxy": urlsplit(self._url).hostname or ""} if is_local(self._url) else {}
        if api_key:
            self._session.headers["x-api-key"] = api_key

    def submit(self, statistic: str, inputs: dict[str, str]) -> str:
        """Submit a job and return its id."""
        return str(self._request("POST", f"/api/{statistic}", inputs)["job_id"])

    def statistic(self, job_id: str) -> str:
        """Return the name of a job's statistic. Raises NoResult for an unknown job."""
        return str(self._request("GET", f"/jobs/{quote(job_id, safe='')}")["processID"])

    def result(self, job_id: str) -> dict[str, Any]:
        """Wait for the result of a job and return it. Raises NoResult."""
        path, pause = f"/api/get_results/{quote(job_id, safe='')}", pauses()
        while (document := self._request("GET", path))["status"] != "done":
            if document["status"] == "error":
                raise NoResult(str(document["reason"]))
            self._wait(f"{job_id} is {document['status']}", next(pause))
        return dict(document["data"])

    def questions(self) -> list[dict[str, Any]]:
        return list(self._request("GET", "/api/questions")["questions"])

    def states(self) -> list[dict[str, Any]]:
        return list(self._request("GET", "/api/states")["states"])

    def jobs(self, limit: int, page_size: int = PAGE_SIZE) -> list[dict[str, Any]]:
        """Return the status documents of at most `limit` jobs, newest first."""
        jobs: list[dict[str, Any]] = []
        path: str | None = f"/jobs?limit={min(limit, page_size)}"
        while path is not None and len(jobs) < limit:
            page = self._request("GET", path)
            jobs += page["jobs"]
            path = next_path(page)
        return jobs[:limit]

    def drain(self) -> Drain:
        """Stop the service from accepting jobs, and return how many are left."""
        document = self._request("GET", "/api/graceful_shutdown")
        return Drain(int(document.get("num_jobs", 0)), document["status"] == "done")

    def _request(self, method: str, path: str, body: object = None) -> dict[str, Any]:
        """Return the JSON object of the response; repeat the request to a busy or restarting service.

        urllib3's own retries do not bound the total wait, nor repeat after a response that is cut off.
        """
        # A restart is short and loses no job, but a POST without a response may have made one.
        retried = (Busy, Unreachable) if self._connected and method == "GET" else (Busy,)
        left, pause = PATIENCE, pauses()
        while True:
            try:
                return json_object(self._send(method, path, body), through_proxy(self._url))
            except retried as error:
                seconds = getattr(error, "seconds", None) or next(pause)
                if (left := left - seconds) < 0:
                    raise
                self._wait(f"{error}; asked again in {seconds:.0f} s", seconds)

    def _wait(self, why: str, seconds: float) -> None:
        self.report(why, seconds)
        self._sleep(seconds)

    def _send(self, method: str, path: str, body: object) -> requests.Response:
        try:
            # Do not follow redirects: they would send the API key to another address.
            response = self._session.request(
                method,
                self._url + path,
                json=body,
                timeout=TIMEOUT,
                proxies=self._proxies,
                allow_redirects=False,
            )
        except NO_RESPONSE as error:
            raise Unreachable(self._url, root_cause(error), through_proxy(self._url)) from None
        except (requests.RequestException, ValueError) as error:  # such as an invalid URL
            raise Refused(f"{self._url}: {error}") from None
        self._connected = True
        return response


def is_local(url: str) -> bool:
    try:
        return is_loopback(urlsplit(url).hostname or "")
    except ValueError:  # an invalid URL, which the request refuses
        return False


def through_proxy(url: str) -> str:
    """Return " through the proxy …" with the proxy that the environment names for a URL, or ""."""
    if is_local(url):
        return ""
    proxy = requests.utils.select_proxy(url, requests.utils.get_environ_proxies(url))
    if not proxy:
        return ""
    host = proxy.rpartition("://")[2].rpartition("@")[2]  # without a password
    return f" through the proxy {host} (of HTTP_PROXY or HTTPS_PROXY; NO_PROXY names exceptions)"


def json_object(response: requests.Response, via: str = "") -> dict[str, Any]:
    """Return the JSON object of a response. Raises Refused, or NoResult for an unknown job."""
    try:
        document = response.json()
    except ValueError:
        document = None
    document = document if isinstance(document, dict) else {}
    if response.ok and document:
        return document
    reason = document.get("reason") or document.get("detail") or document.get("message")
    if response.status_code in BUSY:
        raise Busy(reason or f"{response.url} answered {response.status_code}", retry_after(response))
    if response.status_code == 404 and reason == "Invalid job_id":
        raise NoResult("no job has this id: it was never given, or its result has expired")
    if reason is None:
        target = f", to {response.headers['Location']}" if response.is_redirect else ""
        raise Refused(
            f"{response.url} answered {response.status_code}{target} and no JSON object{via}: "
            "is the address Statline's, with its stage (…/v1)?"
        )
    raise Refused(f"{reason} ({response.status_code})")


def next_path(page: dict[str, Any]) -> str | None:
    """Return the path of the next page. Its host is ignored: the API key goes to the client's URL only."""
    hrefs = (str(link["href"]) for link in page["links"] if link["rel"] == "next")
    query = next(hrefs, "").partition("/jobs?")[2]
    return f"/jobs?{query}" if query else None


def retry_after(response: requests.Response) -> float | None:
    """Return the seconds of Retry-After, which may also be a date."""
    try:
        return Retry().get_retry_after(response.raw)
    except InvalidHeader:
        return None


def root_cause(error: BaseException) -> BaseException:
    """Return the first cause: the later ones repeat it, wrapped in class names and memory addresses."""
    while error.__context__ is not None:
        error = error.__context__
    return error
