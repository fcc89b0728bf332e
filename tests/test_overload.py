"""More questions than may be open, over real HTTP."""

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
    """Few places, and no runner that would free one."""
    return LocalSettings.from_environ(
        {
            "STATLINE_HOME": str(home),
            "STATLINE_DATASET": str(home / SOIL_CSV),
            "STATLINE_MAX_OPEN": str(LIMIT),
            "TP_NUM_OF_THREADS": "0",
        }
    )


def test_beyond_the_limit_a_post_is_refused(url: str, http: requests.Session, emulator: Emulator) -> None:
    """503 that says how many are open, what the limit is and when to come again; a place freed is given."""
    posted = [http.post(f"{url}/api/global_mean", json=HUMUS, timeout=5) for _ in range(LIMIT + 1)]
    assert [one.status_code for one in posted] == [200] * LIMIT + [503]
    refused = posted[-1]
    assert refused.json()["status"] == "error"
    assert f"{LIMIT} jobs are open, and no more than {LIMIT} may be" in refused.json()["reason"]
    assert int(refused.headers["Retry-After"]) >= 1
    emulator.service.process("job_id_1")
    assert http.post(f"{url}/api/global_mean", json=HUMUS, timeout=5).json() == {"job_id": "job_id_4"}


def test_who_was_accepted_is_served(url: str, emulator: Emulator) -> None:
    """Clients at once: each is refused or answered, none both, and the limit is never passed."""

    def client(_: int) -> str | None:
        with requests.Session() as own:
            posted = own.post(f"{url}/api/global_mean", json=HUMUS, timeout=5)
            assert posted.status_code in (200, 503)
            return posted.json().get("job_id")

    with ThreadPoolExecutor(8) as pool:
        accepted = {job_id for job_id in pool.map(client, range(40)) if job_id}
    assert 0 < len(accepted) == emulator.service.num_jobs() <= LIMIT
    for job_id in accepted:
        assert requests.get(f"{url}/api/get_results/{job_id}", timeout=5).json() == {"status": "running"}
        emulator.service.process(job_id)
        assert requests.get(f"{url}/api/get_results/{job_id}", timeout=5).json()["status"] == "done"
    assert {job.id for job in emulator.service.jobs()} == accepted


def test_a_malformed_question_is_told_so_even_then(url: str, http: requests.Session) -> None:
    """To come again later would not make it right; and a drain is a drain."""
    for _ in range(LIMIT):
        http.post(f"{url}/api/global_mean", json=HUMUS, timeout=5)
    assert http.post(f"{url}/api/global_mean", json={}, timeout=5).status_code == 400
    http.get(f"{url}/api/graceful_shutdown", timeout=5)
    assert http.post(f"{url}/api/global_mean", json=HUMUS, timeout=5).json()["reason"] == "shutting down"


def test_what_was_accepted_before_a_lower_limit_is_finished(settings: LocalSettings) -> None:
    """The next start takes up every job, however many may be open by then."""
    first, lower = Emulator(settings), replace(settings.service, max_open=1)
    first.start()
    ids = [submit(first.service, "global_mean", HUMUS).id for _ in range(LIMIT)]
    first.stop()
    again = Emulator(replace(settings, service=lower))
    again.start()
    try:
        assert again.service.num_jobs() == LIMIT
        for job_id in ids:
            with pytest.raises(Overloaded):
                submit(again.service, "global_mean", HUMUS)
            again.service.process(job_id)
            assert frozen_json(again.service.get(job_id)) == GLOBAL_HUMUS
    finally:
        again.stop()
