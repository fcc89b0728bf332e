"""A deterministic simulation: the service with crashes, failed calls and other processes at every step.

hypothesis generates programs of the rules below. In each of them, every accepted job ends once, with its own
result. A failure is printed as the shortest such program; STATLINE_SIMULATIONS is the number of programs.
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
from chalicelib.application.host_leases import ABSURD_MS
from chalicelib.application.job import Job, JobStatus
from chalicelib.application.pagination import Filter
from chalicelib.documents.job_documents import callback_body
from chalicelib.errors import DatasetGone, Draining, JobNotFound, KeyReused, Overloaded
from tests.support.simulated import editions, expected_outcome
from tests.support.simulated_cloud import GIVE_UP_MS, KEYS, MAX_OPEN, QUESTION, SETTINGS, SimulatedCloud
from tests.support.trouble import MOMENTS, OWN, Crash, Fault, Trouble, troubles

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
    """Disable logging, which would hide the program of a failure between thousands of lines."""
    logging.disable()
    yield
    logging.disable(logging.NOTSET)


class Simulation(RuleBasedStateMachine):
    messages = Bundle("messages")  # all that were ever sent: any may be repeated, late, in any order
    dead_letters = Bundle("dead_letters")

    def __init__(self) -> None:
        super().__init__()
        self.cloud = SimulatedCloud()
        self.ours = self.cloud.process()
        self.outcomes: dict[str, Job] = {}
        self.lost: set[str] = set()
        self.removed: set[str] = set()
        self.draining: bool | None = False  # None: unknown
        self.reported = 0

    @initialize(target=messages)
    def begin(self) -> Any:
        """Begin with callbacks and open jobs: few random programs would lead to them first."""
        self.cloud.batch(self.ours.service, 2)
        self.cloud.deliver(self.ours.service, lambda_handlers.process, [*self.cloud.queue.waiting])
        for question in QUESTIONS:
            self.cloud.submit(self.ours.service, *question)
        return self.sent()

    @rule(
        target=messages,
        question=st.sampled_from(QUESTIONS),
        key=keys,
        fresh=st.booleans(),
        trouble=troubles,
    )
    def submit(
        self, question: tuple[str, dict[str, str]], key: str | None, fresh: bool, trouble: Trouble | None
    ) -> Any:
        key = self.use(key)
        step = functools.partial(self.cloud.submit, self.ours.service, *question, key, fresh)
        return self.accept(lambda: [step()], 1, key, trouble)

    @rule(target=messages, count=st.integers(2, 4), key=keys, trouble=troubles)
    def batch(self, count: int, key: str | None, trouble: Trouble | None) -> Any:
        key = self.use(key)
        return self.accept(lambda: self.cloud.batch(self.ours.service, count, key), count, key, trouble)

    def use(self, key: str | None) -> str | None:
        """Return the key, an unused one for "new". Another process may use the same key meanwhile."""
        key = f"new {len(self.cloud.bound)}" if key == "new" else key
        self.cloud.key = key or self.cloud.key
        return key

    def accept(
        self, step: Callable[[], list[Job]], count: int, key: str | None, trouble: Trouble | None
    ) -> Any:
        self.cloud.queue.failed.clear()
        returned = set(self.cloud.returned)
        try:
            accepted = self.attempt(step, trouble)
        except Draining:
            assert self.draining is not False
        except Overloaded:
            assert not self.untroubled(trouble) or len(self.cloud.open_jobs()) + count > MAX_OPEN
        except KeyReused:
            assert key is not None
        except DatasetGone:
            assert count > 1  # executions are validated with the data set
        else:
            again = accepted is not None and returned >= {job.id for job in accepted}
            assert again or accepted is None or self.draining is not True or key is not None
            assert again or not self.untroubled(trouble) or len(self.cloud.open_jobs()) <= MAX_OPEN
        if trouble is not None and trouble.kind == "fault":
            # Only one call failed: every job whose message failed was withdrawn, or waits for its key. The
            # message of a finished job is that of its callback.
            store = self.cloud.store
            assert not store.open_ids() & set(self.cloud.queue.failed) - store.pending_ids()
        return self.sent()

    @rule(target=messages, message=messages, batch=st.lists(messages, max_size=2), trouble=troubles)
    def deliver(self, message: str, batch: list[str], trouble: Trouble | None) -> Any:
        step = functools.partial(
            self.cloud.deliver, self.ours.service, lambda_handlers.process, [message, *batch]
        )
        self.attempt(step, trouble)
        return self.sent()

    @rule(index=st.integers(0, 99), trouble=troubles)
    def send_callback(self, index: int, trouble: Trouble | None) -> None:
        """Deliver any callback's message that was ever sent."""
        if sent := self.cloud.callback_queue.sent:
            text = sent[index % len(sent)]
            self.attempt(lambda: self.cloud.send_callbacks(self.ours.service, [text]), trouble)

    @rule(index=st.integers(0, 99))
    def lose_callback(self, index: int) -> None:
        if waiting := self.cloud.callback_queue.waiting:
            del waiting[index % len(waiting)]

    @rule(target=messages, message=messages, batch=st.lists(messages, max_size=4), trouble=troubles)
    def run_turn(self, message: str, batch: list[str], trouble: Trouble | None) -> Any:
        step = functools.partial(self.cloud.run_turn, self.ours.service, [message, *batch])
        self.attempt(step, trouble)
        return self.sent()

    @rule()
    def lose_results(self) -> None:
        """Lose all stored results, as a bucket's lifecycle may."""
        self.cloud.store.lose_results()

    @rule(target=messages, letter=dead_letters, trouble=troubles)
    def finish_dead_letters(self, letter: str, trouble: Trouble | None) -> Any:
        self.attempt(
            lambda: self.cloud.deliver(self.ours.service, lambda_handlers.finish_dead_letters, [letter]),
            trouble,
        )
        return self.sent()

    @rule(target=messages, trouble=troubles)
    def sweep(self, trouble: Trouble | None) -> Any:
        self.attempt(lambda: lambda_handlers.sweep(self.ours.service, SETTINGS), trouble)
        return self.sent()

    @rule(target=messages, trouble=troubles)
    def read(self, trouble: Trouble | None) -> Any:
        service, ids = self.ours.service, [*self.cloud.returned]
        self.attempt(lambda: (*map(self.load, ids), *service.jobs(), service.num_jobs()), trouble)
        self.attempt(lambda: service.page(Filter(), 5), trouble)
        return self.sent()

    @rule(target=messages, index=st.integers(0, 99), trouble=troubles)
    def dismiss(self, index: int, trouble: Trouble | None) -> Any:
        """Dismiss an open job, or remove a finished one."""
        job_id = [*self.cloud.returned][index % len(self.cloud.returned)]
        before = self.load(job_id)
        try:
            dismissed = self.attempt(lambda: self.cloud.dismiss(self.ours.service, job_id), trouble)
        except JobNotFound:
            assert before is None or trouble is not None
        else:
            assert dismissed is None or dismissed.status is JobStatus.DISMISSED
            if trouble is None and before is not None:
                assert self.load(job_id) == (None if before.status.is_terminal else dismissed)
        return self.sent()

    @rule(target=messages, trouble=troubles, reopened=st.booleans())
    def drain(self, trouble: Trouble | None, reopened: bool) -> Any:
        progress = self.attempt(self.ours.service.drain, trouble)
        self.draining = self.draining or (None if progress is None else True)
        if reopened:
            self.ours.service.reopen()
            self.draining = False
        return self.sent()

    @rule(target=dead_letters, message=consumes(messages), dead=st.booleans())
    def lose(self, message: str, dead: bool) -> Any:
        """Lose a message, or move it to the dead letters."""
        if self.cloud.queue.remove(message) and message not in self.cloud.queue.waiting:
            self.lost.add(message)
        return multiple(message) if dead else multiple()

    @rule(down=st.booleans())
    def receive(self, down: bool) -> None:
        """Let subscribers fail, or recover."""
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
        """Advance the clock, publish another data set, and let indexes lag or catch up."""
        self.cloud.clock.now += ms
        self.ours.state.set(dataset=edition)
        self.cloud.store.lag() if lag else self.cloud.store.catch_up()

    @invariant()
    def outcomes_are_final_and_correct(self) -> None:
        for accepted in self.cloud.returned.values():
            job = self.load(accepted.id)
            if job is None:
                assert accepted.id in self.cloud.dismissed
                self.removed.add(accepted.id)
                continue
            assert accepted.id not in self.removed
            assert job.statistic == accepted.statistic
            assert (job.inputs, job.dataset) == (accepted.inputs, accepted.dataset)
            if job.status.is_terminal or job.id in self.outcomes:
                outcome = replace(job, callback_pending=False)  # only this changes afterwards
                assert self.outcomes.setdefault(job.id, outcome) == outcome
                may_fail = job.id in self.cloud.cut_off or job.finished - job.accepted > GIVE_UP_MS
                given_up = may_fail and job.result is None and "could not be processed" in str(job.reason)
                dismissed = job.status is JobStatus.DISMISSED and job.id in self.cloud.dismissed
                assert given_up or dismissed or (job.result, job.reason) == expected_outcome(accepted)
            else:
                assert job.id in self.lost or job.id in self.cloud.queue.waiting, f"{job.id} has no message"

    @invariant()
    def callbacks_have_the_final_outcome(self) -> None:
        """One arrives at least once, or its host fails for an hour, and only with the stored outcome."""
        self.latest = max(self.cloud.clock.now, getattr(self, "latest", 0))
        for job_id in self.cloud.returned:
            job = self.load(job_id)
            if job is None or not job.subscriber or not job.status.is_terminal:
                continue
            received = self.cloud.sender.received.get(job_id, ())
            outcomes = {(url, body) for url, body in received if "inProgress" not in url}
            assert outcomes <= {(job.callback, callback_body(job))}
            late = self.latest - (job.finished or 0) >= callbacks.GIVE_UP_MS - MINUTE
            assert outcomes or job.callback_pending or (late and self.cloud.sender.tried)

    @invariant()
    def host_has_one_callback_in_flight(self) -> None:
        assert self.cloud.sender.overlaps == set()

    @invariant()
    def loser_of_a_race_for_a_key_is_never_runnable(self) -> None:
        runnable = self.cloud.store.ids() | set(self.cloud.queue.sent)
        assert not self.cloud.store.unbound & runnable

    @invariant()
    def lists_and_counts_agree(self) -> None:
        if not self.cloud.store.lagging:
            listed = {job.id for job in self.ours.service.jobs()}
            assert listed & set(self.cloud.returned) == {*filter(self.load, self.cloud.returned)}
            assert self.ours.service.num_jobs() == len(self.cloud.open_jobs())

    def teardown(self) -> None:
        """Fail a call at each moment, then none: workers finish jobs with messages, the sweeper others."""
        cloud, service = self.cloud, self.ours.service
        cloud.store.catch_up()
        for moment in range(MOMENTS):
            cloud.steps.plan(moment, cloud.steps.fault)
            cloud.deliver(service, lambda_handlers.process, [*cloud.queue.waiting])
        cloud.steps.clear()
        cloud.deliver(service, lambda_handlers.process, [*cloud.queue.waiting])
        assert cloud.open_jobs() & set(cloud.returned) <= self.lost
        for _ in range(2):  # the messages that were sent again are lost, too
            cloud.queue.waiting.clear()
            cloud.callback_queue.waiting.clear()
            cloud.clock.now += 2 * HOUR  # more than clocks were set back
            lambda_handlers.sweep(service, SETTINGS)
            assert set(cloud.queue.waiting) == cloud.open_jobs()
            assert set(cloud.callback_queue.waiting) >= cloud.callback_pending()
        # Every second message is lost again: then the sweeper fails its job.
        cloud.deliver(service, lambda_handlers.process, cloud.queue.waiting[::2])
        assert cloud.open_jobs() <= set(cloud.queue.waiting)
        cloud.clock.now += GIVE_UP_MS
        lambda_handlers.sweep(service, SETTINGS)
        assert cloud.open_jobs() == set()
        cloud.sender.down = False
        cloud.clock.now += ABSURD_MS  # more than any lease or pause
        for moment in range(MOMENTS):
            cloud.steps.plan(moment, cloud.steps.fault)
            cloud.send_callbacks(service, [*cloud.callback_queue.waiting])
            cloud.clock.now += ABSURD_MS
        cloud.steps.clear()
        cloud.send_callbacks(service, [*cloud.callback_queue.waiting])
        cloud.deliver(service, lambda_handlers.process, [*cloud.queue.waiting])  # those with lost results
        cloud.send_callbacks(service, [*cloud.callback_queue.waiting])
        assert cloud.callback_pending() == set()
        self.callbacks_have_the_final_outcome()
        self.outcomes_are_final_and_correct()

    def load(self, job_id: str) -> Job | None:
        try:
            return self.ours.service.get(job_id)
        except JobNotFound:
            return None

    def attempt(self, step: Callable[[], T], trouble: Trouble | None) -> T | None:
        """Return what the step returned; None if trouble ended it."""
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
        steps, interfere = self.cloud.steps, functools.partial(self.cloud.interfere, trouble.kind)
        steps.plan(trouble.moment, getattr(steps, trouble.kind) if trouble.kind in OWN else interfere)
        if trouble.kind == "drain":
            self.draining = self.draining or None

    def untroubled(self, trouble: Trouble | None) -> bool:
        """Return whether no other process acted in this step, and the count of open jobs was exact."""
        return trouble is None and not self.cloud.store.lagging

    def sent(self) -> Any:
        """Return the messages that this step sent, for the bundle."""
        new = self.cloud.queue.sent[self.reported :]
        self.reported += len(new)
        self.lost -= set(new)
        return multiple(*new)


TestSimulation = Simulation.TestCase
TestSimulation.settings = settings(
    max_examples=int(os.environ.get("STATLINE_SIMULATIONS", "250")),
    stateful_step_count=30,
    derandomize=True,
    database=None,
    report_multiple_bugs=False,
    phases=(Phase.generate, Phase.shrink),  # the explain phase takes longer than both
)
