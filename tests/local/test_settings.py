"""Settings of a laptop."""

import os
from pathlib import Path

import pytest

from chalicelib.errors import InvalidSetting
from local import settings
from local.settings import LocalSettings, chosen_dataset


def test_data_set_is_the_named_file_else_the_download_else_the_sample(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    downloaded = tmp_path / "brfss.csv"
    monkeypatch.setattr(settings, "DOWNLOADED", downloaded)
    assert chosen_dataset({}) == str(settings.SAMPLE)
    assert chosen_dataset({"STATLINE_DATASET": ""}) == str(settings.SAMPLE)
    downloaded.touch()
    assert chosen_dataset({}) == str(downloaded)


@pytest.mark.parametrize("source", ["mine.csv", "./data/", "data/**/*.csv.gz", "s3://bucket//a/*.parquet"])
def test_data_set_is_a_text_that_stays_as_it_is(source: str) -> None:
    assert LocalSettings.from_environ({"STATLINE_DATASET": source}).dataset == source


def test_home_of_the_user_is_found_in_a_pattern_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/home/ada")
    assert chosen_dataset({"STATLINE_DATASET": "~/data/*.csv"}) == "/home/ada/data/*.csv"


def test_defaults_are_a_runner_for_each_cpu_and_the_project() -> None:
    read = LocalSettings.from_environ({})
    assert (read.threads, read.results) == (os.cpu_count(), settings.PROJECT / "results")
    assert LocalSettings.from_environ({"TP_NUM_OF_THREADS": "0"}).threads == 0


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("TP_NUM_OF_THREADS", "-1"),
        ("TP_NUM_OF_THREADS", "1001"),
        ("STATLINE_KEEP_RESULTS", "0"),
        ("STATLINE_KEEP_BYTES", "9999999"),
        ("STATLINE_DRAIN_SECONDS", "soon"),
        ("STATLINE_LOG_LEVEL", "loud"),
        ("STATLINE_LOG_FORMAT", "xml"),
        ("STATLINE_ID_BLOCK", "0"),
    ],
)
def test_invalid_value_is_refused_with_its_variable(name: str, value: str) -> None:
    with pytest.raises(InvalidSetting, match=f"{name}={value}"):
        LocalSettings.from_environ({name: value})


@pytest.mark.parametrize("name", ["STATLINE_HOME", "STATLINE_DATASET"])
def test_folder_of_an_unknown_user_is_refused_with_its_variable(name: str) -> None:
    with pytest.raises(InvalidSetting, match=f"{name}=~nosuch/x is not a path"):
        LocalSettings.from_environ({name: "~nosuch/x"})


def test_home_may_be_a_link_that_leads_to_itself_until_it_is_used(tmp_path: Path) -> None:
    (tmp_path / "loop").symlink_to("loop")
    assert LocalSettings.from_environ({"STATLINE_HOME": str(tmp_path / "loop")}).home.name == "loop"


def test_all_written_paths_are_inside_the_home(tmp_path: Path) -> None:
    read = LocalSettings.from_environ({"STATLINE_HOME": str(tmp_path)})
    assert read.results == tmp_path.resolve() / "results"
    assert read.snapshots.parent == read.state == tmp_path.resolve() / ".statline"
    assert LocalSettings.from_environ({"STATLINE_HOME": "~"}).home == Path.home().resolve()
