"""Turns of several jobs, and results that the store has lost."""

import logging
from collections.abc import Iterator, Sequence
from dataclasses import replace

import pytest
import requests

from chalicelib.application import lambda_handlers, processing
from chalicelib.application.job import Job, JobStatus
from chalicelib.application.service import Service
from chalicelib.bootstrap import get_service
from chalicelib.documents.job_documents import callback_body
from chalicelib.documents.result_table import frozen_json
from chalicelib.domain.statistics.registry import STATISTICS
from chalicelib.errors import ResultLost
from chalicelib.observability.metrics import CALLBACKS
from tests.support.metrics import value
from tests.support.samples import GLOBAL_HUMUS
from tests.support.services import submit
from tests.support.simulated_cloud import QUESTION, SUBSCRIBER, SimulatedCloud
from tests.support.trouble import MOMENTS, Fault

FAILING = ("state_mean", {"question": "Humus", "state": "Atlantis"})


@pytest.fixture
def cloud() -> SimulatedCloud:
    return SimulatedCloud()


@pytest.fixture
def service(cloud: SimulatedCloud) -> Service:
    return cloud.process().service


def test_turn_finishes_all_its_jobs_and_reuses_its_own_results(service: Service) -> None:
    jobs = [submit(service, *question) for question in (QUESTION, FAILING, QUESTION)]
    service.process_all([jobs[0].id, "job_id_99", jobs[0].id, *(job.id for job in jobs)])
    first, failed, second = (service.get(job.id) for job in jobs)
    assert frozen_json(first) == frozen_json(second) == GLOBAL_HUMUS
    assert (first.source, second.source) == (None, first.id)
    assert "Atlantis" in str(failed.reason)


@pytest.mark.parametrize("moment", range(MOMENTS))
def test_failed_turn_can_be_repeated(cloud: SimulatedCloud, service: Service, moment: int) -> None:
    jobs = [submit(service, *question) for question in (QUESTION, FAILING, QUESTION)]
    cloud.steps.plan(moment, cloud.steps.fault)
    for _ in range(2):
        try:
            service.process_all([job.id for job in jobs])
        except Fault:
            continue
        break
    cloud.steps.clear()
    assert [service.get(job.id).status.value for job in jobs] == ["successful", "failed", "successful"]


def open_when_taken(service: Service, jobs: Sequence[Job]) -> list[int]:
    """Process jobs in a turn; return how many were open when each was taken."""
    open_jobs = []

    def ids() -> Iterator[str]:
        for job in jobs:
            open_jobs.append(service.num_jobs())
            yield job.id

    service.process_all(ids())
    return open_jobs


