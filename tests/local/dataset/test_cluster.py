"""Data sets that a cluster reads, also one whose processes are killed: the same bytes, or one sentence."""

import os
import random
import signal
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from chalicelib.errors import DatasetError
from local.cli.exits import status
from local.dataset.cluster.errors import ClusterLost
from local.dataset.compiling import Compiled
from local.dataset.dataset import Dataset
from local.dataset.progress import Progress
from local.dataset.workers import workers
from local.sample.generator import write_sample
from tests.support.buckets import BUCKET, BucketServer
from tests.support.dask_cluster import DaskCluster, dask_cluster, workers_of
from tests.support.processes import until

FILES, ROWS = 12, 6_000
# After how many files a process is killed: others are being read then.
MOMENTS = random.Random(16).sample(range(FILES - 3), 5)
WORKERS = 2
SOON = 60  # seconds


class Killing(Progress):
    """Kills something once so many files are read, or when reading begins."""

    def __init__(self, after: int, kill: Callable[[], object]) -> None:
        super().__init__()
        self._after, self._kill = after, kill

    def expect(self, files: int = 0, bytes: int = 0) -> None:
        super().expect(files, bytes)
        self._look()

    def advance(self, files: int = 0, bytes: int = 0, rows: int = 0) -> None:
        super().advance(files, bytes, rows)
        self._look()

    def _look(self) -> None:
        if self.files >= self._after:
            self._after = FILES + 1
            self._kill()


def compiled(source: object, cluster: str | None, progress: Progress | None = None) -> Compiled:
    with workers(cluster) as found:
        return Dataset.find(str(source)).read(found, progress or Progress())


@pytest.fixture(scope="module")
def survey(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the sample's rows in many files."""
    folder = tmp_path_factory.mktemp("survey")
    whole = tmp_path_factory.mktemp("whole") / "sample.csv"
    write_sample(whole, rows=ROWS)
    header, *rows = whole.read_text().splitlines(keepends=True)
    for number in range(FILES):
        (folder / f"part-{number:02}.csv").write_text(header + "".join(rows[number::FILES]))
    return folder


@pytest.fixture(scope="module")
def expected(survey: Path) -> Compiled:
    return compiled(survey, None)


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory, bucket_server: BucketServer) -> Iterator[DaskCluster]:
    """Two workers, for whom AWS is the server of buckets."""
    with pytest.MonkeyPatch.context() as environ:
        bucket_server.use(environ)
        with dask_cluster(tmp_path_factory.mktemp("dask"), WORKERS) as found:
            until(lambda: found.log.count("Registered to:") >= WORKERS, SOON)
            yield found


def test_cluster_gives_the_bytes_of_threads(survey: Path, expected: Compiled, cluster: DaskCluster) -> None:
    found = compiled(survey, cluster.address)

    assert found.data.snapshot() == expected.data.snapshot()
    assert found._replace(data=expected.data) == expected


@pytest.mark.parametrize("moment", MOMENTS)
def test_killed_worker_changes_no_byte(
    moment: int, survey: Path, expected: Compiled, cluster: DaskCluster
) -> None:
    until(lambda: len(cluster.running()) == WORKERS, SOON)
    victim = random.Random(moment).choice(cluster.running())
    progress = Killing(moment, lambda: os.kill(victim.pid, signal.SIGKILL))

    found = compiled(survey, cluster.address, progress)

    assert not victim.is_running()
    assert found.data.snapshot() == expected.data.snapshot()
    assert found.fingerprint == expected.fingerprint


def test_first_bad_part_by_name_is_told_from_a_cluster(
    tmp_path: Path, survey: Path, cluster: DaskCluster
) -> None:
    for part in survey.iterdir():
        (tmp_path / part.name).symlink_to(part)
    for name in ("part-05.csv", "part-10.csv"):
        text = (survey / name).read_text()
        (tmp_path / name).unlink()
        (tmp_path / name).write_text(text + text.splitlines()[-1].partition(",")[0] + '"\n')

    texts = []
    for where in (None, cluster.address):
        with pytest.raises(DatasetError) as raised:
            compiled(tmp_path, where)
        texts.append(str(raised.value))

    assert "part-05.csv" in texts[0]
    assert texts[0] == texts[1]


def test_workers_read_a_bucket(
    survey: Path, expected: Compiled, cluster: DaskCluster, bucket: BucketServer
) -> None:
    for part in survey.iterdir():
        bucket.put(f"survey/{part.name}", part.read_bytes())
    bucket.signers.clear()

    found = compiled(f"s3://{BUCKET}/survey/", cluster.address)

    assert found.data.snapshot() == expected.data.snapshot()
    assert found.fingerprint == expected.fingerprint
    assert len(bucket.signers) > FILES


def test_killed_process_of_this_machine_changes_no_byte_and_nothing_is_left(
    survey: Path, expected: Compiled, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    progress = Killing(4, lambda: workers_of(psutil.Process())[0].kill())

    found = compiled(survey, "local:2", progress)

    assert found.data.snapshot() == expected.data.snapshot()
    assert not workers_of(psutil.Process())
    assert not list(tmp_path.iterdir())


def test_killed_scheduler_is_one_sentence(survey: Path, tmp_path: Path) -> None:
    with dask_cluster(tmp_path, 1) as doomed:
        progress = Killing(FILES // 2, doomed.scheduler.kill)
        with pytest.raises(ClusterLost) as raised:
            compiled(survey, doomed.address, progress)

    assert str(raised.value) == (
        f"the cluster {doomed.address} no longer answers: its scheduler may have ended"
    )
    assert status(raised.value) == 10
