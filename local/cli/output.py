"""What a command found, as a table for a person, as JSON or CSV for a program."""

import csv
import json
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, NamedTuple

FORMATS = ("table", "json", "csv")


class Listing(NamedTuple):
    """`document` is what the service said, the rest is the same as a table."""

    document: Any
    columns: Sequence[str]
    rows: Sequence[Sequence[Any]]


def show(found: Listing, form: str | None) -> None:
    """Print it in the form named; without one, a table on a terminal and JSON elsewhere."""
    form = form or ("table" if sys.stdout.isatty() else "json")
    if form == "json":
        print(json.dumps(found.document, ensure_ascii=False))
    elif form == "csv":
        csv.writer(sys.stdout, lineterminator="\n").writerows([found.columns, *found.rows])
    else:
        print_table(found)


def print_table(found: Listing) -> None:
    from rich.box import SIMPLE_HEAD
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(box=SIMPLE_HEAD, pad_edge=False, show_edge=False)
    for number, column in enumerate(found.columns):
        right = any(isinstance(row[number], float) for row in found.rows)
        table.add_column(column, justify="right" if right else "left", overflow="fold")
    for row in found.rows:
        table.add_row(*(Text(readable(value)) for value in row))
    Console(highlight=False).print(table)


def readable(value: object) -> str:
    """A number to six digits; a text without characters that would command a terminal."""
    if value is None:
        return ""
    return f"{value:.6g}" if isinstance(value, float) else printable(str(value))


def printable(text: str) -> str:
    return "".join(character if character.isprintable() else " " for character in text)


@contextmanager
def progress(first: str) -> Iterator[Callable[[str], None]]:
    """A function to tell, in words, what is waited for; silent where standard error is no terminal."""
    if not sys.stderr.isatty():
        yield lambda text: None
        return
    from rich.console import Console
    from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    columns = SpinnerColumn(), TextColumn("{task.description}", markup=False), TimeElapsedColumn()
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(first)
        yield lambda text: bar.update(task, description=printable(text))
