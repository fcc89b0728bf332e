"""What can go wrong with a cluster. None of it changes what is published."""

from chalicelib.errors import StatlineError, shown


class InvalidCluster(StatlineError):
    """Raised when a text names no cluster."""

    def __init__(self, text: str) -> None:
        super().__init__(
            f"{shown(text)} names no cluster; tcp://10.0.0.5:8786 is the address of a Dask scheduler, "
            "local:4 starts four processes on this machine"
        )


class ClusterUnreachable(StatlineError):
    """Raised when no scheduler answers, or none of its workers comes."""


class ClusterUnfit(StatlineError):
    """The root of the errors that another installation cures."""


class DaskMissing(ClusterUnfit):
    """Raised when a cluster is named where Dask is not installed."""

    def __init__(self) -> None:
        super().__init__("a cluster needs Dask, which is not installed here: `make cluster` installs it")


class VersionsDiffer(ClusterUnfit):
    """Raised when a scheduler or a worker has another version than the client."""


class ClusterLost(StatlineError):
    """Raised when a cluster no longer answers, or has lost all its workers."""


class WorkersDied(ClusterLost):
    """Raised when each worker that ran a task died while it did."""
