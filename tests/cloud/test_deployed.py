"""The deployed service: the same results, and no job is lost, whatever fails."""

import json
import os
import signal
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import product
from pathlib import Path
from typing import Any

import pytest
import requests

from chalicelib.bootstrap import job_store
from chalicelib.domain.statistics.registry import MEANS
from local.cloud import publishing
from tests.cloud.conftest import DATA
from tests.cloud.deployed import Deployed, eventually
from tests.support.faults import Faults
from tests.support.processes import python_m_local
from tests.support.samples import SOIL, write_soil
from tests.support.services import make_service, submit
from tests.support.shared import SHARED

CLIENTS = 8
ALWAYS, GATEWAY_SECONDS = 1_000_000, 29


@pytest.fixture(scope="module")
def questions(deployed: Deployed) -> list[tuple[str, dict[str, str]]]:
    """The reference cases where they are, else each statistic on some questions of the sample."""
    if SHARED.is_dir():
        return [
            (path.parent.name, json.loads(path.read_text()))
            for path in sorted((SHARED / "conformance").glob("*/in-*.json"))
        ]
    known = [one["question"] for one in deployed.get("/api/questions").json()["questions"]]
    state = deployed.get("/api/states").json()["states"][0]["name"]
    every = {"question": known, "state": [state]}
    return [
        (name, dict(zip(asked.parameters, values, strict=True)))
        for name, asked in MEANS.items()
        for values in product(*(every[parameter] for parameter in asked.parameters))
    ]


