"""Trace ids (W3C Trace Context): one from a request to its job, their log lines and the job's result.

A request, a message or a worker's turn opens a `scope`; the code that loads a job `adopt`s its trace; every
log line in between names the current trace.
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
    """Return the current trace id, 32 hexadecimal digits; "" outside any scope."""
    return _current.get() or ""


@contextmanager
def scope(trace: str = "") -> Iterator[None]:
    """Open a scope of `trace`, or of no trace until one is adopted."""
    token = _current.set(trace)
    try:
        yield
    finally:
        _current.reset(token)


def adopt(trace: str) -> None:
    """Set the trace of the current scope; without effect outside any scope."""
    if _current.get() is not None:
        _current.set(trace)


def of_request(headers: Mapping[str, str]) -> str:
    """Return the caller's trace id, from `traceparent` or else X-Ray's header; a new one if neither is valid.

    The result is 32 hexadecimal digits, whatever the headers hold.
    """
    return (
        from_traceparent(headers.get("traceparent", "")[:LONGEST_HEADER])
        or from_xray(headers.get("x-amzn-trace-id", "")[:LONGEST_HEADER])
        or secrets.token_hex(16)
    )


def from_traceparent(text: str) -> str:
    """Return the trace id, or "" if the header is invalid: version ff, ids of zeros, a longer 00."""
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
    """Add the current trace to a log record: a logging filter that drops nothing."""
    if trace := current():
        record.trace = trace
    return True
