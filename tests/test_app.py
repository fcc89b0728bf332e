"""Importing and packaging the application starts nothing."""

import os
import subprocess
import sys
import zipfile
from pathlib import Path

from tests.support.processes import CHALICE, copy_of_project

WATCHED = """
import sys
def forbid(event, arguments):
    if event in ("_thread.start_new_thread", "socket.connect", "socket.bind", "subprocess.Popen"):
        raise SystemExit(f"{event} {arguments}")
    if event == "open" and isinstance(arguments[2], int) and arguments[2] & 3:
        raise SystemExit(f"wrote {arguments[0]}")
sys.dont_write_bytecode = True
sys.addaudithook(forbid)
import app
print(*sorted({"pandas", "numpy", "pyarrow", "moto", "boto3"} & set(sys.modules)))
"""

BARE = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}


def test_importing_the_application_starts_nothing() -> None:
    """No thread, no socket, no file; neither NumPy nor Arrow nor moto nor boto3."""
    done = subprocess.run(
        [sys.executable, "-c", WATCHED], env=BARE, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout.strip()) == (0, ""), done.stderr


def test_packaging_makes_the_package_and_nothing_else(tmp_path: Path) -> None:
    """With a region and no credentials; the zip holds the application without its emulator."""
    project = copy_of_project(tmp_path)
    before = files(project)
    subprocess.run(
        [CHALICE, "package", "out"],
        cwd=project,
        env=BARE | {"AWS_DEFAULT_REGION": "us-east-1", "HOME": str(tmp_path)},
        check=True,
        capture_output=True,
    )
    made = {path for path in files(project) - before if "__pycache__" not in path}
    assert {path for path in made if not path.startswith(".chalice/deployments/")} == {
        "out/deployment.zip",
        "out/sam.json",
    }
    names = zipfile.ZipFile(project / "out" / "deployment.zip").namelist()
    assert "chalicelib/application/service.py" in names
    assert not [name for name in names if name.startswith(("local/", "tests/", "data/", "pandas/", "moto/"))]


def files(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}
