"""A machine whose process may die and whose disk stays."""

import shutil
from pathlib import Path

from local.storage.database import NAME, Database
from local.storage.sqlite_job_store import SqliteJobStore


class Machine:
    """Each boot has an empty memory, and the files of the boot before as a SIGKILL would leave them."""

    def __init__(self, disk: Path, keep: int = 100) -> None:
        self.disk, self.keep, self.boots = disk, keep, 0
        self.state = disk / "boot0"
        self.state.mkdir(parents=True)

    def boot(self) -> SqliteJobStore:
        """Start; after an earlier boot, this is what comes after the crash."""
        before, self.boots = self.state, self.boots + 1
        self.state = self.disk / f"boot{self.boots}"
        # A copy: SQLite would know the earlier connection in this process and refuse a second one.
        shutil.copytree(before, self.state)
        return SqliteJobStore(Database(self.state / NAME), self.keep)
