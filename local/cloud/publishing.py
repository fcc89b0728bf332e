"""`python -m local publish`: compile a data set, store it in a stage's bucket, make it current."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from chalicelib.adapters.dynamodb_service_state import DynamoDbServiceState
from chalicelib.adapters.s3_dataset_store import S3DatasetStore
from chalicelib.domain.catalogue import Catalogue
from chalicelib.errors import FEW, StatlineError, listed, shown
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


def publish(
    csv: Path, control: DynamoDbServiceState, datasets: S3DatasetStore, described_by: Path | None = None
) -> str:
    """Compile `csv`, store it under its fingerprint unless it is there, then make it current.

    Raises a DatasetError for data that cannot be used; then nothing has changed.
    """
    with workers(None) as threads, Progress() as progress:
        data, name, *_ = Dataset.find(str(csv), described_by).read(threads, progress)
    if name not in datasets.published():
        datasets.publish(name, data.snapshot(), data.catalogue())
    control.set(dataset=name)
    return name


class Preview(NamedTuple):
    """What making a data set current would do; `size` is in bytes to upload, 0 if it is stored."""

    fingerprint: str
    size: int
    before: Catalogue | None
    after: Catalogue


def preview(
    csv: Path, control: DynamoDbServiceState, datasets: S3DatasetStore, described_by: Path | None = None
) -> Preview:
    """Compile `csv` as `publish` does, and change nothing. Raises a DatasetError."""
    with workers(None) as threads, Progress() as progress:
        data, name, *_ = Dataset.find(str(csv), described_by).read(threads, progress)
    size = 0 if name in datasets.published() else len(data.snapshot())
    return Preview(name, size, current_catalogue(control, datasets), data.catalogue())


def preview_use(prefix: str, control: DynamoDbServiceState, datasets: S3DatasetStore) -> Preview:
    """Find a published data set as `use` does, and change nothing. Raises NotPublished."""
    name = find(prefix, datasets)
    return Preview(name, 0, current_catalogue(control, datasets), datasets.catalogue(name))


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
    name = find(prefix, datasets)
    control.set(dataset=name)
    return name


def find(prefix: str, datasets: S3DatasetStore) -> str:
    names = datasets.published()
    matches = [name for name in names if prefix and name.startswith(prefix)]
    if len(matches) != 1:
        raise NotPublished(f"{shown(prefix)} names no one published data set; there are: {listed(names)}")
    return matches[0]


def differences(preview: Preview) -> Iterator[str]:
    """Yield a line for each fact that would change: title, rows, questions and states."""
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
        yield f"questions with another id: {few(ids)}"
    if ends:
        yield f"questions with another best end: {few(ends)}"


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
    return f"; {len(names)} {what}: {few(sorted(names))}" if names else ""


def few(names: Sequence[str]) -> str:
    return listed(names[:FEW]) + (", …" if len(names) > FEW else "")
