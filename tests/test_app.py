"""Importing and packaging the application starts nothing."""

import ast
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from local.settings import PROJECT
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
print(*sorted({"pandas", "numpy", "pyarrow", "moto", "boto3", "prometheus_client"} & set(sys.modules)))
"""

BARE = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}


def test_application_imports_only_chalice_and_chalicelib() -> None:
    """And `local` outside Lambda. import-linter checks packages, not app.py."""
    tree = ast.parse((PROJECT / "app.py").read_text())
    at_start, local = set(), []
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            at_start |= {name.name for name in node.names}
        elif isinstance(node, ast.ImportFrom) and node in tree.body:
            at_start.add(str(node.module).partition(".")[0])
        elif isinstance(node, ast.ImportFrom):
            local.append((node.module, [name.name for name in node.names]))

    assert at_start - set(sys.stdlib_module_names) == {"chalice", "chalicelib"}
    assert local == [("local", ["plug_in"])]


@pytest.mark.parametrize("function", [None, "f"], ids=["laptop", "lambda"])
def test_import_of_the_application_starts_nothing(function: str | None) -> None:
    """No thread, no socket, no file; neither NumPy nor Arrow nor moto nor boto3."""
    environ = BARE | ({"AWS_LAMBDA_FUNCTION_NAME": function} if function else {})
    done = subprocess.run(
        [sys.executable, "-c", WATCHED], env=environ, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout.strip()) == (0, ""), done.stderr


def test_packaging_writes_only_the_package(tmp_path: Path) -> None:
    """With a region and without credentials."""
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
