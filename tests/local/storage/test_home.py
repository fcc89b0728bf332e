"""The folder that the service writes to, on a disk that may be unfit for it."""

import logging
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from local.settings import LocalSettings
from local.storage import home as home_module
from local.storage.home import HomeUnusable, LogFile, locked_home
from tests.support.disks import Lines, disk_of


def test_unusable_home_is_an_error_with_the_remedy(settings: LocalSettings) -> None:
    settings.state.touch()
    with pytest.raises(HomeUnusable, match=r"\.statline.*File exists.*STATLINE_HOME"), locked_home(settings):
        pass


def test_stale_temp_files_are_removed_and_others_stay(settings: LocalSettings) -> None:
    (settings.state / ".statline.db.7.tmp").mkdir(parents=True)
    for name in (".statline.db.8.tmp", "journal.tmp", ".statline.db.tmp"):
        (settings.state / name).touch()
    with locked_home(settings):
        names = {path.name for path in settings.state.iterdir()}
    assert names == {"lock", "snapshots", ".statline.db.7.tmp", "journal.tmp", ".statline.db.tmp"}


@pytest.fixture
def logger() -> Iterator[logging.Logger]:
    """One that no other test writes to."""
    logger = logging.getLogger("statline.test_home")
    logger.propagate = False
    yield logger
    for handler in list(logger.handlers):
        logger.removeHandler(handler)
        handler.close()


def test_log_on_full_disk_is_in_health_and_goes_on_when_there_is_room(
    settings: LocalSettings, logger: logging.Logger, capfd: pytest.CaptureFixture[str]
) -> None:
    folder = settings.state / "logs"
    folder.mkdir(parents=True)
    (folder / "statline.log").symlink_to("/dev/full")
    file = LogFile(settings)
    logger.addHandler(file)
    with Lines() as said:
        for _ in range(3):
            logger.warning("lost")
        assert ".statline/logs/ cannot be written (No space left on device)" in str(file.problem())
        (folder / "statline.log").unlink()
        assert file.problem() is None
        logger.warning("found")
    assert len(said) == 2
    assert capfd.readouterr().err == ""
    assert (folder / "statline.log").read_text().splitlines()[-1] == "found"
    assert "lost" not in (folder / "statline.log").read_text()


def test_log_rotates_and_keeps_the_newest_lines(settings: LocalSettings, logger: logging.Logger) -> None:
    file = LogFile(settings)
    file.maxBytes = 1000
    logger.addHandler(file)
    for number in range(1000):
        logger.warning("line %d", number)
    kept = list((settings.state / "logs").iterdir())
    assert len(kept) == 1 + home_module.LOG_FILES
    assert sum(path.stat().st_size for path in kept) <= 1000 * len(kept)
    assert Path(file.baseFilename).read_text().endswith("line 999\n")


FAULTS: dict[str, Callable[[Path], object]] = {
    "deleted": Path.unlink,
    "renamed": lambda path: path.rename(path.with_name("mine.log")),
    "deleted with its folder": lambda path: shutil.rmtree(path.parent),
}


@pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS)
def test_removed_log_is_written_to_a_new_file(
    settings: LocalSettings, logger: logging.Logger, fault: Callable[[Path], object]
) -> None:
    file = LogFile(settings)
    logger.addHandler(file)
    logger.warning("old")
    fault(Path(file.baseFilename))
    logger.warning("new")
    assert Path(file.baseFilename).read_text() == "new\n"
    assert file.problem() is None


def test_line_lost_on_full_disk_is_not_written_later(settings: LocalSettings, logger: logging.Logger) -> None:
    file = LogFile(settings)
    logger.addHandler(file)
    logger.warning("before")
    with disk_of(len("before\n")):
        logger.warning("lost")
    logger.warning("after")
    assert Path(file.baseFilename).read_text() == "before\nafter\n"


def test_log_that_cannot_be_rotated_goes_on(
    settings: LocalSettings, logger: logging.Logger, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(home_module, "LOG_BYTES", 100)
    file = LogFile(settings)
    logger.addHandler(file)
    logger.warning("x" * 60)
    with disk_of(60):
        for _ in range(5):
            logger.warning("y" * 30)
            logger.warning("z" * 90)
    logger.warning("after")
    assert "after" in Path(file.baseFilename).read_text()
    assert file.problem() is None


def test_formatting_error_of_a_line_is_printed(
    settings: LocalSettings, capfd: pytest.CaptureFixture[str]
) -> None:
    LogFile(settings).handle(logging.makeLogRecord({"msg": "%d", "args": ("seven",)}))
    assert "TypeError" in capfd.readouterr().err