def test_outcomes_wait_for_no_slow_job(service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nor for one whose statistic has not been computed before."""
    monkeypatch.setattr(processing, "QUICK_SECONDS", 0)
    jobs = [submit(service, *QUESTION, fresh=True) for _ in range(3)]
    assert open_when_taken(service, jobs) == [3, 3, 2]


def test_outcomes_of_quick_jobs_are_stored_together(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(processing, "QUICK_SECONDS", 60)
    service.process(submit(service, *QUESTION).id)
    jobs = [submit(service, *QUESTION, fresh=True) for _ in range(3)]
    assert open_when_taken(service, jobs) == [3, 3, 3]
    assert service.num_jobs() == 0


def test_lost_result_is_computed_again_to_the_same_bytes(cloud: SimulatedCloud, service: Service) -> None:
    job = submit(service, *QUESTION)
    service.process(job.id)
    finished = service.get(job.id)
    cloud.store.lose_results()
    other = cloud.process().service

    assert other.get(job.id) == finished
    assert cloud.store.get(job.id) == finished


def test_lost_result_of_a_version_that_is_gone_is_refused(
    cloud: SimulatedCloud, service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = submit(service, *QUESTION)
    service.process(job.id)
    cloud.store.lose_results()
    name = QUESTION[0]
    monkeypatch.setitem(STATISTICS, name, replace(STATISTICS[name], version=2))
    with pytest.raises(ResultLost) as lost:
        service.get(job.id)
    assert "version" in lost.value.why


def test_result_of_a_version_that_is_gone_is_served_while_it_is_stored(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = submit(service, *QUESTION)
    service.process(job.id)
    name = QUESTION[0]
    monkeypatch.setitem(STATISTICS, name, replace(STATISTICS[name], version=2))
    assert frozen_json(service.get(job.id)) == GLOBAL_HUMUS
    assert submit(service, *QUESTION).status is JobStatus.ACCEPTED  # to be computed by the new version


def subscribed_and_lost(cloud: SimulatedCloud, service: Service) -> str:
    """Return the id of a job whose result is lost, and whose callback has still to be sent."""
    [job_id, _] = [job.id for job in cloud.batch(service, 2)]
    service.process(job_id)
    cloud.store.lose_results()
    return job_id


def send_callbacks(cloud: SimulatedCloud, service: Service) -> None:
    """Deliver the waiting callbacks, then what they sent to the workers, then the callbacks again."""
    cloud.queue.waiting.clear()
    cloud.send_callbacks(service, [*cloud.callback_queue.waiting])
    cloud.deliver(service, lambda_handlers.process, [*cloud.queue.waiting])
    cloud.send_callbacks(service, [*cloud.callback_queue.waiting])


def test_callback_whose_result_is_lost_brings_the_same_bytes(cloud: SimulatedCloud, service: Service) -> None:
    job_id = subscribed_and_lost(cloud, service)
    send_callbacks(cloud, service)

    job = service.get(job_id)
    assert (job.callback, callback_body(job)) in cloud.sender.received[job_id]
    assert not job.callback_pending


def test_callback_whose_result_is_lost_for_good_is_given_up(
    cloud: SimulatedCloud, service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    job_id = subscribed_and_lost(cloud, service)
    name, given_up = QUESTION[0], value(CALLBACKS, "given up")
    monkeypatch.setitem(STATISTICS, name, replace(STATISTICS[name], version=2))
    send_callbacks(cloud, service)

    assert {url for url, _ in cloud.sender.received[job_id]} == {SUBSCRIBER["inProgressUri"]}
    assert value(CALLBACKS, "given up") == given_up + 1
    assert not cloud.store.get(job_id).callback_pending
    assert (cloud.queue.waiting, cloud.callback_queue.waiting) == ([], [])


def test_lost_result_is_never_replaced_by_other_bytes(
    cloud: SimulatedCloud, service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As when a formula changed and its version did not."""
    job = submit(service, *QUESTION)
    service.process(job.id)
    cloud.store.lose_results()
    name = QUESTION[0]
    changed = replace(STATISTICS[name], compute=lambda *_, **__: [(0.5,)])
    monkeypatch.setitem(STATISTICS, name, changed)
    with pytest.raises(ResultLost) as lost:
        service.get(job.id)
    assert "other bytes" in lost.value.why


def test_lost_result_whose_data_set_is_gone_is_refused(cloud: SimulatedCloud, service: Service) -> None:
    job = submit(service, *QUESTION)
    service.process(job.id)
    cloud.store.lose_results()
    stored = cloud.store._jobs[job.id]
    cloud.store._jobs[job.id] = replace(stored, dataset="nowhere")
    with pytest.raises(ResultLost):
        service.get(job.id)


def test_lost_result_is_503_on_both_interfaces(
    cloud: SimulatedCloud, url: str, http: requests.Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    service = cloud.process().service
    get_service.use(lambda: service)
    job = submit(service, *QUESTION)
    service.process(job.id)
    name = QUESTION[0]
    monkeypatch.setitem(STATISTICS, name, replace(STATISTICS[name], version=2))
    cloud.store.lose_results()
    for path in (f"/api/get_results/{job.id}", f"/jobs/{job.id}/results"):
        refused = http.get(url + path, timeout=5)
        assert (refused.status_code, refused.headers["Retry-After"]) == (503, "5")
        assert job.id in refused.text
    assert http.delete(f"{url}/jobs/{job.id}", timeout=5).status_code == 200


def test_loss_and_recovery_are_logged(
    cloud: SimulatedCloud, service: Service, caplog: pytest.LogCaptureFixture
) -> None:
    job = submit(service, *QUESTION)
    service.process(job.id)
    cloud.store.lose_results()
    with caplog.at_level(logging.WARNING, "statline.jobs"):
        logging.getLogger("statline").propagate = True
        service.get(job.id)
    assert f"the result of {job.id} was lost: computed again" in caplog.text
