"""Versions that client, scheduler and workers share, and the sentence where they do not."""

from pathlib import Path
from types import ModuleType

import pytest

from local.cli.exits import status
from local.dataset.cluster import versions as module
from local.dataset.cluster.errors import VersionsDiffer
from local.dataset.cluster.versions import OURS, check, digest_of_sources, versions


def test_this_process_has_its_own_versions() -> None:
    check("the worker tcp://10.0.0.7:4321", versions())

    assert {"Python", "pandas", "pyarrow", "numpy", "dask", "distributed", OURS} == versions().keys()


@pytest.mark.parametrize("part", versions())
def test_another_version_is_named_with_both(part: str) -> None:
    theirs = {**versions(), part: "0.0.1"}

    with pytest.raises(VersionsDiffer) as raised:
        check("the worker tcp://10.0.0.7:4321", theirs)

    assert str(raised.value) == (
        f"the worker tcp://10.0.0.7:4321 has {part} 0.0.1 instead of {versions()[part]}; "
        "client, scheduler and workers run the same image"
    )
    assert status(raised.value) == 9


@pytest.mark.parametrize("name", ["domain/cube.py", "domain/ingest/new.py", "errors.py"])
def test_digest_is_of_the_sources_that_run_on_workers(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    package = tmp_path / "chalicelib"
    (package / "domain" / "ingest").mkdir(parents=True)
    for file in ("__init__.py", "errors.py", "domain/cube.py"):
        (package / file).write_text("")
    copy = ModuleType("chalicelib")
    copy.__file__ = str(package / "__init__.py")
    monkeypatch.setattr(module, "SOURCES", ((copy, module.SOURCES[0][1]),))
    before = digest_of_sources()

    (package / "routes.py").write_text("# does not run there")
    other_module = digest_of_sources()
    (package / name).write_text("# another")

    assert other_module == before
    assert digest_of_sources() != before
