"""Failures of AWS: each kind at each call of each route, over real sockets."""

import functools
import json
import logging
import math
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import boto3
import pytest
from chalice.local import LambdaContext, LambdaEventConverter, RouteMatcher

from app import app
from chalicelib.adapters.aws_clients import (
    ATTEMPT_SECONDS,
    ATTEMPTS,
    LONGEST_RETRY_AFTER,
    Aws,
    attempts_left,
    longest_call,
)
from chalicelib.adapters.dynamodb_job_store import DynamoDbJobStore
from chalicelib.application import deadline, lambda_handlers
from chalicelib.application.submission import WITHDRAW_SECONDS
from chalicelib.bootstrap import get_service
from chalicelib.config import Settings
from chalicelib.documents.result_table import frozen_json
from chalicelib.errors import AwsUnavailable
from chalicelib.observability.metrics import STORE_ERRORS
from chalicelib.routes.endpoint import REQUEST_SECONDS
from local.emulator import moto_backend
from local.settings import PROJECT
from tests.support.faults import LATE, proxy
from tests.support.faulty_cloud import HANG_SECONDS, HASTY, TRIES, Cloud, to_moto
from tests.support.metrics import value
from tests.support.samples import GLOBAL_HUMUS
from tests.support.services import submit

# Every call that a route can make, and a request that makes it.
REQUESTS = {
    "control": ("GetItem", "POST", "/api/global_mean"),
    "places": ("GetQueueAttributes", "POST", "/api/global_mean"),
    "ids": ("UpdateItem", "POST", "/api/global_mean"),
    "create": ("PutItem", "POST", "/api/global_mean"),
    "queue": ("SendMessage", "POST", "/api/global_mean"),
    "record": ("GetItem", "GET", "/api/get_results/{id}"),
    "answer": ("GetObject", "GET", "/api/get_results/{id}"),
    "list": ("Query", "GET", "/api/jobs"),
    "count": ("Query", "GET", "/api/num_jobs"),
    "catalogue": ("GetObject", "GET", "/api/states"),
    "drain": ("UpdateItem", "GET", "/api/graceful_shutdown"),
}
# Every kind of fault, how often botocore tries a call that meets it, and what the log line names.
KINDS = {
    "throttle": (TRIES, ("ProvisionedThroughputExceeded", "SlowDown", "RequestThrottled")),
    "error": (TRIES, ("Internal",)),
    "reset": (TRIES, ("Connection",)),
    "lose": (TRIES, ("ConnectionClosed",)),
    "hang": (TRIES, ("ReadTimeout",)),
    "foreign": (TRIES, ("502",)),
    "expired": (1, ("renew the credentials",)),
    "denied": (1, ("let the function's role do it",)),
    "missing": (1, ("names what is not there",)),
}
ALWAYS = 1_000_000
GATEWAY_SECONDS = 29


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cloud]:
    moto = moto_backend.start_moto()
    with proxy(to_moto) as (faults, address):
        yield Cloud(faults, address, moto_backend.connect(Settings()), tmp_path_factory.mktemp("data"))
    moto.stop()


@pytest.fixture
def cloud(shared: Cloud) -> Cloud:
    """With nothing planned, and nothing of an earlier test to do."""
    shared.faults.clear()
    shared.work_off()
    shared.service(shared.clients).reopen()
    return shared


@pytest.fixture
def lines() -> Iterator[list[logging.LogRecord]]:
    """What was logged about AWS."""
    met: list[logging.LogRecord] = []
    handler = logging.Handler()
    handler.emit = met.append  # type: ignore[method-assign] # the one method that a handler is for
    logger = logging.getLogger("statline.aws")
    logger.addHandler(handler)
    yield met
    logger.removeHandler(handler)


def ask(method: str, path: str) -> tuple[int, dict[str, str], Any]:
    """Through the whole application, as API Gateway calls it: status, headers, body. Questions are fresh."""
    get = LambdaEventConverter(RouteMatcher(list(app.routes))).create_lambda_event
    headers = {"cache-control": "no-cache"}
    event = get(method, path, headers, b'{"question": "S1"}' if method == "POST" else b"")
    answer = app(event, LambdaContext("test", 128))
    return answer["statusCode"], answer["headers"], json.loads(answer["body"])


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("request_", REQUESTS)
def test_failed_call_is_503_with_one_log_line_and_makes_no_job(
    cloud: Cloud, lines: list[logging.LogRecord], kind: str, request_: str
) -> None:
    """After a bounded number of attempts; the same service answers again when the fault is over."""
    tries, named = KINDS[kind]
    operation, method, path = REQUESTS[request_]
    done = cloud.finished()
    service = cloud.service(cloud.hasty if kind == "hang" else None)
    get_service.use(lambda: service)
    cloud.faults.plan(kind, operation, ALWAYS)
    status, headers, body = ask(method, path.format(id=done.id))
    assert (status, int(headers["Retry-After"]) > 0) == (503, True)
    assert body == {"status": "error", "reason": str(AwsUnavailable(""))}
    assert cloud.faults.met == [(kind, operation)] * tries
    (line,) = lines
    assert (operation in line.getMessage(), line.exc_info) == (True, None)
    assert value(STORE_ERRORS, vars(line)["operation"]) >= 1
    assert any(name in line.getMessage() for name in named), line.getMessage()
    cloud.faults.clear()
    service.reopen()
    heal(cloud, made=(kind, operation) == ("lose", "PutItem"))


