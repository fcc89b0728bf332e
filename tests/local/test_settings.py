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
    [("TP_NUM_OF_THREADS", "-1"), ("STATLINE_KEEP_RESULTS", "0"), ("STATLINE_LOG_LEVEL", "loud")],
)
def test_a_wrong_value_is_named(name: str, value: str) -> None:
    """With its variable."""
    with pytest.raises(InvalidSetting, match=f"{name}={value}"):
        LocalSettings.from_environ({name: value})
