"""Recently finished jobs in memory, so that polls need not read the disk."""

from collections import OrderedDict

from chalicelib.application.job import Job
from chalicelib.byte_cache import text_bytes

LIMIT_BYTES = 32_000_000
JOB_BYTES = 1_000  # without its result and texts


class RecentJobs:
    """The finished jobs added last, with their results. Reads need no lock, writes do."""

    def __init__(self) -> None:
        self._jobs: OrderedDict[str, Job] = OrderedDict()
        self._bytes = 0
        self.get = self._jobs.get

    def add(self, job: Job) -> None:
        self.discard(job.id)
        self._jobs[job.id] = job
        self._bytes += size(job)
        while self._bytes > LIMIT_BYTES:
            self.discard(next(iter(self._jobs)))

    def discard(self, job_id: str) -> None:
        job = self._jobs.pop(job_id, None)
        if job is not None:
            self._bytes -= size(job)


def size(job: Job) -> int:
    texts = (*job.inputs.values(), *job.subscriber.values(), job.reason or "")
    return JOB_BYTES + text_bytes(texts, job.result or b"")