def heal(cloud: Cloud, made: bool) -> None:
    """With the fault gone all ends well: `made` says whether a job remains that nobody was told of."""
    cloud.work_off()
    near = cloud.service(cloud.clients)
    left = [one.id for one in near.jobs() if not one.status.is_terminal]
    assert len(left) == near.num_jobs() == made
    near.sweep(resend_after=-1000, give_up_after=10**9)
    status, _, body = ask("POST", "/api/global_mean")
    assert status == 200
    cloud.work_off()
    assert near.num_jobs() == 0
    assert {frozen_json(near.get(job_id)) for job_id in [*left, body["job_id"]]} == {GLOBAL_HUMUS}


@pytest.mark.parametrize(
    ("request_", "kind"),
    [("control", "error"), ("answer", "reset"), ("queue", "lose"), ("list", "throttle"), ("create", "late")],
)
def test_passing_fault_is_retried_unnoticed(
    cloud: Cloud, lines: list[logging.LogRecord], request_: str, kind: str
) -> None:
    operation, method, path = REQUESTS[request_]
    done, service = cloud.finished(), cloud.service()
    get_service.use(lambda: service)
    cloud.faults.plan(kind, operation)
    assert ask(method, path.format(id=done.id))[0] == 200
    assert (cloud.faults.met, lines) == ([(kind, operation)], [])


def test_default_clients_make_four_attempts(cloud: Cloud, lines: list[logging.LogRecord]) -> None:
    service = cloud.service(cloud.aws())
    cloud.faults.plan("error", "Query", ALWAYS)
    with pytest.raises(AwsUnavailable):
        service.num_jobs()
    assert len(cloud.faults.met) == ATTEMPTS
    assert f"in {ATTEMPTS} attempts" in lines[0].getMessage()


def test_request_and_withdrawal_end_before_the_gateway_gives_up() -> None:
    config = json.loads((PROJECT / ".chalice" / "config.json").read_text())
    longest = REQUEST_SECONDS + ATTEMPT_SECONDS + WITHDRAW_SECONDS + ATTEMPT_SECONDS
    assert longest < GATEWAY_SECONDS == config["lambda_timeout"]


def test_call_ends_at_most_one_attempt_after_the_deadline() -> None:
    """Less time left means fewer attempts; a worker has no deadline and makes all."""
    assert [longest_call(1), longest_call(2)] == [
        ATTEMPT_SECONDS,
        2 * ATTEMPT_SECONDS + 1 + LONGEST_RETRY_AFTER,
    ]
    assert attempts_left() == ATTEMPTS
    tried = set()
    for seconds in range(-1, REQUEST_SECONDS + 1):
        with deadline.within(seconds):
            tried.add(attempts_left())
            assert longest_call(attempts_left()) <= max(deadline.left() + 0.1, 0) + ATTEMPT_SECONDS
    assert tried == {1, 2, 3}


def test_each_request_starts_with_its_own_deadline(cloud: Cloud) -> None:
    left: list[float] = []
    get_service.use(lambda: left.append(deadline.left()) or cloud.service())  # type: ignore[func-returns-value]
    assert ask("GET", "/api/num_jobs")[0] == 200
    assert REQUEST_SECONDS - 1 < left[0] <= REQUEST_SECONDS
    assert deadline.left() == math.inf


def test_call_shortly_before_the_deadline_makes_one_attempt(
    cloud: Cloud, lines: list[logging.LogRecord]
) -> None:
    service = cloud.service(cloud.aws(**HASTY))
    cloud.faults.plan("hang", "GetItem", ALWAYS)

    with deadline.within(1), pytest.raises(AwsUnavailable):
        service.get("job_id_1")

    assert len(cloud.faults.met) == 1
    assert "up to 1 attempts with ReadTimeoutError" in lines[0].getMessage()


def test_no_call_begins_after_the_deadline(cloud: Cloud, lines: list[logging.LogRecord]) -> None:
    cloud.faults.plan("error", "GetItem", ALWAYS)

    with deadline.within(0), pytest.raises(AwsUnavailable):
        cloud.service().get("job_id_1")

    assert cloud.faults.met == []
    assert "no time was left for it" in lines[0].getMessage()


