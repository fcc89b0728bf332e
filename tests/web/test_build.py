"""What is built from web/: the same bytes each time, small enough, and of our own host only."""

import gzip
import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from local.settings import PROJECT

WEB = PROJECT / "web"
STATIC = PROJECT / "chalicelib" / "web" / "static"
MANIFEST = json.loads((STATIC / "manifest.json").read_text())
needs_npm = pytest.mark.skipif(
    shutil.which("node") is None or not (WEB / "node_modules" / "esbuild").is_dir(),
    reason="no node, or the packages of web/ are not installed (make web)",
)


def zipped(*names: str) -> int:
    return sum(len(gzip.compress((STATIC / name).read_bytes(), 9)) for name in names)


@needs_npm
def test_rebuild_gives_the_same_bytes(tmp_path: Path) -> None:
    subprocess.run(["node", "build.mjs", str(tmp_path)], cwd=WEB, check=True, timeout=120)

    built = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    assert built == {path.name: path.read_bytes() for path in STATIC.iterdir()}


def test_manifest_names_every_file_and_no_other() -> None:
    assert sorted(MANIFEST.values()) == sorted(
        path.name for path in STATIC.iterdir() if path.name != "manifest.json"
    )
    assert all(re.fullmatch(r"[\w-]+\.[A-Za-z0-9]{8}\.(js|css|json)", name) for name in MANIFEST.values())


def test_scripts_map_and_first_load_keep_their_budgets() -> None:
    scripts = [name for name in MANIFEST.values() if name.endswith(".js")]
    first = [MANIFEST[name] for name in ("explore.js", "style.css", "map-us.json")]

    assert zipped(*scripts) <= 100_000
    assert zipped(MANIFEST["map-us.json"]) <= 25_000
    assert zipped(*first) <= 100_000  # the page itself has 20,000 of the 120,000


def test_scripts_name_no_other_host_and_no_code_from_text() -> None:
    for name in MANIFEST.values():
        text = (STATIC / name).read_text(encoding="utf-8")
        hosts = set(re.findall(r"https?://[\w.]+", text)) - {"http://www.w3.org"}
        assert not hosts, (name, hosts)
        assert not re.search(r"\beval\(|new Function\b|innerHTML\s*=", text), name


def test_map_has_every_state_and_territory() -> None:
    shapes = json.loads((STATIC / MANIFEST["map-us.json"]).read_text())

    assert len(shapes["areas"]) == 53
    assert {"DC", "VI", "PR", "AK", "HI"} <= shapes["areas"].keys()
    assert {"GU", "AS", "MP", "DC", "RI"} <= shapes["boxes"].keys()
