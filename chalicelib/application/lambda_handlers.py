"""Handlers of Lambda events other than requests: queue messages, dead letters, the sweeper's schedule."""

import logging
from collections.abc import Callable, Mapping
from typing import Any

from chalicelib.application import deadline
from chalicelib.application.service import Service
from chalicelib.config import Settings
from chalicelib.errors import Abandoned, Unavailable
from chalicelib.observability import trace

# After its dead letter, a job that an outage of storage has kept open goes back to the queue for so long.
LATER_SECONDS = 60
# The receive count of a dead letter that was not received before: it may go on from that of the job
# queue, whose maxReceiveCount (see .chalice/resources.json) is 5.
FIRST_RECEIVES = (1, 6)
# Few attempts a call (see aws_clients), so that an outage is noticed before the function's timeout ends it:
# that would look like a crash.
LAST_ATTEMPT_SECONDS, POSTPONE_SECONDS = 8, 9
# A call that begins in time ends some seconds later, before the function's timeout of 29 s.
SWEEP_SECONDS = 20

log = logging.getLogger("statline.workers")

Event = Mapping[str, Any]


def process(service: Service, event: Event) -> dict[str, Any]:
    """Process the jobs of an SQS batch. SQS delivers the failed ones again."""
    return handle_messages(event, lambda message: service.process(message["body"]))


def finish_dead_letters(service: Service, event: Event) -> dict[str, Any]:
    """Process the jobs whose messages reached the dead-letter queue once more, each alone.

    An outage may have failed every attempt, or a job of the same batch that killed the worker.
    """
    return handle_messages(event, lambda message: finish_dead_letter(service, message))


def finish_dead_letter(service: Service, message: Event) -> None:
    job_id = message["body"]
    if int(message.get("attributes", {}).get("ApproximateReceiveCount", 1)) not in FIRST_RECEIVES:
        service.fail(job_id, str(Abandoned("every attempt failed, and the last was cut off")))
        return
    try:
        with deadline.within(LAST_ATTEMPT_SECONDS):
            service.process(job_id)
    except Unavailable as error:
        log.warning("%s waits for storage: %s", job_id, error, extra={"job_id": job_id})
        with deadline.within(POSTPONE_SECONDS):
            service.postpone(job_id, LATER_SECONDS)
    except Exception as error:
        log.exception("last attempt of %s", job_id, extra={"job_id": job_id})
        why = f"every attempt failed, the last with {type(error).__name__}; the log has the details"
        service.fail(job_id, str(Abandoned(why)))


def sweep(service: Service, settings: Settings) -> None:
    """Measure the open jobs, fail those that are too old, and send lost ones again, as far as time allows."""
    with deadline.within(SWEEP_SECONDS):
        service.measure()
        service.sweep(settings.resend_seconds * 1000, settings.give_up_seconds * 1000)


def handle_messages(event: Event, handle: Callable[[Event], None]) -> dict[str, Any]:
    """Pass each message to `handle`, and return SQS's partial batch response.

    A failed job does not bring back the other messages of its batch.
    """
    failed = []
    for record in event["Records"]:
        with trace.scope():
            try:
                handle(record)
            except Exception:
                log.exception("message of %s", record["body"], extra={"job_id": record["body"]})
                failed.append({"itemIdentifier": record["messageId"]})
    return {"batchItemFailures": failed}
