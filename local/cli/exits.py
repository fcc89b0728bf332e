"""How commands end: what went wrong in one sentence on standard error, and an exit status for its kind."""

import errno
import io
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

import click

from chalicelib.errors import AwsUnavailable, DatasetError, InvalidSetting, StatlineError, SystemLimit
from local.cli.output import printable, printable_lines
from local.dataset.cluster.errors import ClusterLost, ClusterUnfit, ClusterUnreachable, InvalidCluster
from local.storage.home import HomeInUse, HomeUnusable

FAILED, MISUSED, UNREACHABLE = 1, 2, 3
STATUSES: dict[type[StatlineError], int] = {
    InvalidSetting: MISUSED,
    AwsUnavailable: UNREACHABLE,
    DatasetError: 4,
    HomeUnusable: 5,
    HomeInUse: 5,
    SystemLimit: 6,
    InvalidCluster: MISUSED,
    ClusterUnreachable: 8,
    ClusterUnfit: 9,
    ClusterLost: 10,
}
OUTPUT_FAILED = 7
STATUSES_OF_SERVE = """
\b
Exit status:
  0  drained, or stopped: before it served, or with jobs left for the next start
  1  it cannot listen on the address, or another error
  2  an option or an environment variable has an invalid value
  4  the data set cannot be used
  5  STATLINE_HOME cannot be used, or another Statline uses it
  6  the system allows too few threads or open files
"""
# What to do about an error of boto3, by what the error's name or code contains.
AWS_REMEDIES = (
    (
        "NoRegion",
        "AWS_DEFAULT_REGION names the region, such as AWS_DEFAULT_REGION=eu-central-1; "
        "`aws configure` stores one",
    ),
    ("ProfileNotFound", "AWS_PROFILE names a profile that `aws configure` stored"),
    (
        "NoCredentials",
        "AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE, name an account; "
        "`aws configure` or `aws sso login` stores credentials",
    ),
    ("PartialCredentials", "AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY belong together"),
    ("AccessDenied", "an administrator allows that to these credentials"),
    ("Token", "the credentials have expired or are wrong: renew them, as by `aws sso login`"),
    ("SignatureDoesNotMatch", "the secret key is wrong"),
    ("AuthFailure", "the credentials are wrong: renew them"),
)


class Failure(click.ClickException):
    """The end of a command with a sentence and an exit status."""

    def __init__(self, sentence: str, status: int, has_lines: bool = False) -> None:
        super().__init__(printable_lines(sentence) if has_lines else printable(sentence))
        self.exit_code = status  # type: ignore[misc] # click declares it for the class, and reads it here


class Commands(click.Group):
    """A group whose commands end in sentences, and whose readers may close the pipe."""

    def main(self, *args: Any, **extra: Any) -> Any:
        try:
            return super().main(*args, **extra)
        finally:
            discard_unwritten()

    def make_context(self, *args: Any, **extra: Any) -> click.Context:
        with ending():  # `--help` prints here
            return super().make_context(*args, **extra)

    def invoke(self, context: click.Context) -> Any:
        with ending():
            return super().invoke(context)


@contextmanager
def ending() -> Iterator[None]:
    """Raise Failure for the errors that have a sentence, and Exit when the reader has closed the pipe."""
    try:
        yield
        sys.stdout.flush()
    except (click.ClickException, click.exceptions.Exit, click.Abort):
        raise
    except StatlineError as error:
        # What is wrong with a data set may be several kinds, each on a line.
        raise Failure(sentence(error), status(error), isinstance(error, DatasetError)) from None
    except BrokenPipeError:
        raise click.exceptions.Exit(0) from None
    except OSError as error:
        raise of_system(error) from None
    except aws_errors() as error:  # imported only for an error: botocore is slow to import
        raise Failure(f"AWS: {error}{aws_remedy(error)}", UNREACHABLE) from None


def sentence(error: StatlineError) -> str:
    return f"AWS: {error.cause}" if isinstance(error, AwsUnavailable) else str(error)


def status(error: StatlineError) -> int:
    return next((status for kind, status in STATUSES.items() if isinstance(error, kind)), FAILED)


def of_system(error: OSError) -> Failure:
    """Return the end for an error of the operating system: of a file, or else of standard output."""
    if error.filename is not None:
        return Failure(f"cannot use {error.filename}: {error.strerror}", FAILED)
    return Failure(f"cannot write to standard output: {output_problem(error)}", OUTPUT_FAILED)


def output_problem(error: OSError) -> str:
    closed = error.errno == errno.EBADF  # whose own text, "Bad file descriptor", says less
    return "it is closed" if closed else error.strerror or str(error)


def aws_errors() -> tuple[type[Exception], ...]:
    from botocore.exceptions import BotoCoreError, ClientError

    return BotoCoreError, ClientError


def aws_remedy(error: Exception) -> str:
    code = getattr(error, "response", {}).get("Error", {}).get("Code", "")
    names = f"{type(error).__name__} {code}"
    return next((f" ({remedy})" for part, remedy in AWS_REMEDIES if part in names), "")


def open_standard_files() -> None:
    """Open standard files that are closed, so that no other file gets their numbers; writing to them fails.

    What their encoding lacks, such as an en dash in ASCII, is written as an escape.
    """
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDONLY if number == 1 else os.O_RDWR)  # gets the lowest free number
    for number, name in enumerate(("stdout", "stderr"), 1):
        if getattr(sys, name) is None:
            file = open(number, "w", closefd=False)  # noqa: SIM115 - for the whole process
            setattr(sys, name, file)
            setattr(sys, f"__{name}__", file)  # some packages use this one
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def discard_unwritten() -> None:
    """Let the interpreter's last flush succeed when standard output takes nothing more."""
    try:
        sys.stdout.flush()
    except OSError:
        with suppress(OSError, ValueError):
            null = os.open(os.devnull, os.O_WRONLY)
            os.dup2(null, sys.stdout.fileno())
            os.close(null)
