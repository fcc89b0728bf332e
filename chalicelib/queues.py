"""How an accepted job reaches a worker: the JobQueue port and its SQS adapter."""

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from chalicelib.aws import Aws


class JobQueue(Protocol):
    """Delivers each id at least once, in any order. Only the id travels: the record is in the store."""

    def add_task(self, job_id: str) -> None:
        """Hand a job to the workers."""


class SqsJobQueue:
    """JobQueue on one SQS queue; a message's body is the job id."""

    def __init__(self, aws: "Aws", queue_url: str) -> None:
        self._aws, self._queue_url = aws, queue_url

    def add_task(self, job_id: str) -> None:
        self._aws.sqs.send_message(QueueUrl=self._queue_url, MessageBody=job_id)
