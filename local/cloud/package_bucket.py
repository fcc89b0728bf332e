"""The bucket that CloudFormation reads packages and templates from: one for an account and region."""

import hashlib
import json
from pathlib import Path
from typing import Any

from chalicelib.bootstrap import aws_client


class PackageBucket:
    """The part of the bucket that belongs to one stage."""

    def __init__(self, stage: str) -> None:
        self._stage, self._s3 = stage, aws_client("s3")
        account = aws_client("sts").get_caller_identity()["Account"]
        self._region = self._s3.meta.region_name
        self._bucket = f"statline-packages-{account}-{self._region}"

    def upload(self, out: Path) -> str:
        """Upload what was packaged to `out`, and return the URL of the template.

        A template given by its URL may have a million bytes, ten times what a request may hold.
        """
        self._make()
        code = self._put((out / "deployment.zip").read_bytes(), "zip")
        template: dict[str, Any] = json.loads((out / "sam.json").read_text())
        for resource in template["Resources"].values():
            if "CodeUri" in resource.get("Properties", {}):
                resource["Properties"]["CodeUri"] = {"Bucket": self._bucket, "Key": code}
        object_key = self._put(json.dumps(template, separators=(",", ":")).encode(), "json")
        return f"{self._s3.meta.endpoint_url}/{self._bucket}/{object_key}"

    def clear(self) -> None:
        """Remove the stage's packages and templates."""
        empty(self._bucket, f"{self._stage}/")

    def _put(self, content: bytes, suffix: str) -> str:
        object_key = f"{self._stage}/{hashlib.sha256(content).hexdigest()}.{suffix}"
        self._s3.put_object(Bucket=self._bucket, Key=object_key, Body=content)
        return object_key

    def _make(self) -> None:
        from botocore.exceptions import ClientError  # botocore is slow to import

        try:
            self._s3.head_bucket(Bucket=self._bucket)
        except ClientError as error:
            if error.response["Error"]["Code"] != "404":
                raise
            place: Any = {"CreateBucketConfiguration": {"LocationConstraint": self._region}}
            self._s3.create_bucket(Bucket=self._bucket, **({} if self._region == "us-east-1" else place))


def empty(bucket: str, prefix: str = "") -> None:
    """Remove every version of the objects in a bucket."""
    import boto3  # takes a tenth of a second

    boto3.resource("s3").Bucket(bucket).object_versions.filter(Prefix=prefix).delete()
