"""Every case of shared/trust over real HTTP, on both interfaces."""

from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

import pytest
import requests

from chalicelib.domain.statistics.registry import ESTIMATES
from local.settings import LocalSettings
from tests.conftest import running, served
from tests.support.answers import check_answer
from tests.support.samples import ask
from tests.support.trust import FILES, cases, differences, needs_trust

pytestmark = needs_trust


@pytest.fixture(scope="module", params=FILES)
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def url(kind: str, chalice_config: object, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A server on the data of a kind of cases."""
    environ = {"STATLINE_HOME": str(tmp_path_factory.mktemp(kind)), "STATLINE_DATASET": str(FILES[kind])}
    with ExitStack() as stack:
        settings = LocalSettings.from_environ(environ | {"STATLINE_REPLICA": "no"})
        emulator = stack.enter_context(running(settings))
        yield stack.enter_context(served(emulator, chalice_config))


def test_every_case_has_its_answer_on_both_interfaces(kind: str, url: str, http: requests.Session) -> None:
    own = [case for case in cases() if case["data"] == kind]
    assert own
    wrong = {case["id"]: why for case in own if (why := wrongness(http, url, case))}
    assert not wrong


def wrongness(http: requests.Session, url: str, case: dict[str, Any]) -> str | list[str]:
    """Return what is wrong with the answers to a case, on either interface."""
    name, inputs, expected = case["statistic"], case["inputs"], case["expected"]
    posted = http.post(f"{url}/api/{name}", json=inputs, timeout=25)
    executed = http.post(f"{url}/processes/{name}/execution", json={"inputs": inputs}, timeout=25)
    failed = posted.status_code == 400 or "reason" in ask(http, url, name, **inputs)
    if "error" in expected:
        return "" if (executed.status_code, failed) == (400, True) else "answered, where an error is due"
    if failed or executed.status_code != 200:
        return f"not answered: {executed.text[:200]}"
    job_id = posted.json()["job_id"]
    collected = http.get(f"{url}/api/get_results/{job_id}", headers={"Prefer": "wait=10"}, timeout=25)
    if collected.content != b'{"status": "done", "data": %b}' % executed.content:
        return "the interfaces differ"
    if name in ESTIMATES:
        check_answer(name, executed.json())
    return differences(expected["answer"], executed.json(), case["tolerance"])
