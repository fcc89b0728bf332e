"""One trace id from a request to its job, their log lines and its result: the trace-id of W3C Trace Context.

An entrance (a request, a message, a runner's turn) opens a `scope`; whoever learns which job it is about
`adopt`s its trace; every log line in between names the current one.
"""

import logging
import re
import secrets
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar

TRACEPARENT = re.compile(r"([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-[0-9a-f]{2}(-.*)?", re.ASCII)
# What API Gateway adds to a request; X-Ray writes the same 32 digits in two parts.
XRAY_ROOT = re.compile(r"(?:^|;)Root=1-([0-9a-f]{8})-([0-9a-f]{24})(?:;|$)", re.ASCII)
LONGEST_HEADER = 512

_current: ContextVar[str | None] = ContextVar("trace", default=None)


def current() -> str:
    """The trace id of what is being done, 32 hexadecimal digits; "" outside any scope."""
    return _current.get() or ""


@contextmanager
def scope(trace: str = "") -> Iterator[None]:
    """What is done within belongs to `trace`, or to none until one is adopted."""
    token = _current.set(trace)
    try:
        yield
    finally:
        _current.reset(token)


def adopt(trace: str) -> None:
    """From here to the end of the scope, all belongs to `trace`; outside any, nothing does."""
    if _current.get() is not None:
        _current.set(trace)


def of_request(headers: Mapping[str, str]) -> str:
    """The caller's trace id, from `traceparent` or else from X-Ray's header; a new one if neither is valid.

    Nothing of a header comes through but 32 hexadecimal digits.
    """
    return (
        from_traceparent(headers.get("traceparent", "")[:LONGEST_HEADER])
        or from_xray(headers.get("x-amzn-trace-id", "")[:LONGEST_HEADER])
        or secrets.token_hex(16)
    )


def from_traceparent(text: str) -> str:
    """The trace id, or "" for what the standard calls invalid: version ff, ids of zeros, a longer 00."""
    match = TRACEPARENT.fullmatch(text)
    if match is None:
        return ""
    version, trace, parent, more = match.groups()
    valid = version != "ff" and trace.strip("0") and parent.strip("0") and (version != "00" or more is None)
    return trace if valid else ""


def from_xray(text: str) -> str:
    match = XRAY_ROOT.search(text)
    return match[1] + match[2] if match else ""


def name_trace(record: logging.LogRecord) -> bool:
    """A filter of logging's that drops nothing: the record carries the current trace from here on."""
    if trace := current():
        record.trace = trace
    return True
