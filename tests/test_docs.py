"""What the documents tell people to type exists, and answers as they say."""

import os
import re
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pytest

from local.__main__ import main
from local.settings import PROJECT, SAMPLE
from tests.support.processes import python_m_local

HERE = "http://127.0.0.1:8000"
# What is asked of a service on this machine; the others are deployed somewhere, or start one.
ASKED = re.compile(rf"curl .*{HERE}|\.venv/bin/python -m local (ask|questions|states|jobs|result)")
NOT_YET = re.compile(r'"status": "running"|result-not-ready')
DOCUMENTS = [PROJECT / "README.md", *sorted((PROJECT / "docs").rglob("*.md"))]


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.name)
def test_documented_commands_exist(path: Path) -> None:
    """Every `python -m local X` is a command, every `make X` a target, every link a file."""
    text = path.read_text()
    assert set(re.findall(r"python -m local ([a-z]+)", text)) <= set(main.commands)
    targets = set(re.findall(r"^([a-z-]+):", (PROJECT / "Makefile").read_text(), re.MULTILINE))
    assert set(re.findall(r"`(?:PORT=\d+ )?make ([a-z-]+)", text)) <= targets
    for link in re.findall(r"\]\((?!http)([^)#]+)(?:#[^)]*)?\)", text):
        assert (path.parent / link).exists(), link


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.name)
def test_named_tests_exist(path: Path) -> None:
    """Where a statement names the test that holds it."""
    for file, name in re.findall(r"`(tests/[\w/]+\.py)(?:::(\w+))?", path.read_text()):
        assert not name or f"def {name}(" in (PROJECT / file).read_text(), f"{file}::{name}"
        assert (PROJECT / file).exists(), file


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.name)
def test_documented_options_exist(path: Path) -> None:
    """Of the command that they stand behind."""
    for name, rest in re.findall(r"python -m local ([a-z]+)([^`\n#]*)", path.read_text()):
        known = {option for parameter in main.commands[name].params for option in parameter.opts}
        assert set(re.findall(r"--[a-z-]+", rest)) <= known, f"{name}{rest}"


def examples(text: str) -> Iterator[tuple[str, list[str]]]:
    """What is typed in the document, in order, each with the lines that are shown to come back."""
    for block in re.findall(r"^```console\n(.*?)^```", text, re.MULTILINE | re.DOTALL):
        for typed, shown in re.findall(r"^\$ (.*)\n((?:(?!\$ ).*\n)*)", block, re.MULTILINE):
            if ASKED.match(typed):
                yield typed, shown.splitlines()


EXEMPLARY = [path for path in DOCUMENTS if any(examples(path.read_text()))]


@pytest.mark.skipif(shutil.which("curl") is None, reason="no curl on this machine")
@pytest.mark.parametrize("path", EXEMPLARY, ids=lambda path: path.name)
def test_examples_answer_as_shown(path: Path, tmp_path: Path) -> None:
    """On the sample, with a new service for each document. Lines may be left out in what is shown."""
    with python_m_local(tmp_path, STATLINE_DATASET=str(SAMPLE)) as server:
        for typed, shown in examples(path.read_text()):
            left = iter(settled(partial(typing, typed, server.url, tmp_path, bool(shown))))
            assert all(line in left for line in shown), typed


def settled(ask: Callable[[], list[str]]) -> list[str]:
    """What is said of a job once it has ended."""
    pause, end = threading.Event(), time.monotonic() + 30
    while NOT_YET.search("\n".join(said := ask())):
        assert time.monotonic() < end, said
        pause.wait(0.05)
    return said


def typing(typed: str, url: str, folder: Path, shown: bool) -> list[str]:
    """The lines that come back, as if the service were where the documents have it.

    Where none are shown, that it succeeds is all there is to see.
    """
    curl = f"curl -sS{'' if shown else 'f'} "
    command = typed.replace("curl ", curl, 1).replace(HERE, url).replace(".venv/bin/python", sys.executable)
    environ = os.environ | {"STATLINE_URL": url, "PYTHONPATH": str(PROJECT)}
    done = subprocess.run(
        command, shell=True, cwd=folder, env=environ, capture_output=True, text=True, timeout=30, check=False
    )
    assert (done.returncode, done.stderr) == (0, ""), f"{typed}\n{done.stderr}"
    return done.stdout.replace(url, HERE).splitlines()


def test_there_are_examples() -> None:
    """Found where they are known to be."""
    assert {"README.md", "tutorial.md", "api.md", "ogc.md"} <= {path.name for path in EXEMPLARY}


def test_every_command_is_explained() -> None:
    """By a sentence that ends."""
    for name, command in main.commands.items():
        assert command.help, name
        assert command.help.strip().endswith("."), name