def test_slow_call_uses_the_time_of_the_next_and_the_job_is_withdrawn(cloud: Cloud) -> None:
    service = cloud.service()
    service.dataset()
    before = list(service.jobs())
    cloud.faults.plan("late", "PutItem")
    cloud.faults.plan("error", "SendMessage", ALWAYS)
    with deadline.within(0.95 * LATE), pytest.raises(AwsUnavailable):
        submit(service, "global_mean", {"question": "S1"}, fresh=True)
    assert cloud.faults.met == [("late", "PutItem")]
    assert list(service.jobs()) == before


def test_submissions_behind_a_hanging_reservation_fail_together(cloud: Cloud) -> None:
    """Ids are reserved by one thread at a time; the others wait for it, each until its own deadline."""
    service = cloud.service(cloud.aws(**HASTY))
    service.dataset()
    cloud.faults.plan("hang", "UpdateItem", ALWAYS)

    def submit_one(_: int) -> None:
        with deadline.within(2 * HANG_SECONDS), pytest.raises(AwsUnavailable):
            submit(service, "global_mean", {"question": "S1"}, fresh=True)

    start = time.monotonic()
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(submit_one, range(8)))
    # One after the other they would take 8 times 4 times as long as a call may hang.
    assert time.monotonic() - start < 8 * HANG_SECONDS


def test_truncated_s3_object_is_an_outage_until_read_whole(
    cloud: Cloud, lines: list[logging.LogRecord]
) -> None:
    job_id = cloud.finished().id
    cloud.faults.plan("cut", "GetObject")
    with pytest.raises(AwsUnavailable):
        cloud.service().get(job_id)
    assert "GetObject" in lines[0].getMessage()
    assert frozen_json(cloud.service().get(job_id)) == GLOBAL_HUMUS


def test_refused_connection_is_an_outage(cloud: Cloud) -> None:
    service = cloud.service(cloud.aws(proxies={"http": "http://127.0.0.1:9"}))
    with pytest.raises(AwsUnavailable):
        service.get("job_id_1")


def test_missing_credentials_are_logged_with_the_remedy(cloud: Cloud, lines: list[logging.LogRecord]) -> None:
    session = boto3.session.Session(region_name="us-east-1")
    session._session.get_component("credential_provider").providers.clear()
    store = DynamoDbJobStore(Aws(functools.partial(session.client)), "statline", "statline", 1000)
    with pytest.raises(AwsUnavailable):
        store.get("job_id_1")
    assert "renew the credentials" in lines[0].getMessage()


def test_failed_call_in_a_worker_returns_the_message_and_keeps_the_job_open(cloud: Cloud) -> None:
    service = cloud.service()
    job_id = submit(service, "global_mean", {"question": "S1"}, fresh=True).id
    batch = {"Records": [{"messageId": "1", "body": job_id}]}
    for operation in ("GetItem", "GetObject", "PutItem", "UpdateItem"):
        cloud.faults.plan("error", operation, ALWAYS)
        assert lambda_handlers.process(service, batch) == {"batchItemFailures": [{"itemIdentifier": "1"}]}
        cloud.faults.clear()
    assert lambda_handlers.process(service, batch) == {"batchItemFailures": []}
    assert frozen_json(service.get(job_id)) == GLOBAL_HUMUS


def test_result_whose_s3_object_was_deleted_is_computed_again(cloud: Cloud) -> None:
    done = cloud.finished()
    objects: Any = {"Bucket": "statline", "Key": f"results/{done.digest}"}
    cloud.clients.s3.delete_object(**objects)
    assert cloud.service(inline_limit=0).get(done.id) == done
    assert cloud.clients.s3.get_object(**objects)["Body"].read()


@pytest.mark.parametrize("kind", KINDS)
def test_failed_call_for_a_known_question_makes_no_open_job(
    cloud: Cloud, lines: list[logging.LogRecord], kind: str
) -> None:
    cloud.finished()
    service = cloud.service(cloud.hasty if kind == "hang" else None)
    known = submit(service, "global_mean", {"question": "S1"})
    assert known.status.is_terminal
    cloud.faults.plan(kind, "PutItem", ALWAYS)
    with pytest.raises(AwsUnavailable):
        submit(service, "global_mean", {"question": "S1"})
    assert "PutItem" in lines[0].getMessage()
    cloud.faults.clear()
    assert submit(service, "global_mean", {"question": "S1"}).status.is_terminal
    assert cloud.service(cloud.clients).num_jobs() == 0


def test_invalid_call_raises_client_error_not_outage(cloud: Cloud) -> None:
    """A 503 would have clients retry it for ever."""
    with pytest.raises(cloud.retrying.dynamodb.exceptions.ClientError, match="ValidationException"):
        cloud.retrying.dynamodb.get_item(TableName="statline", Key={"wrong": {"S": "key"}})
