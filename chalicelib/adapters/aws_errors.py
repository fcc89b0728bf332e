"""AWS errors surface as one exception, AwsUnavailable, and one log line with call, cause and remedy."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager

from chalicelib.errors import AwsUnavailable
from chalicelib.observability.metrics import STORE_ERRORS

log = logging.getLogger("statline.aws")

# Responses that the adapters understand, and the one that says that the call itself was wrong.
NO_OUTAGE = ("ConditionalCheckFailedException", "NoSuchKey", "ValidationException")
# What an operator has to mend, by what the error's name contains; every other error passes by itself.
REMEDIES = {
    "renew the credentials": ("Token", "Credential", "Signature", "AccessKey", "UnrecognizedClient"),
    "let the function's role do it": ("AccessDenied",),
    "STATLINE_TABLE, STATLINE_BUCKET or STATLINE_[CALLBACK_]QUEUE_URL names what is not there": (
        "ResourceNotFound",
        "NoSuchBucket",
        "NonExistentQueue",
        "QueueDoesNotExist",
    ),
}


@contextmanager
def translated(operation: str, allowed_attempts: int = 1) -> Iterator[None]:
    """Raise AwsUnavailable for what boto3 raises within, unless it tells the caller something (NO_OUTAGE)."""
    from botocore import exceptions, parsers  # loaded long since by the client

    try:
        yield
    except exceptions.ParamValidationError:
        raise
    except exceptions.ClientError as error:
        details, metadata = error.response.get("Error", {}), error.response.get("ResponseMetadata", {})
        name = details.get("Code", "")
        if name in NO_OUTAGE:
            raise
        attempts = f"{1 + metadata.get('RetryAttempts', 0)}"
        raise unavailable(operation, name, details.get("Message", ""), attempts) from error
    except (exceptions.HTTPClientError, exceptions.ConnectionError) as error:
        # botocore does not tell how often it tried a call without a response.
        raise unavailable(operation, type(error).__name__, str(error), f"up to {allowed_attempts}") from error
    except (exceptions.BotoCoreError, parsers.ResponseParserError) as error:
        raise unavailable(operation, type(error).__name__, str(error)) from error


def unavailable(operation: str, name: str, message: str, attempts: str = "1") -> AwsUnavailable:
    """Log and count a failed call, and return the exception for it."""
    STORE_ERRORS.add(operation)
    cause = f"{operation} failed in {attempts} attempts with {name}: {message}"
    for advice, parts in REMEDIES.items():
        if any(part in name for part in parts):
            cause += f" ({advice})"
    log.error("%s", cause, extra={"operation": operation, "cause": name, "attempts": attempts})
    return AwsUnavailable(cause)
