"""The service against everything that can go wrong outside it, step by step and without chance.

hypothesis makes up programs of the rules below. Whatever they do, an accepted job ends, once, with its
own answer. A failure is printed as the shortest such program; STATLINE_SIMULATIONS says how many to try.
"""

import functools
import logging
import os
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any, TypeVar

import pytest
from hypothesis import Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, initialize, invariant, multiple, rule

from chalicelib.application import callbacks, lambda_handlers
from chalicelib.application.job import Job, JobStatus
from chalicelib.application.pagination import Filter
from chalicelib.documents.job_documents import callback_body
from chalicelib.errors import DatasetGone, Draining, JobNotFound, KeyReused, Overloaded
from tests.support.simulated import editions, right_outcome
from tests.support.simulated_cloud import GIVE_UP_MS, KEYS, MAX_OPEN, QUESTION, SETTINGS, SimulatedCloud
from tests.support.trouble import MOMENTS, OURS, Crash, Fault, Trouble, troubles

T = TypeVar("T")

MINUTE, HOUR = 60_000, 3_600_000
keys = st.sampled_from([None, *KEYS])
QUESTIONS = [
    QUESTION,
    ("states_mean", {"question": "S1"}),
    ("state_mean", {"question": "Humus", "state": "Atlantis"}),
]


@pytest.fixture(autouse=True)
def no_log() -> Iterator[None]:
    """Thousands of lines that would bury the program of a failure."""
    logging.disable()
    yield
    logging.disable(logging.NOTSET)


