"""What is installed is pinned, to the bytes."""

import re
from pathlib import Path

import pytest

from local.settings import PROJECT

NAMED = sorted(PROJECT.glob("requirements-*.in"))
PIN = re.compile(r"([a-z0-9-]+)==\S+")


def names(path: Path) -> set[str]:
    """Of the packages in a requirements file, as indexes spell them."""
    lines = [line.partition("#")[0] for line in path.read_text().splitlines()]
    found = [re.match(r"[A-Za-z0-9][A-Za-z0-9._-]*", line) for line in lines]
    return {re.sub(r"[-_.]+", "-", name[0]).lower() for name in found if name}


def test_nothing_is_installed_in_lambda() -> None:
    """boto3 is there, and Chalice packs its own runtime."""
    assert (PROJECT / "requirements.txt").read_text() == ""


@pytest.mark.parametrize("named", NAMED, ids=lambda path: path.stem)
def test_what_is_named_is_pinned(named: Path) -> None:
    """Each package that a .in file names is in the .txt of the same name: `make lock` was run."""
    assert names(named) <= names(named.with_suffix(".txt"))


@pytest.mark.parametrize("named", NAMED, ids=lambda path: path.stem)
def test_every_pin_has_hashes(named: Path) -> None:
    """One version, and at least one file whose digest is known."""
    pins = re.split(
        r"^(?=\S)", re.sub(r"^\s*#.*\n", "", named.with_suffix(".txt").read_text(), flags=re.M), flags=re.M
    )
    for pin in filter(None, pins):
        assert PIN.match(pin), pin
        assert re.search(r"\n    --hash=sha256:[0-9a-f]{64}", pin), pin


def test_every_install_asks_for_the_hashes() -> None:
    """No command of the Makefile installs what is not pinned."""
    text = (PROJECT / "Makefile").read_text()
    installs = [
        line for line in text.splitlines() if re.search(r"(pip|\(PIP_INSTALL\)).* -r |pip install", line)
    ]
    assert len(installs) >= 4
    for line in installs:
        assert "--require-hashes" in line or "$(PIP_INSTALL)" in line, line
