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
from chalicelib.domain.ingest.files import kind_of
from chalicelib.domain.ingest.outcome import Sums, Trouble, error_of
from chalicelib.domain.ingest.stretches import Stretch
from chalicelib.domain.ingestor import DataIngestor
from chalicelib.domain.sources import HASHED_BYTES, digest_of
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
from local.dataset.parts import Part
from local.dataset.progress import Progress
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
        cube = merged.sums.finished(description, name)
        named = fingerprint(merged.digests(), description, snapshot.VERSION)
        size = sum(part.size for part in parts)
        return Compiled(DataIngestor(cube, description), named, len(parts), merged.sums.read, size)


def fingerprint_of(
    parts: Sequence[Part], description: Description, workers: Workers, progress: Progress
) -> str:
    """Return the fingerprint of a data set without its rows. Raises DatasetError for the first bad part."""
    with running(progress, parts) as run:
        digests = read(hashed_pieces(parts), description, workers, run, hashes=True).digests()
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
        self.sums = Sums()
        self._digests: dict[int, dict[int, bytes]] = {place: {} for place in self._left}
        self._troubles: list[Trouble] = []

    def wants(self, bundle: Bundle) -> bool:
        """Whether a bundle has no part after a bad one alone."""
        return bundle[0].place <= self._run.last

    def add(self, outcome: Outcome) -> None:
        for place, digests in outcome.digests.items():
            self._digests[place].update(digests)
        self._troubles += outcome.troubles
        self._run.last = min([self._run.last, *(trouble.stretch.part for trouble in outcome.troubles)])
        self.sums = self.sums.merge(outcome.sums) if outcome.sums else self.sums
        self._count(outcome)

    def _count(self, outcome: Outcome) -> None:
        self._left.subtract(piece.place for piece in outcome.read)
        files = sum(not self._left[place] for place in {piece.place for piece in outcome.read})
        rows = outcome.sums.read if outcome.sums else 0
        size = 0 if outcome.is_counted else sum(piece.size for piece in outcome.read)
        self._run.progress.advance(files, size, rows)

    def check(self, description: Description) -> None:
        """Raise the DatasetError of the first bad part, if there is one."""
        if error := error_of(self._troubles, self.sums, description):
            raise error

    def digests(self) -> list[bytes]:
        """Return the digest of each part."""
        every = self._digests.values()
        return [digest_of(blocks[number] for number in sorted(blocks)) for blocks in every]


def pieces_of(parts: Sequence[Part]) -> list[Piece]:
    return [Piece(part, whole(place, part)) for place, part in enumerate(parts)]


def whole(place: int, part: Part) -> Stretch:
    return Stretch(place, part.name, kind_of(part.name))


def hashed_pieces(parts: Sequence[Part]) -> list[Piece]:
    """Return what is to be hashed: gzip is decompressed as a whole, another large file is cut."""
    at_once, pieces = HASHED_AT_ONCE * HASHED_BYTES, []
    for place, part in enumerate(parts):
        if part.size <= at_once or is_packed(part):
            pieces.append(Piece(part, whole(place, part)))
        else:
            last = -(-part.size // HASHED_BYTES)
            begins = range(0, last, HASHED_AT_ONCE)
            cut = (range(begin, min(last, begin + HASHED_AT_ONCE)) for begin in begins)
            pieces += [Piece(part, whole(place, part), blocks) for blocks in cut]
    return pieces


def read(
    pieces: Sequence[Piece], description: Description, workers: Workers, name: RunName, hashes: bool = False
) -> Merged:
    """Read pieces in bundles, or hash them alone. Raises DatasetError for the first bad part."""
    merged = Merged(pieces, RUNS[name.run])
    tasks = ((bundle, None if hashes else description, name) for bundle in bundled(pieces, workers.count))
    with closing(results(workers, read_bundle, tasks, lambda task: merged.wants(task[0]))) as outcomes:
        for outcome in outcomes:
            merged.add(outcome)
    merged.check(description)
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
