"""The commands about a data set's file, which need no service: `check` and `describe`."""

from collections.abc import Sequence
from pathlib import Path, PurePosixPath

import click

from chalicelib.domain.ingestor import DataIngestor
from local.cli.output import few, printable
from local.dataset.dataset import Dataset, folder_of, is_one_file, usual_description
from local.dataset.parts import S3, Part, find_parts
from local.dataset.progress import Progress
from local.dataset.workers import workers

A_SOURCE = click.argument("source")
FEW = 5  # of many names


@click.command()
@click.option(
    "--description",
    type=click.Path(path_type=Path),
    envvar="STATLINE_DESCRIPTION",
    help="Its description, if not beside it.",
)
@A_SOURCE
def check(source: str, description: Path | None) -> None:
    """Say what is wrong or doubtful in a data set, without serving it.

    SOURCE is a file, a folder, a pattern such as "data/*.csv", or those in a bucket: s3://bucket/prefix/.
    """
    found = Dataset.find(source, description)
    click.echo(printable(f"{source}, described by {found.described_by}"))
    data = told(found)
    click.echo(f"{len(data.warnings)} doubts." if data.warnings else "Nothing is wrong or doubtful.")


def told(dataset: Dataset) -> DataIngestor:
    """Read a data set, and say what is in it and what is doubtful."""
    with workers(None) as threads, Progress() as progress:
        data = dataset.read(threads, progress).data
    files = [f"{len(dataset.parts):,} files"] if len(dataset.parts) > 1 else []
    for line in [*files, *summary(data), *(f"doubtful: {warning}" for warning in data.warnings)]:
        click.echo(printable(line))
    return data


def summary(data: DataIngestor) -> list[str]:
    """Return what is in a data set, in a few lines."""
    whole, years = data.cube.overall(), {year for years in data.cube.years.values() for year in years}
    lines = [
        f"{whole.counted + whole.suppressed:,} rows, {whole.suppressed:,} of them without a value",
        f"{len(data.questions):,} questions: {few(data.questions, FEW)}",
        f"{len(data.states):,} locations: {few(data.states, FEW)}",
    ]
    lines += [f"years {min(years)} to {max(years)}"] if years else []
    lines += [f"{category}: {few(strata, FEW)}" for category, strata in data.strata.items()]
    return lines


@click.command()
@click.option("--force", is_flag=True, help="Write over a description that is there.")
@A_SOURCE
def describe(source: str, force: bool) -> None:
    """Write a first description of a data set by looking at it, and say what it cannot know.

    SOURCE is as of `check`; of several files, the first is looked at. The description of what is in a bucket
    is printed.
    """
    from local.describing.guess import describe_file  # it needs pandas, which takes a third of a second

    parts = find_parts(source)
    target = usual_description(source, parts)
    in_bucket = target.startswith(S3)
    if not in_bucket and Path(target).exists() and not force:
        raise click.UsageError(f"{target} is there; --force writes over it")
    with parts[0].source() as first:
        guess = describe_file(first, title_of(source, parts))
    for note in guess.notes:
        click.echo(printable(note), err=in_bucket)
    if in_bucket:
        click.echo(guess.text, nl=False)
        click.echo(printable(f"put this at {target}, or in a file that STATLINE_DESCRIPTION names"), err=True)
        return
    Path(target).write_text(guess.text, encoding="utf-8")
    click.echo(printable(f"wrote {target}"))
    told(Dataset.find(source, Path(target)))


def title_of(source: str, parts: Sequence[Part]) -> str:
    """Return the name of a file without its suffixes, or that of the folder of several."""
    name = source if is_one_file(source, parts) else folder_of(source)
    return PurePosixPath(Path(name).resolve() if name in ("", ".", "..") else name).name.split(".")[0]


COMMANDS = (check, describe)
