"""The options of a command that names a question: one for each input of a statistic."""

from collections.abc import Callable, Mapping

import click

from chalicelib.documents.inputs import INPUTS
from chalicelib.domain.statistics.statistic import Statistic


def option(name: str) -> str:
    return f"--{name.replace('_', '-')}"


def input_options(command: Callable[..., None]) -> Callable[..., None]:
    """Add an option for each input but the question."""
    for name, entry in reversed(INPUTS.items()):
        if name != "question":
            words = entry.schema.get("enum")
            kind = click.Choice(words) if words else click.STRING
            command = click.option(option(name), type=kind, help=f"{entry.description}.")(command)
    return command


def given_inputs(entry: Statistic, question: str, options: Mapping[str, str | None]) -> dict[str, str]:
    """Return the inputs of a statistic that the command line gives. Raises click.UsageError."""
    inputs = {"question": question} | {name: value for name, value in options.items() if value is not None}
    if missing := [name for name in entry.parameters if name not in inputs]:
        raise click.UsageError(f"{entry.name} needs {option(missing[0])}")
    if unknown := [name for name in inputs if name not in entry.inputs]:
        raise click.UsageError(f"{entry.name} takes no {option(unknown[0])}")
    return inputs
