"""The child process of the DynamoDB replica: moto, written by the cloud's own adapter.

usage: python -m local.emulator.replica_process TABLE BUCKET INLINE_LIMIT PORT

It reads pickled frames of (changes, deleted ids) from standard input, answers each with a line, and ends
when the input does. With a PORT
other than 0, AWS' own tools read the table and the bucket there.
"""

import contextlib
import os
import pickle  # nosec B403 # the pipe connects two processes of our own
import signal
import sys
from collections.abc import Sequence
from typing import Any

from chalicelib.adapters.aws_clients import Aws
from chalicelib.application.job import Job
from chalicelib.bootstrap import job_store
from chalicelib.config import Settings
from local.emulator import moto_backend
from local.settings import INDEX_SHARDS

BATCH = 25  # BatchWriteItem takes no more
NICENESS = 10


class ReplicaWriter:
    """Writes jobs to a table and a bucket without other writers, since BatchWriteItem takes no conditions."""

    def __init__(self, aws: Aws, settings: Settings) -> None:
        self._aws, self._settings = aws, settings
        self.store = job_store(aws, settings)
        self._objects: dict[str, str] = {}  # keys of the results that are in S3, by job id

    def write(self, jobs: Sequence[Job], deleted: Sequence[str]) -> None:
        """Write the latest state of jobs, then delete others."""
        requests = [*map(self._put, jobs), *map(self._delete, deleted)]
        for start in range(0, len(requests), BATCH):
            waiting = requests[start : start + BATCH]
            while waiting:
                response = self._aws.dynamodb.batch_write_item(RequestItems={self._settings.table: waiting})
                waiting = response["UnprocessedItems"].get(self._settings.table, [])

    def _put(self, job: Job) -> Any:
        item = self.store.item(job)
        if "answer_key" in item:
            self._objects[job.id] = item["answer_key"]["S"]
        return {"PutRequest": {"Item": item}}

    def _delete(self, job_id: str) -> Any:
        if job_id in self._objects:
            self._aws.s3.delete_object(Bucket=self._settings.bucket, Key=self._objects.pop(job_id))
        return {"DeleteRequest": {"Key": {"id": {"S": job_id}}}}


def main(table: str, bucket: str, inline_limit: str, port: str) -> None:
    # Ctrl-C goes to the whole terminal; this process ends with the pipe, after the server.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)
    os.nice(NICENESS)
    settings = Settings(table=table, bucket=bucket, inline_limit=int(inline_limit), index_shards=INDEX_SHARDS)
    moto_backend.start_moto()
    writer = ReplicaWriter(moto_backend.connect(settings), settings)
    if int(port):
        from local.emulator.aws_port import serve_aws  # flask, which only this needs

        serve_aws(int(port))
    # Whatever else prints must not look like an answer.
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "w", buffering=1)
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    with contextlib.suppress(EOFError, pickle.UnpicklingError):  # the second of a frame that was cut short
        while True:
            changes, deleted = pickle.load(sys.stdin.buffer)  # nosec B301 # from our own parent process
            writer.write([change.job() for change in changes], deleted)
            answers.write("written\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
