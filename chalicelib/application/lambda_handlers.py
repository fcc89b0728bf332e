"""Handlers of Lambda events other than requests: queue messages, dead letters, the sweeper's schedule."""

import logging
import math
import random
import time
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
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
# No callback of a batch begins later, so that all of them end before the function's timeout.
CALLBACK_SECONDS = 10
# A message that has been put back n times waits up to n seconds longer, but no more than this: many messages
# for one host neither come back at once nor cost an invocation a second.
LONGEST_EXTRA_SECONDS = 60

log = logging.getLogger("statline.workers")

Event = Mapping[str, Any]


def process(service: Service, event: Event) -> dict[str, Any]:
    """Process the jobs of an SQS batch. SQS delivers the failed ones again."""
    return handle_messages(event, lambda message: service.process(message["body"]))


def send_callbacks(service: Service, put_back: Callable[[str, int], None], event: Event) -> dict[str, Any]:
    """Send the callbacks of an SQS batch: at once to different hosts, one after another to each.

    A silent host thus delays no other. `put_back` makes SQS deliver a message, by its receipt handle, after
    some seconds: a host that is leased or backing off is left alone until then.
    """
    records, end = event["Records"], time.monotonic() + CALLBACK_SECONDS

    def send(messages: Sequence[Event]) -> dict[str, Any]:
        return handle_messages(
            {"Records": messages}, lambda message: send_callback(service, put_back, message, end)
        )

    with ThreadPoolExecutor(max(1, len(records))) as pool:
        by_host: defaultdict[str, list[Event]] = defaultdict(list)
        hosts = pool.map(service.callback_host, [record["body"] for record in records])
        for host, record in zip(hosts, records, strict=True):
            by_host[host].append(record)
        responses = [*pool.map(send, by_host.values())]
    return {"batchItemFailures": [item for one in responses for item in one["batchItemFailures"]]}


def send_callback(service: Service, put_back: Callable[[str, int], None], message: Event, end: float) -> bool:
    """Return whether the message has been put back."""
    seconds = 1.0
    if time.monotonic() < end:
        wait = service.send_callback(message["body"])
        if wait is None or not wait.again:
            return False
        seconds = wait.seconds
    extra = random.randint(0, min(receives(message) - 1, LONGEST_EXTRA_SECONDS))  # nosec B311 # spreads load
    put_back(message["receiptHandle"], math.ceil(seconds) + extra)
    return True


def finish_dead_letters(service: Service, event: Event) -> dict[str, Any]:
    """Process the jobs whose messages reached the dead-letter queue once more, each alone.

    An outage may have failed every attempt, or a job of the same batch that killed the worker.
    """
    return handle_messages(event, lambda message: finish_dead_letter(service, message))


def finish_dead_letter(service: Service, message: Event) -> None:
    job_id = message["body"]
    if receives(message) not in FIRST_RECEIVES:
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


def receives(message: Event) -> int:
    return int(message.get("attributes", {}).get("ApproximateReceiveCount", 1))


def handle_messages(event: Event, handle: Callable[[Event], bool | None]) -> dict[str, Any]:
    """Pass each message to `handle`, and return SQS's partial batch response.

    A message comes back if `handle` raises, or returns True; it does not bring back the others of its batch.
    """
    failed = []
    for record in event["Records"]:
        with trace.scope():
            try:
                again = handle(record)
            except Exception:
                log.exception("message of %s", record["body"], extra={"job_id": record["body"]})
                again = True
            if again:
                failed.append({"itemIdentifier": record["messageId"]})
    return {"batchItemFailures": failed}
