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
# The callback worker's 30 s: for the hosts of its messages, for the beginnings of callbacks, for the calls
# around the last one, and for putting back the others. Each call may end 3 s late (see aws_clients).
HOST_SECONDS, BEGIN_SECONDS, CALL_SECONDS, PUT_BACK_SECONDS = 2, 8, 6, 3
# A message that has been put back n times waits up to n seconds longer, but no more than this: many messages
# for one host neither come back at once nor cost an invocation a second.
LONGEST_EXTRA_SECONDS = 60

log = logging.getLogger("statline.workers")

Event = Mapping[str, Any]


def process(service: Service, event: Event) -> dict[str, Any]:
    """Process the jobs of an SQS batch. SQS delivers the failed ones again."""
    return handle_messages(event, lambda message: service.process(message["body"]))


def send_callbacks(
    service: Service, put_back: Callable[[Mapping[str, int]], None], event: Event
) -> dict[str, Any]:
    """Send the callbacks of an SQS batch: at once to different hosts, one after another to each.

    A silent host thus delays no other. `put_back` makes SQS deliver messages, by their receipt handles, after
    some seconds: a host that is leased or backing off is left alone until then.
    """
    by_host: defaultdict[str, list[Event]] = defaultdict(list)
    with deadline.within(HOST_SECONDS):
        for record in event["Records"]:
            by_host[service.callback_host(record["body"])].append(record)
    turns = [HostTurn(service, messages) for messages in by_host.values()]
    with ThreadPoolExecutor(max(1, len(turns))) as pool:
        failures = [failure for failed in pool.map(HostTurn.send, turns) for failure in failed]
    if waits := {receipt: seconds for turn in turns for receipt, seconds in turn.waits.items()}:
        with deadline.within(PUT_BACK_SECONDS):
            try:
                put_back(waits)
            except Unavailable as error:
                log.warning("%d callbacks wait longer: %s", len(waits), error)
    return {"batchItemFailures": failures}


class HostTurn:
    """The callbacks of a batch to one host; `waits` has the seconds of the messages that have to wait."""

    def __init__(self, service: Service, messages: Sequence[Event]) -> None:
        self._service, self._messages = service, messages
        self._end = time.monotonic() + BEGIN_SECONDS
        self._pause: float | None = None
        self.waits: dict[str, int] = {}

    def send(self) -> list[dict[str, str]]:
        """Send callbacks until the host is to be left alone; return the failures of the batch response."""
        with deadline.within(BEGIN_SECONDS + CALL_SECONDS):
            failures: list[dict[str, str]] = handle_messages({"Records": self._messages}, self._handle)[
                "batchItemFailures"
            ]
        return failures

    def _handle(self, message: Event) -> bool:
        if self._pause is None and time.monotonic() < self._end:
            wait = self._service.send_callback(message["body"])
            self._pause = None if wait is None else wait.seconds
            if wait is None or not wait.again:
                return False
        extra = random.randint(0, min(receives(message) - 1, LONGEST_EXTRA_SECONDS))  # nosec B311 # spreads load
        self.waits[message["receiptHandle"]] = max(1, math.ceil(self._pause or 0)) + extra
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
