"""What was counted while rows were read, in sentences with a remedy."""

import json
from collections.abc import Iterable, Iterator, Mapping
from itertools import groupby

from chalicelib.errors import listed, shown

EXAMPLES = 3
# Of a column that tells kinds of values apart, the first by name are counted, in whatever order rows come.
MOST_KINDS = 13
# One cell in a hundred may have several rows without a word: published files have such rows.
FEW_CELLS = 100

Counts = Mapping[str, Mapping[str, int]]  # of the texts of each column


def tally(key: str, *texts: str) -> str:
    """Return the name of a count: a key of the description, and what of it is counted."""
    return "\t".join([key, *texts])


def surplus_kinds(tallies: Iterable[str]) -> list[str]:
    """Return the names of the counts of kinds that are too many to be counted."""
    kinds = sorted(key for key in tallies if key.startswith(tally("kinds", "")))
    columns = groupby(kinds, lambda key: key.split("\t")[1])
    return [key for _, names in columns for key in [*names][MOST_KINDS:]]


def counted(tallies: Mapping[str, int]) -> Iterator[str]:
    """Iterate over the sentences about counts."""
    counts: dict[str, dict[str, dict[str, int]]] = {}
    for key, rows in tallies.items():
        name, column, *texts = key.split("\t")
        counts.setdefault(name, {}).setdefault(column, {})["\t".join(texts)] = rows
    for name, sentences in SENTENCES.items():
        yield from sentences(name, counts.get(name, {}))


def unseen(key: str, counts: Counts) -> Iterator[str]:
    for column, texts in counts.items():
        if names := [text for text, rows in texts.items() if text and not rows]:
            yield f"{shown(key)} has {some(names)}, which no row has in {shown(column)}"


def left_out(_: str, counts: Counts) -> Iterator[str]:
    for first, texts in counts.items():
        for others, rows in texts.items():
            if rows:
                columns = listed([first, *others.split("\t")])
                yield f"{rows:,} rows are of groups of more than one of {columns}: they were left out"


def kinds(_: str, counts: Counts) -> Iterator[str]:
    for column, texts in counts.items():
        if len(texts) > 1:
            kept = pasted({column: [max(texts, key=texts.__getitem__)]})
            names = some(texts, "at least " if len(texts) == MOST_KINDS else "")
            yield (
                f"{shown(column)} has several kinds of values, which are averaged together: {names}; "
                f'"keep": {kept} takes one of them'
            )


def sentinels(_: str, counts: Counts) -> Iterator[str]:
    for column, texts in counts.items():
        marks, rows = pasted([*texts]), sum(texts.values())
        where = f"{some(texts)} of {shown(column)} ({rows:,} rows)"
        yield f'{where} may stand for no value: "read": {{"na_values": {marks}}}'


def crowded(several: int, cells: int) -> Iterator[str]:
    """Say that several rows made one cell of a year, if that is no exception."""
    if several * FEW_CELLS > cells:
        yield (
            f"{several:,} of {cells:,} cells have several rows: another column tells them apart, which "
            '"keep", "dimensions" or a list of columns can name'
        )


SENTENCES = {
    **dict.fromkeys(("keep", "drop", "pivot"), unseen),
    "whole": lambda _, counts: unseen("dimensions", counts),
    "dimensions": left_out,
    "kinds": kinds,
    "sentinel": sentinels,
}


def some(names: Iterable[str], least: str = "") -> str:
    """List the first names, and how many more there are."""
    first = [*names]
    more = f" and {least}{len(first) - EXAMPLES:,} more" if len(first) > EXAMPLES else ""
    return listed(first[:EXAMPLES]) + more


def pasted(value: object) -> str:
    """Return a value as a description has it."""
    return json.dumps(value, ensure_ascii=False)
