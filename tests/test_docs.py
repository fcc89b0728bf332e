"""What the documents tell people to type exists."""

import re
from pathlib import Path

import pytest

from local.__main__ import main
from local.settings import PROJECT

DOCUMENTS = [PROJECT / "README.md", *sorted((PROJECT / "docs").glob("*.md"))]


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.name)
def test_documented_commands_exist(path: Path) -> None:
    """Every `python -m local X` is a command, every `make X` a target, every link a file."""
    text = path.read_text()
    assert set(re.findall(r"python -m local ([a-z]+)", text)) <= set(main.commands)
    targets = set(re.findall(r"^([a-z-]+):", (PROJECT / "Makefile").read_text(), re.MULTILINE))
    assert set(re.findall(r"`(?:PORT=\d+ )?make ([a-z-]+)", text)) <= targets
    for link in re.findall(r"\]\((?!http)([^)#]+)\)", text):
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


def test_every_command_is_explained() -> None:
    """By a sentence that ends."""
    for name, command in main.commands.items():
        assert command.help, name
        assert command.help.strip().endswith("."), name
