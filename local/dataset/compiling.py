"""The parts of a data set to one cube: bundles on an executor, merged as they come."""

import uuid
from collections import Counter
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Executor, Future, ThreadPoolExecutor, wait
from contextlib import closing, contextmanager
from functools import partial
from itertools import islice
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

from chalicelib.domain import snapshot
from chalicelib.domain.dataset_description import Description, fingerprint
from chalicelib.domain.ingestor import DataIngestor
from chalicelib.domain.sources import digest_of
from local.dataset.bundles import Outcome, hashed_pieces, read_bundle
from local.dataset.parts import CSV_KIND, PARQUET_KIND, Part
from local.dataset.pieces import SIZES, Bundle, Plan, Sizes, bundled
from local.dataset.progress import Progress
from local.dataset.reading import RUNS, Run, RunName, this_process
from local.dataset.workers import Workers

if TYPE_CHECKING:
    from chalicelib.domain.ingest.outcome import Sums, Trouble

# Seconds after which a wait looks for signals: one that comes just before it does not wake it.
LOOK_SECONDS = 0.2
HASHED_AT_ONCE = 256 << 20  # bytes of a large file, by one task
Result = TypeVar("Result")


class Compiled(NamedTuple):
    """A data set; how many files and rows it is made of, and their bytes as they are stored."""

    data: DataIngestor
    fingerprint: str
    files: int
    rows: int
    size: int


def compile_dataset(
    parts: Sequence[Part],
    description: Description,
    name: str,
    workers: Workers,
    progress: Progress,
    sizes: Sizes = SIZES,
) -> Compiled:
    """Read the parts of a data set, whose source is `name`. Raises DatasetError for the first bad part."""
    workers = workers_for(parts, workers)
    with running(progress, parts) as run:
        from chalicelib.domain.ingest.outcome import Sums  # with pandas, which hashing does without
        from local.dataset.cutting import plan_of

        plan = plan_of(parts, description, sizes, run, partial(mapped, workers))
        merged = read(plan, description, workers, run)
        sums = merged.sums or Sums()
        cube = sums.finished(description, name)
        named = fingerprint(merged.digests(), description, snapshot.VERSION)
        size = sum(part.size for part in parts)
        return Compiled(DataIngestor(cube, description), named, len(parts), sums.read, size)


def fingerprint_of(
    parts: Sequence[Part], description: Description, workers: Workers, progress: Progress
) -> str:
    """Return the fingerprint of a data set without its rows. Raises DatasetError for the first bad part."""
    with running(progress, parts) as run:
        plan = Plan(hashed_pieces(parts, HASHED_AT_ONCE), {})
        digests = read(plan, description, workers, run, hashes=True).digests()
        return fingerprint(digests, description, snapshot.VERSION)


class ThisThread(Executor):
    """Runs tasks where they are submitted, so that a signal ends them."""

    def submit(self, function: Callable[..., Result], /, *arguments: Any, **options: Any) -> Future[Result]:
        future: Future[Result] = Future()
        future.set_result(function(*arguments, **options))
        return future


def workers_for(parts: Sequence[Part], workers: Workers) -> Workers:
    """Return this thread for files that pandas reads at once: others would only wait for the interpreter."""
    at_once = all(part.kind not in (CSV_KIND, PARQUET_KIND) for part in parts)
    is_local = isinstance(workers.executor, ThreadPoolExecutor)
    return Workers(ThisThread(), 1) if at_once and is_local else workers


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

    def __init__(self, plan: Plan, run: Run) -> None:
        self._run, self._left = run, Counter(piece.place for piece in plan.pieces)
        self.sums: Sums | None = None
        self._digests = {place: plan.digests.get(place, {}) for place in self._left}
        self._troubles: list[Trouble] = []

    def wants(self, bundle: Bundle) -> bool:
        """Whether a bundle has a part that is not after the first bad one."""
        return bundle[0].place <= self._run.last

    def add(self, outcome: Outcome) -> None:
        for place, digests in outcome.digests.items():
            self._digests[place].update(digests)
        self._troubles += outcome.troubles
        self._run.last = min([self._run.last, *(trouble.stretch.part for trouble in outcome.troubles)])
        if outcome.sums:
            self.sums = self.sums.merge(outcome.sums) if self.sums else outcome.sums
        self._count(outcome)

    def _count(self, outcome: Outcome) -> None:
        self._left.subtract(outcome.read)
        files = sum(not self._left[place] for place in {*outcome.read})
        rows = outcome.sums.read if outcome.sums else 0
        size = 0 if outcome.is_counted else outcome.size
        self._run.progress.advance(files, size, rows)

    def check(self, description: Description) -> None:
        """Raise the DatasetError of the first bad part, if there is one."""
        if self._troubles or self.sums:
            from chalicelib.domain.ingest.outcome import Sums, error_of

            if error := error_of(self._troubles, self.sums or Sums(), description):
                raise error

    def digests(self) -> list[bytes]:
        """Return the digest of each part."""
        every = self._digests.values()
        return [digest_of(blocks[number] for number in sorted(blocks)) for blocks in every]


def read(
    plan: Plan, description: Description, workers: Workers, name: RunName, hashes: bool = False
) -> Merged:
    """Read pieces in bundles, or hash them alone. Raises DatasetError for the first bad part."""
    merged = Merged(plan, RUNS[name.run])
    tasks = (
        (bundle, None if hashes else description, name) for bundle in bundled(plan.pieces, workers.count)
    )
    with closing(results(workers, read_bundle, tasks, lambda task: merged.wants(task[0]))) as outcomes:
        for outcome in outcomes:
            merged.add(outcome)
    merged.check(description)
    return merged


def mapped(
    workers: Workers, function: Callable[..., Result], tasks: Sequence[tuple[Any, ...]]
) -> list[Result]:
    """Return the results of a function in the order of its tasks."""
    numbered_tasks = ((number, function, *task) for number, task in enumerate(tasks))
    with closing(results(workers, numbered, numbered_tasks)) as pairs:
        found = dict(pairs)
    return [found[number] for number in range(len(tasks))]


def numbered(number: int, function: Callable[..., Result], *arguments: Any) -> tuple[int, Result]:
    return number, function(*arguments)


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
