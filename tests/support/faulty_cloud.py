"""Services whose calls of AWS go over real sockets, through the proxy that fails them, to moto."""

import functools
from pathlib import Path
from typing import Any

import boto3
import requests

from chalicelib.adapters.aws_clients import Aws
from chalicelib.adapters.dynamodb_job_store import DynamoDbJobStore
from chalicelib.adapters.dynamodb_service_state import DynamoDbServiceState
from chalicelib.adapters.s3_dataset_store import S3DatasetStore
from chalicelib.adapters.sqs_job_queue import SqsJobQueue
from chalicelib.application import lambda_handlers
from chalicelib.application.job import Job
from chalicelib.application.service import Service
from chalicelib.bootstrap import COUNT_SECONDS
from tests.support.faults import Answer, Call, Faults
from tests.support.samples import soil
from tests.support.services import make_service, submit

# Each query goes over sockets to moto.
SHARDS = 2
TRIES = 2
FEW_TRIES = {"attempts": TRIES}
HANG_SECONDS = 0.3
HASTY = {"read_timeout": HANG_SECONDS}


class Cloud:
    """Resources that services share; their calls go over sockets, through the proxy, to moto."""

    def __init__(self, faults: Faults, address: str, clients: Aws, data: Path) -> None:
        self.faults, self.clients, self._address = faults, clients, address
        self._session = boto3.session.Session("test", "test", region_name="us-east-1")
        self.queue = clients.sqs.create_queue(QueueName="jobs")["QueueUrl"]
        found = soil(data)
        S3DatasetStore(clients, "statline").publish("f1", found.snapshot(), found.catalogue())
        DynamoDbServiceState(clients, "statline").set(dataset="f1")
        self.retrying, self.hasty = self.aws(**FEW_TRIES), self.aws(**FEW_TRIES, **HASTY)

    def aws(self, **options: Any) -> Aws:
        """Return clients as the functions have them, with `options`."""
        return Aws(functools.partial(self._session.client, endpoint_url=self._address), **options)

    def service(self, through: Aws | None = None, inline_limit: int = 1000) -> Service:
        """Return a service that has made no call yet."""
        through = through or self.retrying
        store = DynamoDbJobStore(through, "statline", "statline", inline_limit, shards=SHARDS)
        queue, datasets = SqsJobQueue(through, self.queue), S3DatasetStore(through, "statline")
        state = DynamoDbServiceState(through, "statline")
        return make_service(store, queue, datasets, state, id_block=1, count_seconds=COUNT_SECONDS)

    def finished(self) -> Job:
        """Return a job whose result is in S3."""
        service = self.service(self.clients, inline_limit=0)
        job_id = submit(service, "global_mean", {"question": "S1"}, fresh=True).id
        service.process(job_id)
        return service.get(job_id)

    def work_off(self) -> None:
        """Deliver messages until the queue is empty."""
        sqs, service = self.clients.sqs, self.service(self.clients)
        while messages := sqs.receive_message(QueueUrl=self.queue, MaxNumberOfMessages=10).get("Messages"):
            batch = [{"messageId": one["MessageId"], "body": one["Body"]} for one in messages]
            assert lambda_handlers.process(service, {"Records": batch}) == {"batchItemFailures": []}
            for one in messages:
                sqs.delete_message(QueueUrl=self.queue, ReceiptHandle=one["ReceiptHandle"])


def to_moto(call: Call) -> Answer:
    """moto answers what is sent to AWS's own names, and nothing that is sent to the proxy's."""
    host = f"https://{call.service}.us-east-1.amazonaws.com"
    headers = {name: value for name, value in call.headers.items() if name != "Host"}
    found = requests.request(call.method, host + call.path, headers=headers, data=call.body, timeout=10)
    return Answer(found.status_code, dict(found.headers), found.content)
