"""The commands that ask a running service: `python -m local ask best5 Q036` and its like."""

import functools
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from time import sleep
from typing import Any, TypeVar
from urllib.parse import urlsplit

import click

from chalicelib.documents.result_table import parse_frozen_json
from chalicelib.domain.statistics.registry import STATISTICS, Statistic
from local.cli.client import Client, NoAnswer, Refused, Unreachable, pauses
from local.cli.output import FORMATS, Listing, printable, progress, show

URL = "http://127.0.0.1:8000"
INTERRUPTED = 130
STATUSES = """
\b
Exit status:
  0  answered
  1  no answer: the data cannot give one, or no job has the id
  2  a command that makes no sense
  3  the service cannot be reached, or refuses
"""
EXAMPLES = f"""
Statistics: {", ".join(STATISTICS)}.

\b
Examples:
  python -m local ask best5 Q036
  python -m local ask state_mean Q036 --state Ohio
  python -m local ask states_mean Q036 --format csv > means.csv
  python -m local ask best5 Q036 --url https://….amazonaws.com/v1 --key …
"""

Run = TypeVar("Run", bound=Callable[..., Any])


def check_url(context: click.Context, parameter: click.Parameter, url: str) -> str:
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.netloc:
        raise click.BadParameter(f"{url} does not begin with http:// or https:// and a host")
    return url


def at_a_service(run: Run) -> Run:
    """Add the options that say which service is asked."""
    url = click.option(
        "--url",
        default=URL,
        envvar="STATLINE_URL",
        show_default=True,
        callback=check_url,
        help="Where Statline is (or STATLINE_URL).",
    )
    key = click.option(
        "--key",
        default="",
        envvar="STATLINE_KEY",
        help="API key of a stage that needs one (or STATLINE_KEY).",
    )
    return url(key(run))


def listing(run: Callable[..., Listing]) -> Callable[..., None]:
    """A command that asks a service and prints what `run`, given a Client, finds."""

    @at_a_service
    @click.option(
        "--format",
        "form",
        type=click.Choice(FORMATS),
        help="How to print it; otherwise a table on a terminal and JSON elsewhere.",
    )
    @functools.wraps(run)
    def command(url: str, key: str, form: str | None, **arguments: Any) -> None:
        with service(url, key) as client:
            found = run(client, **arguments)
        show(found, form)

    return command


@contextmanager
def service(url: str, key: str) -> Iterator[Client]:
    """A client whose errors end the command with the exit status that STATUSES promises."""
    try:
        with progress(f"asking {url}") as tell:
            yield Client(url, key, tell=tell)
    except NoAnswer as error:
        raise NoAnswerEnds(printable(str(error))) from None
    except (Unreachable, Refused) as error:
        raise NoServiceEnds(printable(str(error))) from None


class NoAnswerEnds(click.ClickException):
    exit_code = 1


class NoServiceEnds(click.ClickException):
    exit_code = 3


@click.command(epilog=EXAMPLES + STATUSES)
@click.argument("statistic", type=click.Choice(list(STATISTICS)), metavar="STATISTIC")
@click.argument("question")
@click.option("--state", help="For statistics of one state: its name.")
@listing
def ask(client: Client, statistic: str, question: str, state: str | None) -> Listing:
    """Ask a question, by its id or text, and wait for the answer."""
    asked = STATISTICS[statistic]
    given = {"question": question} | ({} if state is None else {"state": state})
    if missing := set(asked.parameters) - set(given):
        raise click.UsageError(f"{statistic} needs --{missing.pop()}")
    if unknown := set(given) - set(asked.parameters):
        raise click.UsageError(f"{statistic} takes no --{unknown.pop()}")
    job_id = client.submit(statistic, given)
    return table_of(asked, collected(client, job_id))


@click.command(epilog=STATUSES)
@click.argument("job_id", metavar="ID")
@listing
def result(client: Client, job_id: str) -> Listing:
    """Wait for the answer of a job that was accepted before."""
    answer = collected(client, job_id)
    return table_of(STATISTICS[client.statistic(job_id)], answer)


def collected(client: Client, job_id: str) -> dict[str, Any]:
    """The answer of a job, waited for; who stops waiting is told how to come back."""
    try:
        return client.answer(job_id)
    except KeyboardInterrupt:
        click.echo(f"{job_id} goes on; `python -m local result {job_id}` collects its answer.", err=True)
        raise click.exceptions.Exit(INTERRUPTED) from None


def table_of(asked: Statistic, answer: dict[str, Any]) -> Listing:
    return Listing(answer, asked.columns, parse_frozen_json(asked, answer))


@click.command(epilog=STATUSES)
@listing
def questions(client: Client) -> Listing:
    """List the questions of the data set, and which end is best for each."""
    found = client.questions()
    return Listing(found, *columns_of(found, "id", "question", "best"))


@click.command(epilog=STATUSES)
@listing
def states(client: Client) -> Listing:
    """List the states of the data set."""
    found = client.states()
    return Listing(found, *columns_of(found, "name", "abbreviation"))


@click.command(epilog=STATUSES)
@click.option("--limit", type=click.IntRange(1), default=20, show_default=True, help="How many at most.")
@listing
def jobs(client: Client, limit: int) -> Listing:
    """List the latest jobs and how they stand, newest first."""
    found = client.jobs(limit)
    return Listing(found, *columns_of(found, "jobID", "processID", "status", "created", "message"))


def columns_of(found: list[dict[str, Any]], *columns: str) -> tuple[tuple[str, ...], list[list[Any]]]:
    return columns, [[one.get(column) for column in columns] for one in found]


@click.command(epilog=STATUSES)
@click.option("--stage", help="A name in .chalice/stages.json: drain it with AWS credentials, not over HTTP.")
@at_a_service
@click.pass_context
def drain(context: click.Context, stage: str | None, url: str, key: str) -> None:
    """Take nothing new and wait until what was accepted is finished."""
    if stage is None:
        with service(url, key) as client:
            finish(client.drain, client.tell)
        click.echo("Drained. A start of the service takes jobs again.")
        return
    if context.get_parameter_source("url") is click.core.ParameterSource.COMMANDLINE:
        raise click.UsageError("--stage and --url name two services; one is drained")
    from local.cloud.stack import Stack

    with progress(f"draining {stage}") as tell:
        finish(Stack(stage).service()[0].drain, tell)
    click.echo(f"Drained. `python -m local reopen --stage {stage}` takes jobs again.")


def finish(drain: Callable[[], Any], tell: Callable[[str], None]) -> None:
    for pause in pauses():
        state = drain()
        if state.done:
            return
        tell(f"{state.left} jobs left")
        sleep(pause)


COMMANDS = (ask, result, questions, states, jobs, drain)
