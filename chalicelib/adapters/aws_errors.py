"""What a failure of AWS becomes: one condition, AwsUnavailable, and one log line that names call and cause.

botocore tries a call again by itself, with jitter, as bootstrap.py tells it. Here it is told when to
stop, and what is left of the failure leaves the adapters as the domain's own error.
"""

import logging
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from chalicelib.application import deadline
from chalicelib.errors import AwsUnavailable

log = logging.getLogger("statline.aws")

# Answers that the adapters understand, and the one that says that the call itself was wrong.
NO_OUTAGE = ("ConditionalCheckFailedException", "NoSuchKey", "ValidationException")
# What somebody has to mend, by what the error's name contains; everything else passes by itself.
REMEDIES = {
    "renew the credentials": ("Token", "Credential", "Signature", "AccessKey", "UnrecognizedClient"),
    "let the function's role do it": ("AccessDenied",),
    "STATLINE_TABLE, STATLINE_BUCKET or STATLINE_QUEUE_URL names what is not there": (
        "ResourceNotFound",
        "NoSuchBucket",
        "NonExistentQueue",
        "QueueDoesNotExist",
    ),
}


class OutOfTime(Exception):
    """Raised instead of a call that nobody would wait for."""

    def __init__(self) -> None:
        super().__init__("no time was left for it")


def watch(client: Any) -> None:
    """Let every call of a boto3 client raise AwsUnavailable when it fails and means nothing to its caller."""
    service, events = client.meta.service_model.service_id.hyphenize(), client.meta.events
    # Before the SDK's own handler, whose delay would count.
    events.register_first(f"needs-retry.{service}", keep_to_deadline)
    events.register_first(f"before-send.{service}", refuse_when_late)
    # After the SDK's own handlers: they keep count of its retries.
    events.register_last(f"after-call.{service}", check_answer)
    events.register_last(f"after-call-error.{service}", translate)


def keep_to_deadline(**_: Any) -> bool | None:
    return False if deadline.passed() else None


def refuse_when_late(**_: Any) -> None:
    if deadline.passed():
        raise OutOfTime


def check_answer(
    event_name: str, http_response: Any, parsed: Mapping[str, Any], context: Mapping[str, Any], **_: Any
) -> None:
    error = parsed.get("Error", {})
    code = error.get("Code", f"HTTP {http_response.status_code}")
    if http_response.status_code >= 300 and code not in NO_OUTAGE:
        raise unavailable(event_name, code, error.get("Message", ""), context)


def translate(event_name: str, exception: Exception, context: Mapping[str, Any], **_: Any) -> None:
    raise unavailable(event_name, type(exception).__name__, str(exception), context) from exception


@contextmanager
def reading(operation: str) -> Iterator[None]:
    """While the body of an answer comes in, which is after the call and its retries."""
    from botocore.exceptions import BotoCoreError  # loaded long since by the client

    try:
        yield
    except BotoCoreError as error:
        raise unavailable(f"read.{operation}", type(error).__name__, str(error), {}) from error


def unavailable(event_name: str, name: str, message: str, context: Mapping[str, Any]) -> AwsUnavailable:
    """The condition for a failed call, logged: `event_name` is botocore's, <event>.<service>.<operation>."""
    operation = event_name.partition(".")[2]
    attempts = context.get("retries", {}).get("attempt", 1)
    cause = f"{operation} failed in {attempts} attempts with {name}: {message}"
    for advice, parts in REMEDIES.items():
        if any(part in name for part in parts):
            cause += f" ({advice})"
    log.error("%s", cause, extra={"operation": operation, "cause": name, "attempts": attempts})
    return AwsUnavailable(cause)
