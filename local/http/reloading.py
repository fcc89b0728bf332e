"""Autoreload of `chalice local` that watches source files only.

Chalice watches every file under the project once a second, results, journal and logs included.
"""

from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

from chalice.cli.filewatch.stat import StatFileWatcher

SUFFIXES = (".py", ".json")
FOLDERS = ("chalicelib", "local", "data", ".chalice")
IGNORED = {"__pycache__", "deployments"}


def watch_only_sources() -> None:
    """Replace Chalice's polling; a watcher that has started already uses the new one at its next poll."""
    setattr(StatFileWatcher, "_single_pass_poll", poll)  # noqa: B010 - mypy refuses a plain assignment


def poll(watcher: StatFileWatcher, root: str, restart: Callable[[], None]) -> None:
    current = dict(sources(Path(root)))
    # Compared with this function's own first look: Chalice's covers other files.
    if current != vars(watcher).setdefault("sources", current):
        restart()


def sources(root: Path) -> Iterator[tuple[Path, int]]:
    """Yield paths and modification times, in nanoseconds, of the program's files."""
    for path in (*root.glob("*"), *(path for name in FOLDERS for path in (root / name).rglob("*"))):
        if path.suffix in SUFFIXES and IGNORED.isdisjoint(path.relative_to(root).parts):
            # An editor may have removed it meanwhile; an error would end Chalice's watching for good.
            with suppress(FileNotFoundError):
                yield path, path.stat().st_mtime_ns
