"""The query parameters of lists."""

import base64
import binascii
import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

from chalice.app import Request

from chalicelib.application.job import JobStatus
from chalicelib.application.pagination import FOR_EVER, Filter, Position
from chalicelib.domain.statistics.registry import statistic
from chalicelib.errors import InvalidRequest, listed, shown

USUAL_LIMIT, LARGEST_LIMIT = 10, 1000
JOB_FILTERS = ("type", "processID", "status", "datetime", "minDuration", "maxDuration", "text")
MOMENT = re.compile(r"\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)", re.ASCII)
POSITION = re.compile(rb"(\d{1,16})\.(\d{1,18})")
EPOCH, MILLISECOND = datetime(1970, 1, 1, tzinfo=UTC), timedelta(milliseconds=1)
OPEN = ("", "..")


class Query:
    """Query parameters by name. Raises InvalidRequest for one not in `names`, and for invalid values.

    A form sends a field that was left empty as well: with `from_form` that is an absent one.
    """

    def __init__(self, request: Request, *names: str, from_form: bool = False) -> None:
        self._params, self._from_form = request.query_params, from_form
        # A misspelt filter would otherwise list everything.
        if unknown := sorted(set(self._params or ()) - {*names, "f"}):
            raise InvalidRequest(f"unknown parameter {shown(unknown[0])}; there are {listed((*names, 'f'))}")

    def value(self, name: str) -> str | None:
        texts = self._texts(name)
        if len(texts) > 1:
            raise InvalidRequest(f'"{name}" is given {len(texts)} times')
        return texts[0] if texts else None

    def values(self, name: str) -> list[str]:
        """Return values that are repeated, separated by commas, or both."""
        return [value for text in self._texts(name) for value in text.split(",")]

    def number(self, name: str, minimum: int = 0) -> int | None:
        text = self.value(name)
        if text is None:
            return None
        if not re.fullmatch(r"[0-9]{1,12}", text, re.ASCII) or int(text) < minimum:
            raise InvalidRequest(f'"{name}" must be a whole number of at least {minimum}, not {shown(text)}')
        return int(text)

    def limit(self, usual: int = USUAL_LIMIT) -> int:
        return min(self.number("limit", minimum=1) or usual, LARGEST_LIMIT)

    def _texts(self, name: str) -> list[str]:
        texts = [] if self._params is None or name not in self._params else self._params.getlist(name)
        return [text for text in texts if text.strip() or not self._from_form]


def job_filter(query: Query, questions: Mapping[str, str] | None = None) -> Filter:
    """Return the filter of a query. Raises InvalidRequest, or UnknownStatistic for an unknown process.

    `questions` has the texts of questions by their ids, in which `text` is looked for too.
    """
    for kind in query.values("type"):
        if kind != "process":
            raise InvalidRequest(f'"type" must be "process", not {shown(kind)}')
    earliest, latest = interval(query.value("datetime"))
    shortest, longest = query.number("minDuration"), query.number("maxDuration")
    return Filter(
        frozenset(statistic(name).name for name in query.values("processID")),
        frozenset(map(status, query.values("status"))),
        earliest,
        latest,
        None if shortest is None else shortest * 1000,
        None if longest is None else longest * 1000,
        text := (query.value("text") or "").strip().lower(),
        frozenset(name for name, full in (questions or {}).items() if text and text in full.lower()),
    )


def status(text: str) -> JobStatus:
    try:
        return JobStatus(text)
    except ValueError:
        raise InvalidRequest(f'"status" must be one of {listed(JobStatus)}, not {shown(text)}') from None


def interval(text: str | None) -> tuple[int, int]:
    """Return both ends of a moment or an interval (RFC 3339), in milliseconds since the epoch."""
    if text is None:
        return 0, FOR_EVER
    start, slash, end = text.partition("/")
    if not slash:
        end = start
    if start in OPEN and end in OPEN:
        raise InvalidRequest(f'"datetime" {shown(text)} has neither a beginning nor an end')
    # Ends finer than a millisecond are rounded into the interval.
    earliest = 0 if start in OPEN else -(-(moment(start) - EPOCH) // MILLISECOND)
    latest = FOR_EVER if end in OPEN else (moment(end) - EPOCH) // MILLISECOND
    return earliest, latest


def moment(text: str) -> datetime:
    # A plus sign that the client did not encode arrives as a space.
    text = text.replace(" ", "+")
    try:
        if MOMENT.fullmatch(text):
            return datetime.fromisoformat(text.upper())
    except ValueError:
        pass  # the thirtieth of February
    raise InvalidRequest(
        f'"datetime" takes a moment such as 2026-01-31T12:00:00Z, or two with a slash, not {shown(text)}'
    )


def cursor(position: Position) -> str:
    """Return a position as an opaque text for links."""
    return base64.urlsafe_b64encode(b"%d.%d" % position).decode().rstrip("=")


def position(text: str | None) -> Position | None:
    if text is None:
        return None
    try:
        match = POSITION.fullmatch(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
    except (binascii.Error, ValueError):
        match = None
    if match is None:
        raise InvalidRequest(f'"cursor" {shown(text)} comes from no link of ours')
    return Position(int(match[1]), int(match[2]))
