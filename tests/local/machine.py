"""A machine whose process may die, with the disk that stays."""

from collections.abc import Callable
from pathlib import Path

from chalicelib.application.job import Job
from local.storage.journal import Journal
from local.storage.results import MirroredStore
from tests.support.simulated import SimulatedStore
from tests.support.trouble import Steps


def nobody_asked(job: Job) -> bytes:
    raise AssertionError(f"{job.id} is computed again")


class Machine:
    """One machine whose process can die: each boot has an empty memory and the same disk."""

    def __init__(self, disk: Path, keep: int = 100) -> None:
        self.disk, self.keep = disk, keep
        self.steps = Steps()
        self.tasks: list[str] = []
        self.recompute: Callable[[Job], bytes] = nobody_asked

    def boot(self) -> MirroredStore:
        """Start; after an earlier boot, which then is dead, this is what comes after the crash."""
        journal = Journal(self.disk / "journal")
        store = MirroredStore(
            SimulatedStore(self.steps),
            self.disk / "results",
            journal,
            self.keep,
            lambda job: self.recompute(job),
        )
        self.tasks = []
        store.restore(self.tasks.append)
        return store