class Simulation(RuleBasedStateMachine):
    messages = Bundle("messages")  # every one ever sent, so that any may come again, late, in any order
    dead_letters = Bundle("dead_letters")

    def __init__(self) -> None:
        super().__init__()
        self.cloud = SimulatedCloud()
        self.ours = self.cloud.process()
        self.ended: dict[str, Job] = {}
        self.lost: set[str] = set()
        self.removed: set[str] = set()
        self.draining: bool | None = False  # None: nobody can know
        self.published = 0

    @initialize(target=messages)
    def begin(self) -> Any:
        """With something to go wrong about: few random programs would do the right thing first."""
        for asked in QUESTIONS:
            self.cloud.submit(self.ours.service, *asked)
        return self.sent()

    @rule(target=messages, asked=st.sampled_from(QUESTIONS), key=keys, trouble=troubles)
    def submit(self, asked: tuple[str, dict[str, str]], key: str | None, trouble: Trouble | None) -> Any:
        key = self.use(key)
        return self.ask(lambda: [self.cloud.submit(self.ours.service, *asked, key)], 1, key, trouble)

    @rule(target=messages, count=st.integers(2, 4), key=keys, trouble=troubles)
    def batch(self, count: int, key: str | None, trouble: Trouble | None) -> Any:
        key = self.use(key)
        return self.ask(lambda: self.cloud.batch(self.ours.service, count, key), count, key, trouble)

    def use(self, key: str | None) -> str | None:
        """A key, one that never was for "new"; another process may ask with the same one meanwhile."""
        key = f"new {len(self.cloud.keys)}" if key == "new" else key
        self.cloud.key = key or self.cloud.key
        return key

    def ask(self, step: Callable[[], list[Job]], count: int, key: str | None, trouble: Trouble | None) -> Any:
        self.cloud.queue.failed.clear()
        told = set(self.cloud.told)
        try:
            accepted = self.attempt(step, trouble)
        except Draining:
            assert self.draining is not False
        except Overloaded:
            assert not self.untroubled(trouble) or len(self.cloud.open_jobs()) + count > MAX_OPEN
        except KeyReused:
            assert key is not None
        except DatasetGone:
            assert count > 1  # which executions look at, to say at once what it does not have
        else:
            again = accepted is not None and told >= {job.id for job in accepted}
            assert again or accepted is None or self.draining is not True or key is not None
            assert not self.untroubled(trouble) or len(self.cloud.open_jobs()) <= MAX_OPEN
        if trouble is not None and trouble.what == "fault":
            # One call failed and no other: what could not be queued, or may have been, was taken back.
            assert not self.cloud.store.ids() & set(self.cloud.queue.failed)
        return self.sent()

    @rule(target=messages, message=messages, batch=st.lists(messages, max_size=2), trouble=troubles)
    def deliver(self, message: str, batch: list[str], trouble: Trouble | None) -> Any:
        step = functools.partial(
            self.cloud.deliver, self.ours.service, lambda_handlers.process, [message, *batch]
        )
        self.attempt(step, trouble)
        return self.sent()

    @rule(target=messages, letter=dead_letters, trouble=troubles)
    def fail_dead_letters(self, letter: str, trouble: Trouble | None) -> Any:
        self.attempt(
            lambda: self.cloud.deliver(self.ours.service, lambda_handlers.fail_dead_letters, [letter]),
            trouble,
        )
        return self.sent()

    @rule(target=messages, trouble=troubles)
    def sweep(self, trouble: Trouble | None) -> Any:
        self.attempt(lambda: lambda_handlers.sweep(self.ours.service, SETTINGS), trouble)
        return self.sent()

    @rule(target=messages, trouble=troubles)
    def read(self, trouble: Trouble | None) -> Any:
        service, told = self.ours.service, [*self.cloud.told]
        self.attempt(lambda: (*map(self.found, told), *service.jobs(), service.num_jobs()), trouble)
        self.attempt(lambda: service.page(Filter(), 5), trouble)
        return self.sent()

    @rule(target=messages, place=st.integers(0, 99), trouble=troubles)
    def dismiss(self, place: int, trouble: Trouble | None) -> Any:
        """A client wants a job no more: one that is open ends, one that has ended goes."""
        job_id = [*self.cloud.told][place % len(self.cloud.told)]
        before = self.found(job_id)
        try:
            dismissed = self.attempt(lambda: self.cloud.dismiss(self.ours.service, job_id), trouble)
        except JobNotFound:
            assert before is None or trouble is not None
        else:
            assert dismissed is None or dismissed.status is JobStatus.DISMISSED
            if trouble is None and before is not None:
                assert self.found(job_id) == (None if before.status.is_terminal else dismissed)
        return self.sent()

    @rule(target=messages, trouble=troubles, reopened=st.booleans())
    def drain(self, trouble: Trouble | None, reopened: bool) -> Any:
        left = self.attempt(self.ours.service.drain, trouble)
        self.draining = self.draining or (None if left is None else True)
        if reopened:
            self.ours.service.reopen()
            self.draining = False
        return self.sent()

    @rule(target=dead_letters, message=consumes(messages), dead=st.booleans())
    def lose(self, message: str, dead: bool) -> Any:
        """For good, or to the dead letters after too many attempts."""
        if self.cloud.queue.remove(message) and message not in self.cloud.queue.waiting:
            self.lost.add(message)
        return multiple(message) if dead else multiple()

    @rule(down=st.booleans())
    def receive(self, down: bool) -> None:
        """Subscribers go away, or come back."""
        self.cloud.sender.down = down

    @rule()
    def crash(self) -> None:
        self.ours = self.cloud.process()

    @rule(
        ms=st.sampled_from([1, 5_000, 16 * MINUTE, 25 * HOUR, -MINUTE]),
        edition=st.sampled_from([*editions(), "nowhere"]),
        lag=st.booleans(),
    )
    def pass_time(self, ms: int, edition: str, lag: bool) -> None:
        """Meanwhile somebody publishes another data set, and indexes fall behind or catch up."""
        self.cloud.clock.now += ms
        self.ours.control.set(dataset=edition)
        self.cloud.store.lag() if lag else self.cloud.store.catch_up()

    @invariant()
    def an_outcome_never_changes_and_is_its_own(self) -> None:
        for asked in self.cloud.told.values():
            job = self.found(asked.id)
            if job is None:
                assert asked.id in self.cloud.unwanted
                self.removed.add(asked.id)
                continue
            assert asked.id not in self.removed
            assert (job.statistic, job.inputs, job.dataset) == (asked.statistic, asked.inputs, asked.dataset)
            if job.status.is_terminal or job.id in self.ended:
                end = replace(job, callback_pending=False)  # that it is told changes nothing in it
                assert self.ended.setdefault(job.id, end) == end
                hopeless = job.id in self.cloud.buried or job.finished - job.accepted > GIVE_UP_MS
                given_up = hopeless and job.result is None and "could not be processed" in str(job.reason)
                dismissed = job.status is JobStatus.DISMISSED and job.id in self.cloud.unwanted
                assert given_up or dismissed or (job.result, job.reason) == right_outcome(asked)
            else:
                assert job.id in self.lost or job.id in self.cloud.queue.waiting, f"{job.id} waits for nobody"

    @invariant()
    def subscribers_are_told_what_is_true(self) -> None:
        """At least once, unless it was tried for an hour; and never how a job might have ended."""
        self.latest = max(self.cloud.clock.now, getattr(self, "latest", 0))
        for job_id in self.cloud.told:
            job = self.found(job_id)
            if job is None or not job.subscriber or not job.status.is_terminal:
                continue
            ends = {one for one in self.cloud.sender.received.get(job_id, ()) if "inProgress" not in one[0]}
            assert ends <= {(job.callback, callback_body(job))}
            late = self.latest - (job.finished or 0) >= callbacks.GIVE_UP_MS - MINUTE
            assert ends or job.callback_pending or (late and job_id in self.cloud.sender.tried)

    @invariant()
    def lists_and_counts_agree(self) -> None:
        if not self.cloud.store.lagging:
            listed = {job.id for job in self.ours.service.jobs()}
            assert listed & set(self.cloud.told) == {one for one in self.cloud.told if self.found(one)}
            assert self.ours.service.num_jobs() == len(self.cloud.open_jobs())

    def teardown(self) -> None:
        """A fault at each moment, then none: what is not lost is answered, the sweeper sees to the rest."""
        cloud, service = self.cloud, self.ours.service
        cloud.store.catch_up()
        for moment in range(MOMENTS):
            cloud.steps.plan(moment, cloud.steps.fault)
            cloud.deliver(service, lambda_handlers.process, [*cloud.queue.waiting])
        cloud.steps.clear()
        cloud.sender.down = False
        for _ in range(2):  # to have them computed, and told
            cloud.deliver(service, lambda_handlers.process, [*cloud.queue.waiting])
        assert cloud.open_jobs() & set(cloud.told) <= self.lost
        for _ in range(2):  # what was sent again is lost again
            cloud.queue.waiting.clear()
            cloud.clock.now += 2 * HOUR  # whatever clocks that went back have cost
            lambda_handlers.sweep(service, SETTINGS)
            assert set(cloud.queue.waiting) == cloud.open_jobs() | cloud.callback_pending()
        # Every second message is lost again: then it is the sweeper that ends its job.
        cloud.deliver(service, lambda_handlers.process, cloud.queue.waiting[::2])
        assert cloud.open_jobs() | cloud.callback_pending() <= set(cloud.queue.waiting)
        cloud.clock.now += GIVE_UP_MS
        lambda_handlers.sweep(service, SETTINGS)
        assert cloud.open_jobs() == set()
        cloud.deliver(service, lambda_handlers.process, [*cloud.queue.waiting])
        assert cloud.callback_pending() == set()
        self.subscribers_are_told_what_is_true()
        self.an_outcome_never_changes_and_is_its_own()

    def found(self, job_id: str) -> Job | None:
        try:
            return self.ours.service.get(job_id)
        except JobNotFound:
            return None

    def attempt(self, step: Callable[[], T], trouble: Trouble | None) -> T | None:
        """What the step returned; None if trouble ended it."""
        if trouble is not None:
            self.plan(trouble)
        try:
            return step()
        except Crash:
            self.ours = self.cloud.process()
        except Fault:
            pass
        finally:
            self.cloud.steps.clear()
        return None

    def plan(self, trouble: Trouble) -> None:
        steps, meanwhile = self.cloud.steps, functools.partial(self.cloud.meanwhile, trouble.what)
        steps.plan(trouble.moment, getattr(steps, trouble.what) if trouble.what in OURS else meanwhile)
        if trouble.what == "drain":
            self.draining = self.draining or None

    def untroubled(self, trouble: Trouble | None) -> bool:
        """Whether nobody else did anything in this step, and the count of open jobs was true."""
        return trouble is None and not self.cloud.store.lagging

    def sent(self) -> Any:
        """The messages that this step sent, for the bundle."""
        new = self.cloud.queue.sent[self.published :]
        self.published += len(new)
        self.lost -= set(new)
        return multiple(*new)


TestSimulation = Simulation.TestCase
TestSimulation.settings = settings(
    max_examples=int(os.environ.get("STATLINE_SIMULATIONS", "250")),
    stateful_step_count=30,
    derandomize=True,
    database=None,
    report_multiple_bugs=False,
    phases=(Phase.generate, Phase.shrink),  # explaining takes longer than finding
    deadline=None,
)
