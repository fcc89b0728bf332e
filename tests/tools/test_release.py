"""The bills of materials and checksums beside the package."""

import json
import subprocess
from pathlib import Path

import pytest

from tools.release import (
    BUNDLED,
    DEVELOPMENT,
    VIEWER,
    WEB_LOCK,
    checksums,
    requirement,
    with_bundled,
    with_viewer,
)

PINNED = """\
# comment
chalice-more==2.0 \\
    --hash=sha256:aa
chalice==1.0 \\
    --hash=sha256:bb \\
    --hash=sha256:cc
    # via nobody
six==3.0 ; python_version < '3.12' \\
    --hash=sha256:dd
"""


def test_requirement_has_all_its_hashes() -> None:
    assert (
        requirement("chalice", PINNED) == "chalice==1.0 \\\n    --hash=sha256:bb \\\n    --hash=sha256:cc\n"
    )
    assert requirement("six", PINNED) == "six==3.0 ; python_version < '3.12' \\\n    --hash=sha256:dd\n"
    with pytest.raises(LookupError, match="seven"):
        requirement("seven", PINNED)


def test_chalice_ships_and_is_pinned() -> None:
    assert "--hash=sha256:" in requirement("chalice", DEVELOPMENT.read_text())


def test_sha256sum_finds_a_changed_file(tmp_path: Path) -> None:
    for name in ("one", "two"):
        (tmp_path / name).write_text(name)
    (tmp_path / "SHA256SUMS").write_text(checksums(tmp_path, ["one", "two"]))
    command = ["sha256sum", "--check", "--strict", "SHA256SUMS"]
    assert subprocess.run(command, cwd=tmp_path, capture_output=True, check=False).returncode == 0
    (tmp_path / "two").write_text("2")
    assert subprocess.run(command, cwd=tmp_path, capture_output=True, check=False).returncode == 1


def test_viewer_is_on_the_bill() -> None:
    bill = b'{"components": [], "dependencies": []}'
    (viewer,) = json.loads(with_viewer(bill, VIEWER.read_text()))["components"]
    assert viewer["purl"] == f"pkg:npm/swagger-ui-dist@{viewer['version']}"
    assert viewer["version"] in VIEWER.read_text()
    assert len(viewer["hashes"][0]["content"]) == 128
    with pytest.raises(LookupError):
        with_viewer(bill, "# Swagger UI")


def test_packages_in_the_files_of_the_pages_are_on_the_bill() -> None:
    bill = json.dumps({"components": [], "dependencies": []}).encode()

    components = json.loads(with_bundled(bill, WEB_LOCK.read_text()))["components"]

    assert [component["name"] for component in components] == list(BUNDLED)
    assert all(len(component["hashes"][0]["content"]) == 128 for component in components)
    notice = (VIEWER.parents[2] / "NOTICE").read_text()
    assert all(f"{component['name']} {component['version']} " in notice for component in components)
