"""`python -m local publish`: compile a data set, store it in a stage's bucket, make it current."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from chalicelib.adapters.dynamodb_service_state import DynamoDbServiceState
from chalicelib.adapters.s3_dataset_store import S3DatasetStore
from chalicelib.domain.catalogue import Catalogue
from chalicelib.domain.ingestor import DataIngestor
from chalicelib.errors import FEW, StatlineError, listed, shown
from local.cli.output import few
from local.dataset.dataset import Dataset
from local.dataset.progress import Progress
from local.dataset.workers import workers

# The catalogue of a stage without a data set.
EMPTY: dict[str, Any] = {
    **dict.fromkeys(("title", "source", "licence"), "none"),
    **dict.fromkeys(("rows", "suppressed"), 0),
    "questions": [],
    "states": [],
}


class NotPublished(StatlineError):
    """Raised when no published data set, or more than one, begins with the prefix."""


class Published(NamedTuple):
    fingerprint: str
    title: str
    current: bool


class Preview(NamedTuple):
    """A data set that can be made current, with its bytes, and the catalogues before and after that."""

    fingerprint: str
    data: DataIngestor
    snapshot: bytes
    is_stored: bool
    before: Catalogue | None
    after: Catalogue

    @property
    def doubts(self) -> Sequence[str]:
        return tuple(self.after.get("warnings", ()))


def publish(
    source: str | Path,
    control: DynamoDbServiceState,
    datasets: S3DatasetStore,
    described_by: Path | None = None,
) -> str:
    """Compile a source, store it under its fingerprint unless it is there, then make it current.

    Raises a DatasetError for data that cannot be used; then nothing has changed.
    """
    return make_current(preview(source, control, datasets, described_by), control, datasets)


def preview(
    source: str | Path,
    control: DynamoDbServiceState,
    datasets: S3DatasetStore,
    described_by: Path | None = None,
    cluster: str | None = None,
) -> Preview:
    """Compile a source, and change nothing. Raises a DatasetError, or an error of the cluster."""
    dataset = Dataset.find(str(source), described_by)
    with workers(cluster) as readers, Progress() as progress:
        data, name, *_ = dataset.read(readers, progress)
    is_stored, before = name in datasets.published(), current_catalogue(control, datasets)
    return Preview(name, data, data.snapshot(), is_stored, before, data.catalogue())


def preview_use(prefix: str, control: DynamoDbServiceState, datasets: S3DatasetStore) -> Preview:
    """Find the data set whose fingerprint begins with `prefix`, and change nothing. Raises NotPublished."""
    name = find(prefix, datasets)
    saved, before = datasets.snapshot(name), current_catalogue(control, datasets)
    return Preview(name, DataIngestor.from_snapshot(saved), saved, True, before, datasets.catalogue(name))


def make_current(found: Preview, control: DynamoDbServiceState, datasets: S3DatasetStore) -> str:
    """Store a data set unless it is there, and make it current; return its fingerprint."""
    if not found.is_stored:
        with Progress("uploading") as progress:
            progress.expect(bytes=len(found.snapshot))
            datasets.publish(
                found.fingerprint, found.snapshot, found.after, lambda sent: progress.advance(bytes=sent)
            )
    control.set(dataset=found.fingerprint)
    return found.fingerprint


def current_catalogue(control: DynamoDbServiceState, datasets: S3DatasetStore) -> Catalogue | None:
    current = control.read().dataset
    return datasets.catalogue(current) if current else None


def published(control: DynamoDbServiceState, datasets: S3DatasetStore) -> list[Published]:
    current = control.read().dataset
    return [
        Published(name, str(datasets.catalogue(name)["title"]), name == current)
        for name in datasets.published()
    ]


def use(prefix: str, control: DynamoDbServiceState, datasets: S3DatasetStore) -> str:
    """Make the published data set current whose fingerprint begins with `prefix`. Raises NotPublished."""
    return make_current(preview_use(prefix, control, datasets), control, datasets)


def find(prefix: str, datasets: S3DatasetStore) -> str:
    names = datasets.published()
    matches = [name for name in names if prefix and name.startswith(prefix)]
    if len(matches) != 1:
        raise NotPublished(f"{shown(prefix)} names no one published data set; there are: {listed(names)}")
    return matches[0]


def differences(preview: Preview) -> Iterator[str]:
    """Yield a line for each fact that changes: title, rows, questions and states."""
    before, after = preview.before or EMPTY, preview.after
    for fact in ("title", "source", "licence", "rows", "suppressed"):
        if before[fact] != after[fact]:
            yield f"{fact}: {before[fact]} -> {after[fact]}"
    for kind, name in (("questions", "question"), ("states", "name")):
        old, new = ({entry[name] for entry in catalogue[kind]} for catalogue in (before, after))
        if old != new:
            yield f"{kind}: {len(old)} -> {len(new)}{some('added', new - old)}{some('removed', old - new)}"
    ids, ends = changed_questions(before, after)
    if ids:
        yield f"questions with another id: {few(ids, FEW)}"
    if ends:
        yield f"questions with another best end: {few(ends, FEW)}"


def changed_questions(before: Mapping[str, Any], after: Mapping[str, Any]) -> tuple[list[str], list[str]]:
    """Return the questions of both catalogues whose ids differ, and those whose best ends do."""
    old = {entry["question"]: entry for entry in before["questions"]}
    both = [entry for entry in after["questions"] if entry["question"] in old]
    ids, ends = (
        [entry["question"] for entry in both if entry[fact] != old[entry["question"]][fact]]
        for fact in ("id", "best")
    )
    return ids, ends


def some(what: str, names: Collection[str]) -> str:
    return f"; {len(names)} {what}: {few(names, FEW)}" if names else ""
