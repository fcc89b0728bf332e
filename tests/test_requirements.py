"""Every installed package is pinned by version and digest."""

import re
import tomllib
from pathlib import Path

import pytest

from local.settings import PROJECT

GROUPS = tomllib.loads((PROJECT / "pyproject.toml").read_text())["dependency-groups"]
PIN = re.compile(r"^([a-z0-9-]+)==(\S+)((?:.*\\\n)*.*)", re.MULTILINE)


def lock(group: str) -> Path:
    return PROJECT / "requirements" / f"{group}.txt"


def pins(group: str) -> dict[str, set[str]]:
    """Versions by package; one package may have several, for different platforms."""
    versions: dict[str, set[str]] = {}
    for name, version, _ in PIN.findall(lock(group).read_text()):
        versions.setdefault(name, set()).add(version)
    return versions


def named(group: str) -> set[str]:
    """The packages of a dependency group, its included groups left out."""
    texts = [entry for entry in GROUPS[group] if isinstance(entry, str)]
    names = [re.split(r"[\[=;<>~! ]", text)[0] for text in texts]
    return {re.sub(r"[-_.]+", "-", name).lower() for name in names}


def test_nothing_is_installed_in_lambda() -> None:
    """boto3 is there, and Chalice packs its own runtime."""
    assert (PROJECT / "requirements.txt").read_text() == ""


@pytest.mark.parametrize("group", GROUPS)
def test_packages_of_a_group_are_pinned(group: str) -> None:
    """Otherwise `make lock` was not run."""
    assert named(group) <= set(pins(group))


@pytest.mark.parametrize(("group", "included"), [("dev", "run"), ("bench", "dev")])
def test_larger_group_pins_the_versions_of_the_smaller(group: str, included: str) -> None:
    """They are installed into one virtual environment, one after the other."""
    larger = pins(group)
    assert {name: larger.get(name) for name in pins(included)} == pins(included)


@pytest.mark.parametrize("group", GROUPS)
def test_every_pin_has_digests(group: str) -> None:
    text = lock(group).read_text()
    assert len(re.findall(r"^\S+==", text, re.MULTILINE)) == len(PIN.findall(text))
    for name, version, rest in PIN.findall(text):
        assert re.search(r"\n    --hash=sha256:[0-9a-f]{64}", rest), f"{name}=={version}"


@pytest.mark.parametrize("group", GROUPS)
def test_locks_name_no_index(group: str) -> None:
    """A lock serves everyone, whatever index made it."""
    assert "://" not in lock(group).read_text()


def test_every_install_requires_the_digests_or_downloads_nothing() -> None:
    text = (PROJECT / "Makefile").read_text()
    installs = [
        line for line in text.splitlines() if re.search(r"(pip|\(PIP_INSTALL\)).* -r |pip install", line)
    ]
    assert len(installs) >= 4
    for line in installs:
        assert "--require-hashes" in line or "$(PIP_INSTALL)" in line or "--no-index" in line, line
