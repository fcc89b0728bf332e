"""How an accepted job reaches a worker: the JobQueue port and its SQS adapter."""

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from mypy_boto3_sqs.client import SQSClient


class JobQueue(Protocol):
    """Delivers each id at least once, in any order. Only the id travels: the record is in the store."""

    def add_task(self, job_id: str) -> None:
        """Hand a job to the workers."""


class SqsJobQueue:
    """JobQueue on one SQS queue; a message's body is the job id."""

    def __init__(self, sqs: "SQSClient", queue_url: str) -> None:
        self._sqs, self._queue_url = sqs, queue_url

    def add_task(self, job_id: str) -> None:
        self._sqs.send_message(QueueUrl=self._queue_url, MessageBody=job_id)
