"""A source, and its parts: a file, the files of a folder, or those that a pattern means."""

import fnmatch
import re
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import BinaryIO, NamedTuple, Protocol

from chalicelib.domain.ingest.stretches import FRAMES, PARQUET, WORKBOOKS, suffix_of
from chalicelib.domain.sources import Source
from chalicelib.errors import DatasetError, NotCsv, listed

S3 = "s3://"
TEXTS = frozenset((".csv", ".tsv", ".tab", ".txt"))
OTHERS = FRAMES | WORKBOOKS
GZIPPED = re.compile(r"\.(gz|gzip)$", re.IGNORECASE)
MAGIC = re.compile("[*?[]")
SUFFIXES = ", ".join((*sorted(TEXTS), *sorted(PARQUET))) + " or another that is read"
CSV_KIND, PARQUET_KIND = "csv", "parquet"


class Entry(NamedTuple):
    """What a store has at a path. `version` changes when the content does; a pipe or a device has none."""

    path: str
    is_folder: bool = False
    size: int = 0
    version: str = ""


class Store(Protocol):
    """Files and folders, whose paths have `/` between their names. Its methods raise DatasetError."""

    noun: str  # of what is read

    def name(self, path: str) -> str:
        """Return the path as its user writes it."""

    def entry(self, path: str) -> Entry | None:
        """Return what is at a path, None where there is nothing."""

    def missing(self, path: str) -> str:
        """Return the words for a path where there is nothing."""

    def entries(self, folder: str) -> list[Entry]:
        """Return what is directly in a folder."""

    def tree(self, folder: str) -> list[Entry]:
        """Return the files in a folder and in those below, except below hidden ones."""

    def open(self, path: str) -> BinaryIO:
        """Open a file for reading, compressed as it is."""


@dataclass(frozen=True)
class Part:
    """A file of a data set. `name` is what messages have, `version` what it was when it was found."""

    name: str
    path: str
    size: int
    version: str
    store: Store

    @property
    def kind(self) -> str:
        """CSV_KIND, PARQUET_KIND, or the suffix of another kind that pandas reads."""
        suffix = suffix_of(self.name)
        return PARQUET_KIND if suffix in PARQUET else suffix if suffix in OTHERS else CSV_KIND

    def open(self) -> BinaryIO:
        return self.store.open(self.path)

    @contextmanager
    def source(self) -> Iterator[Source]:
        """Yield the part as what the domain reads: CSV of a bucket as a stream, other objects as copies."""
        if not self.name.startswith(S3):
            yield Path(self.path)
        elif self.kind == CSV_KIND:
            with self.open() as file:
                yield file
        else:
            with tempfile.TemporaryDirectory() as folder, self.open() as file:
                path = Path(folder) / PurePosixPath(self.path).name
                with path.open("wb") as copy:
                    shutil.copyfileobj(file, copy)
                yield path

    def change(self) -> DatasetError | None:
        """Return the error of a file that is no longer what was found."""
        entry = self.store.entry(self.path)
        if entry is not None and entry.version == self.version:
            return None
        how = "changed" if entry else "went away"
        return DatasetError(f"{self.name} {how} while the data set was read; try again when it is whole")


def find_parts(source: str) -> list[Part]:
    """Return the files of a source in the order of their names, all of one kind. Raises DatasetError."""
    store, path = store_of(source)
    entries = sorted(found(store, path), key=lambda entry: entry.path)
    parts = [Part(store.name(path), path, size, version, store) for path, _, size, version in entries]
    for part in parts:
        if not part.version:
            why = "it is no regular file; save it as one"
            raise NotCsv(part.name, why) if part.kind == CSV_KIND else DatasetError(f"{part.name}: {why}")
    kinds = {part.kind: part.name for part in reversed(parts)}
    if len(kinds) > 1:
        raise DatasetError(
            f"{source} has files of several kinds: {listed(sorted(kinds.values()))}; "
            "a pattern such as *.csv takes those of one"
        )
    return parts


def store_of(source: str) -> tuple[Store, str]:
    """Return the store of a source, and the path in it."""
    if source.startswith(S3):
        from local.dataset.s3 import S3Store  # pyarrow.fs and botocore, which nothing else here needs

        return S3Store(), source.removeprefix(S3)
    from local.dataset.folders import Folders

    return Folders(), source


def found(store: Store, path: str) -> list[Entry]:
    entry, missing = store.entry(path), f"no data set at {store.name(path)}: "
    if entry is None and MAGIC.search(path):
        entries, why = [*meant(store, *cut(path))], f"no {store.noun} has such a name"
    elif entry is None:
        raise DatasetError(missing + store.missing(path))
    elif entry.is_folder:
        entries, why = data_in(store, entry.path), f"no {store.noun} in it has a suffix of data, {SUFFIXES}"
    else:
        return [entry]
    if not entries:
        raise DatasetError(missing + why)
    return entries


def data_in(store: Store, folder: str) -> list[Entry]:
    """Return the files of a folder that are named as data, also those in folders in it."""
    entries = store.tree(folder)
    return [entry for entry in entries if is_data(entry.path[len(folder) :]) and has_suffix(entry.path)]


def is_data(relative: str) -> bool:
    """Whether a path within a folder is no hidden file, nor one about the data, such as _SUCCESS."""
    about = any(name.startswith((".", "_", "~$")) for name in relative.split("/"))
    return not about and suffix_of(relative) not in (".json", ".geojson")


def has_suffix(name: str) -> bool:
    return suffix_of(GZIPPED.sub("", name)) in TEXTS or suffix_of(name) in PARQUET | OTHERS


def cut(pattern: str) -> tuple[str, list[str]]:
    """Cut a pattern into the folder before its first mark, and the names after that."""
    names = pattern.split("/")
    first = next(place for place, name in enumerate(names) if MAGIC.search(name))
    return "/".join(names[:first]) or ("/" if first else ""), names[first:]


def folder_in(store: Store, path: str) -> str:
    """Return the folder that a path is, or the one before the first mark of a pattern."""
    return cut(path)[0] if MAGIC.search(path) and store.entry(path) is None else path.rstrip("/")


def meant(store: Store, folder: str, pattern: list[str]) -> Iterator[Entry]:
    """Yield the files that a pattern means, and those named as data in the folders that it means.

    `**` stands for any number of folders.
    """
    first, *rest = pattern
    entries = [entry for entry in store.entries(folder) if is_data(PurePosixPath(entry.path).name)]
    if first == "**":
        yield from meant(store, folder, rest or ["*"])
        for entry in entries:
            if entry.is_folder and rest:
                yield from meant(store, entry.path, pattern)
        return
    for entry in entries:
        if fnmatch.fnmatchcase(PurePosixPath(entry.path).name, first):
            if entry.is_folder:
                yield from meant(store, entry.path, rest) if rest else data_in(store, entry.path)
            elif not rest:
                yield entry
