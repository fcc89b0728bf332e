"""Autoreload of `chalice local` follows source files only."""

import os
from pathlib import Path
from types import SimpleNamespace

import pytest

from local.http.reloading import poll, sources


class WatchedProject:
    """A project that is polled as Chalice's watcher polls it."""

    def __init__(self, root: Path) -> None:
        self.root, self.watcher, self.restarts = root, SimpleNamespace(), 0
        for name in (
            "app.py",
            "chalicelib/application/service.py",
            "chalicelib/routes/api.py",
            "data/x.json",
        ):
            self.write(name)
        self.poll()

    def write(self, name: str) -> None:
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"{path.exists()} {self.restarts}")

    def poll(self) -> int:
        poll(self.watcher, str(self.root), self._restart)  # type: ignore[arg-type]
        return self.restarts

    def _restart(self) -> None:
        self.restarts += 1


@pytest.fixture
def project(tmp_path: Path) -> WatchedProject:
    return WatchedProject(tmp_path)


@pytest.mark.parametrize(
    "name",
    [
        "results/job_id_1",
        ".statline/journal",
        ".statline/logs/statline.log",
        ".venv/lib/x.py",
        "chalicelib/__pycache__/service.pyc",
        "chalicelib/__pycache__/x.py",
        ".chalice/deployments/x.json",
        "data/brfss.csv",
        "tests/test_x.py",
    ],
)
def test_written_results_logs_and_downloads_do_not_restart(project: WatchedProject, name: str) -> None:
    project.write(name)
    assert project.poll() == 0


@pytest.mark.parametrize(
    "name", ["app.py", "chalicelib/routes/api.py", "chalicelib/new.py", "local/x.py", "data/x.json"]
)
def test_changed_or_new_source_restarts(project: WatchedProject, name: str) -> None:
    project.write(name)
    os.utime(project.root / name, ns=(1, 1))
    assert project.poll() == 1


def test_deleted_source_restarts(project: WatchedProject) -> None:
    (project.root / "chalicelib/application/service.py").unlink()
    assert project.poll() == 1


def test_unchanged_project_does_not_restart(project: WatchedProject) -> None:
    assert [project.poll() for _ in range(3)] == [0, 0, 0]


def test_file_removed_during_a_poll_is_skipped(tmp_path: Path) -> None:
    """An error would end Chalice's watching for good."""
    for name in ("one.py", "other.py"):
        (tmp_path / name).touch()
    remaining = sources(tmp_path)
    first = Path(next(remaining)[0])
    (tmp_path / ("other.py" if first.name == "one.py" else "one.py")).unlink()
    assert list(remaining) == []
