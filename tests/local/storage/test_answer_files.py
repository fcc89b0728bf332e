"""results/ on a disk that is full, read-only, gone, or used by other people."""

import zlib
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from chalicelib.errors import JobNotFound
from local.storage import answer_files
from local.storage.answer_files import AnswerFiles
from tests.support.disks import Lines, SmallDisk, disk_of, small_disk, wait_until

ANSWER = b'{"a":1.5}'
CHECKSUM = zlib.crc32(ANSWER)


class Results:
    """A folder and what belongs into it."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.contents = folder, dict[str, bytes]()
        self.files = AnswerFiles(folder, self.content)

    def content(self, job_id: str) -> bytes:
        if job_id not in self.contents:
            raise JobNotFound(job_id)
        return self.contents[job_id]

    def write(self, job_id: str, content: bytes = ANSWER) -> None:
        self.contents[job_id] = content
        self.files.write(job_id, content)

    def names(self) -> set[str]:
        return {path.name for path in self.folder.iterdir()}


@pytest.fixture
def results(tmp_path: Path) -> Iterator[Results]:
    results = Results(tmp_path / "results")
    results.files.open()
    yield results
    results.files.close()


@pytest.fixture(autouse=True)
def quick_mender(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(answer_files, "MENDING_SECONDS", 0.01)


@pytest.fixture
def no_mender(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is mended but by who asks."""
    monkeypatch.setattr(answer_files, "MENDING_SECONDS", 3600)


def in_the_way(results: Results) -> Callable[[], None]:
    """A file where the folder should be; returns how it goes away."""
    for path in results.folder.iterdir():
        path.unlink()
    results.folder.rmdir()
    results.folder.touch()
    return results.folder.unlink


def test_a_folder_that_cannot_be_written_is_told_and_mended(results: Results) -> None:
    """Without anybody asking: what waits is written when the disk is back."""
    with Lines() as said:
        mend = in_the_way(results)
        for number in range(1, 4):
            results.write(f"job_id_{number}")
        assert "results/ cannot be written" in str(results.files.problem())
        mend()
        wait_until(
            lambda: results.folder.exists() and results.names() == {"job_id_1", "job_id_2", "job_id_3"}
        )
        assert results.files.problem() is None
    assert (results.folder / "job_id_2").read_bytes() == ANSWER
    assert said == [
        "results/ cannot be written (Not a directory): "
        "answers are served all the same and written when it can be",
        "results/ can be written again",
    ]


@pytest.mark.usefixtures("no_mender")
def test_a_question_about_the_disk_mends_it(results: Results) -> None:
    """What is told is how it is now: the look at the disk is the writing of what waits."""
    mend = in_the_way(results)
    results.write("job_id_1")
    assert results.files.problem() is not None
    mend()
    assert results.files.problem() is None
    assert results.names() == {"job_id_1"}


@pytest.mark.usefixtures("no_mender")
def test_the_next_start_finds_a_folder_that_cannot_be_made(tmp_path: Path) -> None:
    """It serves, and says so; with the folder back, it has nothing to say."""
    (tmp_path / "results").symlink_to(tmp_path / "disk that is not mounted" / "results")
    results = Results(tmp_path / "results")
    assert results.files.open() == 0
    assert results.files.problem() is not None
    results.write("job_id_1")
    (tmp_path / "disk that is not mounted" / "results").mkdir(parents=True)
    assert results.files.problem() is None
    assert results.names() == {"job_id_1"}


@pytest.mark.usefixtures("no_mender")
def test_what_has_expired_meanwhile_is_not_written(results: Results) -> None:
    """Neither what was removed nor what nobody knows any more."""
    mend = in_the_way(results)
    for number in range(1, 4):
        results.write(f"job_id_{number}")
    results.files.remove("job_id_1", CHECKSUM)
    del results.contents["job_id_2"]
    mend()
    assert results.files.problem() is None
    assert results.names() == {"job_id_3"}


@pytest.mark.usefixtures("no_mender")
def test_what_expires_while_it_is_fetched_is_not_written(tmp_path: Path) -> None:
    """Nobody would ever remove it."""

    def content(job_id: str) -> bytes:
        files.remove(job_id, CHECKSUM)
        return ANSWER

    files = AnswerFiles(tmp_path / "results", content)
    (tmp_path / "results").touch()
    files.write("job_id_1", ANSWER)
    (tmp_path / "results").unlink()
    assert files.problem() is None
    assert list((tmp_path / "results").iterdir()) == []


