"""The baseline works: a server that is easy to beat would prove nothing."""

import threading
from pathlib import Path
from typing import Any

import pytest

from bench import survey
from bench.baseline import Jobs, create_app
from bench.frame import Frame
from local.settings import SAMPLE
from tests.support.processes import until


class GatedFrame:
    """A frame whose results wait for an event."""

    def __init__(self) -> None:
        self.open, self.started = threading.Event(), threading.Semaphore(0)

    def compute(self, statistic: str, question: str) -> dict[str, float]:
        self.started.release()
        assert self.open.wait(10)
        if question == "bad":
            raise ValueError("no rows")
        return {"zebra": 1.0, "ant": 2.0}


@pytest.fixture
def frame() -> GatedFrame:
    return GatedFrame()


@pytest.fixture
def client(frame: GatedFrame, tmp_path: Path) -> Any:
    return create_app(Jobs(frame, tmp_path, threads=2)).test_client()  # type: ignore[arg-type] # acts as a Frame


def submit(client: Any, question: str = "x") -> str:
    return client.post("/api/global_mean", json={"question": question}).get_json()["job_id"]


def ended(client: Any, job_id: str) -> dict[str, Any]:
    until(lambda: client.get(f"/api/get_results/{job_id}").get_json()["status"] != "running")
    return client.get(f"/api/get_results/{job_id}").get_json()


def test_job_is_running_then_done_with_the_result_in_its_order(client: Any, frame: GatedFrame) -> None:
    job_id = submit(client)

    assert client.get(f"/api/get_results/{job_id}").get_json() == {"status": "running"}
    frame.open.set()
    job = ended(client, job_id)

    assert job == {"status": "done", "data": {"zebra": 1.0, "ant": 2.0}}
    assert list(job["data"]) == ["zebra", "ant"]


def test_as_many_jobs_run_at_once_as_there_are_threads(client: Any, frame: GatedFrame) -> None:
    jobs = [submit(client) for _ in range(3)]

    assert frame.started.acquire(timeout=10)
    assert frame.started.acquire(timeout=10)
    assert not frame.started.acquire(timeout=0.05)
    frame.open.set()

    assert {ended(client, job_id)["status"] for job_id in jobs} == {"done"}


def test_failed_job_is_an_error_and_the_next_is_done(client: Any, frame: GatedFrame) -> None:
    frame.open.set()
    *bad, good = (ended(client, submit(client, word)) for word in ("bad", "bad", "bad", "good"))
    assert bad == [{"status": "error", "reason": "no rows"}] * 3
    assert good["status"] == "done"


def test_unknown_job_is_404_and_bad_request_400(client: Any) -> None:
    assert client.get("/api/get_results/job_id_9").status_code == 404
    assert client.post("/api/state_mean", json={"question": "x"}).status_code == 400
    assert client.post("/api/median", json={"question": "x"}).status_code == 400


def test_real_frame_gives_results_that_json_can_carry(tmp_path: Path) -> None:
    client = create_app(Jobs(Frame(SAMPLE, survey.described(SAMPLE)), tmp_path, 1)).test_client()
    question, state = survey.usable_pairs(SAMPLE)[0]
    inputs = {"question": question, "state": state}
    job_id = client.post("/api/state_mean_by_category", json=inputs).get_json()["job_id"]
    assert ended(client, job_id)["status"] == "done"
