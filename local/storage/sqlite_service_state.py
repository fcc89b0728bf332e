"""The service state of a laptop: whether it drains, and its current data set."""

from contextlib import suppress
from dataclasses import asdict, fields, replace

from chalicelib.application.ports import ServiceState
from chalicelib.errors import Unavailable
from local.storage.database import Database

NAMES = [field.name for field in fields(ServiceState)]


class SqliteServiceState:
    """ServiceStateStore on a Database, which this process alone writes.

    A drain goes on, and a start succeeds, on a disk that does not take the state: memory has it.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        facts = dict(database.read("SELECT name, value FROM facts"))
        self._state = ServiceState(**{name: facts[name] for name in NAMES if name in facts})

    def read(self) -> ServiceState:
        return self._state

    def set(self, **changes: str | int) -> None:
        with self._database.lock, suppress(Unavailable):
            self._state = replace(self._state, **changes)  # type: ignore[arg-type] # callers name the fields
            with self._database.transaction() as connection:
                connection.executemany(
                    "INSERT OR REPLACE INTO facts VALUES (?, ?)", asdict(self._state).items()
                )
