"""Objects of S3, read with the caller's own credentials. Imported for sources that begin with s3:// alone."""

import functools
import io
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, BinaryIO, NamedTuple, cast
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

import botocore.session
import pyarrow.fs
from botocore.exceptions import BotoCoreError

from chalicelib.errors import DatasetError
from local.dataset.parts import S3, Entry

# Seconds to connect, seconds without a byte, and how often a request is made: 20 s without an answer at most.
CONNECT_SECONDS, SILENT_SECONDS, ATTEMPTS = 5, 10, 2
# Bytes of an object that one request reads at least: each is paid for, and takes its time.
REQUESTED_BYTES = 4 << 20
DEFAULT_REGION = "us-east-1"
# The region that Arrow adds to the error of a bucket that is elsewhere.
ELSEWHERE = re.compile(r"bucket is located in '([a-z0-9-]+)'")
NO_BUCKET = "no such bucket"
NO_CREDENTIALS = (
    "there are no credentials: AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE, name an account; "
    "`aws configure` or `aws sso login` stores credentials"
)
# What errors of S3 mean, by what their text contains.
REASONS = (
    (r"NO_SUCH_BUCKET", NO_BUCKET),
    (r"NO_SUCH_KEY|Path does not exist|HTTP status 404", "no such key"),
    (r"INVALID_ACCESS_KEY_ID|InvalidAccessKeyId", "the access key is unknown"),
    (r"SIGNATURE_DOES_NOT_MATCH|SignatureDoesNotMatch", "the secret key is wrong"),
    (
        r"[Ee]xpired|EXPIRED|INVALID_CLIENT_TOKEN|InvalidToken",
        "the credentials have expired: renew them, as by `aws sso login`",
    ),
    (
        r"ACCESS_DENIED|HTTP status 403",
        "access is denied to these credentials: an administrator allows s3:GetObject and s3:ListBucket",
    ),
    (r"NETWORK_CONNECTION|REQUEST_TIMEOUT", "S3 cannot be reached"),
)


class Keys(NamedTuple):
    """Credentials as they are now."""

    access_key: str
    secret_key: str
    session_token: str | None


class S3Store:
    """The store of objects, whose paths are bucket/key. Each process has its own credentials."""

    noun = "key"

    def name(self, path: str) -> str:
        return S3 + path

    def entry(self, path: str) -> Entry | None:
        if not path.partition("/")[0]:
            raise DatasetError(f"{S3}{path} names no bucket")
        if path.endswith("/") or "/" not in path:
            return Entry(path.rstrip("/"), is_folder=True)
        with told(path):
            [info] = self._ask(path, lambda files: files.get_file_info([path]))
        if info.type == pyarrow.fs.FileType.NotFound:
            return None
        return as_entry(info)

    def missing(self, path: str) -> str:
        bucket = path.partition("/")[0]
        with told(bucket):
            [info] = self._ask(path, lambda files: files.get_file_info([bucket]))
        return "no such key" if info.type == pyarrow.fs.FileType.Directory else NO_BUCKET

    def entries(self, folder: str) -> list[Entry]:
        return self._listed(folder, recursive=False)

    def tree(self, folder: str) -> list[Entry]:
        return [entry for entry in self._listed(folder, recursive=True) if not entry.is_folder]

    def _listed(self, folder: str, recursive: bool) -> list[Entry]:
        selector = pyarrow.fs.FileSelector(folder, recursive=recursive, allow_not_found=True)
        with told(folder):
            infos = self._ask(folder, lambda files: files.get_file_info(selector))
        if not infos and (why := self.missing(folder)) == NO_BUCKET:
            raise DatasetError(f"no data set at {S3}{folder}: {why}")
        return [as_entry(info) for info in infos]

    def open(self, path: str) -> BinaryIO:
        with told(path):
            file = self._ask(path, lambda files: files.open_input_file(path))
        return io.BufferedReader(S3Object(file, path), REQUESTED_BYTES)

    def _ask(self, path: str, ask: Any) -> Any:
        bucket = path.partition("/")[0]
        try:
            return ask(files_of(bucket))
        except OSError as error:
            if region := ELSEWHERE.search(str(error)):
                REGIONS[bucket] = region[1]
                return ask(files_of(bucket))
            raise


