"""Atomic file writes, and the status of a place on the disk."""

import errno
import logging
import os
import re
import stat
from contextlib import suppress
from pathlib import Path

SUFFIX = ".tmp"
PRIVATE_FILE, PRIVATE_FOLDER = 0o600, 0o700

log = logging.getLogger("statline.disk")


class DiskStatus:
    """Why a place on the disk cannot be written; begin and end of the fault are logged."""

    def __init__(self, place: str, meanwhile: str) -> None:
        self._place, self._meanwhile = place, meanwhile
        self.sentence: str | None = None

    def failed(self, error: OSError) -> None:
        was, why = self.sentence, error.strerror or error
        self.sentence = f"{self._place} cannot be written ({why}): {self._meanwhile}"
        if was is None:
            log.error(self.sentence)

    def recovered(self) -> None:
        if self.sentence is not None:
            self.sentence = None
            log.info("%s can be written again", self._place)


def temporary_name(name: str) -> str:
    return f".{name}.{os.getpid()}{SUFFIX}"


def private(path: str, flags: int) -> int:
    """Open a file that only its owner may read, whatever the umask; an `opener` for `open`."""
    file = os.open(path, flags | os.O_CLOEXEC, PRIVATE_FILE)
    with suppress(OSError):  # another owner's file
        os.fchmod(file, PRIVATE_FILE)
    return file


def private_folder(path: Path) -> None:
    """Make a folder that only its owner may enter, unless there is one."""
    path.mkdir(mode=PRIVATE_FOLDER, parents=True, exist_ok=True)


def make_private(folder: Path) -> None:
    """Take the rights of others from a folder and all in it, such as files of an earlier version.

    Links are left as they are, and so is what cannot be changed.
    """
    for parent, _, names in os.walk(folder):
        for path, mode in [(parent, PRIVATE_FOLDER), *((f"{parent}/{name}", PRIVATE_FILE) for name in names)]:
            with suppress(OSError):
                if path == str(folder) or not os.path.islink(path):  # noqa: PTH114 - many paths, as below
                    os.chmod(path, mode)  # noqa: PTH101


def write_atomically(path: Path, content: bytes, *, forced: bool = False, mode: int = 0o644) -> None:
    """Write to a temporary name beside the file, then rename; a failure leaves nothing behind.

    With `forced`, the content is on the platter before the name changes hands: no power failure can leave
    an empty file where a full one was.
    """
    temporary = path.with_name(temporary_name(path.name))
    try:
        write_new(temporary, content, forced, mode)
        temporary.replace(path)
    except OSError:
        with suppress(OSError):
            temporary.unlink()
        raise


def write_new(path: Path, content: bytes, forced: bool, mode: int) -> None:
    # By system calls, of which Python's own files make twice as many; an answer a job is many.
    file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, mode)
    try:
        if mode == PRIVATE_FILE:
            os.fchmod(file, mode)  # whatever the umask
        while content:
            content = content[os.write(file, content) :]
        if forced:
            os.fsync(file)
    finally:
        os.close(file)


def read_regular(path: Path) -> bytes:
    """Return the content of a regular file, or of a link to one.

    Raises OSError for anything else: reading a pipe without a writer would never end.
    """
    with os.fdopen(os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC), "rb") as file:
        if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
            raise OSError(errno.EINVAL, "it is no regular file", str(path))
        return file.read()


def quarantine(path: Path) -> Path:
    """Rename whatever is at a path to a free name beside it; return that name."""
    number, aside = 1, path.with_name(f"{path.name}.aside")
    while os.path.lexists(aside):
        number += 1
        aside = path.with_name(f"{path.name}.aside{number}")
    return path.rename(aside)


def remove_leftovers(folder: Path, names: str = r".+") -> None:
    """Remove the temporary files that a killed process left for `names`, a regular expression.

    Only for a folder that no other process writes to now. What cannot be removed stays.
    """
    ours = re.compile(rf"\.(?:{names})\.[0-9]+{re.escape(SUFFIX)}")
    # A Path for each of many thousands of results would hold up the start.
    for path in [folder / name for name in os.listdir(folder) if ours.fullmatch(name)]:  # noqa: PTH208
        if path.is_file() and not path.is_symlink():
            with suppress(OSError):
                path.unlink()
