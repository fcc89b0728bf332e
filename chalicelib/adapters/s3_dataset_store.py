"""The DatasetStore port on S3: snapshots under their fingerprints, loaded when first needed."""

import io
import json
import threading
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from chalicelib.adapters.aws_clients import Aws, pages
from chalicelib.adapters.aws_errors import translated
from chalicelib.domain.catalogue import Catalogue
from chalicelib.domain.ingestor import DataIngestor
from chalicelib.errors import DatasetGone

# A worker meets the current data set and, around a change, the one before it.
KEPT_IN_MEMORY = 2
# Bytes of snapshots that are kept beside each other: in memory a data set takes up to 150 times as much, and
# `publish` makes sure of room for one.
KEPT_BYTES = 1_000_000
LARGEST_PUT = 5 * 1024**3  # bytes
CATALOGUE, SNAPSHOT = "catalogue.json", "snapshot"

T = TypeVar("T")


class S3DatasetStore:
    """DatasetStore on one bucket; keeps the last few data sets in memory, and a large one alone."""

    def __init__(self, aws: Aws, bucket: str, kept_bytes: int = KEPT_BYTES) -> None:
        self._aws, self._bucket, self._kept_bytes = aws, bucket, kept_bytes
        self._lock = threading.Lock()
        self._ingestors: dict[str, DataIngestor] = {}
        self._loaded = 0  # bytes of their snapshots
        self._catalogues: dict[str, Catalogue] = {}

    def publish(
        self,
        fingerprint: str,
        snapshot: bytes,
        catalogue: Mapping[str, Any],
        sent: Callable[[int], None] | None = None,
    ) -> None:
        """Store a data set. The snapshot comes last: a reader that sees it finds the catalogue too.

        `sent` is called with the number of bytes of the snapshot that went out since the call before.
        """
        from boto3.s3.transfer import TransferConfig  # no function publishes

        texts = json.dumps(catalogue, ensure_ascii=False).encode()
        self._aws.s3.put_object(Bucket=self._bucket, Key=f"datasets/{fingerprint}/{CATALOGUE}", Body=texts)
        at_once = TransferConfig(multipart_threshold=LARGEST_PUT, use_threads=False)
        with translated("s3.PutObject"):
            self._aws.s3.upload_fileobj(
                io.BytesIO(snapshot),
                self._bucket,
                f"datasets/{fingerprint}/{SNAPSHOT}",
                Callback=sent,
                Config=at_once,
            )

    def hold(self, fingerprint: str, data: DataIngestor) -> None:
        """Keep a data set that is in memory already, so that its first use need not load it."""
        with self._lock:
            keep(self._ingestors, fingerprint, data)

    def published(self) -> list[str]:
        """Return the fingerprints of the stored data sets, in order."""
        listing = pages(
            self._aws.s3.list_objects_v2,
            "ContinuationToken",
            "NextContinuationToken",
            Bucket=self._bucket,
            Prefix="datasets/",
        )
        keys = (item["Key"] for page in listing for item in page.get("Contents", []))
        return sorted(key.split("/")[1] for key in keys if key.endswith(f"/{SNAPSHOT}"))

    def ingestor(self, fingerprint: str) -> DataIngestor:
        # Held while loading, so that many threads load a new data set once.
        with self._lock:
            data = self._ingestors.get(fingerprint) or self._load(fingerprint)
            return keep(self._ingestors, fingerprint, data)

    def _load(self, fingerprint: str) -> DataIngestor:
        """Load a data set; large ones take the place of those in memory before they are loaded."""
        saved = self.snapshot(fingerprint)
        if self._loaded + len(saved) > self._kept_bytes:
            self._ingestors.clear()
            self._loaded = 0
        self._loaded += len(saved)
        return DataIngestor.from_snapshot(saved)

    def snapshot(self, fingerprint: str) -> bytes:
        """Return the stored bytes of a data set."""
        return self._read(fingerprint, SNAPSHOT)

    def catalogue(self, fingerprint: str) -> Catalogue:
        with self._lock:
            catalogue = self._catalogues.get(fingerprint) or Catalogue(
                json.loads(self._read(fingerprint, CATALOGUE))
            )
            return keep(self._catalogues, fingerprint, catalogue)

    def _read(self, fingerprint: str, name: str) -> bytes:
        try:
            return self._aws.read_object(self._bucket, f"datasets/{fingerprint}/{name}")
        except self._aws.s3.exceptions.NoSuchKey:
            raise DatasetGone(fingerprint) from None


def keep(cache: dict[str, T], fingerprint: str, value: T) -> T:
    """Note a use in a cache, which drops what was not used for longest beyond KEPT_IN_MEMORY; return it."""
    cache.pop(fingerprint, None)
    cache[fingerprint] = value
    if len(cache) > KEPT_IN_MEMORY:
        del cache[next(iter(cache))]
    return value
