"""The baseline is a server that works: an easy one to beat would prove nothing."""

import threading
from pathlib import Path

import pytest

from bench import survey
from bench.frame import Frame
from local.settings import SAMPLE

pytest.importorskip("flask", reason="make bench installs it")

from bench.baseline import ThreadPool, create_app

MEAN = ("global_mean", {"question": "x"})


class Gate:
    """A frame whose answers wait until they are let through."""

    def __init__(self) -> None:
        self.open, self.started = threading.Event(), threading.Semaphore(0)

    def answer(self, statistic: str, question: str) -> dict[str, float]:
        self.started.release()
        assert self.open.wait(10)
        if question == "bad":
            raise ValueError("no rows")
        return {"zebra": 1.0, "ant": 2.0}


@pytest.fixture
def gate() -> Gate:
    return Gate()


@pytest.fixture
def pool(gate: Gate, tmp_path: Path) -> ThreadPool:
    return ThreadPool(gate, tmp_path, threads=2)  # type: ignore[arg-type] # it answers, as a frame does


def ended(client: object, job_id: str) -> dict[str, object]:
    pause = threading.Event()
    for _ in range(1000):
        body = client.get(f"/api/get_results/{job_id}").get_json()
        if body["status"] != "running":
            return body
        pause.wait(0.01)
    raise AssertionError(f"{job_id} is still running after 10 s")


def test_a_job_runs_and_is_answered_from_its_file(gate: Gate, pool: ThreadPool, tmp_path: Path) -> None:
    """In the answer's own order; until then it is running."""
    client = create_app(pool).test_client()
    job_id = client.post("/api/global_mean", json={"question": "x"}).get_json()["job_id"]
    assert job_id == "job_id_1"
    assert client.get(f"/api/get_results/{job_id}").get_json() == {"status": "running"}
    assert client.get("/api/num_jobs").get_json() == {"num_jobs": 1}
    gate.open.set()
    assert ended(client, job_id) == {"status": "done", "data": {"zebra": 1.0, "ant": 2.0}}
    assert list(ended(client, job_id)["data"]) == ["zebra", "ant"]
    assert (tmp_path / job_id).read_text() == '{"zebra": 1.0, "ant": 2.0}'
    assert client.get("/api/jobs").get_json() == {"status": "done", "data": [{"job_id_1": "done"}]}


def test_as_many_jobs_run_at_once_as_there_are_threads(gate: Gate, pool: ThreadPool) -> None:
    """Two here, though three wait."""
    jobs = [pool.submit(*MEAN) for _ in range(3)]
    assert gate.started.acquire(timeout=10)
    assert gate.started.acquire(timeout=10)
    assert not gate.started.acquire(timeout=0.05)
    gate.open.set()
    client = create_app(pool).test_client()
    assert {ended(client, job_id)["status"] for job_id in jobs} == {"done"}


def test_a_job_that_fails_takes_no_thread_with_it(gate: Gate, pool: ThreadPool) -> None:
    """It is an error, the next one is done."""
    gate.open.set()
    client = create_app(pool).test_client()
    jobs = [pool.submit("global_mean", {"question": word}) for word in ("bad", "bad", "bad", "good")]
    *bad, good = (ended(client, job_id) for job_id in jobs)
    assert bad == [{"status": "error", "reason": "no rows"}] * 3
    assert good["status"] == "done"


def test_what_cannot_be_asked_is_refused(gate: Gate, pool: ThreadPool) -> None:
    """An unknown job, a missing field, a statistic that is none, anything while draining."""
    client = create_app(pool).test_client()
    assert client.get("/api/get_results/job_id_9").status_code == 404
    assert client.post("/api/state_mean", json={"question": "x"}).status_code == 400
    assert client.post("/api/median", json={"question": "x"}).status_code == 400
    pool.submit(*MEAN)
    assert client.get("/api/graceful_shutdown").get_json() == {"status": "running", "num_jobs": 1}
    assert client.post("/api/global_mean", json={"question": "x"}).status_code == 503
    gate.open.set()
    ended(client, "job_id_1")
    assert client.get("/api/graceful_shutdown").get_json() == {"status": "done"}


def test_it_answers_from_a_real_frame(tmp_path: Path) -> None:
    """What pandas gives can be sent."""
    client = create_app(ThreadPool(Frame(SAMPLE, survey.described(SAMPLE)), tmp_path, 1)).test_client()
    question, state = survey.usable_pairs(SAMPLE)[0]
    for name, body in (
        ("best5", {"question": question}),
        ("state_mean_by_category", {"question": question, "state": state}),
    ):
        job_id = client.post(f"/api/{name}", json=body).get_json()["job_id"]
        assert ended(client, job_id)["status"] == "done"
