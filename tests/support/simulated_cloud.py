"""A cloud in memory: what outlives any process, the processes, and what clients were told."""

import contextlib
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
    SimulatedControl,
    SimulatedDatasets,
    SimulatedQueue,
    SimulatedSender,
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
    """What one process has of its own, and loses when it dies."""

    service: Service
    control: SimulatedControl


class SimulatedCloud:
    """`told` holds every job whose id a client was given, as it was then, `buried` what had a dead letter,
    `unwanted` what a client wanted no more, `keys` what each key led to.
    """

    def __init__(self) -> None:
        self.steps, self.clock = Steps(), SimulatedClock()
        self.store, self.queue = SimulatedStore(self.steps), SimulatedQueue(self.steps)
        self.datasets, self.table = SimulatedDatasets(self.steps), {CONTROL: ServiceState(dataset="first")}
        self.sender = SimulatedSender(self.steps)
        self.told: dict[str, Job] = {}
        self.buried: set[str] = set()
        self.unwanted: set[str] = set()
        self.keys: dict[str, list[str]] = {}
        self.key = KEYS[0]  # with which another process asks, while ours is at work

    def process(self) -> Process:
        """A process that has just started."""
        control = SimulatedControl(self.table, self.steps, self.clock)
        service = make_service(
            self.store,
            self.queue,
            self.datasets,
            control,
            ID_BLOCK,
            self.clock,
            max_open=MAX_OPEN,
            sender=self.sender,
        )
        return Process(service, control)

    def submit(self, service: Service, statistic: str, inputs: dict[str, str], key: str | None = None) -> Job:
        job = submit(service, statistic, inputs, key)
        self.tell([job], key)
        return job

    def batch(self, service: Service, count: int, key: str | None = None) -> list[Job]:
        """Executions of subscribers."""
        statistic, inputs = QUESTION
        one = {"processID": statistic, "inputs": inputs, "subscriber": SUBSCRIBER}
        jobs = execute_all(service, {"executions": [one] * count}, key)
        assert len(jobs) == count
        self.tell(jobs, key)
        return jobs

    def tell(self, jobs: list[Job], key: str | None) -> None:
        ids = [job.id for job in jobs]
        if key is not None:
            earlier = self.keys.setdefault(key, ids)
            if earlier != ids:
                old = self.clock.now - self.told[earlier[0]].accepted >= KEY_LIFETIME_SECONDS * 1000
                assert old or not self.store.ids() >= {*earlier}, f"{key} led to {earlier}, now to {ids}"
                self.keys[key] = ids
            elif self.told.keys() >= {*ids}:
                return
        assert not self.told.keys() & {*ids}, f"one of {ids} was given twice"
        self.told |= {job.id: job for job in jobs}

    def dismiss(self, service: Service, job_id: str) -> Job:
        self.unwanted.add(job_id)
        return service.dismiss(job_id)

    def deliver(self, service: Service, handler: Handler, batch: list[str]) -> None:
        """One batch, as Lambda does it: what the handler does not name as failed is deleted."""
        messages = [{"messageId": str(place), "body": job_id} for place, job_id in enumerate(batch)]
        if handler is lambda_handlers.fail_dead_letters:
            self.buried |= set(batch)
        answer = handler(service, {"Records": messages})
        failed = {item["itemIdentifier"] for item in answer["batchItemFailures"]}
        for message in messages:
            if message["messageId"] not in failed:
                self.queue.remove(message["body"])

    def meanwhile(self, what: str) -> None:
        """What another process does, from its start on, in the middle of somebody's step."""
        service, waiting = self.process().service, [*self.queue.waiting]
        if what in ("submit", "submit with a key"):
            with contextlib.suppress(Draining, Overloaded, KeyReused):
                self.submit(service, *QUESTION, self.key if "key" in what else None)
        elif what == "deliver":
            self.deliver(service, lambda_handlers.process, waiting)
        elif what == "bury":
            self.deliver(service, lambda_handlers.fail_dead_letters, waiting)
        elif what == "drain":
            service.drain()
        elif what == "dismiss":
            for job_id in [*self.told][-2:]:
                with contextlib.suppress(JobNotFound):
                    self.dismiss(service, job_id)
        else:
            self.clock.now += {"sweep": RESEND_MS, "late sweep": GIVE_UP_MS}[what] + 1
            lambda_handlers.sweep(service, SETTINGS)

    def callback_pending(self) -> set[str]:
        """The jobs whose end is still to be told."""
        return {job.id for job in self.store.jobs() if job.callback_pending}

    def open_jobs(self) -> set[str]:
        return {job.id for job in self.store.jobs() if not job.status.is_terminal}
