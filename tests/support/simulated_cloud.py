"""A cloud in memory: durable ports, processes that may crash, and a record of what clients saw."""

import contextlib
from collections import Counter
from collections.abc import Callable
from typing import Any, NamedTuple

from chalicelib.adapters.dynamodb_service_state import CONTROL
from chalicelib.application import lambda_handlers
from chalicelib.application.idempotency import KEY_LIFETIME_SECONDS
from chalicelib.application.job import Job
from chalicelib.application.ports import ServiceState
from chalicelib.application.service import Service
from chalicelib.config import Settings
from chalicelib.errors import Draining, JobNotFound, KeyReused, Overloaded
from tests.support.services import execute_all, make_service, submit
from tests.support.simulated import (
    SimulatedClock,
    SimulatedDatasets,
    SimulatedHostLeases,
    SimulatedQueue,
    SimulatedSender,
    SimulatedServiceState,
    SimulatedStore,
)
from tests.support.trouble import Steps

SETTINGS = Settings()
RESEND_MS, GIVE_UP_MS = SETTINGS.resend_seconds * 1000, SETTINGS.give_up_seconds * 1000
ID_BLOCK, MAX_OPEN = 3, 6
KEYS = ["a", "new"]
QUESTION = ("global_mean", {"question": "Humus"})

SUBSCRIBER = {name: f"http://client.test/{name}" for name in ("successUri", "inProgressUri", "failedUri")}

Handler = Callable[[Service, lambda_handlers.Event], dict[str, Any]]


class Process(NamedTuple):
    """The memory of one process, lost in a crash."""

    service: Service
    state: SimulatedServiceState


class SimulatedCloud:
    """Durable ports that any number of processes share.

    `returned` has every job that a client received, as it was then. `cut_off` and `dismissed` are the
    ids of jobs whose dead letter was received again or that were dismissed. `bound` has the job ids of each
    idempotency key.
    """

    def __init__(self) -> None:
        self.steps, self.clock = Steps(), SimulatedClock()
        self.store, self.queue = SimulatedStore(self.steps), SimulatedQueue(self.steps)
        self.datasets, self.table = SimulatedDatasets(self.steps), {CONTROL: ServiceState(dataset="first")}
        self.sender, self.callback_queue = SimulatedSender(self.steps), SimulatedQueue(self.steps)
        self.leases = SimulatedHostLeases(self.steps, self.clock)
        self.returned: dict[str, Job] = {}
        self.receives: Counter[str] = Counter()
        self.cut_off: set[str] = set()
        self.dismissed: set[str] = set()
        self.bound: dict[str, list[str]] = {}
        self.key = KEYS[0]  # that another process uses in the middle of a step of ours

    def process(self) -> Process:
        """Start a process."""
        state = SimulatedServiceState(self.table, self.steps, self.clock)
        service = make_service(
            self.store,
            self.queue,
            self.datasets,
            state,
            ID_BLOCK,
            self.clock,
            max_open=MAX_OPEN,
            sender=self.sender,
            callback_queue=self.callback_queue,
            host_leases=self.leases,
        )
        return Process(service, state)

    def submit(self, service: Service, statistic: str, inputs: dict[str, str], key: str | None = None) -> Job:
        job = submit(service, statistic, inputs, key)
        self.record([job], key)
        return job

    def batch(self, service: Service, count: int, key: str | None = None) -> list[Job]:
        """Submit executions with a subscriber."""
        statistic, inputs = QUESTION
        execution = {"processID": statistic, "inputs": inputs, "subscriber": SUBSCRIBER}
        jobs = execute_all(service, {"executions": [execution] * count}, key)
        assert len(jobs) == count
        self.record(jobs, key)
        return jobs

    def record(self, jobs: list[Job], key: str | None) -> None:
        """Record the jobs that a client received; no id is new twice, and a valid key keeps its jobs."""
        ids = [job.id for job in jobs]
        if key is not None:
            earlier = self.bound.setdefault(key, ids)
            if earlier != ids:
                expired = self.clock.now - self.store.made[earlier[0]] >= KEY_LIFETIME_SECONDS * 1000
                assert expired or not self.store.ids() >= {*earlier}, f"{key} led to {earlier}, now to {ids}"
                self.bound[key] = ids
            elif self.returned.keys() >= {*ids}:
                return
        assert not self.returned.keys() & {*ids}, f"one of {ids} was given twice"
        self.returned |= {job.id: job for job in jobs}

    def dismiss(self, service: Service, job_id: str) -> Job:
        self.dismissed.add(job_id)
        return service.dismiss(job_id)

    def deliver(self, service: Service, handler: Handler, batch: list[str]) -> None:
        """Deliver a batch as Lambda does: delete the messages that the handler does not report as failed."""
        messages: list[dict[str, Any]] = [
            {"messageId": str(index), "body": job_id} for index, job_id in enumerate(batch)
        ]
        if handler is lambda_handlers.finish_dead_letters:
            for message in messages:
                self.receives[message["body"]] += 1
                message["attributes"] = {"ApproximateReceiveCount": str(self.receives[message["body"]])}
            self.cut_off |= {job_id for job_id in batch if self.receives[job_id] > 1}
        response = handler(service, {"Records": messages})
        failed = {item["itemIdentifier"] for item in response["batchItemFailures"]}
        for message in messages:
            if message["messageId"] not in failed:
                if handler is lambda_handlers.finish_dead_letters:
                    self.receives.pop(message["body"], None)
                else:
                    self.queue.remove(message["body"])

    def send_callbacks(self, service: Service, messages: list[str]) -> None:
        """Deliver messages of callbacks, each alone: its threads would take their steps in any order."""
        for text in messages:
            event = {"Records": [{"messageId": "1", "body": text, "receiptHandle": "1"}]}
            if not lambda_handlers.send_callbacks(service, lambda *_: None, event)["batchItemFailures"]:
                self.callback_queue.remove(text)

    def interfere(self, action: str) -> None:
        """Start another process and let it act, in the middle of a step of ours."""
        service, waiting = self.process().service, [*self.queue.waiting]
        if action in ("submit", "submit with a key"):
            with contextlib.suppress(Draining, Overloaded, KeyReused):
                self.submit(service, *QUESTION, self.key if "key" in action else None)
        elif action == "deliver":
            self.deliver(service, lambda_handlers.process, waiting)
            self.send_callbacks(service, [*self.callback_queue.waiting])
        elif action == "fail dead letters":
            for job_id in waiting:
                self.queue.remove(job_id)
                self.deliver(service, lambda_handlers.finish_dead_letters, [job_id])
        elif action == "drain":
            service.drain()
        elif action == "dismiss":
            for job_id in [*self.returned][-2:]:
                with contextlib.suppress(JobNotFound):
                    self.dismiss(service, job_id)
        else:
            self.clock.now += {"sweep": RESEND_MS, "late sweep": GIVE_UP_MS}[action] + 1
            lambda_handlers.sweep(service, SETTINGS)

    def callback_pending(self) -> set[str]:
        """Return the ids of jobs with a pending callback."""
        return {job.id for job in self.store.jobs() if job.callback_pending}

    def open_jobs(self) -> set[str]:
        return {job.id for job in self.store.jobs() if not job.status.is_terminal}
