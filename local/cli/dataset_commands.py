"""The commands about a data set's file, which need no service: `check` and `describe`."""

from pathlib import Path

import click

from chalicelib.domain.dataset_description import stems
from chalicelib.domain.ingestor import DataIngestor
from chalicelib.errors import listed
from local.cli.output import printable
from local.dataset_file import DatasetFile

A_FILE = click.argument("file", type=click.Path(path_type=Path))
FEW = 5  # of many names


@click.command()
@click.option(
    "--description",
    type=click.Path(path_type=Path),
    envvar="STATLINE_DESCRIPTION",
    help="Its description, if not beside it.",
)
@A_FILE
def check(file: Path, description: Path | None) -> None:
    """Say what is wrong or doubtful in a data set, without serving it."""
    found = DatasetFile.find(file, description)
    click.echo(f"{file}, described by {found.described_by}")
    data = found.read()
    for line in [*summary(data), *(f"doubtful: {warning}" for warning in data.warnings)]:
        click.echo(printable(line))
    click.echo(f"{len(data.warnings)} doubts." if data.warnings else "Nothing is wrong or doubtful.")


def summary(data: DataIngestor) -> list[str]:
    """Return what is in a data set, in a few lines."""
    whole, years = data.cube.overall(), {year for years in data.cube.years.values() for year in years}
    lines = [
        f"{whole.counted + whole.suppressed:,} rows, {whole.suppressed:,} of them without a value",
        f"{len(data.questions):,} questions: {few(data.questions)}",
        f"{len(data.states):,} locations: {few(data.states)}",
    ]
    lines += [f"years {min(years)} to {max(years)}"] if years else []
    lines += [f"{category}: {few(strata)}" for category, strata in data.strata.items()]
    return lines


def few(names: object) -> str:
    first = sorted(names)  # type: ignore[call-overload] # texts
    return listed(first[:FEW]) + (", …" if len(first) > FEW else "")


@click.command()
@click.option("--force", is_flag=True, help="Write over a description that is there.")
@A_FILE
def describe(file: Path, force: bool) -> None:
    """Write a first description of a data set by looking at it, and say what it cannot know."""
    from local.describing.guess import describe_file  # it needs pandas, which takes a third of a second

    target = file.with_name(f"{stems(file.name)[0]}.json")
    if target.exists() and not force:
        raise click.UsageError(f"{target} is there; --force writes over it")
    guess = describe_file(file)
    for note in guess.notes:
        click.echo(printable(note))
    target.write_text(guess.text, encoding="utf-8")
    click.echo(f"wrote {target}")
    data = DatasetFile.find(file, target).read()
    for line in [*summary(data), *(f"doubtful: {warning}" for warning in data.warnings)]:
        click.echo(printable(line))


COMMANDS = (check, describe)
