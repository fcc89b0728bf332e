"""Trace ids: from a valid header or new, and the same in the request, its job, its log lines and result."""

import json
import re
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pytest
import requests
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.application import lambda_handlers
from chalicelib.observability import trace
from chalicelib.routes.endpoint import TRACE
from local.emulator.emulator import Emulator
from local.emulator.thread_pool import ThreadPool
from local.settings import LocalSettings
from tests.support.samples import SOIL_CSV, job
from tests.support.services import submit

TRACE_ID, SPAN = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"
GOOD = f"00-{TRACE_ID}-{SPAN}-01"
XRAY = f"Self=1-67891234-12456789abcdef012345678;Root=1-{TRACE_ID[:8]}-{TRACE_ID[8:]};Sampled=1"


@pytest.mark.parametrize(
    "text", [GOOD, f"00-{TRACE_ID}-{SPAN}-00", f"cc-{TRACE_ID}-{SPAN}-01-what-will-come"]
)
def test_valid_traceparent_gives_the_trace_id(text: str) -> None:
    assert trace.of_request({"traceparent": text, "x-amzn-trace-id": XRAY[:40]}) == TRACE_ID


@pytest.mark.parametrize(
    "text",
    [
        "",
        TRACE_ID,
        f"ff-{TRACE_ID}-{SPAN}-01",
        f"00-{TRACE_ID}-{SPAN}-01-more",
        f"cc-{TRACE_ID}-{SPAN}-01more",
        f"00-{'0' * 32}-{SPAN}-01",
        f"00-{TRACE_ID}-{'0' * 16}-01",
        f"00-{TRACE_ID.upper()}-{SPAN}-01",
        f"00-{TRACE_ID[:-1]}-{SPAN}-01",
        f"00-{TRACE_ID}-{SPAN}-1",
        f"{GOOD},{GOOD}",
        f"{GOOD}\n",
        GOOD.replace("4", "٤"),
        "00-" + "a" * 100_000,
    ],
)
def test_invalid_traceparent_gives_xrays_or_a_new_id(text: str) -> None:
    assert trace.of_request({"traceparent": text, "x-amzn-trace-id": XRAY}) == TRACE_ID
    made = trace.of_request({"traceparent": text, "x-amzn-trace-id": "Root=2-1-1"})
    assert re.fullmatch("[0-9a-f]{32}", made)
    assert made != trace.of_request({"traceparent": text})


@given(st.text(), st.text())
def test_trace_id_is_32_digits_whatever_the_headers(parent: str, xray: str) -> None:
    made = trace.of_request({"traceparent": parent, "x-amzn-trace-id": xray})
    assert re.fullmatch("[0-9a-f]{32}", made)


def test_scope_ends_with_adopted_trace_and_is_local_to_its_thread() -> None:
    trace.adopt("nowhere")
    assert trace.current() == ""
    with suppress(ZeroDivisionError), trace.scope("a"):
        trace.adopt("b")
        with ThreadPoolExecutor(1) as pool:
            assert pool.submit(trace.current).result() == ""
        assert trace.current() == "b"
        1 / 0  # noqa: B018 - what a view might do
    assert trace.current() == ""


@pytest.fixture
def settings(home: Path) -> LocalSettings:
    """Whose log says everything, in JSON."""
    return LocalSettings.from_environ(
        {
            "STATLINE_HOME": str(home),
            "STATLINE_DATASET": str(home / SOIL_CSV),
            "STATLINE_LOG_FORMAT": "json",
            "STATLINE_LOG_LEVEL": "debug",
        }
    )


@pytest.fixture
def lines(emulator: Emulator) -> Callable[[], list[dict[str, str]]]:
    """The emulator's log."""

    def read() -> list[dict[str, str]]:
        emulator.log_lines.flush()
        text = (emulator.settings.state / "logs" / "statline.log").read_text()
        return [json.loads(line) for line in text.splitlines()]

    return read


Lines = Callable[[], list[dict[str, str]]]


