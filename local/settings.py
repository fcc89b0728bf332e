"""The settings of the emulator, from the environment."""

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeVar

from chalicelib.config import LOG_FORMATS, LOG_LEVELS, Settings, choice, integer
from chalicelib.errors import InvalidSetting

PROJECT = Path(__file__).resolve().parent.parent
DATA = PROJECT / "data"
SAMPLE = DATA / "sample.csv.gz"
DOWNLOADED = DATA / "brfss.csv"
DEFAULT_DESCRIPTION = DATA / "brfss.json"
# Bytes of finished jobs, as the database holds them: by default, and at least.
KEEP_BYTES, LEAST_KEPT = 1_000_000_000, 10_000_000
# Runners share one interpreter lock: so many are more than any machine can use.
MOST_THREADS = 1_000
# Of the tables on moto and other emulators, which search a whole index for each key.
INDEX_SHARDS = 2
RESOURCES = PROJECT / ".chalice" / "resources.json"
DefaultPath = TypeVar("DefaultPath", Path, None)


@dataclass(frozen=True)
class LocalSettings:
    """`home` holds what the service writes: results/, and .statline/ for database, snapshots and logs.

    `store` is "sqlite", or "aws" for the adapters of the cloud: on moto, or on the emulator at
    `aws_endpoint`. With "sqlite" a `replica` of the jobs is in moto's DynamoDB, which AWS' own tools read
    on `aws_port`, unless it is 0. `synchronous` is "normal", or "full" to survive a power failure.
    `description` is read instead of the one beside the data set.
    """

    home: Path
    dataset: str
    threads: int
    keep_results: int
    keep_bytes: int
    drain_seconds: int
    log_level: str
    log_format: str
    service: Settings
    store: str = "sqlite"
    synchronous: str = "normal"
    replica: bool = True
    aws_port: int = 0
    aws_endpoint: str = ""
    description: Path | None = None

    @classmethod
    def from_environ(cls, environ: Mapping[str, str]) -> "LocalSettings":
        """Raises InvalidSetting, naming the variable and what it may be."""
        store = choice(environ, "STATLINE_STORE", cls.store, ("sqlite", "aws"))
        return cls(
            # Unlike Path.resolve, it raises nothing for links that lead to themselves.
            home=Path(os.path.realpath(path(environ, "STATLINE_HOME", PROJECT))),
            dataset=chosen_dataset(environ),
            threads=integer(environ, "TP_NUM_OF_THREADS", os.cpu_count() or 1, maximum=MOST_THREADS),
            keep_results=integer(environ, "STATLINE_KEEP_RESULTS", 10_000, minimum=1),
            keep_bytes=integer(environ, "STATLINE_KEEP_BYTES", KEEP_BYTES, minimum=LEAST_KEPT),
            drain_seconds=integer(environ, "STATLINE_DRAIN_SECONDS", 30),
            log_level=choice(environ, "STATLINE_LOG_LEVEL", "info", LOG_LEVELS),
            log_format=choice(environ, "STATLINE_LOG_FORMAT", "text", LOG_FORMATS),
            service=service_settings(environ),
            store=store,
            synchronous=choice(environ, "STATLINE_SYNCHRONOUS", cls.synchronous, ("normal", "full")),
            replica=choice(environ, "STATLINE_REPLICA", "yes", ("yes", "no")) == "yes",
            aws_port=integer(environ, "STATLINE_AWS_PORT", cls.aws_port, maximum=65_535),
            aws_endpoint=loopback_endpoint(environ) if store == "aws" else "",
            description=path(environ, "STATLINE_DESCRIPTION", None),
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


def service_settings(environ: Mapping[str, str]) -> Settings:
    """Return the service's settings, with what suits emulators of AWS."""
    # moto's S3 takes as long for one answer as its DynamoDB does for a dozen jobs.
    settings = Settings.from_environ({"STATLINE_INLINE_LIMIT": "32768", **environ})
    return replace(settings, index_shards=INDEX_SHARDS)


def loopback_endpoint(environ: Mapping[str, str]) -> str:
    """The emulator of AWS that AWS_ENDPOINT_URL names, empty for moto in this process.

    Raises InvalidSetting for any address but this machine's: no laptop writes to an account by accident.
    """
    url = environ.get("AWS_ENDPOINT_URL", "")
    if url and not re.fullmatch(r"https?://(localhost|127\.0\.0\.1|\[::1\])(:[0-9]{1,5})?/?", url, re.ASCII):
        raise InvalidSetting(
            "AWS_ENDPOINT_URL", url, "an emulator on this machine, such as http://127.0.0.1:4566"
        )
    return url


def chosen_dataset(environ: Mapping[str, str]) -> str:
    """STATLINE_DATASET if set, else the downloaded survey if it is there, else the bundled sample.

    A file, a folder, a pattern of files, or those in a bucket: s3://bucket/prefix/.
    """
    text = environ.get("STATLINE_DATASET", "")
    if text.startswith("~"):
        return str(path(environ, "STATLINE_DATASET", SAMPLE))
    return text or str(DOWNLOADED if DOWNLOADED.exists() else SAMPLE)


def path(environ: Mapping[str, str], name: str, default: DefaultPath) -> Path | DefaultPath:
    """Return the path that a variable names. Raises InvalidSetting for the folder of an unknown user."""
    text = environ.get(name, "")
    try:
        return Path(text).expanduser() if text else default
    except RuntimeError:
        raise InvalidSetting(name, text, "a path: this machine has no such user") from None
