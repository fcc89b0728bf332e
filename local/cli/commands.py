"""The commands for a running service, such as `python -m local ask best5 Q036`."""

import functools
import shlex
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from time import sleep
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import click

from chalicelib.application.admission_control import Drain
from chalicelib.documents.result_table import Cells, parse_frozen_json
from chalicelib.domain.statistics.registry import STATISTICS, Statistic
from local.cli.output import FORMATS, Output, Report, progress, show

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
EXAMPLES = f"""
Statistics: {", ".join(STATISTICS)}.

\b
Examples:
  python -m local ask best5 Q036
  python -m local ask state_mean obesity --state OH
  python -m local ask states_mean Q036 --format csv > means.csv
  python -m local ask best5 Q036 --url https://….amazonaws.com/v1 --key …
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


@click.command(epilog=EXAMPLES + STATUSES)
@click.argument("statistic", metavar="STATISTIC")
@click.argument("question")
@click.option("--state", help="Name or abbreviation of the state, for statistics of one state.")
@prints_output
def ask(client: "Client", statistic: str, question: str, state: str | None) -> Output:
    """Compute a statistic of a question (its id, its text or a part of that), and wait for the result."""
    check_statistic(statistic, question)
    inputs = {"question": question} | ({} if state is None else {"state": state})
    parameters = set(STATISTICS[statistic].parameters)
    if missing := parameters - set(inputs):
        raise click.UsageError(f"{statistic} needs --{missing.pop()}")
    if unknown := set(inputs) - parameters:
        raise click.UsageError(f"{statistic} takes no --{unknown.pop()}")
    from local.cli.names import resolved

    return table(STATISTICS[statistic], wait(client, client.submit(statistic, resolved(client, inputs))))


def check_statistic(statistic: str, question: str) -> None:
    """Raise UsageError unless there is such a statistic."""
    if statistic not in STATISTICS and question in STATISTICS:
        raise click.UsageError(f"did you mean `ask {question} {shlex.quote(statistic)}`?")
    click.Choice(list(STATISTICS)).convert(statistic, None, click.get_current_context())


@click.command(epilog=STATUSES)
@click.argument("job_id", metavar="ID")
@prints_output
def result(client: "Client", job_id: str) -> Output:
    """Wait for the result of a job that was submitted before."""
    document = wait(client, job_id)
    return table(STATISTICS[client.statistic(job_id)], document)


def wait(client: "Client", job_id: str) -> dict[str, Any]:
    """Wait for a result; on Ctrl-C, say how to get it later."""
    try:
        return client.result(job_id)
    except KeyboardInterrupt:
        click.echo(f"{job_id} goes on; `python -m local result {job_id}` collects its answer.", err=True)
        raise click.exceptions.Exit(INTERRUPTED) from None


def table(statistic: Statistic, document: dict[str, Any]) -> Output:
    return Output(document, statistic.columns, parse_frozen_json(statistic, document))


@click.command(epilog=STATUSES)
@prints_output
def questions(client: "Client") -> Output:
    """List the questions of the data set, and which end is best for each."""
    return select(client.questions(), "id", "question", "best")


@click.command(epilog=STATUSES)
@prints_output
def states(client: "Client") -> Output:
    """List the states of the data set."""
    return select(client.states(), "name", "abbreviation")


@click.command(epilog=STATUSES)
@click.option("--limit", type=click.IntRange(1), default=20, show_default=True, help="Number of jobs.")
@prints_output
def jobs(client: "Client", limit: int) -> Output:
    """List the latest jobs and their status, newest first."""
    output = select(client.jobs(limit), "jobID", "processID", "status", "created", "message")
    return output._replace(short=[(*row[:3], short_time(row[3]), row[4]) for row in output.rows])


def short_time(moment: str) -> str:
    """Return a time in RFC 3339 without year and seconds, for a terminal of 80 columns."""
    return f"{moment[5:10]} {moment[11:16]}Z"


def select(documents: list[dict[str, Any]], *columns: str) -> Output:
    return Output(
        documents, columns, [[document.get(column) for column in columns] for document in documents]
    )


@click.command(epilog=STATUSES)
@click.option("--stage", help="A stage in .chalice/stages.json, drained with AWS credentials, not over HTTP.")
@service_options
@click.pass_context
def drain(context: click.Context, stage: str | None, url: str, api_key: str) -> None:
    """Stop accepting jobs and wait until the accepted ones are finished."""
    if stage is None:
        with connect(url, api_key) as client:
            wait_for_drain(client.drain, client.report)
        click.echo("Drained. A start of the service takes jobs again.")
        return
    if context.get_parameter_source("url") is click.core.ParameterSource.COMMANDLINE:
        raise click.UsageError("--stage and --url name two services; one is drained")
    from local.cloud.stack import Stack

    with progress(f"draining {stage}") as report:
        wait_for_drain(Stack(stage).service()[0].drain, report)
    click.echo(f"Drained. `python -m local reopen --stage {stage}` takes jobs again.")


def wait_for_drain(drain: Callable[[], Drain], report: Report) -> None:
    from local.cli.client import pauses

    pause = pauses()
    while not (state := drain()).done:
        seconds = next(pause)
        report(f"{state.left} jobs left", seconds)
        sleep(seconds)


COMMANDS = (ask, result, questions, states, jobs, drain)
