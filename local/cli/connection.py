"""What the commands for a running service share: its address, a client of it, and the printing of output."""

import functools
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import click

from chalicelib.documents.result_table import Cells
from local.cli.output import FORMATS, Output, progress, show

if TYPE_CHECKING:  # the functions below import it when they need it: it takes a tenth of a second
    from local.cli.client import Client

URL = "http://127.0.0.1:8000"
INTERRUPTED = 130
STATUSES = """
\b
Exit status:
  0  success
  1  no result: the data has none, or no job has this id
  2  the command line is invalid
  3  the service cannot be reached, or refuses the request
  7  the output cannot be written
"""


def check_url(context: click.Context, parameter: click.Parameter, url: str) -> str:
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.netloc:
        raise click.BadParameter(f"{url} does not begin with http:// or https:// and a host")
    return url


def service_options(command: Callable[..., None]) -> Callable[..., None]:
    """Add the options that name the service."""
    url_help = "URL of the service (or STATLINE_URL)."
    key_help = "API key, for a stage that requires one (or STATLINE_KEY)."
    url = click.option(
        "--url", default=URL, envvar="STATLINE_URL", show_default=True, callback=check_url, help=url_help
    )
    key = click.option("--key", "api_key", default="", envvar="STATLINE_KEY", help=key_help)
    return url(key(command))


def prints_output(run: Callable[..., Output]) -> Callable[..., None]:
    """Make a command that calls `run` with a Client and prints its output."""

    @service_options
    @click.option(
        "--format",
        type=click.Choice(FORMATS),
        help="Format of the output; by default a table on a terminal and JSON elsewhere.",
    )
    @click.option(
        "--cells",
        type=click.Choice([cells.value for cells in Cells]),
        default=Cells.SAFE.value,
        show_default=True,
        help="In CSV, texts that a spreadsheet would run as a formula: safe writes an apostrophe first.",
    )
    @functools.wraps(run)
    def command(url: str, api_key: str, format: str | None, cells: str, **arguments: Any) -> None:
        with connect(url, api_key) as client:
            output = run(client, **arguments)
        show(output, format, Cells(cells))

    return command


@contextmanager
def connect(url: str, api_key: str) -> Iterator["Client"]:
    """Yield a client; its errors end the command with the exit status that STATUSES documents."""
    from local.cli.client import Client

    with progress(f"asking {url}") as report:
        yield Client(url, api_key, report=report)


def wait(client: "Client", job_id: str) -> dict[str, Any]:
    """Wait for a result; on Ctrl-C, say how to get it later."""
    try:
        return client.result(job_id)
    except KeyboardInterrupt:
        click.echo(f"{job_id} goes on; `python -m local result {job_id}` collects its answer.", err=True)
        raise click.exceptions.Exit(INTERRUPTED) from None
