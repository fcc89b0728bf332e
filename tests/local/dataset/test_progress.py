"""Progress: what a person, or a log, sees of work that takes a while."""

import os
import pty
import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from local.dataset.progress import NO_FILE, Progress, standard_error
from local.settings import PROJECT

DRAWING = """
import threading
from local.dataset.progress import Progress
with Progress(quiet=0.001, every=0.001):
    for thread in threading.enumerate():
        if thread.name == "progress":
            thread.join(5)
"""


@pytest.fixture
def pipe() -> Iterator[tuple[int, int]]:
    ends = os.pipe()
    yield ends
    for end in ends:
        os.close(end)


@pytest.fixture
def terminal() -> Iterator[tuple[int, int]]:
    ends = pty.openpty()
    yield ends
    for end in ends:
        os.close(end)


def test_text_has_files_rows_bytes_and_the_time_left_at_this_pace() -> None:
    progress = Progress()
    progress.expect(files=4, bytes=40_000_000)
    progress.advance(files=1, bytes=10_000_000, rows=123_456)
    assert progress.text(30) == "reading: 1 of 4 files, 123,456 rows, 10.0 of 40.0 MB, 0:01:30 left"


@pytest.mark.parametrize(
    ("expected", "done", "text"),
    [
        ({}, {}, "uploading: 0:00:03"),
        ({"files": 1, "bytes": 2_000_000}, {}, "uploading: 0.0 of 2.0 MB"),
        ({"files": 1, "bytes": 2_000_000}, {"files": 1, "bytes": 2_000_000}, "uploading: 2.0 of 2.0 MB"),
        ({}, {"rows": 5}, "uploading: 5 rows"),
    ],
)
def test_text_says_only_what_is_known(expected: dict[str, int], done: dict[str, int], text: str) -> None:
    progress = Progress("uploading")
    progress.expect(**expected)
    progress.advance(**done)
    assert progress.text(3) == text


def test_every_count_of_many_threads_counts() -> None:
    progress = Progress()
    with ThreadPoolExecutor(8) as pool:
        for _ in range(2_000):
            pool.submit(progress.advance, files=1, bytes=2, rows=3)
    assert (progress.files, progress.bytes, progress.rows) == (2_000, 4_000, 6_000)


def test_log_gets_whole_lines_one_after_the_other(pipe: tuple[int, int]) -> None:
    with Progress(stream=pipe[1], quiet=0.01, every=0.01) as progress, open(pipe[0], closefd=False) as lines:
        progress.expect(bytes=4_000_000)
        progress.advance(bytes=1_000_000)
        seen = {lines.readline() for _ in range(3)}
    assert all(line.startswith("reading: ") and line.endswith("\n") for line in seen)
    assert "\r" not in "".join(seen)


def test_terminal_gets_one_line_that_is_drawn_again_and_gone_at_the_end(terminal: tuple[int, int]) -> None:
    reader, writer = terminal
    with Progress(stream=writer, quiet=0.01, every=0.01) as progress:
        progress.expect(files=2, bytes=4_000_000)
        while b"2 of 2 files" not in (drawn := os.read(reader, 1 << 16)):
            progress.advance(files=progress.files < 2)
    drawn += os.read(reader, 1 << 16)
    assert b"\n" not in drawn
    *_, last, end = drawn.split(b"\r")
    assert (last.strip(), end) == (b"", b"")


def test_line_is_cut_at_the_edge_of_the_terminal(terminal: tuple[int, int]) -> None:
    reader, writer = terminal
    with Progress("reading " + 30 * "long ", stream=writer, quiet=0.01):
        columns = os.get_terminal_size(writer).columns or 80
        first = os.read(reader, 1 << 16)
    assert len(first.split(b"\r")[1]) < columns


def test_quick_work_says_nothing(pipe: tuple[int, int]) -> None:
    os.set_blocking(pipe[0], False)
    with Progress(stream=pipe[1]) as progress:
        progress.advance(rows=1)
    with pytest.raises(BlockingIOError):
        os.read(pipe[0], 1)


def test_little_data_says_nothing_however_slow_the_machine_is(pipe: tuple[int, int]) -> None:
    os.set_blocking(pipe[0], False)
    progress = Progress(stream=pipe[1], quiet=0.001, every=0.001)
    progress.expect(files=2, bytes=999_999)
    with progress:
        for thread in threading.enumerate():
            if thread.name == "progress":
                thread.join(0.1)
    with pytest.raises(BlockingIOError):
        os.read(pipe[0], 1)


def test_work_goes_on_when_nobody_reads_standard_error() -> None:
    reader, writer = os.pipe()
    os.close(reader)
    with Progress(stream=writer, quiet=0.001, every=0.001) as progress:
        drawing = [thread for thread in threading.enumerate() if thread.name == "progress"]
        for thread in drawing:
            thread.join(5)
        progress.advance(rows=7)
    os.close(writer)
    assert not any(thread.is_alive() for thread in drawing)
    assert progress.rows == 7


def test_process_ends_well_when_nobody_reads_its_standard_error() -> None:
    """What Python's buffer could not write would be an exit status of 120."""
    reader, writer = os.pipe()
    os.close(reader)
    done = subprocess.run([sys.executable, "-c", DRAWING], cwd=PROJECT, stderr=writer, check=False)
    os.close(writer)
    assert done.returncode == 0


def test_closed_standard_error_is_no_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stderr", None)
    assert standard_error() == NO_FILE
    with Progress(quiet=0) as progress:
        progress.advance(rows=7)
    assert progress.text(1) == "reading: 7 rows"
