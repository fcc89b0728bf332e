"""The script that makes the README's picture."""

import re
import struct
from pathlib import Path

import pytest

from local.settings import PROJECT
from tests.support.browser import needs_browser
from tools import picture


def size_of(png: bytes) -> tuple[int, int]:
    assert png[:16] == b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR"
    width, height = struct.unpack(">II", png[16:24])
    return width, height


@needs_browser
def test_picture_shows_the_drawn_page(tmp_path: Path) -> None:
    picture.main(tmp_path / "explore.png")
    content = (tmp_path / "explore.png").read_bytes()

    assert size_of(content) == picture.SIZE
    assert len(content) > 50_000  # an empty page of this size has 5 KB


def test_machine_without_a_browser_says_which_package_has_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    with pytest.raises(SystemExit, match="apt install chromium"):
        picture.main()


def test_readme_shows_the_picture() -> None:
    (shown,) = re.findall(r"!\[[^\]]+\]\((docs/explore\.png)\)", (PROJECT / "README.md").read_text())
    assert size_of((PROJECT / shown).read_bytes()) == picture.SIZE
