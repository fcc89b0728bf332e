"""The JobQueue port on SQS."""

from collections.abc import Mapping, Sequence
from typing import Any

from chalicelib.adapters.aws_clients import Aws
from chalicelib.errors import AwsUnavailable

# SQS takes so many messages in one call, and delays one for at most so many seconds.
BATCH, LONGEST_DELAY = 10, 900
COUNTS: Any = (
    "ApproximateNumberOfMessages",
    "ApproximateNumberOfMessagesDelayed",
    "ApproximateNumberOfMessagesNotVisible",
)


class SqsJobQueue:
    """JobQueue on one SQS queue; a message's body is the text that was added."""

    def __init__(self, aws: Aws, queue_url: str) -> None:
        self._aws, self._queue_url = aws, queue_url

    def add_task(self, job_id: str, delay: float = 0) -> None:
        options: Any = {"DelaySeconds": min(int(delay), LONGEST_DELAY)} if delay else {}
        self._aws.sqs.send_message(QueueUrl=self._queue_url, MessageBody=job_id, **options)

    def add_tasks(self, job_ids: Sequence[str]) -> None:
        for start in range(0, len(job_ids), BATCH):
            entries: Any = [
                {"Id": str(index), "MessageBody": job_id}
                for index, job_id in enumerate(job_ids[start : start + BATCH])
            ]
            response = self._aws.sqs.send_message_batch(QueueUrl=self._queue_url, Entries=entries)
            if refused := response.get("Failed"):
                raise AwsUnavailable(f"SQS did not take {len(refused)} messages: {refused[0].get('Code')}")

    def put_back(self, waits: Mapping[str, int]) -> None:
        """Deliver received messages again after some seconds: at most BATCH, by their receipt handles.

        A message that SQS does not take back comes when its own visibility ends.
        """
        entries: Any = [
            {"Id": str(index), "ReceiptHandle": receipt, "VisibilityTimeout": seconds}
            for index, (receipt, seconds) in enumerate(waits.items())
        ]
        self._aws.sqs.change_message_visibility_batch(QueueUrl=self._queue_url, Entries=entries)

    def count_messages(self) -> int:
        response = self._aws.sqs.get_queue_attributes(QueueUrl=self._queue_url, AttributeNames=[*COUNTS])
        return sum(int(response["Attributes"][name]) for name in COUNTS)
