"""The output of commands: a table for a person, JSON or CSV for a program, and progress while waiting."""

import csv
import json
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, NamedTuple

FORMATS = ("table", "json", "csv")
WIDEST_ROW = 8  # columns


class Output(NamedTuple):
    """The JSON document of the service, and the columns and rows of the same as a table.

    `notes` are sentences that stand below the table: one to quote, then its caveats.
    """

    document: Any
    columns: Sequence[str]
    rows: Sequence[Sequence[Any]]
    notes: Sequence[str] = ()


def show(output: Output, format: str | None) -> None:
    """Print the output; without a format, as a table on a terminal and as JSON elsewhere."""
    format = format or ("table" if sys.stdout.isatty() else "json")
    if format == "json":
        print(json.dumps(output.document, ensure_ascii=False))
    elif format == "csv":
        csv.writer(sys.stdout, lineterminator="\n").writerows([output.columns, *output.rows])
    else:
        print_table(output)


def print_table(output: Output) -> None:
    from rich.box import SIMPLE_HEAD
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    columns, rows = upright(output)
    table = Table(box=SIMPLE_HEAD, pad_edge=False, show_edge=False)
    for index, column in enumerate(columns):
        numeric = any(isinstance(row[index], float) for row in rows)
        table.add_column(column, justify="right" if numeric else "left", overflow="fold")
    for row in rows:
        table.add_row(*(Text(cell(value)) for value in row))
    console = Console(highlight=False, markup=False)
    console.print(table)
    for number, note in enumerate(output.notes):
        console.print(f"\n{printable(note)}" if number == 0 else f"- {printable(note)}")


def upright(output: Output) -> tuple[Sequence[str], Sequence[Sequence[Any]]]:
    """Return columns and rows for a terminal: a line for each value of a single row that is too wide."""
    if len(output.rows) == 1 and len(output.columns) > WIDEST_ROW:
        return ("", ""), list(zip(output.columns, output.rows[0], strict=True))
    return output.columns, output.rows


def cell(value: object) -> str:
    """Return the text of a table cell; numbers with six significant digits."""
    if value is None:
        return ""
    return f"{value:.6g}" if isinstance(value, float) else printable(str(value))


def printable(text: str) -> str:
    """Replace control characters, which a terminal could take for commands."""
    return "".join(character if character.isprintable() else " " for character in text)


@contextmanager
def progress(description: str) -> Iterator[Callable[[str], None]]:
    """Show a spinner on standard error, if that is a terminal; yield a function that changes its text."""
    if not sys.stderr.isatty():
        yield lambda text: None
        return
    from rich.console import Console
    from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    columns = SpinnerColumn(), TextColumn("{task.description}", markup=False), TimeElapsedColumn()
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(description)
        yield lambda text: bar.update(task, description=printable(text))
