"""The parts of a data set to one cube: bundles on an executor, merged as they come."""

import uuid
from collections import Counter
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, wait
from contextlib import closing, contextmanager
from itertools import islice
from typing import Any, NamedTuple, TypeVar

from chalicelib.domain import snapshot
from chalicelib.domain.dataset_description import Description, fingerprint
from chalicelib.domain.ingestor import DataIngestor
from chalicelib.domain.sources import HASHED_BYTES, digest_of
from chalicelib.errors import DatasetError
from local.dataset.bundles import (
    RUNS,
    Bundle,
    Outcome,
    Piece,
    Run,
    RunName,
    bundled,
    is_packed,
    read_bundle,
    this_process,
)
from local.dataset.parts import CSV_KIND, PARQUET_KIND, Part
from local.dataset.progress import Progress
from local.dataset.whole_files import Stretch, Sums, Trouble
from local.dataset.workers import Workers

# Seconds after which a wait looks for signals: one that comes just before it does not wake it.
LOOK_SECONDS = 0.2
# Blocks that one task hashes of a large file: 256 MiB.
HASHED_AT_ONCE = 32
Result = TypeVar("Result")


class Compiled(NamedTuple):
    """A data set; how many files and rows it is made of, and their bytes as they are stored."""

    data: DataIngestor
    fingerprint: str
    files: int
    rows: int
    size: int


def compile_dataset(
    parts: Sequence[Part], description: Description, name: str, workers: Workers, progress: Progress
) -> Compiled:
    """Read the parts of a data set, whose source is `name`. Raises DatasetError for the first bad part."""
    with running(progress, parts) as run:
        merged = read(pieces_of(parts), description, workers, run)
        sums = merged.sums()
        cube = sums.finished(description, name)
        named = fingerprint(merged.digests(), description, snapshot.VERSION)
        size = sum(part.size for part in parts)
        return Compiled(DataIngestor(cube, description), named, len(parts), sums.rows, size)


def fingerprint_of(
    parts: Sequence[Part], description: Description, workers: Workers, progress: Progress
) -> str:
    """Return the fingerprint of a data set without its rows. Raises DatasetError for the first bad part."""
    with running(progress, parts) as run:
        digests = read(hashed_pieces(parts), None, workers, run).digests()
        return fingerprint(digests, description, snapshot.VERSION)


@contextmanager
def running(progress: Progress, parts: Sequence[Part]) -> Iterator[RunName]:
    """Make the tasks of a run end, on threads too, when it does."""
    progress.expect(files=len(parts), bytes=sum(part.size for part in parts))
    name, run = RunName(this_process(), uuid.uuid4().hex), Run(progress)
    RUNS[name.run] = run
    try:
        yield name
    finally:
        run.last = -1
        del RUNS[name.run]


class Merged:
    """The outcomes so far. Of several bad parts, the first by name counts."""

    def __init__(self, pieces: Sequence[Piece], run: Run) -> None:
        self._run, self._left = run, Counter(piece.place for piece in pieces)
        self._sums: Sums | None = None
        self._digests: dict[int, dict[int, bytes]] = {place: {} for place in self._left}
        self._troubles: dict[int, list[Trouble | DatasetError]] = {}

    def wants(self, bundle: Bundle) -> bool:
        """Whether a bundle has no part after a bad one alone."""
        return bundle[0].place <= self._run.last

    def add(self, outcome: Outcome) -> None:
        for place, digests in outcome.digests.items():
            self._digests[place].update(digests)
        for place, trouble in outcome.troubles:
            self._troubles.setdefault(place, []).append(trouble)
            self._run.last = min(self._run.last, place)
        if self._troubles:
            self._sums = None
        elif outcome.sums:
            self._sums = self._sums.merge(outcome.sums) if self._sums else outcome.sums
        self._count(outcome)

    def _count(self, outcome: Outcome) -> None:
        self._left.subtract(piece.place for piece in outcome.read)
        files = sum(not self._left[place] for place in {piece.place for piece in outcome.read})
        rows = outcome.sums.rows if outcome.sums else 0
        size = 0 if outcome.is_counted else sum(piece.size for piece in outcome.read)
        self._run.progress.advance(files, size, rows)

    def sums(self) -> Sums:
        """Return the sums of all parts. Raises DatasetError."""
        self._raise_first()
        assert self._sums is not None
        return self._sums

    def digests(self) -> list[bytes]:
        """Return the digest of each part. Raises DatasetError."""
        self._raise_first()
        every = self._digests.values()
        return [digest_of(blocks[number] for number in sorted(blocks)) for blocks in every]

    def _raise_first(self) -> None:
        if self._troubles:
            raise error_of(self._troubles[min(self._troubles)])


def error_of(troubles: Sequence[Trouble | DatasetError]) -> DatasetError:
    """Return the error of a part: of its reading, else of the rows of all its stretches."""
    for trouble in troubles:
        if isinstance(trouble, DatasetError):
            return trouble
    [trouble] = troubles
    assert isinstance(trouble, Trouble)
    return trouble.problem


def pieces_of(parts: Sequence[Part]) -> list[Piece]:
    pieces = []
    for place, part in enumerate(parts):
        kind = part.kind if part.kind in (CSV_KIND, PARQUET_KIND) else "frame"
        pieces.append(Piece(place, part, Stretch(place, part.name, kind)))
    return pieces


def hashed_pieces(parts: Sequence[Part]) -> list[Piece]:
    """Return what is to be hashed: gzip is decompressed as a whole, another large file is cut."""
    at_once, pieces = HASHED_AT_ONCE * HASHED_BYTES, []
    for place, part in enumerate(parts):
        if part.size <= at_once or is_packed(part):
            pieces.append(Piece(place, part))
        else:
            last = -(-part.size // HASHED_BYTES)
            begins = range(0, last, HASHED_AT_ONCE)
            cut = (range(begin, min(last, begin + HASHED_AT_ONCE)) for begin in begins)
            pieces += [Piece(place, part, None, blocks) for blocks in cut]
    return pieces


def read(pieces: Sequence[Piece], description: Description | None, workers: Workers, name: RunName) -> Merged:
    """Read pieces in bundles, up to the first bad part."""
    merged = Merged(pieces, RUNS[name.run])
    tasks = ((bundle, description, name) for bundle in bundled(pieces, workers.count))
    with closing(results(workers, read_bundle, tasks, lambda task: merged.wants(task[0]))) as outcomes:
        for outcome in outcomes:
            merged.add(outcome)
    return merged


def results(
    workers: Workers,
    function: Callable[..., Result],
    tasks: Iterable[tuple[Any, ...]],
    wanted: Callable[[tuple[Any, ...]], bool] = bool,
) -> Generator[Result]:
    """Yield the results of a function as they come, with two tasks a worker under way.

    Tasks that are no longer wanted are cancelled.
    """
    todo, waiting = iter(tasks), dict[Future[Result], tuple[Any, ...]]()
    try:
        while True:
            for future in [future for future, task in waiting.items() if not wanted(task)]:
                future.cancel()
                del waiting[future]
            for task in islice((task for task in todo if wanted(task)), 2 * workers.count - len(waiting)):
                waiting[workers.executor.submit(function, *task)] = task
            if not waiting:
                return
            done, _ = wait(waiting, LOOK_SECONDS, FIRST_COMPLETED)
            for future in done:
                del waiting[future]
            while done:
                yield done.pop().result()
    finally:
        for future in waiting:
            future.cancel()
