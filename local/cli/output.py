"""The output of commands: a table for a person, JSON or CSV for a program, and progress while waiting."""

import json
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, NamedTuple

from chalicelib.documents.result_table import Cells, write_csv
from chalicelib.errors import listed
from chalicelib.observability.logging import escaped_json

FORMATS = ("table", "json", "csv")
BARS = "bars"  # of figures alone
WIDEST_ROW = 8  # columns
# Seconds of waiting after which a command says what it waits for.
QUIET_SECONDS = 1.0
# Called with what is waited for, and for how many seconds.
Report = Callable[[str, float], None]


class Output(NamedTuple):
    """The JSON document of the service, and the columns and rows of the same as a table.

    `short` has the rows as a terminal shows them, each in one line, whose last cell is cut where it must be.
    `notes` are sentences that stand below the table: one to quote, then its caveats.
    """

    document: Any
    columns: Sequence[str]
    rows: Sequence[Sequence[Any]]
    short: Sequence[Sequence[Any]] | None = None
    notes: Sequence[str] = ()


def few(names: Iterable[str], most: int) -> str:
    """List the first of some names in their order."""
    ordered = sorted(names)
    return listed(ordered[:most]) + (", …" if len(ordered) > most else "")


def show(output: Output, format: str | None, cells: Cells = Cells.SAFE) -> None:
    """Print the output; without a format, as a table on a terminal and as JSON elsewhere."""
    format = format or ("table" if sys.stdout.isatty() else "json")
    if format == BARS:
        from local.cli.bars import bars

        print(bars(output.document, output.notes))
    elif format == "json":
        print(json_text(output.document))
    elif format == "csv":
        write_csv(sys.stdout, [output.columns, *output.rows], cells, end="\n")
    else:
        print_table(output)


def json_text(document: Any) -> str:
    """Return JSON in which every character is printable, and one that the encoding has."""
    text = escaped_json(json.dumps(document, ensure_ascii=False))
    try:
        text.encode(sys.stdout.encoding or "utf-8")
    except UnicodeEncodeError:
        return json.dumps(document)
    return text


def print_table(output: Output) -> None:
    from rich.box import SIMPLE_HEAD
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    columns, rows = upright(output)
    table = Table(box=SIMPLE_HEAD, pad_edge=False, show_edge=False)
    last = len(columns) - 1
    for index, column in enumerate(columns):
        numeric = any(isinstance(row[index], float) for row in rows)
        in_one_line = output.short is not None and index < last
        table.add_column(column, justify="right" if numeric else "left", overflow="fold", no_wrap=in_one_line)
    for row in rows if output.short is None else output.short:
        *first, end = (Text(cell(value)) for value in row)
        if output.short is not None:
            end.no_wrap, end.overflow = True, "ellipsis"
        table.add_row(*first, end)
    console = Console(highlight=False, markup=False)
    with console.capture() as captured:  # rich itself would end the process when the reader has left
        console.print(table)
        for number, note in enumerate(output.notes):
            console.print(f"\n{printable(note)}" if number == 0 else f"- {printable(note)}")
    sys.stdout.write(captured.get())


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


def printable_lines(text: str) -> str:
    return "\n".join(map(printable, text.split("\n")))


@contextmanager
def progress(description: str) -> Iterator[Report]:
    """Show a spinner on standard error, or say once what is waited for if that is no terminal.

    Yields the function that takes what is waited for.
    """
    if not sys.stderr.isatty():
        yield saying_once()
        return
    from rich.console import Console
    from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    columns = SpinnerColumn(), TextColumn("{task.description}", markup=False), TimeElapsedColumn()
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(description)
        yield lambda text, seconds: bar.update(task, description=printable(text))


def saying_once() -> Report:
    """Return a function that says what is waited for, once that takes long."""
    waited, said = 0.0, False

    def report(text: str, seconds: float) -> None:
        nonlocal waited, said
        waited += seconds
        if waited >= QUIET_SECONDS and not said:
            said = True
            print(f"waiting: {printable(text)}", file=sys.stderr, flush=True)

    return report
