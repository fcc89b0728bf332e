"""The description beside objects of a bucket, with the files that it names."""

import json
import posixpath
import tempfile
from collections.abc import Iterable, Sequence
from pathlib import Path

from chalicelib.domain.dataset_description import Description, stems
from chalicelib.errors import InvalidDescription
from local.dataset.parts import Entry, Part, Store, folder_in, store_of


def load_beside(source: str, parts: Sequence[Part]) -> tuple[Description, str] | None:
    """Return the description beside a source and its name, None without one. Raises a DatasetError."""
    store, path = store_of(source)
    found = find(store, path, parts)
    if found is None:
        return None
    # Descriptions name other files by their place beside them, so they are copied with their folders.
    with tempfile.TemporaryDirectory() as folder:
        base = Path(folder).resolve()
        copy(store, found, base)
        try:
            return Description.load(base / found), store.name(found)
        except InvalidDescription as error:
            error.args = (str(error).replace(f"{base}/", store.name("")),)
            raise


def find(store: Store, path: str, parts: Sequence[Part]) -> str | None:
    """Return the path of `x.json` beside `x.csv`, or of `description.json` in a folder."""
    if len(parts) == 1 and parts[0].path == path:
        folder, _, name = path.rpartition("/")
        names = [f"{stem}.json" for stem in stems(name)]
        return next((name for name in (f"{folder}/{name}" for name in names) if store.entry(name)), None)
    return named(store.entries(folder_in(store, path)), "description.json")


def named(entries: Iterable[Entry], wanted: str) -> str | None:
    """Return the path of the entry of a name, in any case."""
    return next((path for path, *_ in entries if posixpath.basename(path).lower() == wanted), None)


def copy(store: Store, path: str, base: Path) -> None:
    """Copy a description to a folder, and the files beside it that it names."""
    target = base / path
    if target.exists() or store.entry(path) is None:
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    with store.open(path) as file:
        target.write_bytes(file.read())
    for name in names_in(target):
        beside = posixpath.normpath(posixpath.join(posixpath.dirname(path), name))
        if not beside.startswith(("..", "/")):
            copy(store, beside, base)


def names_in(path: Path) -> list[str]:
    """Return the files that a description names; its loading says what is wrong with it."""
    try:
        facts = json.loads(path.read_text(encoding="utf-8-sig"))
    except (ValueError, RecursionError):
        return []
    names = [facts.get(key) for key in ("like", "geometry")] if isinstance(facts, dict) else []
    return [name for name in names if isinstance(name, str)]
