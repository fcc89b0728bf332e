"""Figures with their intervals on a terminal: a line for each, on one axis."""

import shutil
import sys
import textwrap
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from rich.cells import cell_len, set_cell_size

from chalicelib.web.client import statline
from chalicelib.web.client.statline import Figure
from local.cli.output import printable

FEWEST_COLUMNS, MOST_COLUMNS = 72, 120
LONGEST_LABEL = 28
FEWEST_MARKS = 12  # columns of the axis; where fewer are left, numbers alone are printed
SPACE = "  "
MARK, LINE, ENDS, ZERO, UNRELIABLE = "●", "─", "├┤", "┊", "!"
# For terminals whose encoding lacks what the lines are drawn of.
ASCII = str.maketrans({MARK: "o", LINE: "-", "├": "|", "┤": "|", ZERO: ":", "–": "-", "…": "~", "•": "-"})


def bars(document: Mapping[str, Any], notes: Sequence[str]) -> str:
    """Return the figures of a result between the sentence to quote and its caveats."""
    columns = min(max(shutil.get_terminal_size().columns, FEWEST_COLUMNS), MOST_COLUMNS)
    figures = statline.figures(document)
    unreliable = sum(not figure.presentable for figure in figures)
    below = [f"{statline.UNRELIABLE} ({unreliable})"] * bool(unreliable)
    below += [*statline.missing(document), *(f"• {note}" for note in notes[1:])]
    lines = [
        *textwrap.wrap(printable(notes[0]), columns),
        "",
        *rows(figures, columns),
        "",
        *(line for note in below for line in textwrap.wrap(printable(note), columns)),
    ]
    return encodable("\n".join(lines).rstrip())


def encodable(text: str) -> str:
    try:
        text.encode(sys.stdout.encoding or "utf-8")
    except UnicodeEncodeError:
        return text.translate(ASCII)
    return text


def rows(figures: Sequence[Figure], columns: int) -> Iterator[str]:
    """Yield the axis, then a line of at most so many columns for each figure."""
    if not figures:
        return
    marks, digits = statline.ticks(figures), statline.decimals(figures)
    table = [(figure.rank, printable(figure.label), statline.written(figure, digits)) for figure in figures]
    widths = [max(map(cell_len, column)) for column in zip(*table, strict=True)]
    others = widths[0] + len(SPACE) * bool(widths[0]) + widths[2] + 2 * len(SPACE)
    widths[1] = max(8, min(widths[1], LONGEST_LABEL, columns - others - FEWEST_MARKS))
    room = columns - others - widths[1]
    first, last = f"{marks[0]:g}", f"{marks[-1]:g}"
    if room >= max(FEWEST_MARKS, len(first + last) + 1):
        yield " " * (others + widths[1]) + first + last.rjust(room - len(first))
    for figure, texts in zip(figures, table, strict=True):
        cells = [fitted(text, width) for text, width in zip(texts, widths, strict=True) if width]
        yield SPACE.join([*cells, drawn(figure, marks[0], marks[-1], room)]).rstrip()


def fitted(text: str, width: int) -> str:
    """Return a text in so many columns of the terminal, some of whose characters take two or none."""
    return set_cell_size(text if cell_len(text) <= width else f"{set_cell_size(text, width - 1)}…", width)


def drawn(figure: Figure, low: float, high: float, width: int) -> str:
    """Return the mark of a figure on its interval, in so many columns from `low` to `high`."""
    if figure.value is None or width < FEWEST_MARKS:
        return ""

    def place(value: float) -> int:
        return round((value - low) / (high - low) * (width - 1))

    line = [" "] * width
    if low < 0 < high:
        line[place(0)] = ZERO
    if figure.low is not None and figure.high is not None:
        first, last = place(figure.low), place(figure.high)
        line[first : last + 1] = LINE * (last + 1 - first)
        line[first], line[last] = ENDS[0], ENDS[1]
    line[place(figure.value)] = MARK if figure.presentable else UNRELIABLE
    return "".join(line)
