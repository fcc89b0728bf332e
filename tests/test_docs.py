"""Documented commands, links and tests exist, and examples answer as shown."""

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
# Commands to a service on this machine; the others need a stage, or start a service.
ASKING = r"\.venv/bin/python -m local (ask|replay|questions|states|jobs|result)"
LOCAL_COMMAND = re.compile(rf"curl .*{HERE}|{ASKING}")
NOT_YET = re.compile(r'"status": "running"|result-not-ready')
DOCUMENTS = [PROJECT / "README.md", *sorted((PROJECT / "docs").rglob("*.md"))]


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.name)
def test_documented_commands_targets_and_links_exist(path: Path) -> None:
    text = path.read_text()
    assert set(re.findall(r"python -m local ([a-z]+)", text)) <= set(main.commands)
    targets = set(re.findall(r"^([a-z-]+):", (PROJECT / "Makefile").read_text(), re.MULTILINE))
    assert set(re.findall(r"`(?:PORT=\d+ )?make ([a-z-]+)", text)) <= targets
    for link in re.findall(r"\]\((?!http)([^)#]+)(?:#[^)]*)?\)", text):
        assert (path.parent / link).exists(), link


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.name)
def test_named_tests_exist(path: Path) -> None:
    for file, name in re.findall(r"`(tests/[\w/]+\.py)(?:::(\w+))?", path.read_text()):
        assert not name or f"def {name}(" in (PROJECT / file).read_text(), f"{file}::{name}"
        assert (PROJECT / file).exists(), file


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.name)
def test_documented_options_exist(path: Path) -> None:
    for name, rest in re.findall(r"python -m local ([a-z]+)([^`\n#]*)", path.read_text()):
        known = {option for parameter in main.commands[name].params for option in parameter.opts}
        assert set(re.findall(r"--[a-z-]+", rest)) <= known, f"{name}{rest}"


def test_index_links_every_page() -> None:
    docs = PROJECT / "docs"
    linked = {
        (docs / link).resolve() for link in re.findall(r"\]\(([^)#]+)", (docs / "index.md").read_text())
    }

    assert {path for path in DOCUMENTS if path.parent != PROJECT} - linked == {docs / "index.md"}


def examples(text: str) -> Iterator[tuple[str, list[str]]]:
    """Yield each command of the document, in order, with the lines of output that it shows."""
    for block in re.findall(r"^```console\n(.*?)^```", text, re.MULTILINE | re.DOTALL):
        for typed, shown in re.findall(r"^\$ (.*)\n((?:(?!\$ ).*\n)*)", block, re.MULTILINE):
            if LOCAL_COMMAND.match(typed):
                yield typed, shown.splitlines()


EXEMPLARY = [path for path in DOCUMENTS if any(examples(path.read_text()))]


@pytest.mark.skipif(shutil.which("curl") is None, reason="no curl on this machine")
@pytest.mark.parametrize("path", EXEMPLARY, ids=lambda path: path.name)
def test_examples_print_what_the_document_shows(path: Path, tmp_path: Path) -> None:
    """On the sample, with a new service for each document. A document may leave out lines of output."""
    with python_m_local(tmp_path, STATLINE_DATASET=str(SAMPLE)) as server:
        for typed, shown in examples(path.read_text()):
            output = iter(settled(partial(run, typed, server.url, tmp_path, bool(shown))))
            assert all(line in output for line in shown), typed


def settled(ask: Callable[[], list[str]]) -> list[str]:
    """Repeat a command until its job has ended."""
    pause, end = threading.Event(), time.monotonic() + 30
    while NOT_YET.search("\n".join(lines := ask())):
        assert time.monotonic() < end, lines
        pause.wait(0.05)
    return lines


def run(typed: str, url: str, folder: Path, shown: bool) -> list[str]:
    """Run a command against `url`, and return its output with the documented address.

    Where the document shows no output, the command has to succeed.
    """
    curl = f"curl -sS{'' if shown else 'f'} "
    command = typed.replace("curl ", curl, 1).replace(HERE, url).replace(".venv/bin/python", sys.executable)
    environ = os.environ | {"STATLINE_URL": url, "PYTHONPATH": str(PROJECT)}
    done = subprocess.run(
        command, shell=True, cwd=folder, env=environ, capture_output=True, text=True, timeout=30, check=False
    )
    assert (done.returncode, done.stderr) == (0, ""), f"{typed}\n{done.stderr}"
    return done.stdout.replace(url, HERE).splitlines()


def test_examples_are_found_in_these_documents() -> None:
    assert {"README.md", "tutorial.md", "api.md", "ogc.md"} <= {path.name for path in EXEMPLARY}


def test_every_command_has_a_help_sentence() -> None:
    for name, command in main.commands.items():
        assert command.help, name
        assert command.help.strip().endswith("."), name
