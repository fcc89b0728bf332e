"""The commands for a running service, such as `python -m local ask best5 Q036`."""

import shlex
from collections.abc import Callable, Mapping
from time import sleep
from typing import TYPE_CHECKING, Any

import click

from chalicelib.application.admission_control import Drain
from chalicelib.documents.result_table import answer_table
from chalicelib.domain.statistics.labels import LABEL, label
from chalicelib.domain.statistics.registry import MEANS, STATISTICS
from chalicelib.domain.statistics.statistic import Statistic
from local.cli.connection import STATUSES, connect, prints_output, service_options, wait
from local.cli.input_options import given_inputs, input_options
from local.cli.output import Output, Report, progress
from local.cli.replay import replay

if TYPE_CHECKING:  # it takes a tenth of a second to import
    from local.cli.client import Client

EXAMPLES = f"""
Estimates, with their uncertainty: {", ".join(name for name in STATISTICS if name not in MEANS)}.

Means, each an {LABEL}, which is no prevalence: {", ".join(MEANS)}.

\b
Examples:
  python -m local ask best5 Q036
  python -m local ask state_mean obesity --state OH
  python -m local ask estimate Q036 --state Ohio --years 2022
  python -m local ask ranking Q036
  python -m local ask state_mean Q036 --state Ohio --years 2022 --category Total
  python -m local ask states_mean Q036 --format csv > means.csv
  python -m local ask best5 Q036 --url https://….amazonaws.com/v1 --key …
"""


@click.command(epilog=EXAMPLES + STATUSES)
@click.argument("statistic", metavar="STATISTIC")
@click.argument("question")
@input_options
@prints_output
def ask(client: "Client", statistic: str, question: str, **options: str | None) -> Output:
    """Compute a statistic of a question (its id, its text or a part of that), and wait for the result."""
    check_statistic(statistic, question)
    entry = STATISTICS[statistic]
    inputs = given_inputs(entry, question, options)
    from local.cli.names import resolved

    inputs = resolved(client, inputs)
    return table(entry, wait(client, client.submit(statistic, inputs)), inputs)


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


def table(statistic: Statistic, document: dict[str, Any], inputs: Mapping[str, str] | None = None) -> Output:
    """Return an answer as a table, with the sentences that say what its numbers are.

    Without the inputs, nothing is said of what a mean mixes.
    """
    columns, rows = answer_table(statistic, document)
    if statistic.computes_rows:
        notes = [f"{LABEL.capitalize()}." if inputs is None else label(statistic.name, inputs)]
    else:
        notes = [document["statement"], *(caveat["text"] for caveat in document["caveats"])]
    return Output(document, columns, rows, notes=notes)


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


COMMANDS = (ask, result, replay, questions, states, jobs, drain)