def test_request_job_and_result_share_one_trace(url: str, http: requests.Session, lines: Lines) -> None:
    """Although another request polls."""
    http.headers["traceparent"] = GOOD
    posted = http.post(f"{url}/api/global_mean", json={"question": "S1"}, timeout=5)
    http.headers["traceparent"] = GOOD.replace("4", "5")
    result = f"{url}/api/get_results/{posted.json()['job_id']}"
    while (read := http.get(result, timeout=5)).json()["status"] == "running":
        pass
    assert (posted.headers[TRACE], read.headers[TRACE]) == (TRACE_ID, TRACE_ID)
    ours = [line["message"] for line in lines() if line.get("trace") == TRACE_ID]
    assert sorted(ours) == ["POST /api/global_mean 200", "accepted job_id_1", "successful job_id_1"]
    assert not [line for line in lines() if line.get("job_id") == "job_id_1" and line["trace"] != TRACE_ID]
    poll = next(line for line in lines() if line["message"].startswith("GET"))
    assert poll["trace"] == TRACE_ID.replace("4", "5")


def test_refusal_has_the_sent_or_a_new_trace(url: str, http: requests.Session, lines: Lines) -> None:
    refused = http.post(f"{url}/api/global_mean", json={}, headers={"traceparent": GOOD}, timeout=5)
    assert (refused.status_code, refused.headers[TRACE]) == (400, TRACE_ID)
    missing = http.get(f"{url}/api/get_results/job_id_7", headers={"traceparent": "x" * 5000}, timeout=5)
    assert (missing.status_code, len(missing.headers[TRACE])) == (404, 32)
    assert missing.headers[TRACE] in [line["trace"] for line in lines() if "job_id_7" in line["message"]]


def test_trace_survives_a_restart(settings: LocalSettings) -> None:
    first = Emulator(replace(settings, threads=0))
    first.start()
    with trace.scope(TRACE_ID):
        submit(first.service, "global_mean", {"question": "S1"})
    first.stop()
    again = Emulator(replace(settings, threads=0))
    again.start()
    assert again.service.get("job_id_1").trace == TRACE_ID
    again.service.process("job_id_1")
    assert again.service.get("job_id_1").trace == TRACE_ID
    again.stop()


def test_worker_logs_a_failure_under_the_trace_of_its_job(emulator: Emulator, lines: Lines) -> None:
    emulator.pool.stop()
    data = emulator.service.dataset()
    emulator.store.create(job(5, statistic="from_the_future", dataset=data, trace=TRACE_ID))
    emulator.store.create(job(6, statistic="from_the_future", dataset=data, trace=TRACE_ID[::-1]))
    emulator.store.create(job(7, statistic="from_the_future", dataset=data))
    bodies = ["job_id_5", "job_id_6", "job_id_7", "job_id_8"]
    records = [{"messageId": body, "body": body} for body in bodies]
    lambda_handlers.process(emulator.service, {"Records": records})
    lambda_handlers.finish_dead_letters(emulator.service, {"Records": records[:2]})
    assert [(line["message"], line.get("trace")) for line in lines() if "job_id" in line] == [
        ("message of job_id_5", TRACE_ID),
        ("message of job_id_6", TRACE_ID[::-1]),
        ("message of job_id_7", None),
        ("no such job job_id_8: expired or removed", None),
        ("last attempt of job_id_5", TRACE_ID),
        ("failed job_id_5", TRACE_ID),
        ("last attempt of job_id_6", TRACE_ID[::-1]),
        ("failed job_id_6", TRACE_ID[::-1]),
    ]


def test_runner_logs_each_attempt_under_the_trace_of_its_job(
    emulator: Emulator, lines: Lines, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("local.emulator.thread_pool.FIRST_PAUSE", 0.001)
    data = emulator.service.dataset()
    emulator.store.create(job(5, statistic="from_the_future", dataset=data, trace=TRACE_ID))
    ended = threading.Event()

    def abandon(job_id: str, attempts: int, error: BaseException) -> None:
        emulator.service.fail(job_id, str(error))
        ended.set()

    pool = ThreadPool(1, emulator.service.process_all, abandon)
    pool.start()
    pool.add_task("job_id_5")
    assert ended.wait(10)
    pool.stop()
    about = [line for line in lines() if line.get("job_id") == "job_id_5"]
    assert len(about) == 6
    assert {line["trace"] for line in about} == {TRACE_ID}


def test_sweeper_logs_each_job_under_its_trace(emulator: Emulator, lines: Lines) -> None:
    emulator.pool.stop()
    for number, its in ((5, TRACE_ID), (6, TRACE_ID[::-1])):
        emulator.store.create(job(number, trace=its))
    emulator.service.sweep(0, 0)
    failed = {line["job_id"]: line["trace"] for line in lines() if line["message"].startswith("failed")}
    assert failed == {"job_id_5": TRACE_ID, "job_id_6": TRACE_ID[::-1]}
    assert trace.current() == ""
