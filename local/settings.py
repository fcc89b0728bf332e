"""What a laptop can be told by its environment."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from chalicelib.config import Settings, choice, integer
from chalicelib.observability.logging import FORMATS, LEVELS

PROJECT = Path(__file__).resolve().parent.parent
DATA = PROJECT / "data"
SAMPLE = DATA / "sample.csv.gz"
DOWNLOADED = DATA / "brfss.csv"
DEFAULT_DESCRIPTION = DATA / "brfss.json"
RESOURCES = PROJECT / ".chalice" / "resources.json"


@dataclass(frozen=True)
class LocalSettings:
    """`home` holds what the service writes: results/, and .statline/ for journal, snapshots and logs."""

    home: Path
    dataset: Path
    threads: int
    keep_results: int
    drain_seconds: int
    log_level: str
    log_format: str
    service: Settings

    @classmethod
    def from_environ(cls, environ: Mapping[str, str]) -> "LocalSettings":
        """Raises InvalidSetting, naming the variable and what it may be."""
        return cls(
            home=Path(environ.get("STATLINE_HOME") or PROJECT).expanduser().resolve(),
            dataset=chosen_dataset(environ),
            threads=integer(environ, "TP_NUM_OF_THREADS", os.cpu_count() or 1),
            keep_results=integer(environ, "STATLINE_KEEP_RESULTS", 10_000, minimum=1),
            drain_seconds=integer(environ, "STATLINE_DRAIN_SECONDS", 30),
            log_level=choice(environ, "STATLINE_LOG_LEVEL", "info", LEVELS),
            log_format=choice(environ, "STATLINE_LOG_FORMAT", "text", tuple(FORMATS)),
            # moto's S3 takes as long for one answer as its DynamoDB does for a dozen jobs.
            service=Settings.from_environ({"STATLINE_INLINE_LIMIT": "32768", **environ}),
        )

    @property
    def results(self) -> Path:
        return self.home / "results"

    @property
    def state(self) -> Path:
        return self.home / ".statline"

    @property
    def snapshots(self) -> Path:
        return self.state / "snapshots"


def chosen_dataset(environ: Mapping[str, str]) -> Path:
    """STATLINE_DATASET if set, else the downloaded survey if it is there, else the bundled sample."""
    if named := environ.get("STATLINE_DATASET"):
        return Path(named).expanduser()
    return DOWNLOADED if DOWNLOADED.exists() else SAMPLE
