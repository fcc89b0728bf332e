"""Statline over HTTP, for a program that asks it: on a laptop or deployed."""

import time
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from chalicelib.application.admission_control import Drain
from chalicelib.errors import StatlineError

if TYPE_CHECKING:
    from requests import Response

FIRST_PAUSE, GROWTH, LONGEST_PAUSE = 0.05, 1.5, 2.0  # seconds between two looks at what is awaited
PATIENCE = 60.0  # seconds that a service which says "not now", or is being restarted, is asked again
PAGE = 1000  # jobs asked for at once: as many as the service gives
TIMEOUT = (5, 60)  # seconds to connect, seconds until an answer begins
NOT_NOW = (429, 503)


class Unreachable(StatlineError):
    """Raised when nothing answers at the address."""

    def __init__(self, url: str, why: object) -> None:
        super().__init__(
            f"nothing answers at {url}: {why}. "
            "`make run` starts Statline on this machine; --url or STATLINE_URL names another address"
        )


class Refused(StatlineError):
    """Raised when what answers at the address does not do what it was asked."""


class NotNow(Refused):
    """Raised when the service asks to be asked again later, after `seconds` if it says when."""

    def __init__(self, why: str, seconds: float | None) -> None:
        super().__init__(why)
        self.seconds = seconds


class NoAnswer(StatlineError):
    """Raised when a job ended without an answer, or is not known."""


def pauses() -> Iterator[float]:
    """Seconds before the second look, the third, and so on: what is quick is seen quickly, and who waits
    long asks seldom.
    """
    pause = FIRST_PAUSE
    while True:
        yield pause
        pause = min(pause * GROWTH, LONGEST_PAUSE)


class Client:
    """One service. Every method raises Unreachable or Refused.

    `pause` waits for a number of seconds; `tell` takes, in words, what is waited for.
    """

    def __init__(
        self,
        url: str,
        key: str = "",
        *,
        pause: Callable[[float], None] = time.sleep,
        tell: Callable[[str], None] = lambda _: None,
    ) -> None:
        import requests  # a tenth of a second, which commands that ask no service need not wait

        self._url, self._pause, self.tell = url.rstrip("/"), pause, tell
        self._session, self._met = requests.Session(), False
        if key:
            self._session.headers["x-api-key"] = key

    def submit(self, statistic: str, inputs: dict[str, str]) -> str:
        """The id of the new job."""
        return str(self._ask("POST", f"/api/{statistic}", inputs)["job_id"])

    def statistic(self, job_id: str) -> str:
        """The name of the statistic that a job was asked for. Raises NoAnswer."""
        return str(self._ask("GET", f"/jobs/{quote(job_id, safe='')}")["processID"])

    def answer(self, job_id: str) -> dict[str, Any]:
        """The answer of a job, waited for. Raises NoAnswer."""
        for pause in pauses():
            found = self._ask("GET", f"/api/get_results/{quote(job_id, safe='')}")
            if found["status"] == "done":
                return dict(found["data"])
            if found["status"] == "error":
                raise NoAnswer(str(found["reason"]))
            self.tell(f"{job_id} is {found['status']}")
            self._pause(pause)
        raise AssertionError("pauses never end")

    def questions(self) -> list[dict[str, Any]]:
        return list(self._ask("GET", "/api/questions")["questions"])

    def states(self) -> list[dict[str, Any]]:
        return list(self._ask("GET", "/api/states")["states"])

    def jobs(self, limit: int, page_size: int = PAGE) -> list[dict[str, Any]]:
        """The status documents of at most so many jobs, newest first."""
        found: list[dict[str, Any]] = []
        path: str | None = f"/jobs?limit={min(limit, page_size)}"
        while path is not None and len(found) < limit:
            page = self._ask("GET", path)
            found += page["jobs"]
            path = following(page)
        return found[:limit]

    def drain(self) -> Drain:
        """Take nothing new, and tell how far the rest is."""
        found = self._ask("GET", "/api/graceful_shutdown")
        return Drain(int(found.get("num_jobs", 0)), found["status"] == "done")

    def _ask(self, method: str, path: str, body: object = None) -> dict[str, Any]:
        """The object that answers; who is busy is asked again, within PATIENCE."""
        # A restart takes a moment and loses no job, but a POST that nobody answered may have made one.
        restarting = (Unreachable,) if self._met and method == "GET" else ()
        left = PATIENCE
        for pause in pauses():
            try:
                return understood(self._send(method, path, body))
            except (NotNow, *restarting) as error:
                wait = getattr(error, "seconds", None) or pause
                if (left := left - wait) < 0:
                    raise
                self.tell(f"{error}; asked again in {wait:.0f} s")
                self._pause(wait)
        raise AssertionError("pauses never end")

    def _send(self, method: str, path: str, body: object) -> "Response":
        import requests
        from requests.exceptions import ChunkedEncodingError

        gone = (requests.ConnectionError, requests.Timeout, ChunkedEncodingError)
        try:
            # A redirection is not followed: it would take the key to wherever it points.
            found = self._session.request(
                method, self._url + path, json=body, timeout=TIMEOUT, allow_redirects=False
            )
        except gone as error:
            raise Unreachable(self._url, origin(error)) from None
        except (requests.RequestException, ValueError) as error:  # such as an address that is none
            raise Refused(f"{self._url}: {error}") from None
        self._met = True
        return found


def understood(response: "Response") -> dict[str, Any]:
    """The JSON object in an answer. Raises Refused, or NoAnswer for a job that is not known."""
    try:
        found = response.json()
    except ValueError:
        found = None
    if response.ok and isinstance(found, dict):
        return found
    problem = found if isinstance(found, dict) else {}
    why = problem.get("reason") or problem.get("detail") or problem.get("message")
    if response.status_code in NOT_NOW:
        raise NotNow(why or f"{response.url} answered {response.status_code}", retry_after(response))
    if response.status_code == 404 and why == "Invalid job_id":
        raise NoAnswer("no job has this id: it was never given, or its result has expired")
    if why is None:
        where = f", to {response.headers['Location']}" if response.is_redirect else ""
        raise Refused(
            f"{response.url} answered {response.status_code}{where} and no JSON object: "
            "is the address Statline's, with its stage (…/v1)?"
        )
    raise Refused(f"{why} ({response.status_code})")


def following(page: dict[str, Any]) -> str | None:
    """Where a list of jobs goes on, below the service's address: nobody else may be sent the key."""
    hrefs = (str(link["href"]) for link in page["links"] if link["rel"] == "next")
    query = next(hrefs, "").partition("/jobs?")[2]
    return f"/jobs?{query}" if query else None


def retry_after(response: "Response") -> float | None:
    """Seconds, whether the header gives them or a date."""
    from urllib3.exceptions import InvalidHeader
    from urllib3.util import Retry

    try:
        return Retry().get_retry_after(response.raw)
    except InvalidHeader:
        return None


def origin(error: BaseException) -> BaseException:
    """The first cause: the others repeat it, wrapped in names of classes and addresses in memory."""
    while error.__context__ is not None:
        error = error.__context__
    return error
