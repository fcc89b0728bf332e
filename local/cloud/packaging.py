"""`make package`: the deployment package for Lambda, made by Chalice, then completed and inspected."""

import json
import os
import shutil
import subprocess
import sys
import zipfile
from base64 import urlsafe_b64encode
from hashlib import sha256
from importlib.metadata import distribution
from pathlib import Path
from tempfile import TemporaryDirectory

from chalicelib.errors import StatlineError, listed
from local.cloud.stages import find_stage
from local.cloud.template import complete
from local.settings import PROJECT, RESOURCES

OUT = PROJECT / "out"
# The application, its library, and Chalice's runtime, which Chalice packs by itself.
BELONGS = {"app.py", "chalicelib", "chalice"}
LARGEST = 1_000_000  # bytes


class BadPackage(StatlineError):
    """Raised when the package has unexpected files, or lacks a module that the application imports."""


def package(out: Path = OUT, stage: str = "dev") -> int:
    """Write `deployment.zip`, and `sam.json` for a stage, to `out`; return the zip's size in bytes.

    Raises BadPackage, or StageError for a stage that is none.
    """
    settings = find_stage(stage)
    run_chalice(out)
    normalise(out / "deployment.zip")
    template = json.loads((out / "sam.json").read_text())
    complete(template, settings)
    (out / "sam.json").write_text(json.dumps(template, indent=2) + "\n")
    return inspect(out / "deployment.zip")


def run_chalice(out: Path) -> None:
    """Let Chalice write the package and its template to `out`. Raises BadPackage."""
    chalice = Path(sys.executable).with_name("chalice")
    # Chalice asks for a region though the template names none; app.py plugs in local/, which is not copied.
    environ = {"AWS_DEFAULT_REGION": "us-east-1"} | os.environ | {"PYTHONPATH": str(PROJECT)}
    with TemporaryDirectory() as folder:
        # Chalice keeps a copy of each zip in its project, where two packagings would meet.
        copy_project(Path(folder))
        options = ["--merge-template", str(RESOURCES), str(out.resolve())]
        done = subprocess.run(  # nosec B603 # no shell, and no word of anybody else's
            [str(chalice), "package", *options],
            cwd=folder,
            env=environ,
            capture_output=True,
            text=True,
            check=False,
        )
    if done.returncode:
        raise BadPackage(f"chalice package failed:\n{done.stdout}{done.stderr}")


def copy_project(folder: Path) -> None:
    for name in ("app.py", "requirements.txt"):
        shutil.copy(PROJECT / name, folder)
    left_out = shutil.ignore_patterns("__pycache__", "deployed", "deployments")
    for name in ("chalicelib", ".chalice"):
        shutil.copytree(PROJECT / name, folder / name, ignore=left_out)


def normalise(path: Path) -> None:
    """Rewrite the zip with sorted names and fixed modes: Chalice packs files in the order of the file system.

    So it does the bytecode that this machine's Python left beside our sources, which does not ship.
    """
    with zipfile.ZipFile(path) as archive:
        names = (name for name in sorted(archive.namelist()) if not name.endswith(".pyc"))
        files = {name: archive.read(name) for name in names}
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            entry = zipfile.ZipInfo(name)  # of 1980, which is as old as a zip can be
            entry.external_attr = 0o644 << 16
            archive.writestr(entry, content, zipfile.ZIP_DEFLATED)


def inspect(path: Path) -> int:
    """Return the size of a package that holds the application and nothing else. Raises BadPackage."""
    with zipfile.ZipFile(path) as archive:
        packed = {name: digest(archive.read(name)) for name in archive.namelist()}
    ours = sources()
    due, size = ours | runtime(), path.stat().st_size
    if foreign := sorted({name.split("/")[0] for name in packed} - BELONGS):
        raise BadPackage(f"{path} holds {listed(foreign)}, which the application does not import")
    if missing := sorted(ours.keys() - packed.keys()):
        raise BadPackage(f"{path} lacks {listed(missing)}")
    if changed := sorted(name for name in packed if packed[name] != due.get(name)):
        raise BadPackage(f"{path} holds {listed(changed)}, which is not as it was written or released")
    if size > LARGEST:
        raise BadPackage(f"{path} has {size:,} bytes; at most {LARGEST:,} start fast")
    return size


def sources() -> dict[str, str]:
    """Return the digests of our files by their names in the package."""
    files = [PROJECT / "app.py", *(PROJECT / "chalicelib").rglob("*")]
    return {
        path.relative_to(PROJECT).as_posix(): digest(path.read_bytes())
        for path in files
        if path.is_file() and path.suffix != ".pyc"
    }


def runtime() -> dict[str, str]:
    """Return the digests of Chalice's files as released: a changed installed copy must not ship."""
    return {str(path): path.hash.value for path in distribution("chalice").files or () if path.hash}


def digest(content: bytes) -> str:
    """Return the SHA-256 as the records of installed packages write it."""
    return urlsafe_b64encode(sha256(content).digest()).rstrip(b"=").decode()
