"""`python -m local` and `chalice local` as real processes: stopped, killed, restarted."""

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from pathlib import Path

import pytest
import requests

from tests.support.processes import (
    PROJECT,
    ServerProcess,
    chalice_local,
    copy_of_project,
    python_m_local,
    until,
)
from tests.support.samples import DESCRIPTION, GLOBAL_HUMUS, SOIL, ask, write_soil
from tests.support.shared import SHARED, SUBSET, needs_shared

QUESTION = {"question": "S1"}


def post(url: str, count: int) -> list[str]:
    with requests.Session() as http:
        posted = (http.post(f"{url}/api/global_mean", json=QUESTION, timeout=5) for _ in range(count))
        return [response.json()["job_id"] for response in posted]


def results(url: str, ids: list[str]) -> set[bytes]:
    """The bodies of all results, once every job has finished."""
    pause = threading.Event()
    with requests.Session() as http:
        for _ in range(1000):
            if http.get(f"{url}/api/num_jobs", timeout=5).json() == {"num_jobs": 0}:
                return {http.get(f"{url}/api/get_results/{job_id}", timeout=5).content for job_id in ids}
            pause.wait(0.01)
    raise AssertionError("jobs are still open after 10 s")


DONE = b'{"status": "done", "data": %b}' % GLOBAL_HUMUS


def test_jobs_accepted_before_sigkill_are_done_by_the_next_start_under_their_ids(home: Path) -> None:
    with python_m_local(home, TP_NUM_OF_THREADS="0") as server:
        ids = post(server.url, 200)
        server.signal(signal.SIGKILL)
        assert server.wait() == -signal.SIGKILL
    with python_m_local(home) as server:
        assert results(server.url, ids) == {DONE}
        assert not set(ids) & set(post(server.url, 5))


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_signal_finishes_accepted_jobs_and_exits_with_0(home: Path, number: int) -> None:
    with python_m_local(home) as server:
        ids = post(server.url, 50)
        server.signal(number)
        assert server.wait() == 0
        assert "Drained." in server.said
    assert {(home / "results" / job_id).read_bytes() for job_id in ids} == {GLOBAL_HUMUS}


def test_signal_while_data_is_read_ends_the_start(tmp_path: Path) -> None:
    source = str(write_slow_survey(tmp_path))
    environ = {"STATLINE_HOME": str(tmp_path / "home"), "STATLINE_DATASET": source, "STATLINE_REPLICA": "no"}
    process = started([sys.executable, "-m", "local", "serve", "--port", "0"], environ)
    until_line(process, f"reading {source}")
    process.send_signal(signal.SIGTERM)
    said = process.communicate(timeout=30)[0]
    assert process.returncode == 0, said
    assert said.endswith("Stopped before it served.\n")


def test_ctrl_c_ends_a_check(tmp_path: Path) -> None:
    process = started([sys.executable, "-m", "local", "check", str(write_slow_survey(tmp_path))], {})
    until_line(process, "described by")
    process.send_signal(signal.SIGINT)
    said = process.communicate(timeout=30)[0]
    assert process.returncode == 1
    assert said.strip() == "Aborted!"


def write_slow_survey(folder: Path) -> Path:
    """A file that takes some seconds: because of "comment", Python's csv reads it."""
    path = write_soil(folder, SOIL + "Humus,S1,Bayern,1.5,Nutzung,Acker\n" * 1_000_000)
    (folder / "soil.json").write_text(json.dumps(DESCRIPTION | {"read": {"comment": "#"}}))
    return path


