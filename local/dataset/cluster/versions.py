"""What a process computes with: the versions that client, scheduler and workers must share.

Cubes that different versions of pandas, or of Statline, have read are not merged.
"""

import sys
from collections.abc import Mapping
from functools import cache
from hashlib import sha256
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import chalicelib
import local
from local.dataset.cluster.errors import VersionsDiffer

PACKAGES = ("numpy", "pandas", "pyarrow", "dask", "distributed")
OURS = "Statline's code"
# What runs on a worker, or is sent to one.
SOURCES = (
    (chalicelib, ("__init__.py", "errors.py", "byte_cache.py", "domain/**/*.py")),
    (local, ("dataset/**/*.py",)),
)
REMEDY = "client, scheduler and workers run the same image"
DIGITS = 12  # of a digest: enough to compare two

Versions = Mapping[str, str]


@cache
def versions() -> Versions:
    """Return the version of each part, in this process."""
    python = ".".join(map(str, sys.version_info[:2]))
    return {"Python": python, **{name: installed(name) for name in PACKAGES}, OURS: digest_of_sources()}


def installed(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "not installed"


def digest_of_sources() -> str:
    digest = sha256()
    for package, patterns in SOURCES:
        folder = Path(str(package.__file__)).parent
        for path in sorted({path for pattern in patterns for path in folder.glob(pattern)}):
            text = path.read_bytes()
            digest.update(f"{path.relative_to(folder.parent).as_posix()} {len(text)}\n".encode() + text)
    return digest.hexdigest()[:DIGITS]


def check(where: str, theirs: Versions, ours: Versions | None = None) -> None:
    """Raise VersionsDiffer if `theirs` are not those of the client: this process, unless they are given."""
    different = [
        f"{name} {theirs.get(name, 'unknown')} instead of {wanted}"
        for name, wanted in (ours or versions()).items()
        if theirs.get(name) != wanted
    ]
    if different:
        raise VersionsDiffer(f"{where} has {', '.join(different)}; {REMEDY}")


def missing(where: str, error: BaseException) -> VersionsDiffer:
    """Return the error for a process that cannot import what it is to run."""
    return VersionsDiffer(f"{where} has not this version of Statline ({error}); {REMEDY}")
