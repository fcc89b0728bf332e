"""The DatasetStore port on S3: snapshots under their fingerprints, loaded when first needed."""

import json
import threading
from collections.abc import Mapping
from typing import Any, TypeVar

from chalicelib.adapters.aws_clients import Aws, pages
from chalicelib.domain.catalogue import Catalogue
from chalicelib.domain.ingestor import DataIngestor
from chalicelib.errors import DatasetGone

# A worker meets the current data set and, around a change, the one before it.
KEPT_IN_MEMORY = 2
CATALOGUE, SNAPSHOT = "catalogue.json", "snapshot"

T = TypeVar("T")


class S3DatasetStore:
    """DatasetStore on one bucket; keeps the last few data sets in memory."""

    def __init__(self, aws: Aws, bucket: str) -> None:
        self._aws, self._bucket = aws, bucket
        self._lock = threading.Lock()
        self._ingestors: dict[str, DataIngestor] = {}
        self._catalogues: dict[str, Catalogue] = {}

    def publish(self, fingerprint: str, snapshot: bytes, catalogue: Mapping[str, Any]) -> None:
        """Store a data set. The snapshot comes last: a reader that sees it finds the catalogue too."""
        texts = json.dumps(catalogue, ensure_ascii=False).encode()
        for name, body in ((CATALOGUE, texts), (SNAPSHOT, snapshot)):
            self._aws.s3.put_object(Bucket=self._bucket, Key=f"datasets/{fingerprint}/{name}", Body=body)

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
            data = self._ingestors.get(fingerprint) or DataIngestor.from_snapshot(
                self._read(fingerprint, SNAPSHOT)
            )
            return keep(self._ingestors, fingerprint, data)

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
