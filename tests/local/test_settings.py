"""What a laptop can be told."""

import os
from pathlib import Path

import pytest

from chalicelib.errors import InvalidSetting
from local import settings
from local.settings import LocalSettings, chosen_dataset


def test_the_choice_of_data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The named file, else the downloaded one, else the sample."""
    downloaded = tmp_path / "brfss.csv"
    monkeypatch.setattr(settings, "DOWNLOADED", downloaded)
    assert chosen_dataset({}) == settings.SAMPLE
    assert chosen_dataset({"STATLINE_DATASET": ""}) == settings.SAMPLE
    downloaded.touch()
    assert chosen_dataset({}) == downloaded
    assert chosen_dataset({"STATLINE_DATASET": "mine.csv"}) == Path("mine.csv")


def test_defaults() -> None:
    """As many runners as CPUs; results in the project."""
    read = LocalSettings.from_environ({})
    assert (read.threads, read.results) == (os.cpu_count(), settings.PROJECT / "results")
    assert LocalSettings.from_environ({"TP_NUM_OF_THREADS": "0"}).threads == 0


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("TP_NUM_OF_THREADS", "-1"),
        ("STATLINE_KEEP_RESULTS", "0"),
        ("STATLINE_DRAIN_SECONDS", "soon"),
        ("STATLINE_LOG_LEVEL", "loud"),
        ("STATLINE_LOG_FORMAT", "xml"),
        ("STATLINE_ID_BLOCK", "0"),
    ],
)
def test_a_wrong_value_is_named(name: str, value: str) -> None:
    """With its variable."""
    with pytest.raises(InvalidSetting, match=f"{name}={value}"):
        LocalSettings.from_environ({name: value})


def test_everything_that_is_written_lies_in_the_home(tmp_path: Path) -> None:
    """Results in sight, the rest in .statline."""
    read = LocalSettings.from_environ({"STATLINE_HOME": str(tmp_path)})
    assert read.results == tmp_path.resolve() / "results"
    assert read.snapshots.parent == read.state == tmp_path.resolve() / ".statline"
    assert LocalSettings.from_environ({"STATLINE_HOME": "~"}).home == Path.home().resolve()
