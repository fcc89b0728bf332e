"""What Lambda is handed besides requests: batches of messages, and the sweeper's turn."""

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
    """Answer the jobs of an SQS batch; those that could not be processed are delivered again."""
    return each_message(event, service.process)


def fail_dead_letters(service: Service, event: Event) -> dict[str, Any]:
    """End the jobs whose messages reached the dead-letter queue."""
    reason = str(Abandoned("every attempt failed; the log has the details"))

    return each_message(event, lambda job_id: service.fail(job_id, reason))


def sweep(service: Service, settings: Settings) -> None:
    """Send lost jobs again and fail those beyond hope; measure what is open then."""
    service.sweep(settings.resend_seconds * 1000, settings.give_up_seconds * 1000)
    service.measure()


def each_message(event: Event, action: Callable[[str], None]) -> dict[str, Any]:
    """Hand each message's job id to `action`; returns SQS's partial batch response.

    One job's failure must not bring back the batch's others.
    """
    failed = []
    for record in event["Records"]:
        with trace.scope():
            try:
                action(record["body"])
            except Exception:
                log.exception("message of %s", record["body"], extra={"job_id": record["body"]})
                failed.append({"itemIdentifier": record["messageId"]})
    return {"batchItemFailures": failed}
