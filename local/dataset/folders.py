"""Files and folders of this machine."""

import os
import stat
from pathlib import Path
from typing import BinaryIO

from chalicelib.errors import DatasetError, NotCsv
from local.dataset.parts import Entry


class Folders:
    """The store of files on this machine. Links are followed, unless they lead back."""

    noun = "file"

    def name(self, path: str) -> str:
        return path

    def entry(self, path: str) -> Entry | None:
        try:
            found = os.stat(path)  # noqa: PTH116 - a Path would drop "./" and a slash at the end
        except (FileNotFoundError, NotADirectoryError):
            return None
        except OSError as error:
            raise unreadable(path, error) from None
        if stat.S_ISDIR(found.st_mode):
            return Entry(path.rstrip("/") or path, is_folder=True)
        version = f"{found.st_ino} {found.st_size} {found.st_mtime_ns}" if stat.S_ISREG(found.st_mode) else ""
        return Entry(path, size=found.st_size, version=version)

    def missing(self, path: str) -> str:
        return "no such file"

    def entries(self, folder: str) -> list[Entry]:
        try:
            names = sorted(os.listdir(folder or "."))  # noqa: PTH208 - names, not paths
        except (FileNotFoundError, NotADirectoryError):
            return []
        except OSError as error:
            raise unreadable(folder, error) from None
        return [self._there(os.path.join(folder, name)) for name in names]  # noqa: PTH118 - texts

    def tree(self, folder: str) -> list[Entry]:
        if os.path.realpath(folder) == os.sep:
            raise DatasetError(f"{folder} has all files of this machine; name a folder of data")
        return self._below(folder, ())

    def open(self, path: str) -> BinaryIO:
        try:
            return Path(path).open("rb")
        except FileNotFoundError:
            raise DatasetError(f"no data set at {path}: no such file") from None
        except OSError as error:
            raise unreadable(path, error) from None

    def _there(self, path: str) -> Entry:
        """Return an entry that a folder lists. A link to nothing, or to itself, is no regular file either."""
        try:
            return self.entry(path) or Entry(path)
        except DatasetError:
            return Entry(path)

    def _below(self, folder: str, above: tuple[str, ...]) -> list[Entry]:
        real = os.path.realpath(folder)
        if real in above:
            raise DatasetError(f"{folder} is a link that leads back to {real}; remove it")
        files: list[Entry] = []
        for entry in self.entries(folder):
            hidden = Path(entry.path).name.startswith((".", "_"))
            if entry.is_folder and not hidden:
                files += self._below(entry.path, (*above, real))
            elif not entry.is_folder:
                files.append(entry)
        return files


def unreadable(path: str, error: OSError) -> DatasetError:
    return NotCsv(path, error.strerror or str(error))
