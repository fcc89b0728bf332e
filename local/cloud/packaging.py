"""`make package`: what Lambda is given, made by Chalice and then looked into."""

import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

from chalicelib.errors import StatlineError, listed
from local.settings import PROJECT, RESOURCES

OUT = PROJECT / "out"
# The application, its library, and Chalice's runtime, which Chalice packs by itself.
BELONGS = {"app.py", "chalicelib", "chalice"}
CACHE = PROJECT / ".chalice" / "deployments"  # Chalice's own copy of each zip that it ever made
LARGEST = 1_000_000  # bytes


class BadPackage(StatlineError):
    """Raised when the package holds what it should not, or lacks what the application imports."""


def package(out: Path = OUT) -> int:
    """Write `deployment.zip` and `sam.json` to `out`; returns the zip's size in bytes.

    Raises BadPackage.
    """
    # Chalice asks for a region though the template names none.
    chalice = Path(sys.executable).with_name("chalice")
    command = [str(chalice), "package", "--merge-template", str(RESOURCES), str(out)]
    environ = {"AWS_DEFAULT_REGION": "us-east-1"} | os.environ
    done = subprocess.run(command, cwd=PROJECT, env=environ, capture_output=True, text=True, check=False)
    shutil.rmtree(CACHE, ignore_errors=True)
    if done.returncode:
        raise BadPackage(f"chalice package failed:\n{done.stdout}{done.stderr}")
    return inspect(out / "deployment.zip")


def inspect(path: Path) -> int:
    """The size of a package that holds the application and nothing else; raises BadPackage."""
    with zipfile.ZipFile(path) as archive:
        names = set(archive.namelist())
    foreign = sorted({name.split("/")[0] for name in names} - BELONGS)
    missing = sorted(sources() - names)
    size = path.stat().st_size
    if foreign:
        raise BadPackage(f"{path} holds {listed(foreign)}, which the application does not import")
    if missing:
        raise BadPackage(f"{path} lacks {listed(missing)}")
    if size > LARGEST:
        raise BadPackage(f"{path} has {size:,} bytes; at most {LARGEST:,} start fast")
    return size


def sources() -> set[str]:
    found = [PROJECT / "app.py", *(PROJECT / "chalicelib").rglob("*.py")]
    return {path.relative_to(PROJECT).as_posix() for path in found}
