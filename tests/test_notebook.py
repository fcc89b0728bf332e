"""The example notebook runs from top to bottom, on the sample and without Jupyter."""

import ast
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from local.settings import PROJECT, SAMPLE
from tests.support.processes import python_m_local

NOTEBOOK = PROJECT / "docs" / "notebook.ipynb"
# As a notebook does: show the value of the expression at the end of a cell.
SHOW = "show = lambda value: print(value._repr_html_() if hasattr(value, '_repr_html_') else value)\n"


def cells() -> Iterator[str]:
    """Yield the code of each cell."""
    notebook = json.loads(NOTEBOOK.read_text())
    assert (notebook["nbformat"], notebook["nbformat_minor"]) == (4, 5)
    for cell in notebook["cells"]:
        if cell["cell_type"] == "code":
            assert (cell["outputs"], cell["execution_count"]) == ([], None)
            yield "".join(cell["source"])


def as_program(cell: str) -> str:
    tree = ast.parse(cell)
    if isinstance(last := tree.body[-1], ast.Expr):
        last.value = ast.Call(ast.Name("show", ast.Load()), [last.value], [])
    return ast.unparse(ast.fix_missing_locations(tree))


def test_notebook_runs_and_shows_pictures_tables_and_the_closest_names(tmp_path: Path) -> None:
    program = SHOW + "\n".join(map(as_program, cells()))
    with python_m_local(tmp_path / "home", STATLINE_DATASET=str(SAMPLE), STATLINE_REPLICA="no") as server:
        done = subprocess.run(
            [sys.executable, "-c", program],
            cwd=tmp_path,
            env=os.environ | {"STATLINE_URL": server.url, "PYTHONPATH": ""},
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )

    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.count("<svg") == 2
    assert '"Ohio"' in done.stdout
    assert "Invented data" in (tmp_path / "ranking.svg").read_text()
