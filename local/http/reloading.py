"""`chalice local` restarts when a file changes; this makes it look at sources alone.

Chalice watches every file under the project, results, journal and logs included, once a second.
"""

import os
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from chalice.cli.filewatch.stat import StatFileWatcher

SOURCES = (".py", ".json")
FOLDERS = ("chalicelib", "local", "data", ".chalice")


def watch_sources_only() -> None:
    """Replace what a watcher looks at; one that has begun to watch already follows at its next look."""
    setattr(StatFileWatcher, "_single_pass_poll", poll)  # noqa: B010 - mypy refuses a plain assignment


def poll(watcher: StatFileWatcher, root: str, restart: object) -> None:
    seen = dict(sources(Path(root)))
    # Compared with what this function saw before: Chalice's own first look saw other files.
    if seen != vars(watcher).setdefault("sources", seen):
        restart()  # type: ignore[operator] # Chalice hands a function of no arguments


def sources(root: Path) -> Iterator[tuple[str, int]]:
    """Path and modification time, in nanoseconds, of the files that make the program."""
    folders = [root, *(root / name for name in FOLDERS)]
    while folders:
        folder = folders.pop()
        for entry in os.scandir(folder) if folder.is_dir() else ():
            if entry.is_dir() and folder != root and entry.name not in ("__pycache__", "deployments"):
                folders.append(Path(entry.path))
            elif entry.name.endswith(SOURCES) and entry.is_file():
                # An editor may have removed it meanwhile; an error would end Chalice's watching for good.
                with suppress(FileNotFoundError):
                    yield entry.path, entry.stat().st_mtime_ns
