"""The DynamoDB table and the bucket of a laptop, written by a child process that reads a pipe.

The child imports moto and boto3, so that the server need not. It ends when the pipe is closed.
"""

import logging
import pickle  # nosec B403 # the pipe connects two processes of our own
import subprocess
import sys
import time
from collections.abc import Sequence
from contextlib import suppress
from typing import ClassVar

from local.storage.follower import RETRY_SECONDS, Follower
from local.storage.job_rows import Change
from local.storage.sqlite_job_store import SqliteJobStore

# Jobs in one frame: ten calls of BatchWriteItem.
BATCH = 250
PATIENCE_SECONDS = 30.0

log = logging.getLogger("statline.replica")


class DynamoDbReplica(Follower):
    """Sends changes to the child, and restarts it, with the open jobs, when it ends.

    `arguments` are those of `python -m local.emulator.replica_process`.
    """

    name = "dynamodb"
    gather_seconds = 0.2
    module: ClassVar[str] = "local.emulator.replica_process"

    def __init__(self, store: SqliteJobStore, arguments: Sequence[str]) -> None:
        super().__init__(store)
        self._command = [sys.executable, "-m", self.module, *arguments]
        self.process: subprocess.Popen[bytes] | None = None
        self._waiting_since: float | None = None
        self._ended = False
        # The child gets all changes from here on, however long it takes to start.
        self.position = store.sequence

    def problem(self) -> str | None:
        """Return why jobs cannot be copied to the DynamoDB table now, or None."""
        if self._ended:
            return (
                f"jobs are not written to DynamoDB (its process ended): tried again every {RETRY_SECONDS:g} s"
            )
        since = self._waiting_since
        if since is not None and time.monotonic() - since > PATIENCE_SECONDS:
            return f"jobs are not written to DynamoDB (its process has been busy for {PATIENCE_SECONDS:g} s)"
        return None

    def stop(self) -> None:
        """Kill the child process; its tables are in memory only."""
        self._stopping.set()
        if self.process is not None:
            self.process.kill()
        super().stop()
        self._end()

    def copy_batch(self) -> bool:
        try:
            if self.process is None:
                self._start()
            return self._copy()
        except OSError as error:
            self._end()
            self.position = self._store.sequence
            if not self._stopping.is_set():
                log.warning("the replica's process ended (%s): starting it again", error)
                self._ended = True
            return False

    def _start(self) -> None:
        with self._store.database.lock:
            jobs = self._store.open_changes()
        self.process = subprocess.Popen(  # nosec B603 # no shell, our own module
            self._command, stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )
        for start in range(0, len(jobs), BATCH):
            self._send(jobs[start : start + BATCH], [])
        self._send([], [])  # answered when the table is there
        self._ended = False

    def _copy(self) -> bool:
        with self._store.database.lock:
            changes = self._store.changes(self.position, BATCH)
            last = changes[-1].sequence if len(changes) == BATCH else self._store.sequence
            deleted = self._store.deleted_since(self.position, last)
        if deleted is None:
            raise OSError(None, "it is too far behind")
        if changes or deleted:
            self._send(changes, deleted)
        self.position = last
        return len(changes) == BATCH

    def _send(self, changes: Sequence[Change], deleted: Sequence[str]) -> None:
        """Send a frame to the child and wait until it has written it."""
        if self.process is None or self.process.stdin is None or self.process.stdout is None:
            raise OSError(None, "it does not run")
        self._waiting_since = time.monotonic()
        pickle.dump((changes, deleted), self.process.stdin)
        self.process.stdin.flush()
        if not self.process.stdout.readline():
            raise OSError(None, f"exit status {self.process.wait()}")
        self._waiting_since = None

    def _end(self) -> None:
        process, self.process, self._waiting_since = self.process, None, None
        if process is not None:
            with suppress(OSError), process:  # its pipe is closed, and its end awaited
                process.kill()