def test_trouble_is_told_before_anybody_writes(results: Results) -> None:
    """Who asks is told how it is, not how it was at the last job."""
    mend = in_the_way(results)
    assert results.files.problem() is not None
    mend()
    assert results.files.problem() is None
    assert results.names() == set()


@pytest.mark.usefixtures("no_mender")
def test_a_stop_writes_what_it_can(results: Results) -> None:
    """The last chance in this run."""
    mend = in_the_way(results)
    results.write("job_id_1")
    mend()
    results.files.close()
    assert results.names() == {"job_id_1"}


@pytest.mark.usefixtures("no_mender")
def test_a_file_that_does_not_fit_waits(results: Results) -> None:
    """No half of it is left, and what fits is written."""
    with disk_of(5000):
        results.write("job_id_1", b"x" * 6000)
        results.write("job_id_2")
        assert results.names() == {"job_id_2"}
        assert results.files.problem() is not None
    assert results.files.problem() is None
    assert results.names() == {"job_id_1", "job_id_2"}


STRANGERS: dict[str, Callable[[Path], object]] = {
    "a file": lambda path: path.write_text("somebody's"),
    "a directory": lambda path: (path.mkdir(), (path / "inside").write_text("somebody's")),
    "a link to a file": lambda path: path.symlink_to(path.with_name("elsewhere")),
    "a link to nowhere": lambda path: path.symlink_to("nowhere"),
}


@pytest.mark.parametrize("make", STRANGERS.values(), ids=STRANGERS)
def test_what_stands_in_an_answers_place_is_set_aside(
    results: Results, make: Callable[[Path], object]
) -> None:
    """Whole, under another name; where a link leads, nothing changes."""
    elsewhere = results.folder / "elsewhere"
    elsewhere.write_text("somebody's")
    (results.folder / "job_id_1.aside").write_text("an earlier one")
    make(results.folder / "job_id_1")
    results.write("job_id_1")
    assert (results.folder / "job_id_1").read_bytes() == ANSWER
    assert not (results.folder / "job_id_1").is_symlink()
    assert elsewhere.read_text() == "somebody's"
    assert (results.folder / "job_id_1.aside").read_text() == "an earlier one"
    aside = results.folder / "job_id_1.aside2"
    kept = aside / "inside" if aside.is_dir() else aside
    assert aside.is_symlink() or kept.read_text() == "somebody's"


@pytest.mark.parametrize("make", STRANGERS.values(), ids=STRANGERS)
def test_what_other_people_put_there_is_not_removed(results: Results, make: Callable[[Path], object]) -> None:
    """Though a job of that name expires; and a link is not ours, even to our bytes."""
    (results.folder / "elsewhere").write_bytes(ANSWER)
    make(results.folder / "job_id_1")
    results.files.remove("job_id_1", CHECKSUM)
    results.write("job_id_2")
    results.files.remove("job_id_2", CHECKSUM)
    assert results.names() == {"elsewhere", "job_id_1"}
    assert results.files.problem() is None


def test_what_is_written_already_is_left(results: Results) -> None:
    """A second time changes nothing, and sets nothing aside."""
    results.write("job_id_1")
    results.write("job_id_1")
    assert results.names() == {"job_id_1"}


def test_a_strangers_number_beyond_all_is_no_id(results: Results) -> None:
    """It would leave none for the next job."""
    (results.folder / "job_id_7").touch()
    (results.folder / f"job_id_{'9' * 18}").touch()
    assert results.files.open() == 7


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[SmallDisk]:
    with small_disk(tmp_path / "disk") as disk:
        yield disk


@pytest.mark.usefixtures("no_mender")
@pytest.mark.parametrize("fault", ["full", "read_only"])
def test_a_real_disk(disk: SmallDisk, fault: str) -> None:
    """A file system that is full, or mounted read-only: reads go on, writes and removals wait."""
    results = Results(disk.path / "results")
    results.files.open()
    results.write("job_id_1")
    results.write("job_id_2")
    with getattr(disk, fault)():
        results.write("job_id_3", ANSWER * 1000)
        assert results.files.read("job_id_1", CHECKSUM) == ANSWER
        if fault == "read_only":
            results.files.remove("job_id_2", CHECKSUM)
        assert results.names() >= {"job_id_1", "job_id_2"}
        assert "results/ cannot be written" in str(results.files.problem())
    results.files.remove("job_id_2", CHECKSUM) if fault == "full" else None
    assert results.files.problem() is None
    assert results.names() == {"job_id_1", "job_id_3"}
    results.files.close()