@pytest.fixture(scope="module")
def laptop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The same data under `make run`."""
    with python_m_local(tmp_path_factory.mktemp("home"), STATLINE_DATASET=str(DATA)) as server:
        yield server.url


@pytest.fixture
def planned(faults: tuple[Faults, str, int]) -> Iterator[Faults]:
    faults[0].clear()
    yield faults[0]
    faults[0].clear()


def a_question(deployed: Deployed) -> dict[str, str]:
    return {"question": deployed.get("/api/questions").json()["questions"][0]["question"]}


def test_results_have_the_bytes_of_a_laptop(
    deployed: Deployed, laptop: str, questions: list[tuple[str, dict[str, str]]]
) -> None:
    """For every reference case, errors included."""
    ids = {
        deployed.submit(name, **inputs): requests.post(f"{laptop}/api/{name}", json=inputs, timeout=10)
        for name, inputs in questions
    }
    assert len(ids) >= 9
    for job_id, accepted in ids.items():
        here = f"{laptop}/api/get_results/{accepted.json()['job_id']}"
        done = eventually(
            lambda here=here: requests.get(here, timeout=10), lambda one: one.json()["status"] != "running"
        )
        assert deployed.result(job_id).content == done.content


def test_known_question_is_finished_when_it_is_submitted(deployed: Deployed, planned: Faults) -> None:
    """By functions with no right but their own: no worker takes part."""
    asked = a_question(deployed)
    computed = deployed.result(deployed.submit("global_mean", **asked))
    planned.plan("error", "SendMessage", ALWAYS)
    posted = deployed.http.post(f"{deployed.url}/api/global_mean", json=asked, timeout=60)
    job_id = posted.json()["job_id"]
    assert deployed.get(f"/api/get_results/{job_id}").content == computed.content
    assert deployed.service.get(job_id).source is not None
    assert planned.met == []


def test_responses_name_their_data_set(
    deployed: Deployed, questions: list[tuple[str, dict[str, str]]]
) -> None:
    name, inputs = questions[0]
    posted = deployed.post(name, **inputs)
    current = deployed.get("/").json()["dataset"]["id"]
    assert posted.headers["Statline-Dataset"] == current
    assert deployed.result(posted.json()["job_id"]).headers["Statline-Dataset"] == current
    assert posted.headers["Location"] == f"/v1/api/get_results/{posted.json()['job_id']}"


def test_jobs_are_listed_oldest_first_and_none_stays_open(deployed: Deployed) -> None:
    asked = a_question(deployed)
    with ThreadPoolExecutor(CLIENTS) as pool:
        ids = list(pool.map(lambda _: deployed.submit("global_mean", **asked), range(20)))
    for job_id in ids:
        assert deployed.result(job_id).json()["status"] == "done"
    listed = [next(iter(one)) for one in deployed.get("/api/jobs").json()["data"]]
    assert set(ids) <= set(listed)
    assert len(listed) == len(set(listed))
    assert deployed.get("/api/num_jobs").json() == {"num_jobs": 0}


def test_second_delivery_changes_nothing(deployed: Deployed) -> None:
    job_id = deployed.submit("global_mean", **a_question(deployed))
    first = deployed.result(job_id).content
    finished = deployed.service.get(job_id).finished
    deployed.queue.add_task(job_id)
    other = deployed.submit("global_mean", **a_question(deployed))
    deployed.result(other)
    eventually(lambda: waiting(deployed, "JobQueue"), lambda count: count == 0)
    assert deployed.result(job_id).content == first
    assert deployed.service.get(job_id).finished == finished


def test_sweeper_sends_a_job_whose_message_was_lost(deployed: Deployed) -> None:
    store = job_store(deployed.stack.aws, deployed.stack.settings())
    forgetful = make_service(store, Nowhere(), deployed.datasets, deployed.control, id_block=1)
    job_id = submit(forgetful, "global_mean", a_question(deployed), fresh=True).id
    eventually(lambda: sweep(deployed, job_id), lambda one: one.json()["status"] == "done")


def test_message_that_never_succeeds_fails_its_job_with_the_reason(deployed: Deployed) -> None:
    current = deployed.control.read().dataset
    name = "f" * 64
    snapshot: Any = {"Bucket": deployed.outputs["Bucket"], "Key": f"datasets/{name}/snapshot"}
    deployed.stack.aws.s3.put_object(**snapshot, Body=b"damaged")
    asked = a_question(deployed)
    deployed.control.set(dataset=name)
    job_id = submit(deployed.service, "global_mean", asked).id
    deployed.control.set(dataset=current)
    body = deployed.result(job_id).json()
    assert body["status"] == "error"
    assert "every attempt failed" in body["reason"]
    deployed.stack.aws.s3.delete_object(**snapshot)
    deployed.await_state()


def test_jobs_outlive_an_outage_of_s3_that_fails_every_delivery(
    deployed: Deployed, planned: Faults, tmp_path: Path
) -> None:
    """The data set is new, so that no worker has it in memory."""
    before = deployed.control.read().dataset
    publishing.publish(write_soil(tmp_path, SOIL.replace("1.5", "7.5")), deployed.control, deployed.datasets)
    planned.plan("error", "GetObject", ALWAYS)
    start = int(time.time() * 1000) - 1000
    ids = [submit(deployed.service, "global_mean", {"question": "S1"}, fresh=True).id for _ in range(3)]
    eventually(
        lambda: "\n".join(line for _, line in deployed.stack.log_lines(start)),
        lambda text: all(f"{job_id} waits for storage" in text for job_id in ids),
    )
    planned.clear()

    assert {deployed.result(job_id).json()["status"] for job_id in ids} == {"done"}
    publishing.use(before[:12], deployed.control, deployed.datasets)
    deployed.await_state()


def test_open_jobs_keep_their_data_set_when_another_is_published(deployed: Deployed, tmp_path: Path) -> None:
    before, asked = deployed.control.read().dataset, a_question(deployed)
    old = [deployed.submit("global_mean", **asked) for _ in range(5)]
    publishing.publish(write_soil(tmp_path), deployed.control, deployed.datasets)
    deployed.await_state()
    new = deployed.submit("global_mean", question="S1")
    for job_id in old:
        answered = deployed.result(job_id)
        assert (answered.json()["status"], answered.headers["Statline-Dataset"]) == ("done", before)
    assert deployed.result(new).json() == {"status": "done", "data": {"global_mean": 2.6666666666666665}}
    publishing.use(before[:12], deployed.control, deployed.datasets)
    deployed.await_state()
    assert deployed.get("/").json()["dataset"]["id"] == before


def test_publishing_twice_gives_one_data_set(deployed: Deployed) -> None:
    before = deployed.control.read().dataset
    assert publishing.publish(DATA, deployed.control, deployed.datasets) == before
    listed = publishing.published(deployed.control, deployed.datasets)
    assert [one.fingerprint for one in listed if one.current] == [before]


@pytest.mark.parametrize("operation", ["PutItem", "GetItem", "UpdateItem"])
def test_throttled_call_is_retried_unnoticed(deployed: Deployed, planned: Faults, operation: str) -> None:
    asked = a_question(deployed)
    planned.plan("throttle", operation, 2)
    answered = deployed.result(deployed.submit("global_mean", **asked))
    assert answered.json()["status"] == "done"
    assert planned.met == [("throttle", operation)] * 2


@pytest.mark.parametrize("operation", ["PutItem", "UpdateItem"])
def test_write_with_lost_response_makes_one_job(deployed: Deployed, planned: Faults, operation: str) -> None:
    """The SDK writes again and meets its own write."""
    asked = a_question(deployed)
    planned.plan("lose", operation)
    job_id = deployed.submit("global_mean", **asked)
    assert deployed.result(job_id).json()["status"] == "done"
    assert planned.met == [("lose", operation)]
    listed = [next(iter(one)) for one in deployed.get("/api/jobs").json()["data"]]
    assert listed.count(job_id) == 1


@pytest.mark.parametrize("kind", ["error", "hang"])
@pytest.mark.parametrize("operation", ["PutItem", "SendMessage"])
def test_outage_is_503_before_the_gateway_gives_up_and_makes_no_job(
    deployed: Deployed, planned: Faults, operation: str, kind: str
) -> None:
    asked, before = a_question(deployed), deployed.get("/api/jobs").json()["data"]
    planned.plan(kind, operation, ALWAYS)
    start = time.monotonic()
    refused = deployed.post("global_mean", **asked)
    assert time.monotonic() - start < GATEWAY_SECONDS
    assert (refused.status_code, refused.json()["status"]) == (503, "error")
    assert int(refused.headers["Retry-After"]) > 0
    planned.clear()
    assert deployed.get("/api/jobs").json()["data"] == before
    assert deployed.result(deployed.submit("global_mean", **asked)).json()["status"] == "done"


def test_job_of_a_killed_worker_is_delivered_again(deployed: Deployed, planned: Faults) -> None:
    """SIGKILL between the read of the job and the write of its outcome."""
    planned.plan("hold", "UpdateItem")
    job_id = deployed.submit("global_mean", **a_question(deployed))
    assert planned.held.wait(20)
    killed = kill(deployed.outputs["Worker"])
    planned.release.set()
    assert killed
    assert deployed.get(f"/api/get_results/{job_id}").json() == {"status": "running"}
    assert deployed.result(job_id).json()["status"] == "done"


def test_second_deployment_keeps_jobs_data_and_address(deployed: Deployed, package: Path) -> None:
    job_id = deployed.submit("global_mean", **a_question(deployed))
    answered = deployed.result(job_id).content
    again = deployed.stack.deploy(package)
    assert again == deployed.outputs
    assert deployed.result(job_id).content == answered
    assert deployed.post("global_mean", **a_question(deployed)).status_code == 200


def test_trace_and_metrics_are_in_the_log_of_both_functions(deployed: Deployed) -> None:
    start, trace = int(time.time() * 1000) - 1000, "4bf92f3577b34da6a3ce929d0e0e4736"
    deployed.http.headers["traceparent"] = f"00-{trace}-00f067aa0ba902b7-01"
    job_id = deployed.submit("global_mean", question="Q036")
    del deployed.http.headers["traceparent"]
    assert deployed.result(job_id).headers["Statline-Trace"] == trace

    def told(lines: list[str]) -> bool:
        ours = [line for line in lines if trace in line]
        numbers = [line for line in lines if '"_aws"' in line]
        return all(
            any(word in line for line in some)
            for word, some in {
                f"accepted {job_id}": ours,
                f"successful {job_id}": ours,
                '"Stage": "test", "JobsAccepted": 1': numbers,
                '"Outcome": "successful", "JobsFinished": 1': numbers,
            }.items()
        )

    eventually(lambda: [line for _, line in deployed.stack.log_lines(start)], told)


def test_drain_finishes_accepted_jobs_and_reopen_accepts_new_ones(deployed: Deployed) -> None:
    asked = a_question(deployed)
    ids = [deployed.submit("global_mean", **asked) for _ in range(5)]
    deployed.service.drain()
    refused = eventually(lambda: deployed.post("global_mean", **asked), lambda one: one.status_code == 503)
    assert refused.json() == {"status": "error", "reason": "shutting down"}
    assert int(refused.headers["Retry-After"]) > 0
    eventually(deployed.service.drain, lambda state: state.done)
    assert deployed.get("/api/num_jobs").json() == {"num_jobs": 0}
    assert all(deployed.result(job_id).json()["status"] == "done" for job_id in ids)
    deployed.service.reopen()
    deployed.await_state()
    assert deployed.post("global_mean", **asked).status_code == 200


class Nowhere:
    """A queue that loses what it is given."""

    def add_task(self, job_id: str) -> None:
        """Lose it."""


def sweep(deployed: Deployed, job_id: str) -> requests.Response:
    deployed.invoke("Sweeper")
    return deployed.get(f"/api/get_results/{job_id}")


def waiting(deployed: Deployed, queue: str) -> int:
    names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
    found = deployed.stack.aws.sqs.get_queue_attributes(
        QueueUrl=deployed.outputs[queue], AttributeNames=names
    )
    return sum(int(found["Attributes"][name]) for name in names)


def kill(function: str) -> int:
    """SIGKILL to the processes that run a function; how many there were."""
    wanted, count = f"AWS_LAMBDA_FUNCTION_NAME={function}".encode(), 0
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            found = wanted in (folder / "environ").read_bytes().split(b"\0")
        except OSError:
            continue
        if found:
            os.kill(int(folder.name), signal.SIGKILL)
            count += 1
    return count
