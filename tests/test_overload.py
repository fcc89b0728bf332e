"""More jobs than the limit on open jobs, over real HTTP."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest
import requests

from chalicelib.documents.result_table import frozen_json
from chalicelib.errors import Overloaded
from local.emulator.emulator import Emulator
from local.settings import LocalSettings
from tests.support.samples import GLOBAL_HUMUS, SOIL_CSV
from tests.support.services import submit

LIMIT = 3
HUMUS = {"question": "S1"}


@pytest.fixture
def settings(home: Path) -> LocalSettings:
    """A low limit, and no worker threads that would finish a job."""
    return LocalSettings.from_environ(
        {
            "STATLINE_HOME": str(home),
            "STATLINE_DATASET": str(home / SOIL_CSV),
            "STATLINE_MAX_OPEN": str(LIMIT),
            "TP_NUM_OF_THREADS": "0",
        }
    )


def test_post_beyond_the_limit_is_503_with_retry_after(
    url: str, http: requests.Session, emulator: Emulator
) -> None:
    responses = [http.post(f"{url}/api/global_mean", json=HUMUS, timeout=5) for _ in range(LIMIT + 1)]
    assert [response.status_code for response in responses] == [200] * LIMIT + [503]
    refused = responses[-1]
    assert refused.json()["status"] == "error"
    assert f"{LIMIT} jobs are open, and no more than {LIMIT} may be" in refused.json()["reason"]
    assert int(refused.headers["Retry-After"]) >= 1
    emulator.service.process("job_id_1")

    assert http.post(f"{url}/api/global_mean", json=HUMUS, timeout=5).json() == {"job_id": "job_id_4"}


def test_concurrent_clients_are_refused_or_get_a_result(url: str, emulator: Emulator) -> None:

    def client(_: int) -> str | None:
        with requests.Session() as session:
            response = session.post(f"{url}/api/global_mean", json=HUMUS, timeout=5)
            assert response.status_code in (200, 503)
            return response.json().get("job_id")

    with ThreadPoolExecutor(8) as pool:
        accepted = {job_id for job_id in pool.map(client, range(40)) if job_id}
    assert 0 < len(accepted) == emulator.service.num_jobs() <= LIMIT
    for job_id in accepted:
        assert requests.get(f"{url}/api/get_results/{job_id}", timeout=5).json() == {"status": "running"}
        emulator.service.process(job_id)
        assert requests.get(f"{url}/api/get_results/{job_id}", timeout=5).json()["status"] == "done"
    assert {job.id for job in emulator.service.jobs()} == accepted


def test_full_service_still_answers_400_and_reports_a_drain(url: str, http: requests.Session) -> None:
    for _ in range(LIMIT):
        http.post(f"{url}/api/global_mean", json=HUMUS, timeout=5)
    assert http.post(f"{url}/api/global_mean", json={}, timeout=5).status_code == 400
    http.get(f"{url}/api/graceful_shutdown", timeout=5)
    assert http.post(f"{url}/api/global_mean", json=HUMUS, timeout=5).json()["reason"] == "shutting down"


def test_jobs_accepted_before_a_lower_limit_are_finished(settings: LocalSettings) -> None:
    first, lower = Emulator(settings), replace(settings.service, max_open=1)
    first.start()
    ids = [submit(first.service, "global_mean", HUMUS).id for _ in range(LIMIT)]
    first.stop()
    second = Emulator(replace(settings, service=lower))
    second.start()
    try:
        assert second.service.num_jobs() == LIMIT
        for job_id in ids:
            with pytest.raises(Overloaded):
                submit(second.service, "global_mean", HUMUS, fresh=True)
            second.service.process(job_id)
            assert frozen_json(second.service.get(job_id)) == GLOBAL_HUMUS
    finally:
        second.stop()
