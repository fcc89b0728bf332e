"""Handlers of Lambda events other than requests: queue messages, dead letters, the sweeper's schedule."""

import logging
from collections.abc import Callable, Mapping
from typing import Any

from chalicelib.application.service import Service
from chalicelib.config import Settings
from chalicelib.errors import Abandoned
from chalicelib.observability import trace

log = logging.getLogger("statline.workers")

Event = Mapping[str, Any]


def process(service: Service, event: Event) -> dict[str, Any]:
    """Process the jobs of an SQS batch. SQS delivers the failed ones again."""
    return handle_messages(event, service.process)


def fail_dead_letters(service: Service, event: Event) -> dict[str, Any]:
    """Fail the jobs whose messages reached the dead-letter queue."""
    reason = str(Abandoned("every attempt failed; the log has the details"))
    return handle_messages(event, lambda job_id: service.fail(job_id, reason))


def sweep(service: Service, settings: Settings) -> None:
    """Resend lost jobs, fail those that are too old, and measure the open ones."""
    service.sweep(settings.resend_seconds * 1000, settings.give_up_seconds * 1000)
    service.measure()


def handle_messages(event: Event, handle: Callable[[str], None]) -> dict[str, Any]:
    """Pass each message's job id to `handle`, and return SQS's partial batch response.

    A failed job does not bring back the other messages of its batch.
    """
    failed = []
    for record in event["Records"]:
        with trace.scope():
            try:
                handle(record["body"])
            except Exception:
                log.exception("message of %s", record["body"], extra={"job_id": record["body"]})
                failed.append({"itemIdentifier": record["messageId"]})
    return {"batchItemFailures": failed}