# The regions of buckets that are not in the configured one.
REGIONS: dict[str, str] = {}


class S3Object(io.RawIOBase):
    """An object whose errors name its key."""

    def __init__(self, file: Any, path: str) -> None:
        self.name, self._file, self._path = S3 + path, file, path

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return cast(int, self._file.tell())

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        return cast(int, self._file.seek(offset, whence))

    def readinto(self, buffer: "memoryview | bytearray") -> int:  # type: ignore[override] # what Python passes
        with told(self._path):
            return cast(int, self._file.readinto(buffer))

    def close(self) -> None:
        self._file.close()
        super().close()


def as_entry(info: Any) -> Entry:
    if info.type == pyarrow.fs.FileType.Directory:
        return Entry(info.path, is_folder=True)
    return Entry(info.path, size=info.size, version=f"{info.size} {info.mtime_ns // 10**9}")


@contextmanager
def told(path: str) -> Iterator[None]:
    """Raise DatasetError, which names the key, for an error of S3 or of the credentials."""
    try:
        yield
    except BotoCoreError as error:
        raise DatasetError(f"{S3}{path} cannot be read: {error}") from None
    except (OSError, ValueError) as error:
        text = " ".join(str(error).split())
        reason = next((reason for pattern, reason in REASONS if re.search(pattern, text)), "")
        detail = re.sub(r"^When .*?: (?=AWS Error)| \(Request ID: [^)]*\)", "", text)
        if reason.startswith("no such"):
            raise DatasetError(f"no data set at {S3}{path}: {reason}") from None
        raise DatasetError(
            f"{S3}{path} cannot be read: {f'{reason} ({detail})' if reason else detail}"
        ) from None


def files_of(bucket: str) -> Any:
    """Return the file system of a bucket, made anew when the credentials are."""
    environment = tuple(sorted((name, text) for name, text in os.environ.items() if name.startswith("AWS_")))
    session = session_of(environment)
    credentials = session.get_credentials()
    if credentials is None:
        raise OSError(NO_CREDENTIALS)
    keys = credentials.get_frozen_credentials()
    return file_system(
        Keys(keys.access_key, keys.secret_key, keys.token),
        REGIONS.get(bucket) or os.environ.get("AWS_REGION") or session.get_config_variable("region") or "",
        os.environ.get("AWS_ENDPOINT_URL_S3")
        or os.environ.get("AWS_ENDPOINT_URL")
        or session.get_scoped_config().get("endpoint_url", ""),
        bucket,
    )


@functools.lru_cache(maxsize=1)
def session_of(environment: tuple[tuple[str, str], ...]) -> Any:
    """Return the session of the default chain in an environment: variables, profile, SSO, role."""
    return botocore.session.Session()


@functools.lru_cache(maxsize=4)
def file_system(keys: Keys, region: str, endpoint: str, bucket: str) -> Any:
    address = urlsplit(endpoint)
    scheme = address.scheme or "https"
    if not region:
        region = DEFAULT_REGION if endpoint else pyarrow.fs.resolve_s3_region(bucket)
    proxy = getproxies().get(scheme)
    if not proxy or proxy_bypass(address.hostname or f"s3.{region}.amazonaws.com"):
        proxy = None
    return pyarrow.fs.S3FileSystem(
        **keys._asdict(),
        region=region,
        scheme=scheme,
        endpoint_override=address.netloc or None,
        connect_timeout=CONNECT_SECONDS,
        request_timeout=SILENT_SECONDS,
        retry_strategy=pyarrow.fs.AwsStandardS3RetryStrategy(max_attempts=ATTEMPTS),
        proxy_options=proxy,
        tls_ca_file_path=os.environ.get("AWS_CA_BUNDLE"),
    )
