"""A cloud in memory: what outlives any process, the processes, and what clients were told."""

import contextlib
from collections.abc import Callable
from typing import Any, NamedTuple

from chalicelib import workers
from chalicelib.config import Settings
from chalicelib.control import CONTROL, ControlRecord
from chalicelib.errors import Draining, JobNotFound, Overloaded
from chalicelib.jobs import Job
from chalicelib.service import Service
from tests.simulated import (
    SimulatedClock,
    SimulatedControl,
    SimulatedDatasets,
    SimulatedQueue,
    SimulatedStore,
)
from tests.trouble import Steps

SETTINGS = Settings()
RESEND_MS, GIVE_UP_MS = SETTINGS.resend_seconds * 1000, SETTINGS.give_up_seconds * 1000
ID_BLOCK, MAX_OPEN = 3, 6
QUESTION = ("global_mean", {"question": "Humus"})

Handler = Callable[[Service, workers.Event], dict[str, Any]]


class Process(NamedTuple):
    """What one process has of its own, and loses when it dies."""

    service: Service
    control: SimulatedControl


class SimulatedCloud:
    """`told` holds every job whose id a client was given, as it was then, `buried` what had a dead letter,
    `unwanted` what a client wanted no more.
    """

    def __init__(self) -> None:
        self.steps, self.clock = Steps(), SimulatedClock()
        self.store, self.queue = SimulatedStore(self.steps), SimulatedQueue(self.steps)
        self.datasets, self.table = SimulatedDatasets(self.steps), {CONTROL: ControlRecord(dataset="first")}
        self.told: dict[str, Job] = {}
        self.buried: set[str] = set()
        self.unwanted: set[str] = set()

    def process(self) -> Process:
        """A process that has just started."""
        control = SimulatedControl(self.table, self.steps, self.clock)
        service = Service(
            self.store, self.queue, self.datasets, control, ID_BLOCK, self.clock, max_open=MAX_OPEN
        )
        return Process(service, control)

    def submit(self, service: Service, statistic: str, inputs: dict[str, str]) -> Job:
        job = service.submit(statistic, inputs)
        assert job.id not in self.told, f"{job.id} was given twice"
        self.told[job.id] = job
        return job

    def dismiss(self, service: Service, job_id: str) -> Job:
        self.unwanted.add(job_id)
        return service.dismiss(job_id)

    def deliver(self, service: Service, handler: Handler, batch: list[str]) -> None:
        """One batch, as Lambda does it: what the handler does not name as failed is deleted."""
        messages = [{"messageId": str(place), "body": job_id} for place, job_id in enumerate(batch)]
        if handler is workers.bury:
            self.buried |= set(batch)
        answer = handler(service, {"Records": messages})
        failed = {item["itemIdentifier"] for item in answer["batchItemFailures"]}
        for message in messages:
            if message["messageId"] not in failed:
                self.queue.remove(message["body"])

    def meanwhile(self, what: str) -> None:
        """What another process does, from its start on, in the middle of somebody's step."""
        service, waiting = self.process().service, [*self.queue.waiting]
        if what == "submit":
            with contextlib.suppress(Draining, Overloaded):
                self.submit(service, *QUESTION)
        elif what == "deliver":
            self.deliver(service, workers.process, waiting)
        elif what == "bury":
            self.deliver(service, workers.bury, waiting)
        elif what == "drain":
            service.drain()
        elif what == "dismiss":
            for job_id in [*self.told][-2:]:
                with contextlib.suppress(JobNotFound):
                    self.dismiss(service, job_id)
        else:
            self.clock.now += {"sweep": RESEND_MS, "late sweep": GIVE_UP_MS}[what] + 1
            workers.sweep(service, SETTINGS)

    def open_jobs(self) -> set[str]:
        return {job.id for job in self.store.jobs() if not job.status.is_terminal}
