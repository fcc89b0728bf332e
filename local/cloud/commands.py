"""The commands for stages on AWS, such as `python -m local deploy --stage dev`."""

import time
from collections.abc import Iterable
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

import click

from chalicelib.errors import shown
from local.cli.dataset_commands import summary
from local.cli.output import printable, printable_lines
from local.cloud import function_costs, packaging, publishing
from local.cloud.stack import Stack
from local.dataset.progress import Progress
from local.settings import SAMPLE

SOURCES = """
\b
SOURCE is one of
  a file                      survey.csv, survey.csv.gz, survey.parquet, survey.xlsx
  a folder, or a pattern      surveys/, "surveys/2*.csv"
  those in a bucket           s3://bucket/survey.csv, s3://bucket/surveys/, "s3://bucket/surveys/*.csv"
Nothing is published when anything is wrong with it.
"""
stage_option = click.option("--stage", required=True, help="A name in .chalice/stages.json.")


def pair(text: str) -> tuple[str, str]:
    name, mark, value = text.partition("=")
    if not (name and mark):
        raise click.BadParameter(f"{shown(text)} is not NAME=VALUE, such as CorsOrigin=https://example.org")
    return name, value


@click.command()
@click.option("--stage", default="dev", show_default=True, help="Whose template is written.")
def package(stage: str) -> None:
    """Write what is deployed to out/, look into it, and say its size."""
    size, chalice = packaging.package(stage=stage), version("chalice")
    made_of = f"the application on Chalice {chalice} and nothing else"
    click.echo(f"{packaging.OUT / 'deployment.zip'}: {size:,} bytes: {made_of}")


@click.command()
@stage_option
@click.option(
    "--parameter",
    "more",
    metavar="NAME=VALUE",
    multiple=True,
    callback=lambda _context, _option, texts: dict(map(pair, texts)),
    help="Beside .chalice/stages.json.",
)
def deploy(stage: str, more: dict[str, str]) -> None:
    """Package, then create or update a stage's stack."""
    stack = Stack(stage, more)
    new = not stack.exists()
    packaging.package(stage=stage)
    outputs = stack.deploy(packaging.OUT)
    for name, value in sorted(outputs.items()):
        click.echo(f"{name:<16} {value}")
    if new:
        click.echo(f"Next: python -m local publish --stage {stage} [SOURCE]")


@click.command()
@stage_option
@click.option("--yes", is_flag=True, help="Do not ask.")
def destroy(stage: str, yes: bool) -> None:
    """Remove a stage: its jobs, answers and data sets too."""
    stack = Stack(stage)
    stack.outputs()
    if not yes:
        click.confirm(f"Remove stage {stage} with every job and data set in it?", abort=True)
    stack.destroy()
    click.echo(f"Stage {stage} is removed.")


@click.command()
@stage_option
@click.option("--minutes", default=60, show_default=True, help="How far back to begin.")
@click.option("--follow", is_flag=True, help="Go on until Ctrl-C.")
def logs(stage: str, minutes: int, follow: bool) -> None:
    """Print the log lines of a stage's functions."""
    stack = Stack(stage)
    start = int(time.time() * 1000) - minutes * 60_000
    while True:
        for moment, line in stack.log_lines(start):
            click.echo(f"{datetime.fromtimestamp(moment / 1000, UTC):%H:%M:%S} {printable_lines(line)}")
            start = max(start, moment + 1)
        if not follow:
            break
        time.sleep(1)


@click.command(epilog=SOURCES)
@stage_option
@click.option("--list", "show", is_flag=True, help="List what is published; * is current.")
@click.option("--use", metavar="HASH", help="Make a published data set current again.")
@click.option("--dry-run", is_flag=True, help="Show what would change, and change nothing.")
@click.option(
    "--description",
    type=click.Path(path_type=Path),
    envvar="STATLINE_DESCRIPTION",
    help="Its description, if not beside it.",
)
@click.option(
    "--cluster",
    metavar="ADDRESS",
    help="Read on a Dask cluster: tcp://HOST:8786, or local:N for N processes. Default: on threads.",
)
@click.argument("source", default=str(SAMPLE))
def publish(
    stage: str,
    show: bool,
    use: str | None,
    dry_run: bool,
    description: Path | None,
    cluster: str | None,
    source: str,
) -> None:
    """Make a data set what new jobs are asked of. Without SOURCE: the bundled sample."""
    stack = Stack(stage)
    stores = stack.service()[1:]
    if show:
        list_published(publishing.published(*stores))
        return
    found = (
        publishing.preview(source, *stores, description, cluster)
        if use is None
        else publishing.preview_use(use, *stores)
    )
    tell(found)
    check_worker(stack.worker(), found.snapshot)
    if not dry_run:
        publishing.make_current(found, *stores)
    size = f"{len(found.snapshot):,} bytes"
    click.echo("stored already" if found.is_stored else f"{'to upload' if dry_run else 'uploaded'}: {size}")
    click.echo(f"{'would be current' if dry_run else 'current'}: {found.fingerprint}")


def list_published(items: Iterable[publishing.Published]) -> None:
    for item in items:
        click.echo(printable(f"{'*' if item.current else ' '} {item.fingerprint} {item.title}"))


def tell(found: publishing.Preview) -> None:
    """Print what is in a data set, what is doubtful, and what changes."""
    changes = [*publishing.differences(found)] or ["its title, rows, questions and states stay"]
    for line in [*summary(found.data), *map("doubtful: {}".format, found.doubts), *changes]:
        click.echo(printable(line))


def check_worker(worker: function_costs.Worker, snapshot: bytes) -> None:
    """Print what a data set costs a function of a stage. Raises TooLarge for more than it has."""
    with Progress("measuring"):
        cost = function_costs.measure(snapshot)
    for line in cost.lines(worker.memory):
        click.echo(line)
    worker.require(cost)


@click.command()
@stage_option
@click.option("--rotate", is_flag=True, help="Make a new key first. The old one ends at once.")
def key(stage: str, rotate: bool) -> None:
    """Print the API key that callers of a stage send as x-api-key."""
    stack = Stack(stage)
    if rotate:
        stack.rotate_key()
    click.echo(stack.key() or f"Stage {stage} is open: no key is needed.")


@click.command()
@stage_option
def reopen(stage: str) -> None:
    """Take jobs again after a drain, in every function within 5 seconds."""
    Stack(stage).service()[0].reopen()
    click.echo("Open.")


COMMANDS = (package, deploy, destroy, logs, publish, key, reopen)
