"""Settings, typed, read from an environment mapping that is passed in."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from chalicelib.errors import InvalidSetting

Environ = Mapping[str, str]

NO_ORIGIN = "none"
LOG_LEVELS, LOG_FORMATS = ("debug", "info", "warning", "error"), ("text", "json")

# Bytes. With the longest body and the longest reason it makes an item of less than DynamoDB's 400 KB.
LARGEST_INLINE = 256 * 1024
# Job ids have at most 18 digits: a million blocks of a million leave room.
LARGEST_BLOCK = 1_000_000


def integer(environ: Environ, name: str, default: int, minimum: int = 0, maximum: int | None = None) -> int:
    """Return the whole number that a variable holds, or the default if it is unset or empty.

    Raises InvalidSetting for any other text, and for a number below `minimum` or above `maximum`.
    """
    text = environ.get(name, "").strip()
    if not text:
        return default
    if not re.fullmatch(r"[0-9]{1,18}", text, re.ASCII) or int(text) < minimum:
        raise InvalidSetting(name, text, f"a whole number of at least {minimum}")
    if maximum is not None and int(text) > maximum:
        raise InvalidSetting(name, text, f"a whole number of at most {maximum}")
    return int(text)


def choice(environ: Environ, name: str, default: str, allowed: tuple[str, ...]) -> str:
    """Return the word that a variable holds. Raises InvalidSetting for one that is not `allowed`."""
    text = environ.get(name, "").strip().lower() or default
    if text not in allowed:
        raise InvalidSetting(name, text, f"one of {', '.join(allowed)}")
    return text


def origin(environ: Environ) -> str:
    """Return the origin whose pages may read our responses: "none", or "*" for any.

    Raises InvalidSetting for a text that no browser sends as one.
    """
    text = environ.get("STATLINE_CORS_ORIGIN", "").strip() or NO_ORIGIN
    if not re.fullmatch(rf"{NO_ORIGIN}|\*|https?://[a-z0-9.-]+(:[0-9]{{1,5}})?", text, re.ASCII):
        expected = f"{NO_ORIGIN}, *, or an origin such as https://example.org"
        raise InvalidSetting("STATLINE_CORS_ORIGIN", text, expected)
    return text


def hosts(environ: Environ) -> frozenset[str]:
    """Return the further hosts that a laptop's server answers for. Raises InvalidSetting for no name."""
    texts = environ.get("STATLINE_ALLOWED_HOSTS", "").lower().replace(",", " ").split()
    for text in texts:
        if not re.fullmatch(r"[a-z0-9._-]+|[0-9a-f]*:[0-9a-f:]*:[0-9a-f]*", text, re.ASCII):
            expected = "names of hosts without ports, separated by commas"
            raise InvalidSetting("STATLINE_ALLOWED_HOSTS", text, expected)
    return frozenset(texts)


def public_url(environ: Environ) -> str:
    """Return the address that clients know the service by, without a slash at its end; "" if none is set.

    Raises InvalidSetting for a text that is no address, or has more than scheme, host, port and path.
    """
    text = environ.get("STATLINE_PUBLIC_URL", "").strip().rstrip("/")
    if text and not re.fullmatch(r"https?://[a-z0-9._-]+(:[0-9]{1,5})?(/[A-Za-z0-9._~-]+)*", text, re.ASCII):
        expected = "an address such as https://example.org/statline"
        raise InvalidSetting("STATLINE_PUBLIC_URL", text, expected)
    return text


@dataclass(frozen=True)
class Settings:
    """The settings of the service; every environment variable of chalicelib is read here.

    `inline_limit` is in bytes of a compressed result: up to it a result lies in the job's item, above it in
    S3. At on-demand prices a DynamoDB write of 8 KB costs as much as one S3 PUT.
    `id_block` is how many job ids one write to the counter reserves. The sweeper sends a job that is open for
    `resend_seconds` to the workers again, and fails one that is open for `give_up_seconds`.
    A finished job expires after `retention_days`, 0 meaning never. A drain is done when twice,
    `settle_seconds` apart, no job was open: more than 0 where other processes accept jobs too.
    While `max_open` jobs are open, the service accepts no other. `access` says whether callers need a key,
    which API Gateway checks. Callbacks go to public addresses alone, unless `callback_private`.
    Links begin with `public_url` where it is set, otherwise with the host that the client named, which a
    laptop's server checks against its own names and `allowed_hosts`. Larger responses than `response_limit`,
    in bytes as Lambda counts them, are fetched from the bucket; 0 for no limit.
    """

    table: str = "statline"
    bucket: str = "statline"
    queue_url: str = ""
    callback_queue_url: str = ""
    inline_limit: int = 8 * 1024
    id_block: int = 100
    resend_seconds: int = 15 * 60
    give_up_seconds: int = 24 * 60 * 60
    retention_days: int = 0
    settle_seconds: int = 0
    max_open: int = 10_000
    access: str = "open"
    callback_private: bool = False
    cors_origin: str = NO_ORIGIN
    public_url: str = ""
    allowed_hosts: frozenset[str] = frozenset()
    response_limit: int = 0
    log_level: str = "info"
    log_format: str = "json"
    stage: str = "none"

    @classmethod
    def from_environ(cls, environ: Environ) -> "Settings":
        return cls(
            table=environ.get("STATLINE_TABLE", cls.table),
            bucket=environ.get("STATLINE_BUCKET", cls.bucket),
            queue_url=environ.get("STATLINE_QUEUE_URL", cls.queue_url),
            callback_queue_url=environ.get("STATLINE_CALLBACK_QUEUE_URL", cls.callback_queue_url),
            inline_limit=integer(environ, "STATLINE_INLINE_LIMIT", cls.inline_limit, maximum=LARGEST_INLINE),
            id_block=integer(environ, "STATLINE_ID_BLOCK", cls.id_block, minimum=1, maximum=LARGEST_BLOCK),
            resend_seconds=integer(environ, "STATLINE_RESEND_SECONDS", cls.resend_seconds, minimum=1),
            give_up_seconds=integer(environ, "STATLINE_GIVE_UP_SECONDS", cls.give_up_seconds, minimum=1),
            retention_days=integer(environ, "STATLINE_RETENTION_DAYS", cls.retention_days),
            settle_seconds=integer(environ, "STATLINE_SETTLE_SECONDS", cls.settle_seconds),
            max_open=integer(environ, "STATLINE_MAX_OPEN", cls.max_open, minimum=1),
            access=choice(environ, "STATLINE_ACCESS", cls.access, ("open", "key")),
            callback_private=choice(environ, "STATLINE_CALLBACK_PRIVATE", "no", ("no", "yes")) == "yes",
            cors_origin=origin(environ),
            public_url=public_url(environ),
            allowed_hosts=hosts(environ),
            response_limit=integer(environ, "STATLINE_RESPONSE_LIMIT", cls.response_limit),
            log_level=choice(environ, "STATLINE_LOG_LEVEL", cls.log_level, LOG_LEVELS),
            log_format=choice(environ, "STATLINE_LOG_FORMAT", cls.log_format, LOG_FORMATS),
            stage=environ.get("STATLINE_STAGE", cls.stage),
        )