def started(command: list[str], environ: dict[str, str]) -> subprocess.Popen[str]:
    return subprocess.Popen(
        command,
        cwd=PROJECT,
        env=os.environ | environ | {"PYTHONUNBUFFERED": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def until_line(process: subprocess.Popen[str], text: str) -> None:
    assert process.stdout
    assert any(text in line for line in process.stdout), f"it never said {text}"


def test_drain_without_runners_leaves_jobs_for_the_next_start(home: Path) -> None:
    with python_m_local(home, TP_NUM_OF_THREADS="0") as server:
        ids = post(server.url, 3)
        server.signal(signal.SIGTERM)
        assert server.wait() == 0
        assert "3 jobs left" in server.said
    with python_m_local(home) as server:
        assert results(server.url, ids) == {DONE}


@pytest.mark.parametrize(
    ("environ", "named"),
    [
        ({"STATLINE_DATASET": "/nowhere.csv"}, "/nowhere.csv"),
        ({"TP_NUM_OF_THREADS": "many"}, "TP_NUM_OF_THREADS=many"),
        ({"STATLINE_LOG_FORMAT": "xml"}, "STATLINE_LOG_FORMAT=xml"),
    ],
)
def test_wrong_setting_ends_both_commands_with_a_sentence(
    home: Path, environ: dict[str, str], named: str
) -> None:
    for start in (python_m_local, chalice_local):
        with pytest.raises(AssertionError) as caught, start(home, **environ):
            pass
        assert named in str(caught.value)
        assert "Traceback" not in str(caught.value)


def test_taken_port_is_an_error_that_names_the_remedy(home: Path) -> None:
    with python_m_local(home) as server:
        port = server.url.rsplit(":", 1)[1]
        second = subprocess.run(
            [sys.executable, "-m", "local", "serve", "--port", port],
            cwd=PROJECT,
            capture_output=True,
            text=True,
            timeout=30,
            check=False,
        )
    assert second.returncode == 1
    assert f"127.0.0.1:{port}" in second.stderr
    assert "PORT=" in second.stderr


def test_json_log_has_two_lines_a_job_and_one_a_request(home: Path) -> None:
    with python_m_local(home, STATLINE_LOG_FORMAT="json") as server, requests.Session() as http:
        ask(http, server.url, "global_mean", **QUESTION)
        http.get(f"{server.url}/api/jobs", timeout=5)
        server.signal(signal.SIGTERM)
        server.wait()
    lines = [
        json.loads(line) for line in (home / ".statline" / "logs" / "statline.log").read_text().splitlines()
    ]
    about = [line["message"] for line in lines if line.get("job_id") == "job_id_1"]
    assert sorted(about) == ["accepted job_id_1", "successful job_id_1"]
    assert [line["message"] for line in lines if line["logger"] == "statline.http"] == [
        "POST /api/global_mean 200",
        "GET /api/jobs 200",
    ]
    assert all(line["time"].endswith("Z") for line in lines)


def test_a_thousand_jobs_do_not_trigger_autoreload(tmp_path: Path) -> None:
    project = copy_of_project(tmp_path)
    with chalice_local(project, cwd=project, STATLINE_DATASET="", STATLINE_HOME="") as server:

        def client(number: int) -> set[str]:
            with requests.Session() as http:
                bodies = [ask(http, server.url, "best5", question="Q036") for _ in range(125)]
            return {json.dumps(body) for body in bodies}

        with ThreadPoolExecutor(8) as pool:
            bodies = set().union(*pool.map(client, range(8)))
        assert len(bodies) == 1
        until(lambda: len(list((project / "results").glob("job_id_*"))) == 1000)
        server.kill()
    assert server.said.count("serving") == 1


def test_jobs_of_a_stopped_chalice_local_are_done_by_its_next_start(home: Path) -> None:
    with chalice_local(home, TP_NUM_OF_THREADS="0") as server:
        ids = post(server.url, 20)
        server.signal(signal.SIGTERM)
        server.wait()
    with chalice_local(home) as server:
        assert results(server.url, ids) == {DONE}


@needs_shared
@pytest.mark.parametrize("start", [python_m_local, chalice_local])
@pytest.mark.parametrize("more", [[], ["--keep-alive"]])
def test_reference_cases_pass_under_both_commands(
    home: Path, start: Callable[..., AbstractContextManager[ServerProcess]], more: list[str]
) -> None:
    with start(home, STATLINE_DATASET=str(SUBSET)) as server:
        checker = subprocess.run(
            [sys.executable, str(SHARED / "bin" / "conformance.py"), "--url", server.url, *more],
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
    assert checker.returncode == 0, checker.stdout
    assert "0 failed" in checker.stdout
