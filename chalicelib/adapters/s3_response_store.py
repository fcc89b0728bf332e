"""Large responses in S3, each with a presigned link that expires."""

import hashlib
from collections.abc import Mapping
from typing import Any

from chalicelib.adapters.aws_clients import Aws

# Under the prefix that the bucket's lifecycle empties after a day.
PREFIX = "responses/"
LINK_SECONDS = 15 * 60
# The headers that S3 repeats, by the arguments of PutObject.
REPEATED = {"content-type": "ContentType", "content-disposition": "ContentDisposition"}


class S3ResponseStore:
    """Equal responses share one object."""

    def __init__(self, aws: Aws, bucket: str) -> None:
        self._aws, self._bucket = aws, bucket

    def store(self, body: bytes, headers: Mapping[str, Any]) -> str:
        """Store a response's body, and return a link to it that S3 accepts for LINK_SECONDS."""
        kept: dict[str, Any] = {
            REPEATED[name.lower()]: text for name, text in headers.items() if name.lower() in REPEATED
        }
        identity = repr(sorted(kept.items())).encode() + body
        object_key = PREFIX + hashlib.sha256(identity).hexdigest()
        self._aws.s3.put_object(Bucket=self._bucket, Key=object_key, Body=body, **kept)
        place = {"Bucket": self._bucket, "Key": object_key}
        return self._aws.s3.generate_presigned_url("get_object", Params=place, ExpiresIn=LINK_SECONDS)
